//! Numbers and texts as Java's `DataOutput` and Hadoop's `Writable`s write them.

use crate::cursor::Cursor;
use crate::{FormatError, Result};

impl Cursor<'_> {
    pub(crate) fn i32(&mut self) -> Result<i32> {
        Ok(i32::from_be_bytes(self.array()?))
    }

    /// Takes a number of one to nine bytes.
    ///
    /// Source: Hadoop `WritableUtils.readVLong`.
    #[inline]
    pub(crate) fn vlong(&mut self) -> Result<i64> {
        let first = self.byte()?.cast_signed();
        if first >= -112 {
            return Ok(i64::from(first));
        }
        let (negative, length) = if first < -120 {
            (true, (-120 - i32::from(first)) as usize)
        } else {
            (false, (-112 - i32::from(first)) as usize)
        };
        let mut value = 0i64;
        for byte in self.bytes(length)? {
            value = (value << 8) | i64::from(*byte);
        }
        Ok(if negative { !value } else { value })
    }

    #[inline]
    pub(crate) fn vint(&mut self) -> Result<i32> {
        i32::try_from(self.vlong()?).map_err(|_| FormatError::data("a number is no 32 bit integer"))
    }

    /// Takes a length that is not negative.
    #[inline]
    pub(crate) fn length(&mut self) -> Result<usize> {
        usize::try_from(self.vint()?).map_err(|_| FormatError::data("a length is negative"))
    }

    /// Takes a string with its length before it, as Hadoop's `Text` has it.
    pub(crate) fn text(&mut self) -> Result<String> {
        let length = self.length()?;
        Ok(String::from_utf8_lossy(self.bytes(length)?).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_as_many_bytes_as_they_need() {
        // As WritableUtils.writeVLong writes them.
        for (bytes, value) in [
            (vec![0x05], 5),
            (vec![0x90], -112),
            (vec![0x8f, 0x80], 128),
            (vec![0x87, 0x70], -113),
            (vec![0x8e, 0x01, 0x00], 256),
            (vec![0x80, 0x7f, 255, 255, 255, 255, 255, 255, 255], i64::MIN),
        ] {
            let mut cursor = Cursor::new(&bytes);
            assert_eq!(cursor.vlong().unwrap(), value, "{bytes:x?}");
            assert!(cursor.rest.is_empty());
        }
        assert!(Cursor::new(&[0x8f]).vlong().is_err());
        assert!(Cursor::new(&[0xff]).length().is_err());
    }
}
