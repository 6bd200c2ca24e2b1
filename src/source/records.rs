//! Messages as a source hands them out: one buffer, and where in it each message's key, value and headers are.

/// Part of a block's bytes, or nothing (a NULL key or value).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    start: u32,
    len: u32,
}

impl Slice {
    /// What is not there.
    pub const NULL: Self = Self { start: u32::MAX, len: 0 };

    /// Marks `start..end`; [`Slice::NULL`] if a block cannot be that large.
    pub fn new(start: usize, end: usize) -> Self {
        match (u32::try_from(start), u32::try_from(end.saturating_sub(start))) {
            (Ok(start), Ok(len)) => Self { start, len },
            _ => Self::NULL,
        }
    }

    /// Gives where it begins and ends, or `None` for a NULL.
    #[inline]
    pub fn range(self) -> Option<(usize, usize)> {
        let start = self.start as usize;
        (self != Self::NULL).then(|| (start, start + self.len as usize))
    }

    /// Gives its bytes, or `None` for a NULL.
    pub fn of(self, bytes: &[u8]) -> Option<&[u8]> {
        let (start, end) = self.range()?;
        bytes.get(start..end)
    }
}

/// One message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// Its position.
    pub offset: u64,
    /// Its time. Units: milliseconds since 1970 UTC; negative if it has none.
    pub timestamp: i64,
    /// Its key.
    pub key: Slice,
    /// Its value.
    pub value: Slice,
    /// Its headers as they were sent, the number of them first; a NULL if nobody asked for them.
    pub headers: Slice,
    /// Term of the leader that wrote it, or -1.
    pub leader_epoch: i32,
    /// Who has set the time.
    pub time_kind: TimeKind,
}

/// Who has set the time of a message. Source: Kafka `TimestampType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeKind {
    /// Nobody: it has none.
    None,
    /// Whoever sent it.
    Create,
    /// The broker that took it.
    LogAppend,
}

impl TimeKind {
    /// Gives Kafka's name of it, as Flink's metadata column shows it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "NoTimestampType",
            Self::Create => "CreateTime",
            Self::LogAppend => "LogAppendTime",
        }
    }
}

/// Messages of one source partition, in order.
#[derive(Debug, Default)]
pub struct RecordBlock {
    /// What the messages' parts are slices of. At least [`formats::message::PADDING`] bytes follow the last one: records that
    /// were left out, and zeros at the end.
    pub bytes: Vec<u8>,
    /// The messages.
    pub records: Vec<Record>,
    /// The position after them, which may lie beyond the last one: markers and removed messages have positions, too.
    pub next: u64,
    /// Bytes of keys and values.
    pub size: u64,
}

impl RecordBlock {
    /// Gives the headers of a message, in order; a value may be NULL. What is damaged ends the list.
    ///
    /// Source: the record format of Kafka's protocol, version 2.
    pub fn headers(&self, record: &Record) -> Vec<(String, Option<&[u8]>)> {
        let mut bytes = Varints { bytes: record.headers.of(&self.bytes).unwrap_or_default() };
        let count = bytes.next().unwrap_or(0);
        let mut all = Vec::new();
        for _ in 0..count {
            let Some(Some(name)) = bytes.sized() else { break };
            let Some(value) = bytes.sized() else { break };
            all.push((String::from_utf8_lossy(name).into_owned(), value));
        }
        all
    }
}

struct Varints<'a> {
    bytes: &'a [u8],
}

impl<'a> Varints<'a> {
    fn next(&mut self) -> Option<i64> {
        let (value, len) = varint(self.bytes)?;
        self.bytes = self.bytes.get(len..)?;
        Some(value)
    }

    /// Takes a length and so many bytes; a negative length is a NULL.
    fn sized(&mut self) -> Option<Option<&'a [u8]>> {
        let Ok(len) = usize::try_from(self.next()?) else { return Some(None) };
        let (taken, rest) = self.bytes.split_at_checked(len)?;
        self.bytes = rest;
        Some(Some(taken))
    }
}

/// Reads a zigzag-coded number of up to ten bytes; gives it and its length.
#[inline]
pub fn varint(bytes: &[u8]) -> Option<(i64, usize)> {
    let first = *bytes.first()?;
    if first < 0x80 {
        return Some((i64::from(first >> 1) ^ -i64::from(first & 1), 1));
    }
    let mut value = u64::from(first & 0x7f);
    for (n, byte) in bytes.iter().enumerate().skip(1).take(9) {
        value |= u64::from(byte & 0x7f) << (7 * n);
        if *byte < 0x80 {
            return Some(((value >> 1) as i64 ^ -((value & 1) as i64), n + 1));
        }
    }
    None
}
