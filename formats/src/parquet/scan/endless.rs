//! Metadata that promise more than they hold.
//!
//! The `parquet` crate (59.3) passes over fields that it does not know, and takes a boolean in a list for nothing: a few bytes can
//! promise billions of them, and many such lists keep it busy for hours. A footer with them is found here first; headers of pages the
//! crate reads by itself.

use crate::cursor::varint;

/// Most levels of nesting; the crate gives up at deeper ones.
const DEPTH: usize = 64;

/// Tells why a walk over metadata ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The bytes ended first, perhaps in a number.
    Short,
    /// It is not what the crate reads, either.
    Broken,
    /// There are more values without bytes than bytes.
    Endless,
}

/// Walks over a struct of thrift's compact protocol, as the crate does.
pub(super) fn walk(bytes: &[u8]) -> Result<(), End> {
    Walk { rest: bytes, empty: bytes.len() as u64 }.fields(DEPTH)
}

struct Walk<'a> {
    rest: &'a [u8],
    /// How many values without bytes there may be.
    empty: u64,
}

impl Walk<'_> {
    fn pass(&mut self, length: u64) -> Result<(), End> {
        let length = usize::try_from(length).map_err(|_| End::Short)?;
        self.rest = self.rest.get(length..).ok_or(End::Short)?;
        Ok(())
    }

    fn byte(&mut self) -> Result<u8, End> {
        let first = *self.rest.first().ok_or(End::Short)?;
        self.pass(1)?;
        Ok(first)
    }

    fn varint(&mut self) -> Result<u64, End> {
        varint(&mut self.rest).ok_or(End::Short)
    }

    fn fields(&mut self, depth: usize) -> Result<(), End> {
        loop {
            let (step, ty) = halves(self.byte()?);
            if ty == 0 {
                return Ok(());
            }
            if step == 0 {
                self.varint()?;
            }
            self.value(ty, depth)?;
        }
    }

    fn value(&mut self, ty: u8, depth: usize) -> Result<(), End> {
        let depth = depth.checked_sub(1).ok_or(End::Broken)?;
        match ty {
            1 | 2 => Ok(()),
            3 => self.pass(1),
            4..=6 => self.varint().map(drop),
            7 => self.pass(8),
            8 => {
                let length = self.varint()?;
                self.pass(length)
            }
            9 | 10 => {
                let (count, ty) = halves(self.byte()?);
                let count = if count == 15 { self.varint()? } else { u64::from(count) };
                self.values(&[ty], count, depth)
            }
            11 => {
                let count = self.varint()?;
                let (key, value) = halves(if count > 0 { self.byte()? } else { 0 });
                self.values(&[key, value], count, depth)
            }
            12 => self.fields(depth),
            13 => self.pass(16),
            _ => Err(End::Broken),
        }
    }

    fn values(&mut self, types: &[u8], count: u64, depth: usize) -> Result<(), End> {
        if types.iter().all(|ty| matches!(ty, 1 | 2)) {
            self.empty = self.empty.checked_sub(count).ok_or(End::Endless)?;
            return Ok(());
        }
        for _ in 0..count {
            types.iter().try_for_each(|ty| self.value(*ty, depth))?;
        }
        Ok(())
    }
}

fn halves(byte: u8) -> (u8, u8) {
    (byte >> 4, byte & 0x0f)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_nothing_are_told_from_lists() {
        for (bytes, end) in [
            // A number, a text, a list of two numbers, a struct with a flag.
            (&[0x15, 2, 0x18, 1, b'x', 0x19, 0x25, 2, 4, 0x1c, 0x11, 0, 0][..], Ok(())),
            (&[0x19, 0x31, 0], Ok(())),
            (&[0x19, 0xf1, 0xff, 0xff, 0xff, 0xff, 7, 0], Err(End::Endless)),
            // A map of flags; lists of lists of them, each of which would do.
            (&[0x1b, 9, 0x11, 0], Err(End::Endless)),
            (&[0x19, 0x39, 0x41, 0x41, 0x41, 0], Err(End::Endless)),
            (&[0x18, 5, b'x'], Err(End::Short)),
            (&[0x15], Err(End::Short)),
            (&[0x1e, 0], Err(End::Broken)),
        ] {
            assert_eq!(walk(bytes), end, "{bytes:?}");
        }
        let deep = [&[0x1c; 100][..], &[0; 101]].concat();
        assert_eq!(walk(&deep), Err(End::Broken));
    }
}
