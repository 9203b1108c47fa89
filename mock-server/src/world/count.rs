//! A count that every request adds to.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crossbeam_utils::CachePadded;

/// How many parts a count has. Threads add to different ones, so that they do not wait for one another's cache line.
const PARTS: usize = 8;

/// A number that only grows.
#[derive(Debug, Default)]
pub(crate) struct Count([CachePadded<AtomicU64>; PARTS]);

impl Count {
    /// Adds one. What was done before is seen by everybody who sees the new total.
    pub(crate) fn add(&self) {
        self.0[part()].fetch_add(1, Ordering::Release);
    }

    /// How often something was added.
    pub(crate) fn total(&self) -> u64 {
        self.0.iter().map(|part| part.load(Ordering::Acquire)).sum()
    }
}

/// The part that this thread adds to.
fn part() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static PART: usize = NEXT.fetch_add(1, Ordering::Relaxed) % PARTS;
    }
    PART.with(|part| *part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_threads_add_is_lost() {
        let count = Count::default();
        std::thread::scope(|scope| {
            (0..20).for_each(|_| drop(scope.spawn(|| (0..100).for_each(|_| count.add()))));
        });
        assert_eq!(count.total(), 2000);
    }
}
