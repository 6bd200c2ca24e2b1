//! `skep metastore`: the embedded metastore as a service of its own.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rustix::process::{Resource, getrlimit, setrlimit};

use super::{Place, ingest, say};
use crate::catalog;
use crate::error::{Error, Result};

/// How often it is looked whether the service is to stop.
const STOP_EVERY: Duration = Duration::from_millis(200);

/// Arguments of `skep metastore`.
#[derive(Debug, clap::Args)]
pub(crate) struct MetastoreArgs {
    /// Address to listen on; port 0 chooses one
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:9083")]
    listen: SocketAddr,
    /// Most connections at once
    #[arg(long, value_name = "N", default_value_t = metastore::server::Options::default().max_connections)]
    max_connections: usize,
    #[command(flatten)]
    place: Place,
}

/// Runs the verb until it is told to stop.
pub(super) fn run(args: &MetastoreArgs) -> Result<()> {
    let settings = args.place.settings()?;
    ingest::start_logging(&settings);
    if !settings.metastore.uris.is_empty() || settings.metastore.hive_conf_dir.is_some() {
        return Err(Error::config(
            "a Hive Metastore is named, so there is no embedded one to serve",
        )
        .with_hint("leave metastore.uris and --hive-conf-dir out"));
    }
    let stop = ingest::stop_flag()?;
    allow_open_files();
    let server = catalog::serve(&settings.warehouse, args.listen, args.max_connections)?;
    say(&format!("thrift://{}", server.address()));
    while !stop.load(Ordering::Relaxed) {
        std::thread::park_timeout(STOP_EVERY);
    }
    Ok(())
}

/// Lets the process have as many files open as the system allows: each connection is one, and shells start programs with few.
fn allow_open_files() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(%error, "cannot raise the limit of open files, so fewer clients can connect at once");
    }
}
