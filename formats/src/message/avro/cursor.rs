//! The bytes of one message, and how far they have been read.
//!
//! What lies behind the message is loaded where there is some, so that moves have a fixed size; none of it is taken.

use super::super::PADDING;
use super::super::reason::Reason;
use super::super::text::Text;

/// Items of all arrays and maps of a message at most: a few bytes can claim any number of items that have none, again and again.
const MAX_ITEMS: usize = 1 << 24;
/// The highest bit of each byte.
const HIGH: u64 = 0x8080_8080_8080_8080;

pub(super) type Done<T = ()> = Result<T, Reason>;

/// Bytes up to the end of the message, and how far they have been read.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    /// The block that the message is in.
    block: &'a [u8],
    pub(super) pos: usize,
    end: usize,
    /// Items of arrays and maps so far.
    items: usize,
}

impl<'a> Cursor<'a> {
    /// Starts at `pos` of a message that ends at `end`, or with the block.
    pub(super) fn new(block: &'a [u8], pos: usize, end: usize) -> Self {
        Self { block, pos, end: end.min(block.len()), items: 0 }
    }

    /// Gives eight bytes, if the block has so many: the message may end before.
    #[inline(always)]
    fn ahead(&self) -> Option<[u8; 8]> {
        self.block.get(self.pos..)?.first_chunk().copied()
    }

    #[inline(always)]
    fn range(&mut self, len: usize) -> Done<(usize, usize)> {
        let start = self.pos;
        let end = start.checked_add(len).filter(|end| *end <= self.end).ok_or(Reason::Short)?;
        self.pos = end;
        Ok((start, end))
    }

    pub(super) fn take(&mut self, len: usize) -> Done<&'a [u8]> {
        let (start, end) = self.range(len)?;
        self.block.get(start..end).ok_or(Reason::Short)
    }

    #[inline(always)]
    pub(super) fn chunk<const N: usize>(&mut self) -> Done<[u8; N]> {
        let (start, _) = self.range(N)?;
        self.block.get(start..).and_then(|rest| rest.first_chunk().copied()).ok_or(Reason::Short)
    }

    /// Takes a zigzag-coded number of up to ten bytes.
    #[inline(always)]
    pub(super) fn long(&mut self) -> Done<i64> {
        let Some(bytes) = self.ahead() else { return self.long_at_end() };
        if let [first @ 0..0x80, ..] = bytes {
            self.range(1)?;
            return Ok(unzigzag(first.into()));
        }
        let bytes = u64::from_le_bytes(bytes);
        let stops = !bytes & HIGH;
        if stops == 0 {
            return self.long_at_end();
        }
        // The number ends with the first byte whose highest bit is not set; seven bits of each are put together.
        let bits = stops.trailing_zeros() + 1;
        self.range(bits as usize / 8)?;
        let groups = bytes & (u64::MAX >> (64 - bits)) & !HIGH;
        let pairs = groups & 0x007f_007f_007f_007f | (groups & 0x7f00_7f00_7f00_7f00) >> 1;
        let fours = pairs & 0x0000_3fff_0000_3fff | (pairs & 0x3fff_0000_3fff_0000) >> 2;
        Ok(unzigzag(fours & 0x0fff_ffff | (fours & 0x0fff_ffff_0000_0000) >> 4))
    }

    /// Takes a number byte by byte: it is long, or the block ends soon.
    #[cold]
    fn long_at_end(&mut self) -> Done<i64> {
        let (mut value, mut shift) = (0, 0);
        loop {
            let [byte] = self.chunk()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(unzigzag(value));
            }
            shift += 7;
            if shift > 63 {
                return Err(Reason::OutOfRange);
            }
        }
    }

    #[inline(always)]
    fn sized_range(&mut self) -> Done<(usize, usize)> {
        let len = usize::try_from(self.long()?).map_err(|_| Reason::Short)?;
        self.range(len)
    }

    /// Takes a length and so many bytes.
    pub(super) fn sized(&mut self) -> Done<&'a [u8]> {
        let (start, end) = self.sized_range()?;
        self.block.get(start..end).ok_or(Reason::Short)
    }

    /// Takes a length and a text of so many bytes, and appends it to a column.
    #[inline(always)]
    pub(super) fn text(&mut self, to: &mut Text) -> Done {
        let (start, end) = self.sized_range()?;
        let bytes = self.block.get(start..end).unwrap_or_default();
        if self.block.len() < start + PADDING {
            return utf8(bytes, bytes.is_ascii()).and_then(|()| to.push_slice(bytes));
        }
        utf8(bytes, is_ascii(self.block, start, end))?;
        to.push(self.block, start, end)
    }

    /// Takes a length and a number of so many bytes, highest byte first, in two's complement.
    #[inline(always)]
    pub(super) fn sized_number(&mut self) -> Done<i128> {
        let (start, end) = self.sized_range()?;
        self.number(start, end)
    }

    /// Takes a number of `len` bytes, highest byte first, in two's complement.
    pub(super) fn fixed_number(&mut self, len: usize) -> Done<i128> {
        let (start, end) = self.range(len)?;
        self.number(start, end)
    }

    #[inline(always)]
    fn number(&self, start: usize, end: usize) -> Done<i128> {
        let rest = self.block.get(start..).unwrap_or_default();
        match (end - start, rest.first_chunk()) {
            (len @ 1..=8, Some(bytes)) => Ok((i64::from_be_bytes(*bytes) >> (64 - 8 * len)).into()),
            _ => wide(self.block.get(start..end).unwrap_or_default()),
        }
    }

    /// Runs something for each item of the blocks of an array or map; gives their number.
    pub(super) fn items(&mut self, mut item: impl FnMut(&mut Self) -> Done) -> Done<usize> {
        let mut all = 0usize;
        loop {
            let count = self.long()?;
            if count == 0 {
                return Ok(all);
            }
            if count < 0 {
                // The size of the block, for those who skip it.
                self.long()?;
            }
            let count = usize::try_from(count.unsigned_abs()).map_err(|_| Reason::Short)?;
            self.items = count.saturating_add(self.items);
            all = count.saturating_add(all);
            if self.items > MAX_ITEMS {
                return Err(Reason::OutOfRange);
            }
            for _ in 0..count {
                item(self)?;
            }
        }
    }
}

