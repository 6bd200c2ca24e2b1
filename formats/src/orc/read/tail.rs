//! The end of a file: postscript, footer, statistics of the stripes.

use std::sync::Arc;

use super::source::Input;
use super::time::{is_hybrid, proleptic_day, proleptic_seconds};
use crate::orc::codec::Decompressor;
use crate::orc::meta::{Footer, Kind, MAGIC, OrcCompression, PostScript, stripe_statistics};
use crate::orc::schema::check;
use crate::orc::statistics::{Detail, Statistics};
use crate::{FormatError, Result};

/// Most bytes of the footer, or of the statistics of all stripes, after decompression.
pub(super) const MAX_METADATA: usize = 256 << 20;
/// Bytes that are read from the end at first.
const GUESS: u64 = 16 << 10;

/// Holds what the end of a file says, checked.
#[derive(Debug)]
pub(super) struct Tail {
    pub(super) post: PostScript,
    pub(super) footer: Footer,
    /// Statistics of all columns of each stripe; empty if the file does not have them.
    pub(super) stripes: Vec<Vec<Statistics>>,
    pub(super) length: u64,
    pub(super) trust: Trust,
}

fn broken(what: &str) -> FormatError {
    FormatError::data(format!("not a whole orc file: {what}"))
}

impl Tail {
    /// Reads the tail of a file of `length` bytes; an empty file has no rows and no columns.
    pub(super) fn read(input: &Arc<dyn Input>, length: u64) -> Result<Self> {
        if length == 0 {
            return Ok(Self::empty());
        }
        if length < 4 {
            return Err(broken("it is too short"));
        }
        let guess = length.min(GUESS);
        let mut end = input.bytes(length - guess, guess as usize)?;
        let post_length = u64::from(end[end.len() - 1]);
        if post_length + 1 > guess {
            return Err(broken("its postscript is cut off"));
        }
        let post_start = end.len() - 1 - post_length as usize;
        let message = &end[post_start..end.len() - 1];
        // The magic is the postscript's last field; before Hive 0.12 it is only at the file's start.
        if !message.ends_with(MAGIC) && *input.bytes(0, MAGIC.len().min(length as usize))? != *MAGIC
        {
            return Err(broken("its magic is missing"));
        }
        let post = PostScript::read(message)?;
        let whole = post.footer_length.checked_add(post.metadata_length);
        let whole = whole.and_then(|n| n.checked_add(post_length + 1)).filter(|n| *n <= length);
        let whole = whole.ok_or_else(|| broken("its footer is longer than the file"))?;
        if whole > guess {
            end = input.bytes(length - whole, whole as usize)?;
        }
        let post_start = end.len() - 1 - post_length as usize;
        let footer_start = post_start - post.footer_length as usize;
        let metadata_start = footer_start - post.metadata_length as usize;
        let mut blocks = decompressor(&post)?;
        let footer = blocks.whole(&end[footer_start..post_start], MAX_METADATA)?;
        let mut footer = Footer::read(&footer)?;
        let metadata = blocks.whole(&end[metadata_start..footer_start], MAX_METADATA)?;
        let mut stripes = stripe_statistics(&metadata)?;
        if footer.types.is_empty() && footer.rows == 0 && footer.stripes.is_empty() {
            // What a writer without columns leaves.
            return Ok(Self { post, length, ..Self::empty() });
        }
        check(&mut footer.types)?;
        check_stripes(&footer, length)?;
        let trust = Trust::of(&footer, &post);
        for columns in stripes.iter_mut().chain([&mut footer.statistics]) {
            distrust(columns, &footer.types, trust);
        }
        if stripes.len() != footer.stripes.len() {
            stripes.clear();
        }
        Ok(Self { post, footer, stripes, length, trust })
    }

    fn empty() -> Self {
        let mut footer = Footer::default();
        footer.types.push(crate::orc::meta::Type::new(Kind::Struct));
        let post = PostScript { compression: OrcCompression::None, ..PostScript::default() };
        let trust = Trust::of(&footer, &post);
        Self { post, footer, stripes: Vec::new(), length: 0, trust }
    }

    /// Tells whether short decimals are stored as integers.
    pub(super) fn has_decimal64(&self) -> bool {
        matches!(self.post.version[..], [1, minor, ..] if minor >= 9999)
    }
}

