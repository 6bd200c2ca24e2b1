//! The schema that messages were written with, from its JSON.
//!
//! Source: the Avro 1.12 specification.

use std::collections::BTreeMap;

use serde_json::Value;

/// Types inside types that a schema may have.
const MAX_DEPTH: usize = 64;

/// A type of the writer.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Schema {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
    Fixed(usize),
    Enum(Vec<String>),
    Date,
    /// Units since 1970: how many of them are a microsecond, or how many microseconds are one.
    Timestamp(Unit),
    /// A number of so many digits behind the point, in bytes or in a fixed number of them.
    Decimal(usize, Option<usize>),
    Array(Box<Schema>),
    Map(Box<Schema>),
    Union(Vec<Schema>),
    Record(Vec<(String, Schema)>),
}

/// Unit of a timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Millis,
    Micros,
    Nanos,
}

impl Unit {
    /// Gives a time in microseconds, if they can count that far.
    #[inline]
    pub(super) fn micros(self, time: i64) -> Option<i64> {
        match self {
            Self::Millis => time.checked_mul(1000),
            Self::Micros => Some(time),
            Self::Nanos => Some(time.div_euclid(1000)),
        }
    }
}

impl Schema {
    /// Reads a schema.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(super) fn parse(json: &str) -> Result<Self, String> {
        let value: Value = match serde_json::from_str(json) {
            Ok(value) => value,
            // A registry may give the name of a primitive type as it is.
            Err(_) => Value::String(json.trim().to_owned()),
        };
        Parser { named: BTreeMap::new(), open: Vec::new() }.read(&value, "", 0)
    }
}

struct Parser {
    named: BTreeMap<String, Schema>,
    /// Names whose definition is being read.
    open: Vec<String>,
}

impl Parser {
    fn read(&mut self, value: &Value, space: &str, depth: usize) -> Result<Schema, String> {
        if depth > MAX_DEPTH {
            return Err("types are nested too deep".to_owned());
        }
        match value {
            Value::String(name) => self.name(name, space),
            Value::Array(branches) => {
                let read = branches.iter().map(|branch| self.read(branch, space, depth + 1));
                Ok(Schema::Union(read.collect::<Result<_, _>>()?))
            }
            Value::Object(fields) => {
                let text = |key: &str| fields.get(key).and_then(Value::as_str);
                let kind = fields.get("type").ok_or("an object has no type")?;
                let Some(kind) = kind.as_str() else { return self.read(kind, space, depth + 1) };
                let size = |key: &str| {
                    let size = fields.get(key).and_then(Value::as_u64);
                    size.and_then(|size| usize::try_from(size).ok())
                };
                let plain = match kind {
                    "record" | "error" => return self.record(value, space, depth),
                    "enum" => {
                        let symbols = fields.get("symbols").and_then(Value::as_array);
                        let symbols = symbols.ok_or("an enum has no symbols")?;
                        let name = |symbol: &Value| symbol.as_str().map(str::to_owned);
                        Schema::Enum(symbols.iter().filter_map(name).collect())
                    }
                    "fixed" => Schema::Fixed(size("size").ok_or("a fixed type has no size")?),
                    "array" => {
                        let items = fields.get("items").ok_or("an array has no items")?;
                        return Ok(Schema::Array(Box::new(self.read(items, space, depth + 1)?)));
                    }
                    "map" => {
                        let values = fields.get("values").ok_or("a map has no values")?;
                        return Ok(Schema::Map(Box::new(self.read(values, space, depth + 1)?)));
                    }
                    name => self.name(name, space)?,
                };
                let schema = logical(plain, text("logicalType"), size("scale").unwrap_or(0));
                if let Some(name) = text("name") {
                    let space = text("namespace").unwrap_or(space);
                    self.named.insert(full(name, space), schema.clone());
                }
                Ok(schema)
            }
            _ => Err(format!("{value} is no schema")),
        }
    }

