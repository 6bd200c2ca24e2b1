//! Why a record is refused, small enough to travel in a register.

use std::num::NonZeroU64;

/// Result of a parser: the position after what it took.
pub(super) type Parsed = Result<usize, Fail>;

/// Reason and position of a failure in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fail(NonZeroU64);

impl Fail {
    #[inline]
    pub(super) fn reason(self) -> Reason {
        let code = self.0.get() & 0xff;
        Reason::ALL.iter().copied().find(|r| *r as u64 == code).unwrap_or(Reason::Syntax)
    }

    #[inline]
    pub(super) fn position(self) -> usize {
        usize::try_from(self.0.get() >> 8).unwrap_or(usize::MAX)
    }
}

/// The closed set of reasons; those before `NotOfType` break the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Reason {
    Empty = 1,
    NotAnObject,
    Syntax,
    Comma,
    Key,
    Colon,
    BadString,
    BadEscape,
    BadUtf8,
    BadNumber,
    TooDeep,
    Trailing,
    OpenQuote,
    AfterQuote,
    TooLong,
    TooMuchText,
    FieldCount,
    NotOfType,
    OutOfRange,
    Fraction,
    Zone,
    NotBase64,
    NullNotAllowed,
    Missing,
    Width,
    NoSchema,
    Schema,
    Short,
}

impl Reason {
    const ALL: [Self; 28] = [
        Self::Empty,
        Self::NotAnObject,
        Self::Syntax,
        Self::Comma,
        Self::Key,
        Self::Colon,
        Self::BadString,
        Self::BadEscape,
        Self::BadUtf8,
        Self::BadNumber,
        Self::TooDeep,
        Self::Trailing,
        Self::OpenQuote,
        Self::AfterQuote,
        Self::TooLong,
        Self::TooMuchText,
        Self::FieldCount,
        Self::NotOfType,
        Self::OutOfRange,
        Self::Fraction,
        Self::Zone,
        Self::NotBase64,
        Self::NullNotAllowed,
        Self::Missing,
        Self::Width,
        Self::NoSchema,
        Self::Schema,
        Self::Short,
    ];

    /// Joins the reason with the position it was seen at.
    #[cold]
    pub(super) fn at(self, pos: usize) -> Fail {
        let word = (pos as u64) << 8 | u64::from(self as u8);
        Fail(NonZeroU64::new(word).unwrap_or(NonZeroU64::MIN))
    }

    /// True if the position tells the user something the column does not.
    pub(super) fn is_syntax(self) -> bool {
        (self as u8) < Self::TooLong as u8
    }

    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Empty => "record is empty",
            Self::NotAnObject => "record is not a JSON object",
            Self::Syntax => "not a JSON value",
            Self::Comma => "expected ',' or the end of the object or array",
            Self::Key => "expected a key in quotes",
            Self::Colon => "expected ':' after the key",
            Self::BadString => "string has no end or holds a raw control character",
            Self::BadEscape => "string holds an invalid escape",
            Self::BadUtf8 => "text is not valid UTF-8",
            Self::BadNumber => "not a JSON number",
            Self::TooDeep => "objects and arrays are nested more than 64 deep",
            Self::Trailing => "text follows the end of the record",
            Self::OpenQuote => "quoted field has no end",
            Self::AfterQuote => "text follows the closing quote of a field",
            Self::TooLong => "record is longer than 512 MB",
            Self::TooMuchText => "batch holds more than 2 GB of text in one column",
            Self::FieldCount => "number of fields differs from the number of columns",
            Self::NotOfType => "value is not of the type",
            Self::OutOfRange => "number is out of range of the type",
            Self::Fraction => "number has a fraction, which would be lost in the type",
            Self::Zone => "timestamp has a zone offset, which needs TIMESTAMP_LTZ, not the type",
            Self::NotBase64 => "text is not base64, which is needed for the type",
            Self::NullNotAllowed => "value is null or missing in a NOT NULL column of the type",
            Self::Missing => "field is missing in a record, column of the type",
            Self::Width => "number of bytes is not that of the type",
            Self::NoSchema => "message does not begin with the number of a schema",
            Self::Schema => "schema of the message cannot be used",
            Self::Short => {
                "message ends within a value, or was written with another schema; the type here is"
            }
        }
    }
}
