//! What is wrong with a setting, where it was set, and what to write instead.
//!
//! Checks never stop at the first mistake: they add to one [`Problems`] list, which is printed whole.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

/// Tells where a value was set; serialized as it is printed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    #[default]
    Default,
    /// The service file.
    File {
        /// Path as it was given.
        path: Arc<str>,
        /// Line in the file, from 1; 0 if it is not known.
        line: u32,
    },
    /// An environment variable, by name.
    Environment(Arc<str>),
    /// A command line flag, as typed, for example `--warehouse`.
    Flag(Arc<str>),
    /// A `SET key=value` statement.
    Set {
        /// Name of the script.
        script: Arc<str>,
        /// Line in the script, from 1.
        line: u32,
    },
    /// A property in `WITH (...)` or `TBLPROPERTIES (...)`.
    Table {
        /// Name of the table.
        table: Arc<str>,
        /// Name of the script; empty if the table came out of the catalog.
        script: Arc<str>,
        /// Line in the script, from 1; 0 if the table came out of the catalog.
        line: u32,
    },
    /// An option in a hint behind a table's name: `/*+ OPTIONS('key'='value') */`.
    Hint {
        /// Name of the table.
        table: Arc<str>,
        /// Name of the script.
        script: Arc<str>,
        /// Line of the statement, from 1.
        line: u32,
    },
}

impl Origin {
    /// Builds the origin of a command line flag.
    pub fn flag(name: &str) -> Self {
        Self::Flag(Arc::from(name))
    }

    /// Builds the origin of a `SET` statement.
    pub fn set(script: &str, line: u32) -> Self {
        Self::Set { script: Arc::from(script), line }
    }

    /// Builds the origin of a table property in a script.
    pub fn table(table: &str, script: &str, line: u32) -> Self {
        Self::Table { table: Arc::from(table), script: Arc::from(script), line }
    }

    /// Builds the origin of an option in a hint.
    pub fn hint(table: &str, script: &str, line: u32) -> Self {
        Self::Hint { table: Arc::from(table), script: Arc::from(script), line }
    }

    /// Builds the origin of a property of a table that is already in the catalog.
    pub fn catalog(table: &str) -> Self {
        Self::table(table, "", 0)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line: 0 } => f.write_str(path),
            Self::File { path, line } => write!(f, "{path}:{line}"),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Flag(name) => f.write_str(name),
            Self::Set { script, line } => write!(f, "SET at {script}:{line}"),
            Self::Table { table, script, .. } if script.is_empty() => write!(f, "table {table}"),
            Self::Table { table, script, line } => write!(f, "table {table} at {script}:{line}"),
            Self::Hint { table, script, line } => {
                write!(f, "OPTIONS behind {table} at {script}:{line}")
            }
        }
    }
}

impl Serialize for Origin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Tells whether a problem stops the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Nothing may run.
    Error,
    /// It runs, but perhaps not as its author expects.
    Warning,
}

/// One mistake in the settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Whether it stops the run.
    pub severity: Severity,
    /// Full key of the setting, or the name of what was checked.
    pub key: String,
    /// What is wrong; lowercase, no full stop.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Where the value was set.
    pub origin: Origin,
}

