//! Arrow schema → Parquet schema as Hive writes it, and the leaf columns with their way through
//! the nested types.
//!
//! Lists are `optional group l (LIST) { repeated group bag { optional T array_element; } }`, maps
//! `optional group m (MAP) { repeated group map (MAP_KEY_VALUE) { required key; optional value; } }`.
//!
//! Source: Hive `HiveSchemaConverter`.

use std::sync::Arc;

use arrow::datatypes::{DataType, Fields, Schema};
use parquet::basic::{
    ConvertedType, LogicalType, Repetition, TimeUnit as ParquetUnit, Type as Physical,
};
use parquet::schema::types::{SchemaDescPtr, SchemaDescriptor, Type, TypePtr};

use super::options::{ParquetDecimal, ParquetOptions, ParquetTimestamp};
use crate::types::{HiveType, MAX_TYPE_DEPTH};
use crate::{FormatError, Result};

/// Says what the values of a leaf column are and how they lie in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Boolean,
    Int8,
    Int16,
    Int32,
    Date,
    Int64,
    Float,
    Double,
    /// Microseconds as INT96; `local` means wall clock time of the options' zone.
    Int96 {
        local: bool,
    },
    /// `instant` means a point in time instead of wall clock time.
    Micros {
        instant: bool,
    },
    Millis {
        instant: bool,
    },
    Decimal {
        precision: u8,
        scale: i8,
        width: u8,
        big_endian: bool,
    },
    /// `trim` means without the spaces that fill up a `char`.
    Text {
        trim: bool,
    },
    Binary,
}

/// Names one turn on the way from a top-level column to a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Field(usize),
    Element,
    Key,
    Value,
}

/// Describes one leaf column.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    /// Position of the top-level column.
    pub(super) column: usize,
    /// Dotted name for messages.
    pub(super) name: String,
    pub(super) path: Vec<Step>,
    pub(super) kind: Kind,
    pub(super) max_def: u8,
    pub(super) max_rep: u8,
}

/// Builds the Parquet schema and its leaves in file order.
///
/// `hive_types` tells which texts are `char`s; everything else is in the Arrow types.
pub(super) fn build(
    schema: &Schema,
    hive_types: Option<&[HiveType]>,
    options: &ParquetOptions,
) -> Result<(SchemaDescPtr, Vec<Leaf>)> {
    if let Some(types) = hive_types
        && types.len() != schema.fields().len()
    {
        return Err(FormatError::schema("every column needs one hive type")
            .with("columns", schema.fields().len())
            .with("types", types.len()));
    }
    if schema.fields().is_empty() {
        return Err(FormatError::schema("a parquet file needs at least one column"));
    }
    let mut builder = Builder { options, leaves: Vec::new(), path: Vec::new(), names: Vec::new() };
    let mut fields = Vec::with_capacity(schema.fields().len());
    for (column, field) in schema.fields().iter().enumerate() {
        let hive = hive_types.map(|t| &t[column]);
        let first = builder.leaves.len();
        fields.push(builder.named(field.name(), field.data_type(), hive)?);
        builder.leaves[first..].iter_mut().for_each(|leaf| leaf.column = column);
    }
    let root = Type::group_type_builder("hive_schema").with_fields(fields).build();
    let root = root.map_err(|e| rejected(e, "hive_schema"))?;
    let descriptor = Arc::new(SchemaDescriptor::new(Arc::new(root)));
    for (leaf, column) in builder.leaves.iter_mut().zip(descriptor.columns()) {
        let level = |level: i16| {
            u8::try_from(level).map_err(|_| {
                FormatError::unsupported("column is nested too deep").with("column", &leaf.name)
            })
        };
        (leaf.max_def, leaf.max_rep) =
            (level(column.max_def_level())?, level(column.max_rep_level())?);
    }
    Ok((descriptor, builder.leaves))
}

fn rejected(e: parquet::errors::ParquetError, name: &str) -> FormatError {
    FormatError::schema("parquet cannot hold this column").with("column", name).with_source(e)
}

struct Builder<'a> {
    options: &'a ParquetOptions,
    leaves: Vec<Leaf>,
    path: Vec<Step>,
    names: Vec<String>,
}

