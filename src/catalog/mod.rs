//! Opens the configured catalog, and turns DDL into its tables and back into columns and options.

pub mod table;
pub mod types;

use std::error::Error as _;
use std::iter::successors;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use config::Settings;
use metastore::client::{self, HiveCatalog, site};
use metastore::server::{self, Server};
use metastore::{Catalog, EmbeddedStore, location};

use crate::disk;
use crate::error::{Error, Kind, Result};

/// File of the embedded metastore, below the warehouse.
const FILE: &str = ".skep/metastore.db";

/// Opens the catalog that the settings name: a Hive Metastore, or the embedded one of the warehouse.
///
/// # Errors
/// `Config` if an address or the file that should name one is wrong, and as [`open`]. A Hive Metastore is not asked yet.
pub fn of_settings(settings: &Settings) -> Result<Arc<dyn Catalog>> {
    let uris = uris(settings)?;
    if uris.is_empty() {
        return open(&settings.warehouse);
    }
    let user = settings.metastore.user.clone();
    let options = client::Options { user, ..client::Options::new(uris) };
    Ok(Arc::new(HiveCatalog::new(options)?))
}

/// Tells whether the tables are in a Hive Metastore.
///
/// # Errors
/// As [`of_settings`].
pub fn is_remote(settings: &Settings) -> Result<bool> {
    Ok(!uris(settings)?.is_empty())
}

/// Gives the addresses of the Hive Metastore: those of the settings, else those of the folder's `hive-site.xml`.
fn uris(settings: &Settings) -> Result<Vec<String>> {
    let Some(folder) =
        settings.metastore.hive_conf_dir.as_ref().filter(|_| settings.metastore.uris.is_empty())
    else {
        return Ok(settings.metastore.uris.clone());
    };
    let file = folder.join("hive-site.xml");
    let text = std::fs::read_to_string(&file).map_err(|e| {
        Error::config("cannot read the configuration of Hive")
            .with("file", file.display())
            .with_source(e)
            .with_hint("name the folder that hive-site.xml is in with --hive-conf-dir")
    })?;
    let uris = site::uris(&text);
    if uris.is_empty() {
        return Err(Error::config("the configuration of Hive names no metastore")
            .with("file", file.display())
            .with_hint("set hive.metastore.uris in it, or metastore.uris in the service file"));
    }
    Ok(uris)
}

/// Serves the embedded metastore of a warehouse over thrift until the value is dropped.
///
/// # Errors
/// As [`open`]; `Unavailable` if the address cannot be listened on.
pub fn serve(
    warehouse: &Path,
    listen: std::net::SocketAddr,
    max_connections: usize,
) -> Result<Server> {
    let store = embedded(warehouse)?;
    Ok(Server::start(store, &server::Options { listen, max_connections })?)
}

/// Opens the embedded metastore of a warehouse; makes folder and file if they do not exist.
///
/// # Errors
/// `Config` if the folder cannot be made or written, `Unavailable` if the file cannot be opened now.
pub fn open(warehouse: &Path) -> Result<Arc<dyn Catalog>> {
    Ok(embedded(warehouse)?)
}

fn embedded(warehouse: &Path) -> Result<Arc<EmbeddedStore>> {
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
    if error.kind() != Kind::Config || error.hint().is_some() {
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
