//! The report as one page that needs nothing else.

use super::report::{FileReport, Obstacle, Report, StatementReport, TOP, by_count};
use super::rules::Verdict;
use super::text::headline;

/// How many rows of each table, and how many statements of each file, are shown.
const ROWS: usize = 40;
/// How many scripts the table of files shows.
const FILES: usize = 2000;
/// How long the page may become before details are left out, in bytes.
const LARGE: usize = 24 << 20;

/// Writes the page.
pub(super) fn write(report: &Report) -> String {
    let mut page = Page { out: String::new() };
    page.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.raw("<title>Migration report</title>\n<style>\n");
    page.raw(include_str!("report.css"));
    page.raw("</style>\n</head>\n<body>\n<main>\n");
    page.summary(report);
    page.obstacles("What stands in the way", &against(report));
    page.obstacles("What to look at", &notes(report));
    page.names(report);
    page.settings(report);
    page.files(report);
    page.details(report);
    page.raw("<footer>Made by skep ");
    page.text(env!("CARGO_PKG_VERSION"));
    page.raw(". Nothing was run, and nothing was read but the scripts.</footer>\n");
    page.raw("</main>\n</body>\n</html>\n");
    page.out
}

fn against(report: &Report) -> Vec<&Obstacle> {
    let all = report.obstacles.iter().filter(|one| one.verdict >= Verdict::Unchecked);
    all.take(TOP).collect()
}

fn notes(report: &Report) -> Vec<&Obstacle> {
    let all = report.obstacles.iter().filter(|one| one.verdict < Verdict::Unchecked);
    all.take(TOP).collect()
}

struct Page {
    out: String,
}

impl Page {
    fn raw(&mut self, html: &str) {
        self.out.push_str(html);
    }

