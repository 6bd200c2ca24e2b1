//! `CREATE TABLE` and its clauses.

use super::Printer;
use crate::ast::{
    ClusteredBy, ColumnConstraint, ColumnConstraintKind, ColumnDef, ColumnKind, ColumnOrder,
    ConstraintOptions, CreateLike, CreateTable, Delimited, Enforcement, HandlerName, Ident,
    PartitionTransform, PartitionedBy, PartitionedByKind, Properties, RowFormat, SkewedBy,
    SkewedValues, Storage, StorageKind, TableConstraint, TableConstraintKind, TableElement,
    TableModifier, TransformKind,
};

impl Printer {
    pub(super) fn create_table(&mut self, table: &CreateTable) {
        self.put("CREATE ");
        for modifier in &table.modifiers {
            self.put(match modifier {
                TableModifier::Temporary => "TEMPORARY ",
                TableModifier::Transactional => "TRANSACTIONAL ",
                TableModifier::External => "EXTERNAL ",
                TableModifier::Managed => "MANAGED ",
            });
        }
        self.put("TABLE ");
        self.put(if table.if_not_exists { "IF NOT EXISTS " } else { "" });
        self.name(&table.name);
        match &table.like {
            Some(CreateLike::Table(name)) => {
                self.put(" LIKE ");
                self.name(name);
            }
            Some(CreateLike::File { format, path }) => {
                self.put(" LIKE FILE ");
                self.ident(format);
                self.put(" ");
                self.string(path);
            }
            None => {}
        }
        if !table.elements.is_empty() {
            self.put(" (");
            self.indented(|p| {
                for (i, element) in table.elements.iter().enumerate() {
                    p.put(if i > 0 { "," } else { "" });
                    p.line();
                    p.table_element(element);
                }
            });
            self.line();
            self.put(")");
        }
        self.table_clauses(table);
    }

    fn table_clauses(&mut self, table: &CreateTable) {
        if let Some(comment) = &table.comment {
            self.line();
            self.put("COMMENT ");
            self.string(comment);
        }
        if let Some(partitioned_by) = &table.partitioned_by {
            self.line();
            self.partitioned_by(partitioned_by);
        }
        if let Some(clustered_by) = &table.clustered_by {
            self.line();
            self.clustered_by(clustered_by);
        }
        if !table.write_ordered_by.is_empty() {
            self.line();
            self.put("WRITE LOCALLY ORDERED BY ");
            self.list(&table.write_ordered_by, ", ", Self::column_order);
        }
        if let Some(skewed_by) = &table.skewed_by {
            self.line();
            self.skewed_by(skewed_by);
        }
        if let Some(row_format) = &table.row_format {
            self.line();
            self.row_format(row_format);
        }
        if let Some(storage) = &table.storage {
            self.line();
            self.storage(storage);
        }
        if let Some(location) = &table.location {
            self.line();
            self.put("LOCATION ");
            self.string(location);
        }
        if let Some(properties) = &table.properties {
            self.line();
            self.put("TBLPROPERTIES ");
            self.property_list(properties);
        }
        if let Some(options) = &table.options {
            self.line();
            self.put("WITH ");
            self.property_list(options);
        }
        if let Some(query) = &table.query {
            self.line();
            self.put("AS");
            self.line();
            self.query(query);
        }
    }

    fn table_element(&mut self, element: &TableElement) {
        match element {
            TableElement::Column(column) => self.column(column),
            TableElement::Constraint(constraint) => self.table_constraint(constraint),
            TableElement::Watermark(watermark) => {
                self.put("WATERMARK FOR ");
                self.name(&watermark.column);
                self.put(" AS ");
                self.expr(&watermark.expr);
            }
        }
    }

