//! A Hive Metastore over thrift as a [`Catalog`]: any of Hive 2.3 to 4, and `skep metastore`.
//!
//! ```text
//! call ─► an idle connection, or a new one to the first address that answers ─► set_ugi ─► the call
//!            └─ broken: the next connection, the next address, after a pause; then Unavailable
//! ```
//!
//! - Every call may be repeated: what changes something looks afterwards whether an attempt whose answer was lost had done it.
//! - A connection serves one thread at a time; a metastore that fails closes it, and it is made anew.
//! - Partitions are added, changed, read and dropped [`MAX_PARTITIONS`] at a time, each time all or none. A metastore that refuses to add
//!   or change so many in one call, for instance since its event of them is too long for its database, is given fewer.
//! - What passes by itself is asked for again; what does not is reported at once, with what to do.
//!
//! Blocking: callers that must not wait use a thread of their own.

mod catalog;
mod connection;
mod events;
mod partitions;
mod refusal;
pub mod site;
mod transactions;

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::generated::structs as wire;
use crate::names::{PartitionPath, TableName};
use crate::wire::{Fault, Method};
use connection::{Broken, Connection};
use refusal::refused;

/// Most partitions of one call.
pub const MAX_PARTITIONS: usize = 100;

/// Most unused connections that are kept.
const MAX_IDLE: usize = 8;

/// Where the metastore is, and how patient to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Addresses: `thrift://host:port`, the one to prefer first.
    pub uris: Vec<String>,
    /// User that is told to the metastore.
    pub user: String,
    /// How long to wait for a connection.
    pub connect_timeout: Duration,
    /// How long to wait for an answer.
    pub call_timeout: Duration,
    /// How often all addresses are tried before the call fails.
    pub rounds: u32,
    /// Pause after the first round; it doubles with each.
    pub pause: Duration,
}

impl Options {
    /// Makes options with these addresses and default patience.
    pub fn new(uris: Vec<String>) -> Self {
        Self {
            uris,
            user: "skep".to_owned(),
            connect_timeout: Duration::from_secs(5),
            call_timeout: Duration::from_secs(120),
            rounds: 3,
            pause: Duration::from_millis(200),
        }
    }
}

/// Metastore that is reached over thrift.
pub struct HiveCatalog {
    options: Options,
    addresses: Vec<String>,
    idle: Mutex<Vec<Connection>>,
    /// Last list of names, for its further pages.
    listed: Mutex<Option<(TableName, Vec<PartitionPath>)>>,
}

impl fmt::Debug for HiveCatalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HiveCatalog").field("uris", &self.options.uris).finish_non_exhaustive()
    }
}

/// What a call answered.
struct Answer<T> {
    result: std::result::Result<T, Fault>,
    /// An earlier attempt may have done it already: it was sent, and its answer was lost.
    repeated: bool,
}

impl HiveCatalog {
    /// Makes a catalog; it connects with the first call.
    ///
    /// # Errors
    /// [`Kind::Config`](crate::Kind::Config) if there is no address, or one is not `thrift://host:port`.
    pub fn new(options: Options) -> Result<Self> {
        let addresses = options.uris.iter().map(|uri| address(uri)).collect::<Result<Vec<_>>>()?;
        if addresses.is_empty() {
            return Err(Error::config("no address of a metastore is given"));
        }
        Ok(Self { options, addresses, idle: Mutex::default(), listed: Mutex::default() })
    }

    /// Asks for the metastore's version, which also tells whether it can be reached.
    ///
    /// # Errors
    /// [`Kind::Unavailable`](crate::Kind::Unavailable) if no address answers.
    pub fn version(&self) -> Result<String> {
        self.simple("cannot ask the metastore for its version", &wire::GetVersionCall {})
    }

    fn take(&self) -> Option<Connection> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn give_back(&self, connection: Connection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MAX_IDLE {
            idle.push(connection);
        }
    }

    /// Makes a call, on another connection if one breaks.
    fn call<M: Method>(&self, arguments: &M) -> Result<Answer<M::Success>> {
        let mut repeated = false;
        let mut last = None;
        // Connections that waited may have been closed since: they cost no attempt.
        while let Some(mut connection) = self.take() {
            match connection.call(arguments) {
                Ok(result) => {
                    self.give_back(connection);
                    return Ok(Answer { result, repeated });
                }
                Err(broken) => {
                    repeated |= broken.sent;
                    last = Some(broken);
                }
            }
        }
        let mut pause = self.options.pause;
        for round in 0..self.options.rounds.max(1) {
            if round > 0 {
                wait(pause);
                pause = pause.saturating_mul(2);
            }
            for address in &self.addresses {
                let attempt =
                    Connection::open(address, &self.options).and_then(|mut connection| {
                        let result = connection.call(arguments)?;
                        Ok((connection, result))
                    });
                match attempt {
                    Ok((connection, result)) => {
                        self.give_back(connection);
                        return Ok(Answer { result, repeated });
                    }
                    Err(broken) => {
                        repeated |= broken.sent;
                        last = Some(broken);
                    }
                }
            }
        }
        let error = Error::unavailable("metastore does not answer")
            .with("call", M::NAME)
            .with("addresses", self.options.uris.join(", "));
        Err(match last {
            Some(Broken { error, address, .. }) => Error::unavailable("metastore does not answer")
                .with("call", M::NAME)
                .with("address", address)
                .with_source(error),
            None => error,
        })
    }

    /// Makes a call whose failure needs no further look.
    fn simple<M: Method>(&self, what: &'static str, arguments: &M) -> Result<M::Success> {
        self.call(arguments)?.result.map_err(|fault| refused(what, fault))
    }
}

#[expect(clippy::disallowed_methods, reason = "a pause between attempts to reach a service")]
fn wait(pause: Duration) {
    std::thread::sleep(pause);
}

/// Reads `thrift://host:port` or `host:port`; Hive's port is the default.
fn address(uri: &str) -> Result<String> {
    let uri = uri.trim();
    let wrong = || {
        Error::config("address of a metastore is not thrift://host:port")
            .with("uri", uri.escape_debug())
    };
    let rest = match uri.split_once("://") {
        Some(("thrift", rest)) => rest,
        Some(_) => return Err(wrong()),
        None => uri,
    };
    let rest = rest.trim_end_matches('/');
    if rest.is_empty() || rest.contains(['/', ' ', '@']) {
        return Err(wrong());
    }
    match rest.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => {
            Ok(rest.to_owned())
        }
        Some((_, last)) if !last.ends_with(']') => Err(wrong()),
        _ => Ok(format!("{rest}:{}", crate::server::DEFAULT_PORT)),
    }
}

#[cfg(test)]
mod tests;
