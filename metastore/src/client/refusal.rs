//! What the refusal of a metastore means: whether it passes by itself, and what to do if not.
//!
//! A metastore says nearly everything with one exception, `MetaException`, whose text is whatever its database, its file system or a
//! listener have said. That text is all there is to go by; what is not known here is neither of the two.

use crate::error::{Error, Kind};
use crate::wire::{Fault, FaultKind};

/// Whether asking again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outlook {
    /// It can: somebody holds a lock, the metastore's own database or file system is away.
    Passing,
    /// Nothing tells.
    Unknown,
    /// It cannot; what to do instead.
    Definite(&'static str),
}

const NO_ROOM: Outlook = Outlook::Definite(
    "a column of the metastore's own database is too short: widen the one that the metastore names (in Derby \
     NOTIFICATION_LOG.MESSAGE has 32,700 bytes), or give the partition fewer columns, properties and a shorter location",
);
const NO_RIGHT: Outlook = Outlook::Definite(
    "give the metastore's user the right to write the folder that it names, or put the table elsewhere",
);
const NO_FILE_SYSTEM: Outlook = Outlook::Definite(
    "put the file system of the table's location into the metastore's class path, or put the table elsewhere",
);

/// What texts tell, in lower case; the first that is found counts.
///
/// Definite ones come first, since they may quote what they refuse, and that may hold any words.
const SIGNS: [(&str, Outlook); 31] = [
    // Derby, MySQL, PostgreSQL, Oracle, SQL Server.
    ("truncation error", NO_ROOM),
    ("data truncation", NO_ROOM),
    ("data too long", NO_ROOM),
    ("value too long", NO_ROOM),
    ("value too large", NO_ROOM),
    ("would be truncated", NO_ROOM),
    ("permission denied", NO_RIGHT),
    ("accesscontrolexception", NO_RIGHT),
    ("no filesystem for scheme", NO_FILE_SYSTEM),
    // Two writers of the same rows; a second look finds what the other one has made.
    ("deadlock", Outlook::Passing),
    ("lock wait", Outlook::Passing),
    ("lock could not be obtained", Outlook::Passing),
    ("acquire", Outlook::Passing),
    ("serialize access", Outlook::Passing),
    ("duplicate", Outlook::Passing),
    ("unique constraint", Outlook::Passing),
    ("transactionrollback", Outlook::Passing),
    ("sqltransient", Outlook::Passing),
    ("sqlrecoverable", Outlook::Passing),
    // One of two attempts at the same partition takes away the folder that the other has made.
    ("filenotfound", Outlook::Passing),
    ("connection", Outlook::Passing),
    ("communications link", Outlook::Passing),
    ("too many clients", Outlook::Passing),
    ("timed out", Outlook::Passing),
    ("timeout", Outlook::Passing),
    ("starting up", Outlook::Passing),
    ("shutting down", Outlook::Passing),
    ("safe mode", Outlook::Passing),
    ("standbyexception", Outlook::Passing),
    ("try again", Outlook::Passing),
    ("temporarily", Outlook::Passing),
];

/// Tells whether the call can succeed if it is made again as it is.
pub(super) fn outlook(fault: &Fault) -> Outlook {
    match fault.kind {
        FaultKind::Meta => {
            let said = fault.message.to_lowercase();
            let sign = SIGNS.iter().find(|(sign, _)| said.contains(sign));
            sign.map_or(Outlook::Unknown, |(_, outlook)| *outlook)
        }
        // Whatever it was, it was not meant to be said.
        FaultKind::Internal => Outlook::Unknown,
        _ => Outlook::Definite("change what the metastore names"),
    }
}

/// Tells whether fewer partitions in one call may be taken, or show which of them it is.
pub(super) fn fewer_may_help(fault: &Fault) -> bool {
    match fault.kind {
        FaultKind::Meta | FaultKind::Internal => outlook(fault) != Outlook::Passing,
        FaultKind::InvalidObject | FaultKind::InvalidInput => true,
        _ => false,
    }
}