impl Problem {
    /// Builds a problem that stops the run.
    pub fn error(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, key.into(), message.into())
    }

    /// Builds a problem that is only reported.
    pub fn warning(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, key.into(), message.into())
    }

    fn new(severity: Severity, key: String, message: String) -> Self {
        Self { severity, key, message, hint: None, origin: Origin::Default }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds where the value was set.
    #[must_use]
    pub fn at(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{severity}: {}: {}", self.key, self.message)?;
        if self.origin != Origin::Default {
            write!(f, " ({})", self.origin)?;
        }
        match &self.hint {
            Some(hint) => write!(f, "\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}

/// All mistakes found so far, in the order in which they were found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Problems {
    list: Vec<Problem>,
}

impl Problems {
    /// Starts an empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one problem; an equal one is kept only once.
    pub fn push(&mut self, problem: Problem) {
        if !self.list.contains(&problem) {
            self.list.push(problem);
        }
    }

    /// Adds all problems of another list.
    pub fn extend(&mut self, other: Self) {
        for problem in other.list {
            self.push(problem);
        }
    }

    /// Tells whether one of the problems stops the run.
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|problem| problem.severity == Severity::Error)
    }

    /// Tells whether nothing at all was found.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Counts the problems, warnings too.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Lists the problems in the order in which they were found.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.list.iter()
    }

    /// Gives the value if no problem stops the run.
    ///
    /// # Errors
    /// The whole list, warnings too, if one of them is an error or the value is missing.
    pub fn into_result<T>(self, value: Option<T>) -> Result<(T, Self), Self> {
        match value {
            Some(value) if !self.has_errors() => Ok((value, self)),
            _ => Err(self),
        }
    }
}

impl<'a> IntoIterator for &'a Problems {
    type Item = &'a Problem;
    type IntoIter = std::slice::Iter<'a, Problem>;
    fn into_iter(self) -> Self::IntoIter {
        self.list.iter()
    }
}

impl IntoIterator for Problems {
    type Item = Problem;
    type IntoIter = std::vec::IntoIter<Problem>;
    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.list.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// Finds the known word that was probably meant, if one is near enough.
///
/// Case and the choice between `-`, `_` and `.` do not count as differences.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = fold(word);
    if word.len() > 200 {
        return None;
    }
    let allowed = (word.len() / 6).clamp(1, 3);
    known
        .into_iter()
        .map(|candidate| (strsim::osa_distance(&word, &fold(candidate)), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn fold(text: &str) -> String {
    text.to_ascii_lowercase().replace(['_', '.'], "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_only_near_words() {
        let known = ["path", "format", "sink.partition-commit.delay", "auto-compaction"];
        for (word, expected) in [
            ("pth", Some("path")),
            ("fromat", Some("format")),
            ("sink.partition_commit.delay", Some("sink.partition-commit.delay")),
            ("sink.partition-comit.dely", Some("sink.partition-commit.delay")),
            ("AUTO.COMPACTION", Some("auto-compaction")),
            ("hive.exec.parallel", None),
            ("", None),
            ("x", None),
        ] {
            assert_eq!(did_you_mean(word, known), expected, "{word}");
        }
    }

    #[test]
    fn prints_every_origin() {
        let cases = [
            (Origin::Default, "default"),
            (Origin::File { path: "skep.toml".into(), line: 3 }, "skep.toml:3"),
            (Origin::File { path: "skep.toml".into(), line: 0 }, "skep.toml"),
            (Origin::Environment("SKEP__STATE".into()), "environment SKEP__STATE"),
            (Origin::flag("--state"), "--state"),
            (Origin::set("a.hql", 7), "SET at a.hql:7"),
            (Origin::table("db.t", "a.hql", 9), "table db.t at a.hql:9"),
            (Origin::catalog("db.t"), "table db.t"),
            (Origin::hint("db.t", "a.hql", 9), "OPTIONS behind db.t at a.hql:9"),
        ];
        for (origin, text) in cases {
            assert_eq!(origin.to_string(), text);
        }
    }

    #[test]
    fn a_warning_does_not_stop_the_run() {
        let mut problems = Problems::new();
        problems.push(Problem::warning("a", "odd"));
        problems.push(Problem::warning("a", "odd"));
        assert_eq!(problems.len(), 1);
        assert!(problems.clone().into_result(Some(1)).is_ok());
        problems.push(Problem::error("b", "wrong").hint("write c").at(Origin::set("a.hql", 2)));
        assert_eq!(
            problems.to_string(),
            "warning: a: odd\nerror: b: wrong (SET at a.hql:2)\n  hint: write c"
        );
        assert!(problems.into_result(Some(1)).is_err());
    }
}
