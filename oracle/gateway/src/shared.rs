//! State that tasks share for moments.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The state. It is whole between any two statements here, so that a task which ended in a panic spoils nothing.
pub(crate) fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