impl Builder<'_> {
    /// Adds a column or field under its own name.
    fn named(&mut self, name: &str, ty: &DataType, hive: Option<&HiveType>) -> Result<TypePtr> {
        self.names.push(name.to_owned());
        let built = self.node(name, ty, hive, Repetition::OPTIONAL);
        self.names.pop();
        built
    }

    /// Adds a part that is reached by a step of the path.
    fn step(
        &mut self,
        step: Step,
        name: &str,
        ty: &DataType,
        hive: Option<&HiveType>,
    ) -> Result<TypePtr> {
        self.path.push(step);
        let repetition =
            if step == Step::Key { Repetition::REQUIRED } else { Repetition::OPTIONAL };
        self.names.push(name.to_owned());
        let built = self.node(name, ty, hive, repetition);
        self.names.pop();
        self.path.pop();
        built
    }

    fn node(
        &mut self,
        name: &str,
        ty: &DataType,
        hive: Option<&HiveType>,
        repetition: Repetition,
    ) -> Result<TypePtr> {
        if self.path.len() > MAX_TYPE_DEPTH {
            return Err(self.unsupported("column is nested too deep", ty));
        }
        let group = Type::group_type_builder(name).with_repetition(repetition);
        let built = match ty {
            DataType::List(element) => {
                let hive = match hive {
                    Some(HiveType::Array(element)) => Some(&**element),
                    _ => None,
                };
                let element =
                    self.step(Step::Element, "array_element", element.data_type(), hive)?;
                let bag = repeated("bag", None, vec![element])?;
                group.with_logical_type(Some(LogicalType::List)).with_fields(vec![bag]).build()
            }
            DataType::Map(entries, _) => {
                let DataType::Struct(fields) = entries.data_type() else {
                    return Err(self.unsupported("map entries must be a struct", ty));
                };
                let entries = self.entries(fields, hive)?;
                let kind = Some(ConvertedType::MAP_KEY_VALUE);
                let entries = repeated("map", kind, entries)?;
                group.with_logical_type(Some(LogicalType::Map)).with_fields(vec![entries]).build()
            }
            DataType::Struct(fields) => {
                if repetition == Repetition::REQUIRED {
                    return Err(self.unsupported("map keys must be primitive", ty));
                }
                if fields.is_empty() {
                    return Err(self.unsupported("parquet cannot hold a struct of no fields", ty));
                }
                let fields = self.fields(fields, hive)?;
                group.with_fields(fields).build()
            }
            _ => return self.leaf(name, ty, hive, repetition),
        };
        if repetition == Repetition::REQUIRED {
            return Err(self.unsupported("map keys must be primitive", ty));
        }
        built.map(Arc::new).map_err(|e| rejected(e, &self.names.join(".")))
    }

    fn entries(&mut self, fields: &Fields, hive: Option<&HiveType>) -> Result<Vec<TypePtr>> {
        let [key, value] = fields.as_ref() else {
            return Err(FormatError::schema("map entries must be key and value")
                .with("column", self.names.join(".")));
        };
        let (hive_key, hive_value) = match hive {
            Some(HiveType::Map(k, v)) => (Some(&**k), Some(&**v)),
            _ => (None, None),
        };
        Ok(vec![
            self.step(Step::Key, "key", key.data_type(), hive_key)?,
            self.step(Step::Value, "value", value.data_type(), hive_value)?,
        ])
    }

    fn fields(&mut self, fields: &Fields, hive: Option<&HiveType>) -> Result<Vec<TypePtr>> {
        let hive = match hive {
            Some(HiveType::Struct(hive)) if hive.len() == fields.len() => Some(hive),
            _ => None,
        };
        let fields = fields.iter().enumerate();
        fields
            .map(|(i, f)| {
                let hive = hive.map(|h| &h[i].ty);
                self.step(Step::Field(i), f.name(), f.data_type(), hive)
            })
            .collect()
    }

    fn leaf(
        &mut self,
        name: &str,
        ty: &DataType,
        hive: Option<&HiveType>,
        repetition: Repetition,
    ) -> Result<TypePtr> {
        let kind = kind(ty, hive, self.options).ok_or_else(|| {
            self.unsupported("parquet files of hive tables cannot hold this type", ty)
        })?;
        let built = primitive(name, kind, repetition);
        let name = self.names.join(".");
        let built = built.map_err(|e| rejected(e, &name))?;
        let path = self.path.clone();
        self.leaves.push(Leaf { column: 0, name, path, kind, max_def: 0, max_rep: 0 });
        Ok(Arc::new(built))
    }

    fn unsupported(&self, message: &str, ty: &DataType) -> FormatError {
        FormatError::unsupported(message).with("column", self.names.join(".")).with("type", ty)
    }
}

