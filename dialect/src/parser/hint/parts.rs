//! Parts of a construct that are missing, and words that belong together.

use super::{Expected, Slip, quoted_rest};
use crate::token::{Keyword, TokenKind};

/// A keyword whose partner is missing or another one.
pub(super) fn partner(slip: &Slip<'_, '_>) -> Option<String> {
    use Keyword as K;
    use TokenKind as T;
    let only = |keyword| slip.notes == [Expected::Token(T::Keyword(keyword))];
    let word = slip.before_text();
    if only(K::By) {
        return Some(format!("write {word} BY"));
    }
    if only(K::Join) {
        return Some(format!("write {word} JOIN"));
    }
    let hint = match slip.token.kind {
        T::Keyword(K::Exists) if only(K::Not) => "write IF NOT EXISTS",
        T::Keyword(K::Not) if only(K::Exists) => "write IF EXISTS",
        T::Keyword(K::Not) if slip.next().kind == T::Keyword(K::Null) && slip.in_conditions() => {
            "write IS NOT NULL"
        }
        _ if only(K::And) => "write BETWEEN low AND high",
        T::Keyword(K::And) if slip.before_is(T::Keyword(K::Preceding)) => {
            "write ROWS BETWEEN start AND end"
        }
        _ if only(K::Then) => "write CASE WHEN condition THEN value END",
        _ if only(K::When) && slip.begins_with(K::Merge) => {
            "write WHEN MATCHED THEN ..., or WHEN NOT MATCHED THEN INSERT ..."
        }
        _ if only(K::When) => "write CASE value WHEN value THEN result END",
        _ if slip.expects(T::Keyword(K::End)) => "CASE ends with END",
        T::Keyword(K::If) if slip.expects_expression() => {
            "write if(condition, value, other), or CASE WHEN condition THEN value END"
        }
        T::Keyword(word @ (K::Date | K::Timestamp)) if matches!(slip.next().kind, T::Number(_)) => {
            return Some(format!("write the value in quotes: {} '2024-01-31'", word.text()));
        }
        T::Keyword(K::Into) if slip.before_is(T::Keyword(K::Overwrite)) => {
            "write INSERT INTO or INSERT OVERWRITE, not both"
        }
        T::Eof if slip.expects(T::Keyword(K::Values)) && slip.begins_with(K::Insert) => {
            "the rows are missing: SELECT ..., or VALUES (...)"
        }
        T::Eof if slip.expects(T::Keyword(K::Select)) && slip.begins_with(K::With) => {
            "the query is missing: WITH name AS (...) SELECT ..."
        }
        T::Keyword(K::Outer) => "write LEFT, RIGHT or FULL OUTER JOIN",
        T::Keyword(K::On) if slip.begins_with(K::Select) && !slip.expects_name() => {
            "ON belongs to a JOIN: write JOIN table ON condition"
        }
        T::Keyword(K::Partition) if slip.before_is(T::Keyword(K::Over)) => {
            "what stands behind OVER must be in parentheses"
        }
        T::Keyword(K::Partition) if slip.begins_with(K::Select) => {
            "PARTITION BY stands in OVER (...)"
        }
        T::Eq if slip.before_is(T::Gt) || slip.before_is(T::Lt) => "write >= or <= without a blank",
        T::RParen if slip.before_is(T::LParen) && slip.expects_expression() => {
            "there is nothing between the parentheses"
        }
        T::Eof if slip.expects_class(|class| class.contains("lateral view")) => {
            "write LATERAL VIEW explode(array) name AS column"
        }
        T::Keyword(K::Select) if slip.before_is(T::LParen) && slip.begins_with(K::With) => {
            "write WITH name AS (SELECT ...)"
        }
        T::Ident if slip.before_word("UNION") || slip.before_word("EXCEPT") => {
            "write SELECT * FROM table"
        }
        T::Keyword(K::Select) if slip.in_create_table() && !slip.begins_line() => {
            "write CREATE TABLE name AS SELECT"
        }
        _ => return statement_part(slip),
    };
    Some(hint.to_owned())
}

/// The same in statements that are no queries.
fn statement_part(slip: &Slip<'_, '_>) -> Option<String> {
    use Keyword as K;
    use TokenKind as T;
    let keyword = |word| T::Keyword(word);
    let hint = match slip.token.kind {
        T::Keyword(K::Database) if slip.before_is(keyword(K::Use)) => "write USE name",
        T::Keyword(K::Cascade) if slip.begins_with(K::Drop) => {
            "nothing else is dropped with it: remove CASCADE"
        }
        T::Ident if slip.begins_with(K::Drop) && slip.parser.pos == 1 => {
            "say what it is: DROP TABLE, DROP VIEW, DROP DATABASE"
        }
        T::Ident if slip.begins_with(K::Update) && slip.expects(keyword(K::Set)) => {
            "write UPDATE table SET column = value"
        }
        T::Keyword(K::From) if slip.begins_with(K::Update) => {
            "an UPDATE reads no other table: write MERGE INTO ... USING ... ON ..."
        }
        _ if slip.begins_with(K::Delete) && slip.expects(keyword(K::From)) => {
            "write DELETE FROM table WHERE condition"
        }
        T::Comma if slip.begins_with(K::Insert) && slip.expects(keyword(K::Values)) => {
            "remove the comma"
        }
        T::Keyword(K::Buckets) => "write INTO n BUCKETS",
        T::Ident if slip.before_is(keyword(K::Stored)) => {
            return Some(format!("write STORED AS {}", slip.found().to_ascii_uppercase()));
        }
        T::Ident | T::Keyword(_) if slip.before_is(keyword(K::By)) && slip.expects(T::LParen) => {
            "what stands behind BY must be in parentheses"
        }
        T::Ident if slip.in_create_table() && slip.expects(T::LParen) && slip.before_name() => {
            "columns stand in parentheses: (name type, ...)"
        }
        T::Keyword(word)
            if word.is_reserved()
                && slip.expects_class(|class| class == "a column name")
                && slip.in_create_table()
                && slip.next().kind == T::Ident =>
        {
            "the name of a column stands before its type"
        }
        T::Slash if slip.before_word("DIRECTORY") => {
            return Some(format!("write it in quotes: '{}'", quoted_rest(slip)));
        }
        _ => return None,
    };
    Some(hint.to_owned())
}

/// An operand, a list or a name that is not there at all.
pub(super) fn nothing_there(slip: &Slip<'_, '_>) -> Option<String> {
    let before = slip.before?;
    let ends = match slip.token.kind {
        TokenKind::Eof | TokenKind::RParen | TokenKind::Dot => true,
        TokenKind::Keyword(keyword) => {
            let operator =
                matches!(keyword, Keyword::And | Keyword::Or | Keyword::On | Keyword::Using);
            operator || super::QUERY_CLAUSES.iter().any(|(k, _)| *k == keyword)
        }
        _ => false,
    };
    let at_end = slip.token.kind == TokenKind::Eof;
    let operand = slip.expects_expression()
        || slip.expects_name()
        || slip.expects_class(|class| matches!(class, "a constant" | "a string" | "a number"))
        || at_end && matches!(before.kind, TokenKind::Keyword(_));
    let word = match before.kind {
        TokenKind::Keyword(keyword) => at_end || keyword.is_reserved(),
        kind => kind.text().is_some_and(|text| !matches!(text, "(" | ")" | "," | ";" | "]")),
    };
    (ends && operand && word)
        .then(|| format!("something is missing behind `{}`", slip.source(before)))
}
