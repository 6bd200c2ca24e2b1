//! Other engines' syntax: what HiveQL has instead.

use super::Slip;
use crate::token::{Keyword, Token, TokenKind};

/// Where the word is that gives the slip away.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    /// It is the token at fault, wherever.
    Found,
    /// It is the token at fault, and the first of the statement.
    First,
    /// It is the token at fault, behind `CREATE`.
    Create,
    /// It is before the token at fault, taken for a name; a parenthesis follows.
    BeforeParen,
    /// It is before the token at fault, taken for a name; an operand follows.
    BeforeOperand,
    /// It is the function whose parenthesis is open.
    Call,
}

use At::{BeforeOperand, BeforeParen, Call, Create, First, Found};

const MERGE: &str =
    "write MERGE INTO ... WHEN MATCHED THEN UPDATE ... WHEN NOT MATCHED THEN INSERT ...";
const CONCAT: &str = "write concat_ws(',', collect_list(value))";
const CAST: &str = "write CAST(value AS type): a value that does not fit becomes NULL";
const EXPLODE: &str = "write LATERAL VIEW explode(array) name AS column";
const NO_PROCEDURES: &str = "HiveQL has no procedures: write the statements themselves";
const STAR: &str = "HiveQL has no exceptions from *: name the columns";

const WORDS: &[(At, &str, &str)] = &[
    (Found, "ILIKE", "write lower(text) LIKE 'pattern'"),
    (Found, "SIMILAR", "write RLIKE 'regular expression'"),
    (Found, "GLOB", "write LIKE 'pattern', or RLIKE 'regular expression'"),
    (Found, "ISNULL", "write IS NULL"),
    (Found, "NOTNULL", "write IS NOT NULL"),
    (Found, "EXCLUDE", STAR),
    (Found, "RETURNING", "HiveQL has no RETURNING: query the table afterwards"),
    (Found, "FETCH", "write LIMIT n, or LIMIT offset, n"),
    (Found, "ANTI", "write LEFT JOIN ... WHERE key IS NULL, or WHERE NOT EXISTS (SELECT ...)"),
    (Found, "APPLY", EXPLODE),
    (Found, "SEPARATOR", CONCAT),
    (Found, "BERNOULLI", "write TABLESAMPLE(10 PERCENT)"),
    (Found, "SYSTEM", "write TABLESAMPLE(10 PERCENT)"),
    (Found, "EPOCH", "write unix_timestamp(time)"),
    (Found, "CONVERT", CAST),
    (
        Found,
        "UNSIGNED",
        "Hive's numbers have a sign: remove UNSIGNED, or write the next larger type",
    ),
    (Found, "MAX", "write STRING: it has no limit"),
    (First, "UPSERT", MERGE),
    (First, "CALL", NO_PROCEDURES),
    (First, "EXEC", NO_PROCEDURES),
    (First, "DECLARE", "write SET hivevar:name=value, and ${name} where it is needed"),
    (First, "BEGIN", "write START TRANSACTION, or remove it: each statement is one of its own"),
    (First, "VACUUM", "write ALTER TABLE name COMPACT 'major'"),
    (First, "PRAGMA", "write SET key=value"),
    (First, "COPY", "write LOAD DATA INPATH 'file' INTO TABLE name, or INSERT OVERWRITE DIRECTORY"),
    (First, "CACHE", "tables are not cached by statements: remove it"),
    (First, "UNCACHE", "tables are not cached by statements: remove it"),
    (First, "REFRESH", "write MSCK REPAIR TABLE name if partitions are missing; else remove it"),
    (First, "INVALIDATE", "write MSCK REPAIR TABLE name if partitions are missing; else remove it"),
    (First, "GO", "a semicolon ends a statement: remove GO"),
    (Create, "TEMP", "write CREATE TEMPORARY TABLE"),
    (Create, "GLOBAL", "write CREATE TEMPORARY TABLE"),
    (Create, "LOCAL", "write CREATE TEMPORARY TABLE"),
    (Create, "UNIQUE", "Hive has no indexes: partition or sort the table"),
    (Create, "INDEX", "Hive has no indexes: partition or sort the table"),
    (Create, "SEQUENCE", "Hive has no sequences: number rows with row_number() OVER (...)"),
    (Create, "TYPE", "write the type where it is used: STRUCT<name: type, ...>"),
    (Create, "PROCEDURE", NO_PROCEDURES),
    (Create, "STREAM", "write CREATE TABLE"),
    (
        BeforeParen,
        "FILTER",
        "write the condition into the call: sum(CASE WHEN condition THEN value END)",
    ),
    (
        BeforeParen,
        "PIVOT",
        "write one column for each value: sum(CASE WHEN b = 'x' THEN a END) AS x",
    ),
    (BeforeParen, "UNPIVOT", "write LATERAL VIEW explode(map('x', x, 'y', y)) name AS key, value"),
    (BeforeParen, "UNNEST", EXPLODE),
    (BeforeParen, "FLATTEN", EXPLODE),
    (BeforeParen, "MATCH_RECOGNIZE", "HiveQL has no MATCH_RECOGNIZE: use window functions"),
    (BeforeOperand, "TOP", "write LIMIT n at the end"),
    (BeforeOperand, "MOD", "write a % b"),
    (BeforeOperand, "XOR", "write a <> b for conditions, a ^ b for numbers"),
    (BeforeOperand, "RECURSIVE", "HiveQL has no recursive queries"),
    (BeforeOperand, "LIMIT", "LIMIT takes a whole number"),
    (BeforeOperand, "SORT", "write SORT BY"),
    (BeforeOperand, "CLUSTER", "write CLUSTER BY"),
    (BeforeOperand, "DISTRIBUTE", "write DISTRIBUTE BY"),
    (BeforeOperand, "VERSION", "write FOR SYSTEM_VERSION AS OF number"),
    (Call, "TRY_CAST", CAST),
    (Call, "SAFE_CAST", CAST),
    (Call, "STRING_AGG", CONCAT),
    (Call, "GROUP_CONCAT", CONCAT),
    (Call, "LISTAGG", CONCAT),
    (Call, "ARRAY_AGG", "write collect_list(value)"),
];

