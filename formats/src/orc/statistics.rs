//! Column statistics: of a row group, a stripe, a file.
//!
//! # Why
//! A double's sum is NaN as soon as one value is; the bounds then are those of the others, and
//! readers that know NaN look at the sum first. Bounds of zero are -0.0 below and 0.0 above, as
//! readers that order bits expect. A text's bound beyond 1024 bytes is cut to a prefix (or the
//! prefix's successor); it is written both as a bound and as the extreme value, because readers
//! before ORC 1.6 know only the latter and take its absence for "all values are null".

use super::decimal::Decimal;
use super::proto::{
    Fields, Value, put_bytes, put_double, put_message, put_number, put_packed, put_signed,
};
use crate::Result;

/// Longest bound of a text. Units: bytes.
const MAX_TEXT: usize = 1024;

/// Says what values a part of a column has.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Statistics {
    /// Values that are not null.
    pub(super) count: u64,
    /// Nothing if the writer did not say, as those before Hive 1.0.
    pub(super) has_null: Option<bool>,
    pub(super) bytes_on_disk: u64,
    pub(super) detail: Detail,
}

/// Holds what depends on the type.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Detail {
    /// Nothing is known.
    #[default]
    None,
    Integer {
        bounds: Option<(i64, i64)>,
        sum: Option<i64>,
    },
    Double {
        bounds: Option<(f64, f64)>,
        sum: f64,
    },
    Text {
        bounds: Option<Box<TextBounds>>,
        sum: i64,
    },
    Boolean {
        trues: u64,
    },
    Decimal {
        bounds: Option<(Decimal, Decimal)>,
        sum: Option<Decimal>,
    },
    Date {
        bounds: Option<(i32, i32)>,
    },
    Binary {
        sum: i64,
    },
    /// Wall clock (or UTC) as milliseconds and the nanoseconds beyond.
    Timestamp {
        bounds: Option<(Moment, Moment)>,
        utc: bool,
    },
    Collection {
        bounds: Option<(u64, u64)>,
        total: u64,
    },
}

/// Bounds of texts: each at most [`MAX_TEXT`] bytes, and whether it is an extreme value itself.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TextBounds {
    pub(super) low: Box<[u8]>,
    pub(super) high: Box<[u8]>,
    pub(super) low_exact: bool,
    pub(super) high_exact: bool,
}

/// Names a point in time: seconds since 1970, and nanoseconds of the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment {
    pub(super) seconds: i64,
    pub(super) nanos: u32,
}

impl Moment {
    pub(super) fn millis(self) -> i64 {
        self.seconds.saturating_mul(1000).saturating_add(i64::from(self.nanos / 1_000_000))
    }

    fn from_millis(millis: i64, nanos: i64) -> Self {
        let millis = millis.saturating_add(nanos.div_euclid(1_000_000));
        let of_second = millis.rem_euclid(1000) as u32;
        let nanos = of_second * 1_000_000 + nanos.rem_euclid(1_000_000) as u32;
        Self { seconds: millis.div_euclid(1000), nanos }
    }
}

impl TextBounds {
    /// Cuts bounds that are too long.
    pub(super) fn new(low: &[u8], high: &[u8]) -> Self {
        let (low, low_exact) = match low.len() {
            0..=MAX_TEXT => (low.into(), true),
            _ => (prefix(low).into(), false),
        };
        let (high, high_exact) = match high.len() {
            0..=MAX_TEXT => (high.into(), true),
            // Without a successor the bound is the prefix of the largest characters.
            _ => (successor(prefix(high)).unwrap_or_else(|| vec![0xff; 4]).into(), false),
        };
        Self { low, high, low_exact, high_exact }
    }

    fn merge(&mut self, other: &Self) {
        if (&other.low, other.low_exact) < (&self.low, self.low_exact) {
            (self.low, self.low_exact) = (other.low.clone(), other.low_exact);
        }
        if other.high > self.high {
            (self.high, self.high_exact) = (other.high.clone(), other.high_exact);
        }
    }
}

