//! The report for a wiki or a merge request.

use super::report::Report;
use super::rules::Verdict;
use super::text::headline;

/// How many rows of each table are shown.
const ROWS: usize = 50;

/// Writes the report.
pub(super) fn write(report: &Report) -> String {
    let mut out = format!("# Migration report\n\n{}.\n\n", headline(report));
    out.push_str("| what becomes of it | statements | share |\n|---|---:|---:|\n");
    for verdict in Verdict::ALL {
        let count = report.count(verdict);
        row(&mut out, &[verdict.title(), &count.to_string(), &report.percent(count)]);
    }
    out.push_str("\n## Reasons\n\n| rule | reason | result | statements | files | what to do |\n");
    out.push_str("|---|---|---|---:|---:|---|\n");
    for one in &report.obstacles {
        let (statements, files) = (one.statements.to_string(), one.files.to_string());
        row(&mut out, &[one.rule, one.title, one.verdict.title(), &statements, &files, one.advice]);
    }
    out.push_str("\n## Files\n\n| file | statements | runs | differs | needs a variable | not supported | invalid |\n");
    out.push_str("|---|---:|---:|---:|---:|---:|---:|\n");
    for file in &report.files {
        let error = file.error.as_deref().map(|error| format!(" ({error})")).unwrap_or_default();
        let mut cells = vec![format!("{}{error}", file.path), file.statements.len().to_string()];
        cells.extend(Verdict::ALL.map(|verdict| file.count(verdict).to_string()));
        row(&mut out, &cells.iter().map(String::as_str).collect::<Vec<_>>());
    }
    settings(report, &mut out);
    out
}

fn settings(report: &Report, out: &mut String) {
    if report.settings.is_empty() {
        return;
    }
    out.push_str("\n## Settings\n\n| setting | times | result | why |\n|---|---:|---|---|\n");
    for one in report.settings.iter().take(ROWS) {
        row(out, &[&one.key, &one.times.to_string(), one.fate.title(), &one.why]);
    }
}

fn row(out: &mut String, cells: &[&str]) {
    for cell in cells {
        out.push_str("| ");
        out.push_str(&cell.replace('|', "\\|").replace(['\n', '\r'], " "));
        out.push(' ');
    }
    out.push_str("|\n");
}
