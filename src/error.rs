//! The service's one error type: a kind that says what the caller does next, a message, context and a source.

use std::error::Error as StdError;
use std::fmt::{self, Display};
use std::iter::successors;

/// Result of the service's operations.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What the caller of a failed operation does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A setting is wrong or contradicts another: refuse to start.
    Config,
    /// Table and data do not fit: stop.
    Schema,
    /// A record or file is malformed: dead letter, or stop past the allowed rate.
    Data,
    /// The named thing does not exist.
    NotFound,
    /// The named thing is there already.
    AlreadyExists,
    /// Lost a compare-and-swap: re-read and retry.
    Conflict,
    /// A newer writer owns the pipeline: stop, change nothing more.
    Fenced,
    /// Network, store or metastore is down: retry with back-off.
    Unavailable,
    /// What was waited for has not come in time: try again later.
    TimedOut,
    /// A known feature that is not done here.
    Unsupported,
    /// A broken invariant of our own.
    Internal,
}

impl Kind {
    /// Gives the process exit code of this kind, after sysexits.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Config => 78,
            Self::Schema | Self::Data => 65,
            Self::NotFound | Self::AlreadyExists => 1,
            Self::Conflict | Self::Fenced | Self::TimedOut => 75,
            Self::Unavailable => 69,
            Self::Unsupported => 64,
            Self::Internal => 70,
        }
    }
}

/// An error of the service: kind, message, context pairs, hint and source. Boxed, so that results stay small.
pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    message: String,
    context: Vec<(&'static str, String)>,
    hint: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

macro_rules! constructors {
    ($($(#[$doc:meta])* $name:ident => $kind:ident),* $(,)?) => {
        impl Error { $($(#[$doc])* pub fn $name(message: impl Into<String>) -> Self { Self::new(Kind::$kind, message) })* }
    };
}

constructors! {
    /// Makes an error of [`Kind::Config`].
    config => Config,
    /// Makes an error of [`Kind::Schema`].
    schema => Schema,
    /// Makes an error of [`Kind::Data`].
    data => Data,
    /// Makes an error of [`Kind::NotFound`].
    not_found => NotFound,
    /// Makes an error of [`Kind::AlreadyExists`].
    already_exists => AlreadyExists,
    /// Makes an error of [`Kind::Conflict`].
    conflict => Conflict,
    /// Makes an error of [`Kind::Fenced`].
    fenced => Fenced,
    /// Makes an error of [`Kind::Unavailable`].
    unavailable => Unavailable,
    /// Makes an error of [`Kind::TimedOut`].
    timed_out => TimedOut,
    /// Makes an error of [`Kind::Unsupported`].
    unsupported => Unsupported,
    /// Makes an error of [`Kind::Internal`].
    internal => Internal,
}

impl Error {
    /// Makes an error of the given kind.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            context: Vec::new(),
            hint: None,
            source: None,
        }))
    }

    /// Makes an error from an I/O failure: full disks, missing files and refused access get the kind and hint that fit.
    pub fn io(message: impl Into<String>, source: std::io::Error) -> Self {
        use std::io::ErrorKind as K;
        let (kind, hint) = match source.kind() {
            K::NotFound => (Kind::NotFound, None),
            K::AlreadyExists => (Kind::AlreadyExists, None),
            K::PermissionDenied | K::ReadOnlyFilesystem => {
                (Kind::Config, Some("give this user write access to the folder, or choose another"))
            }
            K::StorageFull | K::QuotaExceeded => (
                Kind::Unavailable,
                Some(
                    "free some space and start again: nothing is lost, reading goes on at the last checkpoint",
                ),
            ),
            _ => (Kind::Unavailable, None),
        };
        let mut error = Self::new(kind, message).with_source(source);
        error.0.hint = hint.map(str::to_owned);
        error
    }

    /// Makes an error of what the metastore has said, with its kind and what it advises.
    pub fn of_metastore(message: impl Into<String>, error: metastore::Error) -> Self {
        let kind = match error.kind() {
            metastore::Kind::Config => Kind::Config,
            metastore::Kind::Schema => Kind::Schema,
            metastore::Kind::NotFound => Kind::NotFound,
            metastore::Kind::AlreadyExists => Kind::AlreadyExists,
            metastore::Kind::Conflict => Kind::Conflict,
            metastore::Kind::Unavailable => Kind::Unavailable,
            metastore::Kind::Unsupported => Kind::Unsupported,
            metastore::Kind::Internal => Kind::Internal,
        };
        let hint = error.hint().map(str::to_owned);
        let mut told = Self::new(kind, message).with_source(error);
        told.0.hint = hint;
        told
    }

    /// Adds a context pair, printed after the message.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl Display) -> Self {
        self.0.context.push((key, value.to_string()));
        self
    }

    /// Adds the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Adds what the user can do about it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Gives what the caller does next.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// Gives what the user can do about it, if known.
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// Tells the error and its causes in one line.
    pub fn in_a_line(&self) -> String {
        let causes = successors(self.source(), |cause| (*cause).source());
        causes.fold(self.to_string(), |line, cause| format!("{line}: {cause}"))
    }
}

impl Display for Error {
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
            Some(source) => write!(f, " <- {source:?}"),
            None => Ok(()),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|s| s as _)
    }
}

impl From<metastore::Error> for Error {
    fn from(error: metastore::Error) -> Self {
        Self::of_metastore("the metastore refuses", error)
    }
}

impl From<formats::FormatError> for Error {
    fn from(error: formats::FormatError) -> Self {
        let kind = match error.kind() {
            formats::ErrorKind::Config => Kind::Config,
            formats::ErrorKind::Schema => Kind::Schema,
            formats::ErrorKind::Data => Kind::Data,
            formats::ErrorKind::Unsupported => Kind::Unsupported,
            formats::ErrorKind::Internal => Kind::Internal,
        };
        Self::new(kind, "the file format refuses").with_source(error)
    }
}

/// Returns an [`Kind::Internal`] error if an invariant does not hold.
#[macro_export]
macro_rules! ensure {
    ($cond:expr, $($message:tt)+) => {
        if !$cond {
            return Err($crate::error::Error::internal(format!($($message)+)));
        }
    };
}
