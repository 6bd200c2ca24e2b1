//! One JSON object a line, as Hive's JSON SerDes read it.
//!
//! | | Hive 2.3, 3.1 | Hive 4 | without `hive.reader.version` |
//! |---|---|---|---|
//! | number in quotes | error | its value, 0 if it is none | its value, NULL if it is none |
//! | integer out of range | error | wraps | error |
//! | decimal | exact | through double | exact |
//! | object where text is wanted | error | its text | its text |
//! | number where a boolean is wanted | false | true unless 0 | true unless 0 |
//! | bare `NaN`, `Infinity` | error | error | the number |
//! | field of a struct declared with capitals | 3.1's own serde: never found | found | found |
//! | binary | 3.1: the text's bytes | base64, or the text's bytes | base64, or the text's bytes |
//! | blank line | no row | error | no row |
//!
//! Names match without case; of fields with one name the last counts; what follows the object is
//! not looked at. Hive 2.3 and 3.1 repeat the row before for a blank line, which is not imitated.
//!
//! Source: Hive `HiveJsonStructReader`, hcatalog's `JsonSerDe`, and what these versions read.

use super::cuts::Piece;
use super::json_cursor::{Cursor, MAX_DEPTH, compact, is_number, unescape};
use super::number::{decimal, double, integer, single};
use super::value::{ValueRules, push_text};
use crate::calendar::{ZoneRules, instant_to_wall};
use crate::rows::{Column, Data};
use crate::serde_names::Format;
use crate::table::{Descriptor, HiveVersion, ReadRequest};
use crate::types::HiveType;
use crate::{FormatError, Result};

/// Names of an object's fields and what they lead to.
#[derive(Debug)]
struct Names {
    /// Lower case names, and the column of each.
    fields: Vec<(Box<[u8]>, usize, Node)>,
}

/// What a type needs to know to be read.
#[derive(Debug)]
enum Node {
    Primitive,
    List(Box<Node>),
    Map(Box<Node>),
    Struct(Names),
}

impl Node {
    /// Makes the node of a type; with `lower_only` no field is found that was declared with capitals.
    fn new(ty: &HiveType, lower_only: bool) -> Result<Self> {
        Ok(match ty {
            HiveType::Array(item) => Self::List(Box::new(Self::new(item, lower_only)?)),
            HiveType::Map(_, value) => Self::Map(Box::new(Self::new(value, lower_only)?)),
            HiveType::Struct(fields) => Self::Struct(Names {
                fields: fields
                    .iter()
                    .enumerate()
                    .filter(|(_, f)| !lower_only || !f.name.bytes().any(|c| c.is_ascii_uppercase()))
                    .map(|(i, f)| Ok((lower(&f.name), i, Self::new(&f.ty, lower_only)?)))
                    .collect::<Result<_>>()?,
            }),
            HiveType::Union(_) => {
                return Err(FormatError::unsupported("json has no unions").with("type", ty));
            }
            _ => Self::Primitive,
        })
    }
}

fn lower(name: &str) -> Box<[u8]> {
    name.to_lowercase().into_bytes().into()
}

impl Names {
    /// Finds a name; tried first is the one after that found last.
    #[inline]
    fn find(&self, key: &[u8], hint: usize) -> Option<usize> {
        let matches = |at: usize| {
            self.fields.get(at).is_some_and(|(name, ..)| key.eq_ignore_ascii_case(name))
        };
        if matches(hint) {
            return Some(hint);
        }
        (0..self.fields.len()).find(|at| matches(*at))
    }
}

/// Reads rows that are JSON objects.
#[derive(Debug)]
pub(crate) struct JsonRows {
    names: Names,
    reader: Reader,
}

#[derive(Debug)]
struct Reader {
    rules: ValueRules,
    scratch: Vec<u8>,
}

