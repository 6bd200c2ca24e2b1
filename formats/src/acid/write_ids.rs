//! The write ids of a table that a reader may see.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::WriteIdSet;
use crate::{FormatError, Result};

/// Tells which write ids of a table a reader sees: all up to the highest one, but for those of
/// transactions that are open or were rolled back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteIds {
    highest: i64,
    /// Ids that are not seen, and whether each was rolled back for good.
    hidden: BTreeMap<i64, bool>,
}

/// How much of a range of write ids is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    All,
    Some,
    None,
}

impl WriteIds {
    /// Sees everything, for whoever knows of no metastore.
    pub fn all() -> Self {
        Self { highest: i64::MAX, hidden: BTreeMap::new() }
    }

    /// Makes the list of a reader that sees ids up to `highest`, without those that are still
    /// `open` and those that were `aborted`.
    pub fn new(
        highest: i64,
        open: impl IntoIterator<Item = i64>,
        aborted: impl IntoIterator<Item = i64>,
    ) -> Self {
        let mut hidden: BTreeMap<i64, bool> = aborted.into_iter().map(|id| (id, true)).collect();
        hidden.extend(open.into_iter().map(|id| (id, false)));
        Self { highest, hidden }
    }

    /// Tells whether the rows of a write id are seen.
    pub fn is_valid(&self, id: i64) -> bool {
        id <= self.highest && !self.hidden.contains_key(&id)
    }

    /// Returns the id up to which everything is decided: rows of it and of those before never come or
    /// go by the end of a transaction. `None` if nobody knows of transactions.
    pub fn decided(&self) -> Option<i64> {
        if self.highest == i64::MAX {
            return None;
        }
        let open = self.open().next();
        Some(open.map_or(self.highest, |open| open.saturating_sub(1).min(self.highest)))
    }

    /// Tells whether each id from `first` to `last` is decided.
    pub fn is_decided(&self, first: i64, last: i64) -> bool {
        last <= self.highest && !self.open().any(|open| (first..=last).contains(&open))
    }

    /// Returns the decided ids from `first` to `last`.
    pub fn decided_of(&self, first: i64, last: i64) -> WriteIdSet {
        let mut decided = WriteIdSet::range(first, last.min(self.highest));
        for open in self.open().filter(|open| (first..=last).contains(open)) {
            decided.remove(open, open);
        }
        decided
    }

    /// Returns the same but for hidden ids up to `first`, of which nothing is there any more.
    #[must_use]
    pub(super) fn after(&self, first: i64) -> Self {
        let mut hidden = self.hidden.clone();
        let hidden = match first.checked_add(1) {
            Some(behind) => hidden.split_off(&behind),
            None => BTreeMap::new(),
        };
        Self { highest: self.highest, hidden }
    }

    /// Returns the ids of transactions that are not ended, in order.
    fn open(&self) -> impl Iterator<Item = i64> {
        self.hidden.iter().filter(|(_, aborted)| !**aborted).map(|(id, _)| *id)
    }

    /// Tells whether everything up to an id is decided and seen, so that a compaction of it can be
    /// read in place of what it compacted.
    pub(super) fn is_valid_base(&self, id: i64) -> bool {
        id <= self.highest && self.open().next().is_none_or(|open| open > id)
    }

    /// Tells whether the rows of all write ids of a range are seen.
    pub(super) fn sees_all(&self, first: i64, last: i64) -> bool {
        self.seen(first, last) == Seen::All
    }

    pub(super) fn seen(&self, first: i64, last: i64) -> Seen {
        if first > self.highest {
            return Seen::None;
        }
        let hidden = self.hidden.range(first..=last.min(self.highest)).count() as u64;
        let beyond = last.saturating_sub(self.highest.max(first)).max(0).unsigned_abs();
        match hidden + beyond {
            0 => Seen::All,
            // As many as there are.
            n if n > last.abs_diff(first) => Seen::None,
            _ => Seen::Some,
        }
    }
}

/// Writes Hive's text, without the name of a table in front.
impl fmt::Display for WriteIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |wanted: bool| {
            let ids = self.hidden.iter().filter(|(_, aborted)| **aborted == wanted);
            ids.map(|(id, _)| id.to_string()).collect::<Vec<_>>().join(",")
        };
        let lowest = self.open().next().unwrap_or(i64::MAX);
        write!(f, ":{}:{lowest}:{}:{}", self.highest, list(false), list(true))
    }
}

/// Reads Hive's text, `db.table:HIGHEST:LOWEST OPEN:OPEN,...:ABORTED,...`.
///
/// Source: Hive `ValidReaderWriteIdList.writeToString`.
impl FromStr for WriteIds {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || {
            FormatError::config("valid write ids must be table:highest:lowest open:open:aborted")
                .with("value", text)
        };
        let mut parts = text.split(':').skip(1);
        let highest = parts.next().and_then(|n| n.parse().ok()).ok_or_else(wrong)?;
        let ids = |part: Option<&str>| -> Result<Vec<i64>> {
            let ids = part.unwrap_or_default().split(',').filter(|id| !id.is_empty());
            ids.map(|id| id.parse().map_err(|_| wrong())).collect()
        };
        let open = ids(parts.nth(1))?;
        Ok(Self::new(highest, open, ids(parts.next())?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_count_what_is_hidden() {
        let ids: WriteIds = "db.t:10:7:7,9:2,3".parse().unwrap();
        assert_eq!(ids, WriteIds::new(10, [7, 9], [2, 3]));
        for (first, last, seen) in [
            (1, 1, Seen::All),
            (2, 3, Seen::None),
            (1, 3, Seen::Some),
            (4, 6, Seen::All),
            (7, 7, Seen::None),
            (10, 12, Seen::Some),
            (11, 12, Seen::None),
            (9, 11, Seen::Some),
            (i64::MIN, i64::MAX, Seen::Some),
        ] {
            assert_eq!(ids.seen(first, last), seen, "{first} to {last}");
        }
        assert!(ids.is_valid(8) && !ids.is_valid(9) && !ids.is_valid(2) && !ids.is_valid(11));
        // Rolled back ids do not stand against a base, open ones do.
        assert!(ids.is_valid_base(6) && !ids.is_valid_base(7) && !ids.is_valid_base(11));
        assert_eq!(WriteIds::all().seen(i64::MIN, i64::MAX), Seen::All);
        assert_eq!(
            "db.t:5:9223372036854775807::".parse::<WriteIds>().unwrap(),
            WriteIds::new(5, [], [])
        );
        assert!("db.t:x".parse::<WriteIds>().is_err());
        for ids in [ids.clone(), WriteIds::all(), WriteIds::new(3, [], [1])] {
            assert_eq!(ids.to_string().parse::<WriteIds>().unwrap(), ids);
        }
        assert_eq!(ids.to_string(), ":10:7:7,9:2,3");
        assert_eq!(ids.after(3).to_string(), ":10:7:7,9:");
        assert_eq!((ids.decided(), WriteIds::all().decided()), (Some(6), None));
        assert_eq!(ids.decided_of(1, 20).borders(), [1, 7, 8, 9, 10, 11]);
        assert!(ids.is_decided(1, 6) && !ids.is_decided(8, 9) && !ids.is_decided(10, 11));
    }
}
