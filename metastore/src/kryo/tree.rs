//! Objects → the expression: columns, constants and calls.

use super::layout::Primitive;
use super::read::{Body, Item, Object, Objects};
use super::value::{Decimal, Value, days_from_civil};
use crate::error::{Error, Result};

/// Most nodes of an expression: objects may be shared, so their number does not bound it.
const MAX_NODES: usize = 100_000;

const PACKAGE: &str = "org.apache.hadoop.hive.";

/// Expression over partition columns.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expr {
    /// Partition column by name.
    Column { name: String },
    /// Constant with its Hive type.
    Constant { value: Value, type_text: String },
    /// Call of a function by its class, or by its name if it has one.
    Call { function: String, type_text: String, args: Vec<Expr> },
}

/// Builds the expression of a message's first object.
pub(super) fn build(objects: &Objects) -> Result<Expr> {
    let mut builder = Builder { all: &objects.all, nodes: 0 };
    builder.node(Item::Object(0))
}

struct Builder<'a> {
    all: &'a [Object],
    nodes: usize,
}

fn wrong(why: &str) -> Error {
    Error::config("this is no partition expression").with("why", why)
}

impl<'a> Builder<'a> {
    fn object(&self, item: Item) -> Result<&'a Object> {
        match item {
            Item::Object(number) => {
                self.all.get(number).ok_or_else(|| wrong("an object is missing"))
            }
            _ => Err(wrong("there is a value where an object should be")),
        }
    }

    fn field(object: &Object, name: &str) -> Item {
        match &object.body {
            Body::Fields(fields) => {
                fields.iter().find(|(n, _)| *n == name).map_or(Item::Null, |(_, item)| *item)
            }
            _ => Item::Null,
        }
    }

    fn text(&self, item: Item) -> Option<&'a str> {
        match &self.object(item).ok()?.body {
            Body::Text(text) => Some(text),
            _ => None,
        }
    }

    fn list(&self, item: Item) -> Result<&'a [Item]> {
        match &self.object(item)?.body {
            Body::List(items) => Ok(items),
            _ => Err(wrong("there is no list where one should be")),
        }
    }

    fn node(&mut self, item: Item) -> Result<Expr> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(Error::unsupported("partition expression has too many parts"));
        }
        let object = self.object(item)?;
        if object.body == Body::Open {
            return Err(wrong("it contains itself"));
        }
        match object.class.strip_prefix(PACKAGE).unwrap_or_default() {
            "ql.plan.ExprNodeColumnDesc" => {
                let name = self.text(Self::field(object, "column"));
                let name = name.ok_or_else(|| wrong("a column has no name"))?.to_lowercase();
                Ok(Expr::Column { name })
            }
            "ql.plan.ExprNodeConstantDesc" => {
                let type_text = self.type_text(Self::field(object, "typeInfo"));
                let value = self.constant(Self::field(object, "value"), &type_text)?;
                Ok(Expr::Constant { value, type_text })
            }
            "ql.plan.ExprNodeGenericFuncDesc" => {
                let args = match Self::field(object, "chidren") {
                    Item::Null => Self::field(object, "children"),
                    args => args,
                };
                let mut built = Vec::new();
                for arg in self.list(args)? {
                    built.push(self.node(*arg)?);
                }
                let function = self.function(Self::field(object, "genericUDF"))?;
                let type_text = self.type_text(Self::field(object, "typeInfo"));
                Ok(Expr::Call { function, type_text, args: built })
            }
            _ => Err(Error::unsupported("partition expression has an unknown part")
                .with("class", &object.class)),
        }
    }

    fn function(&self, item: Item) -> Result<String> {
        let object = self.object(item)?;
        let class = if object.class.ends_with(".GenericUDFBridge") {
            self.text(Self::field(object, "udfClassName")).unwrap_or_default()
        } else {
            &object.class
        };
        Ok(class.rsplit('.').next().unwrap_or_default().to_owned())
    }

    fn type_text(&self, item: Item) -> String {
        let Ok(object) = self.object(item) else { return String::new() };
        let number = |name| match Self::field(object, name) {
            Item::Number(number, _) => number,
            _ => 0,
        };
        match object.class.rsplit('.').next().unwrap_or_default() {
            "DecimalTypeInfo" => format!("decimal({},{})", number("precision"), number("scale")),
            "VarcharTypeInfo" => format!("varchar({})", number("length")),
            "CharTypeInfo" => format!("char({})", number("length")),
            "StructTypeInfo" => "struct".to_owned(),
            _ => self.text(Self::field(object, "typeName")).unwrap_or_default().to_owned(),
        }
    }

    fn constant(&self, item: Item, type_text: &str) -> Result<Value> {
        Ok(match item {
            Item::Null => Value::Null,
            Item::Number(number, Primitive::Boolean) => Value::Bool(number != 0),
            Item::Number(number, _) => Value::Integer(number),
            Item::Float(number) => Value::Double(number),
            Item::Object(_) => self.object_value(item, type_text)?,
        })
    }

    fn object_value(&self, item: Item, type_text: &str) -> Result<Value> {
        let object = self.object(item)?;
        let unknown = || {
            Error::unsupported("partition expression has a constant of an unknown class")
                .with("class", &object.class)
        };
        match &object.body {
            Body::Text(text) => return Ok(Value::Text(text.clone())),
            Body::List(items) => {
                let mut values = Vec::new();
                for item in items {
                    values.push(self.constant(*item, "")?);
                }
                return Ok(Value::List(values));
            }
            Body::Instant(millis, nanos) => {
                let seconds = millis.div_euclid(1000);
                // A date is the client's midnight, and clients run in the zone of their dates.
                return Ok(if object.class.ends_with("Date") {
                    Value::Date(millis.div_euclid(86_400_000))
                } else {
                    Value::Timestamp(seconds, u32::try_from(*nanos).unwrap_or(0))
                });
            }
            Body::Fields(_) => {}
            Body::Civil(_) | Body::Open | Body::Opaque => return Err(unknown()),
        }
        let number = |name| match Self::field(object, name) {
            Item::Number(number, _) => i128::from(number),
            _ => 0,
        };
        match object.class.rsplit('.').next().unwrap_or_default() {
            "HiveVarchar" | "HiveChar" => {
                let text = self.text(Self::field(object, "value")).unwrap_or_default();
                let padded = type_text.starts_with("char");
                let text = if padded { text.trim_end_matches(' ') } else { text };
                Ok(Value::Text(text.to_owned()))
            }
            "HiveDecimal" => {
                let digits = number("fast2")
                    .checked_mul(10_i128.pow(32))
                    .and_then(|high| high.checked_add(number("fast1") * 10_i128.pow(16)))
                    .and_then(|high| high.checked_add(number("fast0")))
                    .ok_or_else(unknown)?;
                let scale = u32::try_from(number("fastScale")).map_err(|_| unknown())?;
                Ok(Value::Decimal(Decimal { unscaled: digits * number("fastSignum"), scale }))
            }
            "Date" => {
                let [year, month, day, ..] = self.civil(Self::field(object, "localDate"))?;
                Ok(Value::Date(days_from_civil(year, month, day)))
            }
            "Timestamp" => {
                let [year, month, day, hour, minute, second, nano] =
                    self.civil(Self::field(object, "localDateTime"))?;
                let days = days_from_civil(year, month, day);
                let seconds = days * 86_400 + hour * 3600 + minute * 60 + second;
                Ok(Value::Timestamp(seconds, u32::try_from(nano).unwrap_or(0)))
            }
            _ => Err(unknown()),
        }
    }

    /// Reads a `LocalDate` or `LocalDateTime`: whole, or field by field.
    fn civil(&self, item: Item) -> Result<[i64; 7]> {
        let object = self.object(item)?;
        if let Body::Civil(civil) = object.body {
            return Ok(civil);
        }
        let number = |object: &Object, name| match Self::field(object, name) {
            Item::Number(number, _) => number,
            _ => 0,
        };
        let (date, time) = match Self::field(object, "date") {
            Item::Null => (object, None),
            date => (self.object(date)?, Some(self.object(Self::field(object, "time"))?)),
        };
        let of_time = |name| time.map_or(0, |time| number(time, name));
        Ok([
            number(date, "year"),
            number(date, "month"),
            number(date, "day"),
            of_time("hour"),
            of_time("minute"),
            of_time("second"),
            of_time("nano"),
        ])
    }
}
