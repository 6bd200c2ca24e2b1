//! What stands in the parentheses of `CREATE TABLE`: columns, constraints, watermarks.

use super::{Failed, Parsed, Parser};
use crate::ast::{
    ColumnConstraint, ColumnConstraintKind, ColumnDef, ColumnKind, ColumnOrder, ConstraintOptions,
    Enforcement, Expr, ExprKind, Ident, TableConstraint, TableConstraintKind, TableElement,
    WatermarkDef,
};
use crate::token::{Keyword, TokenKind};

impl Parser<'_> {
    pub(super) fn table_element(&mut self) -> Parsed<TableElement> {
        use Keyword as K;
        let constraint = match self.keyword_at(0) {
            Some(K::Constraint | K::Primary | K::Unique | K::Foreign) => true,
            Some(K::Check) => self.kind_at(1) == TokenKind::LParen,
            _ => false,
        };
        if constraint {
            return Ok(TableElement::Constraint(self.table_constraint()?));
        }
        if self.is_streaming() && self.is_word(0, "WATERMARK") && self.keyword_at(1) == Some(K::For)
        {
            return Ok(TableElement::Watermark(self.watermark()?));
        }
        Ok(TableElement::Column(self.column()?))
    }

    fn watermark(&mut self) -> Parsed<WatermarkDef> {
        let start = self.start();
        self.bump();
        self.expect_keyword(Keyword::For)?;
        let column = self.object_name("a column name", usize::MAX)?;
        self.expect_keyword(Keyword::As)?;
        let expr = self.expr()?;
        Ok(WatermarkDef { span: self.span_from(start), column, expr })
    }

    pub(super) fn column(&mut self) -> Parsed<ColumnDef> {
        let start = self.start();
        let name = self.new_column_name()?;
        let kind = self.column_kind()?;
        let mut constraints = Vec::new();
        if matches!(kind, ColumnKind::Physical(_)) {
            while let Some(constraint) = self.column_constraint()? {
                constraints.push(constraint);
                // Hive takes one; the columns of Flink's tables often have two.
                if !self.is_streaming() {
                    break;
                }
            }
        }
        let comment = if self.eat_keyword(Keyword::Comment) { Some(self.string()?) } else { None };
        Ok(ColumnDef { span: self.span_from(start), name, kind, constraints, comment })
    }

    /// Reads the name of a column that is defined here.
    pub(super) fn new_column_name(&mut self) -> Parsed<Ident> {
        let name = self.ident_as("a column name")?;
        if name.value.contains(['.', ':']) {
            let message = format!("the column name `{}` has a `.` or `:` in it", name.value);
            return self.fail(name.span, message, "Hive refuses such names; use an underscore");
        }
        Ok(name)
    }

    fn column_kind(&mut self) -> Parsed<ColumnKind> {
        if self.is_streaming() && self.eat_keyword(Keyword::As) {
            return Ok(ColumnKind::Computed(self.expr()?));
        }
        let data_type = self.data_type()?;
        if !self.is_streaming() || !self.eat_keyword(Keyword::Metadata) {
            return Ok(ColumnKind::Physical(data_type));
        }
        let from = if self.eat_keyword(Keyword::From) { Some(self.string()?) } else { None };
        let is_virtual = self.eat_word("VIRTUAL");
        Ok(ColumnKind::Metadata { data_type, from, is_virtual })
    }

    pub(super) fn column_constraint(&mut self) -> Parsed<Option<ColumnConstraint>> {
        use Keyword as K;
        let start = self.start();
        let name = self.constraint_name()?;
        let kind = match self.keyword_at(0) {
            Some(K::Not) => {
                self.bump();
                self.expect_keyword(K::Null)?;
                ColumnConstraintKind::NotNull
            }
            Some(K::Default) => {
                self.bump();
                ColumnConstraintKind::Default(self.default_value()?)
            }
            Some(K::Check) => ColumnConstraintKind::Check(self.check()?),
            Some(K::Primary) => {
                self.bump();
                self.expect_keyword(K::Key)?;
                ColumnConstraintKind::PrimaryKey
            }
            Some(K::Unique) => {
                self.bump();
                ColumnConstraintKind::Unique
            }
            Some(K::References) => {
                self.bump();
                let table = self.table_name()?;
                self.expect(TokenKind::LParen)?;
                let column = self.ident_as("a column name")?;
                self.expect(TokenKind::RParen)?;
                ColumnConstraintKind::References { table, column }
            }
            _ => {
                for keyword in [K::Not, K::Default, K::Check, K::Primary, K::Unique] {
                    self.at_keyword(keyword);
                }
                return if name.is_some() { Err(Failed) } else { Ok(None) };
            }
        };
        let options = self.constraint_options();
        Ok(Some(ColumnConstraint { span: self.span_from(start), name, kind, options }))
    }

    /// Reads the value of `DEFAULT`: a constant, a function or a cast.
    fn default_value(&mut self) -> Parsed<Expr> {
        let start = self.start();
        let kind =
            match self.kind() {
                TokenKind::Keyword(Keyword::Cast) => self.cast()?,
                TokenKind::Keyword(
                    Keyword::Date | Keyword::Timestamp | Keyword::TimestampLocalTz,
                ) if self.kind_at(1) != TokenKind::String => ExprKind::Function(self.function()?),
                TokenKind::Keyword(
                    Keyword::Null
                    | Keyword::True
                    | Keyword::False
                    | Keyword::Date
                    | Keyword::Timestamp
                    | Keyword::TimestampLocalTz,
                )
                | TokenKind::String
                | TokenKind::Number(_)
                | TokenKind::Question
                | TokenKind::CharsetName => return self.constant(),
                TokenKind::Keyword(Keyword::Floor) => return self.no_default(),
                _ if self.is_trim_from() => self.trim()?,
                TokenKind::Keyword(keyword) if keyword.is_function_name() => {
                    ExprKind::Function(self.function()?)
                }
                _ if self.is_name(0) => ExprKind::Function(self.function()?),
                _ => return self.no_default(),
            };
        Ok(Expr { span: self.span_from(start), kind })
    }

    fn no_default<T>(&mut self) -> Parsed<T> {
        let span = self.span_of(self.token());
        let hint =
            "write a constant (a negative number as CAST('-1' AS INT)), a function or a cast";
        self.fail(span, "this cannot be the value of DEFAULT", hint)
    }

    pub(super) fn table_constraint(&mut self) -> Parsed<TableConstraint> {
        use Keyword as K;
        let start = self.start();
        let name = self.constraint_name()?;
        let kind = if self.eat_keyword(K::Primary) {
            self.expect_keyword(K::Key)?;
            TableConstraintKind::PrimaryKey(self.column_names()?)
        } else if self.eat_keyword(K::Unique) {
            TableConstraintKind::Unique(self.column_names()?)
        } else if self.eat_keyword(K::Foreign) {
            self.expect_keyword(K::Key)?;
            let columns = self.column_names()?;
            self.expect_keyword(K::References)?;
            let table = self.table_name()?;
            let referenced = self.column_names()?;
            TableConstraintKind::ForeignKey { columns, table, referenced }
        } else if self.at_keyword(K::Check) {
            TableConstraintKind::Check(self.check()?)
        } else {
            return Err(Failed);
        };
        let options = self.constraint_options();
        Ok(TableConstraint { span: self.span_from(start), name, kind, options })
    }

    fn constraint_name(&mut self) -> Parsed<Option<Ident>> {
        if self.eat_keyword(Keyword::Constraint) {
            return Ok(Some(self.ident_as("the name of a constraint")?));
        }
        Ok(None)
    }

    fn check(&mut self) -> Parsed<Expr> {
        self.expect_keyword(Keyword::Check)?;
        self.expect(TokenKind::LParen)?;
        let condition = self.expr()?;
        self.expect(TokenKind::RParen)?;
        Ok(condition)
    }

    fn constraint_options(&mut self) -> ConstraintOptions {
        use Keyword as K;
        let mut options = ConstraintOptions::default();
        if self.eat_keyword(K::Enable) {
            options.enforcement = Some(Enforcement::Enable);
        } else if self.eat_keyword(K::Disable) {
            options.enforcement = Some(Enforcement::Disable);
        } else if self.eat_keyword(K::Enforced) {
            options.enforcement = Some(Enforcement::Enforced);
        } else if self.eat_keywords(&[K::Not, K::Enforced]) {
            options.enforcement = Some(Enforcement::NotEnforced);
        } else {
            return options;
        }
        if matches!(options.enforcement, Some(Enforcement::Enable | Enforcement::Disable)) {
            if self.eat_keyword(K::Validate) {
                options.validate = Some(true);
            } else if self.eat_keyword(K::Novalidate) {
                options.validate = Some(false);
            }
        }
        if self.eat_keyword(K::Rely) {
            options.rely = Some(true);
        } else if self.eat_keyword(K::Norely) {
            options.rely = Some(false);
        }
        options
    }

    /// Reads `column [ASC | DESC] [NULLS FIRST | LAST]`.
    pub(super) fn column_order(&mut self) -> Parsed<ColumnOrder> {
        let start = self.start();
        let column = self.ident_as("a column name")?;
        let direction = self.direction();
        let nulls = self.nulls_order()?;
        Ok(ColumnOrder { span: self.span_from(start), column, direction, nulls })
    }
}
