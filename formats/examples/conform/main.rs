//! Reads every file of folders of samples and compares the rows with what is expected.
//!
//! usage: `conform DIR...`. Two layouts are known. A folder with `tables.tsv` has a table a line
//! (engine, table, rows, file of expected rows, error): `ENGINE/TABLE/ddl.sql` and
//! `ENGINE/TABLE/data/`. A folder without it has loose files with `expected/NAME.jsn.gz`; what is
//! in `corrupt/` must end in an error, and what is in `encrypted/` is refused by that name.
//!
//! A format is a [`Format`] in [`format_of_file`] and [`format_of_ddl`].

#![expect(clippy::print_stdout, reason = "a program for the terminal")]
#![expect(clippy::disallowed_methods, reason = "it measures how long a broken file takes")]

mod loose;
mod orc;
mod tables;
mod values;

use std::fs;
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use formats::FormatError;
use formats::types::StructField;

/// What went wrong, in one line.
type Failure = String;

/// Reads data files of one format.
trait Format {
    /// Returns all rows of a file, and the columns they have.
    ///
    /// `want` are the table's columns; without it all of the file's are read.
    fn read(
        &self,
        file: &Path,
        want: Option<&[StructField]>,
    ) -> Result<(Vec<StructField>, Vec<RecordBatch>), FormatError>;
}

/// Finds the format of a loose file by its name.
fn format_of_file(path: &Path) -> Option<&'static dyn Format> {
    match path.extension()?.to_str()? {
        "orc" => Some(&orc::Orc),
        _ => None,
    }
}

/// Finds the format of a table by its definition, in lower case.
fn format_of_ddl(ddl: &str) -> Option<&'static dyn Format> {
    if ddl.contains("stored as orc") || ddl.contains("using orc") || ddl.contains("format='orc'") {
        return Some(&orc::Orc);
    }
    None
}

/// Counts what was read.
#[derive(Default)]
struct Report {
    right: usize,
    all: usize,
}

impl Report {
    fn add(&mut self, name: &str, outcome: Result<(), Failure>) {
        self.all += 1;
        match outcome {
            Ok(()) => self.right += 1,
            Err(why) => println!("{name}: {why}"),
        }
    }
}

/// Prints an error with all that is underneath, in one line.
fn chain(error: &FormatError) -> Failure {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text += &format!(": {cause}");
        source = cause.source();
    }
    text
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return files };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn main() {
    let mut report = Report::default();
    for folder in std::env::args().skip(1).map(PathBuf::from) {
        if folder.join("tables.tsv").exists() {
            tables::check(&folder, &mut report);
        } else {
            loose::check(&folder, &mut report);
        }
    }
    println!("read {} of {}", report.right, report.all);
    if report.right < report.all || report.all == 0 {
        std::process::exit(1);
    }
}
