//! How rows are laid out: types, formats, serializers, properties; also for scripts in a query.

use super::Tree;
use crate::ast::{
    ColumnDef, DataType, Delimited, Destination, HandlerName, InsertMode, InsertTarget, Properties,
    Property, RowFormat, Storage, StorageKind, StringLit, StructField, Transform, TransformOutput,
    TypeKind,
};

impl Tree {
    // ── where rows go ────────────────────────────────────────────────

    /// Puts where the rows of a query go; a temporary file if nowhere.
    pub(super) fn target(&mut self, target: Option<&InsertTarget>) {
        let Some(target) = target else {
            return self.node("tok_destination", |tree| {
                tree.node("tok_dir", |tree| tree.leaf("tok_tmp_file"));
            });
        };
        let name = match target.mode {
            InsertMode::Into => "tok_insert_into",
            InsertMode::Overwrite => "tok_destination",
        };
        self.node(name, |tree| {
            tree.destination(&target.destination);
            if target.if_not_exists {
                tree.leaf("tok_ifnotexists");
            }
            tree.column_list(&target.columns);
        });
    }

    fn destination(&mut self, destination: &Destination) {
        match destination {
            Destination::Table { name, partition, .. } => self.node("tok_tab", |tree| {
                tree.table_name(name);
                tree.each(partition.iter(), Self::partition_spec);
            }),
            Destination::Directory { local, path, row_format, storage } => {
                self.node("tok_dir", |tree| {
                    tree.string(path);
                    if *local {
                        tree.leaf("local");
                    }
                    tree.each(row_format.iter(), Self::table_row_format);
                    tree.each(storage.iter(), Self::storage);
                });
            }
        }
    }

    // ── formats ──────────────────────────────────────────────────────

    /// Puts `('key' = 'value', ...)` of a table.
    pub(super) fn properties(&mut self, properties: &Properties) {
        self.node("tok_tableproperties", |tree| {
            tree.property_list("tok_tableproplist", properties);
        });
    }

    pub(super) fn property_list(&mut self, name: &str, properties: &Properties) {
        self.node(name, |tree| tree.each(properties.items.iter(), Self::property));
    }

    fn property(&mut self, property: &Property) {
        self.node("tok_tableproperty", |tree| {
            tree.string(&property.key);
            match &property.value {
                Some(value) => tree.string(value),
                None => tree.leaf("tok_null"),
            }
        });
    }

    /// Puts the row format of a table.
    pub(super) fn table_row_format(&mut self, format: &RowFormat) {
        let name = match format {
            RowFormat::Delimited(_) => "tok_tablerowformat",
            RowFormat::Serde { .. } => "tok_tableserializer",
        };
        self.node(name, |tree| tree.row_format(format));
    }

    fn row_format(&mut self, format: &RowFormat) {
        match format {
            RowFormat::Serde { class, properties, .. } => self.node("tok_serdename", |tree| {
                tree.string(class);
                tree.each(properties.iter(), Self::properties);
            }),
            RowFormat::Delimited(delimited) => self.delimited(delimited),
        }
    }

    fn delimited(&mut self, delimited: &Delimited) {
        self.node("tok_serdeprops", |tree| {
            if let Some(fields) = &delimited.fields {
                tree.node("tok_tablerowformatfield", |tree| {
                    tree.string(fields);
                    tree.each(delimited.escaped.iter(), Self::string);
                });
            }
            for (name, value) in [
                ("tok_tablerowformatcollitems", &delimited.collection_items),
                ("tok_tablerowformatmapkeys", &delimited.map_keys),
                ("tok_tablerowformatlines", &delimited.lines),
                ("tok_tablerowformatnull", &delimited.null),
            ] {
                tree.string_node(name, value.as_ref());
            }
        });
    }

    /// Puts a node with a string below it, if there is one.
    pub(super) fn string_node(&mut self, name: &str, string: Option<&StringLit>) {
        if let Some(string) = string {
            self.node(name, |tree| tree.string(string));
        }
    }

    pub(super) fn storage(&mut self, storage: &Storage) {
        match &storage.kind {
            StorageKind::Format(format) => {
                self.node("tok_fileformat_generic", |tree| tree.ident(format));
            }
            StorageKind::Classes { input, output, drivers } => {
                self.node("tok_tablefileformat", |tree| {
                    tree.string(input);
                    tree.string(output);
                    if let Some((input, output)) = drivers {
                        tree.string(input);
                        tree.string(output);
                    }
                });
            }
            StorageKind::Handler { handler, properties, format } => {
                self.node("tok_storagehandler", |tree| {
                    match handler {
                        HandlerName::Class(class) => tree.string(class),
                        HandlerName::Name(name) => tree.ident(name),
                    }
                    tree.each(properties.iter(), Self::properties);
                    if let Some(format) = format {
                        tree.node("tok_fileformat_generic", |tree| tree.ident(format));
                    }
                });
            }
        }
    }