    pub(super) fn column(&mut self, column: &ColumnDef) {
        self.ident(&column.name);
        self.put(" ");
        match &column.kind {
            ColumnKind::Physical(data_type) => self.data_type(data_type),
            ColumnKind::Computed(expr) => {
                self.put("AS ");
                self.expr(expr);
            }
            ColumnKind::Metadata { data_type, from, is_virtual } => {
                self.data_type(data_type);
                self.put(" METADATA");
                self.string_clause("FROM", from.as_ref());
                self.put(if *is_virtual { " VIRTUAL" } else { "" });
            }
        }
        for constraint in &column.constraints {
            self.put(" ");
            self.column_constraint(constraint);
        }
        self.string_clause("COMMENT", column.comment.as_ref());
    }

    pub(super) fn column_constraint(&mut self, constraint: &ColumnConstraint) {
        self.constraint_name(constraint.name.as_ref());
        match &constraint.kind {
            ColumnConstraintKind::NotNull => self.put("NOT NULL"),
            ColumnConstraintKind::Default(value) => {
                self.put("DEFAULT ");
                self.constant(value);
            }
            ColumnConstraintKind::Check(condition) => {
                self.put("CHECK (");
                self.expr(condition);
                self.put(")");
            }
            ColumnConstraintKind::PrimaryKey => self.put("PRIMARY KEY"),
            ColumnConstraintKind::Unique => self.put("UNIQUE"),
            ColumnConstraintKind::References { table, column } => {
                self.put("REFERENCES ");
                self.name(table);
                self.put(" (");
                self.ident(column);
                self.put(")");
            }
        }
        self.constraint_options(constraint.options);
    }

    pub(super) fn table_constraint(&mut self, constraint: &TableConstraint) {
        self.constraint_name(constraint.name.as_ref());
        match &constraint.kind {
            TableConstraintKind::PrimaryKey(columns) => {
                self.put("PRIMARY KEY ");
                self.idents(columns);
            }
            TableConstraintKind::Unique(columns) => {
                self.put("UNIQUE ");
                self.idents(columns);
            }
            TableConstraintKind::Check(condition) => {
                self.put("CHECK (");
                self.expr(condition);
                self.put(")");
            }
            TableConstraintKind::ForeignKey { columns, table, referenced } => {
                self.put("FOREIGN KEY ");
                self.idents(columns);
                self.put(" REFERENCES ");
                self.name(table);
                self.put(" ");
                self.idents(referenced);
            }
        }
        self.constraint_options(constraint.options);
    }

    fn constraint_name(&mut self, name: Option<&Ident>) {
        if let Some(name) = name {
            self.put("CONSTRAINT ");
            self.ident(name);
            self.put(" ");
        }
    }

    fn constraint_options(&mut self, options: ConstraintOptions) {
        self.put(match options.enforcement {
            None => "",
            Some(Enforcement::Enable) => " ENABLE",
            Some(Enforcement::Disable) => " DISABLE",
            Some(Enforcement::Enforced) => " ENFORCED",
            Some(Enforcement::NotEnforced) => " NOT ENFORCED",
        });
        self.put(match options.validate {
            None => "",
            Some(true) => " VALIDATE",
            Some(false) => " NOVALIDATE",
        });
        self.put(match options.rely {
            None => "",
            Some(true) => " RELY",
            Some(false) => " NORELY",
        });
    }

    fn partitioned_by(&mut self, partitioned_by: &PartitionedBy) {
        self.put("PARTITIONED BY ");
        match &partitioned_by.kind {
            PartitionedByKind::Columns(columns) => self.parens(columns, Self::column),
            PartitionedByKind::Names(names) => self.idents(names),
            PartitionedByKind::Spec(transforms) => {
                self.put("SPEC ");
                self.parens(transforms, Self::partition_transform);
            }
        }
    }

    pub(super) fn partition_transform(&mut self, transform: &PartitionTransform) {
        let (name, number) = match &transform.kind {
            TransformKind::Identity => return self.ident(&transform.column),
            TransformKind::Year => ("YEAR(", None),
            TransformKind::Month => ("MONTH(", None),
            TransformKind::Day => ("DAY(", None),
            TransformKind::Hour => ("HOUR(", None),
            TransformKind::Truncate(number) => ("TRUNCATE(", Some(number)),
            TransformKind::Bucket(number) => ("BUCKET(", Some(number)),
        };
        self.put(name);
        if let Some(number) = number {
            self.put(&number.raw);
            self.put(", ");
        }
        self.ident(&transform.column);
        self.put(")");
    }