/// Returns the longest prefix of whole characters that a bound may have.
fn prefix(text: &[u8]) -> &[u8] {
    let mut end = MAX_TEXT.min(text.len());
    while end > MAX_TEXT - 4 && text.get(end).is_some_and(|b| b & 0xc0 == 0x80) {
        end -= 1;
    }
    &text[..end]
}

/// Returns the least text that is larger than every text with this prefix.
fn successor(text: &[u8]) -> Option<Vec<u8>> {
    let Ok(text) = std::str::from_utf8(text) else {
        let last = text.iter().rposition(|b| *b < 0xff)?;
        let mut next = text[..=last].to_vec();
        next[last] += 1;
        return Some(next);
    };
    let mut kept = text;
    while let Some(last) = kept.chars().next_back() {
        kept = &kept[..kept.len() - last.len_utf8()];
        let above = u32::from(last) + 1;
        let above = if (0xd800..0xe000).contains(&above) { 0xe000 } else { above };
        if let Some(next) = char::from_u32(above) {
            let mut text = kept.to_owned();
            text.push(next);
            return Some(text.into_bytes());
        }
    }
    None
}

fn join<T: PartialOrd + Copy>(a: Option<(T, T)>, b: Option<(T, T)>) -> Option<(T, T)> {
    match (a, b) {
        (Some((low, high)), Some((l, h))) => {
            Some((if l < low { l } else { low }, if h > high { h } else { high }))
        }
        (some, None) | (None, some) => some,
    }
}

impl Statistics {
    /// Adds those of another part of the same column.
    pub(super) fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.has_null = match (self.has_null, other.has_null) {
            (Some(a), Some(b)) => Some(a || b),
            _ => None,
        };
        self.bytes_on_disk += other.bytes_on_disk;
        self.detail.merge(&other.detail);
    }

    /// Returns about how many bytes of memory this takes.
    pub(super) fn memory(&self) -> usize {
        let texts = match &self.detail {
            Detail::Text { bounds: Some(bounds), .. } => {
                size_of::<TextBounds>() + bounds.low.len() + bounds.high.len()
            }
            _ => 0,
        };
        size_of::<Self>() + texts
    }

    pub(super) fn read(message: &[u8]) -> Result<Self> {
        let mut read = Self::default();
        let mut fields = Fields::new(message);
        while let Some((field, value)) = fields.next()? {
            let detail = match field {
                1 => {
                    read.count = value.number()?;
                    continue;
                }
                2 => integer(value.bytes()?)?,
                3 => double(value.bytes()?)?,
                4 => text(value.bytes()?)?,
                5 => boolean(value.bytes()?)?,
                6 => decimal(value.bytes()?)?,
                7 => date(value.bytes()?)?,
                8 => binary(value.bytes()?)?,
                9 => timestamp(value.bytes()?)?,
                10 => {
                    read.has_null = Some(value.number()? != 0);
                    continue;
                }
                11 => {
                    read.bytes_on_disk = value.number()?;
                    continue;
                }
                12 => collection(value.bytes()?)?,
                _ => continue,
            };
            read.detail = detail;
        }
        Ok(read)
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        put_number(1, self.count, out);
        self.detail.write(out);
        put_number(10, u64::from(self.has_null.unwrap_or(true)), out);
        if self.bytes_on_disk > 0 {
            put_number(11, self.bytes_on_disk, out);
        }
    }
}