/// A word that another engine has here.
pub(super) fn engine_word(slip: &Slip<'_, '_>) -> Option<String> {
    let found = slip.found();
    let before = slip.before.map(|token| slip.source(token)).unwrap_or_default();
    let call = slip.parser.open_call().map(|token| slip.source(token)).unwrap_or_default();
    let name = slip.before_is(TokenKind::Ident)
        || slip.before.is_some_and(
            |token| matches!(token.kind, TokenKind::Keyword(word) if !word.is_reserved()),
        );
    let paren = slip.token.kind == TokenKind::LParen;
    let behind_create = slip.before_is(TokenKind::Keyword(Keyword::Create));
    let applies = |at: At, word: &str| match at {
        Found => found.eq_ignore_ascii_case(word),
        First => slip.parser.pos == 0 && found.eq_ignore_ascii_case(word),
        Create => behind_create && found.eq_ignore_ascii_case(word),
        BeforeParen => paren && before.eq_ignore_ascii_case(word),
        BeforeOperand => name && slip.begins_operand() && before.eq_ignore_ascii_case(word),
        Call => call.eq_ignore_ascii_case(word),
    };
    let hit = WORDS.iter().find(|(at, word, _)| applies(*at, word));
    hit.map(|(.., hint)| (*hint).to_owned())
}

