//! The primitive types of Kafka's protocol: big-endian numbers, sized strings, arrays.
//!
//! Only versions of requests without tagged fields are used: every broker from 2.0 to 4.x knows them.

use crate::error::{Error, Result};

/// Reads an answer from begin to end.
#[derive(Debug, Clone)]
pub(super) struct Answer<'a> {
    bytes: &'a [u8],
    pos: usize,
}

fn short() -> Error {
    Error::unavailable("the broker's answer ends too early")
        .with_hint("is this the port of a Kafka broker?")
}

impl<'a> Answer<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, pos: 0 }
    }

    pub(super) fn at(bytes: &'a [u8], pos: usize) -> Self {
        Self { bytes, pos }
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        let end = self.pos.checked_add(len).ok_or_else(short)?;
        let taken = self.bytes.get(self.pos..end).ok_or_else(short)?;
        self.pos = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| short())
    }

    pub(super) fn i8(&mut self) -> Result<i8> {
        Ok(i8::from_be_bytes(self.array()?))
    }

    pub(super) fn i16(&mut self) -> Result<i16> {
        Ok(i16::from_be_bytes(self.array()?))
    }

    pub(super) fn i32(&mut self) -> Result<i32> {
        Ok(i32::from_be_bytes(self.array()?))
    }

    pub(super) fn i64(&mut self) -> Result<i64> {
        Ok(i64::from_be_bytes(self.array()?))
    }

    pub(super) fn flag(&mut self) -> Result<bool> {
        Ok(self.i8()? != 0)
    }

    /// Reads the number of items of an array; a missing array has none.
    pub(super) fn count(&mut self) -> Result<usize> {
        let count = usize::try_from(self.i32()?).unwrap_or(0);
        // An item has at least one byte, so a damaged count cannot ask for much memory.
        if count > self.bytes.len() - self.pos { Err(short()) } else { Ok(count) }
    }

    /// Reads a string; a missing one is empty.
    pub(super) fn text(&mut self) -> Result<String> {
        let len = usize::try_from(self.i16()?).unwrap_or(0);
        Ok(String::from_utf8_lossy(self.take(len)?).into_owned())
    }

    /// Reads sized bytes; missing ones are empty.
    pub(super) fn bytes(&mut self) -> Result<&'a [u8]> {
        let len = usize::try_from(self.i32()?).unwrap_or(0);
        self.take(len)
    }

    /// Reads sized bytes and gives where they are.
    pub(super) fn range(&mut self) -> Result<(usize, usize)> {
        let len = usize::try_from(self.i32()?).unwrap_or(0);
        self.take(len)?;
        Ok((self.pos - len, self.pos))
    }

    /// Reads an array.
    pub(super) fn list<T>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<T>,
    ) -> Result<Vec<T>> {
        (0..self.count()?).map(|_| item(self)).collect()
    }
}

/// Writes a request.
#[derive(Debug, Default)]
pub(super) struct Request {
    pub(super) bytes: Vec<u8>,
}

impl Request {
    pub(super) fn i8(&mut self, value: i8) -> &mut Self {
        self.bytes.extend(value.to_be_bytes());
        self
    }

    pub(super) fn i16(&mut self, value: i16) -> &mut Self {
        self.bytes.extend(value.to_be_bytes());
        self
    }

    pub(super) fn i32(&mut self, value: i32) -> &mut Self {
        self.bytes.extend(value.to_be_bytes());
        self
    }

    pub(super) fn i64(&mut self, value: i64) -> &mut Self {
        self.bytes.extend(value.to_be_bytes());
        self
    }

    pub(super) fn count(&mut self, count: usize) -> &mut Self {
        self.i32(i32::try_from(count).unwrap_or(i32::MAX))
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.i16(i16::try_from(text.len()).unwrap_or(i16::MAX));
        let len = text.len().min(i16::MAX as usize);
        self.bytes.extend(text.as_bytes().iter().take(len));
        self
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.count(bytes.len());
        self.bytes.extend(bytes);
        self
    }
}

/// Kinds of requests, by their number in the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i16)]
pub(super) enum Api {
    Fetch = 1,
    ListOffsets = 2,
    Metadata = 3,
    OffsetCommit = 8,
    OffsetFetch = 9,
    FindCoordinator = 10,
    SaslHandshake = 17,
    Versions = 18,
    SaslAuthenticate = 36,
}

/// Writes the frame of a request: its length, its kind, its number, and who asks.
pub(super) fn frame(
    api: Api,
    version: i16,
    id: i32,
    client: &str,
    body: impl FnOnce(&mut Request),
) -> Vec<u8> {
    let mut request = Request::default();
    request.i32(0).i16(api as i16).i16(version).i32(id).text(client);
    body(&mut request);
    let len = u32::try_from(request.bytes.len() - 4).unwrap_or(u32::MAX);
    if let Some(head) = request.bytes.get_mut(..4) {
        head.copy_from_slice(&len.to_be_bytes());
    }
    request.bytes
}
