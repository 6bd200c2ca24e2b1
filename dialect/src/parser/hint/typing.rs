//! Words that are nearly right.

use super::{Expected, Slip};
use crate::token::TokenKind;

/// A word that is nearly the one expected.
pub(super) fn typing_error(slip: &Slip<'_, '_>) -> Option<String> {
    let expected: Vec<&str> = slip
        .notes
        .iter()
        .filter_map(|note| match note {
            Expected::Token(TokenKind::Keyword(keyword)) => Some(keyword.text()),
            Expected::Word(word) => Some(*word),
            _ => None,
        })
        .collect();
    let wrong = slip.found();
    if matches!(slip.token.kind, TokenKind::Ident | TokenKind::Keyword(_))
        && let Some(word) = nearest(wrong, &expected)
    {
        return Some(format!("did you mean {word}?"));
    }
    // A mistyped word before may have been taken for an alias.
    let before = slip.before.filter(|t| t.kind == TokenKind::Ident)?;
    let starts_operand = slip.parser.is_name(0)
        || matches!(
            slip.token.kind,
            TokenKind::LParen | TokenKind::Keyword(_) | TokenKind::Number(_)
        );
    if !starts_operand {
        return None;
    }
    let clauses: Vec<&str> =
        ["FROM", "WHERE", "GROUP", "ORDER", "HAVING", "LIMIT", "JOIN", "UNION"]
            .into_iter()
            .chain(["SELECT", "PARTITION", "LATERAL", "VALUES", "INNER", "LEFT"])
            .collect();
    let word = nearest(slip.source(before), &clauses)?;
    Some(format!("did you mean {word} instead of `{}`?", slip.source(before)))
}

/// Returns the word that `wrong` is most like, if it is like one.
fn nearest<'w>(wrong: &str, words: &[&'w str]) -> Option<&'w str> {
    let wrong = wrong.to_ascii_uppercase();
    let limit = match wrong.len() {
        0..=2 => return None,
        3..=5 => 1,
        6..=20 => 2,
        // No word of the language is near to it.
        _ => return None,
    };
    let distances = words.iter().map(|word| (strsim::osa_distance(&wrong, word), *word));
    let (distance, word) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance > 0 && distance <= limit).then_some(word)
}
