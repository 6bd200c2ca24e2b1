//! Hadoop's own file formats, and the binary values that Hive puts into them.

mod cursor;
mod lazy_binary;
mod rcfile;
mod sequence;

pub(crate) use self::lazy_binary::decimal;
pub(crate) use self::rcfile::open as open_rcfile;
pub(crate) use self::sequence::{bounds, open as open_sequence};

use crate::Result;
use crate::input::Input;
use crate::table::Layout;

/// Longest header of a file: class names, metadata.
const HEADER_BYTES: usize = 1 << 20;

/// Largest record, block or row group, unpacked.
const BLOCK_BYTES: usize = 512 << 20;

/// Describes a sequence file or an RCFile.
///
/// # Errors
/// As [`table::open`](crate::table::open).
pub(crate) fn describe(input: &dyn Input, layout: Layout) -> Result<serde_json::Value> {
    if let Layout::Sequence(_) = layout {
        return sequence::describe(input);
    }
    rcfile::describe(input)
}
