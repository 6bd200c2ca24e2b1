//! Data types.

use super::{Parsed, Parser, hint};
use crate::ast::{DataType, StructField, TypeKind};
use crate::token::{Keyword, TokenKind};

impl Parser<'_> {
    pub(super) fn data_type(&mut self) -> Parsed<DataType> {
        self.nested(|p| {
            let start = p.start();
            let kind = p.type_kind()?;
            Ok(DataType { span: p.span_from(start), kind })
        })
    }

    /// Reads the type of a map's keys, which has no parts.
    fn key_type(&mut self) -> Parsed<DataType> {
        let data_type = self.data_type()?;
        match data_type.kind {
            TypeKind::Array(_) | TypeKind::Map(..) | TypeKind::Struct(_) | TypeKind::Union(_) => {
                self.fail(data_type.span, "the key of a map cannot have parts", "")
            }
            _ => Ok(data_type),
        }
    }

    fn type_kind(&mut self) -> Parsed<TypeKind> {
        use Keyword as K;
        let TokenKind::Keyword(keyword) = self.kind() else {
            return if self.is_streaming() { self.type_of_flink() } else { self.no_type() };
        };
        let simple = match keyword {
            K::TinyInt => TypeKind::TinyInt,
            K::SmallInt => TypeKind::SmallInt,
            K::Int => TypeKind::Int,
            K::BigInt => TypeKind::BigInt,
            K::Boolean => TypeKind::Boolean,
            K::Float | K::Real => TypeKind::Float,
            K::String => TypeKind::String,
            K::Binary => TypeKind::Binary,
            K::Date => TypeKind::Date,
            K::Datetime => TypeKind::Datetime,
            K::TimestampLocalTz => TypeKind::TimestampLocalTz { precision: None },
            _ => return self.type_with_parts(keyword),
        };
        self.bump();
        Ok(simple)
    }

    fn type_with_parts(&mut self, keyword: Keyword) -> Parsed<TypeKind> {
        use Keyword as K;
        let start = self.start();
        if !matches!(
            keyword,
            K::Double
                | K::Decimal
                | K::Varchar
                | K::Char
                | K::Timestamp
                | K::Time
                | K::Array
                | K::Map
                | K::Struct
                | K::UnionType
                | K::Row
        ) || matches!(keyword, K::Time | K::Row) && !self.is_streaming()
        {
            return self.no_type();
        }
        self.bump();
        match keyword {
            K::Double => {
                self.eat_keyword(K::Precision);
                Ok(TypeKind::Double)
            }
            K::Decimal => self.decimal(),
            K::Varchar => Ok(TypeKind::Varchar(self.length(start)?)),
            K::Char => Ok(TypeKind::Char(self.length(start)?)),
            K::Timestamp => self.timestamp(),
            K::Time => Ok(TypeKind::Time { precision: self.optional_length()? }),
            K::Array => {
                let element = self.between_angles(Self::data_type)?;
                Ok(TypeKind::Array(Box::new(element)))
            }
            K::Map => self.between_angles(|p| {
                let key = p.key_type()?;
                p.expect(TokenKind::Comma)?;
                Ok(TypeKind::Map(Box::new(key), Box::new(p.data_type()?)))
            }),
            K::Struct => {
                let fields = self.between_angles(|p| p.comma_separated(Self::struct_field))?;
                Ok(TypeKind::Struct(fields))
            }
            K::UnionType => {
                let types = self.between_angles(|p| p.comma_separated(Self::data_type))?;
                Ok(TypeKind::Union(types))
            }
            _ => self.row(),
        }
    }

    fn decimal(&mut self) -> Parsed<TypeKind> {
        if !self.eat(TokenKind::LParen) {
            return Ok(TypeKind::Decimal { precision: None, scale: None });
        }
        let precision = Some(self.small_number()?);
        let scale = if self.eat(TokenKind::Comma) { Some(self.small_number()?) } else { None };
        self.expect(TokenKind::RParen)?;
        Ok(TypeKind::Decimal { precision, scale })
    }

    /// Reads what stands behind `TIMESTAMP`.
    fn timestamp(&mut self) -> Parsed<TypeKind> {
        use Keyword as K;
        let precision = if self.is_streaming() { self.optional_length()? } else { None };
        if self.eat_keywords(&[K::With, K::Local, K::Time, K::Zone]) {
            return Ok(TypeKind::TimestampLocalTz { precision });
        }
        if self.is_streaming() && self.is_word(0, "WITHOUT") && self.keyword_at(1) == Some(K::Time)
        {
            self.bump();
            self.expect_keywords(&[K::Time, K::Zone])?;
        } else if self.keyword_at(0) == Some(K::With) && self.keyword_at(1) == Some(K::Time) {
            let span = self.span_of(self.token()).to(self.span_of(self.token_at(2)));
            let hint = "write TIMESTAMP WITH LOCAL TIME ZONE";
            return self.fail(span, "there is no type TIMESTAMP WITH TIME ZONE", hint);
        }
        Ok(TypeKind::Timestamp { precision })
    }

    /// Reads Flink's `ROW<name type ['comment'], ...>` or `ROW(name type, ...)`.
    fn row(&mut self) -> Parsed<TypeKind> {
        if self.kind() == TokenKind::LParen {
            return Ok(TypeKind::Struct(self.parenthesized(Self::row_field)?));
        }
        let fields = self.between_angles(|p| p.comma_separated(Self::row_field))?;
        Ok(TypeKind::Struct(fields))
    }

    fn struct_field(&mut self) -> Parsed<StructField> {
        let start = self.start();
        let name = self.ident_as("a field name")?;
        self.expect(TokenKind::Colon)?;
        let data_type = self.data_type()?;
        let comment = if self.eat_keyword(Keyword::Comment) { Some(self.string()?) } else { None };
        Ok(StructField { span: self.span_from(start), name, data_type, comment })
    }

    fn row_field(&mut self) -> Parsed<StructField> {
        let start = self.start();
        let name = self.ident_as("a field name")?;
        let data_type = self.data_type()?;
        let comment = if self.kind() == TokenKind::String { Some(self.string()?) } else { None };
        Ok(StructField { span: self.span_from(start), name, data_type, comment })
    }

    /// Reads the names that only Flink gives to types of Hive.
    fn type_of_flink(&mut self) -> Parsed<TypeKind> {
        if self.is_word(0, "BYTES") {
            self.bump();
            return Ok(TypeKind::Binary);
        }
        if self.is_word(0, "TIMESTAMP_LTZ") {
            self.bump();
            return Ok(TypeKind::TimestampLocalTz { precision: self.optional_length()? });
        }
        self.no_type()
    }

    /// Fails at something that is no type.
    fn no_type<T>(&mut self) -> Parsed<T> {
        let token = self.token();
        let before = self.pos.checked_sub(1).map(|i| self.source(self.tokens[i]));
        if before.is_some_and(|word| word.eq_ignore_ascii_case("WATERMARK")) {
            let hint = "write WATERMARK FOR column AS expression";
            return self.fail(self.span_of(token), "a watermark needs FOR", hint);
        }
        let is_word = matches!(token.kind, TokenKind::Ident | TokenKind::Keyword(_));
        if token.kind == TokenKind::Ident
            || is_word && hint::type_of_others(self.source(token)).is_some()
        {
            let source = self.source(token);
            let hint = hint::type_of_others(source).unwrap_or("");
            let span = self.span_of(token);
            return self.fail(span, format!("there is no type `{source}`"), hint);
        }
        self.expected("a data type")
    }

    fn between_angles<T>(&mut self, rule: impl Fn(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.expect(TokenKind::Lt)?;
        let inner = rule(self)?;
        self.expect(TokenKind::Gt)?;
        Ok(inner)
    }

    /// Reads the `(n)` of a type that needs a length and begins at `start`.
    fn length(&mut self, start: u32) -> Parsed<u32> {
        if self.kind() != TokenKind::LParen {
            let span = self.span_from(start);
            return self.fail(
                span,
                "this type needs a length",
                "write VARCHAR(n) or CHAR(n), or STRING for any length",
            );
        }
        self.bump();
        let length = self.small_number()?;
        self.expect(TokenKind::RParen)?;
        Ok(length)
    }

    fn optional_length(&mut self) -> Parsed<Option<u32>> {
        if !self.eat(TokenKind::LParen) {
            return Ok(None);
        }
        let length = self.small_number()?;
        self.expect(TokenKind::RParen)?;
        Ok(Some(length))
    }

    fn small_number(&mut self) -> Parsed<u32> {
        let number = self.plain_number()?;
        let Ok(value) = number.raw.parse() else {
            let hint = "precision and scale are written DECIMAL(10, 2)";
            return self.fail(number.span, "this must be a small whole number", hint);
        };
        Ok(value)
    }
}
