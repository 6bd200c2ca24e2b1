//! The model ↔ the generated structs. Pure.
//!
//! What a client leaves out is absent in the model, or its empty value; what a metastore always sets is set. Fields that the model does not
//! have (privileges, capabilities, materialized views' sources) are lost.

use std::collections::BTreeMap;

use crate::error::Result;
use crate::generated::structs as wire;
use crate::model::{
    Database, FieldSchema, Order, Parameters, Partition, PrincipalType, SerDeInfo, SkewedInfo,
    StorageDescriptor, Table, TableType,
};
use crate::names::{PartitionSpec, TableName};

/// Catalog that everything is in.
pub(crate) const CATALOG: &str = "hive";

pub(crate) fn database_from(database: wire::Database) -> Database {
    Database {
        name: database.name.unwrap_or_default().to_lowercase(),
        description: database.description,
        location_uri: database.location_uri.filter(|l| !l.is_empty()),
        parameters: database.parameters.unwrap_or_default(),
        owner_name: database.owner_name,
        owner_type: principal_type_from(database.owner_type),
        create_time: database.create_time.unwrap_or(0),
    }
}

pub(crate) fn database_to(database: Database) -> wire::Database {
    wire::Database {
        name: Some(database.name),
        description: database.description,
        location_uri: database.location_uri,
        parameters: Some(database.parameters),
        privileges: None,
        owner_name: database.owner_name,
        owner_type: Some(principal_type_to(database.owner_type)),
        catalog_name: Some(CATALOG.to_owned()),
        create_time: Some(database.create_time),
        managed_location_uri: None,
        type_: Some(wire::DatabaseType::NATIVE),
        connector_name: None,
        remote_dbname: None,
    }
}

fn principal_type_from(kind: Option<wire::PrincipalType>) -> PrincipalType {
    match kind {
        Some(wire::PrincipalType::ROLE) => PrincipalType::Role,
        Some(wire::PrincipalType::GROUP) => PrincipalType::Group,
        _ => PrincipalType::User,
    }
}

fn principal_type_to(kind: PrincipalType) -> wire::PrincipalType {
    match kind {
        PrincipalType::User => wire::PrincipalType::USER,
        PrincipalType::Role => wire::PrincipalType::ROLE,
        PrincipalType::Group => wire::PrincipalType::GROUP,
    }
}

pub(crate) fn field_from(field: wire::FieldSchema) -> FieldSchema {
    FieldSchema {
        name: field.name.unwrap_or_default().to_lowercase(),
        type_text: field.type_.unwrap_or_default(),
        comment: field.comment,
    }
}

pub(crate) fn field_to(field: &FieldSchema) -> wire::FieldSchema {
    wire::FieldSchema {
        name: Some(field.name.clone()),
        type_: Some(field.type_text.clone()),
        comment: field.comment.clone(),
    }
}

pub(crate) fn fields_to(fields: &[FieldSchema]) -> Vec<wire::FieldSchema> {
    fields.iter().map(field_to).collect()
}

fn fields_from(fields: Option<Vec<wire::FieldSchema>>) -> Vec<FieldSchema> {
    fields.unwrap_or_default().into_iter().map(field_from).collect()
}

pub(crate) fn storage_from(sd: wire::StorageDescriptor) -> StorageDescriptor {
    StorageDescriptor {
        cols: fields_from(sd.cols),
        location: sd.location.filter(|l| !l.is_empty()),
        input_format: sd.input_format,
        output_format: sd.output_format,
        compressed: sd.compressed.unwrap_or(false),
        num_buckets: sd.num_buckets.unwrap_or(0),
        serde_info: sd.serde_info.map(serde_from).unwrap_or_default(),
        bucket_cols: sd.bucket_cols.unwrap_or_default(),
        sort_cols: sd.sort_cols.unwrap_or_default().into_iter().map(order_from).collect(),
        parameters: sd.parameters.unwrap_or_default(),
        skewed_info: sd.skewed_info.map(skewed_from).filter(|s| *s != SkewedInfo::default()),
        stored_as_sub_directories: sd.stored_as_sub_directories.unwrap_or(false),
    }
}

