//! HiveQL on columns: names and types are resolved once, rows are computed batch by batch.
//!
//! ```text
//! dialect AST ──bind──► Transform ──apply(batch)──► rows of the table + partition values
//!                 │
//!              functions: Hive's functions as DataFusion scalar functions
//!              lookup: tables that rows are joined with, in memory
//! ```
//!
//! Everything here is pure: no clock, no files. The time is an argument of
//! [`Transform::apply`](bind::Transform::apply).

pub mod bind;
pub mod functions;
pub mod lookup;
