//! `CREATE TABLE` and its clauses; `DROP` and `TRUNCATE`.

use super::Tree;
use crate::ast::{
    ClusteredBy, ColumnConstraint, ColumnConstraintKind, ColumnDef, ColumnOrder, ConstraintOptions,
    CreateLike, CreateTable, Direction, DropBehavior, DropTable, Enforcement, Expr, Ident,
    NullsOrder, PartitionTransform, PartitionedBy, PartitionedByKind, ReplicationClause, SkewedBy,
    SkewedValues, TableConstraint, TableConstraintKind, TableElement, TableModifier, TransformKind,
    TruncateTable,
};

impl Tree {
    pub(super) fn create_table(&mut self, table: &CreateTable) {
        self.node("tok_createtable", |tree| {
            tree.table_name(&table.name);
            for modifier in &table.modifiers {
                tree.leaf(match modifier {
                    TableModifier::Temporary => "temporary",
                    TableModifier::Transactional => "transactional",
                    TableModifier::External => "external",
                    TableModifier::Managed => "managed",
                });
            }
            tree.leaf_if(table.if_not_exists, "tok_ifnotexists");
            tree.each(table.like.iter(), Self::create_like);
            if !table.elements.is_empty() {
                tree.node("tok_tabcollist", |tree| {
                    tree.each(table.elements.iter(), Self::table_element);
                });
            }
            tree.table_clauses(table);
        });
    }

    fn table_clauses(&mut self, table: &CreateTable) {
        self.string_node("tok_tablecomment", table.comment.as_ref());
        self.each(table.partitioned_by.iter(), Self::partitioned_by);
        self.each(table.clustered_by.iter(), Self::clustered_by);
        if !table.write_ordered_by.is_empty() {
            self.node("tok_write_locally_ordered", |tree| {
                tree.column_orders(&table.write_ordered_by);
            });
        }
        self.each(table.skewed_by.iter(), Self::skewed_by);
        self.each(table.row_format.iter(), Self::table_row_format);
        self.each(table.storage.iter(), Self::storage);
        self.string_node("tok_tablelocation", table.location.as_ref());
        self.each(table.properties.iter(), Self::properties);
        self.each(table.query.as_deref(), Self::query);
    }

    fn create_like(&mut self, like: &CreateLike) {
        match like {
            CreateLike::File { format, path } => self.node("tok_likefile", |tree| {
                tree.ident(format);
                tree.string(path);
            }),
            // A slip of Hive's grammar: the name is not seen as one.
            CreateLike::Table(name) if is_bare_file(name.as_single()) => {
                self.leaf("like");
                self.leaf("file");
            }
            CreateLike::Table(name) => self.node("tok_liketable", |tree| tree.table_name(name)),
        }
    }

    fn table_element(&mut self, element: &TableElement) {
        match element {
            TableElement::Column(column) => self.column_def(column),
            TableElement::Constraint(constraint) => self.table_constraint(constraint),
            TableElement::Watermark(_) => {}
        }
    }

    fn column_def(&mut self, column: &ColumnDef) {
        self.node("tok_tabcol", |tree| {
            tree.ident(&column.name);
            tree.each(column.data_type(), Self::data_type);
            tree.each(column.comment.iter(), Self::string);
            for constraint in &column.constraints {
                tree.column_constraint(constraint, &column.name.value);
            }
        });
    }

    // ── constraints ──────────────────────────────────────────────────

