//! Partition filters: text such as `dt >= '2026-01-01' and hr in (7, 8)`, and what it says about a partition.
//!
//! The language is that of `get_partitions_by_filter`: `= != <> < <= > >= like`, `[not] between`, `[not] in`, `and`, `or`, parentheses;
//! besides, `not` before any condition. Partition columns of text, integer and date types can be compared, as in Hive. Columns of
//! other types are refused, so that the caller looks at the partitions itself.
//!
//! - Text columns compare the stored text, code point by code point. NULL is the text `__HIVE_DEFAULT_PARTITION__`, so it *does* match
//!   `s <> 'x'`: a metastore answers like that.
//!   A number or date beside a text column is compared as its text.
//! - Integer and date columns compare by value. NULL, or a value that is not of the type, matches no condition and no negated one.
//! - The text between quotes is the value as it stands: a backslash escapes a quote for the lexer and stays in the value.
//!
//! Pure. Must not know: catalogs, storage.
//!
//! Source: Hive `Filter.g`, `ExpressionTree`, `MetaStoreDirectSql.PartitionFilterGenerator`.

mod bind;
mod parse;

use std::fmt;
use std::str::FromStr;

pub use bind::Predicate;

use crate::error::{Error, Result};
use crate::model::FieldSchema;

/// Longest filter text.
pub const MAX_FILTER_BYTES: usize = 1 << 20;

/// Parsed filter; `Display` writes it in the form that metastores read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter(Expr);

impl Filter {
    /// Reads a filter text.
    ///
    /// Limit: [`MAX_FILTER_BYTES`], and 100 levels of parentheses and `not`.
    ///
    /// # Errors
    /// [`Kind::Config`](crate::Kind::Config) with the position if the text is not of the language.
    pub fn parse(text: &str) -> Result<Self> {
        parse::parse(text).map(Self)
    }

    /// Resolves columns and literals against a table's partition columns.
    ///
    /// # Errors
    /// [`Kind::Config`](crate::Kind::Config) if a column is not one of them, or a literal cannot be of its column's type;
    /// [`Kind::Unsupported`](crate::Kind::Unsupported) if the type is not text, integer or date.
    pub fn bind(&self, partition_keys: &[FieldSchema]) -> Result<Predicate> {
        Predicate::new(&self.0, partition_keys)
    }
}

impl FromStr for Filter {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Condition as typed. `And` and `Or` have at least two members.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Expr {
    Compare { column: String, op: Op, value: Literal },
    Like { column: String, pattern: Literal },
    Between { column: String, negated: bool, low: Literal, high: Literal },
    In { column: String, negated: bool, values: Vec<Literal> },
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

impl Op {
    fn as_str(self) -> &'static str {
        match self {
            Op::Eq => "=",
            Op::Ne => "!=",
            Op::Lt => "<",
            Op::Le => "<=",
            Op::Gt => ">",
            Op::Ge => ">=",
        }
    }

    /// Gives the operator after its two sides changed places.
    fn flipped(self) -> Self {
        match self {
            Op::Lt => Op::Gt,
            Op::Le => Op::Ge,
            Op::Gt => Op::Lt,
            Op::Ge => Op::Le,
            Op::Eq | Op::Ne => self,
        }
    }

    fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Op::Eq => order.is_eq(),
            Op::Ne => order.is_ne(),
            Op::Lt => order.is_lt(),
            Op::Le => order.is_le(),
            Op::Gt => order.is_gt(),
            Op::Ge => order.is_ge(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Literal {
    /// Text with the quote that it was written in.
    Text {
        text: String,
        quote: char,
    },
    Integer(i64),
    Date(Date),
}

/// Day of the proleptic Gregorian calendar; ordered by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// Reads `2026-01-05`; month and day may have one digit.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let mut number = |most: usize| {
            let part = parts.next()?;
            let digits =
                (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
            if digits { part.parse::<u16>().ok() } else { None }
        };
        let (year, month, day) = (number(4)?, number(2)?, number(2)?);
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            4 | 6 | 9 | 11 => 30,
            2 => 28 + u16::from(leap),
            1..=12 => 31,
            _ => return None,
        };
        let fits = parts.next().is_none() && (1..=days).contains(&day);
        let (month, day) = (u8::try_from(month).ok()?, u8::try_from(day).ok()?);
        fits.then_some(Self { year, month, day })
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Literal::Text { text, quote } => write!(f, "{quote}{text}{quote}"),
            Literal::Integer(number) => write!(f, "{number}"),
            Literal::Date(date) => write!(f, "date '{date}'"),
        }
    }
}

/// Column name, in back-quotes only where it must be: old metastores do not read them.
struct Column<'a>(&'a str);

impl fmt::Display for Column<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(name) = self;
        let plain = name.starts_with(|c: char| c == '_' || c.is_alphabetic())
            && name.chars().all(|c| c == '_' || c.is_alphanumeric())
            && !parse::is_keyword(name);
        if plain { f.write_str(name) } else { write!(f, "`{name}`") }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let not = |negated: &bool| if *negated { "not " } else { "" };
        match self {
            Expr::Compare { column, op, value } => {
                write!(f, "{} {} {value}", Column(column), op.as_str())
            }
            Expr::Like { column, pattern } => write!(f, "{} like {pattern}", Column(column)),
            Expr::Between { column, negated, low, high } => {
                write!(f, "{} {}between {low} and {high}", Column(column), not(negated))
            }
            Expr::In { column, negated, values } => {
                write!(f, "{} {}in (", Column(column), not(negated))?;
                join(f, values, ", ")?;
                f.write_str(")")
            }
            Expr::And(members) => {
                f.write_str("(")?;
                join(f, members, " and ")?;
                f.write_str(")")
            }
            Expr::Or(members) => {
                f.write_str("(")?;
                join(f, members, " or ")?;
                f.write_str(")")
            }
            Expr::Not(inner) => write!(f, "not ({inner})"),
        }
    }
}

fn join(f: &mut fmt::Formatter<'_>, items: &[impl fmt::Display], between: &str) -> fmt::Result {
    for (i, item) in items.iter().enumerate() {
        write!(f, "{}{item}", if i == 0 { "" } else { between })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
