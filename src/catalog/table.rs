//! A `CREATE TABLE` as a table of the catalog, and a table's columns as the binder needs them. Pure.

use std::collections::BTreeMap;

use dialect::ast::{
    ColumnDef, CreateTable, PartitionedByKind, Properties as Written, RowFormat, StorageKind,
    TableModifier,
};
use formats::serde_names::Format;
use formats::table::{Descriptor, TableColumn, TableEncoder, WriteOptions};
use formats::types::HiveType;
use metastore::names::TableName;
use metastore::{FieldSchema, Table, TableType};

use super::types::hive_type;

/// A reason why a table cannot be made, and where in the script.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    /// Where.
    pub span: dialect::ast::Span,
    /// Why.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

fn refused(span: dialect::ast::Span, message: impl Into<String>, hint: &str) -> Refused {
    let hint = (!hint.is_empty()).then(|| hint.to_owned());
    Refused { span, message: message.into(), hint }
}

/// Gives the pairs of a property list.
pub fn pairs(written: Option<&Written>) -> impl Iterator<Item = (String, String)> {
    written.into_iter().flat_map(|list| &list.items).map(|property| {
        let value = property.value.as_ref().map(|v| v.value().into_owned()).unwrap_or_default();
        (property.key.value().into_owned(), value)
    })
}

/// Makes the catalog's table of a `CREATE TABLE`; the location is left to the catalog if none is written.
///
/// # Errors
/// Everything that stands against it.
///
/// Source: Hive `CreateTableDesc.toTable`.
pub fn from_ddl(create: &CreateTable, name: TableName) -> Result<Table, Vec<Refused>> {
    let mut problems = unsupported(create);
    let mut table = Table::new(name);
    table.sd.cols = fields(create.columns(), &mut problems);
    if let Some(by) = &create.partitioned_by {
        match &by.kind {
            PartitionedByKind::Columns(columns) => {
                table.partition_keys = fields(columns.iter(), &mut problems);
            }
            PartitionedByKind::Names(_) | PartitionedByKind::Spec(_) => problems.push(refused(
                by.span,
                "partition columns need a type here",
                "write PARTITIONED BY (dt STRING, ...)",
            )),
        }
    }
    check_columns(create, &table, &mut problems);
    table.parameters = pairs(create.properties.as_ref()).collect();
    if create.has(TableModifier::External) {
        table.table_type = TableType::ExternalTable;
        table.parameters.insert("EXTERNAL".into(), "TRUE".into());
    }
    if let Some(comment) = &create.comment {
        table.parameters.insert("comment".into(), comment.value().into_owned());
    }
    table.sd.location = create.location.as_ref().map(|l| l.value().into_owned());
    storage(create, &mut table, &mut problems);
    table.sd.num_buckets = -1;
    if problems.is_empty() { Ok(table) } else { Err(problems) }
}

fn unsupported(create: &CreateTable) -> Vec<Refused> {
    let at = create.name.span;
    let mut problems = Vec::new();
    let mut no = |present: bool, what: &str, hint: &str| {
        if present {
            problems.push(refused(at, format!("{what} is not supported when writing"), hint));
        }
    };
    no(create.query.is_some(), "CREATE TABLE ... AS SELECT", "create the table, then INSERT");
    no(create.like.is_some(), "CREATE TABLE ... LIKE", "write the columns");
    no(create.clustered_by.is_some(), "CLUSTERED BY", "leave it out, or write with Hive");
    no(create.skewed_by.is_some(), "SKEWED BY", "leave it out");
    no(!create.write_ordered_by.is_empty(), "WRITE ORDERED BY", "leave it out");
    no(create.has(TableModifier::Transactional), "a TRANSACTIONAL table", "use a plain table");
    no(create.watermark().is_some(), "WATERMARK on a Hive table", "put it on the source table");
    problems
}

fn fields<'a>(
    columns: impl Iterator<Item = &'a ColumnDef>,
    problems: &mut Vec<Refused>,
) -> Vec<FieldSchema> {
    let mut fields = Vec::new();
    for column in columns {
        let Some(written) = column.data_type() else {
            let hint = "put it on the source table, or into the SELECT";
            problems.push(refused(column.span, "a Hive table has no computed columns", hint));
            continue;
        };
        match hive_type(written) {
            Ok(ty) => {
                let mut field = FieldSchema::new(column.name.value.to_lowercase(), ty.to_string());
                field.comment = column.comment.as_ref().map(|c| c.value().into_owned());
                fields.push(field);
            }
            Err(message) => problems.push(refused(written.span, message, "")),
        }
    }
    fields
}

