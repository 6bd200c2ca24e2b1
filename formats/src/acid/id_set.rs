//! A set of write ids, as ranges.

use std::fmt;

/// Some write ids of a table: ranges that neither touch nor overlap, in order.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct WriteIdSet {
    /// The first id of a range and the first one behind it, in turn.
    borders: Vec<i64>,
}

impl fmt::Debug for WriteIdSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.ranges().map(|(first, last)| first..=last)).finish()
    }
}

impl WriteIdSet {
    /// Makes the set of the ids from `first` to `last`; none if `last` is less.
    pub fn range(first: i64, last: i64) -> Self {
        let mut set = Self::default();
        set.insert(first, last);
        set
    }

    /// Takes the set whose [`borders`](Self::borders) these are; `None` if they are out of order.
    pub fn from_borders(borders: Vec<i64>) -> Option<Self> {
        let ordered = borders.is_sorted_by(|a, b| a < b);
        (ordered && borders.len().is_multiple_of(2)).then_some(Self { borders })
    }

    /// Returns the first id of each range and the first one behind it, in turn.
    pub fn borders(&self) -> &[i64] {
        &self.borders
    }

    /// Returns the first and the last id of each range, in order.
    pub fn ranges(&self) -> impl Iterator<Item = (i64, i64)> {
        self.borders.chunks_exact(2).map(|range| (range[0], range[1] - 1))
    }

    /// Tells whether there is no id in it.
    pub fn is_empty(&self) -> bool {
        self.borders.is_empty()
    }

    /// Tells whether an id is in it.
    pub fn contains(&self, id: i64) -> bool {
        self.borders.partition_point(|border| *border <= id) % 2 == 1
    }

    /// Tells whether all ids from `first` to `last` are in it.
    pub fn covers(&self, first: i64, last: i64) -> bool {
        last < first || self.ranges().any(|(from, to)| from <= first && last <= to)
    }

    /// Tells whether an id from `first` to `last` is in it.
    pub fn meets(&self, first: i64, last: i64) -> bool {
        first <= last && self.ranges().any(|(from, to)| from <= last && first <= to)
    }

    /// Adds the ids from `first` to `last`.
    pub fn insert(&mut self, first: i64, last: i64) {
        self.replace(first, last, true);
    }

    /// Takes the ids from `first` to `last` away.
    pub fn remove(&mut self, first: i64, last: i64) {
        self.replace(first, last, false);
    }

    /// Returns the ids that are in it and not in another.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let mut left = self.clone();
        for (first, last) in other.ranges() {
            left.remove(first, last);
        }
        left
    }

    /// Adds the ids of another.
    pub fn extend(&mut self, other: &Self) {
        for (first, last) in other.ranges() {
            self.insert(first, last);
        }
    }

    /// Has all ids from `first` to `last` in it, or none of them.
    fn replace(&mut self, first: i64, last: i64, within: bool) {
        if last < first {
            return;
        }
        // The border behind the greatest id there is would not be a number.
        let end = last.saturating_add(1);
        let from = self.borders.partition_point(|border| *border < first);
        let to = self.borders.partition_point(|border| *border <= end);
        let mut new = Vec::with_capacity(2);
        if (from % 2 == 1) != within {
            new.push(first);
        }
        if (to % 2 == 1) != within {
            new.push(end);
        }
        self.borders.splice(from..to, new);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ranges_that_touch_are_one() {
        let mut set = WriteIdSet::range(3, 5);
        set.insert(6, 6);
        set.insert(9, i64::MAX);
        assert_eq!(set.borders(), [3, 7, 9, i64::MAX]);
        assert_eq!(WriteIdSet::range(0, 9).without(&set).borders(), [0, 3, 7, 9]);
        let mut both = WriteIdSet::range(0, 2);
        both.extend(&set);
        assert_eq!(both.borders(), [0, 7, 9, i64::MAX]);
        assert!(set.covers(3, 6) && !set.covers(3, 7) && set.meets(0, 3) && !set.meets(7, 8));
        set.remove(4, 4);
        assert_eq!(format!("{set:?}"), format!("{{3..=3, 5..=6, 9..={}}}", i64::MAX - 1));
        assert_eq!(WriteIdSet::from_borders(set.borders().to_vec()), Some(set));
        for wrong in [vec![1], vec![2, 1], vec![1, 1], vec![1, 2, 2, 3]] {
            assert_eq!(WriteIdSet::from_borders(wrong.clone()), None, "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn it_is_a_set(changes in prop::collection::vec((any::<bool>(), 0_i64..40, 0_i64..12), 0..30)) {
            let (mut set, mut model) = (WriteIdSet::default(), BTreeSet::new());
            for (add, first, count) in changes {
                let last = first + count - 1;
                if add {
                    set.insert(first, last);
                    model.extend(first..=last);
                } else {
                    set.remove(first, last);
                    model.retain(|id| *id < first || *id > last);
                }
                prop_assert!(WriteIdSet::from_borders(set.borders().to_vec()).is_some());
                for id in 0..60 {
                    prop_assert_eq!(set.contains(id), model.contains(&id));
                }
                let within = (first..=last).all(|id| model.contains(&id));
                prop_assert_eq!(set.covers(first, last), within);
                prop_assert_eq!(set.meets(first, last), (first..=last).any(|id| model.contains(&id)));
                let missing: Vec<i64> = (first..=last).filter(|id| !model.contains(id)).collect();
                let found: Vec<i64> = WriteIdSet::range(first, last).without(&set).ranges().flat_map(|(a, b)| a..=b).collect();
                prop_assert_eq!(found, missing);
            }
        }
    }
}
