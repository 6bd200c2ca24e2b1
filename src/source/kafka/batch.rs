//! Record batches as brokers send them, walked where they are: from bytes to [`Record`]s without an object a message.
//!
//! ```text
//! messages of a partition: │ header 61 B │ records, perhaps compressed │ header │ …            │ part of a batch │
//!                              │ offset, codec, transaction                                      cut off: not looked at
//!                              ▼
//!                          records: length · attributes · time · offset · key · value · headers    (varints)
//! ```
//!
//! Batches of aborted transactions and control batches give no records, but positions: the next position comes from the
//! batch's header, so that nothing stalls where messages were removed.
//!
//! Source: the record batch format of Kafka's protocol, magic 2. Older message sets: [`super::legacy`].

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use super::compression::{Codec, Decompressor, Filling};
use super::legacy;
use crate::error::{Error, Result};
use crate::source::records::{Record, RecordBlock, Slice, TimeKind, varint};

/// Bytes of a batch's offset and length.
pub(super) const PREFIX: usize = 12;
/// Bytes of a batch's header.
const HEADER: usize = 61;
/// Records after which a block is given out.
const BLOCK_RECORDS: usize = 8192;
/// Bytes of records after which a block is given out.
const BLOCK_BYTES: usize = 1 << 20;

/// What of the records is wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    /// The keys.
    pub(super) keys: Presence,
    /// The headers.
    pub(super) headers: Presence,
    /// Whether checksums are checked.
    pub(super) checked: Presence,
}

/// Whether something is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// It is.
    Wanted,
    /// It is not.
    Left,
}

/// The messages of one partition in one answer, read up to a position.
#[derive(Debug)]
pub(super) struct Messages {
    answer: Arc<Vec<u8>>,
    at: usize,
    end: usize,
    /// Aborted transactions that have not begun yet: first offset and producer.
    aborted: VecDeque<(i64, i64)>,
    /// Producers whose transaction is being skipped.
    skipping: BTreeSet<i64>,
}

/// What stays the same from block to block.
#[derive(Debug)]
pub(super) struct Walker {
    pub(super) wanted: Wanted,
    pub(super) committed_only: bool,
    pub(super) decompressor: Decompressor,
    pub(super) scratch: Filling,
}

/// Which offsets are taken: from the first to before the last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) next: i64,
    pub(super) end: i64,
}

/// The header of a batch, as far as it matters.
struct Header {
    base: i64,
    leader_epoch: i32,
    attributes: i16,
    last: i64,
    base_time: i64,
    max_time: i64,
    producer: i64,
    count: usize,
}

fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at + N)?.try_into().ok()
}

/// Gives base offset, bytes and magic of the batch at `at`; `None` if it is not whole.
pub(super) fn prefix(bytes: &[u8], at: usize, end: usize) -> Option<(i64, usize, u8)> {
    let base = i64::from_be_bytes(number(bytes, at)?);
    let len = usize::try_from(i32::from_be_bytes(number(bytes, at + 8)?)).ok()?;
    let magic = *bytes.get(at + PREFIX + 4)?;
    let len = len.checked_add(PREFIX)?;
    (at + len <= end).then_some((base, len, magic))
}

impl Header {
    fn read(batch: &[u8]) -> Option<Self> {
        if batch.len() < HEADER {
            return None;
        }
        let base = i64::from_be_bytes(number(batch, 0)?);
        Some(Self {
            base,
            leader_epoch: i32::from_be_bytes(number(batch, 12)?),
            attributes: i16::from_be_bytes(number(batch, 21)?),
            last: base.checked_add(i64::from(i32::from_be_bytes(number(batch, 23)?)))?,
            base_time: i64::from_be_bytes(number(batch, 27)?),
            max_time: i64::from_be_bytes(number(batch, 35)?),
            producer: i64::from_be_bytes(number(batch, 43)?),
            count: usize::try_from(i32::from_be_bytes(number(batch, 57)?)).ok()?,
        })
    }

