//! Saving the world to a file, which holds either what it held before or all that is new: every few seconds, if something
//! has changed, and at the end.

use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::api::context::App;

/// How long the world waits at least until it is saved again: so much is lost at most when the process is killed.
const PAUSE: Duration = Duration::from_secs(2);

/// How many times as long as saving takes the world waits until it is saved again: a large one is saved less often.
const SHARE: u32 = 20;

/// The file of `--save`.
#[derive(Debug)]
pub(crate) struct Save {
    file: PathBuf,
}

/// The task that saves the world while the server runs.
#[derive(Debug)]
pub(crate) struct Saves {
    end: oneshot::Sender<()>,
    task: JoinHandle<Saver>,
}

/// What saves the world, with what it saved last.
#[derive(Debug)]
struct Saver {
    save: Arc<Save>,
    app: App,
    /// The number of changes, and the mark of the world that had them.
    seen: Option<(u64, u64)>,
    text: String,
    /// Whether the last save failed, which is told once.
    has_failed: bool,
}

impl Saves {
    /// Starts the task.
    pub(crate) fn start(save: Save, app: App) -> Self {
        let (end, mut ended) = oneshot::channel();
        let saver = Saver { save: Arc::new(save), app, seen: None, text: String::new(), has_failed: false };
        let task = tokio::spawn(async move {
            let (mut saver, mut pause) = (saver, PAUSE);
            loop {
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    _ = &mut ended => return saver,
                }
                let began = Instant::now();
                saver = saver.save_in_passing().await;
                pause = PAUSE.max(began.elapsed() * SHARE);
            }
        });
        Self { end, task }
    }

    /// Saves the world as it is at the end.
    ///
    /// # Errors
    /// A sentence that names the flag and what is wrong.
    pub(crate) async fn end(self) -> Result<(), String> {
        // The task is still there, and listens.
        let _ = self.end.send(());
        let mut saver = self.task.await.map_err(|error| format!("--save: {error}"))?;
        let save = Arc::clone(&saver.save);
        saver.take();
        save.write(&saver.text)?;
        tracing::info!(file = %save.file.display(), "saved the world");
        Ok(())
    }
}

impl Saver {
    /// Takes the world as it is now. True if it is another one than was taken last.
    fn take(&mut self) -> bool {
        let world = self.app.worlds().main().world();
        // The number goes first: a change meanwhile is seen the next time.
        let seen = Some((world.mark(), world.changes()));
        if self.seen == seen {
            return false;
        }
        let text = world.snapshot().to_text();
        self.seen = seen;
        let is_new = self.text != text;
        self.text = text;
        is_new
    }

    /// Saves the world if it has changed, on a thread that no request needs.
    async fn save_in_passing(mut self) -> Self {
        let saved = spawn_blocking(move || {
            if self.take() {
                match self.save.write(&self.text) {
                    Ok(()) => self.has_failed = false,
                    Err(sentence) => {
                        self.seen = None;
                        self.text.clear();
                        if !self.has_failed {
                            tracing::warn!("{sentence}; it is tried again");
                        }
                        self.has_failed = true;
                    }
                }
            }
            self
        });
        saved.await.expect("saving does not panic")
    }
}

impl Save {
    /// Sees at the start whether it can be written, because at the end it is too late to say.
    ///
    /// # Errors
    /// A sentence that names the flag and what is wrong.
    pub(crate) fn prepare(file: &Path) -> Result<Self, String> {
        let save = Self { file: file.to_owned() };
        save.try_out().map_err(save.about())?;
        Ok(save)
    }

    /// Saves this text.
    ///
    /// # Errors
    /// A sentence that names the flag and what is wrong; then the file holds what it held before, unless it is mounted by
    /// itself and could only be overwritten.
    fn write(&self, text: &str) -> Result<(), String> {
        self.replace(text).map_err(self.about())
    }

    fn try_out(&self) -> io::Result<()> {
        let (target, before) = place(&self.file)?;
        if before.is_some() {
            OpenOptions::new().write(true).open(&target)?;
        }
        Beside::new(&target, None).map(drop)
    }

    fn replace(&self, text: &str) -> io::Result<()> {
        let (target, before) = place(&self.file)?;
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

    fn about(&self) -> impl Fn(io::Error) -> String + '_ {
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
