//! ORC's metadata: postscript, footer, stripe footers, indexes.
//!
//! Source: the ORC v1 specification and its `orc_proto.proto`; field numbers are from there.

mod stripe;

pub(super) use self::stripe::{
    Encoding, RowIndexEntry, Stream, StreamKind, StripeFooter, put_row_index_entry, row_index,
    stripe_statistics,
};
use super::proto::{Fields, Value, push, put_bytes, put_message, put_number, put_packed};
use super::statistics::Statistics;
use crate::compression::Compression;
use crate::{FormatError, Result};

/// Columns of a file at most, nested ones among them.
const MOST_COLUMNS: usize = 1 << 17;
/// Stripes of a file, and streams of a stripe, at most.
const MOST_PARTS: usize = 1 << 20;
/// Statistics of columns that are held at once at most: of all stripes, or of the row groups of one. Tests make do with few.
pub(super) const MOST_STATISTICS: usize = if cfg!(test) { 1 << 15 } else { 1 << 21 };

/// Names the codec of an ORC file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OrcCompression {
    /// Not compressed.
    None,
    /// Raw deflate.
    #[default]
    Zlib,
    /// Snappy.
    Snappy,
    /// LZO, read only.
    Lzo,
    /// LZ4 blocks; Hive 2.3 may not read them.
    Lz4,
    /// Zstandard; Hive before 4 cannot read it.
    Zstd,
    /// Brotli, read only; ORC 2 writes it.
    Brotli,
}

impl OrcCompression {
    fn from_number(n: u64) -> Result<Self> {
        Ok(match n {
            0 => Self::None,
            1 => Self::Zlib,
            2 => Self::Snappy,
            3 => Self::Lzo,
            4 => Self::Lz4,
            5 => Self::Zstd,
            6 => Self::Brotli,
            _ => return Err(FormatError::data("orc file has an unknown codec").with("codec", n)),
        })
    }

    pub(super) fn number(self) -> u64 {
        match self {
            Self::None => 0,
            Self::Zlib => 1,
            Self::Snappy => 2,
            Self::Lzo => 3,
            Self::Lz4 => 4,
            Self::Zstd => 5,
            Self::Brotli => 6,
        }
    }
}

impl From<Compression> for OrcCompression {
    fn from(codec: Compression) -> Self {
        match codec {
            Compression::None => Self::None,
            Compression::Snappy => Self::Snappy,
            Compression::Gzip => Self::Zlib,
            Compression::Zstd(_) => Self::Zstd,
            Compression::Lz4Raw => Self::Lz4,
        }
    }
}

/// Names the type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Boolean,
    Byte,
    Short,
    Int,
    Long,
    Float,
    Double,
    String,
    Binary,
    Timestamp,
    List,
    Map,
    Struct,
    Union,
    Decimal,
    Date,
    Varchar,
    Char,
    TimestampInstant,
}

const KINDS: [Kind; 19] = [
    Kind::Boolean,
    Kind::Byte,
    Kind::Short,
    Kind::Int,
    Kind::Long,
    Kind::Float,
    Kind::Double,
    Kind::String,
    Kind::Binary,
    Kind::Timestamp,
    Kind::List,
    Kind::Map,
    Kind::Struct,
    Kind::Union,
    Kind::Decimal,
    Kind::Date,
    Kind::Varchar,
    Kind::Char,
    Kind::TimestampInstant,
];

/// Describes one column of the flattened tree of types.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Type {
    pub(super) kind: Kind,
    pub(super) children: Vec<usize>,
    pub(super) names: Vec<String>,
    /// Characters of a `char` or `varchar`.
    pub(super) length: u32,
    pub(super) precision: u32,
    pub(super) scale: u32,
}

impl Type {
    pub(super) fn new(kind: Kind) -> Self {
        Self { kind, children: Vec::new(), names: Vec::new(), length: 0, precision: 0, scale: 0 }
    }

