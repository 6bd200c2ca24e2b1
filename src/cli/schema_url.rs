//! Avro tables whose schema is a file: `avro.schema.url`.

use std::fs;
use std::path::Path;

use metastore::location;

use crate::decode::registry;
use crate::disk::failed;
use crate::error::{Error, Result};
use crate::source::kafka::TlsOptions;

/// Bytes of a schema at most.
const LONGEST: u64 = 16 << 20;

/// Reads the schema at an address.
///
/// # Errors
/// `Unavailable` if it cannot be fetched; `Schema` if it is no text; `Unsupported` for other addresses than `file`, `http` and `https`.
pub(super) fn text(url: &str) -> Result<String> {
    let bytes = if url.starts_with("http://") || url.starts_with("https://") {
        registry::fetch(url, &|| TlsOptions::default().config())?
    } else if url.starts_with("file:") || url.starts_with('/') {
        file(&location::to_path(url)?)?
    } else {
        return Err(Error::unsupported("the schema of an Avro table cannot be read from there")
            .with("avro.schema.url", url)
            .with_hint("use file:, http: or https:, or put the schema into avro.schema.literal"));
    };
    String::from_utf8(bytes)
        .map_err(|e| Error::schema("the schema of an Avro table is no text").with_source(e))
}

fn file(path: &Path) -> Result<Vec<u8>> {
    let cannot = |e| failed("cannot read the schema of an Avro table", path, e);
    let length = fs::metadata(path).map_err(cannot)?.len();
    if length > LONGEST {
        return Err(Error::schema("the schema of an Avro table is too long").with("bytes", length));
    }
    fs::read(path).map_err(cannot)
}
