//! What the targets share.

use dialect::ast::Span;
use dialect::{Grammar, Options, QuotedIdentifiers, Splitting};

/// The longest text that is tried: longer ones find nothing that shorter ones do not.
const LONGEST: usize = 4096;

/// Makes a text of a fuzzer's bytes, and chooses how it is read.
///
/// The choice depends on the length alone, so that a statement is a seed just as it is.
pub fn text_and_options(data: &[u8]) -> Option<(String, Options)> {
    if data.len() > LONGEST {
        return None;
    }
    let text = String::from_utf8_lossy(data).into_owned();
    let grammar = if data.len() % 2 == 0 { Grammar::Hive } else { Grammar::Streaming };
    let quoted_identifiers = match data.len() % 8 {
        6 => QuotedIdentifiers::None,
        7 => QuotedIdentifiers::Standard,
        _ => QuotedIdentifiers::Column,
    };
    let splitting = Splitting::Sane;
    Some((text, Options { grammar, quoted_identifiers, splitting }))
}

/// Fails unless a position is a piece of the text.
pub fn check_span(text: &str, span: Span) {
    assert!(text.get(span.range()).is_some(), "{span:?} is no piece of the text");
}
