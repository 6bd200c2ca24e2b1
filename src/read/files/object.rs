//! Objects of S3 as files: a blocking shell over the crate `object_store`.
//!
//! There are no folders, only names with `/` in them. The version of an object is its `ETag`; reads ask for the version that was
//! opened, so that a file which is replaced meanwhile is an error and never a mixture.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use config::S3Options;
use formats::Input;
use object_store::aws::AmazonS3Builder;
use object_store::path::Path as Key;
use object_store::{
    BackoffConfig, ClientOptions, Error as StoreError, GetOptions, GetRange, ObjectMeta,
    ObjectStore, ObjectStoreExt, RetryConfig,
};
use sha2::{Digest, Sha256};
use tokio::runtime::Runtime;

use super::{DataFile, FileStore, Listed, Which};
use crate::error::{Error, Kind, Result};
use crate::names::is_hidden;
use crate::source::FileIdentity;

/// Schemes of locations in S3: Hadoop's names of its three clients.
const SCHEMES: [&str; 3] = ["s3", "s3a", "s3n"];

/// Objects that Hadoop's older clients made to stand for folders end in this.
const FOLDER_MARK: &str = "_$folder$";

/// Bytes that are asked for at once, at least: a request costs some milliseconds.
const READ_BYTES: u64 = 1 << 20;

/// Bytes of a file that are kept.
const KEPT_BYTES: usize = 32 << 20;

/// How long and how often a request is repeated; whoever polls comes back anyway.
const RETRIES: usize = 4;
const RETRY_TIMEOUT: Duration = Duration::from_secs(30);

/// Codes by which a server refuses whoever asks; the crate knows them from reads, not from listings.
///
/// Source: Amazon S3 API reference, error responses.
const REFUSALS: [&str; 5] =
    ["AccessDenied", "ExpiredToken", "InvalidAccessKeyId", "InvalidToken", "SignatureDoesNotMatch"];

const CHECK_KEYS: &str = "check s3.access_key and s3.secret_key, and what the key may do";

/// Splits a location in S3 into scheme and bucket.
pub(super) fn bucket(location: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = location.split_once("://")?;
    let bucket = rest.split('/').next()?;
    SCHEMES.contains(&scheme).then_some((scheme, bucket))
}

/// The objects of a bucket.
#[derive(Debug)]
pub(super) struct ObjectFiles {
    /// `s3a://bucket`.
    root: String,
    store: Arc<dyn ObjectStore>,
}

/// Runs requests; the threads that wait for them run them themselves but for the network's events.
static RUNTIME: LazyLock<io::Result<Runtime>> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .thread_name("s3")
        .build()
});

fn wait<T>(request: impl Future<Output = T>) -> io::Result<T> {
    match &*RUNTIME {
        Ok(runtime) => Ok(runtime.block_on(request)),
        Err(e) => Err(io::Error::new(e.kind(), e.to_string())),
    }
}

impl ObjectFiles {
    /// Opens a bucket; no request is sent.
    pub(super) fn connect(scheme: &str, bucket: &str, options: &S3Options) -> Result<Self> {
        let wrong = |e: StoreError| {
            Error::config("cannot read from this bucket")
                .with("bucket", bucket)
                .with_source(e)
                .with_hint("set s3.endpoint, s3.access_key and s3.secret_key in the service file")
        };
        let retry = RetryConfig {
            backoff: BackoffConfig::default(),
            max_retries: RETRIES,
            retry_timeout: RETRY_TIMEOUT,
        };
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_region(&options.region)
            .with_virtual_hosted_style_request(!options.path_style_access)
            .with_client_options(ClientOptions::new().with_allow_http(true))
            .with_retry(retry);
        if let Some(endpoint) = &options.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        if let (Some(name), Some(key)) = (&options.access_key, &options.secret_key) {
            builder =
                builder.with_access_key_id(name.expose()).with_secret_access_key(key.expose());
        }
        if let Some(token) = &options.session_token {
            builder = builder.with_token(token.expose());
        }
        let store = builder.build().map_err(wrong)?;
        Ok(Self::over(scheme, bucket, Arc::new(store)))
    }

    /// Takes any store for a bucket.
    pub(super) fn over(scheme: &str, bucket: &str, store: Arc<dyn ObjectStore>) -> Self {
        Self { root: format!("{scheme}://{bucket}"), store }
    }

