//! Requests and answers about topics, offsets and groups, in versions that brokers from 2.0 to 4.x know.
//!
//! Source: the protocol guide of Apache Kafka.

use std::collections::BTreeMap;

use super::wire::{Answer, Request};
use crate::error::{Error, Result};

/// Versions of the requests, in the order of [`super::wire::Api`].
pub(super) mod version {
    pub(in super::super) const LIST_OFFSETS: i16 = 2;
    pub(in super::super) const METADATA: i16 = 4;
    pub(in super::super) const OFFSET_COMMIT: i16 = 2;
    pub(in super::super) const OFFSET_FETCH: i16 = 2;
    pub(in super::super) const FIND_COORDINATOR: i16 = 0;
    pub(in super::super) const SASL_HANDSHAKE: i16 = 1;
    pub(in super::super) const API_VERSIONS: i16 = 0;
    pub(in super::super) const SASL_AUTHENTICATE: i16 = 0;
}

/// A topic and one of its partitions.
pub(super) type TopicPartition = (String, i32);

/// Writes items of partitions, those of one topic together; they must be in the order of their topics.
pub(super) fn by_topic<T>(
    request: &mut Request,
    items: &[(&TopicPartition, T)],
    mut write: impl FnMut(&mut Request, i32, &T),
) {
    let topics: Vec<_> = items.chunk_by(|a, b| a.0.0 == b.0.0).collect();
    request.count(topics.len());
    for partitions in topics {
        request.text(partitions.first().map_or("", |(at, _)| at.0.as_str()));
        request.count(partitions.len());
        for (at, item) in partitions {
            write(request, at.1, item);
        }
    }
}

/// Error codes that somebody reacts to. Source: Kafka `Errors`.
pub(super) mod code {
    pub(in super::super) const NONE: i16 = 0;
    pub(in super::super) const OFFSET_OUT_OF_RANGE: i16 = 1;
    pub(in super::super) const CORRUPT_MESSAGE: i16 = 2;
    pub(in super::super) const UNKNOWN_TOPIC_OR_PARTITION: i16 = 3;
    pub(in super::super) const TOPIC_AUTHORIZATION_FAILED: i16 = 29;
    pub(in super::super) const GROUP_AUTHORIZATION_FAILED: i16 = 30;
    pub(in super::super) const CLUSTER_AUTHORIZATION_FAILED: i16 = 31;
    pub(in super::super) const UNSUPPORTED_SASL_MECHANISM: i16 = 33;
    pub(in super::super) const UNSUPPORTED_VERSION: i16 = 35;
    pub(in super::super) const SASL_AUTHENTICATION_FAILED: i16 = 58;
    pub(in super::super) const UNSUPPORTED_COMPRESSION_TYPE: i16 = 76;
}

/// Makes an error of a broker's error code.
pub(super) fn refused(what: &str, error: i16) -> Error {
    let message = format!("the Kafka broker refuses: {what}");
    let made = match error {
        code::TOPIC_AUTHORIZATION_FAILED
        | code::GROUP_AUTHORIZATION_FAILED
        | code::CLUSTER_AUTHORIZATION_FAILED
        | code::SASL_AUTHENTICATION_FAILED
        | code::UNSUPPORTED_SASL_MECHANISM => Error::config(message),
        code::UNSUPPORTED_VERSION | code::UNSUPPORTED_COMPRESSION_TYPE => {
            Error::unsupported(message).with_hint("brokers from 2.0 on can be read")
        }
        code::CORRUPT_MESSAGE => Error::data(message),
        _ => Error::unavailable(message),
    };
    made.with("error", format!("{} ({error})", name(error)))
}

