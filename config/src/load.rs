//! Reads the service file and the environment; the one file of this crate that does.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::problem::{Origin, Problem, Problems};
use crate::settings::{FileText, Flags, Settings, resolve};

/// Largest service file that is read.
const MAX_FILE_BYTES: u64 = 4 << 20;

/// Makes the settings of this process: service file < environment < flags.
///
/// Without a service file everything has its default.
///
/// # Errors
/// All mistakes at once; also a service file that cannot be read.
pub fn load(flags: &Flags) -> Result<Settings, Problems> {
    let mut problems = Problems::new();
    let text = match &flags.config {
        Some(path) => match read(path) {
            Ok(text) => Some(text),
            Err(problem) => {
                problems.push(problem);
                None
            }
        },
        None => None,
    };
    let mut environment = Vec::new();
    for (name, value) in std::env::vars_os() {
        let Some(name) =
            name.to_str().filter(|name| name.starts_with("SKEP__") || name.starts_with("AWS_"))
        else {
            continue;
        };
        match value.into_string() {
            Ok(value) => environment.push((name.to_owned(), value)),
            Err(_) => problems
                .push(Problem::error(name, "is not UTF-8").at(Origin::Environment(name.into()))),
        }
    }
    environment.sort_unstable();
    let file = match (&flags.config, &text) {
        (Some(path), Some(text)) => Some(FileText { path, text }),
        _ => None,
    };
    let pairs = environment.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let resolved = resolve(file, pairs, flags);
    match resolved {
        Ok(settings) if !problems.has_errors() => Ok(settings),
        Ok(_) => Err(problems),
        Err(more) => {
            problems.extend(more);
            Err(problems)
        }
    }
}

fn read(path: &Path) -> Result<String, Problem> {
    let problem = |message: String| {
        let name = path.display().to_string();
        Problem::error("service file", message).at(Origin::File { path: name.into(), line: 0 })
    };
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_string(&mut text))
        .map_err(|error| problem(format!("cannot be read: {error}")))?;
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err(problem(format!("is larger than {} MB", MAX_FILE_BYTES >> 20)));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn folder() -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR"))
    }

    #[test]
    fn loads_the_example() {
        let path = folder().join("examples/skep.toml");
        let settings = load(&Flags { config: Some(path), ..Flags::default() }).unwrap();
        assert_eq!(settings.warehouse, folder().join("examples/warehouse"));
        assert_eq!(settings.pipelines, [folder().join("examples/pipelines/*.hql")]);
        let mut problems = Problems::new();
        let options = crate::PipelineOptions::parse(&settings.session, &mut problems).unwrap();
        assert_eq!(problems.to_string(), "");
        assert_eq!(options.parallelism, Some(4));
    }

    #[test]
    fn says_what_cannot_be_read() {
        for (path, message) in [("no-such.toml", "cannot be read"), ("src", "cannot be read")] {
            let flags = Flags { config: Some(folder().join(path)), ..Flags::default() };
            let problems = load(&flags).unwrap_err().to_string();
            assert!(problems.contains(message) && problems.contains(path), "{problems}");
        }
    }
}