    fn head(&self, key: &Key) -> Result<Option<ObjectMeta>> {
        match wait(self.store.head(key)).map_err(no_runtime)? {
            Ok(meta) => Ok(Some(meta)),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(e) => Err(self.failed("cannot look at the object", key, e)),
        }
    }

    fn failed(&self, what: &str, key: &Key, error: StoreError) -> Error {
        let reason = reason(&error);
        let denied = REFUSALS.iter().any(|code| reason.starts_with(code));
        let (kind, hint) = match &error {
            StoreError::NotFound { .. } | StoreError::Precondition { .. } => (Kind::NotFound, None),
            StoreError::PermissionDenied { .. } | StoreError::Unauthenticated { .. } => {
                (Kind::Config, Some(CHECK_KEYS))
            }
            _ if denied => (Kind::Config, Some(CHECK_KEYS)),
            _ if reason.starts_with("NoSuchBucket") => {
                (Kind::Config, Some("check the table's location and s3.endpoint"))
            }
            _ => (Kind::Unavailable, None),
        };
        let error = Error::new(kind, what)
            .with("object", format!("{}/{key}", self.root))
            .with("reason", reason);
        match hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }
}

/// Gives the name of an object of a bucket, whatever scheme its location has.
fn key(location: &str) -> Result<Key> {
    let below = location.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
    let name = below.map_or("", |(_, name)| name);
    Key::parse(name).map_err(|e| {
        Error::config("the location cannot be the name of an object")
            .with("location", location)
            .with_source(e)
    })
}

/// Says why a request failed: the code and message of the server's answer, without the rest of it.
pub(super) fn reason(error: &StoreError) -> String {
    let text = error.to_string();
    let tag = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        Some(rest.split_once('<')?.0)
    };
    if let Some(code) = tag("Code") {
        return match tag("Message") {
            Some(message) => format!("{code}: {message}"),
            None => code.to_owned(),
        };
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    let cause = cause.to_string();
    if text.contains(&cause) { text } else { format!("{text}: {cause}") }
}

fn no_runtime(error: io::Error) -> Error {
    Error::io("cannot start the threads for object stores", error)
}

fn identity(meta: &ObjectMeta) -> FileIdentity {
    let digest = Sha256::digest(meta.e_tag.as_deref().unwrap_or_default());
    FileIdentity {
        size: meta.size,
        modified_ns: meta.last_modified.timestamp_nanos_opt().unwrap_or(0),
        inode: digest.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes)),
    }
}

impl FileStore for ObjectFiles {
    fn list(&self, folder: &str, which: Which) -> Result<Vec<Listed>> {
        let prefix = key(folder)?;
        let all = async {
            let mut stream = self.store.list(Some(&prefix));
            let mut all = Vec::new();
            while let Some(meta) = futures_util::TryStreamExt::try_next(&mut stream).await? {
                all.push(meta);
            }
            Ok::<_, StoreError>(all)
        };
        let all = wait(all).map_err(no_runtime)?;
        let all = all.map_err(|e| self.failed("cannot list the objects", &prefix, e))?;
        let file = |meta: ObjectMeta| {
            let below = meta.location.prefix_match(&prefix)?;
            let names: Vec<String> = below.map(|part| part.as_ref().to_owned()).collect();
            let (last, folders) = names.split_last()?;
            let hidden = |name: &String| is_hidden(name.as_ref());
            let path = |name: &str| {
                let below = folders.iter().map(String::as_str).chain([name]).collect::<Vec<_>>();
                format!("{}/{}", folder.trim_end_matches('/'), below.join("/"))
            };
            if folders.iter().any(hidden) || hidden(last) && which == Which::Visible {
                return None;
            }
            match last.strip_suffix(FOLDER_MARK) {
                None => Some(Listed { path: path(last), identity: Some(identity(&meta)) }),
                Some(name) if which == Which::All => {
                    Some(Listed { path: path(name), identity: None })
                }
                Some(_) => None,
            }
        };
        Ok(all.into_iter().filter_map(file).collect())
    }

    fn changed(&self, _folder: &str) -> Result<Option<i64>> {
        Ok(None)
    }

    fn look(&self, path: &str) -> Result<Option<FileIdentity>> {
        Ok(self.head(&key(path)?)?.as_ref().map(identity))
    }