    /// Puts a constraint of the column `column`.
    pub(super) fn column_constraint(&mut self, constraint: &ColumnConstraint, column: &str) {
        let name = constraint.name.as_ref();
        let node = match &constraint.kind {
            ColumnConstraintKind::NotNull => "tok_not_null",
            ColumnConstraintKind::Default(_) => "tok_default_value",
            ColumnConstraintKind::Check(_) => "tok_check_constraint",
            ColumnConstraintKind::PrimaryKey => "tok_primary_key",
            ColumnConstraintKind::Unique => "tok_unique",
            ColumnConstraintKind::References { .. } => "tok_foreign_key",
        };
        self.node(node, |tree| match &constraint.kind {
            ColumnConstraintKind::References { table, column: referenced } => {
                tree.constraint_name(name);
                tree.node("tok_tabcolname", |tree| tree.text(column));
                tree.table_name(table);
                tree.node("tok_tabcolname", |tree| tree.ident(referenced));
                tree.constraint_options(constraint.options);
            }
            kind => {
                match kind {
                    ColumnConstraintKind::Default(expr) | ColumnConstraintKind::Check(expr) => {
                        tree.expr(expr);
                    }
                    _ => {}
                }
                tree.constraint_name(name);
                tree.constraint_options(constraint.options);
            }
        });
    }

    pub(super) fn table_constraint(&mut self, constraint: &TableConstraint) {
        let name = constraint.name.as_ref();
        let node = match &constraint.kind {
            TableConstraintKind::PrimaryKey(_) => "tok_primary_key",
            TableConstraintKind::Unique(_) => "tok_unique",
            TableConstraintKind::Check(_) => "tok_check_constraint",
            TableConstraintKind::ForeignKey { .. } => "tok_foreign_key",
        };
        self.node(node, |tree| {
            match &constraint.kind {
                TableConstraintKind::PrimaryKey(columns) | TableConstraintKind::Unique(columns) => {
                    tree.column_list(columns);
                    tree.constraint_name(name);
                }
                TableConstraintKind::Check(condition) => {
                    tree.expr(condition);
                    tree.constraint_name(name);
                }
                TableConstraintKind::ForeignKey { columns, table, referenced } => {
                    tree.constraint_name(name);
                    tree.column_list(columns);
                    tree.table_name(table);
                    tree.column_list(referenced);
                }
            }
            tree.constraint_options(constraint.options);
        });
    }

    fn constraint_name(&mut self, name: Option<&Ident>) {
        if let Some(name) = name {
            self.node("tok_constraint_name", |tree| tree.ident(name));
        }
    }

    fn constraint_options(&mut self, options: ConstraintOptions) {
        match options.enforcement {
            None => {}
            Some(Enforcement::Enable | Enforcement::Enforced) => self.leaf("tok_enable"),
            Some(Enforcement::Disable | Enforcement::NotEnforced) => self.leaf("tok_disable"),
        }
        match options.validate {
            None => {}
            Some(true) => self.leaf("tok_validate"),
            Some(false) => self.leaf("tok_novalidate"),
        }
        match options.rely {
            None => {}
            Some(true) => self.leaf("tok_rely"),
            Some(false) => self.leaf("tok_norely"),
        }
    }

    // ── partitions, buckets, skew ────────────────────────────────────

    fn partitioned_by(&mut self, by: &PartitionedBy) {
        match &by.kind {
            PartitionedByKind::Columns(columns) => self.node("tok_tablepartcols", |tree| {
                tree.each(columns.iter(), Self::column_def);
            }),
            PartitionedByKind::Names(names) => self.node("tok_tablepartcolnames", |tree| {
                tree.each(names.iter(), Self::ident);
            }),
            PartitionedByKind::Spec(transforms) => {
                self.partition_transforms("tok_tablepartcolsbyspec", transforms);
            }
        }
    }

    pub(super) fn partition_transforms(&mut self, node: &str, transforms: &[PartitionTransform]) {
        self.node(node, |tree| {
            for transform in transforms {
                tree.node("tok_tabcol", |tree| tree.partition_transform(transform));
            }
        });
    }

    fn partition_transform(&mut self, transform: &PartitionTransform) {
        let (node, number) = match &transform.kind {
            TransformKind::Identity => ("tok_identity", None),
            TransformKind::Year => ("tok_year", None),
            TransformKind::Month => ("tok_month", None),
            TransformKind::Day => ("tok_day", None),
            TransformKind::Hour => ("tok_hour", None),
            TransformKind::Truncate(number) => ("tok_truncate", Some(number)),
            TransformKind::Bucket(number) => ("tok_bucket", Some(number)),
        };
        self.node(node, |tree| {
            if let Some(number) = number {
                tree.text(&number.raw);
            }
            tree.ident(&transform.column);
        });
    }

