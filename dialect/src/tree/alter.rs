//! `ALTER TABLE` and `OPTIMIZE TABLE`.

use super::Tree;
use crate::ast::{
    AlterTable, AlterTableAction as Action, ChangeColumn, ColumnDef, ColumnPosition, Compact,
    DropBehavior, Expr, FileFormat, OptimizeTable, Owner, OwnerKind, PartitionSpec, SkewedKey,
    SkewedLocation, SortItem, UpdateStatistics,
};

impl Tree {
    pub(super) fn alter_table(&mut self, alter: &AlterTable) {
        self.node("tok_altertable", |tree| {
            tree.table_name(&alter.name);
            tree.alter_action(&alter.action, alter.partition.is_some());
            tree.each(alter.partition.iter(), Self::partition_spec);
        });
    }

    fn alter_action(&mut self, action: &Action, partition: bool) {
        match action {
            Action::Rename(name) => {
                self.node("tok_altertable_rename", |tree| tree.table_name(name));
            }
            Action::RenamePartition(spec) => {
                self.node("tok_altertable_renamepart", |tree| tree.partition_spec(spec));
            }
            Action::AddPartitions(add) => self.add_partitions("tok_altertable_addparts", add),
            Action::DropPartitions(drop) => self.drop_partitions("tok_altertable_dropparts", drop),
            Action::Touch(specs) => self.partition_specs("tok_altertable_touch", specs),
            Action::Archive(specs) => self.partition_specs("tok_altertable_archive", specs),
            Action::Unarchive(specs) => self.partition_specs("tok_altertable_unarchive", specs),
            Action::ExchangePartition { partition, table } => {
                self.node("tok_altertable_exchangepartition", |tree| {
                    tree.partition_spec(partition);
                    tree.table_name(table);
                });
            }
            Action::AddConstraint(constraint) => {
                self.node("tok_altertable_addconstraint", |tree| tree.table_constraint(constraint));
            }
            Action::DropConstraint(name) => {
                self.node("tok_altertable_dropconstraint", |tree| tree.ident(name));
            }
            Action::Convert { format, properties } => {
                self.node("tok_altertable_convert", |tree| {
                    tree.ident(format);
                    tree.each(properties.iter(), Self::properties);
                });
            }
            Action::Compact(compact) => self.compact(compact),
            Action::UpdateStatistics(update) => self.update_statistics(update, partition),
            _ => self.alter_columns(action, partition),
        }
    }

    /// Puts actions on columns.
    fn alter_columns(&mut self, action: &Action, partition: bool) {
        match action {
            Action::PartitionColumn(column) => {
                self.node("tok_altertable_partcoltype", |tree| tree.typed_column(column));
            }
            Action::AddColumns { columns, behavior } => {
                self.columns_node("tok_altertable_addcols", columns, *behavior);
            }
            Action::ReplaceColumns { columns, behavior } => {
                self.columns_node("tok_altertable_replacecols", columns, *behavior);
            }
            Action::ChangeColumn(change) => self.change_column(change),
            Action::DropColumn { if_exists, column, behavior } => {
                self.node("tok_altertable_dropcol", |tree| {
                    tree.leaf_if(*if_exists, "tok_ifexists");
                    tree.ident(column);
                    tree.drop_behavior(*behavior);
                });
            }
            Action::UpdateColumns(behavior) => {
                self.node("tok_altertable_updatecolumns", |tree| tree.drop_behavior(*behavior));
            }
            _ => self.alter_layout(action, partition),
        }
    }

    /// Puts actions that Hive names otherwise for a partition.
    fn alter_layout(&mut self, action: &Action, partition: bool) {
        let what = if partition { "tok_alterpartition_" } else { "tok_altertable_" };
        match action {
            Action::Concatenate => self.leaf(&format!("{what}mergefiles")),
            Action::Buckets(number) => {
                self.node(&format!("{what}buckets"), |tree| tree.text(&number.raw));
            }
            Action::SetSerde { class, properties } => {
                self.node(&format!("{what}serializer"), |tree| {
                    tree.string(class);
                    tree.each(properties.iter(), Self::properties);
                });
            }
            Action::SetSerdeProperties(properties) => {
                self.node(&format!("{what}setserdeproperties"), |tree| tree.properties(properties));
            }
            Action::UnsetSerdeProperties(properties) => {
                self.node(&format!("{what}unsetserdeproperties"), |tree| {
                    tree.properties(properties);
                });
            }
            Action::SetFileFormat(format) => {
                self.node(&format!("{what}fileformat"), |tree| tree.file_format(format));
            }
            Action::SetLocation(location) => {
                self.string_node(&format!("{what}location"), Some(location));
            }
            _ => self.alter_storage(action),
        }
    }

