//! A record that could not be decoded, kept aside with its reason, and its one-line text form.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::time::Timestamp;

/// Bytes of a record that are kept; a longer one is cut, and says so.
pub const MAX_RAW_BYTES: usize = 1 << 20;

/// A record that cannot be decoded, or whose row cannot be placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// When it was rejected.
    pub at: Timestamp,
    /// Which table it was read for.
    pub table: String,
    /// Where it comes from: the file, for files.
    pub source: String,
    /// Position of its first byte in the source.
    pub offset: u64,
    /// Its length in bytes.
    pub length: u64,
    /// What is wrong.
    pub reason: String,
    /// The column that is to blame, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The record.
    #[serde(flatten)]
    pub raw: Raw,
}

/// The bytes of a record: text if they are UTF-8, else base64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Raw {
    /// The whole record as text.
    #[serde(rename = "raw")]
    Text(String),
    /// The whole record in base64.
    #[serde(rename = "raw_base64")]
    Base64(String),
    /// The first bytes of a very long record, in base64. It cannot be replayed from here.
    #[serde(rename = "head_base64")]
    Head(String),
}

impl Raw {
    /// Keeps the bytes of a record; `length` is the record's whole length.
    pub fn keep(bytes: &[u8], length: u64) -> Self {
        if bytes.len() as u64 != length || bytes.len() > MAX_RAW_BYTES {
            return Self::Head(BASE64.encode(&bytes[..bytes.len().min(MAX_RAW_BYTES)]));
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(text.to_owned()),
            Err(_) => Self::Base64(BASE64.encode(bytes)),
        }
    }

    /// Gives the whole record, or `None` if only its head was kept.
    ///
    /// # Errors
    /// `Data` if the text is not base64.
    pub fn bytes(&self) -> Result<Option<Vec<u8>>> {
        match self {
            Self::Text(text) => Ok(Some(text.clone().into_bytes())),
            Self::Base64(text) => BASE64
                .decode(text)
                .map(Some)
                .map_err(|e| Error::data("a dead letter is not base64").with_source(e)),
            Self::Head(_) => Ok(None),
        }
    }
}

impl DeadLetter {
    /// Appends the letter as one line of JSON.
    ///
    /// # Errors
    /// `Internal` if it cannot be written as JSON.
    pub fn write_line(&self, out: &mut Vec<u8>) -> Result<()> {
        serde_json::to_writer(&mut *out, self)
            .map_err(|e| Error::internal("cannot write a dead letter").with_source(e))?;
        out.push(b'\n');
        Ok(())
    }

    /// Reads a line written by [`DeadLetter::write_line`].
    ///
    /// # Errors
    /// `Data` if the line is not a dead letter.
    pub fn read_line(line: &str) -> Result<Self> {
        serde_json::from_str(line)
            .map_err(|e| Error::data("a line of a dead letter file is damaged").with_source(e))
    }
}

/// How many records may go to the dead letters before the pipeline stops (`dead-letters.max-rate`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MaxRate {
    /// So many in any minute.
    PerMinute(u64),
    /// So large a share of the records read since the start, from the thousandth record on. Units: percent.
    Percent(f64),
}

/// Records after which a share means something.
const SHARE_FROM: u64 = 1000;
const MINUTE: Duration = Duration::from_secs(60);

/// Counts the dead letters of a pipeline's lanes against the limit.
#[derive(Debug)]
pub struct Limit {
    rate: Option<MaxRate>,
    records: AtomicU64,
    rejected: AtomicU64,
    minute: std::sync::Mutex<(Timestamp, u64)>,
}

impl Limit {
    /// Makes a limit; `None` allows any number.
    pub fn new(rate: Option<MaxRate>, now: Timestamp) -> Self {
        Self {
            rate,
            records: AtomicU64::new(0),
            rejected: AtomicU64::new(0),
            minute: std::sync::Mutex::new((now, 0)),
        }
    }

    /// Counts records and, among them, rejected ones.
    ///
    /// # Errors
    /// `Data` once the limit is passed.
    pub fn count(&self, records: u64, rejected: u64, now: Timestamp) -> Result<()> {
        let all = self.records.fetch_add(records, Ordering::Relaxed) + records;
        if rejected == 0 {
            return Ok(());
        }
        let bad = self.rejected.fetch_add(rejected, Ordering::Relaxed) + rejected;
        let passed = match self.rate {
            None => false,
            Some(MaxRate::PerMinute(limit)) => self.in_this_minute(rejected, now) > limit,
            #[expect(clippy::cast_precision_loss, reason = "a share needs no more than 52 bits")]
            Some(MaxRate::Percent(limit)) => {
                all >= SHARE_FROM && bad as f64 * 100.0 > limit * all as f64
            }
        };
        if passed {
            return Err(Error::data("too many records cannot be decoded")
                .with("rejected", bad)
                .with("records", all)
                .with_hint(
                    "mend the source or the table's columns, or raise 'dead-letters.max-rate'; \
                     `skep dlq list` has the reasons of what was rejected up to the last checkpoint",
                ));
        }
        Ok(())
    }

    fn in_this_minute(&self, rejected: u64, now: Timestamp) -> u64 {
        let mut minute = self.minute.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if now.since(minute.0) >= MINUTE {
            *minute = (now, 0);
        }
        minute.1 += rejected;
        minute.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(raw: Raw) -> DeadLetter {
        DeadLetter {
            at: Timestamp(1),
            table: "t".to_owned(),
            source: "/in/a.json".to_owned(),
            offset: 7,
            length: 3,
            reason: "not a number".to_owned(),
            column: Some("qty".to_owned()),
            raw,
        }
    }

    #[test]
    fn any_bytes_survive_the_line_form() {
        for bytes in [&b"{\"a\":\n1}"[..], b"\xff\x00\n", b""] {
            let letter = letter(Raw::keep(bytes, bytes.len() as u64));
            let mut line = Vec::new();
            letter.write_line(&mut line).unwrap();
            let text = String::from_utf8(line).unwrap();
            assert_eq!(text.matches('\n').count(), 1, "one line each");
            let back = DeadLetter::read_line(&text).unwrap();
            assert_eq!(back, letter);
            assert_eq!(back.raw.bytes().unwrap().as_deref(), Some(bytes));
        }
    }

    #[test]
    fn a_cut_record_says_so() {
        assert_eq!(Raw::keep(b"abc", 9).bytes().unwrap(), None);
        let long = vec![b'x'; MAX_RAW_BYTES + 1];
        assert_eq!(Raw::keep(&long, long.len() as u64).bytes().unwrap(), None);
    }

    #[test]
    fn the_limit_stops_at_the_next_record_after_it() {
        let per_minute = Limit::new(Some(MaxRate::PerMinute(3)), Timestamp(0));
        per_minute.count(100, 3, Timestamp(10)).unwrap();
        per_minute.count(1, 3, Timestamp(60_000)).unwrap();
        assert!(per_minute.count(1, 1, Timestamp(60_001)).is_err());
        let share = Limit::new(Some(MaxRate::Percent(5.0)), Timestamp(0));
        share.count(999, 500, Timestamp(0)).unwrap();
        share.count(9001, 0, Timestamp(0)).unwrap();
        assert!(share.count(1, 1, Timestamp(0)).is_err());
        let none = Limit::new(None, Timestamp(0));
        none.count(10, 10, Timestamp(0)).unwrap();
    }
}
