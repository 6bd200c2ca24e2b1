//! Avro schemas: their JSON, and the Hive types they stand for.
//!
//! Source: the Avro specification 1.11; Hive `SchemaToTypeInfo` and `TypeInfoToSchema`.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::table::TableColumn;
use crate::types::{HiveType, MAX_TYPE_DEPTH, StructField};
use crate::{FormatError, Result};

/// Describes the values of an Avro file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Schema {
    Null,
    Boolean,
    Int(Logical),
    Long(Logical),
    Float,
    Double,
    Bytes(Logical),
    String(Logical),
    Fixed(usize, Logical),
    Enum(Vec<String>),
    Array(Box<Schema>),
    Map(Box<Schema>),
    Union(Vec<Schema>),
    Record(Vec<Field>),
}

/// Names one field of a record.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) schema: Schema,
    pub(crate) default: Option<Value>,
}

/// What a value is beyond its bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Logical {
    #[default]
    Plain,
    Date,
    Decimal(u8, u8),
    /// Digits of the fraction of a second: 3, 6 or 9.
    Timestamp(u8),
    LocalTimestamp(u8),
    Char(u32),
    Varchar(u32),
}

fn bad(what: &str) -> FormatError {
    FormatError::schema(format!("malformed avro schema: {what}"))
}

/// Parses the JSON of a schema.
///
/// # Errors
/// [`ErrorKind::Schema`](crate::ErrorKind::Schema) if it is malformed or nested too deep,
/// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) if a type contains itself.
pub(crate) fn parse(text: &str) -> Result<Schema> {
    let json: Value = serde_json::from_str(text).map_err(|e| bad("no json").with_source(e))?;
    Parser { named: HashMap::new(), budget: 100_000 }.schema(&json, "", 0)
}

struct Parser {
    /// Schemas by full name; none while a name is being defined.
    named: HashMap<String, Option<Schema>>,
    /// Nodes that may still be made: names that are used again and again multiply.
    budget: usize,
}

impl Parser {
    fn schema(&mut self, json: &Value, space: &str, depth: usize) -> Result<Schema> {
        if depth > MAX_TYPE_DEPTH {
            return Err(bad("nested too deep"));
        }
        self.budget = self.budget.checked_sub(1).ok_or_else(|| bad("too large"))?;
        match json {
            Value::String(name) => self.name(name, space),
            Value::Array(branches) => Ok(Schema::Union(
                branches.iter().map(|b| self.schema(b, space, depth + 1)).collect::<Result<_>>()?,
            )),
            Value::Object(object) => self.object(object, space, depth),
            _ => Err(bad("expected a name, an object or a list")),
        }
    }

    fn name(&mut self, name: &str, space: &str) -> Result<Schema> {
        Ok(match name {
            "null" => Schema::Null,
            "boolean" => Schema::Boolean,
            "int" => Schema::Int(Logical::Plain),
            "long" => Schema::Long(Logical::Plain),
            "float" => Schema::Float,
            "double" => Schema::Double,
            "bytes" => Schema::Bytes(Logical::Plain),
            "string" => Schema::String(Logical::Plain),
            _ => {
                let full = full_name(name, space);
                let found = self.named.get(&full).or_else(|| self.named.get(name));
                match found.ok_or_else(|| bad("unknown name").with("name", name))? {
                    Some(schema) => {
                        self.budget = self
                            .budget
                            .checked_sub(size(schema))
                            .ok_or_else(|| bad("too large"))?;
                        schema.clone()
                    }
                    None => {
                        return Err(FormatError::unsupported("avro types that contain themselves")
                            .with("name", name));
                    }
                }
            }
        })
    }

    fn object(&mut self, object: &Map<String, Value>, space: &str, depth: usize) -> Result<Schema> {
        let text = |key: &str| object.get(key).and_then(Value::as_str);
        let Some(Value::String(ty)) = object.get("type") else {
            let inner = object.get("type").ok_or_else(|| bad("no type"))?;
            return self.schema(inner, space, depth + 1);
        };
        let space = text("namespace").unwrap_or(space).to_owned();
        let logical = logical(object)?;
        Ok(match ty.as_str() {
            "array" => {
                let items = object.get("items").ok_or_else(|| bad("array without items"))?;
                Schema::Array(Box::new(self.schema(items, &space, depth + 1)?))
            }
            "map" => {
                let values = object.get("values").ok_or_else(|| bad("map without values"))?;
                Schema::Map(Box::new(self.schema(values, &space, depth + 1)?))
            }
            "record" | "error" | "enum" | "fixed" => {
                let name = text("name").ok_or_else(|| bad("type without a name"))?;
                let full = full_name(name, &space);
                let space = full.rsplit_once('.').map_or("", |(space, _)| space).to_owned();
                self.named.insert(full.clone(), None);
                let schema = self.defined(ty, object, &space, (logical, depth))?;
                self.named.insert(full, Some(schema.clone()));
                schema
            }
            "int" => Schema::Int(logical),
            "long" => Schema::Long(logical),
            "bytes" => Schema::Bytes(logical),
            "string" => Schema::String(logical),
            name => self.name(name, &space)?,
        })
    }