fn check_columns(create: &CreateTable, table: &Table, problems: &mut Vec<Refused>) {
    let mut seen = std::collections::BTreeSet::new();
    for field in table.sd.cols.iter().chain(&table.partition_keys) {
        if !seen.insert(&field.name) {
            let message = format!("column {} is there twice", field.name);
            let hint = "a partition column is not repeated among the columns";
            problems.push(refused(create.name.span, message, hint));
        }
    }
    if table.sd.cols.is_empty() {
        problems.push(refused(create.name.span, "a table needs at least one column", ""));
    }
    for key in &table.partition_keys {
        if key.type_text.contains('<') || key.type_text == "binary" {
            let message = format!("partition column {} cannot be {}", key.name, key.type_text);
            problems.push(refused(create.name.span, message, "use STRING, a number or DATE"));
        }
    }
}

/// Sets the classes and properties of a table's files.
///
/// Source: Hive `StorageFormat`, `SemanticAnalyzer.RowFormatParams`: without `STORED AS` a table is
/// text.
fn storage(create: &CreateTable, table: &mut Table, problems: &mut Vec<Refused>) {
    let hint = "write STORED AS PARQUET, ORC, AVRO, TEXTFILE or JSONFILE";
    let serde = match &create.row_format {
        Some(RowFormat::Serde { class, .. }) => Some(class.value().into_owned()),
        _ => None,
    };
    let at = create.storage.as_ref().map_or(create.name.span, |storage| storage.span);
    let format = match create.storage.as_ref().map(|storage| &storage.kind) {
        None => Ok(Format::TextFile),
        Some(StorageKind::Format(name)) => name.value.parse::<Format>(),
        Some(StorageKind::Classes { input, .. }) => {
            Format::of_classes(&input.value(), serde.as_deref().unwrap_or_default())
        }
        Some(StorageKind::Handler { .. }) => {
            problems.push(refused(at, "tables of storage handlers are not written", hint));
            return;
        }
    };
    let format = match format {
        Ok(format) => format,
        Err(e) => {
            problems.push(refused(at, e.to_string(), hint));
            return;
        }
    };
    let names = format.class_names();
    table.sd.input_format = Some(names.input_format.to_owned());
    table.sd.output_format = Some(names.output_format.to_owned());
    let serde = serde.unwrap_or_else(|| names.serde.to_owned());
    table.sd.serde_info.serialization_lib = Some(serde);
    let parameters = &mut table.sd.serde_info.parameters;
    parameters.insert("serialization.format".into(), "1".into());
    match &create.row_format {
        None => {}
        Some(RowFormat::Serde { properties, .. }) => parameters.extend(pairs(properties.as_ref())),
        Some(RowFormat::Delimited(delimited)) => {
            let texts = [
                ("field.delim", &delimited.fields),
                ("serialization.format", &delimited.fields),
                ("escape.delim", &delimited.escaped),
                ("collection.delim", &delimited.collection_items),
                ("mapkey.delim", &delimited.map_keys),
                ("line.delim", &delimited.lines),
                ("serialization.null.format", &delimited.null),
            ];
            for (key, text) in texts {
                if let Some(text) = text {
                    parameters.insert(key.to_owned(), text.value().into_owned());
                }
            }
        }
    }
    let written = descriptor(table).and_then(|d| {
        TableEncoder::new(&d, &WriteOptions::default()).map(|_| ()).map_err(|e| e.to_string())
    });
    if let Err(message) = written {
        problems.push(refused(at, message, hint));
    }
}

/// Gives what readers and writers of a table's files must know.
///
/// # Errors
/// The column whose type text cannot be read.
pub fn descriptor(table: &Table) -> Result<Descriptor, String> {
    let columns = columns(&table.sd.cols)?.into_iter();
    let mut properties: BTreeMap<String, String> = BTreeMap::new();
    // The SerDe's own properties go before those of the table.
    for pairs in [&table.parameters, &table.sd.serde_info.parameters] {
        properties.extend(pairs.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
    Ok(Descriptor {
        input_format: table.sd.input_format.clone().unwrap_or_default(),
        serde: table.sd.serde_info.serialization_lib.clone().unwrap_or_default(),
        properties,
        columns: columns.map(|(name, ty)| TableColumn::new(name, ty)).collect(),
    })
}

/// Tells whether two definitions are the same table: columns, partition columns, formats.
pub fn same_definition(a: &Table, b: &Table) -> bool {
    let shape = |t: &Table| {
        let names = |f: &[FieldSchema]| -> Vec<(String, String)> {
            f.iter().map(|f| (f.name.clone(), f.type_text.clone())).collect()
        };
        (names(&t.sd.cols), names(&t.partition_keys), t.sd.input_format.clone())
    };
    shape(a) == shape(b)
}

/// Gives names and types of columns.
///
/// # Errors
/// The column whose type text cannot be read.
pub fn columns(fields: &[FieldSchema]) -> Result<Vec<(String, HiveType)>, String> {
    fields
        .iter()
        .map(|field| {
            let ty: HiveType =
                field.type_text.parse().map_err(|e| format!("column {}: {e}", field.name))?;
            Ok((field.name.clone(), ty))
        })
        .collect()
}