    /// Puts other actions on how a table is stored.
    fn alter_storage(&mut self, action: &Action) {
        match action {
            Action::SetProperties(properties) => {
                self.node("tok_altertable_properties", |tree| tree.properties(properties));
            }
            Action::UnsetProperties { if_exists, properties } => {
                self.node("tok_altertable_dropproperties", |tree| {
                    tree.properties(properties);
                    tree.leaf_if(*if_exists, "tok_ifexists");
                });
            }
            Action::SetSkewedLocation(locations) => self.skewed_locations(locations),
            Action::SetOwner(owner) => {
                self.node("tok_altertable_owner", |tree| tree.owner(owner));
            }
            Action::SetPartitionSpec(transforms) => {
                self.partition_transforms("tok_altertable_setpartspec", transforms);
            }
            Action::SkewedBy(by) => {
                self.node("tok_altertable_skewed", |tree| tree.skewed_by(by));
            }
            Action::NotSkewed => self.leaf("tok_altertable_skewed"),
            Action::NotStoredAsDirectories => {
                self.node("tok_altertable_skewed", |tree| tree.leaf("tok_storedasdirs"));
            }
            Action::ClusteredBy(by) => {
                self.node("tok_altertable_cluster_sort", |tree| tree.clustered_by(by));
            }
            Action::NotClustered => {
                self.node("tok_altertable_cluster_sort", |tree| tree.leaf("tok_not_clustered"));
            }
            Action::NotSorted => {
                self.node("tok_altertable_cluster_sort", |tree| tree.leaf("tok_not_sorted"));
            }
            _ => self.alter_snapshots(action),
        }
    }

    fn partition_specs(&mut self, node: &str, specs: &[PartitionSpec]) {
        self.node(node, |tree| tree.each(specs.iter(), Self::partition_spec));
    }

    fn columns_node(&mut self, node: &str, columns: &[ColumnDef], behavior: Option<DropBehavior>) {
        self.node(node, |tree| {
            tree.typed_columns(columns);
            tree.drop_behavior(behavior);
        });
    }

    fn change_column(&mut self, change: &ChangeColumn) {
        self.node("tok_altertable_renamecol", |tree| {
            tree.ident(&change.old);
            tree.ident(&change.new);
            tree.data_type(&change.data_type);
            tree.each(change.comment.iter(), Self::string);
            if let Some(constraint) = &change.constraint {
                // A slip of Hive's grammar: the column is there with a blank before it.
                tree.column_constraint(constraint, &format!(" {}", change.new.value));
            }
            match &change.position {
                None => {}
                Some(ColumnPosition::First) => tree.leaf("first"),
                Some(ColumnPosition::After(column)) => {
                    tree.node("tok_altertable_changecol_after_position", |tree| tree.ident(column));
                }
            }
            tree.drop_behavior(change.behavior);
        });
    }

    fn file_format(&mut self, format: &FileFormat) {
        match format {
            FileFormat::Name(name) => {
                self.node("tok_fileformat_generic", |tree| tree.ident(name));
            }
            FileFormat::Classes { input, output, serde, drivers } => {
                self.node("tok_tablefileformat", |tree| {
                    tree.each([input, output, serde], Self::string);
                    if let Some((input, output)) = drivers {
                        tree.string(input);
                        tree.string(output);
                    }
                });
            }
        }
    }

    fn skewed_locations(&mut self, locations: &[SkewedLocation]) {
        self.node("tok_altertable_skewed_location", |tree| {
            tree.node("tok_skewed_locations", |tree| {
                tree.node("tok_skewed_location_list", |tree| {
                    for location in locations {
                        tree.node("tok_skewed_location_map", |tree| {
                            match &location.values {
                                SkewedKey::One(value) => tree.expr(value),
                                SkewedKey::Tuple(values) => tree.skewed_tuple(values),
                            }
                            tree.string(&location.location);
                        });
                    }
                });
            });
        });
    }

    pub(super) fn owner(&mut self, owner: &Owner) {
        let node = match owner.kind {
            OwnerKind::User => "tok_user",
            OwnerKind::Group => "tok_group",
            OwnerKind::Role => "tok_role",
        };
        self.node(node, |tree| tree.ident(&owner.name));
    }

    fn compact(&mut self, compact: &Compact) {
        self.node("tok_altertable_compact", |tree| {
            tree.string(&compact.kind);
            if let Some(buckets) = &compact.buckets {
                tree.node("tok_altertable_buckets", |tree| tree.text(&buckets.raw));
            }
            tree.leaf_if(compact.wait, "tok_blocking");
            tree.string_node("tok_compact_pool", compact.pool.as_ref());
            tree.each(compact.properties.iter(), Self::properties);
            tree.filter_and_order(compact.filter.as_ref(), &compact.order_by);
        });
    }

    fn filter_and_order(&mut self, filter: Option<&Expr>, order_by: &[SortItem]) {
        self.optional("tok_where", filter);
        if !order_by.is_empty() {
            self.sort_items("tok_orderby", order_by);
        }
    }

    pub(super) fn optimize_table(&mut self, optimize: &OptimizeTable) {
        self.node("tok_altertable", |tree| {
            tree.table_name(&optimize.name);
            tree.node("tok_altertable_compact", |tree| {
                // Hive makes up a type, as a name that looks like a string.
                tree.text("'MAJOR'");
                tree.leaf("tok_blocking");
                tree.string_node("tok_compact_pool", optimize.pool.as_ref());
                tree.filter_and_order(optimize.filter.as_ref(), &optimize.order_by);
            });
        });
    }

    fn update_statistics(&mut self, update: &UpdateStatistics, partition: bool) {
        let node = match (update.column.is_some(), partition) {
            (true, true) => "tok_alterpartition_updatecolstats",
            (true, false) => "tok_altertable_updatecolstats",
            (false, true) => "tok_alterpartition_updatestats",
            (false, false) => "tok_altertable_updatestats",
        };
        self.node(node, |tree| {
            tree.each(update.column.iter(), Self::ident);
            tree.properties(&update.properties);
            tree.each(&update.comment, Self::string);
        });
    }
}
