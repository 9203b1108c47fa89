//! One way to lock what several tasks share.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks `mutex`. A check that has panicked while it held the lock has left nothing half done: every guard lives for
/// one statement that reads or writes a whole value.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
