//! The value types of options: how each reads, prints and says what it accepts.

use std::path::PathBuf;
use std::time::Duration;

use crate::table_options::OptionType;
use crate::units::{
    ByteSize, DURATION_FORMS, MaxRate, RATE_FORMS, SIZE_FORMS, parse_duration, show_duration,
};

/// Declares an enum whose variants have fixed texts; the first text of each is the canonical one.
macro_rules! choice {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $( $(#[doc = $doc:literal])+ $variant:ident = $text:literal $(| $other:literal)* , )+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $( $(#[doc = $doc])+ $variant, )+
        }

        impl $name {
            /// Gives the text that stands for the value.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $( Self::$variant => $text, )+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl crate::table_options::OptionType for $name {
            fn accepts() -> String {
                [$( concat!("`", $text, "`") ),+].join(", ")
            }
            fn parse(text: &str) -> Result<Self, String> {
                let lower = text.to_ascii_lowercase();
                $( if [$text, $($other),*].iter().any(|t: &&str| t.eq_ignore_ascii_case(&lower)) {
                    return Ok(Self::$variant);
                } )+
                Err(crate::values::not_one_of(text, &Self::accepts()))
            }
            fn show(&self) -> String {
                self.as_str().to_owned()
            }
        }
    };
}
pub(crate) use choice;

pub(crate) fn not_one_of(text: &str, accepts: &str) -> String {
    format!("`{text}` is not accepted: expected one of {accepts}")
}

impl OptionType for bool {
    fn accepts() -> String {
        "`true`, `false`".to_owned()
    }
    fn parse(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(not_one_of(text, &Self::accepts())),
        }
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

impl OptionType for Duration {
    fn accepts() -> String {
        DURATION_FORMS.to_owned()
    }
    fn parse(text: &str) -> Result<Self, String> {
        parse_duration(text)
    }
    fn show(&self) -> String {
        show_duration(*self)
    }
}

impl OptionType for ByteSize {
    fn accepts() -> String {
        SIZE_FORMS.to_owned()
    }
    fn parse(text: &str) -> Result<Self, String> {
        Self::parse(text)
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

impl OptionType for MaxRate {
    fn accepts() -> String {
        RATE_FORMS.to_owned()
    }
    fn parse(text: &str) -> Result<Self, String> {
        Self::parse(text)
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

/// Reads a whole number within a type's range.
macro_rules! whole_number {
    ($($ty:ty),+) => { $(
        impl OptionType for $ty {
            fn accepts() -> String {
                format!("a whole number from {} to {}", <$ty>::MIN, <$ty>::MAX)
            }
            fn parse(text: &str) -> Result<Self, String> {
                text.parse().map_err(|_| format!("`{text}` is not {}", Self::accepts()))
            }
            fn show(&self) -> String {
                self.to_string()
            }
        }
    )+ };
}
whole_number!(u64, u32, i64);

/// Any text without blanks at its ends; not empty.
impl OptionType for String {
    fn accepts() -> String {
        "text".to_owned()
    }
    fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("is empty: expected text".to_owned());
        }
        Ok(text.to_owned())
    }
    fn show(&self) -> String {
        self.clone()
    }
}

impl OptionType for PathBuf {
    fn accepts() -> String {
        "a path".to_owned()
    }
    fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() || text.contains('\0') {
            return Err("is not a path: expected a name without NUL that is not empty".to_owned());
        }
        Ok(Self::from(text))
    }
    fn show(&self) -> String {
        self.display().to_string()
    }
}

/// A text in which blanks count, and which may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawText(pub String);

impl OptionType for RawText {
    const TRIM: bool = false;
    fn accepts() -> String {
        "text; blanks count".to_owned()
    }
    fn parse(text: &str) -> Result<Self, String> {
        Ok(Self(text.to_owned()))
    }
    fn show(&self) -> String {
        self.0.clone()
    }
}

/// A number of datagen's bounds: exact if it is whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// A whole number.
    Whole(i64),
    /// A number with a fraction or an exponent, or one too large for `Whole`; finite.
    Real(f64),
}

impl Number {
    /// Gives the nearest floating point number.
    #[expect(clippy::cast_precision_loss, reason = "the nearest one is what is asked for")]
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Whole(number) => number as f64,
            Self::Real(number) => number,
        }
    }
}

