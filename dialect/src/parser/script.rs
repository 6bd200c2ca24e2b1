//! Queries that send rows through a program: `TRANSFORM`, `MAP`, `REDUCE`.

use super::{Parsed, Parser};
use crate::ast::{
    ColumnDef, ColumnKind, FunctionArg, ScriptSide, SelectItem, Span, Transform, TransformKeyword,
    TransformOutput,
};
use crate::token::{Keyword, TokenKind};

impl Parser<'_> {
    /// Tells whether `MAP` or `REDUCE` comes, which stand instead of `SELECT`.
    pub(super) fn at_script(&mut self) -> bool {
        self.at_keyword(Keyword::Map) || self.at_keyword(Keyword::Reduce)
    }

    /// Reads `MAP ...` or `REDUCE ...`.
    pub(super) fn map_or_reduce(&mut self) -> Parsed<SelectItem> {
        let start = self.start();
        let keyword = match self.bump().kind {
            TokenKind::Keyword(Keyword::Map) => TransformKeyword::Map,
            _ => TransformKeyword::Reduce,
        };
        let args = self.comma_separated(Self::function_arg)?;
        self.transform_rest(start, keyword, args)
    }

    /// Reads what stands behind `SELECT TRANSFORM`.
    pub(super) fn select_transform(&mut self) -> Parsed<SelectItem> {
        let start = self.start();
        let args = self.parenthesized(Self::function_arg)?;
        self.transform_rest(start, TransformKeyword::Transform, args)
    }

    fn transform_rest(
        &mut self,
        start: u32,
        keyword: TransformKeyword,
        args: Vec<FunctionArg>,
    ) -> Parsed<SelectItem> {
        let input = self.script_side(Keyword::Recordwriter)?;
        self.expect_keyword(Keyword::Using)?;
        let script = self.string()?;
        let columns = self.script_columns()?;
        let output = self.script_side(Keyword::Recordreader)?;
        let span = self.span_from(start);
        let transform = Transform { span, keyword, args, input, script, columns, output };
        Ok(SelectItem::Transform(Box::new(transform)))
    }

    /// Reads `[ROW FORMAT ...] [RECORDWRITER | RECORDREADER 'class']`.
    fn script_side(&mut self, record: Keyword) -> Parsed<ScriptSide> {
        let row_format = self.row_format()?;
        let record = if self.eat_keyword(record) { Some(self.string()?) } else { None };
        Ok(ScriptSide { row_format, record })
    }

    /// Reads `AS name, ...`, `AS name type, ...`, each also in parentheses.
    fn script_columns(&mut self) -> Parsed<TransformOutput> {
        if !self.eat_keyword(Keyword::As) {
            return Ok(TransformOutput::None);
        }
        let parens = self.eat(TokenKind::LParen);
        let typed = !matches!(
            self.kind_at(1),
            TokenKind::Comma | TokenKind::RParen | TokenKind::Eof | TokenKind::Semicolon
        ) && self.type_comes(1);
        let columns = if typed {
            TransformOutput::Columns(self.comma_separated(Self::typed_column)?)
        } else {
            TransformOutput::Names(self.comma_separated(|p| p.ident_as("a column name"))?)
        };
        if parens {
            self.expect(TokenKind::RParen)?;
        }
        Ok(columns)
    }

    /// Tells whether a word that begins a type stands `ahead`.
    fn type_comes(&self, ahead: usize) -> bool {
        use Keyword as K;
        matches!(
            self.keyword_at(ahead),
            Some(
                K::TinyInt
                    | K::SmallInt
                    | K::Int
                    | K::BigInt
                    | K::Boolean
                    | K::Float
                    | K::Real
                    | K::Double
                    | K::Date
                    | K::Datetime
                    | K::Timestamp
                    | K::TimestampLocalTz
                    | K::String
                    | K::Binary
                    | K::Decimal
                    | K::Varchar
                    | K::Char
                    | K::Array
                    | K::Struct
                    | K::UnionType
            )
        ) || self.keyword_at(ahead) == Some(K::Map) && self.kind_at(ahead + 1) == TokenKind::Lt
    }

    /// Reads `name type [COMMENT 'text']`.
    pub(super) fn typed_column(&mut self) -> Parsed<ColumnDef> {
        let start = self.start();
        let name = self.new_column_name()?;
        let kind = ColumnKind::Physical(self.data_type()?);
        let comment = if self.eat_keyword(Keyword::Comment) { Some(self.string()?) } else { None };
        let mut column =
            ColumnDef { span: Span::default(), name, kind, constraints: vec![], comment };
        column.span = self.span_from(start);
        Ok(column)
    }
}
