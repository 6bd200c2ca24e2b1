//! Queries: `WITH`, set operations, `SELECT` and the clauses behind them.

use super::{Failed, Parsed, Parser};
use crate::ast::{
    Cte, Expr, ExprKind, From, GroupBy, GroupByModifier, GroupingSet, Ident, Limit, Literal, Query,
    QueryBody, Select, SelectItem, SetOperation, SetOperationRest, SetOperator, SetQuantifier,
    Span, Values, ValuesRow, With,
};
use crate::token::{Keyword, TokenKind};

impl Parser<'_> {
    /// Reads a query, perhaps with `WITH`; `FROM` does not come first.
    pub(super) fn query(&mut self) -> Parsed<Box<Query>> {
        self.nested(|p| {
            let with = if p.at_keyword(Keyword::With) { Some(p.with_clause()?) } else { None };
            p.query_after(with)
        })
    }

    /// Reads a query behind its `WITH`.
    pub(super) fn query_after(&mut self, with: Option<With>) -> Parsed<Box<Query>> {
        let start = self.start();
        let first = self.query_atom()?;
        Ok(add_with(with, self.query_rest(start, first)?))
    }

    /// Reads a query without `WITH`: an operand, or what stands in an expression.
    pub(super) fn select_statement(&mut self) -> Parsed<Box<Query>> {
        self.nested(|p| p.query_after(None))
    }

    /// Reads `(query)` of any kind: a source of rows, or a named subquery.
    pub(super) fn subquery(&mut self) -> Parsed<Box<Query>> {
        self.expect(TokenKind::LParen)?;
        let query = self.nested(|p| {
            let with = if p.at_keyword(Keyword::With) { Some(p.with_clause()?) } else { None };
            if !p.at_keyword(Keyword::From) {
                return p.query_after(with);
            }
            let start = p.start();
            let from = p.clause_from()?;
            let query = p.branch_query()?;
            p.leading_from_query(start, with, (from, query))
        })?;
        self.expect(TokenKind::RParen)?;
        Ok(query)
    }

    /// Reads what stands behind the first operand of a query.
    pub(super) fn query_rest(&mut self, start: u32, first: QueryBody) -> Parsed<Box<Query>> {
        let rest = self.set_operations()?;
        let body = if rest.is_empty() {
            first
        } else {
            QueryBody::SetOperation(Box::new(SetOperation { first, rest }))
        };
        self.query_tail(start, body)
    }

    fn set_operations(&mut self) -> Parsed<Vec<SetOperationRest>> {
        let mut rest = Vec::new();
        while let Some((op, quantifier)) = self.set_operator() {
            let start = self.tokens[self.pos - 1].start;
            let operand = self.query_atom()?;
            rest.push(SetOperationRest { span: self.span_from(start), op, quantifier, operand });
        }
        Ok(rest)
    }

    /// Reads the clauses that sort and limit.
    pub(super) fn query_tail(&mut self, start: u32, body: QueryBody) -> Parsed<Box<Query>> {
        let mut query = Box::new(Query::of(body));
        if self.eat_clause(Keyword::Order)? {
            query.order_by = self.sort_items()?;
        }
        if self.eat_clause(Keyword::Cluster)? {
            query.cluster_by = self.expressions()?;
        }
        if self.eat_clause(Keyword::Distribute)? {
            query.distribute_by = self.expressions()?;
        }
        if self.eat_clause(Keyword::Sort)? {
            query.sort_by = self.sort_items_or_parens()?;
        }
        query.limit = self.limit()?;
        query.span = self.span_from(start);
        Ok(query)
    }

    /// Reads `keyword BY` if it is there. `SORT`, `CLUSTER` and `DISTRIBUTE` are also names.
    pub(super) fn eat_clause(&mut self, keyword: Keyword) -> Parsed<bool> {
        let there = self.eat_keyword(keyword);
        if there {
            self.expect_keyword(Keyword::By)?;
        }
        Ok(there)
    }

    pub(super) fn with_clause(&mut self) -> Parsed<With> {
        let start = self.start();
        self.expect_keyword(Keyword::With)?;
        let ctes = self.comma_separated(Self::cte)?;
        Ok(With { span: self.span_from(start), ctes })
    }

    fn cte(&mut self) -> Parsed<Cte> {
        let start = self.start();
        let name = self.ident_as("the name of a subquery")?;
        let columns = if self.at(TokenKind::LParen) { self.column_names()? } else { vec![] };
        self.expect_keyword(Keyword::As)?;
        let query = self.subquery()?;
        Ok(Cte { span: self.span_from(start), name, columns, query })
    }

    /// Reads a set operator. `MINUS` is the word; the sign belongs to expressions.
    fn set_operator(&mut self) -> Option<(SetOperator, Option<SetQuantifier>)> {
        let operators = [
            (Keyword::Union, SetOperator::Union),
            (Keyword::Intersect, SetOperator::Intersect),
            (Keyword::Except, SetOperator::Except),
            (Keyword::Minus, SetOperator::Minus),
        ];
        let op = operators.into_iter().find_map(|(k, op)| self.eat_keyword(k).then_some(op))?;
        Some((op, self.set_quantifier()))
    }

    /// Tells whether what comes next can only go on a query that has just been read.
    pub(super) fn at_query_rest(&self) -> bool {
        use Keyword as K;
        let by = self.keyword_at(1) == Some(K::By);
        match self.keyword_at(0) {
            Some(K::Union | K::Intersect | K::Except | K::Minus) => true,
            Some(K::Order | K::Cluster | K::Distribute | K::Sort) => by,
            Some(K::Limit) => matches!(self.kind_at(1), TokenKind::Number(_)),
            _ => false,
        }
    }

    /// Reads `ALL` or `DISTINCT`.
    pub(super) fn set_quantifier(&mut self) -> Option<SetQuantifier> {
        if self.eat_keyword(Keyword::All) {
            Some(SetQuantifier::All)
        } else if self.eat_keyword(Keyword::Distinct) {
            Some(SetQuantifier::Distinct)
        } else {
            None
        }
    }

    fn query_atom(&mut self) -> Parsed<QueryBody> {
        // One call for all kinds keeps this frame, which recursion goes through, small.
        let rule: fn(&mut Self) -> Parsed<QueryBody> = match self.kind() {
            TokenKind::Keyword(Keyword::Select | Keyword::Map | Keyword::Reduce) => {
                |p| p.select().map(QueryBody::Select)
            }
            TokenKind::Keyword(Keyword::Values) => |p| p.values().map(QueryBody::Values),
            TokenKind::LParen => |p| p.select_subquery().map(QueryBody::Nested),
            _ => {
                self.at_keyword(Keyword::Select);
                self.at_keyword(Keyword::Values);
                self.at(TokenKind::LParen);
                return Err(Failed);
            }
        };
        rule(self)
    }

    fn select(&mut self) -> Parsed<Box<Select>> {
        let start = self.start();
        let mut select = self.select_list()?;
        if self.at_keyword(Keyword::From) {
            select.from = Some(self.clause_from()?);
        }
        self.clauses_into(&mut select)?;
        select.span = self.span_from(start);
        Ok(select)
    }

    /// Makes a query of `FROM source` and the `SELECT ...` behind it, and reads set operators,
    /// each with a query of the same kind, behind that.
    pub(super) fn leading_from_query(
        &mut self,
        start: u32,
        with: Option<With>,
        (from, query): (From, Box<Query>),
    ) -> Parsed<Box<Query>> {
        let first = self.with_source(start, from, query);
        let mut rest = Vec::new();
        while let Some((op, quantifier)) = self.set_operator() {
            let op_start = self.tokens[self.pos - 1].start;
            let start = self.start();
            let from = self.clause_from()?;
            let query = self.branch_query()?;
            let operand = unparenthesized(self.with_source(start, from, query));
            rest.push(SetOperationRest { span: self.span_from(op_start), op, quantifier, operand });
        }
        if rest.is_empty() {
            return Ok(add_with(with, first));
        }
        let first = unparenthesized(first);
        let body = QueryBody::SetOperation(Box::new(SetOperation { first, rest }));
        let mut query = Box::new(Query::of(body));
        query.span = self.span_from(start);
        Ok(add_with(with, query))
    }

    fn with_source(&self, start: u32, from: From, mut query: Box<Query>) -> Box<Query> {
        if let QueryBody::Select(select) = &mut query.body {
            select.span = from.span.to(select.span);
            select.from = Some(from);
        }
        query.span = self.span_from(start);
        query
    }

    /// Reads `SELECT ...` and the clauses that sort and limit, behind a `FROM` that came first.
    pub(super) fn branch_query(&mut self) -> Parsed<Box<Query>> {
        let start = self.start();
        let select = self.branch_select()?;
        self.query_tail(start, QueryBody::Select(select))
    }

    /// Reads `SELECT ...` behind a `FROM` that came first.
    fn branch_select(&mut self) -> Parsed<Box<Select>> {
        let start = self.start();
        let mut select = self.select_list()?;
        select.from_first = true;
        select.lateral_view = self.lateral_view()?;
        self.clauses_into(&mut select)?;
        select.span = self.span_from(start);
        Ok(select)
    }

    /// Reads `SELECT [hint] [ALL | DISTINCT] item, ...`.
    fn select_list(&mut self) -> Parsed<Box<Select>> {
        let (hints, quantifier, items) = if self.at_script() {
            (Vec::new(), None, vec![self.map_or_reduce()?])
        } else {
            self.expect_keyword(Keyword::Select)?;
            let hints = self.hints();
            let quantifier = self.set_quantifier();
            let items = if quantifier.is_none() && self.eat_keyword(Keyword::Transform) {
                vec![self.select_transform()?]
            } else {
                self.comma_separated(Self::select_item)?
            };
            (hints, quantifier, items)
        };
        Ok(Box::new(Select {
            span: Span::default(),
            hints,
            quantifier,
            items,
            from: None,
            from_first: false,
            lateral_view: None,
            filter: None,
            group_by: None,
            having: None,
            windows: Vec::new(),
            qualify: None,
        }))
    }

    /// Reads the clauses behind `FROM`.
    fn clauses_into(&mut self, select: &mut Select) -> Parsed<()> {
        if self.eat_keyword(Keyword::Where) {
            select.filter = Some(self.expr()?);
        }
        if self.at_keyword(Keyword::Group) {
            select.group_by = Some(self.group_by()?);
        }
        if self.eat_keyword(Keyword::Having) {
            select.having = Some(self.expr()?);
        }
        if self.eat_keyword(Keyword::Window) {
            select.windows = self.comma_separated(Self::window_def)?;
        }
        if self.eat_keyword(Keyword::Qualify) {
            select.qualify = Some(self.expr()?);
        }
        Ok(())
    }

    fn select_item(&mut self) -> Parsed<SelectItem> {
        let start = self.start();
        if self.kind() == TokenKind::Star {
            let star = self.bump();
            return Ok(SelectItem::Wildcard(self.span_of(star)));
        }
        if let Some(qualifier) = self.qualified_wildcard() {
            return Ok(SelectItem::QualifiedWildcard { span: self.span_from(start), qualifier });
        }
        let expr = self.expr()?;
        let aliases = self.select_aliases()?;
        Ok(SelectItem::Expr { span: self.span_from(start), expr, aliases })
    }

    fn select_aliases(&mut self) -> Parsed<Vec<Ident>> {
        if !self.eat_keyword(Keyword::As) {
            return Ok(self.bare_alias().into_iter().collect());
        }
        if self.at(TokenKind::LParen) {
            return self.parenthesized(|p| p.ident_as("an alias"));
        }
        Ok(vec![self.ident_as("an alias")?])
    }

    /// Reads `[AS] alias`.
    pub(super) fn alias(&mut self) -> Parsed<Option<Ident>> {
        if self.eat_keyword(Keyword::As) {
            return Ok(Some(self.ident_as("an alias")?));
        }
        Ok(self.bare_alias())
    }

    /// Reads an alias without `AS`. A word that begins the next clause is none.
    fn bare_alias(&mut self) -> Option<Ident> {
        let clause = self.at_query_rest()
            || self.keyword_at(0) == Some(Keyword::Offset)
                && matches!(self.kind_at(1), TokenKind::Number(_));
        (self.is_name(0) && !clause).then(|| self.ident_unchecked())
    }

    fn group_by(&mut self) -> Parsed<GroupBy> {
        let start = self.start();
        self.expect_keywords(&[Keyword::Group, Keyword::By])?;
        let standard = match self.keyword_at(0) {
            Some(Keyword::Rollup) => Some(GroupByModifier::Rollup),
            Some(Keyword::Cube) => Some(GroupByModifier::Cube),
            _ => None,
        };
        if standard.is_some() {
            self.bump();
            let exprs = self.parenthesized(Self::expr)?;
            return Ok(GroupBy { span: self.span_from(start), exprs, modifier: standard });
        }
        if self.kind() == TokenKind::LParen && self.kind_at(1) == TokenKind::RParen {
            self.bump();
            self.bump();
            return Ok(GroupBy { span: self.span_from(start), exprs: vec![], modifier: None });
        }
        let exprs = self.comma_separated(Self::expr)?;
        let modifier = if self.eat_keywords(&[Keyword::With, Keyword::Rollup]) {
            Some(GroupByModifier::WithRollup)
        } else if self.eat_keywords(&[Keyword::With, Keyword::Cube]) {
            Some(GroupByModifier::WithCube)
        } else if self.eat_keyword(Keyword::Grouping) {
            self.expect_keyword(Keyword::Sets)?;
            Some(GroupByModifier::GroupingSets(self.parenthesized(Self::grouping_set)?))
        } else {
            None
        };
        Ok(GroupBy { span: self.span_from(start), exprs, modifier })
    }

    fn grouping_set(&mut self) -> Parsed<GroupingSet> {
        let start = self.start();
        if self.kind() != TokenKind::LParen {
            let exprs = vec![self.expr()?];
            return Ok(GroupingSet { span: self.span_from(start), exprs });
        }
        self.bump();
        // Hive's grammar lets the first expression be missing.
        if self.kind() == TokenKind::Comma && !self.is_streaming() {
            self.bump();
        }
        let exprs = if self.kind() == TokenKind::RParen {
            vec![]
        } else {
            self.comma_separated(Self::expr)?
        };
        self.expect(TokenKind::RParen)?;
        Ok(GroupingSet { span: self.span_from(start), exprs })
    }

    /// Reads `VALUES (...), ...`.
    pub(super) fn values(&mut self) -> Parsed<Values> {
        let start = self.start();
        self.expect_keyword(Keyword::Values)?;
        let rows = self.comma_separated(Self::values_row)?;
        let second = rows.iter().skip(1).flat_map(|row| row.aliases.iter().flatten()).next();
        if let Some(alias) = second {
            return self.fail(alias.span, "only the first row can name the columns", "");
        }
        Ok(Values { span: self.span_from(start), rows })
    }

    pub(super) fn values_row(&mut self) -> Parsed<ValuesRow> {
        let start = self.start();
        let mut row = ValuesRow { span: Span::default(), values: vec![], aliases: vec![] };
        self.expect(TokenKind::LParen)?;
        loop {
            row.values.push(self.expr_or_default()?);
            row.aliases.push(self.alias()?);
            if !self.eat(TokenKind::Comma) {
                break;
            }
        }
        self.expect(TokenKind::RParen)?;
        if row.aliases.iter().all(Option::is_none) {
            row.aliases.clear();
        }
        row.span = self.span_from(start);
        Ok(row)
    }

    pub(super) fn limit(&mut self) -> Parsed<Option<Limit>> {
        let start = self.start();
        if !self.eat_keyword(Keyword::Limit) {
            return Ok(None);
        }
        let first = self.limit_number()?;
        let (count, offset) = if self.eat(TokenKind::Comma) {
            (self.limit_number()?, Some(first))
        } else if self.eat_keyword(Keyword::Offset) {
            (first, Some(self.limit_number()?))
        } else {
            (first, None)
        };
        Ok(Some(Limit { span: self.span_from(start), count, offset }))
    }

    fn limit_number(&mut self) -> Parsed<Expr> {
        if self.is_streaming() && self.kind() == TokenKind::Question {
            return self.constant();
        }
        let number = self.plain_number()?;
        let span = number.span;
        Ok(Expr { span, kind: ExprKind::Literal(Literal::Number(number)) })
    }
}

fn add_with(with: Option<With>, mut query: Box<Query>) -> Box<Query> {
    if let Some(with) = with {
        query.span = with.span.to(query.span);
        query.with = Some(with);
    }
    query
}

/// Makes an operand of `FROM ... SELECT ...`, which stands without parentheses.
fn unparenthesized(query: Box<Query>) -> QueryBody {
    if query.has_no_tail() { query.body } else { QueryBody::Nested(query) }
}