    fn record(&mut self, value: &Value, space: &str, depth: usize) -> Result<Schema, String> {
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        let name = text("name").unwrap_or_default();
        let own = match name.rsplit_once('.') {
            Some((space, _)) => space,
            None => text("namespace").unwrap_or(space),
        };
        let full = full(name, own);
        self.open.push(full.clone());
        let list = value.get("fields").and_then(Value::as_array).ok_or("a record has no fields")?;
        let mut fields = Vec::with_capacity(list.len());
        for field in list {
            let name = field.get("name").and_then(Value::as_str).ok_or("a field has no name")?;
            let ty = field.get("type").ok_or_else(|| format!("field {name} has no type"))?;
            fields.push((name.to_owned(), self.read(ty, own, depth + 1)?));
        }
        self.open.pop();
        let schema = Schema::Record(fields);
        self.named.insert(full, schema.clone());
        Ok(schema)
    }

    fn name(&self, name: &str, space: &str) -> Result<Schema, String> {
        Ok(match name {
            "null" => Schema::Null,
            "boolean" => Schema::Boolean,
            "int" => Schema::Int,
            "long" => Schema::Long,
            "float" => Schema::Float,
            "double" => Schema::Double,
            "bytes" => Schema::Bytes,
            "string" => Schema::String,
            name => {
                let full = full(name, space);
                if self.open.contains(&full) {
                    return Err(format!("the type {name} contains itself, which no column can"));
                }
                let found = self.named.get(&full).or_else(|| self.named.get(name));
                found.cloned().ok_or_else(|| format!("the type {name} is not defined"))?
            }
        })
    }
}

fn full(name: &str, space: &str) -> String {
    if name.contains('.') || space.is_empty() { name.to_owned() } else { format!("{space}.{name}") }
}

/// Gives the type that a logical type makes of a plain one; an unknown one leaves it as it is.
fn logical(plain: Schema, logical: Option<&str>, scale: usize) -> Schema {
    match (logical, &plain) {
        (Some("date"), Schema::Int) => Schema::Date,
        (Some("timestamp-millis" | "local-timestamp-millis"), Schema::Long) => {
            Schema::Timestamp(Unit::Millis)
        }
        (Some("timestamp-micros" | "local-timestamp-micros"), Schema::Long) => {
            Schema::Timestamp(Unit::Micros)
        }
        (Some("timestamp-nanos" | "local-timestamp-nanos"), Schema::Long) => {
            Schema::Timestamp(Unit::Nanos)
        }
        (Some("decimal"), Schema::Bytes) => Schema::Decimal(scale, None),
        (Some("decimal"), Schema::Fixed(size)) => Schema::Decimal(scale, Some(*size)),
        _ => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_types_are_found_and_logical_types_read() {
        let schema = Schema::parse(
            r#"{"type":"record","name":"R","namespace":"a.b","fields":[
                {"name":"f","type":{"type":"fixed","name":"F","size":4,"logicalType":"decimal","precision":9,"scale":2}},
                {"name":"g","type":["null","F"]},
                {"name":"t","type":{"type":"long","logicalType":"timestamp-micros"}},
                {"name":"e","type":{"type":"enum","name":"E","symbols":["X","Y"]}},
                {"name":"u","type":{"type":"string","logicalType":"uuid"}},
                {"name":"m","type":{"type":"map","values":{"type":"array","items":"a.b.E"}}}]}"#,
        );
        let e = Schema::Enum(vec!["X".to_owned(), "Y".to_owned()]);
        let f = Schema::Decimal(2, Some(4));
        let expected = [
            ("f", f.clone()),
            ("g", Schema::Union(vec![Schema::Null, f])),
            ("t", Schema::Timestamp(Unit::Micros)),
            ("e", e.clone()),
            ("u", Schema::String),
            ("m", Schema::Map(Box::new(Schema::Array(Box::new(e))))),
        ];
        let expected = expected.map(|(name, schema)| (name.to_owned(), schema));
        assert_eq!(schema, Ok(Schema::Record(expected.to_vec())));
    }

    #[test]
    fn what_is_no_schema_is_refused() {
        for json in [
            "",
            "{}",
            "7",
            "\"unknown\"",
            r#"{"type":"record","name":"L","fields":[{"name":"next","type":["null","L"]}]}"#,
            r#"{"type":"fixed","name":"F"}"#,
        ] {
            assert!(Schema::parse(json).is_err(), "{json}");
        }
        assert_eq!(Schema::parse("\"string\""), Ok(Schema::String));
    }
}
