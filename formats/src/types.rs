//! Hive's column types: their text, and the Arrow types that carry their values.
//!
//! The text is the one a metastore keeps with a column, such as
//! `struct<id:bigint,tags:array<string>>`. Every type has one Arrow type ([`HiveType::to_arrow`]);
//! many Arrow types lead to one Hive type ([`HiveType::from_arrow`]).

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, IntervalUnit, TimeUnit, UnionFields, UnionMode};

use crate::{FormatError, Result};

/// Largest precision of a decimal.
pub const MAX_DECIMAL_PRECISION: u8 = 38;
/// Largest length of a `char`.
pub const MAX_CHAR_LENGTH: u32 = 255;
/// Largest length of a `varchar`.
pub const MAX_VARCHAR_LENGTH: u32 = 65_535;
/// Deepest nesting of arrays, maps, structs and unions.
pub const MAX_TYPE_DEPTH: usize = 64;

/// Describes the type of a Hive column or of a part of it.
///
/// Source: Hive `TypeInfo` and its subclasses.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum HiveType {
    /// The type of a bare NULL.
    Void,
    /// True or false.
    Boolean,
    /// 8 bit signed integer.
    TinyInt,
    /// 16 bit signed integer.
    SmallInt,
    /// 32 bit signed integer.
    Int,
    /// 64 bit signed integer.
    BigInt,
    /// 32 bit floating point number.
    Float,
    /// 64 bit floating point number.
    Double,
    /// Fixed point number.
    Decimal {
        /// Digits in all, 1 to [`MAX_DECIMAL_PRECISION`].
        precision: u8,
        /// Digits after the point, at most `precision`.
        scale: u8,
    },
    /// Text without a limit.
    String,
    /// Text of at most so many characters.
    Varchar(u32),
    /// Text of exactly so many characters, filled with spaces.
    Char(u32),
    /// Bytes.
    Binary,
    /// Day of the proleptic Gregorian calendar.
    Date,
    /// Wall clock time, without a zone.
    Timestamp,
    /// Point in time, shown in the reader's zone.
    TimestampLocalTz,
    /// Number of months.
    IntervalYearMonth,
    /// Number of seconds and nanoseconds.
    IntervalDayTime,
    /// Values of one type, in order.
    Array(Box<HiveType>),
    /// Keys and their values.
    Map(Box<HiveType>, Box<HiveType>),
    /// Named fields.
    Struct(Vec<StructField>),
    /// One of several types; the tag is the position.
    Union(Vec<HiveType>),
}

/// Names one field of a [`HiveType::Struct`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StructField {
    /// The name, in the case it was written.
    pub name: String,
    /// The type.
    pub ty: HiveType,
}

impl HiveType {
    /// Returns the Arrow type that carries the values.
    ///
    /// Strings of every kind are `Utf8`, wall clock times `Timestamp(Microsecond, None)`, points in
    /// time `Timestamp(Microsecond, "UTC")`. The inner fields have the names DataFusion gives them,
    /// `item` in lists and `entries` of `key` and `value` in maps, so that its functions return the
    /// same types. All but map keys may be null.
    pub fn to_arrow(&self) -> DataType {
        match self {
            Self::Void => DataType::Null,
            Self::Boolean => DataType::Boolean,
            Self::TinyInt => DataType::Int8,
            Self::SmallInt => DataType::Int16,
            Self::Int => DataType::Int32,
            Self::BigInt => DataType::Int64,
            Self::Float => DataType::Float32,
            Self::Double => DataType::Float64,
            Self::Decimal { precision, scale } => {
                DataType::Decimal128(*precision, scale.cast_signed())
            }
            Self::String | Self::Varchar(_) | Self::Char(_) => DataType::Utf8,
            Self::Binary => DataType::Binary,
            Self::Date => DataType::Date32,
            Self::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::TimestampLocalTz => {
                DataType::Timestamp(TimeUnit::Microsecond, Some(Arc::from("UTC")))
            }
            Self::IntervalYearMonth => DataType::Interval(IntervalUnit::YearMonth),
            Self::IntervalDayTime => DataType::Interval(IntervalUnit::MonthDayNano),
            Self::Array(element) => DataType::List(nullable("item", element)),
            Self::Map(key, value) => {
                let key = Field::new("key", key.to_arrow(), false);
                let entries = DataType::Struct(Fields::from(vec![
                    key,
                    Field::new("value", value.to_arrow(), true),
                ]));
                DataType::Map(Arc::new(Field::new("entries", entries, false)), false)
            }
            Self::Struct(fields) => {
                DataType::Struct(fields.iter().map(|f| nullable(&f.name, &f.ty)).collect())
            }
            Self::Union(types) => {
                let fields = types.iter().enumerate();
                let fields: UnionFields = fields
                    .map(|(tag, ty)| {
                        (i8::try_from(tag).unwrap_or(i8::MAX), nullable(&tag.to_string(), ty))
                    })
                    .collect();
                DataType::Union(fields, UnionMode::Dense)
            }
        }
    }

