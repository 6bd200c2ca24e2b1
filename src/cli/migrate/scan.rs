//! Goes through scripts, statement by statement.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use dialect::ast::{Set, Statement, StatementKind};
use dialect::{Diagnostic, Options, RawStatement, Splitting, line_column, render};

use super::facts::Facts;
use super::input::{self, Decoded};
use super::judge::{self, Known, last_part};
use super::report::{External, FileReport, Finding, Report, SettingUse, StatementReport, by_count};
use super::rules::Verdict;
use super::session::{Open, Session, Sign};
use super::{hive_functions, rewrite, settings};
use crate::error::Result;
use crate::sql::functions;

/// How much of a statement's text a report shows, in characters.
const SHOWN: usize = 400;

/// Looks at all scripts below the paths; writes them anew if a folder is given.
///
/// # Errors
/// A script cannot be written.
pub(super) fn scan(
    paths: &[PathBuf],
    hivevar: &BTreeMap<String, String>,
    options: Options,
    into: Option<&Path>,
) -> Result<Report> {
    let (found, problems) = input::find(paths);
    let start = Session::new(hivevar);
    let mut known = Known::default();
    for one in &found {
        if let Ok(decoded) = input::read(&one.path) {
            define(&decoded.text, &start, options, &mut known);
        }
    }
    let mut all = Scan { known, ..Scan::default() };
    for (path, error) in problems {
        let path = path.display().to_string();
        all.files.push(FileReport { path, error: Some(error), ..FileReport::default() });
    }
    for one in found {
        let path = one.path.display().to_string();
        match input::read(&one.path) {
            Err(error) => {
                all.files.push(FileReport { path, error: Some(error), ..FileReport::default() });
            }
            Ok(decoded) => {
                let (file, texts) = all.file(&path, &decoded, &start, options, into.is_some());
                if let Some(folder) = into {
                    rewrite::write(folder, &one, &decoded, &file, &texts)?;
                }
                all.files.push(file);
            }
        }
    }
    Ok(all.report())
}

/// Takes what a script defines.
fn define(text: &str, start: &Session, options: Options, known: &mut Known) {
    let mut session = start.clone();
    for raw in options.split(text) {
        let first = raw.text.get(..6).unwrap_or("");
        if !raw.is_command() && !first.eq_ignore_ascii_case("create") {
            continue;
        }
        if let Ok((statement, _)) = read(&raw, &session) {
            session.take(&statement);
            if !raw.is_command() {
                known.take(&statement, &Facts::of(&statement));
            }
        }
    }
}

/// Parses a statement; signs stand for variables without a value.
fn read(
    raw: &RawStatement<'_>,
    session: &Session,
) -> std::result::Result<(Statement, Open), ReadError> {
    let mut last = None;
    for sign in [Sign::Name, Sign::Number] {
        let open = Open::default();
        let result = raw.parse(&|space, name| Some(session.lookup(space, name, sign, &open)));
        match result {
            Ok(statement) => return Ok((statement, open)),
            Err(problems) => {
                let done = open.is_empty();
                last = last.or(Some((problems, open)));
                if done {
                    break;
                }
            }
        }
    }
    let (problems, open) = last.unwrap_or_default();
    Err((problems, open))
}

/// What is wrong with a statement, and the variables without a value.
type ReadError = (Vec<Diagnostic>, Open);

/// What was found so far.
#[derive(Debug, Default)]
struct Scan {
    known: Known,
    files: Vec<FileReport>,
    settings: BTreeMap<String, usize>,
    created: BTreeSet<String>,
    read: BTreeMap<String, usize>,
    called: BTreeMap<String, usize>,
    external: BTreeMap<External, usize>,
    variables: BTreeMap<String, usize>,
}

impl Scan {
    /// Looks at one script; also gives, if asked, what each statement becomes when rewritten.
    fn file(
        &mut self,
        path: &str,
        decoded: &Decoded,
        start: &Session,
        options: Options,
        rewrites: bool,
    ) -> (FileReport, Vec<rewrite::Piece>) {
        let text = decoded.text.as_str();
        let mut file = FileReport {
            path: path.to_owned(),
            encoding: decoded.encoding,
            ..FileReport::default()
        };
        let mut session = start.clone();
        let mut pieces = Vec::new();
        let other = other_way(text, options);
        for raw in options.split(text) {
            let mut one = self.statement(&raw, &mut session, (text, path), &mut file.variables);
            let agrees = begin(text, &raw).is_some_and(|start| other.contains(&start));
            if !agrees && one.verdict < Verdict::Invalid {
                one.findings.push(Finding::of("H003"));
                one.verdict = one.verdict.max(Verdict::Differs);
            }
            if rewrites {
                pieces.push(rewrite::Piece::of(&raw, &one));
            }
            file.statements.push(one);
        }
        if decoded.encoding != "UTF-8"
            && !text.is_ascii()
            && let Some(first) = file.statements.first_mut()
        {
            let message = format!("the script is written in {}", decoded.encoding);
            first.findings.push(Finding::new("H004", message));
            first.verdict = first.verdict.max(Verdict::Differs);
        }
        (file, pieces)
    }

