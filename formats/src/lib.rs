//! Bytes to rows and rows to bytes: the file formats of Hive tables and the payloads of streams.
//!
//! Everything here is plain synchronous code over values: bytes in, batches out, and the other way
//! round. Nothing opens a file, talks to a network or reads the clock.

mod error;
pub mod message;
pub mod serde_names;
pub mod types;

pub use error::{ErrorKind, FormatError, Result};
