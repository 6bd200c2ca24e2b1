//! Expressions as text for a reader.

use std::fmt::{self, Display, Formatter};

use datafusion_common::ScalarValue;
use datafusion_expr::{Expr, Operator};

use super::transform::NOW;

/// Longest text of one expression; the rest is cut.
const MAX_CHARS: usize = 500;

/// Describes an expression in the words of the query language.
///
/// Limit: a long text is cut, with a mark.
pub(super) fn describe(expr: &Expr) -> String {
    let text = Text(expr).to_string();
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

struct Text<'a>(&'a Expr);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Expr::Column(c) if c.name == NOW => f.write_str("now()"),
            Expr::Column(c) => f.write_str(&c.name),
            Expr::Literal(value, _) => literal(f, value),
            Expr::BinaryExpr(b) => {
                let op = match b.op {
                    Operator::IsNotDistinctFrom => "<=>".to_owned(),
                    op => op.to_string().to_lowercase(),
                };
                write!(f, "({} {op} {})", Text(&b.left), Text(&b.right))
            }
            Expr::Not(inner) => write!(f, "not {}", Text(inner)),
            Expr::IsNull(inner) => write!(f, "{} is null", Text(inner)),
            Expr::IsNotNull(inner) => write!(f, "{} is not null", Text(inner)),
            Expr::IsTrue(inner) => write!(f, "{} is true", Text(inner)),
            Expr::IsFalse(inner) => write!(f, "{} is false", Text(inner)),
            Expr::IsNotTrue(inner) => write!(f, "{} is not true", Text(inner)),
            Expr::IsNotFalse(inner) => write!(f, "{} is not false", Text(inner)),
            Expr::InList(list) => {
                let not = if list.negated { "not " } else { "" };
                write!(f, "{} {not}in ", Text(&list.expr))?;
                arguments(f, &list.list)
            }
            Expr::ScalarFunction(call) => function(f, call.func.name(), &call.args),
            Expr::Case(case) => {
                f.write_str("case")?;
                for (when, then) in &case.when_then_expr {
                    write!(f, " when {} then {}", Text(when), Text(then))?;
                }
                if let Some(otherwise) = &case.else_expr {
                    write!(f, " else {}", Text(otherwise))?;
                }
                f.write_str(" end")
            }
            other => write!(f, "{other}"),
        }
    }
}

/// Shows operators between their operands, conversions as `CAST`, and others as calls.
fn function(f: &mut Formatter<'_>, name: &str, args: &[Expr]) -> fmt::Result {
    match (name, args) {
        ("partition_text", [value]) => write!(f, "{}", Text(value)),
        ("[]", [base, index]) => write!(f, "{}[{}]", Text(base), Text(index)),
        (".", [base, Expr::Literal(ScalarValue::Utf8(Some(field)), _)]) => {
            write!(f, "{}.{field}", Text(base))
        }
        (name, [value]) if name.starts_with("cast_") => {
            write!(f, "cast({} as {})", Text(value), name.trim_start_matches("cast_"))
        }
        (op, [a, b]) if !op.starts_with(|c: char| c.is_ascii_alphabetic()) => {
            write!(f, "({} {op} {})", Text(a), Text(b))
        }
        ("like" | "rlike" | "div", [a, b]) => write!(f, "({} {name} {})", Text(a), Text(b)),
        (name, args) => {
            f.write_str(name)?;
            arguments(f, args)
        }
    }
}

fn arguments(f: &mut Formatter<'_>, args: &[Expr]) -> fmt::Result {
    for (i, arg) in args.iter().enumerate() {
        write!(f, "{}{}", if i == 0 { "(" } else { ", " }, Text(arg))?;
    }
    f.write_str(if args.is_empty() { "()" } else { ")" })
}

fn literal(f: &mut Formatter<'_>, value: &ScalarValue) -> fmt::Result {
    match value {
        value if value.is_null() => f.write_str("NULL"),
        ScalarValue::Utf8(Some(text)) => {
            write!(f, "'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
        }
        value => write!(f, "{value}"),
    }
}
