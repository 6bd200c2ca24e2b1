//! The commands besides `SET` and `RESET`.
//!
//! Source: Hive `AddResourceProcessor`, `ListResourceProcessor`, `DeleteResourceProcessor`,
//! `SessionState.find_resource_type`, `CompileProcessor`.

use super::{Body, CommandKind, trimmed};
use crate::ast::{Command, Compile, LlapPart, Resource, ResourceAction, ResourceKind};
use crate::diagnostic::Diagnostic;

const COMPILE_HINT: &str = "write COMPILE `code` AS groovy NAMED file.groovy";

/// Names a kind of resource; the plural means the same.
pub(super) fn resource_kind(word: &str) -> Option<ResourceKind> {
    const KINDS: [(&str, ResourceKind); 3] = [
        ("JAR", ResourceKind::Jar),
        ("FILE", ResourceKind::File),
        ("ARCHIVE", ResourceKind::Archive),
    ];
    let one = word.strip_suffix(['s', 'S']).unwrap_or(word);
    KINDS.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(one)).map(|(_, kind)| kind)
}

/// Parses what stands behind the first word.
pub(super) fn parse(kind: CommandKind, body: &Body<'_>) -> Result<Command, Diagnostic> {
    let rest = body.rest();
    Ok(match kind {
        CommandKind::Add => resource(ResourceAction::Add, body)?,
        CommandKind::List => resource(ResourceAction::List, body)?,
        CommandKind::Delete => resource(ResourceAction::Delete, body)?,
        CommandKind::Dfs => Command::Dfs(body.raw(rest)),
        CommandKind::Shell => Command::Shell(body.raw(rest)),
        CommandKind::Source if rest.is_empty() => {
            return Err(missing(body, "SOURCE names no file", "write SOURCE path"));
        }
        CommandKind::Source => Command::Source(body.raw(rest)),
        CommandKind::Crypto => Command::Crypto(body.raw(rest)),
        CommandKind::Erasure => Command::Erasure(body.raw(rest)),
        CommandKind::Compile => Command::Compile(compile(body)?),
        CommandKind::Llap => llap(body),
        CommandKind::Reload => Command::Reload,
        // These two are told apart before they come here.
        CommandKind::Quit | CommandKind::Set | CommandKind::Reset => Command::Quit,
        CommandKind::Exit => Command::Exit,
    })
}

fn missing(body: &Body<'_>, message: &str, hint: &str) -> Diagnostic {
    Diagnostic::new(body.span(0..body.start), message).with_hint(hint)
}

fn resource(action: ResourceAction, body: &Body<'_>) -> Result<Command, Diagnostic> {
    let verb = action.text();
    let hint = format!("write {verb} JAR, {verb} FILE or {verb} ARCHIVE");
    let mut words = body.words(body.rest()).into_iter();
    let Some(first) = words.next() else {
        return Err(missing(body, &format!("{verb} says no kind of resource"), &hint));
    };
    let Some(kind) = resource_kind(&body.text[first.clone()]) else {
        let message = format!("`{}` is no kind of resource", &body.text[first.clone()]);
        return Err(Diagnostic::new(body.span(first), message).with_hint(hint));
    };
    let values: Vec<_> = words.map(|word| body.raw(word)).collect();
    if action == ResourceAction::Add && values.is_empty() {
        let message = "ADD names no resource";
        return Err(missing(body, message, &format!("write ADD {} path", kind.text())));
    }
    Ok(Command::Resource(Resource { action, kind, values }))
}

fn llap(body: &Body<'_>) -> Command {
    let rest = body.rest();
    let first = body.words(rest.clone()).into_iter().next().unwrap_or(rest.start..rest.start);
    let cluster = body.text[first.clone()].eq_ignore_ascii_case("cluster");
    let part = if cluster { LlapPart::Cluster } else { LlapPart::Cache };
    let arguments = body.raw(trimmed(body.text, first.end..rest.end));
    Command::Llap { part, arguments }
}

fn compile(body: &Body<'_>) -> Result<Compile, Diagnostic> {
    let wrong = |range, message: &str| {
        Err(Diagnostic::new(body.span(range), message).with_hint(COMPILE_HINT))
    };
    let rest = body.rest();
    let text = body.text;
    let Some(open) = text[rest.clone()].find('`').map(|at| rest.start + at) else {
        return wrong(0..body.start, "COMPILE has no code");
    };
    let mut code = String::new();
    let mut chars = text[open + 1..rest.end].char_indices();
    let close = loop {
        match chars.next() {
            None => return wrong(open..open + 1, "the code has no closing backtick"),
            Some((at, '`')) => break open + 1 + at,
            Some((_, '\\')) => code.extend(chars.next().map(|(_, c)| c)),
            Some((_, c)) => code.push(c),
        }
    };
    let words = body.words(close + 1..rest.end);
    let is = |i: usize, word: &str| {
        words.get(i).is_some_and(|range| text[range.clone()].eq_ignore_ascii_case(word))
    };
    let (4, Some(language), Some(name)) = (words.len(), words.get(1), words.get(3)) else {
        return wrong(close..rest.end, "the code has no language and name");
    };
    if !is(0, "AS") || !is(2, "NAMED") {
        return wrong(close + 1..rest.end, "the code has no language and name");
    }
    if !is(1, "groovy") {
        return wrong(language.clone(), "Hive compiles only groovy");
    }
    let span = body.span(open..close + 1);
    Ok(Compile {
        code: crate::ast::RawText { span, value: code },
        language: body.raw(language.clone()),
        name: body.raw(name.clone()),
    })
}
