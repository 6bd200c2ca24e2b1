//! ORC files to batches.
//!
//! ```text
//! tail ─► stripes of the split ─► statistics leave stripes out ─► row index and bloom filters
//!      leave row groups out ─► streams seek to the rest ─► decoders ─► conversions ─► batches
//! ```

mod convert;
mod decimals;
mod decoder;
mod describe;
mod file;
mod leaf;
mod plan;
mod predicate;
mod runs;
mod source;
mod stripe;
mod tail;
mod time;

pub(crate) use describe::describe;
pub use file::{OrcBatches, OrcFile, OrcRead};
pub use leaf::TimestampUnit;
pub use predicate::{OrcComparison, OrcPredicate, OrcValue};
