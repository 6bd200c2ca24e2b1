//! Record payloads to rows: bytes of JSON or CSV straight into the columns of a batch.
//!
//! ```text
//!  block:  {"a":1,"b":"x"}\n{"b":"y","a":2}\n … 64 zero bytes
//!             │  │   │  └─► column b: offsets, bytes
//!             │  └───┼────► column a: 1, 2, …
//!             └──────┴────► learned literals: which key comes next
//! ```
//!
//! No value tree is made of a record. Each value is parsed where it stands and appended to the
//! buffer of its column; a record that turns out to be bad is cut off all columns again, so it
//! leaves no trace and its neighbours are not touched.
//!
//! A block must be followed by [`PADDING`] zero bytes: loads of fixed width never run out of it,
//! and a zero ends every scan. All of this is safe code, so a block without them is only slower.
//!
//! # What a value may be
//!
//! | column | JSON | text in quotes, CSV field |
//! |---|---|---|
//! | integers | a number without fraction: `5`, `5.0`, `1e3` | the same, also `+5`, `007` |
//! | float, double | a number | the same, also `NaN`, `Infinity`, `-Infinity` |
//! | decimal | a number; further digits are rounded half up | the same |
//! | boolean | `true`, `false` | the same in any case |
//! | string | text; a number or boolean as written; an object or array as JSON without white space | text |
//! | binary | | base64, with or without padding |
//! | date | | `2024-01-31` |
//! | timestamp | | `2024-01-31 09:05:07.123456`; also with `T`, without seconds or time, with `Z` |
//! | timestamp with local time zone | | the same with any offset; without one it is UTC |
//! | array, map, row | array, object, object | CSV: elements between `csv.array-element-delimiter`; no maps |
//!
//! Everything else, and a number the type cannot hold, makes the record bad. Keys equal column
//! names exactly, else with case ignored; of two keys of one column the exact one counts, else the
//! last (always the last behind column 64 and inside rows). Keys that name no column are checked
//! and dropped; a column that no key names is NULL. An empty line is no
//! record. In CSV an empty field is NULL except for strings. With *ignore-parse-errors* a record
//! that breaks the grammar is skipped and counted, and an ill-typed value is NULL and counted.

#![expect(clippy::inline_always, reason = "a row's fields are parsed in one function; measured")]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    reason = "words of bytes are cut on purpose, and lengths are bounded where they grow"
)]

mod avro;
mod column;
mod csv;
mod cut;
mod decoder;
mod json;
mod keys;
mod nested;
pub(crate) mod number;
mod options;
mod raw;
mod reason;
mod scan;
mod single;
mod text;
mod time;
mod value;

pub use avro::{AvroOptions, Registry, SchemaRegistry};
pub use decoder::Decoder;
pub use options::{CsvOptions, JsonOptions, MessageFormat, RawOptions, TimestampFormat};

/// Zero bytes that must follow the records of a block.
pub const PADDING: usize = 64;

/// Describes a record that could not be decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRecord {
    /// Where the record begins in the block.
    pub start: usize,
    /// Where it ends, without its newline.
    pub end: usize,
    /// The column whose value is to blame, if one is.
    pub column: Option<String>,
    /// What is wrong with it.
    pub reason: String,
}

#[cfg(test)]
mod tests;
