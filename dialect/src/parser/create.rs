//! `CREATE` and `DROP` of tables and databases.

use super::{Failed, Parsed, Parser, hint};
use crate::ast::{
    ClusteredBy, CreateDatabase, CreateLike, CreateTable, DropBehavior, DropDatabase, DropTable,
    PartitionTransform, PartitionedBy, PartitionedByKind, Properties, SkewedBy, SkewedValues,
    StatementKind, TableModifier, TransformKind,
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
        let mut modifiers = Vec::new();
        let words = [
            (K::Temporary, TableModifier::Temporary),
            (K::Transactional, TableModifier::Transactional),
            (K::External, TableModifier::External),
            (K::Managed, TableModifier::Managed),
        ];
        for (keyword, modifier) in words {
            if self.eat_keyword(keyword) {
                modifiers.push(modifier);
            }
        }
        if self.eat_keyword(K::Table) {
            return self.create_table(modifiers);
        }
        if modifiers.is_empty() {
            if self.is_streaming() && self.eat_word("CATALOG") {
                return self.create_catalog();
            }
            let remote = self.eat_keyword(K::Remote);
            if self.eat_keyword(K::Database) || self.eat_keyword(K::Schema) {
                return self.create_database(remote.then_some(()));
            }
        }
        if let Some((message, hint)) = hint::other_create(self.keyword_at(0), self.keyword_at(1)) {
            self.bump();
            let span = self.span_from(start);
            return self.fail(span, message, hint);
        }
        Err(Failed)
    }

    fn create_table(&mut self, modifiers: Vec<TableModifier>) -> Parsed<StatementKind> {
        let if_not_exists = self.if_not_exists()?;
        let name = self.table_name()?;
        let mut table = CreateTable {
            modifiers,
            if_not_exists,
            name,
            like: None,
            elements: Vec::new(),
            comment: None,
            partitioned_by: None,
            clustered_by: None,
            write_ordered_by: Vec::new(),
            skewed_by: None,
            row_format: None,
            storage: None,
            location: None,
            properties: None,
            options: None,
            query: None,
        };
        if self.at_keyword(Keyword::Like) {
            table.like = Some(self.create_like()?);
        } else if self.at(TokenKind::LParen) {
            table.elements = self.parenthesized(Self::table_element)?;
        }
        let mut last = Clause::Columns;
        while let Some(clause) = self.next_clause() {
            self.check_order(clause, last)?;
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
            (K::With, Clause::Options),
            (K::As, Clause::Query),
        ];
        clauses.into_iter().find_map(|(k, clause)| self.at_keyword(k).then_some(clause))
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
             SKEWED BY, ROW FORMAT, STORED, LOCATION, TBLPROPERTIES, WITH, AS"
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
                self.eat_keyword(K::Locally);
                self.expect_keywords(&[K::Ordered, K::By])?;
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
                table.query = Some(self.query()?);
            }
        }
        Ok(())
    }

    /// Reads a word and `('key' = 'value', ...)`.
    pub(super) fn properties(&mut self) -> Parsed<Properties> {
        let start = self.start();
        self.bump();
        let mut properties = self.key_value_list()?;
        properties.span = self.span_from(start);
        Ok(properties)
    }

    fn create_like(&mut self) -> Parsed<CreateLike> {
        self.expect_keyword(Keyword::Like)?;
        let file = self.keyword_at(0) == Some(Keyword::File) && self.is_name(1);
        if file && self.kind_at(2) == TokenKind::String {
            self.bump();
            let format = self.ident_as("a file format")?;
            return Ok(CreateLike::File { format, path: self.string()? });
        }
        Ok(CreateLike::Table(self.table_name()?))
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

    fn partition_transform(&mut self) -> Parsed<PartitionTransform> {
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
                let column = self.ident_as("a column name")?;
                self.expect(TokenKind::RParen)?;
                let kind = if keyword == K::Bucket {
                    TransformKind::Bucket(number)
                } else {
                    TransformKind::Truncate(number)
                };
                return Ok(PartitionTransform { span: self.span_from(start), kind, column });
            }
            _ => {
                let column = self.ident_as("a column name")?;
                let kind = TransformKind::Identity;
                return Ok(PartitionTransform { span: self.span_from(start), kind, column });
            }
        };
        self.bump();
        self.bump();
        let column = self.ident_as("a column name")?;
        self.expect(TokenKind::RParen)?;
        Ok(PartitionTransform { span: self.span_from(start), kind, column })
    }

    fn clustered_by(&mut self) -> Parsed<ClusteredBy> {
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

    fn skewed_by(&mut self) -> Parsed<SkewedBy> {
        use Keyword as K;
        let start = self.start();
        self.expect_keywords(&[K::Skewed, K::By])?;
        let columns = self.column_names()?;
        self.expect_keyword(K::On)?;
        let values = if self.kind_at(1) == TokenKind::LParen {
            SkewedValues::Tuples(self.parenthesized(|p| p.parenthesized(Self::literal))?)
        } else {
            SkewedValues::Single(self.parenthesized(Self::literal)?)
        };
        let stored_as_directories = self.eat_keywords(&[K::Stored, K::As, K::Directories]);
        Ok(SkewedBy { span: self.span_from(start), columns, values, stored_as_directories })
    }

    /// Reads what stands behind `CREATE [REMOTE] DATABASE`.
    fn create_database(&mut self, remote: Option<()>) -> Parsed<StatementKind> {
        use Keyword as K;
        let if_not_exists = self.if_not_exists()?;
        let name = self.ident_as("a database name")?;
        let mut database = CreateDatabase {
            remote: remote.is_some(),
            if_not_exists,
            name,
            comment: None,
            location: None,
            managed_location: None,
            connector: None,
            properties: None,
        };
        if self.eat_keyword(K::Comment) {
            database.comment = Some(self.string()?);
        }
        if database.remote {
            self.expect_keyword(K::Using)?;
            database.connector = Some(self.ident_as("the name of a connector")?);
        } else {
            if self.eat_keyword(K::Location) {
                database.location = Some(self.string()?);
            }
            if self.eat_keyword(K::ManagedLocation) {
                database.managed_location = Some(self.string()?);
            }
        }
        let start = self.start();
        if self.eat_keyword(K::With) {
            self.expect_keyword(K::DbProperties)?;
            let mut properties = self.key_value_list()?;
            properties.span = self.span_from(start);
            database.properties = Some(properties);
        }
        Ok(StatementKind::CreateDatabase(Box::new(database)))
    }

    pub(super) fn drop_statement(&mut self) -> Parsed<StatementKind> {
        use Keyword as K;
        let start = self.start();
        self.expect_keyword(K::Drop)?;
        if self.eat_keyword(K::Table) {
            let if_exists = self.if_exists()?;
            let name = self.table_name()?;
            let purge = self.eat_keyword(K::Purge);
            return Ok(StatementKind::DropTable(DropTable { if_exists, name, purge }));
        }
        if self.eat_keyword(K::Database) || self.eat_keyword(K::Schema) {
            let if_exists = self.if_exists()?;
            let name = self.ident_as("a database name")?;
            let behavior = if self.eat_keyword(K::Cascade) {
                Some(DropBehavior::Cascade)
            } else if self.eat_keyword(K::Restrict) {
                Some(DropBehavior::Restrict)
            } else {
                None
            };
            return Ok(StatementKind::DropDatabase(DropDatabase { if_exists, name, behavior }));
        }
        if let Some(what) = hint::other_drop(self.keyword_at(0)) {
            self.bump();
            let message = format!("the statement DROP {what} is not supported");
            return self.fail(self.span_from(start), message, "");
        }
        Err(Failed)
    }
}

impl Clause {
    const fn text(self) -> &'static str {
        match self {
            Self::Columns => "the columns",
            Self::Comment => "COMMENT",
            Self::Partitioned => "PARTITIONED BY",
            Self::Clustered => "CLUSTERED BY",
            Self::Write => "WRITE ORDERED BY",
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