    pub(super) fn clustered_by(&mut self, clustered_by: &ClusteredBy) {
        self.put("CLUSTERED BY ");
        self.idents(&clustered_by.columns);
        if !clustered_by.sorted_by.is_empty() {
            self.put(" SORTED BY ");
            self.parens(&clustered_by.sorted_by, Self::column_order);
        }
        self.put(" INTO ");
        self.put(&clustered_by.buckets.raw);
        self.put(" BUCKETS");
    }

    fn column_order(&mut self, order: &ColumnOrder) {
        self.ident(&order.column);
        self.sort_order(order.direction, order.nulls);
    }

    pub(super) fn skewed_by(&mut self, skewed_by: &SkewedBy) {
        self.put("SKEWED BY ");
        self.idents(&skewed_by.columns);
        self.put(" ON ");
        match &skewed_by.values {
            SkewedValues::Single(values) => self.parens(values, Self::constant),
            SkewedValues::Tuples(tuples) => self.parens(tuples, |p, tuple| {
                p.parens(tuple, Self::constant);
            }),
        }
        self.put(if skewed_by.stored_as_directories { " STORED AS DIRECTORIES" } else { "" });
    }

    pub(super) fn row_format(&mut self, row_format: &RowFormat) {
        match row_format {
            RowFormat::Delimited(delimited) => self.delimited(delimited),
            RowFormat::Serde { class, properties, .. } => {
                self.put("ROW FORMAT SERDE ");
                self.string(class);
                self.serde_properties(properties.as_ref());
            }
        }
    }

    fn delimited(&mut self, delimited: &Delimited) {
        self.put("ROW FORMAT DELIMITED");
        self.string_clause("FIELDS TERMINATED BY", delimited.fields.as_ref());
        self.string_clause("ESCAPED BY", delimited.escaped.as_ref());
        self.string_clause("COLLECTION ITEMS TERMINATED BY", delimited.collection_items.as_ref());
        self.string_clause("MAP KEYS TERMINATED BY", delimited.map_keys.as_ref());
        self.string_clause("LINES TERMINATED BY", delimited.lines.as_ref());
        self.string_clause("NULL DEFINED AS", delimited.null.as_ref());
    }

    pub(super) fn storage(&mut self, storage: &Storage) {
        match &storage.kind {
            StorageKind::Format(format) => {
                self.put("STORED AS ");
                self.ident(format);
            }
            StorageKind::Classes { input, output, drivers } => {
                self.put("STORED AS INPUTFORMAT ");
                self.string(input);
                self.string_clause("OUTPUTFORMAT", Some(output));
                if let Some((input, output)) = drivers {
                    self.string_clause("INPUTDRIVER", Some(input));
                    self.string_clause("OUTPUTDRIVER", Some(output));
                }
            }
            StorageKind::Handler { handler, properties, format } => {
                self.put("STORED BY ");
                match handler {
                    HandlerName::Class(class) => self.string(class),
                    HandlerName::Name(name) => self.ident(name),
                }
                self.serde_properties(properties.as_ref());
                if let Some(format) = format {
                    self.put(" STORED AS ");
                    self.ident(format);
                }
            }
        }
    }

    pub(super) fn serde_properties(&mut self, properties: Option<&Properties>) {
        if let Some(properties) = properties {
            self.put(" WITH SERDEPROPERTIES ");
            self.property_list(properties);
        }
    }

    pub(super) fn property_list(&mut self, properties: &Properties) {
        self.parens(&properties.items, |p, property| {
            p.string(&property.key);
            if let Some(value) = &property.value {
                p.put(" = ");
                p.string(value);
            }
        });
    }
}
