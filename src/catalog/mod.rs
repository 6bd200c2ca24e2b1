//! Opens the configured catalog, and turns DDL into its tables and back into columns and options.

pub mod table;
pub mod types;

use std::error::Error as _;
use std::iter::successors;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use metastore::{Catalog, EmbeddedStore, location};

use crate::disk;
use crate::error::{Error, Kind, Result};

/// File of the embedded metastore, below the warehouse.
const FILE: &str = ".skep/metastore.db";

/// Opens the embedded metastore of a warehouse; makes folder and file if they do not exist.
///
/// # Errors
/// `Config` if the folder cannot be made or written, `Unavailable` if the file cannot be opened now.
pub fn open(warehouse: &Path) -> Result<Arc<dyn Catalog>> {
    let file = warehouse.join(FILE);
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(|e| disk::no_folder(folder, e))?;
    }
    let warehouse = absolute(warehouse)?;
    let store = EmbeddedStore::open(&warehouse.join(FILE), &location::from_path(&warehouse)?);
    Ok(Arc::new(store.map_err(advise)?))
}

/// Says what to do about a metastore that cannot be opened.
fn advise(error: metastore::Error) -> Error {
    let error = Error::from(error);
    if error.kind() != Kind::Config {
        return error;
    }
    let causes = successors(error.source(), |cause| (*cause).source());
    let mut io = causes.filter(|cause| cause.downcast_ref::<std::io::Error>().is_some());
    let hint = if io.next().is_some() {
        "give this user write access to the folder, or choose another --warehouse"
    } else {
        "bring the file back from a backup, or choose another --warehouse; the tables' files are not touched"
    };
    error.with_hint(hint)
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
