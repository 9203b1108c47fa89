//! The output of the command, to a terminal, pipe or file.
//!
//! A reader that has gone, or a disk that is full, ends no run: what cannot be written is lost, and the exit code and
//! the reports tell the rest.

use std::fmt::Arguments;
use std::io::{self, Write};

/// Writes a line to standard output.
pub(crate) fn print(line: Arguments<'_>) {
    write(&mut io::stdout().lock(), line);
}

/// Writes a line to standard error.
pub(crate) fn report(line: Arguments<'_>) {
    write(&mut io::stderr().lock(), line);
}

fn write(to: &mut impl Write, line: Arguments<'_>) {
    drop(writeln!(to, "{line}").and_then(|()| to.flush()));
}

/// `println!`, but what cannot be written is lost.
macro_rules! say {
    ($($text:tt)*) => { $crate::console::print(format_args!($($text)*)) };
}

/// `eprintln!`, but what cannot be written is lost.
macro_rules! tell {
    ($($text:tt)*) => { $crate::console::report(format_args!($($text)*)) };
}

pub(crate) use {say, tell};
