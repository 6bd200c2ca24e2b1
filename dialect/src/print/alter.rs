//! `ALTER TABLE` and `OPTIMIZE TABLE`.

use super::Printer;
use crate::ast::{
    AlterTable, AlterTableAction as Action, ChangeColumn, ColumnPosition, Compact, Expr,
    FileFormat, OptimizeTable, Owner, OwnerKind, PartitionSpec, Properties, SkewedKey,
    SkewedLocation, SortItem, UpdateStatistics,
};

impl Printer {
    pub(super) fn alter_table(&mut self, alter: &AlterTable) {
        self.put("ALTER TABLE ");
        self.name(&alter.name);
        self.optional_partition_spec(alter.partition.as_ref());
        self.put(" ");
        self.alter_action(&alter.action);
    }

    fn alter_action(&mut self, action: &Action) {
        match action {
            Action::Rename(name) => {
                self.put("RENAME TO ");
                self.name(name);
            }
            Action::RenamePartition(spec) => {
                self.put("RENAME TO ");
                self.partition_spec(spec);
            }
            Action::AddPartitions(add) => self.add_partitions(add),
            Action::DropPartitions(drop) => self.drop_partitions(drop),
            Action::Touch(specs) => self.partition_specs("TOUCH", specs),
            Action::Archive(specs) => self.partition_specs("ARCHIVE", specs),
            Action::Unarchive(specs) => self.partition_specs("UNARCHIVE", specs),
            Action::ExchangePartition { partition, table } => {
                self.put("EXCHANGE ");
                self.partition_spec(partition);
                self.put(" WITH TABLE ");
                self.name(table);
            }
            Action::Concatenate => self.put("CONCATENATE"),
            Action::Buckets(number) => {
                self.put("INTO ");
                self.put(&number.raw);
                self.put(" BUCKETS");
            }
            Action::Compact(compact) => self.compact(compact),
            Action::UpdateStatistics(update) => self.update_statistics(update),
            Action::AddConstraint(constraint) => {
                self.put("ADD ");
                self.table_constraint(constraint);
            }
            Action::DropConstraint(name) => {
                self.put("DROP CONSTRAINT ");
                self.ident(name);
            }
            Action::Convert { format, properties } => {
                self.put("CONVERT TO ");
                self.ident(format);
                self.table_properties(properties.as_ref());
            }
            _ => self.alter_columns(action),
        }
    }

    /// Puts actions on columns.
    fn alter_columns(&mut self, action: &Action) {
        match action {
            Action::PartitionColumn(column) => {
                self.put("PARTITION COLUMN (");
                self.column(column);
                self.put(")");
            }
            Action::AddColumns { columns, behavior } => {
                self.put("ADD COLUMNS ");
                self.parens(columns, Self::column);
                self.drop_behavior(*behavior);
            }
            Action::ReplaceColumns { columns, behavior } => {
                self.put("REPLACE COLUMNS ");
                self.parens(columns, Self::column);
                self.drop_behavior(*behavior);
            }
            Action::ChangeColumn(change) => self.change_column(change),
            Action::DropColumn { if_exists, column, behavior } => {
                self.put("DROP COLUMN ");
                self.word_if(*if_exists, "IF EXISTS");
                self.ident(column);
                self.drop_behavior(*behavior);
            }
            Action::UpdateColumns(behavior) => {
                self.put("UPDATE COLUMNS");
                self.drop_behavior(*behavior);
            }
            _ => self.alter_storage(action),
        }
    }

    /// Puts actions on how a table is stored.
    fn alter_storage(&mut self, action: &Action) {
        match action {
            Action::SetProperties(properties) => {
                self.put("SET TBLPROPERTIES ");
                self.property_list(properties);
            }
            Action::UnsetProperties { if_exists, properties } => {
                self.unset_properties(*if_exists, properties);
            }
            Action::SetSerde { class, properties } => {
                self.put("SET SERDE ");
                self.string(class);
                self.serde_properties(properties.as_ref());
            }
            Action::SetSerdeProperties(properties) => {
                self.put("SET SERDEPROPERTIES ");
                self.property_list(properties);
            }
            Action::UnsetSerdeProperties(properties) => {
                self.put("UNSET SERDEPROPERTIES ");
                self.property_list(properties);
            }
            Action::SetFileFormat(format) => self.file_format(format),
            Action::SetLocation(location) => {
                self.put("SET LOCATION ");
                self.string(location);
            }
            Action::SetSkewedLocation(locations) => {
                self.put("SET SKEWED LOCATION ");
                self.parens(locations, Self::skewed_location);
            }
            Action::SetOwner(owner) => self.set_owner(owner),
            Action::SetPartitionSpec(transforms) => {
                self.put("SET PARTITION SPEC ");
                self.parens(transforms, Self::partition_transform);
            }
            Action::SkewedBy(skewed) => self.skewed_by(skewed),
            Action::NotSkewed => self.put("NOT SKEWED"),
            Action::NotStoredAsDirectories => self.put("NOT STORED AS DIRECTORIES"),
            Action::ClusteredBy(clustered) => self.clustered_by(clustered),
            Action::NotClustered => self.put("NOT CLUSTERED"),
            Action::NotSorted => self.put("NOT SORTED"),
            _ => self.alter_snapshots(action),
        }
    }