    fn statement(
        &mut self,
        raw: &RawStatement<'_>,
        session: &mut Session,
        (text, path): (&str, &str),
        variables: &mut BTreeSet<String>,
    ) -> StatementReport {
        let (line, column) = line_column(text, raw.span.start);
        let mut one = StatementReport {
            line,
            column,
            kind: kind_of(raw.text),
            verdict: Verdict::Runs,
            findings: Vec::new(),
            text: shorten(raw.text),
            picture: None,
        };
        let open = match read(raw, session) {
            Ok((statement, open)) => {
                session.take(&statement);
                let facts = Facts::of(&statement);
                one.findings = judge::findings(&statement, &facts, &self.known);
                self.count(&statement, &facts, &open);
                open
            }
            Err((problems, open)) => {
                let rule = match problems.first() {
                    _ if !open.is_empty() && has_open_variable(raw.text) => "H002",
                    Some(problem) if is_unsupported(problem) => "H100",
                    _ => "H001",
                };
                let message = problems.first().map_or(String::new(), |p| p.message.clone());
                let mut finding = Finding::new(rule, message);
                if rule != "H002"
                    && let Some(hint) = problems.first().and_then(|p| p.hint.clone())
                {
                    finding.advice = hint;
                }
                one.findings.push(finding);
                let pictures: Vec<_> = problems.iter().map(|p| render(p, text, path)).collect();
                one.picture = Some(pictures.join("\n\n"));
                open
            }
        };
        for name in open.names() {
            *self.variables.entry(name.clone()).or_default() += 1;
            variables.insert(name);
        }
        one.verdict = judge::verdict(&one.findings);
        one
    }

    /// Counts what a statement names.
    fn count(&mut self, statement: &Statement, facts: &Facts, open: &Open) {
        let whole = |name: &str| open.restore(name);
        if let StatementKind::Set(Set::Assign { key, .. }) = &statement.kind
            && !key.name.starts_with("hivevar:")
        {
            *self.settings.entry(key.name.clone()).or_default() += 1;
        }
        self.created.extend(facts.creates.iter().map(|name| last_part(name).to_owned()));
        for name in &facts.reads {
            *self.read.entry(whole(name)).or_default() += 1;
        }
        for name in &facts.calls {
            *self.called.entry(name.clone()).or_default() += 1;
        }
        for one in judge::external(statement, facts) {
            let one = External { name: whole(&one.name), ..one };
            *self.external.entry(one).or_default() += 1;
        }
    }

    fn report(self) -> Report {
        let own = functions::names();
        let Self { known, files, settings, created, read, called, external, variables } = self;
        let undefined = |name: &String| {
            !own.contains(&name.as_str())
                && !hive_functions::is_hives(name)
                && !super::rules::LANGUAGE.contains(&name.as_str())
                && !known.functions.contains(last_part(name))
        };
        let setting = |(key, times): (String, usize)| {
            let (fate, why) = settings::fate(&key);
            SettingUse { key, times, fate, why }
        };
        let mut report = Report {
            settings: by_count(settings).into_iter().map(setting).collect(),
            undefined_tables: read
                .into_iter()
                .filter(|(name, _)| !created.contains(last_part(name)))
                .collect(),
            undefined_functions: called.into_iter().filter(|(name, _)| undefined(name)).collect(),
            external: by_count(external),
            variables,
            files,
            ..Report::default()
        };
        report.finish();
        report
    }
}

/// Returns where statements begin when the script is cut the other way.
fn other_way(text: &str, options: Options) -> BTreeSet<u32> {
    let splitting = match options.splitting {
        Splitting::Sane => Splitting::Hive,
        Splitting::Hive => Splitting::Sane,
    };
    let other = Options { splitting, ..options };
    other.split(text).iter().filter_map(|raw| begin(text, raw)).collect()
}

/// Returns where a statement begins, comments aside; nothing if it is more than one.
fn begin(text: &str, raw: &RawStatement<'_>) -> Option<u32> {
    if raw.options.splitting == Splitting::Sane {
        return Some(raw.span.start);
    }
    let inner = text.get(raw.span.range())?;
    let options = Options { splitting: Splitting::Sane, ..raw.options };
    match options.split(inner).as_slice() {
        [one] => Some(raw.span.start + one.span.start),
        _ => None,
    }
}

/// Tells whether a variable stands outside of quotes, where its value decides what the statement is.
fn has_open_variable(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (mut quote, mut at) = (None, 0);
    while let Some(byte) = bytes.get(at) {
        match (quote, byte) {
            (_, b'\\') => at += 1,
            (None, b'\'' | b'"' | b'`') => quote = Some(*byte),
            (Some(open), byte) if open == *byte => quote = None,
            (None, b'$') if bytes.get(at + 1) == Some(&b'{') => return true,
            _ => {}
        }
        at += 1;
    }
    false
}

/// Tells whether Hive takes a statement that we do not read.
fn is_unsupported(problem: &Diagnostic) -> bool {
    problem.message.starts_with("the statement ") && problem.message.ends_with("is not supported")
}

/// The first words of a statement.
fn kind_of(text: &str) -> String {
    const SECOND: [&str; 12] = [
        "CREATE", "ALTER", "DROP", "INSERT", "SHOW", "DESCRIBE", "ADD", "LOAD", "DELETE", "LIST",
        "ANALYZE", "TRUNCATE",
    ];
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let mut words = words.filter(|word| !word.is_empty()).map(str::to_ascii_uppercase);
    let first = words.next().unwrap_or_default();
    let passed = ["EXTERNAL", "TEMPORARY", "MANAGED", "TRANSACTIONAL", "OR", "REPLACE"];
    let second = words.find(|word| !passed.contains(&word.as_str()));
    match second {
        _ if text.starts_with('!') => "!".to_owned(),
        Some(second) if SECOND.contains(&first.as_str()) => format!("{first} {second}"),
        _ => first,
    }
}

fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(SHOWN).collect();
    if short.len() < text.len() {
        short.push_str(" ...");
    }
    short
}