    fn defined(
        &mut self,
        ty: &str,
        object: &Map<String, Value>,
        space: &str,
        (logical, depth): (Logical, usize),
    ) -> Result<Schema> {
        let list = |key: &str| object.get(key).and_then(Value::as_array);
        Ok(match ty {
            "fixed" => {
                let size = object.get("size").and_then(Value::as_u64);
                let size = size.and_then(|size| usize::try_from(size).ok());
                Schema::Fixed(size.ok_or_else(|| bad("fixed without a size"))?, logical)
            }
            "enum" => {
                let symbols = list("symbols").ok_or_else(|| bad("enum without symbols"))?;
                let symbols = symbols.iter().filter_map(Value::as_str).map(str::to_owned);
                Schema::Enum(symbols.collect())
            }
            _ => {
                let fields = list("fields").ok_or_else(|| bad("record without fields"))?;
                let field = |field: &Value| {
                    let name = field.get("name").and_then(Value::as_str);
                    let name = name.ok_or_else(|| bad("field without a name"))?.to_owned();
                    let ty = field.get("type").ok_or_else(|| bad("field without a type"))?;
                    let schema = self.schema(ty, space, depth + 1)?;
                    Ok(Field { name, schema, default: field.get("default").cloned() })
                };
                Schema::Record(fields.iter().map(field).collect::<Result<_>>()?)
            }
        })
    }
}

fn size(schema: &Schema) -> usize {
    1 + match schema {
        Schema::Array(inner) | Schema::Map(inner) => size(inner),
        Schema::Union(branches) => branches.iter().map(size).sum(),
        Schema::Record(fields) => fields.iter().map(|f| size(&f.schema)).sum(),
        _ => 0,
    }
}

fn full_name(name: &str, space: &str) -> String {
    if name.contains('.') || space.is_empty() { name.to_owned() } else { format!("{space}.{name}") }
}

fn logical(object: &Map<String, Value>) -> Result<Logical> {
    let number = |key: &str| match object.get(key) {
        Some(Value::Number(n)) => n.as_u64(),
        // Hive writes the length of a char as text in some versions.
        Some(Value::String(text)) => text.parse().ok(),
        _ => None,
    };
    let length = || number("maxLength").and_then(|n| u32::try_from(n).ok());
    Ok(match object.get("logicalType").and_then(Value::as_str) {
        Some("date") => Logical::Date,
        Some("decimal") => {
            let digits = |n: Option<u64>| n.and_then(|n| u8::try_from(n).ok());
            let precision = digits(number("precision"));
            let scale = digits(Some(number("scale").unwrap_or(0)));
            match (precision, scale) {
                (Some(p @ 1..=38), Some(s)) if s <= p => Logical::Decimal(p, s),
                _ => return Err(bad("decimal needs a precision of 1 to 38 and a scale")),
            }
        }
        Some("timestamp-millis") => Logical::Timestamp(3),
        Some("timestamp-micros") => Logical::Timestamp(6),
        Some("timestamp-nanos") => Logical::Timestamp(9),
        Some("local-timestamp-millis") => Logical::LocalTimestamp(3),
        Some("local-timestamp-micros") => Logical::LocalTimestamp(6),
        Some("local-timestamp-nanos") => Logical::LocalTimestamp(9),
        Some("char") => length().map_or(Logical::Plain, Logical::Char),
        Some("varchar") => length().map_or(Logical::Plain, Logical::Varchar),
        // Readers must take what they do not know for the plain type.
        _ => Logical::Plain,
    })
}