fn repeated(name: &str, kind: Option<ConvertedType>, fields: Vec<TypePtr>) -> Result<TypePtr> {
    let builder = Type::group_type_builder(name)
        .with_repetition(Repetition::REPEATED)
        .with_converted_type(kind.unwrap_or(ConvertedType::NONE))
        .with_fields(fields);
    builder.build().map(Arc::new).map_err(|e| rejected(e, name))
}

/// Chooses how values of an Arrow type are written, if they can be.
fn kind(ty: &DataType, hive: Option<&HiveType>, options: &ParquetOptions) -> Option<Kind> {
    Some(match ty {
        DataType::Boolean => Kind::Boolean,
        DataType::Int8 => Kind::Int8,
        DataType::Int16 => Kind::Int16,
        DataType::Int32 => Kind::Int32,
        DataType::Int64 => Kind::Int64,
        DataType::Float32 => Kind::Float,
        DataType::Float64 => Kind::Double,
        DataType::Date32 => Kind::Date,
        DataType::Timestamp(_, zone) => match options.timestamp {
            ParquetTimestamp::Int96 => Kind::Int96 { local: zone.is_none() },
            ParquetTimestamp::Int64Micros => Kind::Micros { instant: zone.is_some() },
            ParquetTimestamp::Int64Millis => Kind::Millis { instant: zone.is_some() },
        },
        DataType::Decimal128(p, s) if (1..=38).contains(p) && (0..=38).contains(s) => {
            let (width, big_endian) = match options.decimal {
                ParquetDecimal::Standard if *p <= 9 => (4, false),
                ParquetDecimal::Standard if *p <= 18 => (8, false),
                _ => (decimal_width(*p), true),
            };
            Kind::Decimal { precision: *p, scale: *s, width, big_endian }
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            Kind::Text { trim: matches!(hive, Some(HiveType::Char(_))) }
        }
        DataType::Dictionary(_, value) => match **value {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
                return kind(value, hive, options);
            }
            _ => return None,
        },
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => Kind::Binary,
        _ => return None,
    })
}

/// Returns the least number of bytes that hold every decimal of a precision.
///
/// Source: Hive `ParquetHiveSerDe.PRECISION_TO_BYTE_COUNT`.
fn decimal_width(precision: u8) -> u8 {
    let largest = 10i128.pow(u32::from(precision)) - 1;
    (1..16).find(|n| largest <= i128::MAX >> (128 - 8 * u32::from(*n))).unwrap_or(16)
}

