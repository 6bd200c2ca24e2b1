//! Protobuf's wire format: what ORC's metadata is made of.
//!
//! A message is read field by field and written field by field; the fields' numbers and meanings
//! are in [`super::meta`].

use crate::cursor::varint;
use crate::{FormatError, Result};

/// Numbers of one repeated field at most: they take eight times their bytes.
const MOST_NUMBERS: usize = 1 << 20;

/// Holds one field of a message: its number, and its value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    /// Wire type 0, and the fixed-width types as their bits.
    Number(u64),
    /// Wire type 2.
    Bytes(&'a [u8]),
}

/// Reads the fields of one message in order.
#[derive(Clone, Debug)]
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

fn broken(what: &str) -> FormatError {
    FormatError::data(format!("orc metadata is broken: {what}"))
}

impl<'a> Fields<'a> {
    pub(super) fn new(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    fn take(&mut self, len: u64) -> Result<&'a [u8]> {
        let len = usize::try_from(len).ok().filter(|n| *n <= self.rest.len());
        let len = len.ok_or_else(|| broken("a field is longer than its message"))?;
        let (taken, rest) = self.rest.split_at(len);
        self.rest = rest;
        Ok(taken)
    }

    fn fixed(&mut self, len: u64) -> Result<u64> {
        let bytes = self.take(len)?;
        let mut all = [0; 8];
        all[..bytes.len()].copy_from_slice(bytes);
        Ok(u64::from_le_bytes(all))
    }

    /// Returns the next field, or nothing at the end of the message.
    pub(super) fn next(&mut self) -> Result<Option<(u32, Value<'a>)>> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let mut number = || varint(&mut self.rest).ok_or_else(|| broken("a number has no end"));
        let tag = number()?;
        let value = match tag & 7 {
            0 => Value::Number(number()?),
            1 => Value::Number(self.fixed(8)?),
            2 => {
                let len = number()?;
                Value::Bytes(self.take(len)?)
            }
            5 => Value::Number(self.fixed(4)?),
            _ => return Err(broken("a field has an unknown wire type")),
        };
        let field = u32::try_from(tag >> 3).map_err(|_| broken("a field's number is too large"))?;
        Ok(Some((field, value)))
    }
}

impl<'a> Value<'a> {
    /// Returns the number, or an error if the field is bytes.
    pub(super) fn number(self) -> Result<u64> {
        match self {
            Self::Number(n) => Ok(n),
            Self::Bytes(_) => Err(broken("bytes where a number should be")),
        }
    }

    /// Returns the number of a field that must be small.
    pub(super) fn small(self) -> Result<u32> {
        u32::try_from(self.number()?).map_err(|_| broken("a number is too large"))
    }

    /// Returns a zigzag number.
    pub(super) fn signed(self) -> Result<i64> {
        self.number().map(unzigzag)
    }

    /// Returns a double.
    pub(super) fn double(self) -> Result<f64> {
        self.number().map(f64::from_bits)
    }

    /// Returns the bytes, or an error if the field is a number.
    pub(super) fn bytes(self) -> Result<&'a [u8]> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            Self::Number(_) => Err(broken("a number where bytes should be")),
        }
    }

    /// Returns text; invalid UTF-8 is replaced.
    pub(super) fn text(self) -> Result<String> {
        Ok(String::from_utf8_lossy(self.bytes()?).into_owned())
    }

    /// Appends a repeated number, packed or not.
    pub(super) fn append_to(self, numbers: &mut Vec<u64>) -> Result<()> {
        match self {
            Self::Number(n) => numbers.push(n),
            Self::Bytes(mut packed) => {
                while !packed.is_empty() {
                    if numbers.len() >= MOST_NUMBERS {
                        return Err(broken("a field has too many numbers"));
                    }
                    let next = varint(&mut packed);
                    numbers.push(next.ok_or_else(|| broken("a packed number has no end"))?);
                }
            }
        }
        Ok(())
    }
}

/// Appends a part of a message, unless there are too many: a few packed bytes can claim any number of parts, which take more
/// memory than they have bytes.
pub(super) fn push<T>(part: T, most: usize, all: &mut Vec<T>) -> Result<()> {
    if all.len() >= most {
        return Err(broken("a message has too many parts").with("limit", most));
    }
    all.push(part);
    Ok(())
}

/// Undoes [`zigzag`].
pub(super) const fn unzigzag(n: u64) -> i64 {
    (n >> 1).cast_signed() ^ -((n & 1).cast_signed())
}

/// Maps small numbers of either sign to small ones without.
pub(super) const fn zigzag(n: i64) -> u64 {
    ((n << 1) ^ (n >> 63)).cast_unsigned()
}

/// Appends a varint.
pub(super) fn put_varint(mut n: u64, out: &mut Vec<u8>) {
    while n >= 0x80 {
        out.push((n & 0x7f) as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// Appends a number field.
pub(super) fn put_number(field: u32, n: u64, out: &mut Vec<u8>) {
    put_varint(u64::from(field) << 3, out);
    put_varint(n, out);
}

/// Appends a zigzag number field.
pub(super) fn put_signed(field: u32, n: i64, out: &mut Vec<u8>) {
    put_number(field, zigzag(n), out);
}

/// Appends a double field.
pub(super) fn put_double(field: u32, n: f64, out: &mut Vec<u8>) {
    put_varint(u64::from(field) << 3 | 1, out);
    out.extend_from_slice(&n.to_bits().to_le_bytes());
}

/// Appends a field of bytes, text or an encoded message.
pub(super) fn put_bytes(field: u32, bytes: &[u8], out: &mut Vec<u8>) {
    put_varint(u64::from(field) << 3 | 2, out);
    put_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

/// Appends a packed repeated number; nothing if there are none.
pub(super) fn put_packed(field: u32, numbers: impl Iterator<Item = u64>, out: &mut Vec<u8>) {
    let mut packed = Vec::new();
    numbers.for_each(|n| put_varint(n, &mut packed));
    if !packed.is_empty() {
        put_bytes(field, &packed, out);
    }
}

/// Appends a message field that `write` fills.
pub(super) fn put_message(field: u32, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let mut message = Vec::new();
    write(&mut message);
    put_bytes(field, &message, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        let mut out = Vec::new();
        put_number(1, 300, &mut out);
        put_signed(2, -3, &mut out);
        put_double(3, 1.5, &mut out);
        put_packed(4, [1, 1 << 40].into_iter(), &mut out);
        put_bytes(8000, b"ORC", &mut out);
        let mut fields = Fields::new(&out);
        let mut next = || fields.next().unwrap().unwrap();
        assert!(matches!(next(), (1, Value::Number(300))));
        assert_eq!(next().1.signed().unwrap(), -3);
        assert_eq!(next().1.double().unwrap(), 1.5);
        let mut packed = Vec::new();
        next().1.append_to(&mut packed).unwrap();
        assert_eq!(packed, [1, 1 << 40]);
        assert_eq!(next().1.text().unwrap(), "ORC");
        assert!(fields.next().unwrap().is_none());
    }

    #[test]
    fn truncated_messages_are_errors() {
        let mut out = Vec::new();
        put_bytes(1, b"abcdef", &mut out);
        for len in 1..out.len() {
            assert!(Fields::new(&out[..len]).next().is_err(), "{len}");
        }
        assert!(Fields::new(&[0x80; 11]).next().is_err());
    }
}
