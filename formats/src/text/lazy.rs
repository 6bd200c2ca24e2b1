//! Delimited text: fields, items, keys and values between bytes that separate them.

use super::cuts::Piece;
use super::number::integer;
use super::value::ValueRules;
use crate::rows::{Column, Data};
use crate::table::{Descriptor, ReadRequest};
use crate::types::HiveType;
use crate::{FormatError, Result};

/// Levels of nesting that have a separator.
const LEVELS: usize = 8;

/// The same with `hive.serialization.extend.nesting.levels`.
const EXTENDED_LEVELS: usize = 24;

/// How nested values are laid out in text.
///
/// Source: Hive `LazySerDeParameters`.
#[derive(Clone, Debug)]
pub(crate) struct Separators {
    /// The separator of each level of nesting; the first one is that of fields.
    pub(crate) levels: Vec<u8>,
    pub(crate) escape: Option<u8>,
    /// What stands for NULL.
    pub(crate) null: Vec<u8>,
    /// Whether line ends in text are written as `\r` and `\n`.
    pub(crate) escape_crlf: bool,
}

impl Separators {
    pub(crate) fn new(descriptor: &Descriptor) -> Result<Self> {
        let levels = if descriptor.is_set("hive.serialization.extend.nesting.levels")
            || descriptor.is_set("hive.serialization.extend.additional.nesting.levels")
        {
            EXTENDED_LEVELS
        } else {
            LEVELS
        };
        // Beyond the eighth, the control characters that end no line.
        let more = (9u8..=255).filter(|c| !matches!(c, b'\n' | b'\r' | 9 | 11 | 12 | 27));
        let mut separators: Vec<u8> = (1u8..=8).chain(more).take(levels).collect();
        let field = descriptor
            .property("field.delim")
            .or_else(|| descriptor.property("serialization.format"));
        // The second has the wrong name that Hive 2 and 3 gave it.
        let item = ["collection.delim", "colelction.delim"];
        let item = item.iter().find_map(|key| descriptor.property(key));
        let key = descriptor.property("mapkey.delim");
        for (at, text) in [field, item, key].into_iter().enumerate() {
            if let Some(byte) = text.and_then(delimiter) {
                separators[at] = byte;
            }
        }
        let crlf = descriptor.is_set("serialization.escape.crlf");
        let escape =
            descriptor.property("escape.delim").map(|text| delimiter(text).unwrap_or(b'\\'));
        Ok(Self {
            levels: separators,
            escape: escape.or(crlf.then_some(b'\\')),
            null: descriptor
                .property("serialization.null.format")
                .unwrap_or("\\N")
                .as_bytes()
                .to_vec(),
            escape_crlf: crlf,
        })
    }

    /// Returns the separator of a level.
    ///
    /// # Errors
    /// [`ErrorKind::Schema`](crate::ErrorKind::Schema) if types are nested deeper.
    pub(crate) fn at(&self, level: usize) -> Result<u8> {
        self.levels.get(level).copied().ok_or_else(|| {
            FormatError::schema("types are nested deeper than text has separators")
                .with("levels", self.levels.len())
                .with("property", "hive.serialization.extend.nesting.levels")
        })
    }
}

/// Reads a delimiter: a number is a byte's value, other text its first character.
///
/// Source: Hive `LazyUtils.getByte`.
fn delimiter(text: &str) -> Option<u8> {
    match text.parse::<i8>() {
        Ok(value) => Some(value.cast_unsigned()),
        Err(_) => text.bytes().next(),
    }
}

/// Reads nested values of delimited text.
#[derive(Debug)]
pub(crate) struct Lazy {
    pub(crate) separators: Separators,
    pub(crate) rules: ValueRules,
    scratch: Vec<u8>,
}

impl Lazy {
    pub(crate) fn new(descriptor: &Descriptor, request: &ReadRequest) -> Result<Self> {
        Ok(Self {
            separators: Separators::new(descriptor)?,
            rules: ValueRules::new(descriptor, request)?,
            scratch: Vec::new(),
        })
    }