fn primitive(name: &str, kind: Kind, repetition: Repetition) -> parquet::errors::Result<Type> {
    let (physical, logical) = match kind {
        Kind::Boolean => (Physical::BOOLEAN, None),
        Kind::Int8 => (Physical::INT32, Some(LogicalType::integer(8, true))),
        Kind::Int16 => (Physical::INT32, Some(LogicalType::integer(16, true))),
        Kind::Int32 => (Physical::INT32, None),
        Kind::Date => (Physical::INT32, Some(LogicalType::Date)),
        Kind::Int64 => (Physical::INT64, None),
        Kind::Float => (Physical::FLOAT, None),
        Kind::Double => (Physical::DOUBLE, None),
        Kind::Int96 { .. } => (Physical::INT96, None),
        Kind::Micros { instant } => {
            (Physical::INT64, Some(LogicalType::timestamp(instant, ParquetUnit::MICROS)))
        }
        Kind::Millis { instant } => {
            (Physical::INT64, Some(LogicalType::timestamp(instant, ParquetUnit::MILLIS)))
        }
        Kind::Decimal { precision, scale, width, big_endian } => {
            let logical = LogicalType::decimal(i32::from(scale), i32::from(precision));
            let physical = match (big_endian, width) {
                (false, 4) => Physical::INT32,
                (false, _) => Physical::INT64,
                (true, _) => Physical::FIXED_LEN_BYTE_ARRAY,
            };
            return Type::primitive_type_builder(name, physical)
                .with_repetition(repetition)
                .with_length(if big_endian { i32::from(width) } else { -1 })
                .with_precision(i32::from(precision))
                .with_scale(i32::from(scale))
                .with_logical_type(Some(logical))
                .build();
        }
        Kind::Text { .. } => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Kind::Binary => (Physical::BYTE_ARRAY, None),
    };
    Type::primitive_type_builder(name, physical)
        .with_repetition(repetition)
        .with_logical_type(logical)
        .build()
}

#[cfg(test)]
#[expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]
mod tests {
    use expect_test::{Expect, expect};
    use parquet::schema::printer::print_schema;

    use super::*;

    fn check(hive: &str, options: &ParquetOptions, expected: &Expect) {
        let HiveType::Struct(columns) = hive.parse().unwrap() else { panic!("not a struct") };
        let DataType::Struct(fields) = HiveType::Struct(columns.clone()).to_arrow() else {
            panic!("not a struct")
        };
        let types: Vec<_> = columns.into_iter().map(|c| c.ty).collect();
        let mut text = Vec::new();
        match build(&Schema::new(fields), Some(&types), options) {
            Err(e) => text.extend_from_slice(format!("{e}\n").as_bytes()),
            Ok((schema, leaves)) => {
                print_schema(&mut text, schema.root_schema());
                for l in leaves {
                    let Leaf { column, name, path, kind, max_def, max_rep } = l;
                    let line = format!("{column} {name} {path:?} {kind:?} {max_def} {max_rep}\n");
                    text.extend_from_slice(line.as_bytes());
                }
            }
        }
        expected.assert_eq(&String::from_utf8(text).unwrap());
    }

