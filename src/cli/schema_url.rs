//! Avro tables whose schema is a file: `avro.schema.url`.

use std::fs;
use std::path::Path;

use formats::avro;
use formats::table::{Layout, TableColumn};
use metastore::{FieldSchema, Table, location};

use crate::catalog;
use crate::decode::registry;
use crate::disk::failed;
use crate::error::{Error, Result};
use crate::source::kafka::TlsOptions;

/// Bytes of a schema at most.
const LONGEST: u64 = 16 << 20;

/// Gives an Avro table the columns of its schema, which is fetched if the table only says where it is; others stay as they are.
///
/// Source: Hive `AvroSerDe`, whose columns are those of the schema.
///
/// # Errors
/// `Unavailable` if the schema cannot be fetched; `Schema` if it is none; `Unsupported` for other addresses than `file`, `http` and `https`.
pub(super) fn resolve(mut table: Table) -> Result<Table> {
    let Ok(mut descriptor) = catalog::table::descriptor(&table) else { return Ok(table) };
    if descriptor.layout().ok() != Some(Layout::Avro) {
        return Ok(table);
    }
    let named = |e: Error| e.with("table", &table.name);
    if let Some(url) = descriptor.schema_url() {
        let text = text(url).map_err(named)?;
        descriptor.properties.insert("avro.schema.literal".to_owned(), text);
    }
    let schema = avro::table_columns(&descriptor).map_err(|e| named(e.into()))?;
    if let Some(columns) = schema {
        let field = |c: &TableColumn| FieldSchema::new(c.name.clone(), c.ty.to_string());
        table.sd.cols = columns.iter().map(field).collect();
    }
    Ok(table)
}

fn text(url: &str) -> Result<String> {
    let bytes = if url.starts_with("http://") || url.starts_with("https://") {
        let tls = url.starts_with("https://").then(|| TlsOptions::default().config());
        registry::fetch(url, tls.transpose()?.as_ref())?
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
