//! Typed settings: plain data, no clock, no catalog, no engine.
//!
//! ```text
//!  skep.toml ┐                                   ┌─► Settings         where things are
//!  SKEP__…   ├─► load ─► session Properties ─────┼─► PipelineOptions  how a pipeline runs
//!  flags     ┘             ▲ SET in a script     │
//!                                                │
//!  WITH (...) ─────────────► table Properties ───┼─► SourceOptions    what is read
//!  TBLPROPERTIES (...) ────► table Properties ───┼─► SinkOptions      how it is written, committed
//!    /*+ OPTIONS(...) */                         └─► DimensionOptions what a stream is joined with
//! ```
//!
//! - Every option is described once, with its doc comment, next to its field; parsing, unknown keys,
//!   `explain` and the reference derive from that ([`table_options`]).
//! - Every value knows its [`Origin`]; a table's own property wins over the session, the session over
//!   the default.
//! - Mistakes are collected in [`Problems`]; parsing goes on with the default after one.
//! - Only [`mod@load`] reads the disk and the environment.

pub mod check;
pub mod datagen;
pub mod dimension;
pub mod explain;
pub mod format;
pub mod kafka;
pub mod kafka_client;
pub mod load;
pub mod orc;
pub mod parquet;
pub mod pipeline;
pub mod problem;
pub mod properties;
pub mod reference;
pub mod s3;
pub mod secret;
pub mod settings;
pub mod sink;
pub mod source;
pub mod table_options;
pub mod table_source;
#[cfg(test)]
mod testing;
pub mod time_pattern;
pub mod units;
pub mod values;

pub use dimension::DimensionOptions;
pub use explain::{Explained, explain, mask};
pub use load::load;
pub use pipeline::PipelineOptions;
pub use problem::{Origin, Problem, Problems, Severity};
pub use properties::Properties;
pub use s3::S3Options;
pub use secret::Secret;
pub use settings::{Flags, MetastoreSettings, Settings};
pub use sink::SinkOptions;
pub use source::SourceOptions;
pub use table_source::TableSourceOptions;
pub use units::{ByteSize, MaxRate};