impl JsonRows {
    pub(crate) fn new(
        descriptor: &Descriptor,
        request: &ReadRequest,
        targets: &[Option<usize>],
    ) -> Result<Self> {
        let rules = ValueRules::new(descriptor, request)?;
        // Hive 3.1 looks names up in lower case among those of the type as it was written.
        let own = descriptor.serde == Format::JsonFile.class_names().serde;
        let lower_only = own && rules.version == Some(HiveVersion::V3);
        let mut fields = Vec::new();
        for (column, target) in descriptor.columns.iter().zip(targets) {
            // Columns that are not wanted are skipped like unknown names.
            if let Some(target) = target {
                let node = Node::new(&column.ty, lower_only)
                    .map_err(|e| e.with("column", &column.name))?;
                fields.push((lower(&column.name), *target, node));
            }
        }
        let reader = Reader { rules, scratch: Vec::new() };
        Ok(Self { names: Names { fields }, reader })
    }

    /// Appends the object on a line; false for a blank line.
    pub(crate) fn row(&mut self, line: &[u8], columns: &mut [Column]) -> Result<bool> {
        let mut cursor = Cursor { text: line, at: 0 };
        cursor.space();
        if cursor.at == line.len() {
            if self.reader.rules.version == Some(HiveVersion::V4) {
                return Err(FormatError::data("a blank line is no json object"));
            }
            return Ok(false);
        }
        let row = columns.first().map_or(0, Column::len);
        self.reader.object(&mut cursor, &self.names, columns, (row, 0))?;
        Ok(true)
    }
}

impl Reader {
    /// Reads an object into columns; those that it does not name are left to the caller.
    fn object(
        &mut self,
        cursor: &mut Cursor<'_>,
        names: &Names,
        columns: &mut [Column],
        (row, depth): (usize, usize),
    ) -> Result<()> {
        if depth > MAX_DEPTH {
            return Err(cursor.error("nested too deep"));
        }
        cursor.expect(b'{')?;
        if cursor.eat(b'}') {
            return Ok(());
        }
        let mut hint = 0;
        loop {
            cursor.expect(b'"')?;
            let (key, escaped) = cursor.string()?;
            let found = if escaped {
                unescape(key, &mut self.scratch).ok_or_else(|| cursor.error("unknown escape"))?;
                names.find(&self.scratch, hint)
            } else {
                names.find(key, hint)
            };
            cursor.expect(b':')?;
            match found.and_then(|at| names.fields.get(at)) {
                Some((_, column, node)) if *column < columns.len() => {
                    let column = &mut columns[*column];
                    if column.len() > row {
                        column.truncate(row);
                    }
                    self.value(cursor, node, column, depth + 1).map_err(|e| {
                        if e.context().iter().any(|(name, _)| *name == "field") {
                            e
                        } else {
                            e.with("field", String::from_utf8_lossy(key))
                        }
                    })?;
                    hint = found.map_or(0, |at| at + 1);
                }
                _ => cursor.skip(depth + 1)?,
            }
            if !cursor.eat(b',') {
                return cursor.expect(b'}');
            }
        }
    }