/// Several words or signs together that another engine has.
pub(super) fn engine_phrase(slip: &Slip<'_, '_>) -> Option<String> {
    use Keyword as K;
    use TokenKind as T;
    let next = slip.next();
    let next_word = slip.source(next).to_ascii_uppercase();
    let insert = slip.begins_with(K::Insert);
    let select = slip.begins_with(K::Select);
    let adjacent = slip.before.is_some_and(|token| token.end == slip.token.start);
    let hint = match slip.token.kind {
        T::Keyword(K::On) if matches!(next_word.as_str(), "CONFLICT" | "DUPLICATE") => MERGE,
        T::Keyword(K::On) if slip.before_is(T::Keyword(K::Distinct)) => {
            "write QUALIFY row_number() OVER (PARTITION BY a ORDER BY b) = 1"
        }
        T::Keyword(K::Into) if slip.before_is(T::Keyword(K::Replace)) => MERGE,
        T::Keyword(K::Into) if select => {
            "write INSERT INTO table SELECT ..., or CREATE TABLE table AS SELECT ..."
        }
        T::Keyword(K::Set) if insert => "write INSERT INTO table (a, b) VALUES (1, 2)",
        T::Keyword(K::Ignore | K::Or) if insert && slip.parser.pos == 1 => MERGE,
        T::Keyword(K::Default) if insert && next.kind == T::Keyword(K::Values) => {
            "write the values: VALUES (DEFAULT, ...)"
        }
        T::Keyword(K::All) if slip.before_is(T::Keyword(K::By)) => "name the columns",
        T::Keyword(K::Offset) if !slip.before_is(T::Keyword(K::Limit)) => "write LIMIT offset, n",
        T::Keyword(K::Update) if slip.before_is(T::Keyword(K::For)) => {
            "a query locks no rows: remove FOR UPDATE"
        }
        T::Keyword(K::With) if next.kind == T::LParen && select => {
            "HiveQL has no hints behind a table: remove WITH (...)"
        }
        T::Keyword(K::Timestamp) if next.kind == T::Keyword(K::As) => {
            "write FOR SYSTEM_TIME AS OF 'time'"
        }
        T::Keyword(K::As) if slip.before_word("VERSION") => "write FOR SYSTEM_VERSION AS OF number",
        T::Keyword(K::Array) if next.kind == T::LBracket => "an array is written array(a, b)",
        T::Keyword(K::Order) if slip.parser.open_call().is_some() => {
            "an aggregate takes no ORDER BY: sort the values with sort_array(collect_list(value))"
        }
        T::Keyword(K::Replace) if slip.before_is(T::Star) => STAR,
        T::Ident if slip.before_is(T::LParen) && slip.behind(2, K::Except) => STAR,
        T::LParen if slip.before_is(T::Keyword(K::Lateral)) => EXPLODE,
        T::LBrace => "write map('key', value), or named_struct('name', value)",
        T::Gt if slip.before_is(T::Minus) && adjacent => match next.kind {
            T::String | T::Gt => "write get_json_object(column, '$.field')",
            _ => "HiveQL has no lambda functions",
        },
        T::Gt if slip.before_is(T::Eq) && adjacent && slip.parser.open_call().is_some() => {
            "arguments have no names: give them in order; or write >="
        }
        T::Tilde => "write RLIKE 'regular expression'",
        T::Keyword(K::Not) if next.kind == T::Lt => "write >=",
        T::Keyword(K::Not) if next.kind == T::Gt => "write <=",
        T::Colon if next.kind == T::Eq => {
            "write SET hivevar:name=value, and ${name} where it is needed"
        }
        T::Colon if next.kind == T::Colon || slip.before_is(T::Colon) => return None,
        T::Colon if slip.expects_expression() => "a parameter is written ?, a variable ${name}",
        T::Colon if adjacent => "write get_json_object(column, '$.field')",
        T::Ident | T::Keyword(_) if adjacent && slip.before_is(T::String) => {
            "is this part of the string before it? A quote in a string is written \\'"
        }
        T::LBracket if slip.expects_name() => "a name is written in backticks",
        T::LBracket if slip.in_create_table() => "write ARRAY<type>",
        T::String if adjacent && slip.before_is(T::Ident) => match slip.before_text().as_str() {
            "X" => "write unhex('00FF')",
            "E" | "N" | "B" | "R" | "U" => "a string has no prefix: backslashes always escape",
            _ => return None,
        },
        _ => return None,
    };
    Some(hint.to_owned())
}

impl super::Parser<'_> {
    /// Finds the function whose parenthesis is the innermost open one.
    fn open_call(&self) -> Option<Token> {
        let mut depth = 0usize;
        for (i, token) in self.tokens[..self.pos].iter().enumerate().rev() {
            match token.kind {
                TokenKind::RParen => depth += 1,
                TokenKind::LParen if depth > 0 => depth -= 1,
                TokenKind::LParen => {
                    let name = self.tokens[..i].last()?;
                    return (name.kind == TokenKind::Ident).then_some(*name);
                }
                _ => {}
            }
        }
        None
    }
}
