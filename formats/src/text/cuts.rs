//! Fields of text before they become values: where each of them lies.
//!
//! Rows are cut a tile at a time, and a tile then becomes values column by column: text, marks and bounds stay in the nearest
//! cache, and each loop does one thing only.

use memchr::memchr2;
use wide::u8x16;

/// Bytes of a tile, but for one that is a single longer line.
pub(super) const TILE_BYTES: usize = 16 << 10;

/// Bytes that are searched for marks at once.
const STEP: usize = 64;

/// The bounds of a field that its row does not have.
const MISSING: [u32; 2] = [u32::MAX; 2];

/// Marks bounds of text that does not lie in the tile as it is.
const OWN: u32 = 1 << 31;

/// How much of a tile is taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Take {
    /// Most rows.
    pub(super) rows: usize,
    /// Rows begin before this place.
    pub(super) before: usize,
}

impl Take {
    /// Tells whether there is one more row to take.
    #[inline]
    pub(super) fn goes_on(self, tile: &[u8], begin: usize, rows: usize) -> bool {
        begin < tile.len().min(self.before) && rows < self.rows
    }
}

/// Runs a function over lines, without their ends, and where they begin; tells how many bytes were taken.
pub(super) fn each_line(tile: &[u8], take: Take, mut run: impl FnMut(&[u8], usize)) -> usize {
    let (mut begin, mut rows) = (0, 0);
    while take.goes_on(tile, begin, rows) {
        let found = memchr2(b'\n', b'\r', &tile[begin..]);
        let end = found.map_or(tile.len(), |length| begin + length);
        run(&tile[begin..end], begin);
        rows += 1;
        let pair = tile[end..].starts_with(b"\r\n");
        begin = (end + 1 + usize::from(pair)).min(tile.len());
    }
    begin
}

/// The text of one field, and what lies around it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece<'a> {
    all: &'a [u8],
    start: usize,
    end: usize,
}

impl<'a> Piece<'a> {
    /// Takes text that has nothing around it.
    #[inline]
    pub(crate) fn of(text: &'a [u8]) -> Self {
        Self { all: text, start: 0, end: text.len() }
    }

    /// Takes a part of some text.
    #[cfg(test)]
    pub(super) fn within(all: &'a [u8], start: usize, end: usize) -> Self {
        Self { all, start, end }
    }

    #[inline]
    pub(crate) fn text(self) -> &'a [u8] {
        &self.all[self.start..self.end]
    }

    /// Leaves white space at both ends out.
    #[inline]
    pub(super) fn trimmed(self) -> Self {
        let text = self.text();
        let space = |c: Option<&u8>| c.is_some_and(u8::is_ascii_whitespace);
        if !space(text.first()) && !space(text.last()) {
            return self;
        }
        let start = self.start + text.len() - text.trim_ascii_start().len();
        Self { start, end: start + text.trim_ascii().len(), ..self }
    }

    /// Appends the text.
    #[inline]
    pub(super) fn copy(self, out: &mut Vec<u8>) {
        match self.ahead(0) {
            // A copy of a fixed length, cut back, is faster than one that depends on the text.
            Some(bytes) if self.len() <= bytes.len() => {
                let end = out.len() + self.len();
                out.extend_from_slice(bytes);
                out.truncate(end);
            }
            _ => out.extend_from_slice(self.text()),
        }
    }

    #[inline]
    pub(super) fn len(self) -> usize {
        self.end - self.start
    }

    /// The first 16 bytes from a place of the field on, with what follows it; `None` if so many do not follow.
    #[inline]
    pub(super) fn ahead(self, from: usize) -> Option<&'a [u8; 16]> {
        self.all.get(self.start + from..)?.first_chunk()
    }
}

/// Where the wanted fields of some rows lie.
#[derive(Debug, Default)]
pub(crate) struct Cuts {
    /// How many fields of a row are wanted, from the first one on.
    fields: usize,
    /// Row after row, where each field starts and ends.
    bounds: Vec<[u32; 2]>,
    /// Where each row begins.
    begins: Vec<u32>,
    /// Text without its quotes.
    own: Vec<u8>,
}

impl Cuts {
    fn new(fields: usize) -> Self {
        Self { fields, ..Self::default() }
    }

    /// Wants the fields up to the last one that goes to a column.
    pub(super) fn up_to_last(targets: &[Option<usize>]) -> Self {
        Self::new(targets.iter().rposition(Option::is_some).map_or(0, |last| last + 1))
    }

    pub(super) fn clear(&mut self) {
        self.bounds.clear();
        self.begins.clear();
        self.own.clear();
    }

    /// How many fields of a row are wanted.
    pub(super) fn fields(&self) -> usize {
        self.fields
    }

    pub(super) fn rows(&self) -> usize {
        self.begins.len()
    }

