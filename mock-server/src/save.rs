//! Saving the world to a file, which holds either what it held before or all that is new.

use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// The file of `--save`.
#[derive(Debug)]
pub(crate) struct Save<'a> {
    file: &'a Path,
}

impl<'a> Save<'a> {
    /// Sees at the start whether it can be written, because at the end it is too late to say.
    ///
    /// # Errors
    /// A sentence that names the flag and what is wrong.
    pub(crate) fn prepare(file: &'a Path) -> Result<Self, String> {
        let save = Self { file };
        save.try_out().map_err(save.about())?;
        Ok(save)
    }

    /// Saves this text.
    ///
    /// # Errors
    /// A sentence that names the flag and what is wrong; then the file holds what it held before, unless it is mounted by
    /// itself and could only be overwritten.
    pub(crate) fn write(&self, text: &str) -> Result<(), String> {
        self.replace(text).map_err(self.about())?;
        tracing::info!(file = %self.file.display(), "saved the world");
        Ok(())
    }

    fn try_out(&self) -> io::Result<()> {
        let (target, before) = place(self.file)?;
        if before.is_some() {
            OpenOptions::new().write(true).open(&target)?;
        }
        Beside::new(&target, None).map(drop)
    }

    fn replace(&self, text: &str) -> io::Result<()> {
        let (target, before) = place(self.file)?;
        let mut beside = Beside::new(&target, before.as_ref())?;
        beside.file.write_all(text.as_bytes())?;
        beside.file.sync_all()?;
        match fs::rename(&beside.path, &target) {
            // A file that is mounted by itself, as into a container, cannot be replaced.
            Err(error) if error.kind() == ErrorKind::ResourceBusy => overwrite(&target, text),
            renamed => renamed,
        }?;
        // Not every file system can sync a folder, and the file is there.
        let _ = folder(&target).and_then(|folder| File::open(folder)?.sync_all());
        Ok(())
    }

    fn about(&self) -> impl Fn(io::Error) -> String {
        move |error| format!("--save {}: {error}", self.file.display())
    }
}

/// A file of a name of its own beside another one. Dropping it removes it, unless it has been renamed.
#[derive(Debug)]
struct Beside {
    file: File,
    path: PathBuf,
}

impl Beside {
    /// An empty one, with the owner and the mode of the file that it is to replace.
    fn new(target: &Path, before: Option<&Metadata>) -> io::Result<Self> {
        let open = open_as(before);
        let name = target.file_name().ok_or_else(|| io::Error::other("this names no file"))?;
        for number in 0_u32.. {
            let mut beside = OsString::from(".");
            beside.push(name);
            beside.push(format!(".{}-{number}.new", std::process::id()));
            let path = folder(target)?.join(beside);
            let file = match open.open(&path) {
                // It is of another process of this number, in a container or before a restart.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                opened => opened?,
            };
            let beside = Self { file, path };
            if let Some(before) = before {
                take_over(&beside.file, before)?;
            }
            return Ok(beside);
        }
        Err(ErrorKind::AlreadyExists.into())
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // It is not there where it was renamed.
        let _ = fs::remove_file(&self.path);
    }
}

/// How to make a file that no other user can read if they could not read the one before.
#[cfg(unix)]
fn open_as(before: Option<&Metadata>) -> OpenOptions {
    use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
    let mut open = OpenOptions::new();
    open.write(true).create_new(true).mode(before.map_or(0o666, Metadata::mode) & 0o777);
    open
}

#[cfg(not(unix))]
fn open_as(_: Option<&Metadata>) -> OpenOptions {
    let mut open = OpenOptions::new();
    open.write(true).create_new(true);
    open
}

/// Gives a file the owner and the mode of the one before.
#[cfg(unix)]
fn take_over(file: &File, before: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    // Only root can give a file away; those of others stay their own where they can.
    let _ = fchown(file, Some(before.uid()), Some(before.gid()));
    file.set_permissions(before.permissions())
}

/// Elsewhere a new file takes its rights from its folder.
#[cfg(not(unix))]
fn take_over(_: &File, _: &Metadata) -> io::Result<()> {
    Ok(())
}

/// The path that a name leads to, by links if there are any, and the file there, if there is one. Anything but a regular
/// file is an error.
fn place(file: &Path) -> io::Result<(PathBuf, Option<Metadata>)> {
    let before = match fs::metadata(file) {
        Ok(found) if found.is_file() => Some(found),
        Ok(found) if found.is_dir() => return Err(io::Error::other("this is a directory; name a file")),
        Ok(_) => return Err(io::Error::other("this is a device, a pipe or a socket; name a regular file")),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let mut target = file.to_owned();
    // They do not lead in a circle: the system has followed them.
    while let Ok(next) = fs::read_link(&target) {
        target = target.parent().unwrap_or(Path::new("")).join(next);
    }
    Ok((target, before))
}

fn folder(target: &Path) -> io::Result<PathBuf> {
    let folder = target.parent().ok_or_else(|| io::Error::other("this names no file"))?;
    // The parent of a name alone is empty.
    Ok(if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder.to_owned() })
}

fn overwrite(target: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).truncate(true).open(target)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
