//! `FROM`: sources of rows, joins, lateral views.

use super::{Parsed, Parser};
use crate::ast::{
    AsOf, AsOfKind, From, Join, JoinConstraint, JoinKind, LateralSource, LateralView, ObjectName,
    Relation, SampleKind, TableFunction, TableFunctionArg, TableRef, TableSample, TableSource,
    UniqueJoinSource,
};
use crate::token::{Keyword, TokenKind};

impl Parser<'_> {
    pub(super) fn clause_from(&mut self) -> Parsed<From> {
        let start = self.start();
        self.expect_keyword(Keyword::From)?;
        if self.keyword_at(0) == Some(Keyword::UniqueJoin) {
            let relation = self.unique_join()?;
            let span = self.span_from(start);
            let first = TableSource { span, relation, lateral_views: vec![] };
            return Ok(From { span, first, joins: vec![] });
        }
        let mut from = self.joined_sources()?;
        from.span = self.span_from(start);
        Ok(from)
    }

    /// Reads `source [join source]...`.
    fn joined_sources(&mut self) -> Parsed<From> {
        let start = self.start();
        let first = self.table_source()?;
        let mut joins = Vec::new();
        loop {
            let join_start = self.start();
            let Some(kind) = self.join_kind()? else { break };
            let source = self.joined_source()?;
            let constraint = self.join_constraint(kind)?;
            joins.push(Join { span: self.span_from(join_start), kind, source, constraint });
        }
        Ok(From { span: self.span_from(start), first, joins })
    }

    fn join_kind(&mut self) -> Parsed<Option<JoinKind>> {
        use Keyword as K;
        if self.eat(TokenKind::Comma) {
            return Ok(Some(JoinKind::Comma));
        }
        if self.eat_keyword(K::Join) {
            return Ok(Some(JoinKind::Inner));
        }
        let sides = [
            (K::Inner, JoinKind::Inner),
            (K::Cross, JoinKind::Cross),
            (K::Left, JoinKind::Left),
            (K::Right, JoinKind::Right),
            (K::Full, JoinKind::Full),
        ];
        let kind = sides.into_iter().find_map(|(k, kind)| self.eat_keyword(k).then_some(kind));
        let Some(mut kind) = kind else { return Ok(None) };
        if kind == JoinKind::Left && self.eat_keyword(K::Semi) {
            kind = JoinKind::LeftSemi;
        } else if matches!(kind, JoinKind::Left | JoinKind::Right | JoinKind::Full) {
            self.eat_keyword(K::Outer);
        }
        self.expect_keyword(K::Join)?;
        Ok(Some(kind))
    }

    fn join_constraint(&mut self, kind: JoinKind) -> Parsed<Option<JoinConstraint>> {
        if kind == JoinKind::Comma {
            return Ok(None);
        }
        if self.eat_keyword(Keyword::On) {
            return Ok(Some(JoinConstraint::On(self.expr()?)));
        }
        if self.eat_keyword(Keyword::Using) {
            return Ok(Some(JoinConstraint::Using(self.column_names()?)));
        }
        Ok(None)
    }

    /// Reads what can be joined: a source, but no join in parentheses.
    pub(super) fn joined_source(&mut self) -> Parsed<TableSource> {
        let start = self.start();
        if self.kind() == TokenKind::LParen && !self.paren_holds_query() {
            self.bump();
            self.at_keyword(Keyword::Select);
            return self.expected("a query");
        }
        let mut source = self.table_source()?;
        source.span = self.span_from(start);
        Ok(source)
    }

    fn table_source(&mut self) -> Parsed<TableSource> {
        let start = self.start();
        let relation = self.relation()?;
        let mut lateral_views = Vec::new();
        while let Some(view) = self.lateral_view()? {
            lateral_views.push(view);
        }
        Ok(TableSource { span: self.span_from(start), relation, lateral_views })
    }

    fn relation(&mut self) -> Parsed<Relation> {
        // One call for all kinds keeps this frame, which recursion goes through, small.
        let rule: fn(&mut Self) -> Parsed<Relation> = match self.kind() {
            TokenKind::LParen if self.paren_holds_query() => |p| p.nested(Self::relation_of_query),
            TokenKind::LParen => |p| p.nested(Self::relation_of_join),
            TokenKind::Keyword(Keyword::Table) => Self::relation_of_values,
            _ if self.at_table_function() => |p| p.nested(Self::relation_of_function),
            _ => |p| Ok(Relation::Table(Box::new(p.table_ref()?))),
        };
        rule(self)
    }

    /// Tells whether a function over a table comes: `name(ON ...)`.
    fn at_table_function(&self) -> bool {
        self.is_name(0)
            && self.kind_at(1) == TokenKind::LParen
            && self.keyword_at(2) == Some(Keyword::On)
    }

    fn relation_of_function(&mut self) -> Parsed<Relation> {
        let start = self.start();
        let name = self.ident_as("a function name")?;
        self.expect(TokenKind::LParen)?;
        self.expect_keyword(Keyword::On)?;
        let input = self.function_input()?;
        let partitioning = self.partitioning()?;
        let args = if self.kind() == TokenKind::RParen {
            vec![]
        } else {
            self.comma_separated(Self::table_function_arg)?
        };
        self.expect(TokenKind::RParen)?;
        // Only a word that is no keyword can be the alias.
        let free = matches!(self.kind(), TokenKind::Ident | TokenKind::QuotedIdent);
        let alias = (free && self.is_name(0)).then(|| self.ident_unchecked());
        let span = self.span_from(start);
        let function = TableFunction { span, name, input, partitioning, args, alias };
        Ok(Relation::Function(Box::new(function)))
    }

    /// Reads what a function over a table reads: a table, a subquery or another function.
    fn function_input(&mut self) -> Parsed<Relation> {
        if self.at_table_function() {
            return self.nested(Self::relation_of_function);
        }
        if self.kind() == TokenKind::LParen {
            return self.nested(Self::relation_of_query);
        }
        Ok(Relation::Table(Box::new(self.table_ref()?)))
    }

    fn table_function_arg(&mut self) -> Parsed<TableFunctionArg> {
        let start = self.start();
        let name = self.ident_as("the name of an argument")?;
        self.expect(TokenKind::LParen)?;
        let value = self.expr()?;
        self.expect(TokenKind::RParen)?;
        Ok(TableFunctionArg { span: self.span_from(start), name, value })
    }

    fn unique_join(&mut self) -> Parsed<Relation> {
        self.expect_keyword(Keyword::UniqueJoin)?;
        let sources = self.comma_separated(Self::unique_join_source)?;
        if sources.len() < 2 {
            self.expect(TokenKind::Comma)?;
        }
        Ok(Relation::UniqueJoin(sources))
    }

    fn unique_join_source(&mut self) -> Parsed<UniqueJoinSource> {
        let start = self.start();
        let preserve = self.eat_keyword(Keyword::Preserve);
        let name = self.table_name()?;
        let sample = self.table_sample()?;
        let alias = self.alias()?;
        let table = TableRef { name, hints: vec![], properties: None, as_of: None, sample, alias };
        let keys = self.parenthesized(Self::expr)?;
        Ok(UniqueJoinSource { span: self.span_from(start), preserve, table, keys })
    }

    fn relation_of_query(&mut self) -> Parsed<Relation> {
        let query = self.subquery()?;
        let alias = self.alias()?;
        if alias.is_none() && !self.is_streaming() {
            return self.expected("an alias");
        }
        Ok(Relation::Subquery { query, alias })
    }

    fn relation_of_join(&mut self) -> Parsed<Relation> {
        self.bump();
        let from = Box::new(self.joined_sources()?);
        self.expect(TokenKind::RParen)?;
        Ok(Relation::Nested(from))
    }

    /// Tells whether the parenthesis here opens a query and not a join.
    fn paren_holds_query(&self) -> bool {
        match self.kind_at(1) {
            TokenKind::Keyword(
                Keyword::Select
                | Keyword::With
                | Keyword::From
                | Keyword::Values
                | Keyword::Map
                | Keyword::Reduce,
            ) => true,
            // `((SELECT ...) UNION ...)` is a query, `((SELECT ...) a JOIN ...)` is not.
            TokenKind::LParen => self.matching_paren(1).is_some_and(|close| {
                let next = self.keyword_at(close + 1);
                matches!(
                    next,
                    Some(
                        Keyword::Union
                            | Keyword::Intersect
                            | Keyword::Except
                            | Keyword::Minus
                            | Keyword::Order
                    )
                ) || self.kind_at(close + 1) == TokenKind::RParen
                    && self.keyword_at(2) == Some(Keyword::Select)
            }),
            _ => false,
        }
    }

    /// Reads `TABLE(VALUES ...) [AS] alias [(column, ...)]`.
    fn relation_of_values(&mut self) -> Parsed<Relation> {
        self.bump();
        self.expect(TokenKind::LParen)?;
        let values = self.values()?;
        self.expect(TokenKind::RParen)?;
        self.eat_keyword(Keyword::As);
        let alias = self.ident_as("an alias")?;
        let columns = if self.at(TokenKind::LParen) { self.column_names()? } else { vec![] };
        Ok(Relation::Values { values, alias, columns })
    }

    fn table_ref(&mut self) -> Parsed<TableRef> {
        let name = self.table_name()?;
        let mut hints = self.table_hints();
        let properties = if self.kind() == TokenKind::LParen && self.kind_at(1) == TokenKind::String
        {
            Some(self.property_list()?)
        } else {
            None
        };
        let sample = self.table_sample()?;
        let as_of = self.as_of()?;
        let alias = self.alias()?;
        hints.append(&mut self.table_hints());
        Ok(TableRef { name, hints, properties, as_of, sample, alias })
    }

    fn as_of(&mut self) -> Parsed<Option<AsOf>> {
        use Keyword as K;
        let start = self.start();
        if !self.eat_keyword(K::For) {
            return Ok(None);
        }
        let kind = if self.eat_keyword(K::SystemTime) {
            AsOfKind::SystemTime
        } else {
            self.expect_keyword(K::SystemVersion)?;
            AsOfKind::SystemVersion
        };
        self.expect_keywords(&[K::As, K::Of])?;
        let value = self.expr()?;
        Ok(Some(AsOf { span: self.span_from(start), kind, value }))
    }

    fn table_sample(&mut self) -> Parsed<Option<TableSample>> {
        use Keyword as K;
        let start = self.start();
        if !self.eat_keyword(K::TableSample) {
            return Ok(None);
        }
        self.expect(TokenKind::LParen)?;
        let kind = if self.eat_keyword(K::Bucket) {
            let bucket = self.plain_number()?;
            self.expect_keywords(&[K::Out, K::Of])?;
            let out_of = self.plain_number()?;
            let on =
                if self.eat_keyword(K::On) { self.comma_separated(Self::expr)? } else { vec![] };
            SampleKind::Bucket { bucket, out_of, on }
        } else if self.kind() == TokenKind::ByteLength {
            let token = self.bump();
            SampleKind::Bytes(self.source(token).to_owned())
        } else {
            let number = self.plain_number()?;
            if self.eat_keyword(K::Percent) {
                SampleKind::Percent(number)
            } else {
                self.expect_keyword(K::Rows)?;
                SampleKind::Rows(number)
            }
        };
        self.expect(TokenKind::RParen)?;
        Ok(Some(TableSample { span: self.span_from(start), kind }))
    }

    /// Reads `[,] LATERAL VIEW [OUTER] ...` or `[,] LATERAL TABLE(VALUES ...) ...`.
    pub(super) fn lateral_view(&mut self) -> Parsed<Option<LateralView>> {
        if self.kind() == TokenKind::Comma && self.keyword_at(1) == Some(Keyword::Lateral) {
            self.bump();
        }
        let start = self.start();
        if !self.eat_keyword(Keyword::Lateral) {
            return Ok(None);
        }
        if self.eat_keyword(Keyword::Table) {
            self.expect(TokenKind::LParen)?;
            let source = LateralSource::Values(self.values()?);
            self.expect(TokenKind::RParen)?;
            self.eat_keyword(Keyword::As);
            let alias = self.ident_as("an alias")?;
            let columns = if self.at(TokenKind::LParen) { self.column_names()? } else { vec![] };
            let span = self.span_from(start);
            return Ok(Some(LateralView { span, outer: false, source, alias, columns }));
        }
        self.expect_keyword(Keyword::View)?;
        let outer = self.eat_keyword(Keyword::Outer);
        let source = LateralSource::Function(self.function()?);
        let alias = self.ident_as("the name of the lateral view")?;
        let mut columns = Vec::new();
        if self.eat_keyword(Keyword::As) {
            columns.push(self.ident_as("a column name")?);
            while self.kind() == TokenKind::Comma && self.is_name(1) {
                self.bump();
                columns.push(self.ident_unchecked());
            }
        }
        let span = self.span_from(start);
        Ok(Some(LateralView { span, outer, source, alias, columns }))
    }

    /// Reads `t.*` or `db.t.*`, if that is what comes; returns what stands before the star.
    pub(super) fn qualified_wildcard(&mut self) -> Option<ObjectName> {
        let mut ahead = 0;
        while self.is_name(ahead) && self.kind_at(ahead + 1) == TokenKind::Dot {
            ahead += 2;
        }
        // A table's name has at most three parts.
        if ahead == 0 || ahead > 6 || self.kind_at(ahead) != TokenKind::Star {
            return None;
        }
        let start = self.start();
        let mut parts = Vec::new();
        for _ in 0..ahead / 2 {
            parts.push(self.ident_unchecked());
            self.bump();
        }
        // The name ends before the dot that has just been read.
        let end = self.tokens[self.pos - 2].end;
        let span = self.origin.span(start, end);
        self.bump();
        Some(ObjectName { span, parts })
    }
}
