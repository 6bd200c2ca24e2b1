//! Checkpoints as bytes.
//!
//! One line says what follows, then comes the checkpoint as JSON:
//!
//! ```text
//! {"magic":"skep-checkpoint","version":1,"bytes":812,"crc32":"4f1d22a0"}
//! {"id":42,"job":"0a1b2c3d", ...}
//! ```
//!
//! Every version that was ever written stays readable; a file of each is kept as a test.

use serde::{Deserialize, Serialize};

use super::Checkpoint;
use crate::error::{Error, Result};

const MAGIC: &str = "skep-checkpoint";

/// The version that is written.
pub const VERSION: u32 = 1;

/// Longest first line that can be one of ours.
const MAX_HEADER_BYTES: usize = 1024;

#[derive(Serialize, Deserialize)]
struct Header {
    magic: String,
    version: u32,
    /// Length of the rest of the file.
    bytes: u64,
    /// Checksum of the rest of the file, hexadecimal.
    crc32: String,
}

/// Writes a checkpoint.
///
/// # Errors
/// `Internal` if it cannot be written as JSON.
pub fn encode(checkpoint: &Checkpoint) -> Result<Vec<u8>> {
    let wrong = |e| Error::internal("cannot write the checkpoint as JSON").with_source(e);
    let body = serde_json::to_vec(checkpoint).map_err(wrong)?;
    let header = Header {
        magic: MAGIC.to_owned(),
        version: VERSION,
        bytes: body.len() as u64 + 1,
        crc32: String::new(),
    };
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&body);
    hasher.update(b"\n");
    let header = Header { crc32: format!("{:08x}", hasher.finalize()), ..header };
    let mut out = serde_json::to_vec(&header).map_err(wrong)?;
    out.reserve(body.len() + 2);
    out.push(b'\n');
    out.extend_from_slice(&body);
    out.push(b'\n');
    Ok(out)
}

/// Reads a checkpoint of any version so far.
///
/// # Errors
/// `Data` if the bytes are damaged, cut off or no checkpoint; `Unsupported` if a newer version of this program wrote them.
pub fn decode(bytes: &[u8]) -> Result<Checkpoint> {
    let line = bytes.iter().take(MAX_HEADER_BYTES).position(|b| *b == b'\n');
    let line = line.ok_or_else(|| damaged("its first line is not complete"))?;
    let (head, body) = (&bytes[..line], &bytes[line + 1..]);
    let header: Header = serde_json::from_slice(head)
        .map_err(|e| damaged("its first line cannot be read").with_source(e))?;
    if header.magic != MAGIC {
        return Err(damaged("its first line does not name a checkpoint"));
    }
    if header.version > VERSION {
        return Err(Error::unsupported("the checkpoint was written by a newer version of skep")
            .with("version", header.version)
            .with("newest known version", VERSION)
            .with_hint("use that version of skep, or a later one"));
    }
    if header.bytes != body.len() as u64 {
        return Err(damaged("it is cut off or too long")
            .with("bytes", body.len())
            .with("expected", header.bytes));
    }
    let crc32 = format!("{:08x}", crc32fast::hash(body));
    if header.crc32 != crc32 {
        return Err(damaged("its checksum is wrong")
            .with("crc32", crc32)
            .with("expected", header.crc32));
    }
    match header.version {
        1 => serde_json::from_slice(body)
            .map_err(|e| damaged("its content cannot be read").with_source(e)),
        other => Err(damaged("its version was never written").with("version", other)),
    }
}

fn damaged(why: &str) -> Error {
    Error::data(format!("the checkpoint is damaged: {why}"))
}

#[cfg(test)]
mod tests;
