//! In which order partitions are read, and from which one on. Pure.

use chrono::{DateTime, NaiveDateTime};

use super::TablePartition;
use crate::error::{Error, Result};
use crate::partition_time::{Extractor, lenient};

/// What decides which partition is read first.
#[derive(Debug, Clone, PartialEq)]
pub enum Order {
    /// The partition's name, letter by letter.
    PartitionName,
    /// The time that the partition's values name.
    PartitionTime(Extractor),
    /// When the metastore got the partition; for the files of an unpartitioned table, when they were written.
    CreateTime,
}

/// Where reading starts: partitions before it are never read, the one at it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// By the partition's name.
    Name(String),
    /// By a time without zone; create times count in UTC.
    Time(NaiveDateTime),
}

impl Order {
    /// Reads a start offset as it is spelled for this order.
    ///
    /// # Errors
    /// `Config` if it is no time where a time is needed.
    ///
    /// Source: Flink `streaming-source.consume-start-offset`: `yyyy-[m]m-[d]d [hh:mm:ss]`, or a name such as
    /// `pt_year=2020/pt_mon=10`.
    pub fn start(&self, text: &str) -> Result<Start> {
        match self {
            Self::PartitionName => Ok(Start::Name(text.to_owned())),
            Self::PartitionTime(_) | Self::CreateTime => {
                lenient(text).map(Start::Time).ok_or_else(|| {
                    Error::config("the start offset is no time")
                        .with("streaming-source.consume-start-offset", text)
                        .with_hint("write it as 2026-01-31 or 2026-01-31 12:00:00")
                })
            }
        }
    }

    /// Gives the place of a partition as far as its name does not say it: partitions go by this number, then by name.
    ///
    /// A partition whose values name no time comes first.
    pub fn rank(&self, partition: &TablePartition) -> i64 {
        match self {
            Self::PartitionName => 0,
            Self::PartitionTime(extractor) => {
                let time = extractor.local_time(&partition.name);
                time.map_or(i64::MIN, |time| time.and_utc().timestamp_micros())
            }
            Self::CreateTime => i64::from(partition.create_time),
        }
    }

    /// Tells whether a partition is read at all.
    ///
    /// One whose values name no time is: nothing says that it lies before the start. Of an unpartitioned table every file
    /// is asked for on its own, see [`Start::includes_file`].
    pub fn includes(&self, partition: &TablePartition, start: Option<&Start>) -> bool {
        match (self, start) {
            (_, None) => true,
            (_, Some(Start::Name(name))) => partition.name.as_str() >= name.as_str(),
            (Self::PartitionTime(extractor), Some(Start::Time(start))) => {
                extractor.local_time(&partition.name).is_none_or(|time| time >= *start)
            }
            (Self::CreateTime | Self::PartitionName, Some(Start::Time(start))) => {
                let created = DateTime::from_timestamp(i64::from(partition.create_time), 0);
                partition.values.is_empty()
                    || created.is_none_or(|created| created.naive_utc() >= *start)
            }
        }
    }
}

impl Start {
    /// Tells whether a file of an unpartitioned table is read, by the time at which it was written.
    pub fn includes_file(&self, modified_ns: i64) -> bool {
        match self {
            Self::Name(_) => true,
            Self::Time(start) => DateTime::from_timestamp_nanos(modified_ns).naive_utc() >= *start,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::partition;
    use super::*;

    fn time_order(pattern: &str, columns: &[&str]) -> Order {
        let columns: Vec<String> = columns.iter().map(|c| (*c).to_owned()).collect();
        Order::PartitionTime(Extractor::new(Some(pattern), None, &columns).unwrap())
    }

    #[test]
    fn partitions_go_by_name_time_or_creation() {
        let by_day = time_order("$d-01", &["d"]);
        for (order, want) in [
            (Order::PartitionName, ["d=2020-10", "d=2020-9", "d=x"]),
            (by_day, ["d=x", "d=2020-9", "d=2020-10"]),
            (Order::CreateTime, ["d=2020-10", "d=x", "d=2020-9"]),
        ] {
            let all = [("d=2020-9", 3), ("d=x", 2), ("d=2020-10", 1)];
            let mut all = all.map(|(name, created)| partition(name, created));
            all.sort_by_key(|p| (order.rank(p), p.name.clone()));
            assert_eq!(all.each_ref().map(|p| p.name.as_str()), want, "{order:?}");
        }
    }

    #[test]
    fn the_start_is_spelled_as_in_flink() {
        let by_ts = || time_order("$ts", &["ts"]);
        let created = 1_577_836_800; // 2020-01-01 00:00:00 UTC
        for (order, start, name, create_time, want) in [
            // HiveTableSourceITCase.testStreamPartitionReadByPartitionName.
            (
                Order::PartitionName,
                "pt_year=2019/pt_month=09/pt_day=02",
                "pt_year=2019/pt_month=09/pt_day=01",
                0,
                false,
            ),
            (
                Order::PartitionName,
                "pt_year=2019/pt_month=09/pt_day=02",
                "pt_year=2020/pt_month=09/pt_day=03",
                0,
                true,
            ),
            (
                Order::PartitionName,
                "pt_year=2019/pt_month=09/pt_day=02",
                "pt_year=2019/pt_month=09/pt_day=02",
                0,
                true,
            ),
            // A part of a name is before all that begin with it.
            (Order::PartitionName, "y=2020", "y=2020/m=1", 0, true),
            (by_ts(), "2020-5-6 0:20:00", "ts=2020-05-06 00%3A10%3A00", 0, false),
            (by_ts(), "2020-5-6 0:20:00", "ts=2020-05-06 00%3A20%3A00", 0, true),
            (by_ts(), "2020-05-07", "ts=unknown", 0, true),
            (Order::CreateTime, "2020-1-1", "a=1", created, true),
            (Order::CreateTime, "2020-1-1", "a=1", created - 1, false),
            // The default of Flink 1.11, whose month and day roll over.
            (Order::CreateTime, "1970-00-00", "a=1", 0, true),
        ] {
            let start = order.start(start).unwrap();
            let included = order.includes(&partition(name, create_time), Some(&start));
            assert_eq!(included, want, "{order:?} {start:?} {name}");
        }
        let error = Order::CreateTime.start("pt=1").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the start offset is no time (streaming-source.consume-start-offset=pt=1)"
        );
    }

    #[test]
    fn files_of_an_unpartitioned_table_start_by_their_own_time() {
        let start = Order::CreateTime.start("2020-01-01 00:00:01").unwrap();
        assert!(Order::CreateTime.includes(&partition("", 0), Some(&start)), "the table is older");
        assert!(!start.includes_file(1_577_836_800_999_999_999));
        assert!(start.includes_file(1_577_836_801_000_000_000));
    }
}
