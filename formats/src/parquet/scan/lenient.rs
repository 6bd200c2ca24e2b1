//! Footers with fields of their writers' own, made readable.
//!
//! Dremio's writer used number 15 of a column's metadata for a list of its own before the format gave
//! it to the length of a bloom filter. Readers that thrift generates pass over a field whose type is
//! not the known one, so this is what is done here: such fields are left out.

use bytes::{BufMut, Bytes, BytesMut};

use crate::cursor::varint;

/// Types of thrift's compact protocol.
const TRUE: u8 = 1;
const FALSE: u8 = 2;
const I16: u8 = 4;
const I32: u8 = 5;
const I64: u8 = 6;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const SET: u8 = 10;
const MAP: u8 = 11;
const STRUCT: u8 = 12;

/// Most levels of nesting.
const DEPTH: usize = 32;

/// A field: its number, its type, and what is in it.
type Known = (i16, u8, &'static [Field]);

/// What is inside of a field that is looked into.
#[derive(Debug)]
struct Field(Known);

const fn field(number: i16, ty: u8) -> Field {
    Field((number, ty, &[]))
}

const fn inside(number: i16, ty: u8, fields: &'static [Field]) -> Field {
    Field((number, ty, fields))
}

/// `ColumnMetaData` of the format's thrift definition.
const COLUMN: &[Field] = &[
    field(1, I32),
    field(2, LIST),
    field(3, LIST),
    field(4, I32),
    field(5, I64),
    field(6, I64),
    field(7, I64),
    field(8, LIST),
    field(9, I64),
    field(10, I64),
    field(11, I64),
    field(12, STRUCT),
    field(13, LIST),
    field(14, I64),
    field(15, I32),
    field(16, STRUCT),
    field(17, STRUCT),
];

/// `ColumnChunk`.
const CHUNK: &[Field] = &[
    field(1, BINARY),
    field(2, I64),
    inside(3, STRUCT, COLUMN),
    field(4, I64),
    field(5, I32),
    field(6, I64),
    field(7, I32),
    field(8, STRUCT),
    field(9, BINARY),
];

/// `RowGroup`.
const GROUP: &[Field] = &[
    inside(1, LIST, CHUNK),
    field(2, I64),
    field(3, I64),
    field(4, LIST),
    field(5, I64),
    field(6, I64),
    field(7, I16),
];

/// `FileMetaData`.
const FILE: &[Field] = &[
    field(1, I32),
    field(2, LIST),
    field(3, I64),
    inside(4, LIST, GROUP),
    field(5, LIST),
    field(6, BINARY),
    field(7, LIST),
    field(8, STRUCT),
    field(9, BINARY),
];

/// Copies a footer without the fields whose types are not those of the format; none if it is broken,
/// or nothing was left out.
pub(super) fn footer(bytes: &[u8]) -> Option<Bytes> {
    let mut copy = Copy { input: bytes, out: BytesMut::with_capacity(bytes.len()), dropped: false };
    copy.fields(FILE, 0)?;
    copy.dropped.then(|| copy.out.freeze())
}

struct Copy<'a> {
    input: &'a [u8],
    out: BytesMut,
    dropped: bool,
}