/// Names an error code as Kafka does.
pub(super) fn name(error: i16) -> &'static str {
    match error {
        -1 => "UNKNOWN_SERVER_ERROR",
        code::NONE => "NONE",
        code::OFFSET_OUT_OF_RANGE => "OFFSET_OUT_OF_RANGE",
        code::CORRUPT_MESSAGE => "CORRUPT_MESSAGE",
        code::UNKNOWN_TOPIC_OR_PARTITION => "UNKNOWN_TOPIC_OR_PARTITION",
        5 => "LEADER_NOT_AVAILABLE",
        6 => "NOT_LEADER_OR_FOLLOWER",
        7 => "REQUEST_TIMED_OUT",
        8 => "BROKER_NOT_AVAILABLE",
        9 => "REPLICA_NOT_AVAILABLE",
        14 => "COORDINATOR_LOAD_IN_PROGRESS",
        15 => "COORDINATOR_NOT_AVAILABLE",
        16 => "NOT_COORDINATOR",
        17 => "INVALID_TOPIC_EXCEPTION",
        25 => "UNKNOWN_MEMBER_ID",
        code::TOPIC_AUTHORIZATION_FAILED => "TOPIC_AUTHORIZATION_FAILED",
        code::GROUP_AUTHORIZATION_FAILED => "GROUP_AUTHORIZATION_FAILED",
        code::CLUSTER_AUTHORIZATION_FAILED => "CLUSTER_AUTHORIZATION_FAILED",
        code::UNSUPPORTED_SASL_MECHANISM => "UNSUPPORTED_SASL_MECHANISM",
        code::UNSUPPORTED_VERSION => "UNSUPPORTED_VERSION",
        43 => "UNSUPPORTED_FOR_MESSAGE_FORMAT",
        56 => "KAFKA_STORAGE_ERROR",
        code::SASL_AUTHENTICATION_FAILED => "SASL_AUTHENTICATION_FAILED",
        74 => "FENCED_LEADER_EPOCH",
        75 => "UNKNOWN_LEADER_EPOCH",
        code::UNSUPPORTED_COMPRESSION_TYPE => "UNSUPPORTED_COMPRESSION_TYPE",
        78 => "OFFSET_NOT_AVAILABLE",
        100 => "UNKNOWN_TOPIC_ID",
        _ => "see the protocol guide",
    }
}

/// What a cluster says of itself.
#[derive(Debug, Clone, Default)]
pub(super) struct Metadata {
    /// Address of each broker.
    pub(super) brokers: BTreeMap<i32, String>,
    /// Leader of each partition; -1 if it has none now.
    pub(super) leaders: BTreeMap<TopicPartition, i32>,
    /// Topics that could not be told about, with the reason.
    pub(super) failed: Vec<(String, i16)>,
}

/// Asks about topics; `None` asks about all.
pub(super) fn ask_metadata(request: &mut Request, topics: Option<&[String]>) {
    match topics {
        None => {
            request.i32(-1);
        }
        Some(topics) => {
            request.count(topics.len());
            for topic in topics {
                request.text(topic);
            }
        }
    }
    // Reading a topic must not make it.
    request.i8(0);
}

pub(super) fn metadata(mut answer: Answer<'_>) -> Result<Metadata> {
    let mut found = Metadata::default();
    answer.i32()?;
    for _ in 0..answer.count()? {
        let id = answer.i32()?;
        let host = answer.text()?;
        let port = answer.i32()?;
        answer.text()?;
        // An IPv6 address has colons of its own.
        let host = if host.contains(':') { format!("[{host}]") } else { host };
        found.brokers.insert(id, format!("{host}:{port}"));
    }
    answer.text()?;
    answer.i32()?;
    for _ in 0..answer.count()? {
        let error = answer.i16()?;
        let topic = answer.text()?;
        let internal = answer.flag()?;
        for _ in 0..answer.count()? {
            answer.i16()?;
            let partition = answer.i32()?;
            let leader = answer.i32()?;
            answer.list(Answer::i32)?;
            answer.list(Answer::i32)?;
            if !internal {
                found.leaders.insert((topic.clone(), partition), leader);
            }
        }
        if error != code::NONE {
            found.failed.push((topic, error));
        }
    }
    Ok(found)
}