    #[test]
    fn flat_columns() {
        let hive = "struct<t:tinyint,s:smallint,d:decimal(18,2),x:decimal(5,0),c:char(3),
            b:binary,day:date,ts:timestamp,tz:timestamp with local time zone>";
        check(
            hive,
            &ParquetOptions::default(),
            &expect![[r#"
            message hive_schema {
              OPTIONAL INT32 t (INTEGER(8,true));
              OPTIONAL INT32 s (INTEGER(16,true));
              OPTIONAL FIXED_LEN_BYTE_ARRAY (8) d (DECIMAL(18,2));
              OPTIONAL FIXED_LEN_BYTE_ARRAY (3) x (DECIMAL(5,0));
              OPTIONAL BYTE_ARRAY c (STRING);
              OPTIONAL BYTE_ARRAY b;
              OPTIONAL INT32 day (DATE);
              OPTIONAL INT96 ts;
              OPTIONAL INT96 tz;
            }
            0 t [] Int8 1 0
            1 s [] Int16 1 0
            2 d [] Decimal { precision: 18, scale: 2, width: 8, big_endian: true } 1 0
            3 x [] Decimal { precision: 5, scale: 0, width: 3, big_endian: true } 1 0
            4 c [] Text { trim: true } 1 0
            5 b [] Binary 1 0
            6 day [] Date 1 0
            7 ts [] Int96 { local: true } 1 0
            8 tz [] Int96 { local: false } 1 0
        "#]],
        );
        let modern = ParquetOptions {
            timestamp: ParquetTimestamp::Int64Micros,
            decimal: ParquetDecimal::Standard,
            ..ParquetOptions::default()
        };
        check(
            hive,
            &modern,
            &expect![[r#"
            message hive_schema {
              OPTIONAL INT32 t (INTEGER(8,true));
              OPTIONAL INT32 s (INTEGER(16,true));
              OPTIONAL INT64 d (DECIMAL(18,2));
              OPTIONAL INT32 x (DECIMAL(5,0));
              OPTIONAL BYTE_ARRAY c (STRING);
              OPTIONAL BYTE_ARRAY b;
              OPTIONAL INT32 day (DATE);
              OPTIONAL INT64 ts (TIMESTAMP(MICROS,false));
              OPTIONAL INT64 tz (TIMESTAMP(MICROS,true));
            }
            0 t [] Int8 1 0
            1 s [] Int16 1 0
            2 d [] Decimal { precision: 18, scale: 2, width: 8, big_endian: false } 1 0
            3 x [] Decimal { precision: 5, scale: 0, width: 4, big_endian: false } 1 0
            4 c [] Text { trim: true } 1 0
            5 b [] Binary 1 0
            6 day [] Date 1 0
            7 ts [] Micros { instant: false } 1 0
            8 tz [] Micros { instant: true } 1 0
        "#]],
        );
    }

    #[test]
    fn nested_columns() {
        let hive = "struct<l:array<int>,m:map<string,array<struct<a:char(2),b:map<int,float>>>>,
            s:struct<x:struct<y:boolean>,z:double>>";
        check(
            hive,
            &ParquetOptions::default(),
            &expect![[r#"
            message hive_schema {
              OPTIONAL group l (LIST) {
                REPEATED group bag {
                  OPTIONAL INT32 array_element;
                }
              }
              OPTIONAL group m (MAP) {
                REPEATED group map (MAP_KEY_VALUE) {
                  REQUIRED BYTE_ARRAY key (STRING);
                  OPTIONAL group value (LIST) {
                    REPEATED group bag {
                      OPTIONAL group array_element {
                        OPTIONAL BYTE_ARRAY a (STRING);
                        OPTIONAL group b (MAP) {
                          REPEATED group map (MAP_KEY_VALUE) {
                            REQUIRED INT32 key;
                            OPTIONAL FLOAT value;
                          }
                        }
                      }
                    }
                  }
                }
              }
              OPTIONAL group s {
                OPTIONAL group x {
                  OPTIONAL BOOLEAN y;
                }
                OPTIONAL DOUBLE z;
              }
            }
            0 l.array_element [Element] Int32 3 1
            1 m.key [Key] Text { trim: false } 2 1
            1 m.value.array_element.a [Value, Element, Field(0)] Text { trim: true } 6 2
            1 m.value.array_element.b.key [Value, Element, Field(1), Key] Int32 7 3
            1 m.value.array_element.b.value [Value, Element, Field(1), Value] Float 8 3
            2 s.x.y [Field(0), Field(0)] Boolean 3 0
            2 s.z [Field(1)] Double 2 0
        "#]],
        );
    }

    #[test]
    fn refused_columns() {
        for (hive, expected) in [
            (
                "struct<u:uniontype<int,string>>",
                expect![[r#"
                parquet files of hive tables cannot hold this type: column u, type Union(Dense, 0: ("0": Int32), 1: ("1": Utf8))
            "#]],
            ),
            (
                "struct<i:struct<j:interval_year_month>>",
                expect![[r#"
                parquet files of hive tables cannot hold this type: column i.j, type Interval(YearMonth)
            "#]],
            ),
            (
                "struct<m:map<struct<a:int>,int>>",
                expect![[r#"
                map keys must be primitive: column m.key, type Struct("a": Int32)
            "#]],
            ),
            (
                "struct<m:map<array<int>,int>>",
                expect![[r#"
                map keys must be primitive: column m.key, type List(Int32)
            "#]],
            ),
            (
                "struct<e:struct<>>",
                expect![[r#"
                parquet cannot hold a struct of no fields: column e, type Struct()
            "#]],
            ),
            (
                "struct<n:void>",
                expect![[r#"
                parquet files of hive tables cannot hold this type: column n, type Null
            "#]],
            ),
            (
                "struct<>",
                expect![[r#"
                a parquet file needs at least one column
            "#]],
            ),
        ] {
            check(hive, &ParquetOptions::default(), &expected);
        }
    }
}
