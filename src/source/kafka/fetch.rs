//! The request for messages, and the part of its answer that is not messages.
//!
//! Version 4 has transactions; version 10 lets the broker send zstd; 11 is the last one without tagged fields.

use std::collections::VecDeque;

use super::api::TopicPartition;
use super::wire::{Answer, Request};
use crate::error::Result;

/// Versions that can be asked and read, lowest and highest.
pub(super) const VERSIONS: (i16, i16) = (4, 11);

/// Limits of one request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// How long the broker waits for something to send. Units: milliseconds.
    pub(super) wait_ms: i32,
    /// Bytes that are worth an answer.
    pub(super) min_bytes: i32,
    /// Bytes of an answer, as far as the first batch fits.
    pub(super) max_bytes: i32,
    /// Bytes of a partition in it.
    pub(super) partition_bytes: i32,
    /// Whether messages of open and aborted transactions are left out.
    pub(super) committed_only: bool,
}

pub(super) fn ask(
    request: &mut Request,
    version: i16,
    limits: Limits,
    wanted: &[(&TopicPartition, i64)],
) {
    request.i32(-1).i32(limits.wait_ms).i32(limits.min_bytes).i32(limits.max_bytes);
    request.i8(i8::from(limits.committed_only));
    if version >= 7 {
        // No session: each request says all.
        request.i32(0).i32(-1);
    }
    super::api::by_topic(request, wanted, |request, partition, offset| {
        request.i32(partition);
        if version >= 9 {
            request.i32(-1);
        }
        request.i64(*offset);
        if version >= 5 {
            request.i64(-1);
        }
        request.i32(limits.partition_bytes);
    });
    if version >= 7 {
        request.i32(0);
    }
    if version >= 11 {
        request.text("");
    }
}

/// What a broker says of one partition.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) at: TopicPartition,
    pub(super) error: i16,
    /// Aborted transactions among the messages: first offset and producer, ordered.
    pub(super) aborted: VecDeque<(i64, i64)>,
    /// Where the messages are in the answer.
    pub(super) messages: (usize, usize),
}

/// Reads an answer; gives the error of the whole and what is said of each partition.
pub(super) fn answer(bytes: &[u8], from: usize, version: i16) -> Result<(i16, Vec<Fetched>)> {
    let mut answer = Answer::at(bytes, from);
    let mut all = Vec::new();
    answer.i32()?;
    let mut error = 0;
    if version >= 7 {
        error = answer.i16()?;
        answer.i32()?;
    }
    for _ in 0..answer.count()? {
        let topic = answer.text()?;
        for _ in 0..answer.count()? {
            let partition = answer.i32()?;
            let error = answer.i16()?;
            answer.i64()?;
            answer.i64()?;
            if version >= 5 {
                answer.i64()?;
            }
            let aborted = answer.list(|a| {
                let producer = a.i64()?;
                Ok((a.i64()?, producer))
            })?;
            if version >= 11 {
                answer.i32()?;
            }
            let messages = answer.range()?;
            let mut aborted = VecDeque::from(aborted);
            aborted.make_contiguous().sort_unstable();
            all.push(Fetched { at: (topic.clone(), partition), error, aborted, messages });
        }
    }
    Ok((error, all))
}