pub(crate) fn storage_to(sd: &StorageDescriptor) -> wire::StorageDescriptor {
    wire::StorageDescriptor {
        cols: Some(fields_to(&sd.cols)),
        location: sd.location.clone(),
        input_format: sd.input_format.clone(),
        output_format: sd.output_format.clone(),
        compressed: Some(sd.compressed),
        num_buckets: Some(sd.num_buckets),
        serde_info: Some(serde_to(&sd.serde_info)),
        bucket_cols: Some(sd.bucket_cols.clone()),
        sort_cols: Some(sd.sort_cols.iter().map(order_to).collect()),
        parameters: Some(sd.parameters.clone()),
        skewed_info: Some(skewed_to(sd.skewed_info.as_ref())),
        stored_as_sub_directories: Some(sd.stored_as_sub_directories),
    }
}

fn serde_from(serde: wire::SerDeInfo) -> SerDeInfo {
    SerDeInfo {
        name: serde.name,
        serialization_lib: serde.serialization_lib,
        parameters: serde.parameters.unwrap_or_default(),
    }
}

fn serde_to(serde: &SerDeInfo) -> wire::SerDeInfo {
    wire::SerDeInfo {
        name: serde.name.clone(),
        serialization_lib: serde.serialization_lib.clone(),
        parameters: Some(serde.parameters.clone()),
        description: None,
        serializer_class: None,
        deserializer_class: None,
        serde_type: None,
    }
}

fn order_from(order: wire::Order) -> Order {
    Order { col: order.col.unwrap_or_default(), order: order.order.unwrap_or(0) }
}

fn order_to(order: &Order) -> wire::Order {
    wire::Order { col: Some(order.col.clone()), order: Some(order.order) }
}

fn skewed_from(skewed: wire::SkewedInfo) -> SkewedInfo {
    SkewedInfo {
        skewed_col_names: skewed.skewed_col_names.unwrap_or_default(),
        skewed_col_values: skewed.skewed_col_values.unwrap_or_default(),
        skewed_col_value_location_maps: skewed
            .skewed_col_value_location_maps
            .unwrap_or_default()
            .into_iter()
            .collect(),
    }
}

/// Metastores always answer a skew, be it empty: Hive 2.3 reads it without asking.
fn skewed_to(skewed: Option<&SkewedInfo>) -> wire::SkewedInfo {
    let skewed = skewed.cloned().unwrap_or_default();
    wire::SkewedInfo {
        skewed_col_names: Some(skewed.skewed_col_names),
        skewed_col_values: Some(skewed.skewed_col_values),
        skewed_col_value_location_maps: Some(
            skewed.skewed_col_value_location_maps.into_iter().collect::<BTreeMap<_, _>>(),
        ),
    }
}

/// Reads a table; `None` as its storage stands for an empty one.
///
/// # Errors
/// [`Kind::Config`](crate::Kind::Config) for a bad name, [`Kind::Unsupported`](crate::Kind::Unsupported) for an unknown table type.
pub(crate) fn table_from(table: wire::Table) -> Result<Table> {
    let name = TableName::new(
        plain_database(table.db_name.as_deref().unwrap_or_default()).1,
        table.table_name.as_deref().unwrap_or_default(),
    )?;
    let parameters = table.parameters.unwrap_or_default();
    let external = parameters.get("EXTERNAL").is_some_and(|v| v.eq_ignore_ascii_case("true"));
    let table_type = match table.table_type.as_deref() {
        // Source: `HiveAlterHandler`, `ObjectStore.convertToMTable`: the property decides.
        None | Some("" | "MANAGED_TABLE") if external => TableType::ExternalTable,
        None | Some("") => TableType::ManagedTable,
        Some("EXTERNAL_TABLE") if !external => TableType::ManagedTable,
        Some(text) => text.parse()?,
    };
    Ok(Table {
        name,
        owner: table.owner,
        create_time: table.create_time.unwrap_or(0),
        last_access_time: table.last_access_time.unwrap_or(0),
        retention: table.retention.unwrap_or(0),
        sd: table.sd.map(storage_from).unwrap_or_default(),
        partition_keys: fields_from(table.partition_keys),
        parameters,
        view_original_text: table.view_original_text,
        view_expanded_text: table.view_expanded_text,
        table_type,
    })
}

