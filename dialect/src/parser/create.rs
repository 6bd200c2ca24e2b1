//! `CREATE`: what is created, and `CREATE TABLE`.

use super::{Failed, Parsed, Parser, hint};
use crate::ast::{
    ClusteredBy, CreateLike, CreateTable, PartitionTransform, PartitionedBy, PartitionedByKind,
    Properties, SkewedBy, SkewedValues, StatementKind, TableModifier, TransformKind,
};
use crate::token::{Keyword, TokenKind};

/// The clauses behind the columns of a table, in the order that Hive demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Clause {
    Columns,
    Comment,
    Partitioned,
    Clustered,
    Write,
    Skewed,
    RowFormat,
    Stored,
    Location,
    Properties,
    Options,
    Query,
}

impl Parser<'_> {
    pub(super) fn create_statement(&mut self) -> Parsed<StatementKind> {
        use Keyword as K;
        let start = self.start();
        self.expect_keyword(K::Create)?;
        if let Some(statement) = self.create_workload()? {
            return Ok(statement);
        }
        if self.eat_keyword(K::Role) {
            return self.create_role();
        }
        if self.eat_keywords(&[K::Scheduled, K::Query]) {
            return self.create_scheduled_query();
        }
        let words = [K::View, K::Materialized, K::Database, K::Schema, K::Function, K::Connector];
        match words.into_iter().find(|word| self.eat_keyword(*word)) {
            Some(K::View) => return self.create_view(false),
            Some(K::Materialized) => return self.create_materialized_view(),
            Some(K::Database | K::Schema) => return self.create_database(false),
            Some(K::Function) => return self.create_function(false),
            Some(_) => return self.create_connector(),
            None => {}
        }
        if self.at_keyword(K::Or) {
            return self.create_or_replace(start);
        }
        if self.eat_keyword(K::Remote) {
            if !self.eat_keyword(K::Schema) {
                self.expect_keyword(K::Database)?;
            }
            return self.create_database(true);
        }
        if self.keyword_at(0) == Some(K::Temporary) {
            match self.keyword_at(1) {
                Some(K::Function) => {
                    self.pos += 2;
                    return self.create_function(true);
                }
                Some(K::Macro) => {
                    self.pos += 2;
                    return self.create_macro();
                }
                _ => {}
            }
        }
        let modifiers = self.table_modifiers();
        if self.eat_keyword(K::Table) {
            return self.create_table(modifiers);
        }
        if self.is_streaming() && modifiers.is_empty() && self.eat_word("CATALOG") {
            return self.create_catalog();
        }
        if let Some((message, hint)) = hint::other_create(self.keyword_at(0)) {
            self.bump();
            let span = self.span_from(start);
            return self.fail(span, message, hint);
        }
        Err(Failed)
    }

    /// Reads `OR REPLACE VIEW`: only views can be replaced.
    fn create_or_replace(&mut self, start: u32) -> Parsed<StatementKind> {
        use Keyword as K;
        self.expect_keywords(&[K::Or, K::Replace])?;
        if self.eat_keyword(K::View) {
            return self.create_view(true);
        }
        let span = self.span_from(start);
        let hint = match self.keyword_at(0) {
            Some(K::Materialized) => "write DROP MATERIALIZED VIEW IF EXISTS before it",
            _ => "write CREATE TABLE IF NOT EXISTS, or DROP TABLE IF EXISTS before it",
        };
        self.fail(span, "only a view can be created with OR REPLACE", hint)
    }

    /// Reads the words before `TABLE`; `MANAGED` stands alone.
    fn table_modifiers(&mut self) -> Vec<TableModifier> {
        use Keyword as K;
        if self.eat_keyword(K::Managed) {
            return vec![TableModifier::Managed];
        }
        let words = [
            (K::Temporary, TableModifier::Temporary),
            (K::Transactional, TableModifier::Transactional),
            (K::External, TableModifier::External),
        ];
        words.into_iter().filter_map(|(k, word)| self.eat_keyword(k).then_some(word)).collect()
    }

    fn create_table(&mut self, modifiers: Vec<TableModifier>) -> Parsed<StatementKind> {
        let if_not_exists = self.if_not_exists()?;
        let name = self.table_name()?;
        let mut table = CreateTable { modifiers, if_not_exists, ..CreateTable::named(name) };
        if self.at_keyword(Keyword::Like) {
            table.like = Some(self.create_like()?);
        } else if self.at(TokenKind::LParen) {
            table.elements = self.parenthesized(Self::table_element)?;
        }
        let mut last = Clause::Columns;
        while let Some(clause) = self.next_clause() {
            self.check_order(clause, last)?;
            self.check_like(clause, &table)?;
            self.clause_into(clause, &mut table)?;
            last = clause;
        }
        Ok(StatementKind::CreateTable(Box::new(table)))
    }

    /// Looks at the clause that comes next.
    fn next_clause(&mut self) -> Option<Clause> {
        use Keyword as K;
        let clauses = [
            (K::Comment, Clause::Comment),
            (K::Partitioned, Clause::Partitioned),
            (K::Clustered, Clause::Clustered),
            (K::Write, Clause::Write),
            (K::Skewed, Clause::Skewed),
            (K::Row, Clause::RowFormat),
            (K::Stored, Clause::Stored),
            (K::Location, Clause::Location),
            (K::TblProperties, Clause::Properties),
            (K::As, Clause::Query),
        ];
        let clause = clauses.into_iter().find_map(|(k, c)| self.at_keyword(k).then_some(c));
        let options = clause.is_none() && self.is_streaming() && self.at_keyword(K::With);
        if options { Some(Clause::Options) } else { clause }
    }

    /// Fails if a clause cannot stand behind `LIKE`.
    fn check_like(&mut self, clause: Clause, table: &CreateTable) -> Parsed<()> {
        use Clause as C;
        let managed = table.has(TableModifier::Managed);
        let allowed = match clause {
            C::Partitioned => !managed,
            C::RowFormat | C::Stored | C::Location | C::Properties | C::Options => true,
            _ => false,
        };
        if table.like.is_none() || allowed {
            return Ok(());
        }
        let span = self.span_of(self.token());
        let message = format!("{} cannot stand behind LIKE", clause.text());
        self.fail(span, message, "the table is as the other one: remove it")
    }

    /// Fails if a clause is not behind the last one in Hive's order.
    fn check_order(&mut self, clause: Clause, last: Clause) -> Parsed<()> {
        if clause > last {
            return Ok(());
        }
        let token = self.token();
        let (this, before) = (clause.text(), last.text());
        let span = self.span_of(token);
        if clause == last {
            return self.fail(span, format!("{this} is written twice"), "remove one of them");
        }
        let hint = format!(
            "move {this} before {before}: Hive's order is COMMENT, PARTITIONED BY, CLUSTERED BY, \
             WRITE LOCALLY ORDERED BY, SKEWED BY, ROW FORMAT, STORED, LOCATION, TBLPROPERTIES, WITH, AS"
        );
        self.fail(span, format!("{this} must stand before {before}"), &hint)
    }

    fn clause_into(&mut self, clause: Clause, table: &mut CreateTable) -> Parsed<()> {
        use Keyword as K;
        match clause {
            Clause::Columns => {}
            Clause::Comment => {
                self.bump();
                table.comment = Some(self.string()?);
            }
            Clause::Partitioned => table.partitioned_by = Some(self.partitioned_by()?),
            Clause::Clustered => table.clustered_by = Some(self.clustered_by()?),
            Clause::Write => {
                self.bump();
                self.expect_keywords(&[K::Locally, K::Ordered, K::By])?;
                table.write_ordered_by = self.comma_separated(Self::column_order)?;
            }
            Clause::Skewed => table.skewed_by = Some(self.skewed_by()?),
            Clause::RowFormat => table.row_format = self.row_format()?,
            Clause::Stored => table.storage = self.storage()?,
            Clause::Location => {
                self.bump();
                table.location = Some(self.string()?);
            }
            Clause::Properties => table.properties = Some(self.properties()?),
            Clause::Options => table.options = Some(self.properties()?),
            Clause::Query => {
                self.bump();
                table.query = Some(self.defining_query()?);
            }
        }
        Ok(())
    }

    /// Reads a word and `('key' = 'value', ...)`.
    pub(super) fn properties(&mut self) -> Parsed<Properties> {
        let start = self.start();
        self.bump();
        let mut properties = self.property_list()?;
        properties.span = self.span_from(start);
        Ok(properties)
    }

    fn create_like(&mut self) -> Parsed<CreateLike> {
        self.expect_keyword(Keyword::Like)?;
        // What Hive reads as a file is one, also where a table's name was meant.
        if self.keyword_at(0) == Some(Keyword::File) && self.is_name(1) {
            self.bump();
            let format = self.ident_as("a file format")?;
            return Ok(CreateLike::File { format, path: self.string()? });
        }
        let table = self.table_name()?;
        if let [first, _, ..] = table.parts.as_slice()
            && !first.quoted
            && first.is("FILE")
        {
            let hint = "write `file` in backticks";
            return self.fail(first.span, "LIKE FILE needs a format and a path", hint);
        }
        Ok(CreateLike::Table(table))
    }

    fn partitioned_by(&mut self) -> Parsed<PartitionedBy> {
        let start = self.start();
        self.expect_keywords(&[Keyword::Partitioned, Keyword::By])?;
        let kind = if self.eat_keyword(Keyword::Spec) {
            PartitionedByKind::Spec(self.parenthesized(Self::partition_transform)?)
        } else if matches!(self.kind_at(2), TokenKind::Comma | TokenKind::RParen) {
            PartitionedByKind::Names(self.column_names()?)
        } else {
            PartitionedByKind::Columns(self.parenthesized(Self::column)?)
        };
        Ok(PartitionedBy { span: self.span_from(start), kind })
    }

    pub(super) fn partition_transform(&mut self) -> Parsed<PartitionTransform> {
        use Keyword as K;
        let start = self.start();
        let call = self.kind_at(1) == TokenKind::LParen;
        let kind = match self.keyword_at(0) {
            Some(K::Year) if call => TransformKind::Year,
            Some(K::Month) if call => TransformKind::Month,
            Some(K::Day) if call => TransformKind::Day,
            Some(K::Hour) if call => TransformKind::Hour,
            Some(keyword @ (K::Truncate | K::Bucket)) if call => {
                self.bump();
                self.bump();
                let number = self.plain_number()?;
                self.expect(TokenKind::Comma)?;
                let column = self.new_column_name()?;
                self.expect(TokenKind::RParen)?;
                let kind = if keyword == K::Bucket {
                    TransformKind::Bucket(number)
                } else {
                    TransformKind::Truncate(number)
                };
                return Ok(PartitionTransform { span: self.span_from(start), kind, column });
            }
            _ => {
                let column = self.new_column_name()?;
                let kind = TransformKind::Identity;
                return Ok(PartitionTransform { span: self.span_from(start), kind, column });
            }
        };
        self.bump();
        self.bump();
        let column = self.new_column_name()?;
        self.expect(TokenKind::RParen)?;
        Ok(PartitionTransform { span: self.span_from(start), kind, column })
    }

    pub(super) fn clustered_by(&mut self) -> Parsed<ClusteredBy> {
        use Keyword as K;
        let start = self.start();
        self.expect_keywords(&[K::Clustered, K::By])?;
        let columns = self.column_names()?;
        let sorted_by = if self.eat_keyword(K::Sorted) {
            self.expect_keyword(K::By)?;
            self.parenthesized(Self::column_order)?
        } else {
            vec![]
        };
        self.expect_keyword(K::Into)?;
        let buckets = self.plain_number()?;
        self.expect_keyword(K::Buckets)?;
        Ok(ClusteredBy { span: self.span_from(start), columns, sorted_by, buckets })
    }

    pub(super) fn skewed_by(&mut self) -> Parsed<SkewedBy> {
        use Keyword as K;
        let start = self.start();
        self.expect_keywords(&[K::Skewed, K::By])?;
        let columns = self.column_names()?;
        self.expect_keyword(K::On)?;
        let values = if self.kind_at(1) == TokenKind::LParen {
            SkewedValues::Tuples(self.parenthesized(|p| p.parenthesized(Self::constant))?)
        } else {
            SkewedValues::Single(self.parenthesized(Self::constant)?)
        };
        let stored_as_directories = self.eat_keywords(&[K::Stored, K::As, K::Directories]);
        Ok(SkewedBy { span: self.span_from(start), columns, values, stored_as_directories })
    }
}

impl Clause {
    const fn text(self) -> &'static str {
        match self {
            Self::Columns => "the columns",
            Self::Comment => "COMMENT",
            Self::Partitioned => "PARTITIONED BY",
            Self::Clustered => "CLUSTERED BY",
            Self::Write => "WRITE LOCALLY ORDERED BY",
            Self::Skewed => "SKEWED BY",
            Self::RowFormat => "ROW FORMAT",
            Self::Stored => "STORED",
            Self::Location => "LOCATION",
            Self::Properties => "TBLPROPERTIES",
            Self::Options => "WITH",
            Self::Query => "AS",
        }
    }
}
