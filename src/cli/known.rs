//! What a pipeline's state folder says about the pipeline, for verbs that have no script.

use std::path::{Path, PathBuf};
use std::time::Duration;

use metastore::names::TableName;
use serde::{Deserialize, Serialize};

use crate::commit::trigger::{Extractor, Trigger};
use crate::error::{Error, Result};
use crate::write::stage::{Root, Roots, pipeline_folder};

const FILE: &str = "pipeline.json";

/// What is known of a pipeline without its script.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Known {
    /// Its name.
    pub(super) name: String,
    /// The table it writes.
    pub(super) table: TableName,
    /// The table's folder.
    pub(super) location: PathBuf,
    /// The folder for late rows.
    pub(super) late_location: Option<PathBuf>,
    /// When partitions are complete.
    pub(super) trigger: KnownTrigger,
    /// What each part of its `UNION ALL` reads: [`super::resolve::Resolved::source_names`].
    #[serde(default)]
    pub(super) sources: Vec<String>,
}

/// A commit trigger in writing.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub(super) enum KnownTrigger {
    /// By the clock.
    ProcessTime { delay_ms: u64 },
    /// By the watermark.
    PartitionTime {
        delay_ms: u64,
        zone: String,
        pattern: Option<String>,
        formatter: Option<String>,
        columns: Vec<String>,
    },
    /// At the end of the source: it is a backfill.
    End,
}

impl Known {
    /// Writes it into the pipeline's folder.
    pub(super) fn write(&self, own: &Path) -> Result<()> {
        let path = own.join(FILE);
        let text = serde_json::to_vec_pretty(self)
            .map_err(|e| Error::internal("cannot describe the pipeline").with_source(e))?;
        let hidden = own.join(format!(".{FILE}"));
        std::fs::write(&hidden, text).and_then(|()| std::fs::rename(&hidden, &path)).map_err(|e| {
            Error::io("cannot write the pipeline's description", e).with("path", path.display())
        })
    }

    /// Reads it from a pipeline's folder.
    pub(super) fn read(own: &Path) -> Result<Self> {
        let path = own.join(FILE);
        let text = std::fs::read(&path).map_err(|e| {
            Error::io("there is no such pipeline", e)
                .with("path", path.display())
                .with_hint("see `skep state list` for the names, and check --state and --warehouse")
        })?;
        serde_json::from_slice(&text).map_err(|e| {
            Error::data("the pipeline's description is damaged")
                .with("path", path.display())
                .with_source(e)
                .with_hint("start the pipeline again: it is written anew")
        })
    }

    /// Gives all pipelines of a state folder, by name.
    pub(super) fn all(state: &Path) -> Result<Vec<(PathBuf, Self)>> {
        let Ok(entries) = std::fs::read_dir(state) else { return Ok(Vec::new()) };
        let mut folders: Vec<PathBuf> = entries
            .filter_map(|e| Some(e.ok()?.path()))
            .filter(|p| p.join(FILE).is_file())
            .collect();
        folders.sort();
        folders.into_iter().map(|own| Ok((own.clone(), Self::read(&own)?))).collect()
    }

    /// Finds a pipeline by its name.
    pub(super) fn named(state: &Path, name: &str) -> Result<(PathBuf, Self)> {
        let own = state.join(pipeline_folder(name)?);
        let known = Self::read(&own)?;
        Ok((own, known))
    }

    /// Gives its folders.
    pub(super) fn roots(&self, own: &Path) -> Result<Roots> {
        let late = self.late_location.as_deref();
        Ok(Roots {
            table: Root::create(&self.location, &self.name)?,
            late: late.map(|folder| Root::create(folder, &self.name)).transpose()?,
            dead_letters: Some(Root::create(&own.join("dead-letters"), &self.name)?),
        })
    }

    /// Gives the trigger.
    pub(super) fn trigger(&self) -> Result<Trigger> {
        Ok(match &self.trigger {
            KnownTrigger::End => Trigger::End,
            KnownTrigger::ProcessTime { delay_ms } => {
                Trigger::ProcessTime { delay: Duration::from_millis(*delay_ms) }
            }
            KnownTrigger::PartitionTime { delay_ms, zone, pattern, formatter, columns } => {
                Trigger::PartitionTime {
                    delay: Duration::from_millis(*delay_ms),
                    zone: zone.parse().unwrap_or(chrono_tz::Tz::UTC),
                    extractor: Extractor::new(pattern.as_deref(), formatter.as_deref(), columns)?,
                }
            }
        })
    }
}
