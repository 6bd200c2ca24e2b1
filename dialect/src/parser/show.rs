//! `SHOW`.

use super::{Parsed, Parser};
use crate::ast::{
    GrantObject, Ident, NumberSuffix, Pattern, Show, ShowCompactions, ShowGrantObject,
    ShowPartitions, ShowPattern, ShowScope, StatementKind, TableFilter,
};
use crate::token::{Keyword, TokenKind};

impl Parser<'_> {
    pub(super) fn show_statement(&mut self) -> Parsed<StatementKind> {
        self.expect_keyword(Keyword::Show)?;
        let show = self.show()?;
        Ok(StatementKind::Show(Box::new(show)))
    }

    fn show(&mut self) -> Parsed<Show> {
        use Keyword as K;
        if self.eat_keyword(K::Databases) || self.eat_keyword(K::Schemas) {
            return Ok(Show::Databases { pattern: self.like_pattern()? });
        }
        if self.eat_keyword(K::Tables) {
            return self.show_tables(None);
        }
        if self.eat_keyword(K::Extended) {
            self.expect_keyword(K::Tables)?;
            return self.show_tables(Some(()));
        }
        if self.eat_keyword(K::Views) {
            return self.show_views(None);
        }
        if self.eat_keyword(K::Materialized) {
            self.expect_keyword(K::Views)?;
            return self.show_views(Some(()));
        }
        if self.eat_keyword(K::Columns) {
            return self.show_columns(None);
        }
        if self.eat_keyword(K::Sorted) {
            self.expect_keyword(K::Columns)?;
            return self.show_columns(Some(()));
        }
        if self.eat_keyword(K::Functions) {
            return Ok(Show::Functions { pattern: self.function_pattern()? });
        }
        if self.eat_keyword(K::Partitions) {
            return self.show_partitions();
        }
        if self.eat_keyword(K::Create) {
            return self.show_create();
        }
        if self.eat_keyword(K::Table) {
            return self.show_table_extended();
        }
        if self.eat_keyword(K::TblProperties) {
            return self.show_table_properties();
        }
        self.show_activity()
    }

    /// Reads what is shown of running work, settings and privileges.
    fn show_activity(&mut self) -> Parsed<Show> {
        use Keyword as K;
        if self.eat_keyword(K::Locks) {
            let scope = self.show_scope()?;
            let extended = self.eat_keyword(K::Extended);
            return Ok(Show::Locks { scope, extended });
        }
        if self.eat_keyword(K::Compactions) {
            return Ok(Show::Compactions(self.show_compactions()?));
        }
        if self.eat_keyword(K::Transactions) {
            return Ok(Show::Transactions);
        }
        if self.eat_keyword(K::Conf) {
            return Ok(Show::Conf(self.string()?));
        }
        if self.eat_keyword(K::Resource) {
            if self.eat_keyword(K::Plans) {
                return Ok(Show::ResourcePlans);
            }
            self.expect_keyword(K::Plan)?;
            return Ok(Show::ResourcePlan(self.ident_as("a resource plan")?));
        }
        if self.eat_keyword(K::Connectors) {
            return Ok(Show::Connectors);
        }
        if self.eat_keyword(K::Grant) {
            return self.show_grants();
        }
        if self.eat_keyword(K::Role) {
            self.expect_keyword(K::Grant)?;
            return Ok(Show::RoleGrants(self.principal()?));
        }
        if self.eat_keyword(K::Roles) {
            return Ok(Show::Roles);
        }
        if self.eat_keyword(K::Current) {
            self.expect_keyword(K::Roles)?;
            return Ok(Show::CurrentRoles);
        }
        self.expect_keyword(K::Principals)?;
        Ok(Show::Principals(self.ident_as("a role")?))
    }

    // ── patterns ─────────────────────────────────────────────────────

    /// Reads `LIKE pattern` if it is there.
    fn like_pattern(&mut self) -> Parsed<Option<ShowPattern>> {
        if self.at_keyword(Keyword::Like) { self.show_pattern() } else { Ok(None) }
    }

    /// Reads `[LIKE] pattern` if it is there.
    fn show_pattern(&mut self) -> Parsed<Option<ShowPattern>> {
        let start = self.start();
        let like = self.eat_keyword(Keyword::Like);
        let there = like || self.is_name(0) || self.at(TokenKind::String);
        if !there {
            return Ok(None);
        }
        let pattern = self.pattern(1)?;
        Ok(Some(ShowPattern { span: self.span_from(start), like, pattern }))
    }

    /// Reads `LIKE pattern`, where a name may have two parts, if it is there.
    fn function_pattern(&mut self) -> Parsed<Option<ShowPattern>> {
        let start = self.start();
        if !self.eat_keyword(Keyword::Like) {
            return Ok(None);
        }
        let pattern = self.pattern(2)?;
        Ok(Some(ShowPattern { span: self.span_from(start), like: true, pattern }))
    }

    fn pattern(&mut self, parts: usize) -> Parsed<Pattern> {
        if self.at(TokenKind::String) {
            return Ok(Pattern::String(self.string()?));
        }
        Ok(Pattern::Name(self.object_name("a name", parts)?))
    }

    /// Reads `IN database` or `FROM database` if it is there.
    fn in_database(&mut self) -> Parsed<Option<Ident>> {
        let there = self.eat_keyword(Keyword::In) || self.eat_keyword(Keyword::From);
        if there { self.ident_as("a database name").map(Some) } else { Ok(None) }
    }

    // ── what there is ────────────────────────────────────────────────

    fn show_tables(&mut self, extended: Option<()>) -> Parsed<Show> {
        let database = self.in_database()?;
        let filter = if self.eat_keyword(Keyword::Where) {
            let key = self.ident_as("a property, such as TABLE_TYPE")?;
            if !self.eat(TokenKind::EqEq) {
                self.expect(TokenKind::Eq)?;
            }
            Some(TableFilter::Property { key, value: self.string()? })
        } else {
            self.show_pattern()?.map(TableFilter::Pattern)
        };
        Ok(Show::Tables { extended: extended.is_some(), database, filter })
    }

    fn show_views(&mut self, materialized: Option<()>) -> Parsed<Show> {
        let database = self.in_database()?;
        let pattern = self.show_pattern()?;
        Ok(Show::Views { materialized: materialized.is_some(), database, pattern })
    }

    fn show_columns(&mut self, sorted: Option<()>) -> Parsed<Show> {
        if !self.eat_keyword(Keyword::In) {
            self.expect_keyword(Keyword::From)?;
        }
        let table = self.table_name()?;
        let database = self.in_database()?;
        let pattern = self.show_pattern()?;
        Ok(Show::Columns { sorted: sorted.is_some(), table, database, pattern })
    }

    fn show_partitions(&mut self) -> Parsed<Show> {
        let table = self.table_name()?;
        let partition = self.optional_partition()?;
        let filter = if self.eat_keyword(Keyword::Where) { Some(self.expr()?) } else { None };
        let order_by = if self.eat_clause(Keyword::Order)? { self.sort_items()? } else { vec![] };
        let limit = self.limit()?;
        Ok(Show::Partitions(ShowPartitions { table, partition, filter, order_by, limit }))
    }

    fn show_create(&mut self) -> Parsed<Show> {
        if self.eat_keyword(Keyword::Table) {
            return Ok(Show::CreateTable(self.table_name()?));
        }
        if !self.eat_keyword(Keyword::Schema) {
            self.expect_keyword(Keyword::Database)?;
        }
        Ok(Show::CreateDatabase(self.ident_as("a database name")?))
    }

    fn show_table_extended(&mut self) -> Parsed<Show> {
        self.expect_keyword(Keyword::Extended)?;
        let database = self.in_database()?;
        let start = self.start();
        self.expect_keyword(Keyword::Like)?;
        let pattern = self.pattern(1)?;
        let pattern = ShowPattern { span: self.span_from(start), like: true, pattern };
        let partition = self.optional_partition()?;
        Ok(Show::TableExtended { database, pattern, partition })
    }

    fn show_table_properties(&mut self) -> Parsed<Show> {
        let table = self.table_name()?;
        let key = if self.eat(TokenKind::LParen) {
            let key = self.string()?;
            self.expect(TokenKind::RParen)?;
            Some(key)
        } else {
            None
        };
        Ok(Show::TableProperties { table, key })
    }

    // ── locks and compactions ────────────────────────────────────────

    /// Reads what locks or compactions are shown of, if it is there.
    fn show_scope(&mut self) -> Parsed<Option<ShowScope>> {
        use Keyword as K;
        let schema = self.keyword_at(0) == Some(K::Schema) && self.is_name(1);
        if schema || self.at_keyword(K::Database) {
            self.bump();
            return Ok(Some(ShowScope::Database(self.ident_as("a database name")?)));
        }
        if !self.is_name(0) {
            return Ok(None);
        }
        let name = self.object_name("a table name", 2)?;
        let path = if self.is_name(0) && !self.at_compaction_clause() {
            self.column_path()?
        } else {
            vec![]
        };
        let partition = self.optional_partition()?;
        Ok(Some(ShowScope::Table { name, path, partition }))
    }

    fn show_compactions(&mut self) -> Parsed<ShowCompactions> {
        use Keyword as K;
        let mut show = ShowCompactions::default();
        let equals = matches!(self.kind_at(1), TokenKind::Eq | TokenKind::EqEq);
        if equals && self.at_keyword(K::CompactionId) {
            self.pos += 2;
            show.id = Some(self.plain_number()?);
            return Ok(show);
        }
        if !self.at_compaction_clause() {
            show.scope = self.show_scope()?;
        }
        show.pool = self.string_behind(K::Pool)?;
        show.compaction_type = self.string_behind(K::Type)?;
        show.status = self.string_behind(K::Status)?;
        if self.eat_clause(K::Order)? {
            show.order_by = self.sort_items()?;
        }
        show.limit = self.limit()?;
        Ok(show)
    }

    /// Tells whether a word that is also a name begins a clause here: `POOL 'x'`, `LIMIT 1`.
    fn at_compaction_clause(&self) -> bool {
        use Keyword as K;
        let next = self.kind_at(1);
        match self.keyword_at(0) {
            Some(K::Pool | K::Type | K::Status) => next == TokenKind::String,
            Some(K::Limit) => next == TokenKind::Number(NumberSuffix::None),
            _ => false,
        }
    }

    // ── privileges ───────────────────────────────────────────────────

    fn show_grants(&mut self) -> Parsed<Show> {
        use Keyword as K;
        let named =
            self.at_keyword(K::User) || self.at_keyword(K::Group) || self.at_keyword(K::Role);
        let principal = if named { Some(self.principal()?) } else { None };
        let object = if !self.eat_keyword(K::On) {
            None
        } else if self.eat_keyword(K::All) {
            Some(ShowGrantObject::All)
        } else {
            Some(self.show_grant_object()?)
        };
        Ok(Show::Grants { principal, object })
    }

    fn show_grant_object(&mut self) -> Parsed<ShowGrantObject> {
        let mut object = self.grant_object_name()?;
        let mut columns = vec![];
        if let GrantObject::Table { partition, .. } = &mut object {
            if self.at(TokenKind::LParen) {
                columns = self.column_names()?;
            }
            *partition = self.optional_partition()?;
        }
        Ok(ShowGrantObject::Object { object, columns })
    }
}