    fn alter_snapshots(&mut self, action: &Action) {
        match action {
            Action::Execute(execute) => self.execute_action(execute),
            Action::CreateRef(create) => self.create_ref(create),
            Action::DropRef { kind, if_exists, name } => {
                self.put("DROP ");
                self.ref_kind(*kind);
                self.word_if(*if_exists, "IF EXISTS");
                self.ident(name);
            }
            Action::RenameBranch { from, to } => {
                self.put("RENAME BRANCH ");
                self.ident(from);
                self.put(" TO ");
                self.ident(to);
            }
            Action::ReplaceRef(replace) => self.replace_ref(replace),
            _ => {}
        }
    }

    fn partition_specs(&mut self, word: &str, specs: &[PartitionSpec]) {
        self.put(word);
        for spec in specs {
            self.optional_partition_spec(Some(spec));
        }
    }

    fn change_column(&mut self, change: &ChangeColumn) {
        self.put("CHANGE COLUMN ");
        self.ident(&change.old);
        self.put(" ");
        self.ident(&change.new);
        self.put(" ");
        self.data_type(&change.data_type);
        if let Some(constraint) = &change.constraint {
            self.put(" ");
            self.column_constraint(constraint);
        }
        self.string_clause("COMMENT", change.comment.as_ref());
        match &change.position {
            None => {}
            Some(ColumnPosition::First) => self.put(" FIRST"),
            Some(ColumnPosition::After(column)) => {
                self.put(" AFTER ");
                self.ident(column);
            }
        }
        self.drop_behavior(change.behavior);
    }

    fn file_format(&mut self, format: &FileFormat) {
        self.put("SET FILEFORMAT");
        match format {
            FileFormat::Name(name) => {
                self.put(" ");
                self.ident(name);
            }
            FileFormat::Classes { input, output, serde, drivers } => {
                self.string_clause("INPUTFORMAT", Some(input));
                self.string_clause("OUTPUTFORMAT", Some(output));
                self.string_clause("SERDE", Some(serde));
                if let Some((input, output)) = drivers {
                    self.string_clause("INPUTDRIVER", Some(input));
                    self.string_clause("OUTPUTDRIVER", Some(output));
                }
            }
        }
    }

    fn skewed_location(&mut self, location: &SkewedLocation) {
        match &location.values {
            SkewedKey::One(value) => self.constant(value),
            SkewedKey::Tuple(values) => self.parens(values, Self::constant),
        }
        self.put(" = ");
        self.string(&location.location);
    }

    /// Puts `SET OWNER ...`.
    pub(super) fn set_owner(&mut self, owner: &Owner) {
        self.put("SET OWNER ");
        self.put(match owner.kind {
            OwnerKind::User => "USER ",
            OwnerKind::Group => "GROUP ",
            OwnerKind::Role => "ROLE ",
        });
        self.ident(&owner.name);
    }

    pub(super) fn unset_properties(&mut self, if_exists: bool, properties: &Properties) {
        self.put("UNSET TBLPROPERTIES ");
        self.word_if(if_exists, "IF EXISTS");
        self.property_list(properties);
    }

    /// Puts ` TBLPROPERTIES (...)` if it is there.
    pub(super) fn table_properties(&mut self, properties: Option<&Properties>) {
        if let Some(properties) = properties {
            self.put(" TBLPROPERTIES ");
            self.property_list(properties);
        }
    }

    fn compact(&mut self, compact: &Compact) {
        self.put("COMPACT ");
        self.string(&compact.kind);
        if let Some(buckets) = &compact.buckets {
            self.put(" CLUSTERED INTO ");
            self.put(&buckets.raw);
            self.put(" BUCKETS");
        }
        self.put(if compact.wait { " AND WAIT" } else { "" });
        self.string_clause("POOL", compact.pool.as_ref());
        if let Some(properties) = &compact.properties {
            self.put(" WITH OVERWRITE TBLPROPERTIES ");
            self.property_list(properties);
        }
        self.filter_and_order(compact.filter.as_ref(), &compact.order_by);
    }

    pub(super) fn optimize_table(&mut self, optimize: &OptimizeTable) {
        self.put("OPTIMIZE TABLE ");
        self.name(&optimize.name);
        self.put(" REWRITE DATA");
        self.string_clause("POOL", optimize.pool.as_ref());
        self.filter_and_order(optimize.filter.as_ref(), &optimize.order_by);
    }

    fn filter_and_order(&mut self, filter: Option<&Expr>, order_by: &[SortItem]) {
        if let Some(filter) = filter {
            self.put(" WHERE ");
            self.expr(filter);
        }
        if !order_by.is_empty() {
            self.put(" ORDER BY ");
            self.list(order_by, ", ", Self::sort_item);
        }
    }

    fn update_statistics(&mut self, update: &UpdateStatistics) {
        self.put("UPDATE STATISTICS ");
        if let Some(column) = &update.column {
            self.put("FOR COLUMN ");
            self.ident(column);
            self.put(" ");
        }
        self.put("SET ");
        self.property_list(&update.properties);
        self.string_clause("COMMENT", update.comment.as_ref());
    }
}