/// Returns the Hive type of a schema.
pub(crate) fn hive_type(schema: &Schema) -> HiveType {
    match schema {
        Schema::Null => HiveType::Void,
        Schema::Boolean => HiveType::Boolean,
        Schema::Int(Logical::Date) => HiveType::Date,
        Schema::Int(_) => HiveType::Int,
        Schema::Long(Logical::Timestamp(_) | Logical::LocalTimestamp(_)) => HiveType::Timestamp,
        Schema::Long(_) => HiveType::BigInt,
        Schema::Float => HiveType::Float,
        Schema::Double => HiveType::Double,
        Schema::Bytes(Logical::Decimal(precision, scale))
        | Schema::Fixed(_, Logical::Decimal(precision, scale)) => {
            HiveType::Decimal { precision: *precision, scale: *scale }
        }
        Schema::Bytes(_) | Schema::Fixed(..) => HiveType::Binary,
        Schema::String(Logical::Char(n)) => HiveType::Char(*n),
        Schema::String(Logical::Varchar(n)) => HiveType::Varchar(*n),
        Schema::String(_) | Schema::Enum(_) => HiveType::String,
        Schema::Array(item) => HiveType::Array(Box::new(hive_type(item))),
        Schema::Map(value) => HiveType::Map(Box::new(HiveType::String), Box::new(hive_type(value))),
        Schema::Union(branches) => {
            let rest: Vec<&Schema> = branches.iter().filter(|b| **b != Schema::Null).collect();
            match rest.as_slice() {
                [] => HiveType::Void,
                [one] => hive_type(one),
                many => HiveType::Union(many.iter().map(|b| hive_type(b)).collect()),
            }
        }
        Schema::Record(fields) => HiveType::Struct(
            fields
                .iter()
                .map(|f| StructField { name: f.name.clone(), ty: hive_type(&f.schema) })
                .collect(),
        ),
    }
}

/// Returns the columns of a table whose rows have a schema.
///
/// # Errors
/// [`ErrorKind::Schema`](crate::ErrorKind::Schema) if it is no record.
pub(crate) fn columns(schema: &Schema) -> Result<Vec<TableColumn>> {
    let Schema::Record(fields) = schema else { return Err(bad("rows must be records")) };
    Ok(fields
        .iter()
        .map(|f| TableColumn::new(f.name.to_lowercase(), hive_type(&f.schema)))
        .collect())
}

/// Returns the schema by which Hive writes columns: every value may be null.
///
/// # Errors
/// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) for types that Avro does not have.
pub(crate) fn of_columns(columns: &[TableColumn]) -> Result<Value> {
    let mut records = 0;
    let fields = columns.iter().map(|column| {
        let ty = of_type(&column.ty, &mut records).map_err(|e| e.with("column", &column.name))?;
        Ok(json!({ "name": column.name, "type": ["null", ty], "default": null }))
    });
    let fields = fields.collect::<Result<Vec<_>>>()?;
    Ok(json!({ "type": "record", "name": "row", "namespace": "skep", "fields": fields }))
}

fn of_type(ty: &HiveType, records: &mut usize) -> Result<Value> {
    let unsupported = || FormatError::unsupported("avro has no such type").with("type", ty);
    Ok(match ty {
        HiveType::Boolean => json!("boolean"),
        HiveType::TinyInt | HiveType::SmallInt | HiveType::Int => json!("int"),
        HiveType::BigInt => json!("long"),
        HiveType::Float => json!("float"),
        HiveType::Double => json!("double"),
        HiveType::String => json!("string"),
        HiveType::Varchar(n) => {
            json!({ "type": "string", "logicalType": "varchar", "maxLength": n })
        }
        HiveType::Char(n) => json!({ "type": "string", "logicalType": "char", "maxLength": n }),
        HiveType::Binary => json!("bytes"),
        HiveType::Decimal { precision, scale } => json!({
            "type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale
        }),
        HiveType::Date => json!({ "type": "int", "logicalType": "date" }),
        HiveType::Timestamp => json!({ "type": "long", "logicalType": "timestamp-millis" }),
        HiveType::Array(item) => {
            json!({ "type": "array", "items": ["null", of_type(item, records)?] })
        }
        HiveType::Map(key, value) => {
            if !matches!(**key, HiveType::String | HiveType::Varchar(_) | HiveType::Char(_)) {
                return Err(
                    FormatError::unsupported("keys of avro maps are strings").with("type", ty)
                );
            }
            json!({ "type": "map", "values": ["null", of_type(value, records)?] })
        }
        HiveType::Struct(fields) => {
            let name = format!("record_{records}");
            *records += 1;
            let fields = fields.iter().map(|f| {
                let ty = of_type(&f.ty, records)?;
                Ok(json!({ "name": f.name, "type": ["null", ty], "default": null }))
            });
            let fields = fields.collect::<Result<Vec<_>>>()?;
            json!({ "type": "record", "name": name, "fields": fields })
        }
        _ => return Err(unsupported()),
    })
}
