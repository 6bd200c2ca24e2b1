//! Clauses that are missing, misplaced, or called differently elsewhere.

use super::Slip;
use crate::token::{Keyword, TokenKind};

/// The order of a query's clauses.
pub(super) const QUERY_CLAUSES: [(Keyword, &str); 12] = [
    (Keyword::Select, "SELECT"),
    (Keyword::From, "FROM"),
    (Keyword::Where, "WHERE"),
    (Keyword::Group, "GROUP BY"),
    (Keyword::Having, "HAVING"),
    (Keyword::Window, "WINDOW"),
    (Keyword::Qualify, "QUALIFY"),
    (Keyword::Order, "ORDER BY"),
    (Keyword::Cluster, "CLUSTER BY"),
    (Keyword::Distribute, "DISTRIBUTE BY"),
    (Keyword::Sort, "SORT BY"),
    (Keyword::Limit, "LIMIT"),
];

pub(super) fn insert_mode(slip: &Slip<'_, '_>) -> Option<String> {
    if slip.begins_with(Keyword::Load) {
        return None;
    }
    if slip.expects(TokenKind::Keyword(Keyword::Overwrite)) {
        return Some("write INSERT INTO or INSERT OVERWRITE".to_owned());
    }
    let words = slip.parser.pos.checked_sub(2).map(|i| &slip.parser.tokens[i..i + 2])?;
    let both = words[0].kind == TokenKind::Keyword(Keyword::Into)
        && words[1].kind == TokenKind::Keyword(Keyword::Overwrite);
    both.then(|| "write INSERT INTO or INSERT OVERWRITE, not both".to_owned())
}

/// Clauses of `CREATE TABLE` that are called differently elsewhere.
pub(super) fn clause_of_create(slip: &Slip<'_, '_>) -> Option<String> {
    if !slip.in_create_table() || slip.expects_expression() {
        return None;
    }
    let hint = match slip.keyword() {
        Some(Keyword::Partition) => "write PARTITIONED BY (column type, ...)",
        Some(Keyword::Using) => "write STORED AS format",
        Some(Keyword::Cluster | Keyword::Distribute | Keyword::Distributed) => {
            "write CLUSTERED BY (column, ...) INTO n BUCKETS"
        }
        Some(Keyword::Order | Keyword::Sort | Keyword::Sorted) => {
            "write CLUSTERED BY (...) SORTED BY (...) INTO n BUCKETS"
        }
        Some(Keyword::Like) => "LIKE stands behind the name of the table",
        _ => match slip.found().to_ascii_uppercase().as_str() {
            "ENGINE" | "CHARSET" => "remove this clause: Hive tables have a format, STORED AS ...",
            "AUTO_INCREMENT" | "IDENTITY" | "AUTOINCREMENT" | "GENERATED" => {
                "Hive has no generated keys: remove this"
            }
            "OPTIONS" => "write TBLPROPERTIES ('key' = 'value') or WITH ('key' = 'value')",
            "PROPERTIES" => "write TBLPROPERTIES ('key' = 'value')",
            _ => return None,
        },
    };
    Some(hint.to_owned())
}

pub(super) fn clause_order(slip: &Slip<'_, '_>) -> Option<String> {
    if !slip.expects_end() && !slip.expects(TokenKind::RParen) {
        return None;
    }
    let rank = |keyword| QUERY_CLAUSES.iter().position(|(k, _)| *k == keyword);
    let this = rank(slip.keyword()?)?;
    let mut depth = 0usize;
    for token in slip.parser.tokens[..slip.parser.pos].iter().rev() {
        match token.kind {
            TokenKind::RParen => depth += 1,
            TokenKind::LParen => depth = depth.checked_sub(1)?,
            TokenKind::Keyword(keyword) if depth == 0 => {
                let Some(other) = rank(keyword) else { continue };
                let (this_text, other_text) = (QUERY_CLAUSES[this].1, QUERY_CLAUSES[other].1);
                return (other > this)
                    .then(|| format!("{this_text} must stand before {other_text}"));
            }
            _ => {}
        }
    }
    None
}
