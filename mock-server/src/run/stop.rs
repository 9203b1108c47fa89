//! What ends a server: a signal, or the end of standard input.

use std::io;
use std::thread;

use tokio::sync::oneshot;

/// Resolves at the first signal that asks the process to end, and where `with_stdin` is set also when standard input ends.
///
/// # Errors
/// No signals can be waited for, or no thread can be started.
pub(super) fn stop(with_stdin: bool) -> io::Result<impl Future<Output = ()>> {
    let signal = signal()?;
    let end_of_input = if with_stdin { Some(end_of_input()?) } else { None };
    Ok(async move {
        let input_ended = async {
            match end_of_input {
                Some(ended) => ended.await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            signal = signal => tracing::info!(signal, "stopping"),
            // The sender is gone where the thread has panicked, and nobody would tell of the end any more.
            _ = input_ended => tracing::info!("standard input has ended, stopping"),
        }
    })
}

/// Tells when standard input ends: whoever started the process has closed it, or is gone.
fn end_of_input() -> io::Result<oneshot::Receiver<()>> {
    let (ended, is_ended) = oneshot::channel();
    // It reads for as long as the process lives, which does not wait for it.
    thread::Builder::new().name("stdin".to_owned()).spawn(move || {
        // An error ends it too: no more can come.
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        // The receiver is gone where a signal came first.
        let _ = ended.send(());
    })?;
    Ok(is_ended)
}

/// Resolves to the name of the first of SIGINT, SIGTERM and SIGHUP.
#[cfg(unix)]
fn signal() -> io::Result<impl Future<Output = &'static str>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = if ignores_hangup() { None } else { Some(signal(SignalKind::hangup())?) };
    Ok(async move {
        let hung_up = async {
            match &mut hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = interrupt.recv() => "SIGINT",
            _ = terminate.recv() => "SIGTERM",
            _ = hung_up => "SIGHUP",
        }
    })
}

/// Whether the process was started with SIGHUP ignored, as `nohup` does, and is to go on when its terminal closes. Only
/// Linux tells.
#[cfg(unix)]
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    // The first bit is the signal of number 1, which SIGHUP is everywhere.
    ignored & 1 == 1
}

/// Resolves to the name of the first of Ctrl-C, Ctrl-Break and the closing of the console.
#[cfg(windows)]
fn signal() -> io::Result<impl Future<Output = &'static str>> {
    use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close};
    let (mut interrupt, mut interrupt_all, mut close) = (ctrl_c()?, ctrl_break()?, ctrl_close()?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => "Ctrl-C",
            _ = interrupt_all.recv() => "Ctrl-Break",
            _ = close.recv() => "close",
        }
    })
}