    fn value(
        &mut self,
        cursor: &mut Cursor<'_>,
        node: &Node,
        column: &mut Column,
        depth: usize,
    ) -> Result<()> {
        cursor.space();
        let start = cursor.at;
        let first = cursor.peek();
        if first == b'n' && cursor.text[start..].starts_with(b"null") {
            cursor.at += 4;
            column.push_null();
            return Ok(());
        }
        match (node, first) {
            (Node::Primitive, b'"') => {
                cursor.at += 1;
                let (text, escaped) = cursor.string()?;
                if escaped {
                    let mut scratch = std::mem::take(&mut self.scratch);
                    let known = unescape(text, &mut scratch);
                    let pushed = known
                        .ok_or_else(|| cursor.error("unknown escape"))
                        .and_then(|()| self.quoted(column, &scratch, cursor));
                    self.scratch = scratch;
                    return pushed;
                }
                self.quoted(column, text, cursor)
            }
            (Node::Primitive, b'{' | b'[') => {
                cursor.skip(depth)?;
                let text = &cursor.text[start..cursor.at];
                let old = matches!(self.rules.version, Some(HiveVersion::V2 | HiveVersion::V3));
                match column.ty() {
                    HiveType::String | HiveType::Varchar(_) | HiveType::Char(_) if !old => {
                        let compact = compact(text);
                        self.rules.push(column, &compact);
                        Ok(())
                    }
                    ty => {
                        let message = format!("an object or array is no {ty}");
                        Err(cursor.error(&message))
                    }
                }
            }
            (Node::Primitive, _) => {
                let token = cursor.token();
                self.bare(column, token, cursor)
            }
            (Node::List(item), b'[') => {
                cursor.at += 1;
                let Data::List(_, items) = &mut column.data else {
                    return Err(FormatError::internal("column is no list"));
                };
                if !cursor.eat(b']') {
                    loop {
                        self.value(cursor, item, items, depth + 1)?;
                        if !cursor.eat(b',') {
                            cursor.expect(b']')?;
                            break;
                        }
                    }
                }
                column.end_nested();
                Ok(())
            }
            (Node::Map(value), b'{') => self.map(cursor, value, column, depth),
            (Node::Struct(names), b'{') => {
                let Data::Struct(rows, fields) = &mut column.data else {
                    return Err(FormatError::internal("column is no struct"));
                };
                let row = *rows;
                self.object(cursor, names, fields, (row, depth))?;
                column.end_nested();
                Ok(())
            }
            _ => {
                let message = format!("expected a value of {}", column.ty());
                Err(cursor.error(&message))
            }
        }
    }

    fn map(
        &mut self,
        cursor: &mut Cursor<'_>,
        value: &Node,
        column: &mut Column,
        depth: usize,
    ) -> Result<()> {
        cursor.at += 1;
        let Data::Map(_, pair) = &mut column.data else {
            return Err(FormatError::internal("column is no map"));
        };
        let (keys, values) = &mut **pair;
        let begin = keys.len();
        if !cursor.eat(b'}') {
            loop {
                cursor.expect(b'"')?;
                let (key, escaped) = cursor.string()?;
                let row = keys.len();
                if escaped {
                    unescape(key, &mut self.scratch)
                        .ok_or_else(|| cursor.error("unknown escape"))?;
                    self.rules.push(keys, &self.scratch);
                } else {
                    self.rules.push(keys, key);
                }
                cursor.expect(b':')?;
                self.value(cursor, value, values, depth + 1)?;
                if keys.is_null(row) || (begin..row).any(|other| keys.equal(other, row)) {
                    keys.truncate(row);
                    values.truncate(row);
                }
                if !cursor.eat(b',') {
                    cursor.expect(b'}')?;
                    break;
                }
            }
        }
        column.end_nested();
        Ok(())
    }

    /// Appends the value of a string.
    #[inline]
    fn quoted(&self, column: &mut Column, text: &[u8], cursor: &Cursor<'_>) -> Result<()> {
        let version = self.rules.version;
        let is_wall = matches!(column.ty(), HiveType::Timestamp);
        match &mut column.data {
            Data::Binary(out) => {
                if version == Some(HiveVersion::V3) {
                    out.bytes.extend_from_slice(text);
                } else {
                    self.rules.binary(text, &mut out.bytes);
                }
                out.end_value();
                column.valid();
                return Ok(());
            }
            Data::I8(_)
            | Data::I16(_)
            | Data::I32(_)
            | Data::I64(_)
            | Data::F32(_)
            | Data::F64(_)
            | Data::Decimal(_)
                if matches!(version, Some(HiveVersion::V2 | HiveVersion::V3)) =>
            {
                return Err(cursor.error("a string is no number"));
            }
            Data::Timestamp(values) if version.is_none() => {
                // The form with an offset, which Spark writes, is known too.
                let formats = &self.rules.timestamp_formats;
                let local = formats.iter().find_map(|format| format.read(text));
                let local = local.or_else(|| super::time::timestamp(text, None)).or_else(|| {
                    let instant = super::time::instant(text, self.rules.zone)?;
                    Some(instant_to_wall(instant, self.rules.zone, ZoneRules::Full))
                });
                if let Some(value) = local.filter(|_| is_wall) {
                    values.push(value);
                    column.valid();
                    return Ok(());
                }
            }
            _ => {}
        }
        let row = column.len();
        self.rules.push(column, text);
        if version == Some(HiveVersion::V4) && column.is_null(row) {
            // Jackson's numbers of other text are zero.
            let zero = matches!(
                column.data,
                Data::I8(_)
                    | Data::I16(_)
                    | Data::I32(_)
                    | Data::I64(_)
                    | Data::F32(_)
                    | Data::F64(_)
            );
            if zero {
                column.truncate(row);
                self.rules.push(column, b"0");
            }
        }
        Ok(())
    }

