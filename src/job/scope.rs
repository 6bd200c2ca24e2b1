//! Which partitions and rows a run may write: the range of a backfill.

use std::collections::BTreeMap;

use arrow::array::BooleanArray;
use arrow::record_batch::RecordBatch;
use chrono::NaiveDateTime;
use metastore::filter::Predicate;
use metastore::names::{DEFAULT_PARTITION_NAME, PartitionPath};

use crate::commit::trigger::Extractor;
use crate::error::Result;
use crate::sql::bind::WatermarkSpec;

/// Which partitions a run may write. The default is all.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// What their values must fulfil.
    pub filter: Option<Predicate>,
    /// Between which times they must lie.
    pub times: Option<PartitionTimes>,
    /// Partitions that are left out, and why.
    pub except: BTreeMap<String, String>,
}

/// Times of partitions: `from` and later, before `to`.
#[derive(Debug, Clone)]
pub struct PartitionTimes {
    /// How values become a time.
    pub extractor: Extractor,
    /// The first time.
    pub from: Option<NaiveDateTime>,
    /// The time after the last.
    pub to: Option<NaiveDateTime>,
}

impl Scope {
    /// Tells whether rows may go to the partition of this folder.
    pub fn has(&self, path: &str) -> bool {
        self.in_range(path) && !self.except.contains_key(path)
    }

    /// Tells whether the partition is in the range, left out or not. One whose values name no time is in no range of times.
    pub fn in_range(&self, path: &str) -> bool {
        let matches = |filter: &Predicate| {
            PartitionPath::parse_spec(path, DEFAULT_PARTITION_NAME)
                .is_ok_and(|spec| filter.matches(&spec))
        };
        self.filter.as_ref().is_none_or(matches) && self.times.as_ref().is_none_or(|t| t.have(path))
    }
}

impl PartitionTimes {
    fn have(&self, path: &str) -> bool {
        let Some(time) = self.extractor.local_time(path) else { return false };
        self.from.is_none_or(|from| time >= from) && self.to.is_none_or(|to| time < to)
    }
}

/// Event times of rows: `from` and later, before `to`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RowTimes {
    /// The first time. Units: microseconds since 1970, local if the column has no zone.
    pub from: Option<i64>,
    /// The time after the last.
    pub to: Option<i64>,
}

impl RowTimes {
    /// Gives the rows that are in the range; `None` if all are. A row without a time is in none.
    ///
    /// # Errors
    /// `Data` if the event time cannot be computed.
    pub fn select(
        &self,
        spec: &WatermarkSpec,
        batch: &RecordBatch,
    ) -> Result<Option<BooleanArray>> {
        let times = spec.event_times(batch)?;
        let inside = |time: Option<i64>| {
            time.is_some_and(|t| self.from.is_none_or(|f| t >= f) && self.to.is_none_or(|e| t < e))
        };
        let mask: BooleanArray = times.iter().map(|time| Some(inside(time))).collect();
        Ok((mask.true_count() < batch.num_rows()).then_some(mask))
    }
}

#[cfg(test)]
mod tests {
    use metastore::filter::Filter;
    use metastore::model::FieldSchema;

    use super::*;

    #[test]
    fn a_partition_is_in_the_range_by_its_values_and_its_time() {
        let keys = ["dt", "hr"].map(|key| FieldSchema::new(key, "string"));
        let columns = keys.clone().map(|key| key.name);
        let extractor = Extractor::new(Some("$dt $hr:00:00"), None, &columns).unwrap();
        let time = |text: &str| text.parse::<NaiveDateTime>().unwrap();
        let times = |from: Option<&str>, to: Option<&str>| {
            let (from, to) = (from.map(time), to.map(time));
            Some(PartitionTimes { extractor: extractor.clone(), from, to })
        };
        let filter = |text: &str| Some(text.parse::<Filter>().unwrap().bind(&keys).unwrap());
        let (eight, ten) = (Some("2026-01-01T08:00:00"), Some("2026-01-01T10:00:00"));
        let late = "dt=2026-01-01/hr=09";
        for (filter, times, path, want) in [
            (None, None, late, true),
            (None, times(eight, ten), late, true),
            (None, times(eight, ten), "dt=2026-01-01/hr=08", true),
            (None, times(eight, ten), "dt=2026-01-01/hr=10", false),
            (None, times(eight, ten), "dt=2026-01-01/hr=07", false),
            (None, times(eight, None), "dt=2026-02-01/hr=07", true),
            (None, times(None, ten), "dt=2025-02-01/hr=07", true),
            (None, times(None, ten), "dt=__HIVE_DEFAULT_PARTITION__/hr=07", false),
            (filter("hr = '09'"), times(eight, ten), late, true),
            (filter("hr = '08'"), times(eight, ten), late, false),
            (filter("dt > '2026'"), None, late, true),
        ] {
            let mut scope = Scope { filter, times, ..Scope::default() };
            assert_eq!(scope.has(path), want, "{path} {scope:?}");
            scope.except.insert(path.to_owned(), "it exists".to_owned());
            assert!(!scope.has(path) && scope.in_range(path) == want, "{path}");
        }
    }
}
