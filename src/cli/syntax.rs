//! `skep explain --ast`: Hive's syntax tree of each statement, as its `EXPLAIN AST` shows it.

use dialect::{Diagnostic, line_column, render};

use super::script::expand;
use super::{Common, say, tell};
use crate::error::{Error, Result};

/// Shows the syntax tree of every statement; needs no tables.
///
/// # Errors
/// [`crate::error::Kind::Config`] if a script cannot be read or a statement has a mistake.
pub(super) fn trees(common: &Common) -> Result<()> {
    let settings = common.settings()?;
    let mut wrong = 0;
    let paths = expand(&settings.pipelines).map_err(Error::config)?;
    for path in &paths {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|e| {
            Error::config("cannot read the script").with("script", &name).with_source(e)
        })?;
        let lookup = |space: &str, key: &str| match space {
            "hivevar" => settings.hivevar.get(key).cloned(),
            "hiveconf" => settings.session.get(key).map(str::to_owned),
            _ => None,
        };
        for raw in dialect::split(&text) {
            match raw.parse(&lookup) {
                Ok(statement) if statement.kind.is_command() => {}
                Ok(statement) => {
                    let (line, _) = line_column(&text, raw.span.start);
                    say(&format!("-- {name}:{line}"));
                    say(statement.syntax_tree_dump().trim_matches('\n'));
                }
                Err(problems) => {
                    wrong += problems.len();
                    tell(&pictures(&problems, &text, &name));
                }
            }
        }
    }
    match wrong {
        0 => Ok(()),
        n => Err(Error::config("the scripts have mistakes").with("mistakes", n)),
    }
}

fn pictures(problems: &[Diagnostic], text: &str, name: &str) -> String {
    let pictures: Vec<_> = problems.iter().map(|problem| render(problem, text, name)).collect();
    pictures.join("\n\n")
}
