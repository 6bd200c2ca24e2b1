//! The Hive Metastore's view of the world: names, tables, partitions, and the [`Catalog`] port that keeps them.
//!
//! Blocking by design: `SQLite` and thrift block, so callers that must not wait use a thread of their own.

pub mod error;
mod escape;
pub mod filter;
pub mod location;
pub mod model;
pub mod names;

pub use error::{Error, Kind, Result};
pub use model::{
    Database, FieldSchema, Parameters, Partition, StorageDescriptor, Table, TableType,
};
pub use names::{PartitionPath, PartitionSpec, TableName};
