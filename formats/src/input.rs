//! Where the bytes of a file come from.

use std::fmt::Debug;
use std::io::{self, Read};
use std::sync::Arc;

use bytes::Bytes;

use crate::{FormatError, Result};

/// Gives the bytes of one file; several readers may use it at once.
pub trait Input: Debug + Send + Sync {
    /// Returns the length of the file in bytes.
    fn size(&self) -> u64;

    /// Returns exactly `length` bytes from `offset` on.
    ///
    /// # Errors
    /// Whatever the storage says; [`io::ErrorKind::UnexpectedEof`] beyond the end of the file.
    fn read_at(&self, offset: u64, length: usize) -> io::Result<Bytes>;
}

/// Opens files below the folder of a table or partition; a port.
pub trait Files {
    /// Opens a file by its path from the folder.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) if it cannot be opened.
    fn open(&self, path: &str) -> Result<Arc<dyn Input>>;
}

/// The first bytes of a file, as if it ended there.
#[derive(Debug)]
pub(crate) struct Beginning {
    pub(crate) input: Arc<dyn Input>,
    pub(crate) size: u64,
}

impl Input for Beginning {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, length: usize) -> io::Result<Bytes> {
        if offset.checked_add(length as u64).is_none_or(|end| end > self.size) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.input.read_at(offset, length)
    }
}

impl Input for Bytes {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, offset: u64, length: usize) -> io::Result<Bytes> {
        let start = usize::try_from(offset).ok().filter(|start| *start <= self.len());
        let range = start.and_then(|start| Some(start..start.checked_add(length)?));
        match range.filter(|range| range.end <= self.len()) {
            Some(range) => Ok(self.slice(range)),
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

/// Reads some bytes of a file, or says which were wanted.
///
/// # Errors
/// [`ErrorKind::Data`](crate::ErrorKind::Data) beyond the end of the file or if the storage fails.
pub(crate) fn read_range(input: &dyn Input, offset: u64, length: usize) -> Result<Bytes> {
    let end = offset.checked_add(length as u64);
    if end.is_none_or(|end| end > input.size()) {
        return Err(FormatError::data("the file ends before its content does")
            .with("offset", offset)
            .with("wanted bytes", length)
            .with("file bytes", input.size()));
    }
    input.read_at(offset, length).map_err(|e| {
        FormatError::data("cannot read the file").with("offset", offset).with_source(e)
    })
}

/// Bytes of one read of a [`Stream`].
const STREAM_BYTES: usize = 1 << 20;

/// Reads a file from a position on, in order.
#[derive(Debug)]
pub(crate) struct Stream {
    input: Arc<dyn Input>,
    at: u64,
    block: Bytes,
}

impl Stream {
    pub(crate) fn new(input: Arc<dyn Input>, at: u64) -> Self {
        Self { input, at, block: Bytes::new() }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.block.is_empty() {
            let left = self.input.size().saturating_sub(self.at);
            let length = usize::try_from(left).unwrap_or(usize::MAX).min(STREAM_BYTES);
            if length == 0 {
                return Ok(0);
            }
            self.block = self.input.read_at(self.at, length)?;
            self.at += length as u64;
        }
        let length = buffer.len().min(self.block.len());
        buffer[..length].copy_from_slice(&self.block.split_to(length));
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_read_beyond_the_end() {
        let bytes = Bytes::from_static(b"0123456789");
        assert_eq!(bytes.read_at(7, 3).unwrap(), "789");
        assert!(bytes.read_at(8, 3).is_err());
        assert!(bytes.read_at(u64::MAX, 1).is_err());
        assert!(read_range(&bytes, 5, usize::MAX).is_err());
        let mut text = String::new();
        Stream::new(Arc::new(bytes), 4).read_to_string(&mut text).unwrap();
        assert_eq!(text, "456789");
    }
}