    // ── types ────────────────────────────────────────────────────────

    pub(super) fn data_type(&mut self, data_type: &DataType) {
        match &data_type.kind {
            TypeKind::Decimal { precision, scale } => self.node("tok_decimal", |tree| {
                for number in precision.iter().chain(scale) {
                    tree.text(&number.to_string());
                }
            }),
            TypeKind::Varchar(length) => {
                self.node("tok_varchar", |tree| tree.text(&length.to_string()));
            }
            TypeKind::Char(length) => self.node("tok_char", |tree| tree.text(&length.to_string())),
            TypeKind::Array(element) => self.node("tok_list", |tree| tree.data_type(element)),
            TypeKind::Map(key, value) => self.node("tok_map", |tree| {
                tree.data_type(key);
                tree.data_type(value);
            }),
            TypeKind::Struct(fields) => self.node("tok_struct", |tree| {
                tree.node("tok_tabcollist", |tree| {
                    tree.each(fields.iter(), Self::struct_field);
                });
            }),
            TypeKind::Union(types) => self.node("tok_uniontype", |tree| {
                tree.node("tok_coltypelist", |tree| {
                    tree.each(types.iter(), Self::data_type);
                });
            }),
            simple => self.leaf(simple_type(simple)),
        }
    }

    fn struct_field(&mut self, field: &StructField) {
        self.node("tok_tabcol", |tree| {
            tree.ident(&field.name);
            tree.data_type(&field.data_type);
            tree.each(field.comment.iter(), Self::string);
        });
    }

    /// Puts a list of columns with types.
    pub(super) fn typed_columns(&mut self, columns: &[ColumnDef]) {
        if columns.is_empty() {
            return;
        }
        self.node("tok_tabcollist", |tree| {
            tree.each(columns.iter(), Self::typed_column);
        });
    }

    /// Puts a column with its type.
    pub(super) fn typed_column(&mut self, column: &ColumnDef) {
        self.node("tok_tabcol", |tree| {
            tree.ident(&column.name);
            tree.each(column.data_type(), Self::data_type);
            tree.each(column.comment.iter(), Self::string);
        });
    }

    // ── scripts ──────────────────────────────────────────────────────

    /// Puts `TRANSFORM (...) USING 'script'`.
    pub(super) fn transform(&mut self, transform: &Transform) {
        self.node("tok_transform", |tree| {
            tree.node("tok_explist", |tree| {
                tree.each(transform.args.iter(), Self::function_arg);
            });
            tree.script_side(&transform.input, "tok_recordwriter");
            tree.string(&transform.script);
            tree.script_side(&transform.output, "tok_recordreader");
            match &transform.columns {
                TransformOutput::None => {}
                TransformOutput::Names(names) => tree.node("tok_aliaslist", |tree| {
                    tree.each(names.iter(), Self::ident);
                }),
                TransformOutput::Columns(columns) => tree.typed_columns(columns),
            }
        });
    }

    fn script_side(&mut self, side: &crate::ast::ScriptSide, record: &str) {
        self.node("tok_serde", |tree| {
            tree.each(side.row_format.iter(), Self::row_format);
        });
        self.node(record, |tree| tree.each(side.record.iter(), Self::string));
    }
}

const fn simple_type(kind: &TypeKind) -> &'static str {
    match kind {
        TypeKind::TinyInt => "tok_tinyint",
        TypeKind::SmallInt => "tok_smallint",
        TypeKind::Int => "tok_int",
        TypeKind::BigInt => "tok_bigint",
        TypeKind::Boolean => "tok_boolean",
        TypeKind::Float => "tok_float",
        TypeKind::Double => "tok_double",
        TypeKind::Binary => "tok_binary",
        TypeKind::Date => "tok_date",
        TypeKind::Datetime => "tok_datetime",
        TypeKind::Timestamp { .. } | TypeKind::Time { .. } => "tok_timestamp",
        TypeKind::TimestampLocalTz { .. } => "tok_timestamplocaltz",
        // The types with parts are put by the caller.
        _ => "tok_string",
    }
}