    /// Returns the Hive type that holds every value of an Arrow type.
    ///
    /// Unsigned integers go to the next wider type; `Date64` counts as a day, and all units of
    /// timestamp as Hive's one.
    ///
    /// # Errors
    /// [`ErrorKind::Schema`](crate::ErrorKind::Schema) if Hive has no such type: times of day,
    /// durations, decimals of more than 38 digits or of negative scale.
    pub fn from_arrow(ty: &DataType) -> Result<Self> {
        let inner = |field: &Field| Self::from_arrow(field.data_type());
        Ok(match ty {
            DataType::Null => Self::Void,
            DataType::Boolean => Self::Boolean,
            DataType::Int8 => Self::TinyInt,
            DataType::Int16 | DataType::UInt8 => Self::SmallInt,
            DataType::Int32 | DataType::UInt16 => Self::Int,
            DataType::Int64 | DataType::UInt32 => Self::BigInt,
            DataType::UInt64 => Self::Decimal { precision: 20, scale: 0 },
            DataType::Float16 | DataType::Float32 => Self::Float,
            DataType::Float64 => Self::Double,
            DataType::Decimal32(p, s)
            | DataType::Decimal64(p, s)
            | DataType::Decimal128(p, s)
            | DataType::Decimal256(p, s) => decimal(*p, u8::try_from(*s).unwrap_or(u8::MAX))
                .map_err(|e| e.with("arrow type", ty))?,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Self::String,
            DataType::Binary
            | DataType::LargeBinary
            | DataType::BinaryView
            | DataType::FixedSizeBinary(_) => Self::Binary,
            DataType::Date32 | DataType::Date64 => Self::Date,
            DataType::Timestamp(_, None) => Self::Timestamp,
            DataType::Timestamp(_, Some(_)) => Self::TimestampLocalTz,
            DataType::Interval(IntervalUnit::YearMonth) => Self::IntervalYearMonth,
            DataType::Interval(_) => Self::IntervalDayTime,
            DataType::Dictionary(_, value) => Self::from_arrow(value)?,
            DataType::RunEndEncoded(_, value) => inner(value)?,
            DataType::List(f)
            | DataType::LargeList(f)
            | DataType::ListView(f)
            | DataType::LargeListView(f)
            | DataType::FixedSizeList(f, _) => Self::Array(Box::new(inner(f)?)),
            DataType::Map(entries, _) => match entries.data_type() {
                DataType::Struct(kv) if kv.len() == 2 => {
                    Self::Map(Box::new(inner(&kv[0])?), Box::new(inner(&kv[1])?))
                }
                _ => return Err(no_hive_type(ty)),
            },
            DataType::Struct(fields) => Self::Struct(
                fields
                    .iter()
                    .map(|f| Ok(StructField { name: f.name().clone(), ty: inner(f)? }))
                    .collect::<Result<_>>()?,
            ),
            DataType::Union(fields, _) => {
                Self::Union(fields.iter().map(|(_, f)| inner(f)).collect::<Result<_>>()?)
            }
            _ => return Err(no_hive_type(ty)),
        })
    }

    /// Tells whether the type has no parts.
    pub fn is_primitive(&self) -> bool {
        !matches!(self, Self::Array(_) | Self::Map(..) | Self::Struct(_) | Self::Union(_))
    }
}

fn nullable(name: &str, ty: &HiveType) -> Arc<Field> {
    Arc::new(Field::new(name, ty.to_arrow(), true))
}

fn no_hive_type(ty: &DataType) -> FormatError {
    FormatError::schema("hive has no type for these values").with("arrow type", ty)
}

fn decimal(precision: u8, scale: u8) -> Result<HiveType> {
    if precision == 0 || precision > MAX_DECIMAL_PRECISION || scale > precision {
        return Err(FormatError::schema(
            "decimal needs a precision of 1 to 38 and a scale of 0 to the precision",
        )
        .with("precision", precision)
        .with("scale", scale));
    }
    Ok(HiveType::Decimal { precision, scale })
}