    /// Puts text; what HTML takes for its own is escaped.
    fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.raw("&amp;"),
                '<' => self.raw("&lt;"),
                '>' => self.raw("&gt;"),
                '"' => self.raw("&quot;"),
                _ => self.out.push(c),
            }
        }
    }

    fn element(&mut self, open: &str, text: &str, close: &str) {
        self.raw(open);
        self.text(text);
        self.raw(close);
    }

    fn number(&mut self, count: usize, label: &str, share: Option<(Verdict, String)>) {
        self.raw("<div class=\"number\"><b>");
        self.raw(&grouped(count));
        if let Some((_, percent)) = &share {
            self.element("<em>", percent, "</em>");
        }
        self.raw("</b><span>");
        if let Some((verdict, _)) = &share {
            self.raw(&format!("<i class=\"dot {}\"></i>", verdict.key()));
        }
        self.text(label);
        self.raw("</span></div>\n");
    }

    fn summary(&mut self, report: &Report) {
        self.raw("<h1>Migration report</h1>\n");
        self.element("<p class=\"lead\">", &headline(report), ".</p>\n");
        let counts = Verdict::ALL.map(|verdict| (verdict, report.count(verdict)));
        self.bar(&counts, "bar");
        self.raw("<div class=\"numbers\">\n");
        for (verdict, count) in counts {
            self.number(count, verdict.title(), Some((verdict, report.percent(count))));
        }
        self.raw("</div>\n<div class=\"numbers\">\n");
        self.number(report.summary.statements, "statements", None);
        self.number(report.summary.files, "scripts", None);
        self.number(report.summary.files_that_run, "scripts that run as a whole", None);
        self.number(report.summary.unreadable, "scripts that could not be read", None);
        self.raw("</div>\n");
    }

    fn bar(&mut self, counts: &[(Verdict, usize)], class: &str) {
        self.raw(&format!("<div class=\"{class}\" role=\"img\" aria-label=\"shares\">"));
        for (verdict, count) in counts.iter().filter(|(_, count)| *count > 0) {
            let (key, title) = (verdict.key(), verdict.title());
            self.raw(&format!(
                "<i class=\"{key}\" style=\"flex-grow:{count}\" title=\"{title}: {count}\"></i>"
            ));
        }
        self.raw("</div>\n");
    }

    fn obstacles(&mut self, title: &str, all: &[&Obstacle]) {
        if all.is_empty() {
            return;
        }
        self.element("<h2>", title, "</h2>\n");
        self.raw("<table><thead><tr><th>Rule</th><th>Reason and what to do</th>");
        self.raw(
            "<th class=\"n\">Statements</th><th class=\"n\">Scripts</th></tr></thead><tbody>\n",
        );
        for one in all {
            self.element("<tr><td><code class=\"rule\">", one.rule, "</code></td><td>");
            self.raw(&format!("<i class=\"dot {}\"></i>", one.verdict.key()));
            self.text(one.title);
            self.element("<small>", one.advice, "</small>");
            if one.examples.len() > 1 {
                let examples = one.examples.iter();
                let examples: Vec<_> =
                    examples.map(|(text, n)| format!("{text} ({})", grouped(*n))).collect();
                self.element(
                    "<small class=\"most\">most often: ",
                    &examples.join(" · "),
                    "</small>",
                );
            }
            self.raw("</td>");
            self.cell(one.statements);
            self.cell(one.files);
            self.raw("</tr>\n");
        }
        self.raw("</tbody></table>\n");
    }

    fn cell(&mut self, count: usize) {
        self.element("<td class=\"n\">", &grouped(count), "</td>");
    }

    fn names(&mut self, report: &Report) {
        let tables = by_count(report.undefined_tables.clone());
        self.list("Tables that no script creates", "They must be in the catalog.", &tables);
        let functions = by_count(report.undefined_functions.clone());
        let what = "They are not Hive's own, and no script creates them.";
        self.list("Functions from elsewhere", what, &functions);
        let external = report.external.iter();
        let external: Vec<_> =
            external.map(|(one, n)| (format!("{}: {}", one.kind, one.name), *n)).collect();
        self.list("From outside", "Files, programs and classes that scripts name.", &external);
        let variables = report.variables.iter().map(|(name, n)| (format!("${{{name}}}"), *n));
        let variables: Vec<_> = variables.collect();
        self.list("Variables without a value", "Give them with --hivevar.", &variables);
    }

    fn list(&mut self, title: &str, what: &str, all: &[(String, usize)]) {
        if all.is_empty() {
            return;
        }
        self.element("<h2>", title, "</h2>\n");
        self.element("<p>", what, "</p>\n<table><tbody>\n");
        for (name, count) in all.iter().take(ROWS / 4) {
            self.element("<tr><td class=\"path\"><code>", name, "</code></td>");
            self.cell(*count);
            self.raw("</tr>\n");
        }
        self.raw("</tbody></table>\n");
        if all.len() > ROWS / 4 {
            self.raw("<details><summary>");
            self.text(&format!("{} more", grouped(all.len() - ROWS / 4)));
            self.raw("</summary><table><tbody>\n");
            for (name, count) in all.iter().skip(ROWS / 4).take(ROWS * 10) {
                self.element("<tr><td class=\"path\"><code>", name, "</code></td>");
                self.cell(*count);
                self.raw("</tr>\n");
            }
            self.raw("</tbody></table></details>\n");
        }
    }

    fn settings(&mut self, report: &Report) {
        if report.settings.is_empty() {
            return;
        }
        self.raw(
            "<h2>Settings</h2>\n<table><thead><tr><th>Setting</th><th>What becomes of it</th>",
        );
        self.raw("<th class=\"n\">Times</th></tr></thead><tbody>\n");
        for one in report.settings.iter().take(ROWS) {
            self.element("<tr><td class=\"path\"><code>", &one.key, "</code></td><td>");
            self.text(one.fate.title());
            self.element("<small>", &one.why, "</small></td>");
            self.cell(one.times);
            self.raw("</tr>\n");
        }
        self.raw("</tbody></table>\n");
        if report.settings.len() > ROWS {
            let more = format!("{} more are in the JSON report.", report.settings.len() - ROWS);
            self.element("<p>", &more, "</p>\n");
        }
    }

    fn files(&mut self, report: &Report) {
        self.raw("<h2>Scripts</h2>\n<table><thead><tr><th>Script</th><th></th>");
        self.raw("<th class=\"n\">Statements</th><th class=\"n\">Run</th></tr></thead><tbody>\n");
        for file in report.files.iter().take(FILES) {
            self.element("<tr><td class=\"path\">", &file.path, "");
            if let Some(error) = &file.error {
                self.element("<small>", error, "</small>");
            }
            self.raw("</td><td>");
            self.bar(&Verdict::ALL.map(|verdict| (verdict, file.count(verdict))), "bar small");
            self.raw("</td>");
            self.cell(file.statements.len());
            self.cell(file.count(Verdict::Runs) + file.count(Verdict::Differs));
            self.raw("</tr>\n");
        }
        self.raw("</tbody></table>\n");
        if report.files.len() > FILES {
            let more = format!("{} more are in the JSON report.", report.files.len() - FILES);
            self.element("<p>", &more, "</p>\n");
        }
    }

    fn details(&mut self, report: &Report) {
        let has = |file: &&FileReport| file.statements.iter().any(|one| !one.findings.is_empty());
        let all: Vec<_> = report.files.iter().filter(has).collect();
        if all.is_empty() {
            return;
        }
        self.raw(
            "<h2>Details</h2>\n<p>Every statement about which there is something to say.</p>\n",
        );
        for (i, file) in all.iter().enumerate() {
            if self.out.len() > LARGE {
                let more = format!("{} more scripts are in the JSON report.", all.len() - i);
                self.element("<p>", &more, "</p>\n");
                return;
            }
            self.file(file);
        }
    }

    fn file(&mut self, file: &FileReport) {
        let told: Vec<_> = file.statements.iter().filter(|one| !one.findings.is_empty()).collect();
        self.element("<details><summary>", &file.path, "<small>");
        self.text(&grouped(told.len()));
        self.raw("</small></summary>\n");
        for one in told.iter().take(ROWS * 5) {
            self.statement(one);
        }
        if told.len() > ROWS * 5 {
            let more = format!("{} more are in the JSON report.", told.len() - ROWS * 5);
            self.element("<p>", &more, "</p>\n");
        }
        self.raw("</details>\n");
    }

    fn statement(&mut self, one: &StatementReport) {
        self.raw(&format!(
            "<div class=\"statement\"><h4><i class=\"dot {}\"></i>line {}: ",
            one.verdict.key(),
            one.line
        ));
        self.text(&one.kind);
        self.element(" – ", one.verdict.title(), "</h4>\n<ul>\n");
        for finding in &one.findings {
            self.element("<li><code class=\"rule\">", finding.rule, "</code> ");
            self.text(&finding.message);
            if finding.advice != finding.message {
                self.element(": ", &finding.advice, "");
            }
            self.raw("</li>\n");
        }
        self.raw("</ul>\n");
        self.element("<pre>", one.picture.as_ref().unwrap_or(&one.text), "</pre></div>\n");
    }
}

/// Writes a number with its thousands apart.
fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(c);
    }
    out
}