impl Detail {
    fn merge(&mut self, other: &Self) {
        match (&mut *self, other) {
            (Self::Integer { bounds, sum }, Self::Integer { bounds: b, sum: s }) => {
                *bounds = join(*bounds, *b);
                *sum = sum.zip(*s).and_then(|(a, b)| a.checked_add(b));
            }
            (Self::Double { bounds, sum }, Self::Double { bounds: b, sum: s }) => {
                *bounds = join(*bounds, *b);
                *sum += s;
            }
            (Self::Text { bounds, sum }, Self::Text { bounds: b, sum: s }) => {
                match (bounds.as_mut(), b) {
                    (Some(mine), Some(other)) => mine.merge(other),
                    (None, Some(other)) => *bounds = Some(other.clone()),
                    (_, None) => {}
                }
                *sum += s;
            }
            (Self::Boolean { trues }, Self::Boolean { trues: t }) => *trues += t,
            (Self::Decimal { bounds, sum }, Self::Decimal { bounds: b, sum: s }) => {
                *bounds = join(*bounds, *b);
                *sum = sum.zip(*s).and_then(|(a, b)| a.plus(b));
            }
            (Self::Date { bounds }, Self::Date { bounds: b }) => *bounds = join(*bounds, *b),
            (Self::Binary { sum }, Self::Binary { sum: s }) => *sum += s,
            (Self::Timestamp { bounds, .. }, Self::Timestamp { bounds: b, .. }) => {
                *bounds = join(*bounds, *b);
            }
            (Self::Collection { bounds, total }, Self::Collection { bounds: b, total: t }) => {
                *bounds = join(*bounds, *b);
                *total += t;
            }
            (mine @ Self::None, other) => *mine = other.clone(),
            _ => {}
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::None => {}
            Self::Integer { bounds, sum } => put_message(2, out, |out| {
                if let Some((low, high)) = bounds {
                    put_signed(1, *low, out);
                    put_signed(2, *high, out);
                }
                if let Some(sum) = sum {
                    put_signed(3, *sum, out);
                }
            }),
            Self::Double { bounds, sum } => put_message(3, out, |out| {
                if let Some((low, high)) = bounds {
                    put_double(1, *low, out);
                    put_double(2, *high, out);
                }
                put_double(3, *sum, out);
            }),
            Self::Text { bounds, sum } => put_message(4, out, |out| {
                put_text(bounds.as_deref(), out);
                put_signed(3, *sum, out);
            }),
            Self::Boolean { trues } => {
                put_message(5, out, |out| put_packed(1, std::iter::once(*trues), out));
            }
            Self::Decimal { bounds, sum } => put_message(6, out, |out| {
                if let Some((low, high)) = bounds {
                    put_bytes(1, low.to_string().as_bytes(), out);
                    put_bytes(2, high.to_string().as_bytes(), out);
                }
                if let Some(sum) = sum {
                    put_bytes(3, sum.to_string().as_bytes(), out);
                }
            }),
            Self::Date { bounds } => put_message(7, out, |out| {
                if let Some((low, high)) = bounds {
                    put_signed(1, i64::from(*low), out);
                    put_signed(2, i64::from(*high), out);
                }
            }),
            Self::Binary { sum } => put_message(8, out, |out| put_signed(1, *sum, out)),
            Self::Timestamp { bounds, .. } => put_message(9, out, |out| {
                if let Some((low, high)) = bounds {
                    put_signed(3, low.millis(), out);
                    put_signed(4, high.millis(), out);
                    put_number(5, u64::from(low.nanos % 1_000_000) + 1, out);
                    put_number(6, u64::from(high.nanos % 1_000_000) + 1, out);
                }
            }),
            Self::Collection { bounds, total } => put_message(12, out, |out| {
                if let Some((low, high)) = bounds {
                    put_number(1, *low, out);
                    put_number(2, *high, out);
                }
                put_number(3, *total, out);
            }),
        }
    }
}

fn put_text(bounds: Option<&TextBounds>, out: &mut Vec<u8>) {
    let Some(bounds) = bounds else { return };
    put_bytes(1, &bounds.low, out);
    put_bytes(2, &bounds.high, out);
    if !bounds.low_exact {
        put_bytes(4, &bounds.low, out);
    }
    if !bounds.high_exact {
        put_bytes(5, &bounds.high, out);
    }
}