/// Prints the text a metastore keeps, as Hive's `TypeInfo.getTypeName` does.
///
/// A field name with characters that mean something in the text is quoted with backquotes.
impl fmt::Display for HiveType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let simple = match self {
            Self::Decimal { precision, scale } => return write!(f, "decimal({precision},{scale})"),
            Self::Varchar(n) => return write!(f, "varchar({n})"),
            Self::Char(n) => return write!(f, "char({n})"),
            Self::Array(element) => return write!(f, "array<{element}>"),
            Self::Map(key, value) => return write!(f, "map<{key},{value}>"),
            Self::Struct(fields) => return list(f, "struct", fields),
            Self::Union(types) => return list(f, "uniontype", types),
            Self::Void => "void",
            Self::Boolean => "boolean",
            Self::TinyInt => "tinyint",
            Self::SmallInt => "smallint",
            Self::Int => "int",
            Self::BigInt => "bigint",
            Self::Float => "float",
            Self::Double => "double",
            Self::String => "string",
            Self::Binary => "binary",
            Self::Date => "date",
            Self::Timestamp => "timestamp",
            Self::TimestampLocalTz => "timestamp with local time zone",
            Self::IntervalYearMonth => "interval_year_month",
            Self::IntervalDayTime => "interval_day_time",
        };
        f.write_str(simple)
    }
}

impl fmt::Display for StructField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = !self.name.is_empty()
            && self.name.trim() == self.name
            && !self.name.contains([':', ',', '<', '>', '`']);
        if plain {
            write!(f, "{}:{}", self.name, self.ty)
        } else {
            write!(f, "`{}`:{}", self.name.replace('`', "``"), self.ty)
        }
    }
}

fn list(f: &mut fmt::Formatter<'_>, name: &str, parts: &[impl fmt::Display]) -> fmt::Result {
    write!(f, "{name}<")?;
    for (i, part) in parts.iter().enumerate() {
        write!(f, "{}{part}", if i == 0 { "" } else { "," })?;
    }
    f.write_str(">")
}

/// Parses the text a metastore keeps with a column.
///
/// Type names are taken in any case and with spaces between all parts, and the synonyms of
/// Hive's column definitions are known: `integer`, `dec`, `numeric`, `double precision`.
/// `decimal` alone is `decimal(10,0)`. Field names keep their case.
///
/// Limit: types nest at most [`MAX_TYPE_DEPTH`] deep.
///
/// Source: Hive `TypeInfoUtils.TypeInfoParser`.
impl FromStr for HiveType {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<Self> {
        let mut parser = Parser { text, at: 0 };
        let ty = parser.ty(0)?;
        if parser.peek().is_some() {
            return Err(parser.error("nothing may follow the type"));
        }
        Ok(ty)
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    fn error(&self, what: &str) -> FormatError {
        FormatError::schema(format!("malformed type: {what}"))
            .with("type", self.text)
            .with("byte", self.at)
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&mut self) -> Option<char> {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
        self.rest().chars().next()
    }

    fn eat(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        if found {
            self.at += c.len_utf8();
        }
        found
    }

    fn expect(&mut self, c: char) -> Result<()> {
        if self.eat(c) { Ok(()) } else { Err(self.error(&format!("expected '{c}'"))) }
    }

    fn word(&mut self) -> String {
        self.peek();
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let word = &rest[..end.unwrap_or(rest.len())];
        self.at += word.len();
        word.to_ascii_lowercase()
    }

    /// Eats the words if all of them follow.
    fn words(&mut self, words: &[&str]) -> bool {
        let start = self.at;
        let found = words.iter().all(|w| self.word() == *w);
        if !found {
            self.at = start;
        }
        found
    }

    fn ty(&mut self, depth: usize) -> Result<HiveType> {
        if depth > MAX_TYPE_DEPTH {
            return Err(self.error("nested too deep"));
        }
        let start = self.at;
        Ok(match self.word().as_str() {
            "void" => HiveType::Void,
            "boolean" => HiveType::Boolean,
            "tinyint" => HiveType::TinyInt,
            "smallint" => HiveType::SmallInt,
            "int" | "integer" => HiveType::Int,
            "bigint" => HiveType::BigInt,
            "float" => HiveType::Float,
            "double" => {
                self.words(&["precision"]);
                HiveType::Double
            }
            "decimal" | "dec" | "numeric" => self.decimal()?,
            "string" => HiveType::String,
            "varchar" => HiveType::Varchar(self.length(MAX_VARCHAR_LENGTH)?),
            "char" => HiveType::Char(self.length(MAX_CHAR_LENGTH)?),
            "binary" => HiveType::Binary,
            "date" => HiveType::Date,
            "timestamp" if self.words(&["with", "local", "time", "zone"]) => {
                HiveType::TimestampLocalTz
            }
            "timestamp" => HiveType::Timestamp,
            "timestamplocaltz" => HiveType::TimestampLocalTz,
            "interval_year_month" => HiveType::IntervalYearMonth,
            "interval_day_time" => HiveType::IntervalDayTime,
            "array" => {
                self.expect('<')?;
                let element = self.ty(depth + 1)?;
                self.expect('>')?;
                HiveType::Array(Box::new(element))
            }
            "map" => {
                self.expect('<')?;
                let key = self.ty(depth + 1)?;
                self.expect(',')?;
                let value = self.ty(depth + 1)?;
                self.expect('>')?;
                HiveType::Map(Box::new(key), Box::new(value))
            }
            "struct" => HiveType::Struct(self.parts(|p| p.field(depth + 1))?),
            "uniontype" => {
                let types = self.parts(|p| p.ty(depth + 1))?;
                if types.is_empty() || types.len() > 127 {
                    return Err(self.error("a union has 1 to 127 types"));
                }
                HiveType::Union(types)
            }
            _ => {
                self.at = start;
                return Err(self.error("unknown type name"));
            }
        })
    }