    /// Where each row begins in the tile.
    pub(super) fn begins(&self) -> &[u32] {
        &self.begins
    }

    /// Adds a field of the row that is being cut; not more of them than are wanted.
    #[inline]
    pub(super) fn push(&mut self, start: usize, end: usize) {
        self.bounds.push([start as u32, end as u32]);
    }

    /// Adds a field that lies nowhere as it is.
    pub(super) fn push_own(&mut self, text: &[u8]) {
        let start = self.own.len() as u32 | OWN;
        self.own.extend_from_slice(text);
        self.bounds.push([start, self.own.len() as u32 | OWN]);
    }

    /// Ends a row; the fields that it does not have are missing.
    #[inline]
    pub(super) fn end_row(&mut self, begin: usize) {
        self.begins.push(begin as u32);
        self.bounds.resize(self.begins.len() * self.fields, MISSING);
    }

    /// Takes the fields of a row that did not end back.
    pub(super) fn drop_row(&mut self) {
        self.bounds.truncate(self.begins.len() * self.fields);
    }

    /// Gives one field of all rows; nothing for a row that does not have it.
    #[inline]
    pub(super) fn field<'a>(
        &'a self,
        tile: &'a [u8],
        field: usize,
    ) -> impl Iterator<Item = Option<Piece<'a>>> {
        let own = self.own.as_slice();
        self.bounds.iter().skip(field).step_by(self.fields.max(1)).map(move |bounds| {
            let [start, end] = *bounds;
            if *bounds == MISSING {
                return None;
            }
            let all = if start & OWN == 0 { tile } else { own };
            Some(Piece { all, start: (start & !OWN) as usize, end: (end & !OWN) as usize })
        })
    }
}

/// Finds the bytes that end fields and rows.
#[derive(Debug)]
pub(super) struct Marks {
    places: Box<[u32]>,
    count: usize,
}

impl Marks {
    pub(super) fn new() -> Self {
        Self { places: vec![0; TILE_BYTES + STEP].into(), count: 0 }
    }

    /// Finds all places of some bytes in a tile.
    pub(super) fn find<const N: usize>(&mut self, tile: &[u8], wanted: [u8; N]) -> &[u32] {
        self.count = 0;
        let (steps, rest) = tile.as_chunks::<STEP>();
        let wanted = wanted.map(u8x16::splat);
        for (i, step) in steps.iter().enumerate() {
            self.add(i * STEP, mask(step, &wanted));
        }
        let mut last = [0; STEP];
        last[..rest.len()].copy_from_slice(rest);
        self.add(steps.len() * STEP, mask(&last, &wanted) & !(u64::MAX << rest.len()));
        &self.places[..self.count]
    }

    #[inline]
    fn add(&mut self, at: usize, mut mask: u64) {
        let ones = mask.count_ones() as usize;
        for place in &mut self.places[self.count..self.count + ones] {
            *place = at as u32 + mask.trailing_zeros();
            mask &= mask.wrapping_sub(1);
        }
        self.count += ones;
    }
}

#[inline]
fn mask<const N: usize>(step: &[u8; STEP], wanted: &[u8x16; N]) -> u64 {
    let mut all = 0;
    for (i, bytes) in step.as_chunks::<16>().0.iter().enumerate() {
        let bytes = u8x16::new(*bytes);
        let found = wanted.iter().fold(u8x16::ZERO, |found, byte| found | bytes.simd_eq(*byte));
        all |= u64::from(found.to_bitmask()) << (16 * i);
    }
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn all_marks_are_found(text in prop::collection::vec(0u8..6, 0..400)) {
            let expected: Vec<u32> =
                (0..text.len() as u32).filter(|at| matches!(text[*at as usize], 0 | 3)).collect();
            let mut marks = Marks::new();
            prop_assert_eq!(marks.find(&text, [3, 0]), expected.as_slice());
        }
    }

    #[test]
    fn a_tile_may_be_nothing_but_marks() {
        let tile = vec![b','; TILE_BYTES];
        assert_eq!(Marks::new().find(&tile, [b',', b'\n']).len(), TILE_BYTES);
    }

    #[test]
    fn short_rows_miss_their_last_fields() {
        let mut cuts = Cuts::new(2);
        cuts.push(0, 1);
        cuts.push_own(b"own");
        cuts.end_row(0);
        cuts.push(2, 2);
        cuts.end_row(2);
        cuts.push(3, 4);
        cuts.drop_row();
        cuts.end_row(3);
        let texts = |field| {
            let pieces = cuts.field(b"a\n\nb", field);
            pieces.map(|piece| piece.map(Piece::text)).collect::<Vec<_>>()
        };
        assert_eq!(texts(0), [Some(b"a".as_slice()), Some(b""), None]);
        assert_eq!(texts(1), [Some(b"own".as_slice()), None, None]);
        assert_eq!(cuts.begins(), [0, 2, 3]);
    }
}
