//! Writes seeds and a dictionary for the fuzzing targets in `fuzz/`.
//!
//! ```text
//! fuzz_seeds FILE.jsonl[.gz] FOLDER   each "text" becomes a file of FOLDER
//! ```
//!
//! The words of the language become `hiveql.dict` beside the folder.

#![expect(clippy::print_stderr, reason = "a command-line program")]

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [from, to] = args.as_slice() else {
        eprintln!("usage: fuzz_seeds FILE.jsonl[.gz] FOLDER");
        return ExitCode::from(64);
    };
    match seeds(Path::new(from), Path::new(to)).and_then(|()| dictionary(Path::new(to))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::from(1)
        }
    }
}

fn seeds(from: &Path, to: &Path) -> io::Result<()> {
    let file = File::open(from)?;
    let packed = from.extension().is_some_and(|end| end == "gz");
    let reader: Box<dyn Read> =
        if packed { Box::new(flate2::read::MultiGzDecoder::new(file)) } else { Box::new(file) };
    fs::create_dir_all(to)?;
    for (number, line) in BufReader::new(reader).lines().enumerate() {
        let case: serde_json::Value = serde_json::from_str(&line?)?;
        if let Some(text) = case.get("text").and_then(|text| text.as_str()) {
            fs::write(to.join(format!("{number:05}.sql")), text)?;
        }
    }
    Ok(())
}

fn dictionary(folder: &Path) -> io::Result<()> {
    let symbols = ["(", ")", ",", ";", "'", "`", "<=>", "<>", "==", "||", "/*+", "*/", "--", "${"];
    let words = dialect::Keyword::all().map(|keyword| format!(" {} ", keyword.text()));
    let symbols = symbols.iter().map(|symbol| (*symbol).to_owned());
    let lines: Vec<String> = words.chain(symbols).map(|word| format!("\"{word}\"\n")).collect();
    fs::write(folder.with_file_name("hiveql.dict"), lines.concat())
}
