//! Statements to measure with: those of a file, or definitions of the tests.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The statements that are measured.
#[derive(Debug)]
pub(crate) struct Corpus {
    /// Where they are from.
    pub(crate) path: PathBuf,
    /// One statement each, without semicolon.
    pub(crate) texts: Vec<String>,
}

impl Corpus {
    /// Reads the file named by the first argument or by `DIALECT_CORPUS`, else definitions of the tests.
    ///
    /// Shape: one JSON object a line, with `text`, and `class` `sql` where there is a class; a
    /// name that ends with `.gz` is unpacked.
    #[expect(clippy::disallowed_methods, reason = "a program's settings")]
    pub(crate) fn load() -> io::Result<Self> {
        // Cargo gives `--bench` to every benchmark.
        let argument = std::env::args().skip(1).find(|arg| !arg.starts_with('-'));
        let path = argument.or_else(|| std::env::var("DIALECT_CORPUS").ok());
        let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/hive/definitions.jsonl");
        let path = PathBuf::from(path.unwrap_or_else(|| sample.to_owned()));
        let texts = read(&path)?;
        Ok(Self { path, texts })
    }

    /// Returns how many bytes all texts have.
    pub(crate) fn bytes(&self) -> usize {
        self.texts.iter().map(String::len).sum()
    }
}

fn read(path: &Path) -> io::Result<Vec<String>> {
    let file = File::open(path)?;
    let packed = path.extension().is_some_and(|end| end == "gz");
    let reader: Box<dyn Read> =
        if packed { Box::new(flate2::read::MultiGzDecoder::new(file)) } else { Box::new(file) };
    let mut texts = Vec::new();
    for line in BufReader::new(reader).lines() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let mut case: Value = serde_json::from_str(&line)?;
        if case.get("class").is_some_and(|class| class != "sql") {
            continue;
        }
        if let Some(Value::String(text)) = case.get_mut("text").map(Value::take) {
            texts.push(text);
        }
    }
    if texts.is_empty() {
        return Err(io::Error::other(format!("{} holds no statements", path.display())));
    }
    Ok(texts)
}