/// Says what a metastore refused.
pub(super) fn refused(what: &'static str, fault: Fault) -> Error {
    let kind = match fault.kind {
        FaultKind::NoSuchObject | FaultKind::UnknownDB | FaultKind::UnknownTable => Kind::NotFound,
        FaultKind::AlreadyExists => Kind::AlreadyExists,
        FaultKind::InvalidOperation => Kind::Conflict,
        FaultKind::InvalidObject | FaultKind::InvalidInput => Kind::Schema,
        FaultKind::UnknownMethod => Kind::Unsupported,
        FaultKind::Meta => match outlook(&fault) {
            Outlook::Definite(hint) => {
                return Error::config(what).with_source(fault).with_hint(hint);
            }
            // Its own store may be down; nothing tells that from a refusal.
            Outlook::Passing | Outlook::Unknown => Kind::Unavailable,
        },
        _ => Kind::Unavailable,
    };
    Error::new(kind, what).with_source(fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_databases_and_file_systems_tell_what_passes() {
        for (text, wanted) in [
            (
                "javax.jdo.JDODataStoreException: Insert of object \"MNotificationLog\" using statement \"INSERT INTO NOTIFICATION_LOG\" \
                 failed : A truncation error was encountered trying to shrink LONG VARCHAR '{\"connection\":1}' to length 32700.",
                NO_ROOM,
            ),
            ("Data truncation: Data too long for column 'PARAM_VALUE' at row 1", NO_ROOM),
            ("ERROR: value too long for type character varying(4000)", NO_ROOM),
            ("ORA-12899: value too large for column \"HIVE\".\"SDS\".\"LOCATION\"", NO_ROOM),
            ("String or binary data would be truncated.", NO_ROOM),
            (
                "Got exception: org.apache.hadoop.security.AccessControlException Permission denied: user=hive, access=WRITE",
                NO_RIGHT,
            ),
            ("Got exception: java.io.IOException No FileSystem for scheme: s3", NO_FILE_SYSTEM),
            (
                "Deadlock found when trying to get lock; try restarting transaction",
                Outlook::Passing,
            ),
            ("Lock wait timeout exceeded", Outlook::Passing),
            ("A lock could not be obtained within the time requested", Outlook::Passing),
            (
                "Couldn't acquire the DB log notification lock because we reached the maximum # of retries: 5 retries",
                Outlook::Passing,
            ),
            (
                "would have caused a duplicate key value in a unique or primary key constraint or unique index 'UNIQUEPARTITION'",
                Outlook::Passing,
            ),
            ("could not serialize access due to concurrent update", Outlook::Passing),
            (
                "HikariPool-1 - Connection is not available, request timed out after 30000ms.",
                Outlook::Passing,
            ),
            ("FATAL: the database system is starting up", Outlook::Passing),
            ("Name node is in safe mode.", Outlook::Passing),
            ("java.lang.NullPointerException", Outlook::Unknown),
            ("", Outlook::Unknown),
        ] {
            assert_eq!(outlook(&Fault::meta(text)), wanted, "{text}");
        }
    }

    #[test]
    fn a_definite_refusal_says_what_to_do_and_others_are_asked_again_later() {
        let error = refused("cannot add partitions", Fault::meta("value too long for type"));
        assert_eq!(error.kind(), Kind::Config);
        assert!(error.hint().is_some_and(|hint| hint.contains("widen")), "{error:?}");
        for text in ["deadlock detected", "NullPointerException"] {
            let error = refused("cannot add partitions", Fault::meta(text));
            assert_eq!((error.kind(), error.hint()), (Kind::Unavailable, None), "{text}");
        }
        let invalid = Fault::new(FaultKind::InvalidObject, "partition values have null");
        assert!(fewer_may_help(&invalid) && refused("x", invalid).kind() == Kind::Schema);
        for kind in [FaultKind::NoSuchObject, FaultKind::UnknownMethod] {
            assert!(!fewer_may_help(&Fault::new(kind, "")), "{kind:?}");
        }
    }
}
