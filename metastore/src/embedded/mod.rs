//! The metastore in the process: a [`Catalog`](crate::Catalog) in one `SQLite` file.

mod connection;
mod rows;
mod store;

pub use store::EmbeddedStore;

#[cfg(test)]
mod tests;
