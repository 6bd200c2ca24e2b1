//! The files of tables: which there are, and their bytes.
//!
//! A location's scheme and bucket say where it is; a store is opened when such a location is first met.

mod local;
mod object;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use config::S3Options;
use formats::Input;

use self::local::LocalStore;
use self::object::ObjectFiles;
use super::view::Seen;
use crate::error::{Error, Result};
use crate::source::FileIdentity;

/// Names a file of a table, and says which version of it, and which of its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFile {
    /// Where it is: `file:/warehouse/t/dt=1/part-0.parquet`.
    pub path: String,
    /// What it was when it was listed.
    pub identity: FileIdentity,
    /// What of it is seen, if the table is transactional; else all of it is.
    pub seen: Option<Seen>,
}

/// What is found in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Where it is.
    pub path: String,
    /// What it was when it was listed; nothing for a folder.
    pub identity: Option<FileIdentity>,
}

/// Which files are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    /// Visible ones alone.
    Visible,
    /// Hidden ones as well, and folders; not what is in hidden folders.
    All,
}

impl DataFile {
    /// Names a file all of whose rows are seen.
    pub fn new(path: String, identity: FileIdentity) -> Self {
        Self { path, identity, seen: None }
    }

    /// Gives the path below a partition's location.
    pub fn relative<'a>(&'a self, location: &str) -> &'a str {
        let below = self.path.strip_prefix(location.trim_end_matches('/'));
        below.and_then(|below| below.strip_prefix('/')).unwrap_or(&self.path)
    }
}

/// Port to a place where files are.
trait FileStore: fmt::Debug + Send + Sync {
    /// See [`Files::list`] and [`Files::list_all`]; in any order.
    fn list(&self, folder: &str, which: Which) -> Result<Vec<Listed>>;

    /// See [`Files::changed`].
    fn changed(&self, folder: &str) -> Result<Option<i64>>;

    /// See [`Files::look`].
    fn look(&self, path: &str) -> Result<Option<FileIdentity>>;

    /// See [`Files::open`].
    fn open(&self, file: &DataFile) -> Result<Arc<dyn Input>>;
}

/// Gives the text at an address, such as the schema of an Avro table.
pub type Fetch = fn(&str) -> Result<String>;

/// Lists and opens files wherever tables are: on the local disk, and in object stores that speak S3.
#[derive(Debug, Default)]
pub struct Files {
    s3: S3Options,
    fetch: Option<Fetch>,
    /// Schemas of Avro tables by where they are.
    schemas: Mutex<BTreeMap<String, String>>,
    /// Stores of objects by the name of their bucket.
    buckets: Mutex<BTreeMap<String, Arc<ObjectFiles>>>,
}

impl Files {
    /// Makes it without any settings for objects: whoever reads them is who the machine is.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes it; nothing is connected to yet.
    pub fn with_s3(s3: &S3Options) -> Self {
        Self { s3: s3.clone(), ..Self::default() }
    }

    /// Lets schemas be read that lie elsewhere.
    #[must_use]
    pub fn with_schemas(self, fetch: Fetch) -> Self {
        Self { fetch: Some(fetch), ..self }
    }

    /// Reads the schema of an Avro table. It is read once; a changed one counts from the next start on.
    ///
    /// # Errors
    /// `Unavailable` if it cannot be read now; `Unsupported` for an address that is not read.
    pub fn schema(&self, url: &str) -> Result<String> {
        if let Some(known) = self.known_schemas().get(url) {
            return Ok(known.clone());
        }
        let fetch = self.fetch.ok_or_else(|| {
            Error::unsupported("schemas elsewhere are not read here").with("avro.schema.url", url)
        })?;
        let text = fetch(url)?;
        self.known_schemas().insert(url.to_owned(), text.clone());
        Ok(text)
    }

    fn known_schemas(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.schemas.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lists the visible files below a folder, in the order of their paths.
    ///
    /// Shape: regular files in the folder and in those below it; names that begin with `_` or `.` are left out with all that
    /// is below them. A folder that is not there has no files. Cost: one `stat` a file, or a call for a thousand objects.
    ///
    /// # Errors
    /// `Unsupported` for a place that is not read; `Config` for a folder that may not be read, or that contains itself through
    /// a link; `Unavailable` if it cannot be read now.
    ///
    /// Source: Hive `FileUtils.HIDDEN_FILES_PATH_FILTER`, `hive.mapred.supports.subdirectories`.
    pub fn list(&self, folder: &str) -> Result<Vec<DataFile>> {
        let found = self.store(folder)?.list(folder, Which::Visible)?;
        let file = |found: Listed| Some(DataFile::new(found.path, found.identity?));
        let mut files: Vec<DataFile> = found.into_iter().filter_map(file).collect();
        // Folders sort as their files' paths do, so a `/` counts: `a-b` is before `a/b`.
        files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }

    /// Lists the files below a folder as [`list`](Self::list) does, and besides hidden ones, and folders as far as the storage
    /// has any; what is in hidden folders is left out.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub fn list_all(&self, folder: &str) -> Result<Vec<Listed>> {
        self.store(folder)?.list(folder, Which::All)
    }

    /// Gives a number that changes when a name is added to the folder or taken away; `None` where the storage has none, or the
    /// folder is not there.
    ///
    /// Limit: what happens in folders below it does not count.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub fn changed(&self, folder: &str) -> Result<Option<i64>> {
        self.store(folder)?.changed(folder)
    }

    /// Tells what a file is now; `None` if it is gone.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub fn look(&self, path: &str) -> Result<Option<FileIdentity>> {
        self.store(path)?.look(path)
    }

    /// Opens the version of a file that was listed.
    ///
    /// # Errors
    /// `NotFound` if it is gone or another has its name; `Config` if it may not be read; `Unavailable` if it cannot be read now.
    pub fn open(&self, file: &DataFile) -> Result<Arc<dyn Input>> {
        self.store(&file.path)?.open(file)
    }

    /// Finds the store of a location.
    fn store(&self, location: &str) -> Result<Arc<dyn FileStore>> {
        let Some((scheme, bucket)) = object::bucket(location) else {
            return Ok(Arc::new(LocalStore));
        };
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = buckets.get(bucket) {
            return Ok(Arc::clone(store) as Arc<dyn FileStore>);
        }
        let store = Arc::new(ObjectFiles::connect(scheme, bucket, &self.s3)?);
        buckets.insert(bucket.to_owned(), Arc::clone(&store));
        Ok(store)
    }
}

#[cfg(test)]
mod tests;
