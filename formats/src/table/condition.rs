//! Conditions from text: `x > 5 and (s in ('a', 'b') or d is null)`.

use super::descriptor::TableColumn;
use super::predicate::{Compare, Predicate, Scalar};
use crate::types::HiveType;
use crate::{FormatError, Result};

/// Deepest nesting of parentheses.
const MAX_DEPTH: usize = 64;

/// Reads a condition on columns, whose types say what its values are.
///
/// Known are `= == <> != < <= > >=`, `between a and b`, `in (...)`, `is [not] null`, `and`, `or`,
/// `not` before `in` and `between`, and parentheses. Fields of structs are named `a.b`. Values are
/// numbers, `true`, `false`, and texts in quotes, which are also dates and timestamps.
///
/// # Errors
/// [`ErrorKind::Config`](crate::ErrorKind::Config) if it is malformed,
/// [`ErrorKind::Schema`](crate::ErrorKind::Schema) for a column that does not exist or a value that
/// does not compare with it.
pub fn parse_condition(text: &str, columns: &[TableColumn]) -> Result<Predicate> {
    let mut parser = Parser { text, tokens: tokens(text)?, at: 0, columns };
    let predicate = parser.or(0)?;
    match parser.peek() {
        None => Ok(predicate),
        Some(_) => Err(parser.error("nothing may follow the condition")),
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Number(String),
    Sign(&'static str),
}

fn tokens(text: &str) -> Result<Vec<Token>> {
    let bad = |what: &str| {
        FormatError::config(format!("malformed condition: {what}")).with("condition", text)
    };
    let mut all = Vec::new();
    let mut rest = text.trim_start();
    while let Some(c) = rest.chars().next() {
        let signs = ["<=", ">=", "<>", "!=", "==", "=", "<", ">", "(", ")", ","];
        let sign = signs.into_iter().find(|sign| rest.starts_with(sign));
        let length = if let Some(sign) = sign {
            all.push(Token::Sign(sign));
            sign.len()
        } else if matches!(c, '\'' | '"' | '`') {
            let end = rest[1..].find(c).ok_or_else(|| bad("a quote is not closed"))?;
            let inner = rest[1..=end].to_owned();
            all.push(if c == '`' { Token::Word(inner) } else { Token::Text(inner) });
            end + 2
        } else if c.is_ascii_digit() || matches!(c, '-' | '+' | '.') {
            let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+');
            let end = rest.find(|c| !part(c)).unwrap_or(rest.len());
            all.push(Token::Number(rest[..end].to_owned()));
            end
        } else if c.is_alphanumeric() || c == '_' {
            let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
            let end = rest.find(|c| !part(c)).unwrap_or(rest.len());
            all.push(Token::Word(rest[..end].to_owned()));
            end
        } else {
            return Err(bad(&format!("unexpected {c}")));
        };
        rest = rest[length..].trim_start();
    }
    Ok(all)
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
    columns: &'a [TableColumn],
}

impl Parser<'_> {
    fn error(&self, what: &str) -> FormatError {
        FormatError::config(format!("malformed condition: {what}")).with("condition", self.text)
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(w)) if w.eq_ignore_ascii_case(word));
        self.at += usize::from(found);
        found
    }

    fn sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(s)) if *s == sign);
        self.at += usize::from(found);
        found
    }

    fn or(&mut self, depth: usize) -> Result<Predicate> {
        if depth > MAX_DEPTH {
            return Err(self.error("nested too deep"));
        }
        let mut parts = vec![self.and(depth)?];
        while self.word("or") {
            parts.push(self.and(depth)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Predicate::Or(parts) })
    }

    fn and(&mut self, depth: usize) -> Result<Predicate> {
        let mut parts = vec![self.one(depth)?];
        while self.word("and") {
            parts.push(self.one(depth)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Predicate::And(parts) })
    }

    fn one(&mut self, depth: usize) -> Result<Predicate> {
        if self.sign("(") {
            let inner = self.or(depth + 1)?;
            return if self.sign(")") { Ok(inner) } else { Err(self.error("expected )")) };
        }
        let Some(Token::Word(name)) = self.peek().cloned() else {
            return Err(self.error("expected a column"));
        };
        self.at += 1;
        let ty = self.column(&name)?;
        let name = name.to_lowercase();
        if self.word("is") {
            let not = self.word("not");
            if !self.word("null") {
                return Err(self.error("expected null"));
            }
            return Ok(if not { Predicate::IsNotNull(name) } else { Predicate::IsNull(name) });
        }
        let not = self.word("not");
        if self.word("between") {
            let low = self.value(&ty)?;
            if !self.word("and") {
                return Err(self.error("expected and"));
            }
            let high = self.value(&ty)?;
            let compare = |op, value| Predicate::Compare(name.clone(), op, value);
            return Ok(if not {
                Predicate::Or(vec![compare(Compare::Less, low), compare(Compare::Greater, high)])
            } else {
                Predicate::And(vec![
                    compare(Compare::GreaterOrEqual, low),
                    compare(Compare::LessOrEqual, high),
                ])
            });
        }
        if self.word("in") {
            return self.list(name, &ty, not);
        }
        if not {
            return Err(self.error("expected in or between"));
        }
        let ops = [
            ("=", Compare::Equal),
            ("==", Compare::Equal),
            ("<>", Compare::NotEqual),
            ("!=", Compare::NotEqual),
            ("<=", Compare::LessOrEqual),
            (">=", Compare::GreaterOrEqual),
            ("<", Compare::Less),
            (">", Compare::Greater),
        ];
        let op = ops.into_iter().find(|(sign, _)| self.sign(sign));
        let (_, op) = op.ok_or_else(|| self.error("expected a comparison"))?;
        Ok(Predicate::Compare(name, op, self.value(&ty)?))
    }

    fn list(&mut self, name: String, ty: &HiveType, not: bool) -> Result<Predicate> {
        if !self.sign("(") {
            return Err(self.error("expected ("));
        }
        let mut values = vec![self.value(ty)?];
        while self.sign(",") {
            values.push(self.value(ty)?);
        }
        if !self.sign(")") {
            return Err(self.error("expected )"));
        }
        if not {
            let differ = |value| Predicate::Compare(name.clone(), Compare::NotEqual, value);
            return Ok(Predicate::And(values.into_iter().map(differ).collect()));
        }
        Ok(Predicate::In(name, values))
    }

    /// Finds the type of a column, or of a field of a struct.
    fn column(&self, path: &str) -> Result<HiveType> {
        let missing = || {
            let known: Vec<&str> = self.columns.iter().map(|c| c.name.as_str()).collect();
            FormatError::schema("no such column")
                .with("column", path)
                .with("known", known.join(", "))
        };
        let find = |name: &str| self.columns.iter().find(|c| c.name.eq_ignore_ascii_case(name));
        if let Some(column) = find(path) {
            return Ok(column.ty.clone());
        }
        let mut parts = path.split('.');
        let first = parts.next().and_then(find).ok_or_else(missing)?;
        parts.try_fold(first.ty.clone(), |ty, part| match ty {
            HiveType::Struct(fields) => {
                let field = fields.into_iter().find(|f| f.name.eq_ignore_ascii_case(part));
                field.map(|f| f.ty).ok_or_else(missing)
            }
            _ => Err(missing()),
        })
    }

    /// Takes a value that compares with a type.
    fn value(&mut self, ty: &HiveType) -> Result<Scalar> {
        let token = self.peek().cloned().ok_or_else(|| self.error("expected a value"))?;
        self.at += 1;
        let text = match &token {
            Token::Word(text) | Token::Text(text) | Token::Number(text) => text.as_str(),
            Token::Sign(_) => return Err(self.error("expected a value")),
        };
        let wrong = || {
            FormatError::schema("the value does not compare with the column")
                .with("value", text)
                .with("type", ty)
        };
        crate::text::scalar(text, ty).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Predicate> {
        let columns = [
            TableColumn::new("x", HiveType::Int),
            TableColumn::new("s", "char(5)".parse().unwrap()),
            TableColumn::new("d", HiveType::Date),
            TableColumn::new("st", "struct<a:decimal(5,2)>".parse().unwrap()),
        ];
        parse_condition(text, &columns)
    }

    #[test]
    fn conditions_take_the_columns_types() {
        let number = |n, scale| Scalar::Number(n, scale);
        assert_eq!(
            read("X > 5.5").unwrap(),
            Predicate::Compare("x".into(), Compare::Greater, number(55, 1))
        );
        assert_eq!(
            read("st.a = 1 or not_there is null").unwrap_err().kind(),
            crate::ErrorKind::Schema
        );
        let expected = Predicate::Or(vec![
            Predicate::And(vec![
                Predicate::In("s".into(), vec![Scalar::Text(b"a".to_vec())]),
                Predicate::Compare("d".into(), Compare::GreaterOrEqual, Scalar::Date(1)),
            ]),
            Predicate::IsNotNull("x".into()),
        ]);
        let text = "(s in ('a  ') and d >= '1970-01-02') or x is not null";
        assert_eq!(read(text).unwrap(), expected);
        for bad in ["x >", "x > 'y'", "x in ()", "(x = 1", "x = 1 2", "x ~ 1", "s = 'open"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
