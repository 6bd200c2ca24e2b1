//! An input as the `parquet` crate wants to see it.

use std::io::Read;
use std::sync::Arc;

use bytes::Bytes;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

use crate::input::Input;

/// Bytes of the first read for a page header, which is all that is read in pieces.
const HEADER_BYTES: usize = 256;

/// Bytes of the last such read.
const HEADER_BYTES_MAX: usize = 64 << 10;

#[derive(Clone, Debug)]
pub(crate) struct Chunks(pub(crate) Arc<dyn Input>);

impl Length for Chunks {
    fn len(&self) -> u64 {
        self.0.size()
    }
}

impl ChunkReader for Chunks {
    type T = Pieces;

    fn get_read(&self, start: u64) -> Result<Pieces> {
        Ok(Pieces {
            input: Arc::clone(&self.0),
            at: start,
            next: HEADER_BYTES,
            piece: Bytes::new(),
        })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let end = start.checked_add(length as u64);
        if end.is_none_or(|end| end > self.0.size()) {
            return Err(ParquetError::EOF(format!(
                "{length} bytes at {start} are not in a file of {} bytes",
                self.0.size()
            )));
        }
        Ok(self.0.read_at(start, length)?)
    }
}

/// Reads on from a position in growing pieces.
#[derive(Debug)]
pub(crate) struct Pieces {
    input: Arc<dyn Input>,
    at: u64,
    next: usize,
    piece: Bytes,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.piece.is_empty() {
            let left = self.input.size().saturating_sub(self.at);
            let length = usize::try_from(left).unwrap_or(usize::MAX).min(self.next);
            if length == 0 {
                return Ok(0);
            }
            self.piece = self.input.read_at(self.at, length)?;
            self.at += length as u64;
            self.next = (self.next * 2).min(HEADER_BYTES_MAX);
        }
        let length = buffer.len().min(self.piece.len());
        buffer[..length].copy_from_slice(&self.piece.split_to(length));
        Ok(length)
    }
}
