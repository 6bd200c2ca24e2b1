//! The file behind the embedded metastore: opening, schema versions, and one writer beside many readers.
//!
//! Write-ahead logging lets readers go on while one transaction writes; `synchronous=FULL` makes each commit durable before it is
//! acknowledged. Several processes may have the file open. The folder must be on a local file system: the log needs shared memory.

use std::fmt;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use crate::error::{Error, Kind, Result};

/// How long a call waits for other processes' transactions.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// Most reading connections; a read beyond waits for one. Each has files open and pages in memory.
const MAX_READERS: usize = 16;

/// Most bytes that the log keeps after a large transaction.
const MAX_IDLE_LOG_BYTES: i64 = 16 << 20;

/// Marks the file as ours: "skep" in ASCII.
const APPLICATION_ID: i32 = 0x736b_6570;

/// Steps from each schema version to the next; a step is never changed once it was released.
const MIGRATIONS: [&str; 2] = [
    "
    CREATE TABLE databases (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        content TEXT NOT NULL
    ) STRICT;
    CREATE TABLE tables (
        id INTEGER PRIMARY KEY,
        database_id INTEGER NOT NULL REFERENCES databases (id),
        name TEXT NOT NULL,
        content TEXT NOT NULL,
        UNIQUE (database_id, name)
    ) STRICT;
    CREATE TABLE storage (
        id INTEGER PRIMARY KEY,
        table_id INTEGER NOT NULL REFERENCES tables (id) ON DELETE CASCADE,
        content TEXT NOT NULL,
        UNIQUE (table_id, content)
    ) STRICT;
    CREATE TABLE partitions (
        id INTEGER PRIMARY KEY,
        table_id INTEGER NOT NULL REFERENCES tables (id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        storage_id INTEGER NOT NULL,
        location TEXT NOT NULL,
        create_time INTEGER NOT NULL,
        last_access_time INTEGER NOT NULL,
        parameters TEXT NOT NULL,
        UNIQUE (table_id, name)
    ) STRICT;
",
    "
    CREATE TABLE column_statistics (
        table_id INTEGER NOT NULL REFERENCES tables (id) ON DELETE CASCADE,
        partition TEXT NOT NULL,
        engine TEXT NOT NULL,
        name TEXT NOT NULL,
        content BLOB NOT NULL,
        PRIMARY KEY (table_id, partition, engine, name)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE constraints (
        id INTEGER PRIMARY KEY,
        table_id INTEGER NOT NULL REFERENCES tables (id) ON DELETE CASCADE,
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        content BLOB NOT NULL
    ) STRICT;
    CREATE INDEX constraints_of_table ON constraints (table_id, kind);
    CREATE TABLE functions (
        database_id INTEGER NOT NULL REFERENCES databases (id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        content BLOB NOT NULL,
        PRIMARY KEY (database_id, name)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE events (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        time INTEGER NOT NULL,
        kind TEXT NOT NULL,
        database_name TEXT NOT NULL,
        table_name TEXT,
        message TEXT NOT NULL
    ) STRICT;
    CREATE INDEX events_by_time ON events (time);
    CREATE TABLE transactions (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        aborted INTEGER NOT NULL,
        kind INTEGER NOT NULL,
        user TEXT NOT NULL,
        host TEXT NOT NULL,
        started INTEGER NOT NULL,
        heartbeat INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE write_ids (
        table_name TEXT NOT NULL,
        write_id INTEGER NOT NULL,
        transaction_id INTEGER NOT NULL,
        PRIMARY KEY (table_name, write_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX write_ids_of_transaction ON write_ids (transaction_id);
    CREATE TABLE last_write_ids (
        table_name TEXT PRIMARY KEY,
        write_id INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE locks (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        transaction_id INTEGER NOT NULL,
        user TEXT NOT NULL,
        host TEXT NOT NULL,
        agent TEXT NOT NULL,
        heartbeat INTEGER NOT NULL,
        acquired INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX locks_of_transaction ON locks (transaction_id);
    CREATE TABLE lock_parts (
        lock_id INTEGER NOT NULL REFERENCES locks (id) ON DELETE CASCADE,
        kind INTEGER NOT NULL,
        database_name TEXT NOT NULL,
        table_name TEXT,
        partition TEXT
    ) STRICT;
    CREATE INDEX parts_of_lock ON lock_parts (lock_id);
    CREATE INDEX locks_of_database ON lock_parts (database_name);
",
];

/// Connections to one metastore file.
pub(super) struct Connections {
    path: PathBuf,
    writer: Mutex<Connection>,
    readers: Mutex<Readers>,
    returned: Condvar,
}

/// Connections that read.
#[derive(Default)]
struct Readers {
    idle: Vec<Connection>,
    busy: usize,
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Connections {
    /// Opens the file, makes it if it is missing and brings it to the current schema version.
    ///
    /// `first` runs once, in the transaction that makes the schema.
    pub(super) fn open(
        path: &Path,
        first: impl FnOnce(&Transaction<'_>) -> Result<()>,
    ) -> Result<Self> {
        let here = |error: Error| error.with("file", path.display());
        let _lock = lock(path)?;
        let mut writer = connect(path).map_err(here)?;
        migrate(&mut writer, first).map_err(here)?;
        Ok(Self {
            path: path.to_owned(),
            writer: Mutex::new(writer),
            readers: Mutex::default(),
            returned: Condvar::new(),
        })
    }

    /// Runs a transaction that writes; it is rolled back if `run` fails.
    pub(super) fn write<T>(&self, run: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = begin(&mut writer, TransactionBehavior::Immediate)?;
        let result = run(&transaction)?;
        transaction.commit().map_err(|e| failed("cannot commit to the metastore", e))?;
        Ok(result)
    }

    /// Runs queries that all see the same state; `run` must not read by another call of this.
    pub(super) fn read<T>(&self, run: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let mut turn = Turn { connections: self, reader: self.wait_for_turn() };
        if turn.reader.is_none() {
            let opened = connect(&self.path).map_err(|e| e.with("file", self.path.display()))?;
            turn.reader = Some(opened);
        }
        match &mut turn.reader {
            Some(reader) => begin(reader, TransactionBehavior::Deferred).and_then(|tx| run(&tx)),
            None => Err(Error::internal("metastore has no connection to read by")),
        }
    }

    /// Waits until one more may read; gives an idle connection if there is one.
    fn wait_for_turn(&self) -> Option<Connection> {
        let readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.returned.wait_while(readers, |readers| readers.busy >= MAX_READERS);
        let mut readers = waited.unwrap_or_else(PoisonError::into_inner);
        readers.busy += 1;
        readers.idle.pop()
    }
}

/// One read; its end, however it comes, lets the next one in.
struct Turn<'a> {
    connections: &'a Connections,
    reader: Option<Connection>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut readers = self.connections.readers.lock().unwrap_or_else(PoisonError::into_inner);
        readers.busy -= 1;
        readers.idle.extend(self.reader.take());
        self.connections.returned.notify_one();
    }
}

/// Says what failed, with the kind that tells the caller whether a retry can help.
pub(super) fn failed(message: &'static str, error: rusqlite::Error) -> Error {
    let kind = match error.sqlite_error_code() {
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::PermissionDenied
            | ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::FileLockingProtocolFailed
            | ErrorCode::OutOfMemory,
        ) => Kind::Unavailable,
        Some(ErrorCode::NotADatabase) => Kind::Config,
        _ => Kind::Internal,
    };
    Error::new(kind, message).with_source(error)
}

fn begin(connection: &mut Connection, behavior: TransactionBehavior) -> Result<Transaction<'_>> {
    connection
        .transaction_with_behavior(behavior)
        .map_err(|e| failed("cannot start a metastore transaction", e))
}

/// Keeps other processes from opening the file at the same time: changing a new file to write-ahead logging does not wait for locks.
fn lock(path: &Path) -> Result<File> {
    let unavailable = |error: std::io::Error| {
        // Waiting does not help here.
        let refused =
            matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem);
        let kind = if refused { Kind::Config } else { Kind::Unavailable };
        Error::new(kind, "cannot write to the metastore's folder")
            .with("file", path.display())
            .with_source(error)
    };
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        fs::create_dir_all(folder).map_err(unavailable)?;
        if let Some(above) = folder.parent().filter(|p| !p.as_os_str().is_empty()) {
            File::open(above).and_then(|f| f.sync_all()).map_err(unavailable)?;
        }
    }
    let mut name =
        path.file_name().ok_or_else(|| Error::config("metastore file has no name"))?.to_owned();
    name.push(".lock");
    let file =
        File::options().create(true).append(true).open(folder.join(name)).map_err(unavailable)?;
    file.lock().map_err(unavailable)?;
    Ok(file)
}

fn connect(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let cannot = |error| failed("cannot open the metastore", error);
    let connection = Connection::open_with_flags(path, flags).map_err(cannot)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(cannot)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "foreign_keys", true).map_err(cannot)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(cannot)?;
    connection.pragma_update(None, "journal_size_limit", MAX_IDLE_LOG_BYTES).map_err(cannot)?;
    Ok(connection)
}

fn migrate(
    connection: &mut Connection,
    first: impl FnOnce(&Transaction<'_>) -> Result<()>,
) -> Result<()> {
    let cannot = |error| failed("cannot read the metastore's schema version", error);
    let mode: String =
        connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).map_err(cannot)?;
    let transaction = begin(connection, TransactionBehavior::Immediate)?;
    let number = |pragma| {
        transaction.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0)).map_err(cannot)
    };
    let (version, application) = (number("user_version")?, number("application_id")?);
    let objects: i64 = transaction
        .query_row("SELECT count(*) FROM sqlite_master", [], |r| r.get(0))
        .map_err(cannot)?;
    let made = objects > 0 || version != 0;
    if made && application != APPLICATION_ID {
        return Err(Error::config("file is a database but not a metastore of ours"));
    }
    let done = usize::try_from(version).ok().filter(|done| *done <= MIGRATIONS.len()).ok_or_else(
        || {
            Error::unsupported("metastore was made by a newer version, which this one cannot read")
                .with("version", version)
                .with("newest known", MIGRATIONS.len())
        },
    )?;
    if done < MIGRATIONS.len() {
        let cannot =
            |error| failed("cannot bring the metastore to the current schema version", error);
        for step in &MIGRATIONS[done..] {
            transaction.execute_batch(step).map_err(cannot)?;
        }
        transaction.pragma_update(None, "user_version", MIGRATIONS.len()).map_err(cannot)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(cannot)?;
        if !made {
            first(&transaction)?;
        }
    }
    transaction.commit().map_err(|e| failed("cannot commit to the metastore", e))?;
    if mode != "wal" {
        let cannot = |error| failed("cannot switch the metastore to write-ahead logging", error);
        let mode: String = connection
            .pragma_update_and_check(None, "journal_mode", "WAL", |r| r.get(0))
            .map_err(cannot)?;
        if mode != "wal" {
            return Err(Error::unsupported(
                "metastore needs a local file system with shared memory",
            )
            .with("journal mode", mode));
        }
    }
    Ok(())
}