    fn read(message: &[u8]) -> Result<Self> {
        let mut ty = Self::new(Kind::Boolean);
        let mut children = Vec::new();
        let mut fields = Fields::new(message);
        while let Some((field, value)) = fields.next()? {
            match field {
                1 => ty.kind = kind(value)?,
                2 => value.append_to(&mut children)?,
                3 => push(value.text()?, MOST_COLUMNS, &mut ty.names)?,
                4 => ty.length = value.small()?,
                5 => ty.precision = value.small()?,
                6 => ty.scale = value.small()?,
                _ => {}
            }
        }
        ty.children = children.into_iter().map(|n| n as usize).collect();
        Ok(ty)
    }

    fn write(&self, out: &mut Vec<u8>) {
        let number = KINDS.iter().position(|k| *k == self.kind).unwrap_or(0);
        put_number(1, number as u64, out);
        put_packed(2, self.children.iter().map(|c| *c as u64), out);
        for name in &self.names {
            put_bytes(3, name.as_bytes(), out);
        }
        match self.kind {
            Kind::Varchar | Kind::Char => put_number(4, u64::from(self.length), out),
            Kind::Decimal => {
                put_number(5, u64::from(self.precision), out);
                put_number(6, u64::from(self.scale), out);
            }
            _ => {}
        }
    }
}

fn kind(value: Value<'_>) -> Result<Kind> {
    let number = value.number()?;
    let known = usize::try_from(number).ok().and_then(|n| KINDS.get(n));
    known.copied().ok_or_else(|| {
        FormatError::unsupported("orc file has a column of an unknown type").with("kind", number)
    })
}

/// Tells how to read the rest of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct PostScript {
    pub(super) footer_length: u64,
    pub(super) compression: OrcCompression,
    pub(super) block_size: u64,
    pub(super) version: Vec<u64>,
    pub(super) metadata_length: u64,
    pub(super) writer_version: u32,
}

pub(super) const MAGIC: &[u8] = b"ORC";

impl PostScript {
    pub(super) fn read(message: &[u8]) -> Result<Self> {
        let mut post = Self { compression: OrcCompression::None, ..Self::default() };
        post.block_size = 256 << 10;
        let mut fields = Fields::new(message);
        while let Some((field, value)) = fields.next()? {
            match field {
                1 => post.footer_length = value.number()?,
                2 => post.compression = OrcCompression::from_number(value.number()?)?,
                3 => post.block_size = value.number()?,
                4 => value.append_to(&mut post.version)?,
                5 => post.metadata_length = value.number()?,
                6 => post.writer_version = value.small()?,
                8000 if value.bytes()? != MAGIC => {
                    return Err(FormatError::data("not an orc file: its magic is wrong"));
                }
                _ => {}
            }
        }
        Ok(post)
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        put_number(1, self.footer_length, out);
        put_number(2, self.compression.number(), out);
        if self.compression != OrcCompression::None {
            put_number(3, self.block_size, out);
        }
        put_packed(4, self.version.iter().copied(), out);
        put_number(5, self.metadata_length, out);
        put_number(6, u64::from(self.writer_version), out);
        put_bytes(8000, MAGIC, out);
    }
}

/// Tells where a stripe is. Units: bytes from the start of the file.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct StripeInfo {
    pub(super) offset: u64,
    pub(super) index_length: u64,
    pub(super) data_length: u64,
    pub(super) footer_length: u64,
    pub(super) rows: u64,
}

impl StripeInfo {
    fn read(message: &[u8]) -> Result<Self> {
        let mut info = Self::default();
        let mut fields = Fields::new(message);
        while let Some((field, value)) = fields.next()? {
            let place = match field {
                1 => &mut info.offset,
                2 => &mut info.index_length,
                3 => &mut info.data_length,
                4 => &mut info.footer_length,
                5 => &mut info.rows,
                _ => continue,
            };
            *place = value.number()?;
        }
        Ok(info)
    }

    fn write(&self, out: &mut Vec<u8>) {
        put_number(1, self.offset, out);
        put_number(2, self.index_length, out);
        put_number(3, self.data_length, out);
        put_number(4, self.footer_length, out);
        put_number(5, self.rows, out);
    }
}

/// Names the calendar of dates and timestamps before 1582-10-15.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Calendar {
    #[default]
    Unknown,
    Hybrid,
    Proleptic,
}

