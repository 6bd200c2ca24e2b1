//! The embedded metastore as a service: Hive's thrift interface over an [`EmbeddedStore`].
//!
//! ```text
//! listener ─► one thread a connection ─► message::read ─► dispatch ─► handler ─► EmbeddedStore
//! ```
//!
//! It speaks the plain binary protocol without framing, as every Hive client does by default. A handler's failure is an answer; bytes that
//! are no message end their connection and no other. Limits: [`Options::max_connections`], and those of a message.
//!
//! Folders of tables and partitions on the local file system are made, moved and deleted as Hive's metastore does it; those of other file
//! systems are left alone.

mod arguments;
mod budget;
mod columns;
mod connection;
mod constraints;
mod databases;
mod dispatch;
mod files;
mod partition_changes;
mod partition_lists;
mod partitions;
mod statistics;
mod table_changes;
mod tables;
mod transactions;
mod various;

use std::collections::HashMap;
use std::fmt;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use crate::embedded::EmbeddedStore;
use crate::error::{Error, Result};
use crate::wire::message;
use budget::Budget;

/// How the service runs.
#[derive(Clone, Debug)]
pub struct Options {
    /// Address to listen on; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Most connections at once; one more is closed at once.
    pub max_connections: usize,
}

/// Port of Hive's metastore.
pub const DEFAULT_PORT: u16 = 9083;

impl Default for Options {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], DEFAULT_PORT)), max_connections: 4096 }
    }
}

/// Running service; it stops when this is dropped.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: Option<JoinHandle<()>>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}

/// What all connections share.
struct Shared {
    store: Arc<EmbeddedStore>,
    stopping: AtomicBool,
    next: AtomicU64,
    open: Mutex<HashMap<u64, Arc<TcpStream>>>,
    max_connections: usize,
    limits: Limits,
}

/// What the connections share.
struct Limits {
    /// Bytes of long messages that are being read.
    messages: Budget,
    /// Bytes of long answers that are being fetched.
    answers: Budget,
    /// Turns of calls that list partitions: each holds its list several times over until its answer is made.
    lists: Budget,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            messages: Budget::new(2 * message::MAX_MESSAGE_BYTES),
            answers: Budget::new(2 * message::MAX_MESSAGE_BYTES),
            lists: Budget::new(8),
        }
    }
}

/// Stack of a connection's thread: messages are nested at most 64 deep.
const STACK_BYTES: usize = 2 << 20;

impl Server {
    /// Starts to listen and serves until the value is dropped.
    ///
    /// # Errors
    /// [`Kind::Unavailable`](crate::Kind::Unavailable) if the address cannot be listened on.
    pub fn start(store: Arc<EmbeddedStore>, options: &Options) -> Result<Self> {
        let cannot = |error: std::io::Error| {
            Error::unavailable("cannot listen for metastore clients")
                .with("address", options.listen)
                .with_source(error)
        };
        let listener = TcpListener::bind(options.listen).map_err(cannot)?;
        let address = listener.local_addr().map_err(cannot)?;
        let shared = Arc::new(Shared {
            store,
            stopping: AtomicBool::new(false),
            next: AtomicU64::new(0),
            open: Mutex::default(),
            max_connections: options.max_connections,
            limits: Limits::default(),
        });
        let listening = {
            let shared = Arc::clone(&shared);
            thread::Builder::new()
                .name("metastore".to_owned())
                .spawn(move || listen(&listener, &shared))
                .map_err(cannot)?
        };
        Ok(Self { address, shared, listening: Some(listening) })
    }

    /// Gives the address that it listens on, with the port that was chosen.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::Release);
        // Wakes the listener, which then sees that it is over.
        let mut here = self.address;
        if here.ip().is_unspecified() {
            here.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
        }
        let woken = TcpStream::connect(here).is_ok();
        let open = std::mem::take(&mut *lock(&self.shared.open));
        for connection in open.into_values() {
            connection.shutdown(std::net::Shutdown::Both).ok();
        }
        if let Some(listening) = self.listening.take()
            && woken
        {
            listening.join().ok();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn listen(listener: &TcpListener, shared: &Arc<Shared>) {
    loop {
        let accepted = listener.accept();
        if shared.stopping.load(Ordering::Acquire) {
            return;
        }
        match accepted {
            Ok((stream, _)) => admit(stream, shared),
            // Out of file descriptors, or the peer is gone: a moment, then the next.
            Err(_) => thread::park_timeout(std::time::Duration::from_millis(20)),
        }
    }
}

/// Gives a connection a thread of its own; closes it if there are too many, or no thread can be had.
fn admit(stream: TcpStream, shared: &Arc<Shared>) {
    let id = shared.next.fetch_add(1, Ordering::Relaxed);
    let stream = Arc::new(stream);
    {
        let mut open = lock(&shared.open);
        if open.len() >= shared.max_connections {
            return;
        }
        open.insert(id, Arc::clone(&stream));
    }
    let spawned = {
        let shared = Arc::clone(shared);
        thread::Builder::new().name(format!("metastore-{id}")).stack_size(STACK_BYTES).spawn(
            move || {
                let _closed = Closed { id, shared: &shared };
                connection::serve(&stream, &shared.store, &shared.limits);
            },
        )
    };
    if spawned.is_err() {
        lock(&shared.open).remove(&id);
    }
}

/// Takes a connection off the list, however its thread ends.
struct Closed<'a> {
    id: u64,
    shared: &'a Shared,
}

impl Drop for Closed<'_> {
    fn drop(&mut self) {
        lock(&self.shared.open).remove(&self.id);
    }
}

#[cfg(test)]
mod tests;
