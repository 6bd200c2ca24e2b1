//! Kryo's bytes → objects. Every object is read once and has its number; what refers to it has that number.
//!
//! Limits: an object takes at least a byte, so the bytes bound them all; [`MAX_DEPTH`] bounds the nesting.

use super::layout::{self, FieldType, Kryo, Primitive};
use crate::error::{Error, Result};

/// Deepest nesting of objects.
const MAX_DEPTH: usize = 300;

const ROOT: &str = "org.apache.hadoop.hive.ql.plan.ExprNodeGenericFuncDesc";

/// Value of a field, or element of a list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Item {
    Null,
    /// Any whole number, boolean or character, and which.
    Number(i64, Primitive),
    /// A float or a double.
    Float(f64),
    /// The object with this number.
    Object(usize),
}

/// What an object holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Body {
    /// It is being read.
    Open,
    Fields(Vec<(&'static str, Item)>),
    List(Vec<Item>),
    Text(String),
    /// Milliseconds since 1970 and nanoseconds of the second: `java.sql.Date` and `java.sql.Timestamp`.
    Instant(i64, i32),
    /// Year, month, day, hour, minute, second, nanosecond.
    Civil([i64; 7]),
    /// Something whose value nobody needs.
    Opaque,
}

/// An object and its class.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Object {
    pub(super) class: String,
    pub(super) body: Body,
}

/// All objects of a message; the first one is the expression.
#[derive(Debug)]
pub(super) struct Objects {
    pub(super) kryo: Kryo,
    pub(super) all: Vec<Object>,
}

/// Reads a whole message.
pub(super) fn objects(bytes: &[u8]) -> Result<Objects> {
    let kryo = match bytes {
        // Kryo 5 names the class of the root: by name, the first one.
        [1, 0, ..] => Kryo::V5,
        [1, 1, ..] => Kryo::V3,
        _ => return Err(damaged("it starts like none")),
    };
    let mut reader = Reader { bytes, at: 0, kryo, names: Vec::new(), all: Vec::new(), depth: 0 };
    let root = match kryo {
        Kryo::V3 => reader.object(ROOT)?,
        Kryo::V5 => reader.any()?,
    };
    if root != Item::Object(0) {
        return Err(damaged("its root is no object"));
    }
    if reader.at != bytes.len() {
        return Err(damaged("bytes are left over"));
    }
    Ok(Objects { kryo, all: reader.all })
}

