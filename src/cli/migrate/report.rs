//! What was found, as data.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::rules::{Rule, Verdict};
use super::settings::Fate;

/// How many obstacles a summary shows.
pub(super) const TOP: usize = 10;
/// How many examples a reason has.
const EXAMPLES: usize = 3;

/// One reason that a statement has.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Finding {
    /// The name of the reason.
    pub(super) rule: &'static str,
    /// What it is here.
    pub(super) message: String,
    /// What to do.
    pub(super) advice: String,
}

impl Finding {
    /// Makes a finding that says what it is here.
    pub(super) fn new(rule: &'static str, message: String) -> Self {
        let advice = Rule::find(rule).map_or("", |rule| rule.advice).to_owned();
        Self { rule, message, advice }
    }

    /// Makes a finding that says what the reason says.
    pub(super) fn of(rule: &'static str) -> Self {
        Self::new(rule, Rule::find(rule).map_or("", |rule| rule.title).to_owned())
    }
}

/// Something from outside that a script needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct External {
    /// What it is: a jar, a file, a class.
    pub(super) kind: String,
    /// Its path or name.
    pub(super) name: String,
}

/// One statement.
#[derive(Debug, Clone, Serialize)]
pub(super) struct StatementReport {
    /// Its line, from 1.
    pub(super) line: usize,
    /// Its column, from 1.
    pub(super) column: usize,
    /// Its first words.
    pub(super) kind: String,
    /// What becomes of it.
    pub(super) verdict: Verdict,
    /// Why.
    pub(super) findings: Vec<Finding>,
    /// Its beginning.
    pub(super) text: String,
    /// What Hive's parser says, drawn with its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) picture: Option<String>,
}

/// One script.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct FileReport {
    /// Its path.
    pub(super) path: String,
    /// Its encoding; empty if it was not read.
    pub(super) encoding: &'static str,
    /// Why it was not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
    /// Its statements, in order.
    pub(super) statements: Vec<StatementReport>,
    /// Variables without a value.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) variables: BTreeSet<String>,
}

impl FileReport {
    /// Counts statements by what becomes of them.
    pub(super) fn count(&self, verdict: Verdict) -> usize {
        self.statements.iter().filter(|one| one.verdict == verdict).count()
    }

    /// The worst that becomes of one of its statements.
    pub(super) fn verdict(&self) -> Option<Verdict> {
        self.statements.iter().map(|one| one.verdict).max()
    }
}

/// A reason with how often it was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Obstacle {
    /// The name of the reason.
    pub(super) rule: &'static str,
    /// What it is about.
    pub(super) title: &'static str,
    /// What becomes of the statements.
    pub(super) verdict: Verdict,
    /// In how many statements.
    pub(super) statements: usize,
    /// In how many files.
    pub(super) files: usize,
    /// What to do.
    pub(super) advice: &'static str,
    /// What it is most often, with how often.
    pub(super) examples: Vec<(String, usize)>,
}

/// A setting with how often it is set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct SettingUse {
    /// Its key.
    pub(super) key: String,
    /// How often it is set.
    pub(super) times: usize,
    /// What becomes of it.
    pub(super) fate: Fate,
    /// Why.
    pub(super) why: String,
}

/// Everything that was found.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    /// Counts over all files.
    pub(super) summary: Summary,
    /// All reasons that were found, the most frequent first.
    pub(super) obstacles: Vec<Obstacle>,
    /// Settings, the most frequent first.
    pub(super) settings: Vec<SettingUse>,
    /// Tables that are read, and that no script creates.
    pub(super) undefined_tables: BTreeMap<String, usize>,
    /// Functions that are called, are not Hive's own, and that no script creates.
    pub(super) undefined_functions: BTreeMap<String, usize>,
    /// What comes from outside, with how often it is named.
    pub(super) external: Vec<(External, usize)>,
    /// Variables without a value.
    pub(super) variables: BTreeMap<String, usize>,
    /// The scripts.
    pub(super) files: Vec<FileReport>,
}

/// Counts over all files.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Summary {
    /// Scripts that were read.
    pub(super) files: usize,
    /// Scripts that were not read.
    pub(super) unreadable: usize,
    /// Scripts of which every statement runs.
    pub(super) files_that_run: usize,
    /// Statements.
    pub(super) statements: usize,
    /// Statements by what becomes of them.
    pub(super) verdicts: BTreeMap<&'static str, usize>,
}

impl Report {
    /// Counts what is in the files.
    pub(super) fn finish(&mut self) {
        let read = || self.files.iter().filter(|file| file.error.is_none());
        let runs = |file: &&FileReport| file.verdict().is_none_or(|v| v <= Verdict::Differs);
        let verdicts = Verdict::ALL.map(|verdict| {
            (verdict.key(), self.files.iter().map(|file| file.count(verdict)).sum::<usize>())
        });
        let summary = Summary {
            files: read().count(),
            unreadable: self.files.len() - read().count(),
            files_that_run: read().filter(runs).count(),
            statements: self.files.iter().map(|file| file.statements.len()).sum(),
            verdicts: verdicts.into_iter().collect(),
        };
        self.obstacles = obstacles(&self.files);
        self.summary = summary;
    }

    /// Tells whether every statement runs.
    pub(super) fn all_runs(&self) -> bool {
        self.summary.unreadable == 0 && self.summary.files_that_run == self.summary.files
    }

    /// How many statements have a verdict.
    pub(super) fn count(&self, verdict: Verdict) -> usize {
        self.summary.verdicts.get(verdict.key()).copied().unwrap_or_default()
    }

    /// A share of all statements in percent.
    pub(super) fn percent(&self, count: usize) -> String {
        let all = self.summary.statements.max(1);
        let tenths = (count * 1000 + all / 2) / all;
        format!("{}.{} %", tenths / 10, tenths % 10)
    }
}

fn obstacles(files: &[FileReport]) -> Vec<Obstacle> {
    let mut counts: BTreeMap<&'static str, (usize, usize)> = BTreeMap::new();
    let mut messages: BTreeMap<&'static str, BTreeMap<&str, usize>> = BTreeMap::new();
    for file in files {
        let mut here = BTreeSet::new();
        for statement in &file.statements {
            for one in &statement.findings {
                let counts = messages.entry(one.rule).or_default();
                *counts.entry(one.message.as_str()).or_default() += 1;
            }
            let rules: BTreeSet<_> = statement.findings.iter().map(|one| one.rule).collect();
            for rule in rules {
                let count = counts.entry(rule).or_default();
                count.0 += 1;
                count.1 += usize::from(here.insert(rule));
            }
        }
    }
    let obstacle = |(rule, (statements, files)): (&'static str, (usize, usize))| {
        let rule = Rule::find(rule)?;
        let Rule { id, title, verdict, advice } = rule;
        let counts = messages.get(id).cloned().unwrap_or_default();
        let mut examples = by_count(counts);
        examples.retain(|(message, _)| message != title);
        examples.truncate(EXAMPLES);
        let examples = examples.into_iter().map(|(text, n)| (text.to_owned(), n)).collect();
        Some(Obstacle { rule: id, title, verdict: *verdict, statements, files, advice, examples })
    };
    let mut all: Vec<_> = counts.into_iter().filter_map(obstacle).collect();
    all.sort_by_key(|one| (std::cmp::Reverse(one.statements), one.rule));
    all
}

/// Sorts counts, the largest first.
pub(super) fn by_count<K: Ord + Clone>(counts: BTreeMap<K, usize>) -> Vec<(K, usize)> {
    let mut all: Vec<_> = counts.into_iter().collect();
    all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    all
}