fn integer(message: &[u8]) -> Result<Detail> {
    let (mut low, mut high, mut sum) = (None, None, None);
    let mut fields = Fields::new(message);
    while let Some((field, value)) = fields.next()? {
        match field {
            1 => low = Some(value.signed()?),
            2 => high = Some(value.signed()?),
            3 => sum = Some(value.signed()?),
            _ => {}
        }
    }
    Ok(Detail::Integer { bounds: low.zip(high), sum })
}

fn double(message: &[u8]) -> Result<Detail> {
    let (mut low, mut high, mut sum) = (None, None, 0.0);
    let mut fields = Fields::new(message);
    while let Some((field, value)) = fields.next()? {
        match field {
            1 => low = Some(value.double()?),
            2 => high = Some(value.double()?),
            3 => sum = value.double()?,
            _ => {}
        }
    }
    Ok(Detail::Double { bounds: low.zip(high), sum })
}

fn text(message: &[u8]) -> Result<Detail> {
    let (mut min, mut max, mut sum, mut lower, mut upper) = (None, None, 0, None, None);
    let mut fields = Fields::new(message);
    while let Some((field, value)) = fields.next()? {
        match field {
            1 => min = Some(value.bytes()?),
            2 => max = Some(value.bytes()?),
            3 => sum = value.signed()?,
            4 => lower = Some(value.bytes()?),
            5 => upper = Some(value.bytes()?),
            _ => {}
        }
    }
    let bounds = lower.or(min).zip(upper.or(max)).map(|(low, high)| {
        Box::new(TextBounds {
            low: low.into(),
            high: high.into(),
            low_exact: lower.is_none(),
            high_exact: upper.is_none(),
        })
    });
    Ok(Detail::Text { bounds, sum })
}

fn boolean(message: &[u8]) -> Result<Detail> {
    let mut counts = Vec::new();
    let mut fields = Fields::new(message);
    while let Some((field, value)) = fields.next()? {
        if field == 1 {
            value.append_to(&mut counts)?;
        }
    }
    Ok(counts.first().map_or(Detail::None, |trues| Detail::Boolean { trues: *trues }))
}

fn decimal(message: &[u8]) -> Result<Detail> {
    let (mut low, mut high, mut sum) = (None, None, None);
    let mut fields = Fields::new(message);
    while let Some((field, value)) = fields.next()? {
        let place = match field {
            1 => &mut low,
            2 => &mut high,
            3 => &mut sum,
            _ => continue,
        };
        *place = Decimal::parse(&value.text()?);
    }
    Ok(Detail::Decimal { bounds: low.zip(high), sum })
}

fn date(message: &[u8]) -> Result<Detail> {
    let (mut low, mut high) = (None, None);
    let mut fields = Fields::new(message);
    while let Some((field, value)) = fields.next()? {
        let place = match field {
            1 => &mut low,
            2 => &mut high,
            _ => continue,
        };
        *place = i32::try_from(value.signed()?).ok();
    }
    Ok(Detail::Date { bounds: low.zip(high) })
}

fn binary(message: &[u8]) -> Result<Detail> {
    let mut sum = 0;
    let mut fields = Fields::new(message);
    while let Some((field, value)) = fields.next()? {
        if field == 1 {
            sum = value.signed()?;
        }
    }
    Ok(Detail::Binary { sum })
}

fn timestamp(message: &[u8]) -> Result<Detail> {
    let (mut local, mut utc) = ((None, None), (None, None));
    // Nanoseconds are stored plus one; without them a bound may be anywhere in its millisecond.
    let mut nanos = (0, 999_999);
    let mut fields = Fields::new(message);
    while let Some((field, value)) = fields.next()? {
        match field {
            1 => local.0 = Some(value.signed()?),
            2 => local.1 = Some(value.signed()?),
            3 => utc.0 = Some(value.signed()?),
            4 => utc.1 = Some(value.signed()?),
            5 => nanos.0 = beyond(value)?,
            6 => nanos.1 = beyond(value)?,
            _ => {}
        }
    }
    let is_utc = utc.0.is_some() && utc.1.is_some();
    let bounds = if is_utc { utc.0.zip(utc.1) } else { local.0.zip(local.1) };
    let bounds = bounds
        .map(|(low, high)| (Moment::from_millis(low, nanos.0), Moment::from_millis(high, nanos.1)));
    Ok(Detail::Timestamp { bounds, utc: is_utc })
}