/// Holds the footer of a file.
#[derive(Clone, Debug, Default)]
pub(super) struct Footer {
    pub(super) content_length: u64,
    pub(super) stripes: Vec<StripeInfo>,
    pub(super) types: Vec<Type>,
    pub(super) user_metadata: Vec<(String, Vec<u8>)>,
    pub(super) rows: u64,
    pub(super) statistics: Vec<Statistics>,
    pub(super) row_index_stride: u32,
    /// Whose numbering the writer version follows; 0 is the Java library's.
    pub(super) writer: u32,
    pub(super) calendar: Calendar,
    pub(super) software: String,
}

impl Footer {
    pub(super) fn read(message: &[u8]) -> Result<Self> {
        let mut footer = Self::default();
        let mut fields = Fields::new(message);
        while let Some((field, value)) = fields.next()? {
            match field {
                2 => footer.content_length = value.number()?,
                3 => push(StripeInfo::read(value.bytes()?)?, MOST_PARTS, &mut footer.stripes)?,
                4 => push(Type::read(value.bytes()?)?, MOST_COLUMNS, &mut footer.types)?,
                5 => push(user_metadata(value.bytes()?)?, MOST_PARTS, &mut footer.user_metadata)?,
                6 => footer.rows = value.number()?,
                7 => {
                    push(Statistics::read(value.bytes()?)?, MOST_COLUMNS, &mut footer.statistics)?;
                }
                8 => footer.row_index_stride = value.small()?,
                9 => footer.writer = value.small()?,
                10 => {
                    return Err(FormatError::unsupported("orc column encryption is not supported"));
                }
                11 => {
                    footer.calendar = match value.number()? {
                        1 => Calendar::Hybrid,
                        2 => Calendar::Proleptic,
                        _ => Calendar::Unknown,
                    }
                }
                12 => footer.software = value.text()?,
                _ => {}
            }
        }
        Ok(footer)
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        put_number(1, MAGIC.len() as u64, out);
        put_number(2, self.content_length, out);
        for stripe in &self.stripes {
            put_message(3, out, |out| stripe.write(out));
        }
        for ty in &self.types {
            put_message(4, out, |out| ty.write(out));
        }
        for (name, value) in &self.user_metadata {
            put_message(5, out, |out| {
                put_bytes(1, name.as_bytes(), out);
                put_bytes(2, value, out);
            });
        }
        put_number(6, self.rows, out);
        for statistics in &self.statistics {
            put_message(7, out, |out| statistics.write(out));
        }
        put_number(8, u64::from(self.row_index_stride), out);
        put_number(9, u64::from(self.writer), out);
        let calendar = match self.calendar {
            Calendar::Unknown => 0,
            Calendar::Hybrid => 1,
            Calendar::Proleptic => 2,
        };
        put_number(11, calendar, out);
        put_bytes(12, self.software.as_bytes(), out);
    }
}

fn user_metadata(message: &[u8]) -> Result<(String, Vec<u8>)> {
    let mut pair = (String::new(), Vec::new());
    let mut fields = Fields::new(message);
    while let Some((field, value)) = fields.next()? {
        match field {
            1 => pair.0 = value.text()?,
            2 => pair.1 = value.bytes()?.to_vec(),
            _ => {}
        }
    }
    Ok(pair)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_do_not_grow_beyond_bounds() {
        // An empty part takes two bytes here, and up to two hundred in memory.
        let parts = |field: u8| [field << 3 | 2, 0].repeat(MOST_PARTS + 1);
        for field in [3, 4, 5, 7] {
            assert!(Footer::read(&parts(field)).is_err(), "footer, {field}");
        }
        for field in [1, 2] {
            assert!(StripeFooter::read(&parts(field)).is_err(), "stripe footer, {field}");
        }
        assert!(row_index(&[10, 0].repeat(101), 100).is_err());
        assert_eq!(row_index(&[10, 0].repeat(100), 100).unwrap().len(), 100);
        assert!(stripe_statistics(&parts(1)).is_err());
        let mut many = Vec::new();
        for _ in 0..9 {
            put_bytes(1, &[10, 0].repeat(MOST_STATISTICS / 8), &mut many);
        }
        assert!(stripe_statistics(&many).is_err());
        let mut positions = Vec::new();
        put_message(1, &mut positions, |out| put_bytes(1, &[7].repeat(MOST_PARTS + 1), out));
        assert!(row_index(&positions, 10).is_err());
    }
}
