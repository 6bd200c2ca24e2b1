//! Where reading begins and ends: options to offsets of partitions.

use std::collections::BTreeMap;

use super::api::{Position, TopicPartition};
use super::cluster::Cluster;
use crate::error::{Error, Result};

/// A place in every partition. Source: Flink `scan.startup.mode` and `scan.bounded.mode`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The first message that is still there.
    Earliest,
    /// Behind the last message.
    Latest,
    /// Where the group has last said that it is.
    Group {
        /// Where a partition is of which the group has said nothing; `None`: that is an error.
        otherwise: Option<Otherwise>,
    },
    /// The first message that is not older, else behind the last. Units: milliseconds since 1970 UTC.
    Time(i64),
    /// An offset for each partition; those not named are read from the first message, or to the last one.
    Offsets(BTreeMap<i32, u64>),
}

/// Where a partition is of which a group has said nothing. Source: Kafka `auto.offset.reset`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Otherwise {
    /// At the first message.
    Earliest,
    /// Behind the last one.
    Latest,
}

impl Otherwise {
    fn position(self) -> Position {
        match self {
            Self::Earliest => Position::Earliest,
            Self::Latest => Position::Latest,
        }
    }
}

/// What offsets are looked up with.
#[derive(Debug, Clone, Copy)]
pub(super) struct LookUp<'a> {
    pub(super) group: Option<&'a str>,
    pub(super) committed_only: bool,
    /// Where partitions are that an offset was not given for.
    pub(super) unnamed: Position,
}

impl Place {
    /// Finds the offset of each partition.
    ///
    /// # Errors
    /// `Config` if the group has no offset and nothing else is said; `Unavailable` if a broker does not answer.
    pub(super) fn find(
        &self,
        cluster: &mut Cluster,
        partitions: &[TopicPartition],
        with: LookUp<'_>,
    ) -> Result<BTreeMap<TopicPartition, u64>> {
        let mut found = BTreeMap::new();
        let mut wanted: Vec<(TopicPartition, Position)> = Vec::new();
        match self {
            Self::Earliest => all(&mut wanted, partitions, Position::Earliest),
            Self::Latest => all(&mut wanted, partitions, Position::Latest),
            Self::Time(time) => all(&mut wanted, partitions, Position::Since(*time)),
            Self::Offsets(offsets) => {
                for at in partitions {
                    match offsets.get(&at.1) {
                        Some(offset) => drop(found.insert(at.clone(), *offset)),
                        None => wanted.push((at.clone(), with.unnamed)),
                    }
                }
            }
            Self::Group { otherwise } => {
                let group = with
                    .group
                    .ok_or_else(|| Error::config("group-offsets need 'properties.group.id'"))?;
                let committed = cluster.committed(group, partitions)?;
                for at in partitions {
                    match (committed.get(at), otherwise) {
                        (Some(offset), _) => {
                            found.insert(at.clone(), u64::try_from(*offset).unwrap_or(0));
                        }
                        (None, Some(otherwise)) => {
                            wanted.push((at.clone(), otherwise.position()));
                        }
                        (None, None) => return Err(nothing_committed(group, at)),
                    }
                }
            }
        }
        if !wanted.is_empty() {
            let offsets = cluster.offsets(&wanted, with.committed_only)?;
            // Nothing is as young as that: the end.
            let none: Vec<_> = wanted
                .iter()
                .filter(|(at, _)| offsets.get(at).is_none_or(|offset| *offset < 0))
                .map(|(at, _)| (at.clone(), Position::Latest))
                .collect();
            let ends = if none.is_empty() {
                BTreeMap::new()
            } else {
                cluster.offsets(&none, with.committed_only)?
            };
            for (at, offset) in offsets.into_iter().chain(ends) {
                if let Ok(offset) = u64::try_from(offset) {
                    found.insert(at, offset);
                }
            }
        }
        Ok(found)
    }
}

fn all(wanted: &mut Vec<(TopicPartition, Position)>, of: &[TopicPartition], position: Position) {
    wanted.extend(of.iter().map(|at| (at.clone(), position)));
}

fn nothing_committed(group: &str, (topic, partition): &TopicPartition) -> Error {
    Error::config("the group has no offset of a partition")
        .with("group", group)
        .with("topic", topic)
        .with("partition", partition)
        .with_hint(
            "check 'properties.group.id', or say where to begin then with \
             'properties.auto.offset.reset'='earliest' or 'latest'",
        )
}
