//! `ALTER TABLE` and `OPTIMIZE TABLE`.

use super::{Failed, Parsed, Parser};
use crate::ast::{
    AlterTable, AlterTableAction as Action, ChangeColumn, ColumnPosition, Compact, DropBehavior,
    FileFormat, NumberLit, OptimizeTable, Owner, OwnerKind, PartitionSpec, SkewedKey,
    SkewedLocation, SortItem, StatementKind, UpdateStatistics,
};
use crate::token::{Keyword, TokenKind};

impl Parser<'_> {
    pub(super) fn alter_statement(&mut self) -> Parsed<StatementKind> {
        use Keyword as K;
        self.expect_keyword(K::Alter)?;
        if let Some(statement) = self.alter_workload()? {
            return Ok(statement);
        }
        if self.eat_keywords(&[K::Scheduled, K::Query]) {
            return self.alter_scheduled_query();
        }
        let words = [K::Table, K::View, K::Materialized, K::Database, K::Schema, K::Connector];
        let word = words.into_iter().find(|word| self.eat_keyword(*word));
        match word {
            Some(K::Table) => self.alter_table(),
            Some(K::View) => self.alter_view(),
            Some(K::Materialized) => self.alter_materialized_view(),
            Some(K::Database | K::Schema) => self.alter_database(),
            Some(_) => self.alter_connector(),
            None => Err(Failed),
        }
    }

    fn alter_table(&mut self) -> Parsed<StatementKind> {
        self.no_condition("ALTER TABLE")?;
        let name = self.table_name()?;
        if self.at_keywords(&[Keyword::Partition, Keyword::Column]) {
            self.pos += 2;
            self.expect(TokenKind::LParen)?;
            let column = self.typed_column()?;
            self.expect(TokenKind::RParen)?;
            let action = Action::PartitionColumn(column);
            let table = AlterTable { name, partition: None, action };
            return Ok(StatementKind::AlterTable(Box::new(table)));
        }
        let partition = self.optional_partition_spec()?;
        let start = self.start();
        let action = self.alter_action()?;
        if partition.is_some() && !action.takes_partition() {
            let span = self.span_from(start);
            let hint = "remove PARTITION (...)";
            return self.fail(span, "this cannot be done with one partition", hint);
        }
        Ok(StatementKind::AlterTable(Box::new(AlterTable { name, partition, action })))
    }

    /// Fails if `IF ...` comes next, which this statement does not take.
    pub(super) fn no_condition(&mut self, statement: &str) -> Parsed<()> {
        if self.keyword_at(0) != Some(Keyword::If) {
            return Ok(());
        }
        let span = self.span_of(self.token());
        self.fail(span, format!("{statement} has no IF"), "remove the condition")
    }

    fn alter_action(&mut self) -> Parsed<Action> {
        use Keyword as K;
        let words = [
            K::Rename,
            K::Add,
            K::Drop,
            K::Replace,
            K::Change,
            K::Set,
            K::Unset,
            K::Update,
            K::Touch,
            K::Archive,
            K::Unarchive,
            K::Exchange,
            K::Concatenate,
            K::Not,
            K::Into,
            K::Compact,
            K::Execute,
            K::Convert,
        ];
        let Some(word) = words.into_iter().find(|word| self.eat_keyword(*word)) else {
            return self.alter_by_clause();
        };
        Ok(match word {
            K::Rename => self.rename_action()?,
            K::Add => self.add_action()?,
            K::Drop => self.drop_action()?,
            K::Replace => self.replace_action()?,
            K::Change => Action::ChangeColumn(Box::new(self.change_column()?)),
            K::Set => self.set_action()?,
            K::Unset => self.unset_action()?,
            K::Update => self.update_action()?,
            K::Touch => Action::Touch(self.partition_specs()?),
            K::Archive => Action::Archive(self.partition_specs()?),
            K::Unarchive => Action::Unarchive(self.partition_specs()?),
            K::Exchange => {
                let partition = self.partition_spec()?;
                self.expect_keywords(&[K::With, K::Table])?;
                Action::ExchangePartition { partition, table: self.table_name()? }
            }
            K::Concatenate => Action::Concatenate,
            K::Not => self.not_action()?,
            K::Into => Action::Buckets(self.buckets()?),
            K::Compact => Action::Compact(Box::new(self.compact()?)),
            K::Execute => Action::Execute(self.execute_action()?),
            _ => {
                self.expect_keyword(K::To)?;
                let format = self.ident_as("a table format")?;
                let there = self.at_keyword(K::TblProperties);
                let properties = if there { Some(self.properties()?) } else { None };
                Action::Convert { format, properties }
            }
        })
    }

    /// Reads an action that begins like a clause or a statement.
    fn alter_by_clause(&mut self) -> Parsed<Action> {
        use Keyword as K;
        if self.at_keyword(K::Skewed) {
            Ok(Action::SkewedBy(self.skewed_by()?))
        } else if self.at_keyword(K::Clustered) {
            Ok(Action::ClusteredBy(self.clustered_by()?))
        } else if self.at_keyword(K::Create) {
            self.create_ref()
        } else {
            Err(Failed)
        }
    }

    fn rename_action(&mut self) -> Parsed<Action> {
        if self.eat_keyword(Keyword::Branch) {
            return self.rename_branch();
        }
        self.expect_keyword(Keyword::To)?;
        if self.at_keyword(Keyword::Partition) {
            return Ok(Action::RenamePartition(self.partition_spec()?));
        }
        Ok(Action::Rename(self.table_name()?))
    }

    fn add_action(&mut self) -> Parsed<Action> {
        use Keyword as K;
        if self.eat_keyword(K::Columns) {
            let columns = self.parenthesized(Self::typed_column)?;
            return Ok(Action::AddColumns { columns, behavior: self.drop_behavior() });
        }
        if self.at_keyword(K::Constraint) {
            return Ok(Action::AddConstraint(self.table_constraint()?));
        }
        if let Some(keyword @ (K::Primary | K::Unique | K::Foreign)) = self.keyword_at(0) {
            let span = self.span_of(self.token());
            let key = if keyword == K::Unique { "" } else { " KEY" };
            let hint = format!("write ADD CONSTRAINT name {}{key} ...", keyword.text());
            return self.fail(span, "a constraint that is added needs a name", &hint);
        }
        Ok(Action::AddPartitions(self.add_partitions()?))
    }

    fn drop_action(&mut self) -> Parsed<Action> {
        use Keyword as K;
        if self.eat_keyword(K::Column) {
            let if_exists = self.if_exists()?;
            let column = self.ident_as("a column name")?;
            let behavior = self.drop_behavior();
            return Ok(Action::DropColumn { if_exists, column, behavior });
        }
        if self.eat_keyword(K::Constraint) {
            return Ok(Action::DropConstraint(self.ident_as("the name of a constraint")?));
        }
        if let Some(kind) = self.eat_ref_kind() {
            return self.drop_ref(kind);
        }
        Ok(Action::DropPartitions(self.drop_partitions()?))
    }

    fn replace_action(&mut self) -> Parsed<Action> {
        if let Some(kind) = self.eat_ref_kind() {
            return self.replace_ref(kind);
        }
        self.expect_keyword(Keyword::Columns)?;
        let columns = self.parenthesized(Self::typed_column)?;
        Ok(Action::ReplaceColumns { columns, behavior: self.drop_behavior() })
    }

    fn change_column(&mut self) -> Parsed<ChangeColumn> {
        use Keyword as K;
        self.eat_keyword(K::Column);
        let old = self.ident_as("a column name")?;
        let new = self.ident_as("a column name")?;
        let data_type = self.data_type()?;
        let constraint = self.column_constraint()?;
        let comment = self.string_behind(K::Comment)?;
        let position = if self.eat_keyword(K::First) {
            Some(ColumnPosition::First)
        } else if self.eat_keyword(K::After) {
            Some(ColumnPosition::After(self.ident_as("a column name")?))
        } else {
            None
        };
        let behavior = self.drop_behavior();
        Ok(ChangeColumn { old, new, data_type, constraint, comment, position, behavior })
    }

    fn set_action(&mut self) -> Parsed<Action> {
        use Keyword as K;
        let words = [
            K::TblProperties,
            K::SerdeProperties,
            K::Serde,
            K::Fileformat,
            K::Location,
            K::Skewed,
            K::Owner,
            K::Partition,
        ];
        let Some(word) = words.into_iter().find(|word| self.at_keyword(*word)) else {
            return Err(Failed);
        };
        match word {
            K::TblProperties => return Ok(Action::SetProperties(self.properties()?)),
            K::SerdeProperties => return Ok(Action::SetSerdeProperties(self.properties()?)),
            _ => self.bump(),
        };
        Ok(match word {
            K::Serde => {
                let class = self.string()?;
                Action::SetSerde { class, properties: self.serde_properties()? }
            }
            K::Fileformat => Action::SetFileFormat(self.file_format()?),
            K::Location => Action::SetLocation(self.string()?),
            K::Skewed => {
                self.expect_keyword(K::Location)?;
                Action::SetSkewedLocation(self.parenthesized(Self::skewed_location)?)
            }
            K::Owner => Action::SetOwner(self.owner()?),
            _ => {
                self.expect_keyword(K::Spec)?;
                Action::SetPartitionSpec(self.parenthesized(Self::partition_transform)?)
            }
        })
    }

    fn unset_action(&mut self) -> Parsed<Action> {
        use Keyword as K;
        if self.at_keyword(K::SerdeProperties) {
            return Ok(Action::UnsetSerdeProperties(self.properties()?));
        }
        let (if_exists, properties) = self.unset_properties()?;
        Ok(Action::UnsetProperties { if_exists, properties })
    }

    /// Reads `TBLPROPERTIES [IF EXISTS] (...)`.
    pub(super) fn unset_properties(&mut self) -> Parsed<(bool, crate::ast::Properties)> {
        let start = self.start();
        self.expect_keyword(Keyword::TblProperties)?;
        let if_exists = self.if_exists()?;
        let mut properties = self.property_list()?;
        properties.span = self.span_from(start);
        Ok((if_exists, properties))
    }

    fn update_action(&mut self) -> Parsed<Action> {
        use Keyword as K;
        if self.eat_keyword(K::Columns) {
            return Ok(Action::UpdateColumns(self.drop_behavior()));
        }
        self.expect_keyword(K::Statistics)?;
        let column = if self.eat_keyword(K::For) {
            self.eat_keyword(K::Column);
            Some(self.ident_as("a column name")?)
        } else {
            None
        };
        self.expect_keyword(K::Set)?;
        let properties = self.property_list()?;
        let comment = if column.is_some() { self.string_behind(K::Comment)? } else { None };
        Ok(Action::UpdateStatistics(UpdateStatistics { column, properties, comment }))
    }

    fn not_action(&mut self) -> Parsed<Action> {
        use Keyword as K;
        if self.eat_keyword(K::Clustered) {
            return Ok(Action::NotClustered);
        }
        if self.eat_keyword(K::Sorted) {
            return Ok(Action::NotSorted);
        }
        if self.eat_keyword(K::Skewed) {
            return Ok(Action::NotSkewed);
        }
        self.expect_keywords(&[K::Stored, K::As, K::Directories])?;
        Ok(Action::NotStoredAsDirectories)
    }

    fn partition_specs(&mut self) -> Parsed<Vec<PartitionSpec>> {
        let mut specs = Vec::new();
        while self.at_keyword(Keyword::Partition) {
            specs.push(self.partition_spec()?);
        }
        Ok(specs)
    }

    /// Reads `n BUCKETS`.
    fn buckets(&mut self) -> Parsed<NumberLit> {
        let number = self.plain_number()?;
        self.expect_keyword(Keyword::Buckets)?;
        Ok(number)
    }

    fn compact(&mut self) -> Parsed<Compact> {
        use Keyword as K;
        let kind = self.string()?;
        let buckets = if self.eat_keyword(K::Clustered) {
            self.expect_keyword(K::Into)?;
            Some(self.buckets()?)
        } else {
            None
        };
        let wait = self.eat_keyword(K::And);
        if wait {
            self.expect_keyword(K::Wait)?;
        }
        let pool = self.string_behind(K::Pool)?;
        let start = self.start();
        let properties = if self.eat_keyword(K::With) {
            self.expect_keywords(&[K::Overwrite, K::TblProperties])?;
            let mut properties = self.property_list()?;
            properties.span = self.span_from(start);
            Some(properties)
        } else {
            None
        };
        let (filter, order_by) = self.filter_and_order()?;
        Ok(Compact { kind, buckets, wait, pool, properties, filter, order_by })
    }

    fn filter_and_order(&mut self) -> Parsed<(Option<crate::ast::Expr>, Vec<SortItem>)> {
        let there = self.eat_keyword(Keyword::Where);
        let filter = if there { Some(self.expr()?) } else { None };
        let sorted = self.eat_clause(Keyword::Order)?;
        let order_by = if sorted { self.sort_items()? } else { vec![] };
        Ok((filter, order_by))
    }

    pub(super) fn optimize_statement(&mut self) -> Parsed<StatementKind> {
        use Keyword as K;
        self.expect_keywords(&[K::Optimize, K::Table])?;
        let name = self.table_name()?;
        self.expect_keywords(&[K::Rewrite, K::Data])?;
        let pool = self.string_behind(K::Pool)?;
        let (filter, order_by) = self.filter_and_order()?;
        let optimize = OptimizeTable { name, pool, filter, order_by };
        Ok(StatementKind::OptimizeTable(Box::new(optimize)))
    }

    fn file_format(&mut self) -> Parsed<FileFormat> {
        use Keyword as K;
        if self.keyword_at(0) != Some(K::InputFormat) || self.kind_at(1) != TokenKind::String {
            return Ok(FileFormat::Name(self.ident_as("a file format")?));
        }
        self.bump();
        let input = self.string()?;
        self.expect_keyword(K::OutputFormat)?;
        let output = self.string()?;
        self.expect_keyword(K::Serde)?;
        let serde = self.string()?;
        let drivers = self.drivers()?;
        Ok(FileFormat::Classes { input, output, serde, drivers })
    }

    fn skewed_location(&mut self) -> Parsed<SkewedLocation> {
        let start = self.start();
        let values = if self.at(TokenKind::LParen) {
            SkewedKey::Tuple(self.parenthesized(Self::constant)?)
        } else {
            SkewedKey::One(self.constant()?)
        };
        if !self.eat_equal() {
            return Err(Failed);
        }
        let location = self.string()?;
        Ok(SkewedLocation { span: self.span_from(start), values, location })
    }

    /// Reads `USER | GROUP | ROLE name`.
    pub(super) fn owner(&mut self) -> Parsed<Owner> {
        let start = self.start();
        let kinds = [
            (Keyword::User, OwnerKind::User),
            (Keyword::Group, OwnerKind::Group),
            (Keyword::Role, OwnerKind::Role),
        ];
        let kind = kinds.into_iter().find_map(|(k, kind)| self.eat_keyword(k).then_some(kind));
        let Some(kind) = kind else { return Err(Failed) };
        let name = self.ident_as("the name of an owner")?;
        Ok(Owner { span: self.span_from(start), kind, name })
    }

    /// Reads `RESTRICT` or `CASCADE` if it is there.
    pub(super) fn drop_behavior(&mut self) -> Option<DropBehavior> {
        if self.eat_keyword(Keyword::Cascade) {
            Some(DropBehavior::Cascade)
        } else if self.eat_keyword(Keyword::Restrict) {
            Some(DropBehavior::Restrict)
        } else {
            None
        }
    }
}