    fn parts<T>(&mut self, mut part: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        self.expect('<')?;
        let mut parts = Vec::new();
        if self.eat('>') {
            return Ok(parts);
        }
        loop {
            parts.push(part(self)?);
            if self.eat('>') {
                return Ok(parts);
            }
            self.expect(',')?;
        }
    }

    fn field(&mut self, depth: usize) -> Result<StructField> {
        let name = if self.eat('`') { self.quoted()? } else { self.bare()? };
        self.expect(':')?;
        Ok(StructField { name, ty: self.ty(depth)? })
    }

    fn quoted(&mut self) -> Result<String> {
        let mut name = String::new();
        loop {
            let rest = self.rest();
            let end = rest.find('`').ok_or_else(|| self.error("a quoted name has no end"))?;
            name.push_str(&rest[..end]);
            self.at += end + 1;
            if !self.rest().starts_with('`') {
                return Ok(name);
            }
            name.push('`');
            self.at += 1;
        }
    }

    fn bare(&mut self) -> Result<String> {
        let rest = self.rest();
        let end = rest.find([':', ',', '<', '>', '`']).unwrap_or(rest.len());
        let name = rest[..end].trim();
        if name.is_empty() {
            return Err(self.error("expected a field name"));
        }
        self.at += end;
        Ok(name.to_owned())
    }

    fn number(&mut self) -> Result<u32> {
        let start = self.at;
        self.word().parse().map_err(|_| {
            self.at = start;
            self.error("expected a number")
        })
    }

    fn decimal(&mut self) -> Result<HiveType> {
        if !self.eat('(') {
            return decimal(10, 0);
        }
        let precision = self.number()?;
        let scale = if self.eat(',') { self.number()? } else { 0 };
        self.expect(')')?;
        let small = |n: u32| u8::try_from(n).unwrap_or(u8::MAX);
        decimal(small(precision), small(scale)).map_err(|e| e.with("type", self.text))
    }

