//! What all connections share and none may have for itself: memory for long messages and answers, and turns for calls that list partitions.
//!
//! Waiting is bounded by the caller's patience, so that whoever holds much and gives nothing back costs the others an answer at most.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Number of things that are handed out.
#[derive(Debug)]
pub(super) struct Budget {
    left: Mutex<usize>,
    given_back: Condvar,
}

/// Things of a budget; they go back when this is dropped.
#[derive(Debug)]
pub(super) struct Held<'a> {
    budget: &'a Budget,
    count: usize,
}

impl Budget {
    pub(super) fn new(count: usize) -> Self {
        Self { left: Mutex::new(count), given_back: Condvar::new() }
    }

    /// Holds nothing yet.
    pub(super) fn none(&self) -> Held<'_> {
        Held { budget: self, count: 0 }
    }

    /// Takes so many, as soon as they are there; `None` if they are not in time.
    pub(super) fn wait(&self, count: usize, patience: Duration) -> Option<Held<'_>> {
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.given_back.wait_timeout_while(left, patience, |left| *left < count);
        let (mut left, _) = waited.unwrap_or_else(PoisonError::into_inner);
        *left = left.checked_sub(count)?;
        Some(Held { budget: self, count })
    }
}

impl Held<'_> {
    /// Takes more, so that it is `count` in all; false if they are not there at once.
    pub(super) fn grow(&mut self, count: usize) -> bool {
        let more = count.saturating_sub(self.count);
        let mut left = self.budget.left.lock().unwrap_or_else(PoisonError::into_inner);
        match left.checked_sub(more) {
            Some(rest) => {
                *left = rest;
                self.count += more;
                true
            }
            None => false,
        }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if self.count > 0 {
            *self.budget.left.lock().unwrap_or_else(PoisonError::into_inner) += self.count;
            self.budget.given_back.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    #[test]
    fn what_is_held_is_missing_until_it_is_given_back() {
        let budget = Budget::new(10);
        let mut held = budget.none();
        assert!(held.grow(6) && held.grow(4) && held.grow(8));
        assert!(!budget.none().grow(3));
        assert!(budget.wait(3, Duration::ZERO).is_none());
        thread::scope(|scope| {
            let waiting = scope.spawn(|| budget.wait(10, PATIENCE).map(|held| held.count));
            drop(held);
            assert_eq!(waiting.join().unwrap(), Some(10));
        });
        assert!(budget.wait(10, Duration::ZERO).is_some());
    }
}
