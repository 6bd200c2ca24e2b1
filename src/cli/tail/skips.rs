//! What readers of files can be told of a condition, so that they leave out what cannot fulfil it.
//!
//! Only comparisons that files and Hive make alike: a column with a constant of its own kind. Whatever is left out here is only
//! a row read in vain, since the whole condition is computed for every row.

use dialect::ast::{BinaryOp, Expr, ExprKind, IsTest, Literal};
use formats::table::{Predicate, TableColumn, parse_condition};
use formats::types::HiveType;

/// Says what rows that fulfil a condition fulfil at least; `text` is what its places are in.
pub(super) fn predicate(expr: &Expr, columns: &[TableColumn], text: &str) -> Option<Predicate> {
    Reader { columns, text }.expr(expr)
}

struct Reader<'a> {
    columns: &'a [TableColumn],
    text: &'a str,
}

impl Reader<'_> {
    fn expr(&self, expr: &Expr) -> Option<Predicate> {
        match &expr.kind {
            ExprKind::Binary(binary) => {
                let op = binary.rest.first()?.op;
                let all = || {
                    let rest = binary.rest.iter().map(|rest| &rest.operand);
                    std::iter::once(&*binary.first).chain(rest)
                };
                match op {
                    BinaryOp::And => {
                        let known: Vec<Predicate> =
                            all().filter_map(|one| self.expr(one)).collect();
                        (!known.is_empty()).then_some(Predicate::And(known))
                    }
                    BinaryOp::Or => {
                        Some(Predicate::Or(all().map(|one| self.expr(one)).collect::<Option<_>>()?))
                    }
                    _ => match binary.rest.as_slice() {
                        [one] => self.compare(&binary.first, one.op, &one.operand),
                        _ => None,
                    },
                }
            }
            ExprKind::Is { operand, negated, test: IsTest::Null | IsTest::Unknown } => {
                let name = self.column(operand)?.name.to_lowercase();
                Some(if *negated { Predicate::IsNotNull(name) } else { Predicate::IsNull(name) })
            }
            ExprKind::Between { operand, negated: false, low, high } => Some(Predicate::And(vec![
                self.compare(operand, BinaryOp::GtEq, low)?,
                self.compare(operand, BinaryOp::LtEq, high)?,
            ])),
            ExprKind::InList { operand, negated: false, list } => {
                let equal = list.iter().map(|value| self.compare(operand, BinaryOp::Eq, value));
                Some(Predicate::Or(equal.collect::<Option<_>>()?))
            }
            _ => None,
        }
    }

    fn compare(&self, left: &Expr, op: BinaryOp, right: &Expr) -> Option<Predicate> {
        let (sign, turned) = match op {
            BinaryOp::Eq | BinaryOp::DoubleEq => ("=", "="),
            BinaryOp::Lt => ("<", ">"),
            BinaryOp::LtEq => ("<=", ">="),
            BinaryOp::Gt => (">", "<"),
            BinaryOp::GtEq => (">=", "<="),
            _ => return None,
        };
        let (column, sign, value) = match self.column(left) {
            Some(column) => (column, sign, right),
            None => (self.column(right)?, turned, left),
        };
        let value = self.value(value, &column.ty)?;
        parse_condition(&format!("`{}` {sign} {value}", column.name), self.columns).ok()
    }

    /// Takes an expression for a column: its name alone.
    fn column(&self, expr: &Expr) -> Option<&TableColumn> {
        let ExprKind::Name(name) = &expr.kind else { return None };
        let [name] = name.parts.as_slice() else { return None };
        self.columns.iter().find(|column| name.is(&column.name))
    }

    /// Gives a constant in the spelling of [`parse_condition`], if it compares with a type as files do.
    fn value(&self, expr: &Expr, ty: &HiveType) -> Option<String> {
        use HiveType as H;
        let ExprKind::Literal(literal) = &expr.kind else { return None };
        let quoted = |text: &str| (!text.contains('\'')).then(|| format!("'{text}'"));
        match (literal, ty) {
            (Literal::Number(_), H::TinyInt | H::SmallInt | H::Int | H::BigInt) => {
                let digits = self.written(expr)?;
                digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.to_owned())
            }
            (Literal::String(text), H::String) => quoted(&text.value()),
            (Literal::String(text) | Literal::Date(text), H::Date) if is_day(&text.value()) => {
                quoted(&text.value())
            }
            _ => None,
        }
    }

    fn written(&self, expr: &Expr) -> Option<&str> {
        self.text.get(expr.span.start as usize..expr.span.end as usize)
    }
}

/// Tells whether a text is a date as it is usually written, about which nobody disagrees.
fn is_day(text: &str) -> bool {
    let shape =
        |(i, b): (usize, u8)| if matches!(i, 4 | 7) { b == b'-' } else { b.is_ascii_digit() };
    text.len() == 10 && text.bytes().enumerate().all(shape)
}

#[cfg(test)]
mod tests {
    use dialect::ast::{QueryBody, StatementKind};

    use super::*;

    #[test]
    fn only_what_files_compare_alike_is_told() {
        let columns: Vec<TableColumn> = [
            ("i", "int"),
            ("s", "string"),
            ("d", "date"),
            ("f", "double"),
            ("c", "char(3)"),
            ("ts", "timestamp"),
        ]
        .map(|(name, ty)| TableColumn::new(name, ty.parse().unwrap()))
        .to_vec();
        let told = |text: &str| {
            let statement = format!("SELECT * FROM t WHERE {text}");
            let parsed = dialect::parse_statement(&statement).unwrap();
            let StatementKind::Query(query) = &parsed.kind else { panic!("{text}") };
            let QueryBody::Select(select) = &query.body else { panic!("{text}") };
            predicate(select.filter.as_ref().unwrap(), &columns, &statement)
        };
        let same = |text: &str| parse_condition(text, &columns).ok();
        for (text, expected) in [
            ("I > 5", "i > 5"),
            ("5 >= i", "i <= 5"),
            ("s = 'x' AND upper(s) = 'X' AND i < 3", "s = 'x' and i < 3"),
            ("s = 'x' OR i IS NOT NULL", "s = 'x' or i is not null"),
            (
                "d between '2026-01-01' and DATE '2026-01-02'",
                "d >= '2026-01-01' and d <= '2026-01-02'",
            ),
            ("s in ('a', 'b')", "s = 'a' or s = 'b'"),
            ("(i = 1 or i = 2) and (s > 'a')", "(i = 1 or i = 2) and s > 'a'"),
        ] {
            let found = told(text);
            assert!(found.is_some(), "{text}");
            let flat = |p: &Option<Predicate>| format!("{p:?}").replace("And([Or", "And([Or");
            assert_eq!(flat(&found), flat(&same(expected)), "{text}");
        }
        for text in [
            "s = 5",
            "i = '5'",
            "i = 5.0",
            "f > 1",
            "c = 'a'",
            "ts > '2026-01-01'",
            "d > '2026-1-1'",
            "not i = 5",
            "i <> 5",
            "i not in (1)",
            "s = 'x' or upper(s) = 'X'",
            "i + 1 = 2",
            r"s = 'it\'s'",
            "i = s",
            "i <=> 5",
            "i not between 1 and 2",
            "s like 'a%'",
        ] {
            assert_eq!(told(text), None, "{text}");
        }
    }
}
