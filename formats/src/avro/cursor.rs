//! Numbers and lengths as Avro writes them.

use crate::cursor::{Cursor, short};
use crate::{FormatError, Result};

impl<'a> Cursor<'a> {
    /// Takes a number of up to ten bytes, seven bits in each, with its sign in the lowest bit.
    #[inline]
    pub(super) fn long(&mut self) -> Result<i64> {
        let (mut value, mut shift) = (0u64, 0);
        for (i, byte) in self.rest.iter().take(10).enumerate() {
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                self.rest = &self.rest[i + 1..];
                return Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed());
            }
            shift += 7;
        }
        Err(short())
    }

    /// Takes a length that is not negative.
    #[inline]
    pub(super) fn size(&mut self) -> Result<usize> {
        let length = self.long()?;
        usize::try_from(length).map_err(|_| FormatError::data("an avro length is negative"))
    }

    /// Takes a length and so many bytes.
    #[inline]
    pub(super) fn prefixed(&mut self) -> Result<&'a [u8]> {
        let length = self.size()?;
        self.bytes(length)
    }

    /// Takes the number of values of the next block of an array or map; 0 ends it.
    pub(super) fn block(&mut self) -> Result<u64> {
        let count = self.long()?;
        if count < 0 {
            // The size of the block, for those who pass over it.
            self.long()?;
        }
        let count = count.unsigned_abs();
        if count > self.rest.len() as u64 {
            return Err(
                FormatError::data("an avro list has more values than bytes").with("values", count)
            );
        }
        Ok(count)
    }
}
