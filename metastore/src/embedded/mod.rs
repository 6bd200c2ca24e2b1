//! The metastore in the process: a [`Catalog`](crate::Catalog) in one `SQLite` file.

mod connection;
mod events;
mod extras;
mod locks;
mod rows;
mod service;
mod store;
mod transactions;

pub(crate) use events::Event;
pub(crate) use extras::{ConstraintKind, Statistics};
pub(crate) use locks::{Lock, LockPart, LockRequest, LockState};
pub(crate) use rows::Scan;
pub(crate) use service::Existing;
pub use store::EmbeddedStore;
pub(crate) use store::check_columns;
pub(crate) use transactions::{Transaction, TransactionList, TransactionState};

#[cfg(test)]
mod tests;
