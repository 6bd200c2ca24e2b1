//! The report for the terminal.

use super::report::{Report, TOP};
use super::rules::Verdict;

/// How many lines of each list are shown.
const LINES: usize = 10;
/// How many mistakes are drawn.
const PICTURES: usize = 10;

/// Says the most important thing in one line.
pub(super) fn headline(report: &Report) -> String {
    let summary = &report.summary;
    let runs = report.count(Verdict::Runs) + report.count(Verdict::Differs);
    format!(
        "{runs} of {} statements run ({}), {} of {} scripts run as a whole",
        summary.statements,
        report.percent(runs),
        summary.files_that_run,
        summary.files
    )
}

/// Writes the summary.
pub(super) fn write(report: &Report) -> String {
    let mut out = headline(report);
    out.push_str("\n\n");
    for verdict in Verdict::ALL {
        let count = report.count(verdict);
        put(
            &mut out,
            format_args!("  {:<20} {count:>8}  {:>7}", verdict.title(), report.percent(count)),
        );
    }
    mistakes(report, &mut out);
    if !report.obstacles.is_empty() {
        out.push_str("\nMost frequent reasons\n");
        for one in report.obstacles.iter().take(TOP) {
            put(
                &mut out,
                format_args!(
                    "  {} {:>7} statements in {:>5} files  {} ({})",
                    one.rule,
                    one.statements,
                    one.files,
                    one.title,
                    one.verdict.title()
                ),
            );
            put(&mut out, format_args!("       {}", one.advice));
            for (text, count) in one.examples.iter().filter(|_| one.examples.len() > 1) {
                put(&mut out, format_args!("       {count:>6} x {text}"));
            }
        }
        rest(&mut out, report.obstacles.len(), TOP);
    }
    lists(report, &mut out);
    for file in report.files.iter().filter(|file| file.error.is_some()) {
        let error = file.error.as_deref().unwrap_or_default();
        put(&mut out, format_args!("\nnot read: {}: {error}", file.path));
    }
    out
}

fn mistakes(report: &Report, out: &mut String) {
    let all = report.files.iter().flat_map(|file| &file.statements);
    let mut pictures =
        all.filter(|one| one.verdict == Verdict::Invalid).filter_map(|one| one.picture.as_deref());
    for picture in pictures.by_ref().take(PICTURES) {
        out.push('\n');
        out.push_str(picture);
        out.push('\n');
    }
    let more = pictures.count();
    if more > 0 {
        put(out, format_args!("\n... and {more} more mistakes; --format json shows all"));
    }
}

fn lists(report: &Report, out: &mut String) {
    let mut tables: Vec<_> = report.undefined_tables.iter().collect();
    tables.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), (*name).clone()));
    names(out, "Tables that no script creates", tables.iter().map(|(n, c)| ((*n).clone(), **c)));
    let mut functions: Vec<_> = report.undefined_functions.iter().collect();
    functions.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), (*name).clone()));
    names(
        out,
        "Functions that are not Hive's own, and that no script creates",
        functions.iter().map(|(n, c)| ((*n).clone(), **c)),
    );
    let external =
        report.external.iter().map(|(one, n)| (format!("{}: {}", one.kind, one.name), *n));
    names(out, "From outside", external);
    let variables = report.variables.iter().map(|(name, n)| (format!("${{{name}}}"), *n));
    names(out, "Variables without a value", variables);
    let settings = report.settings.iter();
    let settings =
        settings.map(|s| (format!("{} ({}: {})", s.key, s.fate.title(), s.why), s.times));
    names(out, "Settings", settings);
}

fn names(out: &mut String, title: &str, all: impl Iterator<Item = (String, usize)>) {
    let all: Vec<_> = all.collect();
    if all.is_empty() {
        return;
    }
    put(out, format_args!("\n{title}"));
    for (name, count) in all.iter().take(LINES) {
        put(out, format_args!("  {count:>7}  {name}"));
    }
    rest(out, all.len(), LINES);
}

fn rest(out: &mut String, all: usize, shown: usize) {
    if all > shown {
        put(out, format_args!("  ... and {} more", all - shown));
    }
}

fn put(out: &mut String, line: std::fmt::Arguments<'_>) {
    out.push_str(&line.to_string());
    out.push('\n');
}