    fn is_transactional(&self) -> bool {
        self.attributes >> 4 & 1 == 1
    }

    fn is_control(&self) -> bool {
        self.attributes >> 5 & 1 == 1
    }

    fn time_kind(&self) -> TimeKind {
        if self.attributes >> 3 & 1 == 1 { TimeKind::LogAppend } else { TimeKind::Create }
    }
}

fn damaged(offset: i64) -> Error {
    Error::data("a record batch is damaged").with("offset", offset).with_hint(
        "the broker has stored or sent bytes that are no record batch; skip it by starting behind this offset",
    )
}

impl Messages {
    pub(super) fn new(
        answer: Arc<Vec<u8>>,
        (at, end): (usize, usize),
        aborted: VecDeque<(i64, i64)>,
    ) -> Self {
        Self { answer, at, end, aborted, skipping: BTreeSet::new() }
    }

    /// Gives the offset after the last whole batch, to be asked for next; `None` if there is no whole batch.
    pub(super) fn next_offset(&self) -> Option<i64> {
        let (mut at, mut next) = (self.at, None);
        while let Some((base, len, magic)) = prefix(&self.answer, at, self.end) {
            next = match magic {
                2.. => Some(Header::read(self.answer.get(at..at + len)?)?.last + 1),
                _ => Some(base + 1),
            };
            at += len;
        }
        next
    }

    /// Tells whether a whole batch is left.
    pub(super) fn is_empty(&self) -> bool {
        prefix(&self.answer, self.at, self.end).is_none()
    }

    /// Gives the answer's bytes back if nobody else reads them.
    pub(super) fn into_bytes(self) -> Option<Vec<u8>> {
        Arc::into_inner(self.answer)
    }

    /// Reads whole batches until a block is full; moves the window's begin behind them.
    ///
    /// # Errors
    /// `Data` for bytes that are no record batch, `Unsupported` for an unknown codec.
    pub(super) fn block(
        &mut self,
        walker: &mut Walker,
        window: &mut Window,
        recycled: Option<Vec<u8>>,
    ) -> Result<RecordBlock> {
        let mut out = Filling::new(recycled);
        let mut block = RecordBlock::default();
        let answer = Arc::clone(&self.answer);
        while let Some((base, len, magic)) = prefix(&answer, self.at, self.end) {
            let batch = answer.get(self.at..self.at + len).unwrap_or_default();
            if magic < 2 {
                legacy::message(batch, base, walker, window, &mut out, &mut block)?;
            } else {
                self.batch(batch, walker, window, &mut out, &mut block)?;
            }
            self.at += len;
            let full = block.records.len() >= BLOCK_RECORDS || out.filled >= BLOCK_BYTES;
            if full || window.next >= window.end {
                break;
            }
        }
        block.bytes = out.padded();
        block.next = u64::try_from(window.next).unwrap_or(0);
        Ok(block)
    }

    fn batch(
        &mut self,
        batch: &[u8],
        walker: &mut Walker,
        window: &mut Window,
        out: &mut Filling,
        block: &mut RecordBlock,
    ) -> Result<()> {
        let header = Header::read(batch).ok_or_else(|| damaged(window.next))?;
        if header.last < window.next {
            return Ok(());
        }
        if walker.wanted.checked == Presence::Wanted {
            let sum = batch.get(17..).and_then(|sum| sum.first_chunk::<4>());
            let (sum, body) = sum
                .zip(batch.get(21..))
                .map(|(sum, body)| (u32::from_be_bytes(*sum), body))
                .ok_or_else(|| damaged(header.base))?;
            if crc32c::crc32c(body) != sum {
                return Err(damaged(header.base).with("checksum", "wrong"));
            }
        }
        let skipped = self.is_skipped(&header, batch, walker);
        if !skipped && header.base < window.end {
            let codec = Codec::of(header.attributes)?;
            let compressed = batch.get(HEADER..).unwrap_or_default();
            let start = out.filled;
            walker
                .decompressor
                .append(codec, compressed, out)
                .map_err(|e| e.with("offset", header.base))?;
            let read = records(out, start, &header, walker.wanted, *window, block);
            read.ok_or_else(|| damaged(header.base))?;
        }
        window.next = (header.last + 1).min(window.end.max(window.next));
        Ok(())
    }