/// Makes a decompressor for the blocks of a file.
pub(super) fn decompressor(post: &PostScript) -> Result<Decompressor> {
    Decompressor::new(post.compression, post.block_size)
}

/// Checks that stripes lie in the file, and that their rows are the file's.
fn check_stripes(footer: &Footer, length: u64) -> Result<()> {
    let mut rows = 0u64;
    for stripe in &footer.stripes {
        let parts = [stripe.index_length, stripe.data_length, stripe.footer_length];
        let end = parts.iter().try_fold(stripe.offset, |end, part| end.checked_add(*part));
        if end.is_none_or(|end| end > length) {
            return Err(broken("a stripe lies behind the end of the file"));
        }
        if stripe.rows > 1 << 40 {
            return Err(broken("a stripe has impossibly many rows"));
        }
        rows += stripe.rows;
    }
    if rows != footer.rows {
        return Err(broken("the rows of its stripes are not those of the file")
            .with("stripes", rows)
            .with("file", footer.rows));
    }
    Ok(())
}

/// Says how far the statistics of a file can be trusted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trust {
    /// Whose numbering the version follows; 0 is the Java library's.
    writer: u32,
    version: u32,
    /// Whether days before 1582-10-15 are those of the Julian calendar.
    hybrid: bool,
}

impl Trust {
    fn of(footer: &Footer, post: &PostScript) -> Self {
        Self {
            writer: footer.writer,
            version: post.writer_version,
            hybrid: is_hybrid(footer, post),
        }
    }
}

/// Forgets statistics that the writer of a file got wrong, and brings days to the calendar in which values are read.
///
/// Source: ORC `OrcFile.WriterVersion`: texts before HIVE-8732, timestamps before ORC-135, decimals
/// of the version that has ORC-517 open; all numbers are those of the Java library.
pub(super) fn distrust(columns: &mut [Statistics], types: &[crate::orc::meta::Type], trust: Trust) {
    let Trust { writer, version, hybrid } = trust;
    for (statistics, ty) in columns.iter_mut().zip(types) {
        let wrong = match &mut statistics.detail {
            Detail::Text { .. } => writer == 0 && version < 1,
            Detail::Timestamp { utc: true, bounds } if version >= 6 || writer != 0 => {
                if let Some((low, high)) = bounds
                    && hybrid
                    && ty.kind == Kind::Timestamp
                {
                    low.seconds = proleptic_seconds(low.seconds);
                    high.seconds = proleptic_seconds(high.seconds);
                }
                false
            }
            Detail::Timestamp { .. } => true,
            Detail::Date { bounds: Some((low, high)) } if hybrid => {
                let day = |day: i32| i32::try_from(proleptic_day(i64::from(day)));
                match (day(*low), day(*high)) {
                    (Ok(l), Ok(h)) => (*low, *high) = (l, h),
                    _ => statistics.detail = Detail::None,
                }
                false
            }
            Detail::Decimal { .. } => writer == 0 && version == 6 && ty.precision <= 18,
            _ => false,
        };
        if wrong {
            statistics.detail = Detail::None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orc::meta::Type;
    use crate::orc::statistics::Moment;

    #[test]
    fn bounds_are_of_the_calendar_in_which_values_are_read() {
        // 1500-01-01 of the Julian calendar is 1500-01-10 of the proleptic one.
        let (julian, proleptic): (i32, i32) = (-171_655, -171_664);
        assert_eq!(proleptic_day(i64::from(julian)), i64::from(proleptic));
        let second = |day: i32| Moment { seconds: i64::from(day) * 86_400, nanos: 0 };
        let known = |day: i32| {
            let date = Detail::Date { bounds: Some((day, 0)) };
            let times = Detail::Timestamp { bounds: Some((second(day), second(0))), utc: true };
            [date, times].map(|detail| Statistics { detail, ..Statistics::default() })
        };
        let types = [Type::new(Kind::Date), Type::new(Kind::Timestamp)];
        for (hybrid, expected) in [(true, proleptic), (false, julian)] {
            let mut columns = known(julian);
            distrust(&mut columns, &types, Trust { writer: 0, version: 9, hybrid });
            assert_eq!(columns, known(expected), "hybrid: {hybrid}");
        }
    }
}
