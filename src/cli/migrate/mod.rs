//! `skep migrate`: what becomes of a repository of Hive scripts.
//!
//! ```text
//!  paths ─► input ─► statements ─► facts (off Hive's tree) ─► judge (rules) ─► report ─► text, json,
//!                       │                                                       html, markdown
//!                       └─► rewrite: canonical scripts
//! ```
//!
//! Invariants: nothing is run, nothing is read but the scripts; a mistake in one of them does not
//! stop the rest; one script at a time is in memory.

mod facts;
mod hive_functions;
mod html;
mod input;
mod judge;
mod markdown;
mod report;
mod rewrite;
mod rules;
mod scan;
mod session;
mod settings;
mod text;

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::ValueEnum;
use dialect::{Options, Splitting};

use super::{say, tell};
use crate::error::{Error, Result};

/// Arguments of `skep migrate`.
#[derive(Debug, clap::Args)]
pub(super) struct MigrateArgs {
    /// Scripts, folders of them (.hql, .sql, .q), or patterns
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Form of the report
    #[arg(long, value_enum, default_value = "text")]
    format: ReportFormat,
    /// Write the report into a file
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Set a variable for ${hivevar:name}: name=value
    #[arg(long = "hivevar", value_name = "NAME=VALUE")]
    hivevar: Vec<String>,
    /// Read variables from a file of name=value lines
    #[arg(long, value_name = "FILE")]
    properties: Option<PathBuf>,
    /// Write scripts in canonical form into a folder
    #[arg(long, value_name = "DIR")]
    rewrite: Option<PathBuf>,
    /// How scripts are cut into statements
    #[arg(long, value_enum, default_value = "sane")]
    splitting: SplittingArg,
}

/// Form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ReportFormat {
    /// A summary for the terminal
    Text,
    /// Everything, for programs
    Json,
    /// One page that needs nothing else
    Html,
    /// A page for a wiki or a merge request
    Markdown,
}

/// How scripts are cut into statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SplittingArg {
    /// Comments and quotes hide semicolons
    Sane,
    /// As Hive's shell does, oddities included
    Hive,
}

/// Looks at scripts and reports; 0 if all of them run, else 1.
///
/// # Errors
/// [`crate::error::Kind::Config`] for variables that cannot be read; an I/O error if the report or
/// a script cannot be written.
pub(super) fn run(args: &MigrateArgs) -> Result<u8> {
    let splitting = match args.splitting {
        SplittingArg::Sane => Splitting::Sane,
        SplittingArg::Hive => Splitting::Hive,
    };
    let options = Options { splitting, ..Options::default() };
    let report = scan::scan(&args.paths, &variables(args)?, options, args.rewrite.as_deref())?;
    let page = match args.format {
        ReportFormat::Text => text::write(&report),
        ReportFormat::Json => serde_json::to_string_pretty(&report)
            .map_err(|e| Error::internal("cannot write the report").with_source(e))?,
        ReportFormat::Html => html::write(&report),
        ReportFormat::Markdown => markdown::write(&report),
    };
    match &args.output {
        None => say(page.trim_end()),
        Some(path) => {
            std::fs::write(path, page).map_err(|e| {
                Error::io("cannot write the report", e).with("path", path.display())
            })?;
            tell(&text::headline(&report));
        }
    }
    Ok(u8::from(!report.all_runs()))
}

/// Reads the variables that are given.
fn variables(args: &MigrateArgs) -> Result<BTreeMap<String, String>> {
    let mut all = BTreeMap::new();
    if let Some(path) = &args.properties {
        let text = std::fs::read_to_string(path).map_err(|e| {
            Error::config("cannot read the variables").with("path", path.display()).with_source(e)
        })?;
        for line in text.lines().map(str::trim) {
            if line.is_empty() || line.starts_with(['#', '!']) {
                continue;
            }
            let (name, value) = line.split_once(['=', ':']).unwrap_or((line, ""));
            all.insert(name.trim().to_owned(), value.trim().to_owned());
        }
    }
    for pair in &args.hivevar {
        let Some((name, value)) = pair.split_once('=') else {
            return Err(Error::config("a variable has no value")
                .with("hivevar", pair)
                .with_hint("write --hivevar name=value"));
        };
        all.insert(name.to_owned(), value.to_owned());
    }
    Ok(all)
}
