//! The results folder, which one run holds at a time: two runs would take up each other's accounts, and write over each
//! other's ledger.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::Path;

/// The file in the results folder that a run locks. The system unlocks it when the process ends, however it ends.
const LOCK: &str = "lock";

/// A hold on a results folder, until it is dropped.
#[derive(Debug)]
pub struct Hold {
    _file: File,
}

impl Hold {
    /// Takes hold of `folder`, or says who has it: an error of the kind [`io::ErrorKind::ResourceBusy`].
    pub fn of(folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join(LOCK);
        let mut file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(taken(folder, &path)),
            // Some network file systems have no locks: there it is the user's to run one at a time.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(error)) => return Err(error),
        }
        file.set_len(0)?;
        file.write_all(std::process::id().to_string().as_bytes())?;
        Ok(Self { _file: file })
    }
}

fn taken(folder: &Path, path: &Path) -> io::Error {
    let by = std::fs::read_to_string(path).unwrap_or_default();
    let by = if by.is_empty() { "another process".to_owned() } else { format!("process {by}") };
    let problem = format!("{} is taken by {by}: wait for its end, or name another folder", folder.display());
    io::Error::new(io::ErrorKind::ResourceBusy, problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_held_by_one_at_a_time() {
        let folder = std::env::temp_dir().join(format!("contract-tests-hold-{}", std::process::id()));
        let first = Hold::of(&folder).expect("it is free");
        let refused = Hold::of(&folder).expect_err("it is taken");
        assert_eq!(refused.kind(), io::ErrorKind::ResourceBusy);
        let text = refused.to_string();
        assert!(text.contains(&format!("taken by process {}", std::process::id())), "{text}");
        assert!(text.contains(&*folder.to_string_lossy()), "{text}");
        drop(first);
        drop(Hold::of(&folder).expect("it is free again"));
        std::fs::remove_dir_all(folder).expect("it is there");
    }
}