/// Reads the nanoseconds beyond a millisecond, which are stored plus one; pyarrow counts them back before 1970.
fn beyond(value: Value<'_>) -> Result<i64> {
    Ok((value.number()?.cast_signed().saturating_sub(1)).clamp(-999_999, 999_999))
}

fn collection(message: &[u8]) -> Result<Detail> {
    let (mut low, mut high, mut total) = (None, None, 0);
    let mut fields = Fields::new(message);
    while let Some((field, value)) = fields.next()? {
        match field {
            1 => low = Some(value.number()?),
            2 => high = Some(value.number()?),
            3 => total = value.number()?,
            _ => {}
        }
    }
    Ok(Detail::Collection { bounds: low.zip(high), total })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(detail: Detail) {
        let statistics = Statistics { count: 7, has_null: Some(false), bytes_on_disk: 9, detail };
        let mut out = Vec::new();
        statistics.write(&mut out);
        assert_eq!(Statistics::read(&out).unwrap(), statistics);
    }

    #[test]
    fn reads_what_it_writes() {
        there_and_back(Detail::None);
        there_and_back(Detail::Integer { bounds: Some((-5, i64::MAX)), sum: None });
        there_and_back(Detail::Double { bounds: Some((-0.0, 1e300)), sum: 2.5 });
        let bounds = Some(Box::new(TextBounds::new(b"a", b"z")));
        there_and_back(Detail::Text { bounds, sum: 12 });
        there_and_back(Detail::Boolean { trues: 3 });
        let d = |value| Decimal { value, scale: 2 };
        there_and_back(Detail::Decimal { bounds: Some((d(-105), d(1))), sum: Some(d(-99)) });
        there_and_back(Detail::Date { bounds: Some((-719_162, 3)) });
        there_and_back(Detail::Binary { sum: 4 });
        let at = |seconds, nanos| Moment { seconds, nanos };
        let bounds = Some((at(-2, 999_999_999), at(5, 1)));
        there_and_back(Detail::Timestamp { bounds, utc: true });
        there_and_back(Detail::Collection { bounds: Some((0, 3)), total: 5 });
    }

    #[test]
    fn long_bounds_are_cut_and_still_bound() {
        let long = "é".repeat(600);
        let bounds = TextBounds::new(long.as_bytes(), long.as_bytes());
        assert!(!bounds.low_exact && !bounds.high_exact);
        assert!(*bounds.low < *long.as_bytes() && *bounds.high > *long.as_bytes());
        assert!(std::str::from_utf8(&bounds.low).is_ok());
        assert!(std::str::from_utf8(&bounds.high).is_ok() && bounds.high.len() <= MAX_TEXT);
        there_and_back(Detail::Text { bounds: Some(Box::new(bounds)), sum: 1200 });
        let last = "\u{10ffff}".repeat(300);
        assert!(*TextBounds::new(b"", last.as_bytes()).high > *last.as_bytes());
    }

    #[test]
    fn merged_parts_are_the_whole() {
        let mut a = Statistics {
            count: 1,
            has_null: Some(false),
            bytes_on_disk: 0,
            detail: Detail::Integer { bounds: Some((i64::MAX, i64::MAX)), sum: Some(i64::MAX) },
        };
        let b = Statistics {
            count: 2,
            has_null: Some(true),
            bytes_on_disk: 0,
            detail: Detail::Integer { bounds: Some((1, 3)), sum: Some(4) },
        };
        a.merge(&b);
        assert_eq!((a.count, a.has_null), (3, Some(true)));
        assert_eq!(a.detail, Detail::Integer { bounds: Some((1, i64::MAX)), sum: None });
    }
}