#[inline(always)]
fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

#[inline(always)]
fn utf8(bytes: &[u8], ascii: bool) -> Done {
    if !ascii {
        simdutf8::basic::from_utf8(bytes).map_err(|_| Reason::BadUtf8)?;
    }
    Ok(())
}

/// Tells whether a short text is ASCII, by loads that may reach behind it; the block has `PADDING` bytes behind `start`.
#[inline(always)]
fn is_ascii(block: &[u8], start: usize, end: usize) -> bool {
    const HIGH16: u128 = 0x8080_8080_8080_8080_8080_8080_8080_8080;
    let eight = |at: usize| block.get(at..)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes));
    let sixteen =
        |at: usize| block.get(at..)?.first_chunk().map(|bytes| u128::from_le_bytes(*bytes));
    let clear = match end - start {
        0 => return true,
        len @ 1..8 => eight(start).map(|bytes| bytes & HIGH & (u64::MAX >> (64 - 8 * len)) == 0),
        8..16 => eight(start).zip(eight(end - 8)).map(|(a, b)| (a | b) & HIGH == 0),
        16..33 => sixteen(start).zip(sixteen(end - 16)).map(|(a, b)| (a | b) & HIGH16 == 0),
        _ => block.get(start..end).map(<[u8]>::is_ascii),
    };
    clear.unwrap_or(false)
}

/// Reads a number of any length, highest byte first.
fn wide(bytes: &[u8]) -> Done<i128> {
    let negative = bytes.first().is_some_and(|first| *first >= 0x80);
    let fill = if negative { 0xff } else { 0 };
    let mut all = [fill; 16];
    let extra = bytes.len().saturating_sub(16);
    if bytes.get(..extra).is_some_and(|extra| extra.iter().any(|b| *b != fill)) {
        return Err(Reason::OutOfRange);
    }
    let bytes = bytes.get(extra..).unwrap_or_default();
    if let Some(target) = all.get_mut(16 - bytes.len()..) {
        target.copy_from_slice(bytes);
    }
    Ok(i128::from_be_bytes(all))
}