/// Which offset of a partition is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Position {
    /// The first that is still there.
    Earliest,
    /// The one after the last.
    Latest,
    /// The first whose message is not older. Units: milliseconds since 1970 UTC.
    Since(i64),
}

pub(super) fn ask_offsets(
    request: &mut Request,
    committed_only: bool,
    wanted: &[(&TopicPartition, Position)],
) {
    request.i32(-1).i8(i8::from(committed_only));
    by_topic(request, wanted, |request, partition, position| {
        let time = match position {
            Position::Earliest => -2,
            Position::Latest => -1,
            Position::Since(time) => (*time).max(0),
        };
        request.i32(partition).i64(time);
    });
}

/// Gives the offset, or -1 if there is none, or the broker's error, of each partition.
pub(super) fn offsets(mut answer: Answer<'_>) -> Result<BTreeMap<TopicPartition, (i16, i64)>> {
    let mut found = BTreeMap::new();
    answer.i32()?;
    for _ in 0..answer.count()? {
        let topic = answer.text()?;
        for _ in 0..answer.count()? {
            let partition = answer.i32()?;
            let error = answer.i16()?;
            answer.i64()?;
            found.insert((topic.clone(), partition), (error, answer.i64()?));
        }
    }
    Ok(found)
}

/// Gives the address of a group's coordinator.
pub(super) fn coordinator(mut answer: Answer<'_>) -> Result<String> {
    let error = answer.i16()?;
    if error != code::NONE {
        return Err(refused("finding the coordinator of the group", error));
    }
    answer.i32()?;
    let host = answer.text()?;
    Ok(format!("{host}:{}", answer.i32()?))
}

pub(super) fn ask_committed(request: &mut Request, group: &str, wanted: &[TopicPartition]) {
    let wanted: Vec<(&TopicPartition, ())> = wanted.iter().map(|at| (at, ())).collect();
    by_topic(request.text(group), &wanted, |request, partition, ()| {
        request.i32(partition);
    });
}

/// Gives the offset that the group has committed of each partition; none if there is none.
pub(super) fn committed(mut answer: Answer<'_>) -> Result<BTreeMap<TopicPartition, i64>> {
    let mut found = BTreeMap::new();
    for _ in 0..answer.count()? {
        let topic = answer.text()?;
        for _ in 0..answer.count()? {
            let partition = answer.i32()?;
            let offset = answer.i64()?;
            answer.text()?;
            let error = answer.i16()?;
            if error != code::NONE {
                return Err(refused("reading the offsets of the group", error));
            }
            if offset >= 0 {
                found.insert((topic.clone(), partition), offset);
            }
        }
    }
    match answer.i16()? {
        code::NONE => Ok(found),
        error => Err(refused("reading the offsets of the group", error)),
    }
}

/// Writes offsets of a group that has no members: nobody is assigned anything by it.
pub(super) fn ask_commit(request: &mut Request, group: &str, offsets: &[(&TopicPartition, i64)]) {
    request.text(group).i32(-1).text("").i64(-1);
    by_topic(request, offsets, |request, partition, offset| {
        request.i32(partition).i64(*offset).text("");
    });
}

/// Gives the first error of a commit.
pub(super) fn commit(mut answer: Answer<'_>) -> Result<i16> {
    let mut first = code::NONE;
    for _ in 0..answer.count()? {
        answer.text()?;
        for _ in 0..answer.count()? {
            answer.i32()?;
            let error = answer.i16()?;
            if first == code::NONE {
                first = error;
            }
        }
    }
    Ok(first)
}

/// Gives the range of versions of each kind of request.
pub(super) fn versions(mut answer: Answer<'_>) -> Result<BTreeMap<i16, (i16, i16)>> {
    let error = answer.i16()?;
    if error != code::NONE {
        return Err(refused("asking for its versions", error));
    }
    let all = answer.list(|a| Ok((a.i16()?, (a.i16()?, a.i16()?))))?;
    Ok(all.into_iter().collect())
}