impl OptionType for Number {
    fn accepts() -> String {
        "a number".to_owned()
    }
    fn parse(text: &str) -> Result<Self, String> {
        if let Ok(whole) = text.parse() {
            return Ok(Self::Whole(whole));
        }
        match text.parse::<f64>() {
            Ok(real) if real.is_finite() => Ok(Self::Real(real)),
            _ => Err(format!("`{text}` is not a number")),
        }
    }
    fn show(&self) -> String {
        match self {
            Self::Whole(number) => number.to_string(),
            Self::Real(number) => format!("{number:?}"),
        }
    }
}

/// A share between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share(pub f64);

impl OptionType for Share {
    fn accepts() -> String {
        "a number from 0 to 1".to_owned()
    }
    fn parse(text: &str) -> Result<Self, String> {
        match text.parse::<f64>() {
            Ok(share) if (0.0..=1.0).contains(&share) => Ok(Self(share)),
            _ => Err(format!("`{text}` is not {}", Self::accepts())),
        }
    }
    fn show(&self) -> String {
        format!("{}", self.0)
    }
}

/// One ASCII character, such as a CSV delimiter.
///
/// A multi-byte one is refused because records are split byte by byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsciiChar(pub u8);

impl OptionType for AsciiChar {
    const TRIM: bool = false;

    fn accepts() -> String {
        "one ASCII character, or an escape such as `\\t` or `\\u0001`".to_owned()
    }
    fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{}` is not {}", text.escape_debug(), Self::accepts());
        match text.as_bytes() {
            [byte] if byte.is_ascii() && *byte != 0 => Ok(Self(*byte)),
            [b'\\', b't'] => Ok(Self(b'\t')),
            [b'\\', b'\\'] => Ok(Self(b'\\')),
            [b'\\', quote @ (b'"' | b'\'')] => Ok(Self(*quote)),
            [b'\\', b'u', hex @ ..] if hex.len() == 4 => {
                let code = u32::from_str_radix(text.get(2..).unwrap_or_default(), 16);
                match code.ok().and_then(|code| u8::try_from(code).ok()) {
                    Some(byte @ 1..=127) => Ok(Self(byte)),
                    _ => Err(wrong()),
                }
            }
            _ => Err(wrong()),
        }
    }
    fn show(&self) -> String {
        match self.0 {
            b'\t' => "\\t".to_owned(),
            byte if byte.is_ascii_control() => format!("\\u{byte:04x}"),
            byte => char::from(byte).to_string(),
        }
    }
}

/// Name of a time zone: a region such as `Asia/Shanghai`.
///
/// Only its form is checked here; whether it is known is asked with [`crate::check::zones`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneName(pub String);

impl OptionType for ZoneName {
    fn accepts() -> String {
        "a time zone such as `UTC` or `Asia/Shanghai`".to_owned()
    }
    fn parse(text: &str) -> Result<Self, String> {
        let fits =
            |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'_' | b'+' | b'-' | b':');
        if text.is_empty() || text.len() > 64 || !text.bytes().all(fits) {
            return Err(format!("`{text}` is not {}", Self::accepts()));
        }
        Ok(Self(text.to_owned()))
    }
    fn show(&self) -> String {
        self.0.clone()
    }
}

/// A name that is also a folder or file name: no `/`, no leading `.`, at most 200 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainName(pub String);

impl OptionType for PlainName {
    fn accepts() -> String {
        "a name of letters, digits, `_`, `-` and `.` that does not begin with `.`".to_owned()
    }
    fn parse(text: &str) -> Result<Self, String> {
        let fits = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        if text.is_empty() || text.len() > 200 || text.starts_with('.') || !text.chars().all(fits) {
            return Err(format!("`{text}` is not {}", Self::accepts()));
        }
        Ok(Self(text.to_owned()))
    }
    fn show(&self) -> String {
        self.0.clone()
    }
}

/// Paths, one a line, or separated by commas on one line; may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paths(pub Vec<PathBuf>);

impl OptionType for Paths {
    const TRIM: bool = false;

    fn accepts() -> String {
        "paths separated by commas".to_owned()
    }
    fn parse(text: &str) -> Result<Self, String> {
        let separator = if text.contains('\n') { '\n' } else { ',' };
        let paths = text.split(separator).map(str::trim).filter(|path| !path.is_empty());
        paths.map(PathBuf::parse).collect::<Result<_, _>>().map(Self)
    }
    fn show(&self) -> String {
        let paths: Vec<String> = self.0.iter().map(OptionType::show).collect();
        paths.join(",")
    }
    fn absent() -> Option<Self> {
        Some(Self::default())
    }
}