    /// Appends the value of a number or a word.
    #[inline]
    fn bare(&self, column: &mut Column, token: &[u8], cursor: &Cursor<'_>) -> Result<()> {
        let version = self.rules.version;
        let is_number = is_number(token);
        let word = match token {
            b"true" | b"false" => true,
            b"NaN" | b"Infinity" | b"-Infinity" => version.is_none(),
            _ => false,
        };
        if !is_number && !word {
            return Err(cursor.error("expected a value"));
        }
        let wrong = |ty: &HiveType| {
            let shown = String::from_utf8_lossy(token);
            cursor.error(&format!("{shown} is no {ty}"))
        };
        let mut fits = true;
        let (ty, data, _) = column.parts();
        match data {
            Data::Bool(values) => {
                let old = matches!(version, Some(HiveVersion::V2 | HiveVersion::V3));
                values.append(match token {
                    b"true" => true,
                    b"false" => false,
                    _ => !old && double(Piece::of(token)).is_some_and(|n| n != 0.0),
                });
            }
            Data::Text(out) => {
                let (length, padded) = match ty {
                    HiveType::Varchar(n) => (Some(*n as usize), false),
                    HiveType::Char(n) => (Some(*n as usize), true),
                    _ => (None, false),
                };
                push_text(&mut out.bytes, token, length, padded);
                out.end_value();
            }
            Data::F32(values) => {
                values.push(single(Piece::of(token)).ok_or_else(|| wrong(ty))?);
            }
            Data::F64(values) => {
                values.push(double(Piece::of(token)).ok_or_else(|| wrong(ty))?);
            }
            _ if !is_number => return Err(wrong(ty)),
            Data::Decimal(values) => {
                let HiveType::Decimal { precision, scale } = *ty else { return Err(wrong(ty)) };
                let value = if version == Some(HiveVersion::V4) {
                    let mut printed = String::new();
                    let number = double(Piece::of(token)).unwrap_or(0.0);
                    super::print::double(number, &mut printed);
                    decimal(Piece::of(printed.as_bytes()), precision, scale)
                } else {
                    decimal(Piece::of(token), precision, scale)
                };
                match value {
                    Some(value) => values.push(value),
                    None => fits = false,
                }
            }
            data @ (Data::I8(_) | Data::I16(_) | Data::I32(_) | Data::I64(_)) => {
                let value = whole(token).ok_or_else(|| wrong(ty))?;
                let wraps = version == Some(HiveVersion::V4);
                let exact = match data {
                    Data::I8(v) => {
                        v.push(value as i8);
                        i64::from(value as i8) == value
                    }
                    Data::I16(v) => {
                        v.push(value as i16);
                        i64::from(value as i16) == value
                    }
                    Data::I32(v) => {
                        v.push(value as i32);
                        i64::from(value as i32) == value
                    }
                    Data::I64(v) => {
                        v.push(value);
                        true
                    }
                    _ => true,
                };
                if !exact && !wraps {
                    return Err(wrong(ty));
                }
            }
            _ => return Err(wrong(ty)),
        }
        if fits {
            column.valid();
        } else {
            column.push_null();
        }
        Ok(())
    }
}

/// Reads a number without its fraction.
#[inline]
fn whole(token: &[u8]) -> Option<i64> {
    integer(Piece::of(token)).or_else(|| {
        let value = double(Piece::of(token))?;
        // Casts saturate, so what is at the ends is out of range.
        let cut = value as i64;
        (cut != i64::MAX && cut != i64::MIN).then_some(cut)
    })
}
