//! The one error type of this crate.

use std::error::Error as StdError;
use std::fmt;

/// Result of everything in this crate that can fail.
pub type Result<T, E = FormatError> = std::result::Result<T, E>;

/// Says what the caller does next about a [`FormatError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// A setting is wrong or contradicts another.
    Config,
    /// The table's columns and the data do not fit.
    Schema,
    /// One record or one file is malformed.
    Data,
    /// A known feature that is not done here.
    Unsupported,
    /// A broken promise of this crate itself.
    Internal,
}

/// Describes why bytes could not become rows, or rows bytes.
///
/// The message is fixed text; what varies is in the context pairs, and the error underneath in
/// [`source`](StdError::source).
#[derive(Debug)]
pub struct FormatError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    message: String,
    context: Vec<(&'static str, String)>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl FormatError {
    /// Makes an error of a kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, message: message.into(), context: Vec::new(), source: None }))
    }

    /// Makes an error about a wrong setting.
    pub fn config(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Config, message)
    }

    /// Makes an error about columns that do not fit.
    pub fn schema(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Schema, message)
    }

    /// Makes an error about malformed data.
    pub fn data(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Data, message)
    }

    /// Makes an error about a feature that is not supported.
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unsupported, message)
    }

    /// Makes an error about a broken invariant of this crate.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }

    /// Adds a name and its value; printed in the order added.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.0.context.push((name, value.to_string()));
        self
    }

    /// Keeps the error underneath; its text is not repeated in this one's.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Returns what the caller does next.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the message without context.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Returns the context pairs in the order added.
    pub fn context(&self) -> &[(&'static str, String)] {
        &self.0.context
    }
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        for (i, (name, value)) in self.0.context.iter().enumerate() {
            write!(f, "{}{name} {value}", if i == 0 { ": " } else { ", " })?;
        }
        Ok(())
    }
}

impl StdError for FormatError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let source: &(dyn StdError + 'static) = self.0.source.as_deref()?;
        Some(source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_context_but_not_its_source() {
        let e = FormatError::schema("column is missing")
            .with("table", "db.t")
            .with("column", "id")
            .with_source(std::io::Error::other("underneath"));
        assert_eq!(e.to_string(), "column is missing: table db.t, column id");
        assert_eq!(e.source().map(ToString::to_string), Some("underneath".to_owned()));
        assert_eq!((e.kind(), e.message()), (ErrorKind::Schema, "column is missing"));
        assert_eq!(size_of::<FormatError>(), size_of::<usize>());
    }
}