    /// Finds the next separator that is not escaped.
    #[inline]
    pub(super) fn end(&self, text: &[u8], separator: u8) -> Option<usize> {
        let Some(escape) = self.separators.escape else {
            return memchr::memchr(separator, text);
        };
        let mut at = 0;
        loop {
            at += memchr::memchr2(separator, escape, &text[at..])?;
            if text[at] == separator {
                return Some(at);
            }
            // The escaped byte is skipped too.
            at += 2;
            if at >= text.len() {
                return None;
            }
        }
    }

    /// Appends the value of a field.
    pub(crate) fn field(&mut self, column: &mut Column, text: &[u8], level: usize) -> Result<()> {
        if text == self.separators.null.as_slice() {
            column.push_null();
            return Ok(());
        }
        if column.ty().is_primitive() {
            self.primitive(column, text);
            return Ok(());
        }
        self.nested(column, text, level)
    }

    fn primitive(&mut self, column: &mut Column, text: &[u8]) {
        match self.separators.escape {
            Some(escape) if memchr::memchr(escape, text).is_some() => {
                unescape(text, escape, &mut self.scratch);
                self.rules.push(column, &self.scratch);
            }
            _ => self.rules.push(column, text),
        }
    }

    fn nested(&mut self, column: &mut Column, text: &[u8], level: usize) -> Result<()> {
        let separator = self.separators.at(level)?;
        let is_map = matches!(column.ty(), HiveType::Map(..));
        let mut rest = (!text.is_empty()).then_some(text);
        let mut next = |this: &Self| {
            let text = rest?;
            let end = this.end(text, separator);
            rest = end.map(|end| &text[end + 1..]);
            Some(&text[..end.unwrap_or(text.len())])
        };
        match &mut column.data {
            Data::List(_, items) => {
                while let Some(item) = next(self) {
                    self.field(items, item, level + 1)?;
                }
            }
            Data::Map(_, pair) if is_map => {
                let of_key = self.separators.at(level + 1)?;
                let first = pair.0.len();
                while let Some(entry) = next(self) {
                    let end = self.end(entry, of_key);
                    let key = &entry[..end.unwrap_or(entry.len())];
                    if !self.key(&mut pair.0, key, first) {
                        continue;
                    }
                    match end {
                        Some(end) => self.field(&mut pair.1, &entry[end + 1..], level + 2)?,
                        None => pair.1.push_null(),
                    }
                }
            }
            Data::Struct(rows, fields) => {
                let row = *rows + 1;
                // A struct of no text has one field of no text.
                if text.is_empty() {
                    if let Some(first) = fields.first_mut() {
                        self.field(first, text, level + 1)?;
                    }
                } else {
                    for field in fields.iter_mut() {
                        let Some(text) = next(self) else { break };
                        self.field(field, text, level + 1)?;
                    }
                }
                for field in fields.iter_mut().filter(|field| field.len() < row) {
                    field.push_null();
                }
            }
            Data::Union(..) => {
                let end = self.end(text, separator).unwrap_or(text.len());
                let tag = integer(Piece::of(&text[..end]));
                let tag = tag.and_then(|tag| usize::try_from(tag).ok());
                let value = text.get(end + 1..).unwrap_or_default();
                return match tag {
                    Some(tag) => {
                        column.push_union(tag, |member| self.field(member, value, level + 1))
                    }
                    None => {
                        column.push_null();
                        Ok(())
                    }
                };
            }
            _ => {}
        }
        column.end_nested();
        Ok(())
    }

    /// Appends a key unless it is NULL or there already; false if it is not appended.
    fn key(&mut self, keys: &mut Column, text: &[u8], first: usize) -> bool {
        if text == self.separators.null.as_slice() {
            return false;
        }
        let row = keys.len();
        self.primitive(keys, text);
        if keys.is_null(row) || (first..row).any(|other| keys.equal(other, row)) {
            keys.truncate(row);
            return false;
        }
        true
    }
}

/// Takes escapes off; `r` and `n` behind one are line ends.
///
/// Source: Hive `LazyUtils.copyAndEscapeStringDataToText`.
fn unescape(text: &[u8], escape: u8, out: &mut Vec<u8>) {
    out.clear();
    let mut bytes = text.iter();
    while let Some(c) = bytes.next() {
        if *c != escape {
            out.push(*c);
            continue;
        }
        match bytes.next() {
            Some(b'r') => out.push(b'\r'),
            Some(b'n') => out.push(b'\n'),
            Some(c) => out.push(*c),
            None => out.push(escape),
        }
    }
}