    fn open(&self, file: &DataFile) -> Result<Arc<dyn Input>> {
        let key = key(&file.path)?;
        let gone = |why: String| {
            Err(Error::not_found("the object is not the one that was listed")
                .with("path", &file.path)
                .with("reason", why))
        };
        let (meta, end) = match self.end(&key, file.identity.size) {
            Some(read) => read,
            // What is wrong is said by a request that asks for less.
            None => match self.head(&key)? {
                Some(meta) => (meta, Bytes::new()),
                None => return gone("it is gone".to_owned()),
            },
        };
        if let Some(difference) = file.identity.difference(&identity(&meta)) {
            return gone(difference);
        }
        let object = Object {
            store: Arc::clone(&self.store),
            key,
            size: meta.size,
            e_tag: meta.e_tag,
            kept: Mutex::default(),
        };
        if !end.is_empty() {
            object.keep(meta.size - end.len() as u64, &end);
        }
        Ok(Arc::new(object))
    }
}

impl ObjectFiles {
    /// Reads the end of an object of a known size, where footers are: what it is comes with it, and no request is spent on that alone.
    fn end(&self, key: &Key, size: u64) -> Option<(ObjectMeta, Bytes)> {
        let range = Some(GetRange::Bounded(size.saturating_sub(READ_BYTES)..size));
        let options = GetOptions { range, ..GetOptions::default() };
        let request = async {
            let result = self.store.get_opts(key, options).await?;
            let meta = result.meta.clone();
            Ok::<_, StoreError>((meta, result.bytes().await?))
        };
        let (meta, bytes) = if size > 0 { wait(request).ok()?.ok()? } else { return None };
        (meta.size == size && bytes.len() as u64 == size.min(READ_BYTES)).then_some((meta, bytes))
    }
}

/// An object that is read in pieces; some are kept, since readers go through a piece in small steps.
struct Object {
    store: Arc<dyn ObjectStore>,
    key: Key,
    size: u64,
    e_tag: Option<String>,
    /// Offset and bytes, the ones used last in front.
    kept: Mutex<VecDeque<(u64, Bytes)>>,
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Object")
            .field("key", &self.key)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

impl Object {
    /// Finds bytes among those that are kept.
    fn find(&self, offset: u64, length: usize) -> Option<Bytes> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let inside = |(at, bytes): &(u64, Bytes)| {
            *at <= offset && offset + length as u64 <= at + bytes.len() as u64
        };
        let found = kept.iter().position(inside)?;
        let piece = kept.remove(found)?;
        let start = usize::try_from(offset - piece.0).ok()?;
        let bytes = piece.1.slice(start..start + length);
        kept.push_front(piece);
        Some(bytes)
    }

    fn keep(&self, offset: u64, bytes: &Bytes) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_front((offset, bytes.clone()));
        let mut sum = 0;
        kept.retain(|(_, bytes)| {
            sum += bytes.len();
            sum <= KEPT_BYTES
        });
    }
}

impl Input for Object {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, length: usize) -> io::Result<Bytes> {
        let end = offset.checked_add(length as u64).filter(|end| *end <= self.size);
        let Some(end) = end else { return Err(io::ErrorKind::UnexpectedEof.into()) };
        if length == 0 {
            return Ok(Bytes::new());
        }
        if let Some(bytes) = self.find(offset, length) {
            return Ok(bytes);
        }
        // Footers are read from the end backwards.
        let start =
            if end == self.size { offset.min(end.saturating_sub(READ_BYTES)) } else { offset };
        let stop = end.max(start.saturating_add(READ_BYTES)).min(self.size);
        let options = GetOptions {
            range: Some(GetRange::Bounded(start..stop)),
            if_match: self.e_tag.clone(),
            ..GetOptions::default()
        };
        let request = async { self.store.get_opts(&self.key, options).await?.bytes().await };
        let bytes = wait(request)?.map_err(|e| {
            let kind = match e {
                StoreError::NotFound { .. } | StoreError::Precondition { .. } => {
                    io::ErrorKind::NotFound
                }
                _ => io::ErrorKind::Other,
            };
            io::Error::new(kind, reason(&e))
        })?;
        if bytes.len() as u64 != stop - start {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.keep(start, &bytes);
        let from = usize::try_from(offset - start).unwrap_or(usize::MAX);
        Ok(bytes.slice(from..from + length))
    }
}
