//! `skep dlq`: records that could not be decoded, with their reasons.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::known::Known;
use super::{Format, Place, say};
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
    eprintln!("{written} records written, {cut} too long to be kept whole");
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
    let folder = own.join("dead-letters");
    let Ok(entries) = std::fs::read_dir(&folder) else { return Ok(()) };
    let mut files: Vec<PathBuf> = entries
        .filter_map(|e| Some(e.ok()?.path()))
        .filter(|p| p.extension().is_some_and(|e| e == "jsonl"))
        .collect();
    files.sort();
    for path in files {
        let failed = |e| Error::io("cannot read dead letters", e).with("path", path.display());
        for line in BufReader::new(File::open(&path).map_err(failed)?).lines() {
            let line = line.map_err(failed)?;
            let letter =
                DeadLetter::read_line(&line).map_err(|e| e.with("path", path.display()))?;
            take(&letter, &line)?;
        }
    }
    Ok(())
}
