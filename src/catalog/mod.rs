//! Opens the configured catalog, and turns DDL into its tables and back into columns and options.

pub mod table;
pub mod types;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use metastore::{Catalog, EmbeddedStore, location};

use crate::error::{Error, Result};

/// File of the embedded metastore, below the warehouse.
const FILE: &str = ".skep/metastore.db";

/// Opens the embedded metastore of a warehouse; makes folder and file if they do not exist.
///
/// # Errors
/// `Config` if the folder cannot be made or written, `Unavailable` if the file cannot be opened now.
pub fn open(warehouse: &Path) -> Result<Arc<dyn Catalog>> {
    let file = warehouse.join(FILE);
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(|e| {
            Error::io("cannot make the warehouse's folder", e).with("path", folder.display())
        })?;
    }
    let warehouse = absolute(warehouse)?;
    let store = EmbeddedStore::open(&warehouse.join(FILE), &location::from_path(&warehouse)?)?;
    Ok(Arc::new(store))
}

/// Tells whether a warehouse has an embedded metastore.
pub fn exists(warehouse: &Path) -> bool {
    warehouse.join(FILE).is_file()
}

/// Gives the absolute form of a folder that exists.
///
/// # Errors
/// As `Error::io`.
pub fn absolute(folder: &Path) -> Result<PathBuf> {
    std::fs::canonicalize(folder)
        .map_err(|e| Error::io("cannot open the folder", e).with("path", folder.display()))
}
