//! What handlers work with: the context of a call, and its arguments made sure of.

use std::collections::BTreeMap;

use crate::Catalog;
use crate::convert::{CATALOG, plain_database};
use crate::embedded::EmbeddedStore;
use crate::error::{Error, Kind};
use crate::model::Table;
use crate::names::TableName;
use crate::wire::{Fault, FaultKind};

/// What a handler answers.
pub(super) type Outcome<T> = Result<T, Fault>;

/// One connection's state.
#[derive(Debug)]
pub(super) struct Context<'a> {
    pub(super) store: &'a EmbeddedStore,
    /// User that the client says it works for.
    pub(super) user: Option<String>,
    /// Settings of this connection, from `setMetaConf`.
    pub(super) settings: BTreeMap<String, String>,
    clock: fn() -> i32,
}

/// Gives the time in seconds since 1970: definitions carry that of their change.
fn wall_clock() -> i32 {
    #[expect(clippy::disallowed_methods, reason = "the clock of the service")]
    let now = std::time::SystemTime::now();
    let since = now.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i32::try_from(since.as_secs()).unwrap_or(i32::MAX)
}

impl<'a> Context<'a> {
    pub(super) fn new(store: &'a EmbeddedStore) -> Self {
        Self { store, user: None, settings: BTreeMap::new(), clock: wall_clock }
    }

    /// Gives the time in seconds since 1970.
    pub(super) fn now(&self) -> i32 {
        (self.clock)()
    }

    /// Reads a table by the two names of a call.
    pub(super) fn table(&self, database: Option<&str>, table: Option<&str>) -> Outcome<Table> {
        let name = table_name(database, table)?;
        self.store.get_table(&name).map_err(|error| no_table(error, &name))
    }
}

fn no_table(error: Error, name: &TableName) -> Fault {
    if error.kind() == Kind::NotFound {
        let text = format!("{CATALOG}.{name} table not found");
        return Fault::new(FaultKind::NoSuchObject, text);
    }
    error.into()
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let kind = match error.kind() {
            Kind::NotFound => FaultKind::NoSuchObject,
            Kind::AlreadyExists => FaultKind::AlreadyExists,
            Kind::Conflict => FaultKind::InvalidOperation,
            Kind::Config | Kind::Schema => FaultKind::InvalidObject,
            Kind::Unavailable | Kind::Unsupported | Kind::Internal => FaultKind::Meta,
        };
        let mut text = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        Fault::new(kind, text)
    }
}

impl From<thrift::Error> for Fault {
    fn from(error: thrift::Error) -> Self {
        Fault::meta(error.to_string())
    }
}

/// Gives an argument that must be there.
pub(super) fn need<T>(argument: Option<T>, what: &str) -> Outcome<T> {
    argument.ok_or_else(|| {
        Fault::new(FaultKind::InvalidInput, format!("the call lacks its argument {what}"))
    })
}

/// Gives a database's plain name, lower case.
///
/// # Errors
/// `NoSuchObject` if it is of another catalog.
pub(super) fn database_name(text: &str) -> Outcome<String> {
    let (catalog, database) = plain_database(text);
    check_catalog(Some(catalog))?;
    Ok(database.to_lowercase())
}

/// Refuses catalogs other than the one there is.
pub(super) fn check_catalog(catalog: Option<&str>) -> Outcome<()> {
    match catalog {
        None | Some("") => Ok(()),
        Some(name) if name.eq_ignore_ascii_case(CATALOG) => Ok(()),
        Some(other) => Err(Fault::new(FaultKind::NoSuchObject, format!("No such catalog {other}"))),
    }
}

/// Makes a table's name of the two names of a call.
///
/// # Errors
/// `NoSuchObject` if there can be no such table: the name is missing or has characters that no name has.
pub(super) fn table_name(database: Option<&str>, table: Option<&str>) -> Outcome<TableName> {
    let (database, table) = (need(database, "database")?, need(table, "table")?);
    let database = database_name(database)?;
    TableName::new(&database, table).map_err(|_| {
        Fault::new(FaultKind::NoSuchObject, format!("{CATALOG}.{database}.{table} table not found"))
    })
}

/// Gives how many things a client wants at most; none or a negative number = all.
pub(super) fn limit(most: Option<impl Into<i64>>) -> usize {
    match most.map(Into::into) {
        Some(most) if most >= 0 => usize::try_from(most).unwrap_or(usize::MAX),
        _ => usize::MAX,
    }
}
