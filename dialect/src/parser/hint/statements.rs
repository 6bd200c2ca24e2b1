//! Slips in statements that are no queries.

use super::Slip;
use crate::token::{Keyword, TokenKind};

/// What is written differently in `ALTER`, `GRANT`, `LOAD` and the like.
pub(super) fn statement_slip(slip: &Slip<'_, '_>) -> Option<String> {
    use Keyword as K;
    let hint = match slip.parser.tokens.first()?.kind {
        TokenKind::Keyword(K::Alter) => in_alter(slip)?,
        TokenKind::Keyword(K::Grant | K::Revoke) => in_grant(slip)?,
        TokenKind::Keyword(K::Create) => in_create(slip)?,
        TokenKind::Keyword(_) => in_others(slip)?,
        _ => return None,
    };
    Some(hint.to_owned())
}

fn in_alter(slip: &Slip<'_, '_>) -> Option<&'static str> {
    use Keyword as K;
    use TokenKind as T;
    let before = |keyword| slip.before_is(T::Keyword(keyword));
    Some(match slip.token.kind {
        T::Keyword(K::Column) if before(K::Add) => "write ADD COLUMNS (name type, ...)",
        T::Keyword(K::Column) if before(K::Drop) => {
            "write REPLACE COLUMNS (name type, ...) with the columns that stay"
        }
        T::Keyword(K::Column) if before(K::Rename) => "write CHANGE COLUMN old new type",
        T::Keyword(K::Alter) => "write CHANGE COLUMN old new type",
        T::Ident if slip.found().eq_ignore_ascii_case("MODIFY") => {
            "write CHANGE COLUMN old new type"
        }
        T::Keyword(_) if slip.behind(2, K::Change) => "write CHANGE COLUMN old new type",
        T::Ident if before(K::Rename) => "write RENAME TO name",
        T::Ident if slip.parser.pos == 1 => {
            "say what it is: ALTER TABLE, ALTER VIEW, ALTER DATABASE"
        }
        T::Keyword(K::Primary | K::Foreign | K::Unique) if before(K::Constraint) => {
            "name it: ADD CONSTRAINT name PRIMARY KEY (column)"
        }
        T::String | T::Number(_) if slip.expects(T::Eq) => "write name = value",
        _ => return None,
    })
}

fn in_grant(slip: &Slip<'_, '_>) -> Option<&'static str> {
    let before = |keyword| slip.before_is(TokenKind::Keyword(keyword));
    Some(match slip.token.kind {
        TokenKind::Ident if slip.found().eq_ignore_ascii_case("PRIVILEGES") => "write ALL alone",
        TokenKind::Keyword(Keyword::On) => "ON stands before TO and FROM",
        TokenKind::Keyword(Keyword::To) => "write REVOKE ... FROM",
        TokenKind::Keyword(Keyword::User | Keyword::Group | Keyword::Role) => {
            "write TO before who gets it, and FROM before who loses it"
        }
        _ if before(Keyword::To) || before(Keyword::From) => {
            "say who it is: USER name, GROUP name or ROLE name"
        }
        _ => return None,
    })
}

fn in_create(slip: &Slip<'_, '_>) -> Option<&'static str> {
    use Keyword as K;
    use TokenKind as T;
    let creates = |keyword| {
        let words = slip.parser.tokens.iter().take(4);
        words.into_iter().any(|token| token.kind == T::Keyword(keyword))
    };
    let view = creates(K::View);
    Some(match slip.token.kind {
        T::Keyword(K::Select | K::With) if view => "write CREATE VIEW name AS SELECT",
        T::Keyword(_) | T::Ident if view && slip.expects(T::RParen) && slip.expects(T::Comma) => {
            "the columns of a view have no types: their values give them"
        }
        T::Ident if slip.found().eq_ignore_ascii_case("REFRESH") => {
            "it is rebuilt by ALTER MATERIALIZED VIEW name REBUILD, also in a scheduled query"
        }
        T::Ident if slip.found().eq_ignore_ascii_case("CLONE") => {
            "write LIKE name for the same columns, AS SELECT * FROM name for the rows too"
        }
        T::LParen if creates(K::Function) => {
            "write CREATE FUNCTION name AS 'class', or CREATE TEMPORARY MACRO name(a type) expression"
        }
        T::String if creates(K::Function) && slip.before_is(T::Keyword(K::Using)) => {
            "write USING JAR 'file'"
        }
        T::LParen if creates(K::Pool) => "write the properties without parentheses",
        _ => return None,
    })
}

fn in_others(slip: &Slip<'_, '_>) -> Option<&'static str> {
    use Keyword as K;
    use TokenKind as T;
    let begins = |keyword| slip.begins_with(keyword);
    Some(match slip.token.kind {
        T::Keyword(K::Comment) if slip.parser.pos == 0 => {
            "write ALTER TABLE name SET TBLPROPERTIES ('comment' = 'text')"
        }
        T::Keyword(K::Rename) if slip.parser.pos == 0 => "write ALTER TABLE name RENAME TO other",
        T::Keyword(K::Index | K::Indexes) => "Hive has no indexes",
        T::Keyword(K::Table) if begins(K::Describe) || begins(K::Desc) => "write DESCRIBE name",
        T::Keyword(K::Table) if begins(K::Load) => "write INTO TABLE, or OVERWRITE INTO TABLE",
        T::Keyword(K::All) if begins(K::Analyze) => "write FOR COLUMNS",
        T::Keyword(K::Transaction) if begins(K::Commit) || begins(K::Rollback) => {
            "write COMMIT or ROLLBACK alone"
        }
        T::LParen if begins(K::Drop) => "write the name without parentheses",
        _ => return None,
    })
}
