//! `skep state`: pipelines and their checkpoints.

use std::path::PathBuf;

use clap::Subcommand;

use super::known::Known;
use super::{Place, say, tell};
use crate::checkpoint::store::CheckpointStore;
use crate::error::{Error, Result};

/// Arguments of `skep state`.
#[derive(Debug, clap::Args)]
pub(crate) struct StateArgs {
    #[command(subcommand)]
    verb: StateVerb,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Subcommand)]
enum StateVerb {
    /// List pipelines and their checkpoints
    List,
    /// Print the last checkpoint of a pipeline as JSON
    Show {
        /// Name of the pipeline
        pipeline: String,
    },
    /// Copy the last checkpoint of a pipeline that is not running into a folder that can be moved
    Savepoint {
        /// Name of the pipeline
        pipeline: String,
        /// The folder, which must not exist yet
        folder: PathBuf,
    },
}

/// Runs the verb.
pub(super) fn run(args: &StateArgs) -> Result<()> {
    let settings = args.place.settings()?;
    match &args.verb {
        StateVerb::List => {
            for (own, known) in Known::all(&settings.state)? {
                let store = CheckpointStore::open_read_only(&own)?;
                let Some(last) = store.latest()? else {
                    say(&format!("{}\tno checkpoint yet", known.name));
                    continue;
                };
                say(&format!(
                    "{}\ttable {}\tcheckpoint {} of {}\trows in {}\tpending partitions {}{}",
                    known.name,
                    known.table,
                    last.id,
                    last.at,
                    last.counts.rows_in,
                    last.pending.len(),
                    if last.finished { "\tfinished" } else { "" },
                ));
            }
            Ok(())
        }
        StateVerb::Show { pipeline } => {
            let (own, _) = Known::named(&settings.state, pipeline)?;
            let store = CheckpointStore::open_read_only(&own)?;
            let last = store.latest()?;
            let last =
                last.ok_or_else(|| Error::not_found("the pipeline has no checkpoint yet"))?;
            let text = serde_json::to_string_pretty(&last)
                .map_err(|e| Error::internal("cannot write JSON").with_source(e))?;
            say(&text);
            Ok(())
        }
        StateVerb::Savepoint { pipeline, folder } => {
            let (own, known) = Known::named(&settings.state, pipeline)?;
            let store = CheckpointStore::open(&own, pipeline)?;
            let last = store.savepoint(folder, &known.roots(&own)?)?;
            tell(&format!("checkpoint {} of {pipeline} is in {}", last.id, folder.display()));
            Ok(())
        }
    }
}