    fn length(&mut self, max: u32) -> Result<u32> {
        self.expect('(')?;
        let n = self.number()?;
        self.expect(')')?;
        if n == 0 || n > max {
            return Err(self.error(&format!("the length must be 1 to {max}")));
        }
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> HiveType {
        text.parse().unwrap_or_else(|e| panic!("{text}: {e}"))
    }

    #[test]
    fn reads_what_a_metastore_keeps() {
        for (text, printed) in [
            ("BOOLEAN", "boolean"),
            ("integer", "int"),
            ("Double  Precision", "double"),
            ("decimal", "decimal(10,0)"),
            ("numeric( 5 )", "decimal(5,0)"),
            ("DEC(38,38)", "decimal(38,38)"),
            (" varchar(65535) ", "varchar(65535)"),
            ("char(1)", "char(1)"),
            ("timestamp with  local time zone", "timestamp with local time zone"),
            ("timestamplocaltz", "timestamp with local time zone"),
            ("array<timestamp>", "array<timestamp>"),
            ("map < String , array<INT> >", "map<string,array<int>>"),
            ("struct<Aa: int,`b:c`:struct<x y:date>>", "struct<Aa:int,`b:c`:struct<x y:date>>"),
            ("struct<`a``b`:int>", "struct<`a``b`:int>"),
            ("struct<>", "struct<>"),
            ("struct<名:string>", "struct<名:string>"),
            ("uniontype<int,interval_day_time>", "uniontype<int,interval_day_time>"),
        ] {
            assert_eq!(parse(text).to_string(), printed, "{text}");
        }
    }

    #[test]
    fn refuses_malformed_text() {
        let deep = format!("{}int{}", "array<".repeat(200), ">".repeat(200));
        for text in [
            "",
            "strin",
            "int int",
            "int,",
            "array",
            "array<",
            "array<int",
            "array<int,int>",
            "map<int>",
            "struct<int>",
            "struct<:int>",
            "struct<a:int,>",
            "struct<`a:int>",
            "decimal(39,0)",
            "decimal(0)",
            "decimal(5,6)",
            "decimal(-1)",
            "decimal(5,",
            "varchar",
            "varchar(0)",
            "varchar(65536)",
            "char(256)",
            "char(999999999999)",
            "uniontype<>",
            "timestamp with local",
            "é",
            &deep,
        ] {
            let error = text.parse::<HiveType>().err().map(|e| e.kind());
            assert_eq!(error, Some(crate::ErrorKind::Schema), "{text}");
        }
    }

    #[test]
    fn maps_from_every_arrow_spelling() {
        for (arrow, hive) in [
            (DataType::UInt8, "smallint"),
            (DataType::UInt64, "decimal(20,0)"),
            (DataType::LargeUtf8, "string"),
            (DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)), "string"),
            (DataType::FixedSizeBinary(3), "binary"),
            (DataType::Timestamp(TimeUnit::Nanosecond, None), "timestamp"),
            (DataType::new_large_list(DataType::Int8, true), "array<tinyint>"),
        ] {
            assert_eq!(HiveType::from_arrow(&arrow).unwrap(), parse(hive));
        }
        for arrow in [
            DataType::Time32(TimeUnit::Second),
            DataType::Duration(TimeUnit::Second),
            DataType::Decimal256(40, 0),
            DataType::Decimal128(4, -1),
        ] {
            assert!(HiveType::from_arrow(&arrow).is_err(), "{arrow}");
        }
    }

    fn any_type() -> impl Strategy<Value = HiveType> {
        let leaf = prop_oneof![
            Just(HiveType::Boolean),
            Just(HiveType::TinyInt),
            Just(HiveType::BigInt),
            Just(HiveType::Double),
            (1u8..=38).prop_map(|p| HiveType::Decimal { precision: p, scale: p / 2 }),
            Just(HiveType::String),
            (1u32..100).prop_map(HiveType::Varchar),
            (1u32..100).prop_map(HiveType::Char),
            Just(HiveType::Date),
            Just(HiveType::Timestamp),
            Just(HiveType::TimestampLocalTz),
            Just(HiveType::IntervalYearMonth),
            Just(HiveType::IntervalDayTime),
            Just(HiveType::Void),
        ];
        leaf.prop_recursive(4, 16, 3, |inner| {
            let field = ("[ -~é]{0,6}", inner.clone());
            let field = field.prop_map(|(name, ty)| StructField { name, ty });
            prop_oneof![
                inner.clone().prop_map(|t| HiveType::Array(Box::new(t))),
                (inner.clone(), inner.clone())
                    .prop_map(|(k, v)| HiveType::Map(Box::new(k), Box::new(v))),
                prop::collection::vec(field, 0..3).prop_map(HiveType::Struct),
                prop::collection::vec(inner, 1..3).prop_map(HiveType::Union),
            ]
        })
    }

    /// The same type, with texts of limited length turned into plain ones, as Arrow sees it.
    fn without_lengths(ty: &HiveType) -> HiveType {
        let again = |t: &HiveType| Box::new(without_lengths(t));
        match ty {
            HiveType::Varchar(_) | HiveType::Char(_) => HiveType::String,
            HiveType::Array(t) => HiveType::Array(again(t)),
            HiveType::Map(k, v) => HiveType::Map(again(k), again(v)),
            HiveType::Union(t) => HiveType::Union(t.iter().map(without_lengths).collect()),
            HiveType::Struct(fields) => HiveType::Struct(
                fields
                    .iter()
                    .map(|f| StructField { name: f.name.clone(), ty: without_lengths(&f.ty) })
                    .collect(),
            ),
            other => other.clone(),
        }
    }

    proptest! {
        #[test]
        fn print_then_parse_gives_the_same(ty in any_type()) {
            prop_assert_eq!(parse(&ty.to_string()), ty);
        }

        #[test]
        fn to_arrow_and_back_gives_the_same(ty in any_type()) {
            prop_assert_eq!(HiveType::from_arrow(&ty.to_arrow()).unwrap(), without_lengths(&ty));
        }

        #[test]
        fn no_text_panics(text in "[a-z<>:,(0-9) `é]{0,40}") {
            drop(text.parse::<HiveType>());
        }
    }
}
