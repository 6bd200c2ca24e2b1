//! Message sets of brokers before 0.11 (magic 0 and 1), which a cluster that was upgraded may still hold.
//!
//! A compressed message contains a message set. Source: Kafka's protocol guide, old message format.

use super::batch::{PREFIX, Presence, Walker, Window, prefix};
use super::compression::{Codec, Filling};
use crate::error::{Error, Result};
use crate::source::records::{Record, RecordBlock, Slice, TimeKind};

/// A message without its offset and length.
struct Message<'a> {
    magic: u8,
    attributes: u8,
    time: i64,
    key: Option<&'a [u8]>,
    value: Option<&'a [u8]>,
}

fn damaged(offset: i64) -> Error {
    Error::data("an old message is damaged").with("offset", offset)
}

fn read(message: &[u8], checked: Presence) -> Option<Message<'_>> {
    let (sum, body) = message.get(PREFIX..)?.split_first_chunk::<4>()?;
    if checked == Presence::Wanted && crc32fast::hash(body) != u32::from_be_bytes(*sum) {
        return None;
    }
    let (&[magic, attributes], mut rest) = body.split_first_chunk::<2>()?;
    let mut time = -1;
    if magic == 1 {
        let (bytes, behind) = rest.split_first_chunk::<8>()?;
        time = i64::from_be_bytes(*bytes);
        rest = behind;
    }
    let mut sized = || {
        let (len, behind) = rest.split_first_chunk::<4>()?;
        let len = i32::from_be_bytes(*len);
        let (taken, behind) = behind.split_at_checked(usize::try_from(len).unwrap_or(0))?;
        rest = behind;
        Some((len >= 0).then_some(taken))
    };
    Some(Message { magic, attributes, time, key: sized()?, value: sized()? })
}

/// Takes one message of a set, or all that it contains; moves the window behind.
///
/// # Errors
/// `Data` for damaged bytes.
pub(super) fn message(
    bytes: &[u8],
    offset: i64,
    walker: &mut Walker,
    window: &mut Window,
    out: &mut Filling,
    block: &mut RecordBlock,
) -> Result<()> {
    let outer = read(bytes, walker.wanted.checked).ok_or_else(|| damaged(offset))?;
    let codec = Codec::of(i16::from(outer.attributes))?;
    if codec == Codec::None {
        push(&outer, offset, outer.attributes, walker, *window, out, block);
    } else {
        let mut scratch = std::mem::take(&mut walker.scratch);
        scratch.filled = 0;
        let value = outer.value.unwrap_or_default();
        walker.decompressor.append(codec, value, &mut scratch)?;
        let set = scratch.bytes.get(..scratch.filled).unwrap_or_default();
        let mut inner = Vec::new();
        let mut at = 0;
        while let Some((offset, len, _)) = prefix(set, at, set.len()) {
            inner.push((offset, set.get(at..at + len).unwrap_or_default()));
            at += len;
        }
        // In version 1 the offsets inside count from 0, and the outer one is that of the last.
        let relative = inner.last().map_or(0, |(last, _)| offset - last);
        let shift = if outer.magic == 1 { relative } else { 0 };
        for (at, bytes) in inner {
            let message = read(bytes, Presence::Left).ok_or_else(|| damaged(offset))?;
            push(&message, at + shift, outer.attributes, walker, *window, out, block);
        }
        walker.scratch = scratch;
    }
    window.next = window.next.max(offset + 1).min(window.end.max(window.next));
    Ok(())
}

fn push(
    message: &Message<'_>,
    offset: i64,
    attributes: u8,
    walker: &Walker,
    window: Window,
    out: &mut Filling,
    block: &mut RecordBlock,
) {
    let Ok(position) = u64::try_from(offset) else { return };
    if offset < window.next || offset >= window.end {
        return;
    }
    let mut append = |bytes: Option<&[u8]>| {
        let Some(bytes) = bytes else { return Slice::NULL };
        let start = out.filled;
        out.append(bytes);
        Slice::new(start, out.filled)
    };
    let key = if walker.wanted.keys == Presence::Wanted { message.key } else { None };
    block.size += message.value.map_or(0, |value| value.len() as u64);
    block.records.push(Record {
        offset: position,
        timestamp: message.time,
        key: append(key),
        value: append(message.value),
        headers: Slice::NULL,
        leader_epoch: -1,
        time_kind: match (message.magic, attributes >> 3 & 1) {
            (0, _) => TimeKind::None,
            (_, 1) => TimeKind::LogAppend,
            _ => TimeKind::Create,
        },
    });
}