pub(crate) fn table_to(table: &Table) -> wire::Table {
    wire::Table {
        table_name: Some(table.name.table().to_owned()),
        db_name: Some(table.name.database().to_owned()),
        owner: table.owner.clone(),
        create_time: Some(table.create_time),
        last_access_time: Some(table.last_access_time),
        retention: Some(table.retention),
        sd: Some(storage_to(&table.sd)),
        partition_keys: Some(fields_to(&table.partition_keys)),
        parameters: Some(table.parameters.clone()),
        view_original_text: table.view_original_text.clone(),
        view_expanded_text: table.view_expanded_text.clone(),
        table_type: Some(table.table_type.as_str().to_owned()),
        privileges: None,
        temporary: Some(false),
        rewrite_enabled: Some(false),
        creation_metadata: None,
        cat_name: Some(CATALOG.to_owned()),
        owner_type: Some(wire::PrincipalType::USER),
        write_id: Some(0),
        is_stats_compliant: None,
        col_stats: None,
        access_type: None,
        required_read_capabilities: None,
        required_write_capabilities: None,
        id: None,
        file_metadata: None,
        dictionary: None,
        txn_id: None,
    }
}

/// Reads a partition of a table with these partition columns.
///
/// # Errors
/// [`Kind::Schema`](crate::Kind::Schema) if it has another number of values.
pub(crate) fn partition_from(
    partition: wire::Partition,
    table: &TableName,
    keys: &[FieldSchema],
) -> Result<Partition> {
    Ok(Partition {
        table: table.clone(),
        spec: spec_from(keys, &partition.values.unwrap_or_default())?,
        create_time: partition.create_time.unwrap_or(0),
        last_access_time: partition.last_access_time.unwrap_or(0),
        sd: partition.sd.map(storage_from).unwrap_or_default(),
        parameters: partition.parameters.unwrap_or_default(),
    })
}

/// Makes a spec of a table's partition columns and values.
///
/// # Errors
/// [`Kind::Schema`](crate::Kind::Schema) if their numbers differ.
pub(crate) fn spec_from(keys: &[FieldSchema], values: &[String]) -> Result<PartitionSpec> {
    let columns: Vec<&str> = keys.iter().map(|key| key.name.as_str()).collect();
    PartitionSpec::from_values(&columns, values)
}

pub(crate) fn partition_to(partition: &Partition) -> wire::Partition {
    wire::Partition {
        values: Some(partition.spec.to_values()),
        db_name: Some(partition.table.database().to_owned()),
        table_name: Some(partition.table.table().to_owned()),
        create_time: Some(partition.create_time),
        last_access_time: Some(partition.last_access_time),
        sd: Some(storage_to(&partition.sd)),
        parameters: Some(partition.parameters.clone()),
        privileges: None,
        cat_name: Some(CATALOG.to_owned()),
        write_id: Some(0),
        is_stats_compliant: None,
        col_stats: None,
        file_metadata: None,
    }
}

/// Takes `@catalog#database` apart, as Hive 3 and 4 write a database where a call has no field for the catalog.
///
/// `!` stands for the empty text. Without a catalog it is the default one.
///
/// Source: Hive `MetaStoreUtils.parseDbName`.
pub(crate) fn plain_database(text: &str) -> (&str, &str) {
    let (catalog, database) = match text.strip_prefix('@').and_then(|t| t.split_once('#')) {
        Some((catalog, database)) => (catalog, database),
        None => (CATALOG, text),
    };
    (catalog, if database == "!" { "" } else { database })
}

/// Gives the properties of an environment context.
pub(crate) fn properties(context: Option<wire::EnvironmentContext>) -> Parameters {
    context.and_then(|c| c.properties).unwrap_or_default()
}