    /// Tells whether a batch has no records for anybody, or for nobody who reads what is committed.
    ///
    /// Source: Kafka `CompletedFetch.nextFetchedRecord`.
    fn is_skipped(&mut self, header: &Header, batch: &[u8], walker: &Walker) -> bool {
        if walker.committed_only {
            while let Some((_, producer)) = self.aborted.pop_front_if(|(at, _)| *at <= header.last)
            {
                self.skipping.insert(producer);
            }
            if header.is_control() {
                // The key of the one record is a version and a kind: 0 aborts, 1 commits.
                if is_abort(batch) {
                    self.skipping.remove(&header.producer);
                }
            } else if header.is_transactional() && self.skipping.contains(&header.producer) {
                return true;
            }
        }
        header.is_control()
    }
}

fn is_abort(batch: &[u8]) -> bool {
    let read = || {
        let mut at = HEADER;
        at += varint(batch.get(at..)?)?.1 + 1;
        for _ in 0..2 {
            at += varint(batch.get(at..)?)?.1;
        }
        at += varint(batch.get(at..)?)?.1;
        Some(i16::from_be_bytes(number(batch, at + 2)?))
    };
    read() == Some(0)
}

/// Walks the records of a batch in `out[start..filled]`; `None` if they are damaged.
fn records(
    out: &Filling,
    start: usize,
    header: &Header,
    wanted: Wanted,
    window: Window,
    block: &mut RecordBlock,
) -> Option<()> {
    let bytes = out.bytes.get(..out.filled)?;
    let mut at = start;
    let time_kind = header.time_kind();
    block.records.reserve(header.count.min(out.filled - start));
    for _ in 0..header.count {
        let (len, n) = varint(bytes.get(at..)?)?;
        let from = at + n;
        let end = from.checked_add(usize::try_from(len).ok()?)?;
        let record = bytes.get(..end)?;
        // The attributes' byte says nothing.
        let mut pos = from + 1;
        let mut next = || {
            let (value, n) = varint(record.get(pos..)?)?;
            pos += n;
            Some(value)
        };
        let time = header.base_time.wrapping_add(next()?);
        let offset = header.base.checked_add(next()?)?;
        let (key, behind) = sized(record, pos)?;
        let (value, behind) = sized(record, behind)?;
        at = end;
        if offset < window.next || offset >= window.end {
            continue;
        }
        let size = value.range().map_or(0, |(start, end)| end - start);
        block.size += size as u64;
        block.records.push(Record {
            offset: u64::try_from(offset).ok()?,
            timestamp: if time_kind == TimeKind::LogAppend { header.max_time } else { time },
            key: if wanted.keys == Presence::Wanted { key } else { Slice::NULL },
            value,
            headers: match wanted.headers {
                Presence::Wanted => Slice::new(behind, end),
                Presence::Left => Slice::NULL,
            },
            leader_epoch: header.leader_epoch,
            time_kind,
        });
    }
    Some(())
}

/// Takes a length and so many bytes at `pos`; a negative length is a NULL. Gives the position behind.
#[inline]
fn sized(record: &[u8], pos: usize) -> Option<(Slice, usize)> {
    let (len, n) = varint(record.get(pos..)?)?;
    let start = pos + n;
    let Ok(len) = usize::try_from(len) else { return Some((Slice::NULL, start)) };
    let end = start.checked_add(len)?;
    (end <= record.len()).then(|| (Slice::new(start, end), end))
}

#[cfg(test)]
pub(super) mod tests;
