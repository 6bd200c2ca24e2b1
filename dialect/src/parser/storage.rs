//! How a table is stored: row format, file format, handler, properties.

use super::{Parsed, Parser};
use crate::ast::{
    Delimited, HandlerName, Properties, Property, RowFormat, Storage, StorageKind, StringLit,
};
use crate::token::{Keyword, TokenKind};

impl Parser<'_> {
    pub(super) fn row_format(&mut self) -> Parsed<Option<RowFormat>> {
        use Keyword as K;
        let start = self.start();
        if !self.eat_keyword(K::Row) {
            return Ok(None);
        }
        self.expect_keyword(K::Format)?;
        if self.eat_keyword(K::Serde) {
            let class = self.string()?;
            let properties = self.serde_properties()?;
            let span = self.span_from(start);
            return Ok(Some(RowFormat::Serde { span, class, properties }));
        }
        self.expect_keyword(K::Delimited)?;
        let terminated = [K::Terminated, K::By];
        let fields = self.delimiter(&[K::Fields], &terminated)?;
        let escaped =
            if fields.is_some() { self.delimiter(&[K::Escaped], &[K::By])? } else { None };
        let collection_items = self.delimiter(&[K::Collection, K::Items], &terminated)?;
        let map_keys = self.delimiter(&[K::Map, K::Keys], &terminated)?;
        let lines = self.delimiter(&[K::Lines], &terminated)?;
        let null = self.delimiter(&[K::Null], &[K::Defined, K::As])?;
        let span = self.span_from(start);
        Ok(Some(RowFormat::Delimited(Box::new(Delimited {
            span,
            fields,
            escaped,
            collection_items,
            map_keys,
            lines,
            null,
        }))))
    }

    /// Reads `what how 'text'` if `what` is there.
    fn delimiter(&mut self, what: &[Keyword], how: &[Keyword]) -> Parsed<Option<StringLit>> {
        if !self.eat_keywords(what) {
            return Ok(None);
        }
        self.expect_keywords(how)?;
        self.string().map(Some)
    }

    /// Reads `WITH SERDEPROPERTIES (...)`.
    pub(super) fn serde_properties(&mut self) -> Parsed<Option<Properties>> {
        let start = self.start();
        if !self.eat_keywords(&[Keyword::With, Keyword::SerdeProperties]) {
            return Ok(None);
        }
        let mut properties = self.property_list()?;
        properties.span = self.span_from(start);
        Ok(Some(properties))
    }

    /// Reads `STORED AS ...` or `STORED BY ...`.
    pub(super) fn storage(&mut self) -> Parsed<Option<Storage>> {
        use Keyword as K;
        let start = self.start();
        if !self.eat_keyword(K::Stored) {
            return Ok(None);
        }
        let kind = if self.eat_keyword(K::By) {
            let handler = if self.at(TokenKind::String) {
                HandlerName::Class(self.string()?)
            } else {
                HandlerName::Name(self.ident_as("the name of a storage handler")?)
            };
            let properties = self.serde_properties()?;
            let format = if self.eat_keywords(&[K::Stored, K::As]) {
                Some(self.ident_as("a file format")?)
            } else {
                None
            };
            StorageKind::Handler { handler, properties, format }
        } else {
            self.expect_keyword(K::As)?;
            self.stored_as()?
        };
        Ok(Some(Storage { span: self.span_from(start), kind }))
    }

    fn stored_as(&mut self) -> Parsed<StorageKind> {
        use Keyword as K;
        if self.keyword_at(0) != Some(K::InputFormat) {
            return Ok(StorageKind::Format(self.ident_as("a file format")?));
        }
        self.bump();
        let input = self.string()?;
        self.expect_keyword(K::OutputFormat)?;
        let output = self.string()?;
        let drivers = self.drivers()?;
        Ok(StorageKind::Classes { input, output, drivers })
    }

    /// Reads `INPUTDRIVER 'class' OUTPUTDRIVER 'class'` if it is there.
    pub(super) fn drivers(&mut self) -> Parsed<Option<(StringLit, StringLit)>> {
        let Some(input) = self.string_behind(Keyword::InputDriver)? else { return Ok(None) };
        self.expect_keyword(Keyword::OutputDriver)?;
        Ok(Some((input, self.string()?)))
    }

    /// Reads `('key' = 'value', ...)` or `('key', ...)`.
    pub(super) fn property_list(&mut self) -> Parsed<Properties> {
        let start = self.start();
        let items = self.parenthesized(Self::property)?;
        if let Some(odd) = items.iter().find(|p| p.value.is_some() != items[0].value.is_some()) {
            let hint = "write 'key' = 'value' for each";
            return self.fail(odd.span, "some properties have values and some have none", hint);
        }
        Ok(Properties { span: self.span_from(start), items })
    }

    /// Reads `('key' = 'value', ...)`.
    pub(super) fn key_value_list(&mut self) -> Parsed<Properties> {
        let properties = self.property_list()?;
        match properties.items.iter().find(|property| property.value.is_none()) {
            Some(property) => {
                let hint = "write 'key' = 'value'";
                self.fail(property.span, "this property has no value", hint)
            }
            None => Ok(properties),
        }
    }

    fn property(&mut self) -> Parsed<Property> {
        let start = self.start();
        let key = self.string()?;
        let value = if self.eat_equal() { Some(self.string()?) } else { None };
        Ok(Property { span: self.span_from(start), key, value })
    }
}
