//! What is said about characters that make no token.

use crate::ast::Span;
use crate::diagnostic::Diagnostic;
use crate::token::LexError;

/// Makes the diagnostic of a token that is none.
pub(crate) fn lex_failure(error: LexError, source: &str, span: Span) -> Diagnostic {
    let (message, hint) = match error {
        LexError::UnclosedString => (
            "this string has no closing quote".to_owned(),
            "close it with the quote it begins with; a quote inside is written \\'".to_owned(),
        ),
        LexError::UnclosedIdent => (
            "this name has no closing backtick".to_owned(),
            "close it with `; a backtick inside is written twice".to_owned(),
        ),
        LexError::UnclosedComment => {
            ("this comment is never closed".to_owned(), "close it with */".to_owned())
        }
        LexError::SmartQuote => (
            format!("`{source}` is a typographic quote"),
            "use ' or \" for strings and ` for names".to_owned(),
        ),
        LexError::StrangeBlank => (
            "this blank is not an ordinary one".to_owned(),
            "replace it by a space; it often comes with text copied from a web page".to_owned(),
        ),
        LexError::StrangeLetter => (
            format!("`{source}` cannot be a name without backticks"),
            format!(
                "write `{source}` in backticks; plain names have the letters a-z, digits and _, and do not begin with _"
            ),
        ),
        LexError::UnknownChar => (
            format!("`{source}` has no meaning in HiveQL"),
            match source {
                "#" => "a comment begins with --".to_owned(),
                "@" => "variables are written ${name}".to_owned(),
                "\\" => "a backslash escapes only inside of quotes".to_owned(),
                _ => String::new(),
            },
        ),
    };
    let diagnostic = Diagnostic::new(span, message);
    if hint.is_empty() { diagnostic } else { diagnostic.with_hint(hint) }
}