impl Copy<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.input.split_first()?;
        self.input = rest;
        Some(*first)
    }

    /// Reads the type and number of the next field; none of both at the end of a struct.
    fn header(&mut self, last: i16) -> Option<(u8, i16)> {
        let byte = self.byte()?;
        let ty = byte & 0x0f;
        if byte == 0 {
            return Some((0, 0));
        }
        let number = match byte >> 4 {
            0 => {
                let zigzag = varint(&mut self.input)?;
                i16::try_from((zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed()).ok()?
            }
            step => last.checked_add(i16::from(step))?,
        };
        Some((ty, number))
    }

    /// Copies the known fields of a struct.
    fn fields(&mut self, known: &[Field], depth: usize) -> Option<()> {
        let (mut last, mut written) = (0, 0);
        loop {
            let (ty, number) = self.header(last)?;
            if ty == 0 {
                self.out.put_u8(0);
                return Some(());
            }
            last = number;
            let of = known.iter().find(|field| field.0.0 == number).map(|field| field.0);
            if of.is_some_and(|(_, wanted, _)| wanted != ty) {
                self.dropped = true;
                self.skip(ty, depth)?;
                continue;
            }
            self.put_header(ty, number, written);
            written = number;
            match of {
                Some((_, STRUCT, inner)) if !inner.is_empty() => self.fields(inner, depth + 1)?,
                Some((_, LIST, inner)) if !inner.is_empty() => self.structs(inner, depth + 1)?,
                _ => {
                    let before = self.input;
                    self.skip(ty, depth)?;
                    self.out.put_slice(&before[..before.len() - self.input.len()]);
                }
            }
        }
    }

    /// Copies a list of structs.
    fn structs(&mut self, known: &[Field], depth: usize) -> Option<()> {
        let before = self.input;
        let (ty, length) = self.list()?;
        self.out.put_slice(&before[..before.len() - self.input.len()]);
        for _ in 0..length {
            if ty == STRUCT {
                self.fields(known, depth)?;
            } else {
                return None;
            }
        }
        Some(())
    }

    fn put_header(&mut self, ty: u8, number: i16, last: i16) {
        match number.wrapping_sub(last) {
            step @ 1..=15 => self.out.put_u8(((step as u8) << 4) | ty),
            _ => {
                self.out.put_u8(ty);
                let number = i64::from(number);
                let mut zigzag = ((number << 1) ^ (number >> 63)).cast_unsigned();
                while zigzag >= 0x80 {
                    self.out.put_u8((zigzag as u8) | 0x80);
                    zigzag >>= 7;
                }
                self.out.put_u8(zigzag as u8);
            }
        }
    }

    fn list(&mut self) -> Option<(u8, u64)> {
        let byte = self.byte()?;
        let length = match byte >> 4 {
            15 => varint(&mut self.input)?,
            short => u64::from(short),
        };
        Some((byte & 0x0f, length))
    }

    fn take(&mut self, length: u64) -> Option<()> {
        self.input = self.input.get(usize::try_from(length).ok()?..)?;
        Some(())
    }

    /// Passes over a value.
    fn skip(&mut self, ty: u8, depth: usize) -> Option<()> {
        if depth > DEPTH {
            return None;
        }
        match ty {
            TRUE | FALSE => Some(()),
            3 => self.take(1),
            I16 | I32 | I64 => varint(&mut self.input).map(drop),
            DOUBLE => self.take(8),
            BINARY => {
                let length = varint(&mut self.input)?;
                self.take(length)
            }
            LIST | SET => {
                let (ty, length) = self.list()?;
                (0..length).try_for_each(|_| self.item(ty, depth + 1))
            }
            MAP => {
                let length = varint(&mut self.input)?;
                if length == 0 {
                    return Some(());
                }
                let types = self.byte()?;
                (0..length).try_for_each(|_| {
                    self.item(types >> 4, depth + 1)?;
                    self.item(types & 0x0f, depth + 1)
                })
            }
            STRUCT => {
                let mut last = 0;
                loop {
                    let (ty, number) = self.header(last)?;
                    if ty == 0 {
                        return Some(());
                    }
                    last = number;
                    self.skip(ty, depth + 1)?;
                }
            }
            _ => None,
        }
    }

    /// Passes over a value in a list, where a boolean has a byte.
    fn item(&mut self, ty: u8, depth: usize) -> Option<()> {
        match ty {
            TRUE | FALSE => self.take(1),
            ty => self.skip(ty, depth),
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn fields_of_other_types_are_left_out() {
        // version 1, rows 2, one group with one chunk whose metadata has fields 1 and 15.
        let footer = |length: &[u8]| {
            let column = [[0x15, 0x02].as_slice(), length, &[0x00]].concat();
            let chunk = [[0x3c].as_slice(), &column, &[0x00]].concat();
            let group = [[0x19, 0x1c].as_slice(), &chunk, &[0x00]].concat();
            [[0x15, 0x02, 0x26, 0x04, 0x19, 0x1c].as_slice(), &group, &[0x00]].concat()
        };
        let right = footer(&[0xe5, 0x0e]);
        assert_eq!(super::footer(&right), None);
        // A list of a struct with a number, where the length should be.
        let wrong = footer(&[0xe9, 0x1c, 0x15, 0x08, 0x00]);
        assert_eq!(super::footer(&wrong).unwrap().as_ref(), footer(&[]));
        // A field that nobody knows stays.
        assert_eq!(super::footer(&footer(&[0x05, 0x50, 0x02])), None);
        for end in 0..wrong.len() {
            assert_eq!(super::footer(&wrong[..end]), None, "{end}");
        }
        let deep = [[0x15, 0x02].as_slice(), &[0xfc; 1000]].concat();
        assert_eq!(super::footer(&deep), None);
    }
}
