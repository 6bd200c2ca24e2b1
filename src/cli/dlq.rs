//! `skep dlq`: records that could not be decoded, with their reasons.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::known::Known;
use super::{Common, Format, Place, replay, say, tell};
use crate::decode::dead_letter::DeadLetter;
use crate::error::{Error, Result};

/// Arguments of `skep dlq`.
#[derive(Debug, clap::Args)]
pub(crate) struct DlqArgs {
    #[command(subcommand)]
    verb: DlqVerb,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Subcommand)]
enum DlqVerb {
    /// Count rejected records by pipeline, column and reason
    List {
        /// Only this pipeline
        pipeline: Option<String>,
    },
    /// Print rejected records
    Show {
        /// Name of the pipeline
        pipeline: String,
        /// How many at most
        #[arg(long, short = 'n', default_value_t = 20)]
        limit: usize,
        /// Form of the list
        #[arg(long, value_enum, default_value = "table")]
        format: Format,
    },
    /// Write the records as they were read into a file, to be read again by a script
    Export {
        /// Name of the pipeline
        pipeline: String,
        /// The file, which must not exist yet
        file: PathBuf,
    },
    /// Read rejected records once more, after the columns of the script were mended
    Replay {
        /// Name of the pipeline
        pipeline: String,
        /// Its scripts, in order; globs are allowed
        #[arg(required = true)]
        scripts: Vec<PathBuf>,
        /// Set an option, as SET does: key=value
        #[arg(long = "hiveconf", value_name = "KEY=VALUE")]
        hiveconf: Vec<String>,
        /// Set a variable for ${hivevar:name}: name=value
        #[arg(long = "hivevar", value_name = "NAME=VALUE")]
        hivevar: Vec<String>,
    },
}

/// Runs the verb.
pub(super) fn run(args: &DlqArgs) -> Result<()> {
    let settings = args.place.settings()?;
    match &args.verb {
        DlqVerb::List { pipeline } => {
            for (own, known) in Known::all(&settings.state)? {
                if pipeline.as_ref().is_none_or(|p| *p == known.name) {
                    list(&own, &known.name)?;
                }
            }
            Ok(())
        }
        DlqVerb::Show { pipeline, limit, format } => {
            let (own, _) = Known::named(&settings.state, pipeline)?;
            let mut left = *limit;
            each(&own, |letter, line| {
                if left > 0 {
                    left -= 1;
                    show(letter, line, *format);
                }
                Ok(())
            })
        }
        DlqVerb::Export { pipeline, file } => {
            let (own, _) = Known::named(&settings.state, pipeline)?;
            export(&own, file)
        }
        DlqVerb::Replay { pipeline, scripts, hiveconf, hivevar } => {
            let common = Common {
                scripts: scripts.clone(),
                place: args.place.clone(),
                hiveconf: hiveconf.clone(),
                hivevar: hivevar.clone(),
                from_savepoint: None,
                quiet: true,
            };
            replay::run(pipeline, &common)
        }
    }
}

fn export(own: &Path, file: &Path) -> Result<()> {
    use std::io::Write as _;
    let failed = |e| Error::io("cannot write the records", e).with("path", file.display());
    let mut out = std::io::BufWriter::new(File::create_new(file).map_err(failed)?);
    let (mut written, mut cut) = (0, 0);
    each(own, |letter, _| {
        match letter.raw.bytes()? {
            Some(bytes) => {
                out.write_all(&bytes).and_then(|()| out.write_all(b"\n")).map_err(failed)?;
                written += 1;
            }
            None => cut += 1,
        }
        Ok(())
    })?;
    out.flush().map_err(failed)?;
    tell(&format!("{written} records written, {cut} too long to be kept whole"));
    Ok(())
}

fn list(own: &Path, name: &str) -> Result<()> {
    let mut counts: BTreeMap<(String, String), u64> = BTreeMap::new();
    each(own, |letter, _| {
        let key = (letter.column.clone().unwrap_or_default(), letter.reason.clone());
        *counts.entry(key).or_default() += 1;
        Ok(())
    })?;
    for ((column, reason), count) in counts {
        say(&format!("{name}\t{count}\t{column}\t{reason}"));
    }
    Ok(())
}

fn show(letter: &DeadLetter, line: &str, format: Format) {
    if format == Format::Json {
        say(line);
        return;
    }
    let column = letter.column.as_deref().map(|c| format!(" in column {c}")).unwrap_or_default();
    say(&format!("{}:{}: {}{column}", letter.source, letter.offset, letter.reason));
    if let Ok(Some(bytes)) = letter.raw.bytes() {
        let text = String::from_utf8_lossy(&bytes);
        say(&format!("  {}", text.chars().take(200).collect::<String>()));
    }
}

/// Reads all published dead letters of a pipeline, oldest file first.
fn each(own: &Path, mut take: impl FnMut(&DeadLetter, &str) -> Result<()>) -> Result<()> {
    letter_files(own)?.iter().try_for_each(|path| letters_of(path, &mut take))
}

/// Lists the files of a pipeline's published dead letters, without those that were replayed.
pub(super) fn letter_files(own: &Path) -> Result<Vec<PathBuf>> {
    let folder = own.join("dead-letters");
    let failed = |e| Error::io("cannot list the dead letters", e).with("path", folder.display());
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(failed(e)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|e| e == "jsonl") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Reads a file of dead letters.
pub(super) fn letters_of(
    path: &Path,
    mut take: impl FnMut(&DeadLetter, &str) -> Result<()>,
) -> Result<()> {
    let failed = |e| Error::io("cannot read dead letters", e).with("path", path.display());
    for line in BufReader::new(File::open(path).map_err(failed)?).lines() {
        let line = line.map_err(failed)?;
        let letter = DeadLetter::read_line(&line).map_err(|e| e.with("path", path.display()))?;
        take(&letter, &line)?;
    }
    Ok(())
}
