//! The one error of this crate: a kind that says what the caller does next, a message, context, a source.

use std::error::Error as StdError;
use std::fmt;

/// Result of everything fallible in this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Says what the caller does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A name, a setting or an argument is wrong; the caller changes it.
    Config,
    /// Table and partition do not fit each other.
    Schema,
    /// The named thing is missing.
    NotFound,
    /// The named thing is there already, with other content.
    AlreadyExists,
    /// A compare-and-swap was lost, or the thing is still in use; re-read, then decide again.
    Conflict,
    /// The store or the service behind it is down or busy; retry later.
    Unavailable,
    /// A known feature that this catalog does not have.
    Unsupported,
    /// A bug, or a damaged store.
    Internal,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Config => "config",
            Kind::Schema => "schema",
            Kind::NotFound => "not found",
            Kind::AlreadyExists => "already exists",
            Kind::Conflict => "conflict",
            Kind::Unavailable => "unavailable",
            Kind::Unsupported => "unsupported",
            Kind::Internal => "internal",
        })
    }
}

/// Error of a catalog call; one pointer wide.
pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    message: String,
    context: Vec<(&'static str, String)>,
    source: Option<Box<dyn StdError + Send + Sync>>,
    hint: Option<&'static str>,
}

impl Error {
    /// Makes an error of the given kind.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        let message = message.into();
        Self(Box::new(Inner { kind, message, context: Vec::new(), source: None, hint: None }))
    }

    /// Makes an error of [`Kind::Config`].
    pub fn config(message: impl Into<String>) -> Self {
        Self::new(Kind::Config, message)
    }

    /// Makes an error of [`Kind::Schema`].
    pub fn schema(message: impl Into<String>) -> Self {
        Self::new(Kind::Schema, message)
    }

    /// Makes an error of [`Kind::NotFound`].
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, message)
    }

    /// Makes an error of [`Kind::AlreadyExists`].
    pub fn already_exists(message: impl Into<String>) -> Self {
        Self::new(Kind::AlreadyExists, message)
    }

    /// Makes an error of [`Kind::Conflict`].
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(Kind::Conflict, message)
    }

    /// Makes an error of [`Kind::Unavailable`].
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(Kind::Unavailable, message)
    }

    /// Makes an error of [`Kind::Unsupported`].
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::new(Kind::Unsupported, message)
    }

    /// Makes an error of [`Kind::Internal`].
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Kind::Internal, message)
    }

    /// Adds a named value that says where it happened.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl fmt::Display) -> Self {
        self.0.context.push((key, value.to_string()));
        self
    }

    /// Adds the error underneath; its text stays out of this error's own.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Says what a person can do about it.
    #[must_use]
    pub fn with_hint(mut self, hint: &'static str) -> Self {
        self.0.hint = Some(hint);
        self
    }

    /// Gives what a person can do about it, if that is known.
    pub fn hint(&self) -> Option<&'static str> {
        self.0.hint
    }

    /// Tells what the caller does next.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// Gives the message without context.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Gives the context in the order in which it was added.
    pub fn context(&self) -> &[(&'static str, String)] {
        &self.0.context
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        for (i, (key, value)) in self.0.context.iter().enumerate() {
            write!(f, "{}{key}={value}", if i == 0 { " (" } else { ", " })?;
        }
        if self.0.context.is_empty() { Ok(()) } else { f.write_str(")") }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.0.kind)?;
        match &self.0.source {
            Some(source) => write!(f, ": {source:?}"),
            None => Ok(()),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0.source {
            Some(source) => Some(source.as_ref()),
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn context_follows_the_message_and_the_source_stays_apart() {
        let error = Error::unavailable("cannot list partitions")
            .with("table", "db.t")
            .with("after", "dt=1")
            .with_source(std::io::Error::other("disk on fire"));
        assert_eq!(error.to_string(), "cannot list partitions (table=db.t, after=dt=1)");
        assert_eq!(error.kind(), Kind::Unavailable);
        assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("disk on fire"));
        assert_eq!(Error::config("bad").to_string(), "bad");
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }
}
