//! The bytes of one stream, fetched and decompressed as they are needed.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use parquet::file::reader::ChunkReader;

use super::super::codec::{Decompressor, HEADER};
use crate::{FormatError, Result};

/// Bytes that are fetched at once.
const PIECE: usize = 4 << 20;

/// Gives bytes of the file.
pub(super) trait Input: Send + Sync {
    fn bytes(&self, offset: u64, length: usize) -> Result<Bytes>;
}

impl<R: ChunkReader> Input for R {
    fn bytes(&self, offset: u64, length: usize) -> Result<Bytes> {
        if offset.saturating_add(length as u64) > self.len() {
            return Err(FormatError::data("orc file ends too early").with("offset", offset));
        }
        self.get_bytes(offset, length)
            .map_err(|e| FormatError::data("cannot read the orc file").with_source(e))
    }
}

/// Holds what all streams of a file share.
pub(super) struct Context {
    pub(super) input: Arc<dyn Input>,
    pub(super) decompressor: Decompressor,
    /// Bytes that are fetched at once at most.
    pub(super) piece: usize,
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").finish_non_exhaustive()
    }
}

impl Context {
    pub(super) fn new(input: Arc<dyn Input>, decompressor: Decompressor) -> Self {
        Self { input, decompressor, piece: PIECE }
    }
}

/// Reads one stream from its start, or from any position of its index.
#[derive(Debug, Default)]
pub(super) struct Source {
    /// Place of the stream in the file.
    start: u64,
    length: u64,
    /// Bytes of the stream that were fetched, and how many of them are done.
    fetched: Bytes,
    done: usize,
    /// Offset in the stream behind what was fetched.
    next: u64,
    /// Decompressed bytes, and how many of them are done; not used without compression.
    window: Vec<u8>,
    at: usize,
}

fn ended() -> FormatError {
    FormatError::data("an orc stream ends too early")
}

impl Source {
    pub(super) fn new(start: u64, length: u64) -> Self {
        Self { start, length, ..Self::default() }
    }

    /// Returns the length in the file.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Fetches on until `need` bytes are there, if the stream has so many.
    fn fetch(&mut self, need: usize, context: &Context) -> Result<()> {
        while self.fetched.len() - self.done < need && self.next < self.length {
            let left = self.length - self.next;
            let kept = self.fetched.slice(self.done..);
            let want = context.piece.max(need.saturating_sub(kept.len()));
            let want = usize::try_from(left).unwrap_or(usize::MAX).min(want);
            let more = context.input.bytes(self.start + self.next, want)?;
            self.next += want as u64;
            self.done = 0;
            self.fetched = if kept.is_empty() {
                more
            } else {
                Bytes::from([kept.as_ref(), more.as_ref()].concat())
            };
        }
        Ok(())
    }

    /// Decompresses the next block behind what is left of the window; false at the end.
    fn block(&mut self, context: &mut Context) -> Result<bool> {
        self.fetch(HEADER, context)?;
        let rest = &self.fetched[self.done..];
        let Some(header) = rest.first_chunk::<HEADER>() else {
            return if rest.is_empty() { Ok(false) } else { Err(ended()) };
        };
        let length = (u32::from_le_bytes([header[0], header[1], header[2], 0]) >> 1) as usize;
        self.fetch(HEADER + length, context)?;
        self.window.drain(..self.at);
        self.at = 0;
        let rest = &self.fetched[self.done..];
        self.done += context.decompressor.block(rest, &mut self.window)?;
        Ok(true)
    }

    /// Returns the bytes that come next: at least `need`, or all that the stream still has.
    pub(super) fn peek(&mut self, need: usize, context: &mut Context) -> Result<&[u8]> {
        if !context.decompressor.has_blocks() {
            self.fetch(need, context)?;
            return Ok(&self.fetched[self.done..]);
        }
        while self.window.len() - self.at < need {
            if !self.block(context)? {
                break;
            }
        }
        Ok(&self.window[self.at..])
    }

    /// Leaves out bytes that [`Self::peek`] has shown.
    pub(super) fn advance(&mut self, count: usize, context: &Context) {
        if context.decompressor.has_blocks() {
            self.at += count;
        } else {
            self.done += count;
        }
    }

    /// Appends the next `count` bytes to `out`.
    pub(super) fn copy(
        &mut self,
        mut count: usize,
        out: &mut Vec<u8>,
        context: &mut Context,
    ) -> Result<()> {
        while count > 0 {
            let bytes = self.peek(1, context)?;
            if bytes.is_empty() {
                return Err(ended());
            }
            let taken = bytes.len().min(count);
            out.extend_from_slice(&bytes[..taken]);
            self.advance(taken, context);
            count -= taken;
        }
        Ok(())
    }

    /// Returns all bytes of the stream, at most `limit`.
    pub(super) fn whole(&mut self, limit: usize, context: &mut Context) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        loop {
            let bytes = self.peek(1, context)?;
            let taken = bytes.len();
            if taken == 0 {
                return Ok(out);
            }
            if out.len() + taken > limit {
                return Err(FormatError::data("an orc stream is too large").with("limit", limit));
            }
            out.extend_from_slice(bytes);
            self.advance(taken, context);
        }
    }

    /// Goes to a position of the index; takes the numbers it needs from its front.
    pub(super) fn seek(
        &mut self,
        positions: &mut impl Iterator<Item = u64>,
        context: &mut Context,
    ) -> Result<()> {
        let broken = || FormatError::data("a position of the orc row index is broken");
        let offset = positions.next().ok_or_else(broken)?;
        let blocks = context.decompressor.has_blocks();
        let skip = if blocks { positions.next().ok_or_else(broken)? } else { 0 };
        if self.length == 0 {
            return Ok(());
        }
        if offset > self.length {
            return Err(broken());
        }
        let behind = self.next - self.fetched.len() as u64;
        if offset >= behind && offset <= self.next {
            self.done = (offset - behind) as usize;
        } else {
            (self.fetched, self.done, self.next) = (Bytes::new(), 0, offset);
        }
        self.window.clear();
        self.at = 0;
        if skip > 0 {
            let skip = usize::try_from(skip).map_err(|_| broken())?;
            self.block(context)?;
            if skip > self.window.len() {
                return Err(broken());
            }
            self.at = skip;
        }
        Ok(())
    }
}