    pub(super) fn clustered_by(&mut self, by: &ClusteredBy) {
        self.node("tok_altertable_buckets", |tree| {
            tree.column_list(&by.columns);
            tree.column_orders(&by.sorted_by);
            tree.text(&by.buckets.raw);
        });
    }

    fn column_orders(&mut self, orders: &[ColumnOrder]) {
        if !orders.is_empty() {
            self.node("tok_tabcolname", |tree| {
                tree.each(orders.iter(), Self::column_order);
            });
        }
    }

    /// Here nulls come first, other than in a query, unless the order is descending.
    fn column_order(&mut self, order: &ColumnOrder) {
        let descending = order.direction == Some(Direction::Desc);
        let nulls =
            order.nulls.unwrap_or(if descending { NullsOrder::Last } else { NullsOrder::First });
        let direction = if descending { "tok_tabsortcolnamedesc" } else { "tok_tabsortcolnameasc" };
        let nulls = match nulls {
            NullsOrder::First => "tok_nulls_first",
            NullsOrder::Last => "tok_nulls_last",
        };
        self.node(direction, |tree| tree.node(nulls, |tree| tree.ident(&order.column)));
    }

    pub(super) fn skewed_by(&mut self, by: &SkewedBy) {
        self.node("tok_tableskewed", |tree| {
            tree.column_list(&by.columns);
            match &by.values {
                SkewedValues::Single(values) => tree.skewed_values(values),
                SkewedValues::Tuples(tuples) => tree.node("tok_tabcolvalue_pair", |tree| {
                    tree.each(tuples, |tree, tuple| tree.skewed_tuple(tuple));
                }),
            }
            tree.leaf_if(by.stored_as_directories, "tok_storedasdirs");
        });
    }

    pub(super) fn skewed_tuple(&mut self, values: &[Expr]) {
        self.node("tok_tabcolvalues", |tree| tree.skewed_values(values));
    }

    fn skewed_values(&mut self, values: &[Expr]) {
        self.node("tok_tabcolvalue", |tree| tree.exprs(values));
    }

    // ── DROP and TRUNCATE ────────────────────────────────────────────

    pub(super) fn drop_table(&mut self, drop: &DropTable) {
        self.node("tok_droptable", |tree| {
            tree.table_name(&drop.name);
            tree.leaf_if(drop.if_exists, "tok_ifexists");
            tree.leaf_if(drop.purge, "purge");
            tree.replication_clause(drop.replication.as_ref());
        });
    }

    pub(super) fn replication_clause(&mut self, clause: Option<&ReplicationClause>) {
        if let Some(clause) = clause {
            self.node("tok_replication", |tree| {
                tree.string(&clause.event);
                tree.leaf_if(clause.metadata, "metadata");
            });
        }
    }

    pub(super) fn truncate_table(&mut self, truncate: &TruncateTable) {
        self.node("tok_truncatetable", |tree| {
            tree.node("tok_table_partition", |tree| {
                tree.table_name(&truncate.name);
                tree.each(truncate.partition.iter(), Self::partition_spec);
            });
            tree.column_list(&truncate.columns);
            tree.leaf_if(truncate.force, "tok_force");
        });
    }

    pub(super) fn drop_behavior(&mut self, behavior: Option<DropBehavior>) {
        match behavior {
            Some(DropBehavior::Restrict) => self.leaf("tok_restrict"),
            Some(DropBehavior::Cascade) => self.leaf("tok_cascade"),
            None => {}
        }
    }

    /// Puts a node without children if a word was written.
    pub(super) fn leaf_if(&mut self, there: bool, name: &str) {
        if there {
            self.leaf(name);
        }
    }
}

fn is_bare_file(name: Option<&Ident>) -> bool {
    name.is_some_and(|name| !name.quoted && name.is("FILE"))
}
