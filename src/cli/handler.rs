//! Hive's way of naming a Kafka topic: `STORED BY '...KafkaStorageHandler'`.
//!
//! The handler adds columns that say where a message comes from. Source: Hive `KafkaStorageHandler`, `MetadataColumn`.

use config::problem::Origin;
use config::properties::Properties;
use dialect::ast::{CreateTable, HandlerName, StatementKind, StorageKind, TableElement};

/// The columns that the handler adds.
const COLUMNS: &str = "CREATE TABLE t (`__key` BINARY, `__partition` INT METADATA FROM 'partition', \
     `__offset` BIGINT METADATA FROM 'offset', `__timestamp` BIGINT METADATA FROM 'timestamp')";

/// Gives the table as one that is read from Kafka, if it is stored by the handler.
pub(super) fn of_kafka(create: &CreateTable) -> Option<CreateTable> {
    let StorageKind::Handler { handler: HandlerName::Class(class), .. } =
        &create.storage.as_ref()?.kind
    else {
        return None;
    };
    let class = class.value();
    if class.rsplit('.').next() != Some("KafkaStorageHandler") {
        return None;
    }
    let mut source = create.clone();
    source.storage = None;
    for raw in dialect::split(COLUMNS) {
        let Ok(statement) = raw.parse(&|_: &str, _: &str| None) else { continue };
        if let StatementKind::CreateTable(table) = statement.kind {
            let given: Vec<String> =
                create.columns().map(|column| column.name.value.to_lowercase()).collect();
            source.elements.extend(table.elements.into_iter().filter(|element| match element {
                TableElement::Column(column) => !given.contains(&column.name.value),
                TableElement::Constraint(_) | TableElement::Watermark(_) => false,
            }));
        }
    }
    Some(source)
}

/// Adds what fills the key's column.
pub(super) fn settle(properties: &mut Properties) {
    let at: Origin = properties.home().clone();
    properties.set("key.format", "raw", at.clone());
    properties.set("key.fields", "__key", at.clone());
    properties.set("value.fields-include", "EXCEPT_KEY", at);
}