fn damaged(why: &str) -> Error {
    Error::config("this is no partition expression").with("why", why)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    kryo: Kryo,
    names: Vec<String>,
    all: Vec<Object>,
    depth: usize,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N]> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let taken = rest.first_chunk::<N>().ok_or_else(|| damaged("it ends too early"))?;
        self.at += N;
        Ok(*taken)
    }

    fn byte(&mut self) -> Result<u8> {
        Ok(self.take::<1>()?[0])
    }

    /// Reads a number of 7 bits a byte, low bits first; the ninth byte has 8.
    fn varint(&mut self) -> Result<u64> {
        let (mut value, mut shift) = (0_u64, 0);
        loop {
            let byte = self.byte()?;
            if shift == 56 {
                return Ok(value | u64::from(byte) << 56);
            }
            value |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                return Ok(value);
            }
        }
    }

    fn zigzag(&mut self) -> Result<i64> {
        let value = self.varint()?;
        Ok((value >> 1).cast_signed() ^ -((value & 1).cast_signed()))
    }

    fn count(&mut self) -> Result<usize> {
        let count = self.varint()?;
        usize::try_from(count)
            .ok()
            .filter(|count| *count <= self.bytes.len())
            .ok_or_else(|| damaged("a length is longer than all of it"))
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut bytes = self.take::<N>()?;
        if self.kryo == Kryo::V5 {
            bytes.reverse();
        }
        Ok(bytes)
    }

    fn primitive(&mut self, kind: Primitive) -> Result<Item> {
        let number = match kind {
            Primitive::Int | Primitive::Long => self.zigzag()?,
            Primitive::Boolean => i64::from(self.byte()? != 0),
            Primitive::Byte => i64::from(self.byte()?.cast_signed()),
            Primitive::Short => i64::from(i16::from_be_bytes(self.fixed()?)),
            Primitive::Char => i64::from(u16::from_be_bytes(self.fixed()?)),
            Primitive::Float => return Ok(Item::Float(f32::from_be_bytes(self.fixed()?).into())),
            Primitive::Double => return Ok(Item::Float(f64::from_be_bytes(self.fixed()?))),
        };
        Ok(Item::Number(number, kind))
    }

    fn text(&mut self) -> Result<Option<String>> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        match rest.first() {
            None => return Err(damaged("it ends too early")),
            Some(first) if first & 0x80 == 0 => {
                // ASCII; the last character has the high bit.
                let end = rest
                    .iter()
                    .position(|byte| byte & 0x80 != 0)
                    .ok_or_else(|| damaged("a text has no end"))?;
                let text = rest[..=end].iter().map(|byte| char::from(byte & 0x7f)).collect();
                self.at += end + 1;
                return Ok(Some(text));
            }
            Some(_) => {}
        }
        let first = self.byte()?;
        let mut length = usize::from(first & 0x3f);
        if first & 0x40 != 0 {
            length |= self
                .count()?
                .checked_mul(64)
                .filter(|more| *more <= self.bytes.len() + 64)
                .ok_or_else(|| damaged("a text is longer than all of it"))?;
        }
        let Some(units) = length.checked_sub(1) else { return Ok(None) };
        let mut utf16 = Vec::new();
        for _ in 0..units {
            let lead = self.byte()?;
            let mut tail = || Ok(u16::from(self.byte()? & 0x3f));
            utf16.push(match lead >> 4 {
                0..=7 => u16::from(lead),
                12 | 13 => u16::from(lead & 0x1f) << 6 | tail()?,
                14 => u16::from(lead & 0x0f) << 12 | tail()? << 6 | tail()?,
                _ => return Err(damaged("a text is not Java's UTF-8")),
            });
        }
        Ok(Some(String::from_utf16_lossy(&utf16)))
    }

    /// Reads a class; `None` = null.
    fn class(&mut self) -> Result<Option<String>> {
        let number = self.varint()?;
        if number == 0 {
            return Ok(None);
        }
        if number > 1 {
            return match layout::registered(self.kryo, number - 2) {
                Some(class) => Ok(Some(class.to_owned())),
                None => Err(Error::unsupported("partition expression has an unknown class")
                    .with("number", number - 2)),
            };
        }
        let known = self.count()?;
        if known == self.names.len() {
            let name = self.text()?.ok_or_else(|| damaged("a class has no name"))?;
            self.names.push(name);
        }
        self.names.get(known).cloned().map(Some).ok_or_else(|| damaged("a class has no name"))
    }

    fn any(&mut self) -> Result<Item> {
        match self.class()? {
            None => Ok(Item::Null),
            Some(class) => self.object(&class),
        }
    }

    /// Reads an object whose class is known.
    fn object(&mut self, class: &str) -> Result<Item> {
        if let Some(kind) = Primitive::named(class) {
            return self.primitive(kind);
        }
        match self.varint()? {
            0 => return Ok(Item::Null),
            1 => {}
            number => {
                let number = usize::try_from(number - 2).unwrap_or(usize::MAX);
                return if number < self.all.len() {
                    Ok(Item::Object(number))
                } else {
                    Err(damaged("it refers to an object that is not there"))
                };
            }
        }
        if self.depth == MAX_DEPTH {
            return Err(Error::unsupported("partition expression is nested too deeply"));
        }
        self.depth += 1;
        let number = self.all.len();
        self.all.push(Object { class: class.to_owned(), body: Body::Open });
        let body = self.body(class)?;
        if let Some(object) = self.all.get_mut(number) {
            object.body = body;
        }
        self.depth -= 1;
        Ok(Item::Object(number))
    }

    fn body(&mut self, class: &str) -> Result<Body> {
        match (class, self.kryo) {
            ("java.lang.String", _) => Ok(Body::Text(self.text()?.unwrap_or_default())),
            ("java.util.ArrayList", Kryo::V3) => {
                let count = self.count()?;
                self.items(count)
            }
            ("java.util.ArrayList", Kryo::V5) => self.list_of_kryo5(),
            ("java.util.Arrays$ArrayList", _) => {
                let count = self.count()?;
                self.class()?;
                self.items(count)
            }
            ("java.util.LinkedHashMap", kryo) => {
                let count = self.count()?;
                let count = if kryo == Kryo::V5 { count.saturating_sub(1) } else { count };
                self.items(count.saturating_mul(2))?;
                Ok(Body::Opaque)
            }
            ("java.sql.Date", _) => Ok(Body::Instant(i64::from_be_bytes(self.fixed()?), 0)),
            ("java.sql.Timestamp", _) => {
                let millis = i64::from_be_bytes(self.fixed()?);
                Ok(Body::Instant(millis, i32::from_be_bytes(self.fixed()?)))
            }
            ("java.util.GregorianCalendar", _) => {
                self.text()?;
                self.varint()?;
                self.byte()?;
                for _ in 0..3 {
                    self.varint()?;
                }
                Ok(Body::Opaque)
            }
            ("java.time.LocalDate", Kryo::V5) => {
                let [year, month, day] = self.date_of_kryo5()?;
                Ok(Body::Civil([year, month, day, 0, 0, 0, 0]))
            }
            ("java.time.LocalDateTime", Kryo::V5) => {
                let [year, month, day] = self.date_of_kryo5()?;
                let [hour, minute, second, nano] = self.time_of_kryo5()?;
                Ok(Body::Civil([year, month, day, hour, minute, second, nano]))
            }
            _ => self.fields(class),
        }
    }

    fn fields(&mut self, class: &str) -> Result<Body> {
        let fields = layout::fields(self.kryo, class).ok_or_else(|| {
            Error::unsupported("partition expression has an unknown class").with("class", class)
        })?;
        let mut values = Vec::with_capacity(fields.len());
        for (name, kind) in fields {
            let value = match *kind {
                FieldType::Primitive(kind) => self.primitive(kind)?,
                FieldType::Any => self.any()?,
                FieldType::Of(class) => self.object(class)?,
                FieldType::Texts => self.texts()?,
            };
            values.push((*name, value));
        }
        Ok(Body::Fields(values))
    }

    fn items(&mut self, count: usize) -> Result<Body> {
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(self.any()?);
        }
        Ok(Body::List(items))
    }

    /// Reads a list of texts, whose elements come without their class.
    fn texts(&mut self) -> Result<Item> {
        let Some(class) = self.class()? else { return Ok(Item::Null) };
        match self.varint()? {
            0 => return Ok(Item::Null),
            1 => {}
            number => return Ok(Item::Object(usize::try_from(number - 2).unwrap_or(usize::MAX))),
        }
        let number = self.all.len();
        self.all.push(Object { class, body: Body::Open });
        let count = self.count()?;
        let count = if self.kryo == Kryo::V5 { count.saturating_sub(1) } else { count };
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(self.object("java.lang.String")?);
        }
        if let Some(object) = self.all.get_mut(number) {
            object.body = Body::List(items);
        }
        Ok(Item::Object(number))
    }

    /// Reads a list: a flag "all of one class" and a length, then the class once or with each element.
    fn list_of_kryo5(&mut self) -> Result<Body> {
        let first = self.byte()?;
        let mut length = usize::from(first & 0x3f);
        if first & 0x40 != 0 {
            length |= self
                .count()?
                .checked_mul(64)
                .filter(|more| *more <= self.bytes.len() + 64)
                .ok_or_else(|| damaged("a list is longer than all of it"))?;
        }
        let count = length.saturating_sub(1);
        if first & 0x80 == 0 || count == 0 {
            return self.items(count);
        }
        let Some(class) = self.class()? else {
            return Ok(Body::List(vec![Item::Null; count]));
        };
        let nullable = self.byte()? != 0;
        let wrapper = Primitive::named(&class).is_some();
        let mut items = Vec::new();
        for _ in 0..count {
            let null = nullable && wrapper && self.byte()? == 0;
            items.push(if null { Item::Null } else { self.object(&class)? });
        }
        Ok(Body::List(items))
    }

    fn date_of_kryo5(&mut self) -> Result<[i64; 3]> {
        let year = self.varint()? as u32;
        Ok([i64::from(year.cast_signed()), self.byte()?.into(), self.byte()?.into()])
    }

    /// Reads a time, whose last part that is not zero is written as its complement and ends it.
    fn time_of_kryo5(&mut self) -> Result<[i64; 4]> {
        let mut time = [0; 4];
        for part in time.iter_mut().take(3) {
            let byte = self.byte()?.cast_signed();
            if byte < 0 {
                *part = i64::from(!byte);
                return Ok(time);
            }
            *part = byte.into();
        }
        time[3] = i64::from(self.varint()? as u32);
        Ok(time)
    }
}
