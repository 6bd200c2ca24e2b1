//! Partitions in statements, and what is dropped.

use super::Printer;
use crate::ast::{
    AddPartitions, DropBehavior, DropPartitions, DropTable, Ident, PartitionCondition,
    PartitionFilter, PartitionFunction, PartitionOp, PartitionSpec, ReplicationClause,
    TruncateTable,
};

impl Printer {
    pub(super) fn partition_spec(&mut self, spec: &PartitionSpec) {
        self.put("PARTITION ");
        self.parens(&spec.values, |p, value| {
            p.partition_column(value.transform.as_ref(), &value.name);
            if let Some(value) = &value.value {
                p.put(" = ");
                p.constant(value);
            }
        });
    }

    /// Puts ` PARTITION (...)` if it is there.
    pub(super) fn optional_partition_spec(&mut self, spec: Option<&PartitionSpec>) {
        if let Some(spec) = spec {
            self.put(" ");
            self.partition_spec(spec);
        }
    }

    fn partition_column(&mut self, transform: Option<&PartitionFunction>, column: &Ident) {
        let Some(transform) = transform else { return self.ident(column) };
        self.ident(&transform.name);
        self.put("(");
        if let Some(number) = &transform.number {
            self.put(&number.raw);
            self.put(", ");
        }
        self.ident(column);
        self.put(")");
    }

    fn partition_filter(&mut self, filter: &PartitionFilter) {
        self.put("PARTITION ");
        self.parens(&filter.conditions, Self::partition_condition);
    }

    pub(super) fn partition_condition(&mut self, condition: &PartitionCondition) {
        self.partition_column(condition.transform.as_ref(), &condition.name);
        self.put(match condition.op {
            PartitionOp::Eq => " = ",
            PartitionOp::EqEq => " == ",
            PartitionOp::NotEq => " <> ",
            PartitionOp::BangEq => " != ",
            PartitionOp::LtEq => " <= ",
            PartitionOp::Lt => " < ",
            PartitionOp::GtEq => " >= ",
            PartitionOp::Gt => " > ",
            PartitionOp::Like => " LIKE ",
        });
        self.constant(&condition.value);
    }

    pub(super) fn add_partitions(&mut self, add: &AddPartitions) {
        self.put("ADD");
        self.put(if add.if_not_exists { " IF NOT EXISTS" } else { "" });
        for partition in &add.partitions {
            self.optional_partition_spec(Some(&partition.spec));
            self.string_clause("LOCATION", partition.location.as_ref());
        }
    }

    pub(super) fn drop_partitions(&mut self, drop: &DropPartitions) {
        self.put("DROP ");
        self.word_if(drop.if_exists, "IF EXISTS");
        self.list(&drop.filters, ", ", Self::partition_filter);
        self.put(if drop.purge { " PURGE" } else { "" });
        self.replication_clause(drop.replication.as_ref());
    }

    pub(super) fn replication_clause(&mut self, clause: Option<&ReplicationClause>) {
        let Some(clause) = clause else { return };
        self.put(" FOR ");
        self.word_if(clause.metadata, "METADATA");
        self.put("REPLICATION (");
        self.string(&clause.event);
        self.put(")");
    }

    pub(super) fn drop_table(&mut self, drop: &DropTable) {
        self.put("DROP TABLE ");
        self.word_if(drop.if_exists, "IF EXISTS");
        self.name(&drop.name);
        self.put(if drop.purge { " PURGE" } else { "" });
        self.replication_clause(drop.replication.as_ref());
    }

    pub(super) fn truncate_table(&mut self, truncate: &TruncateTable) {
        self.put("TRUNCATE TABLE ");
        self.name(&truncate.name);
        self.optional_partition_spec(truncate.partition.as_ref());
        if !truncate.columns.is_empty() {
            self.put(" COLUMNS ");
            self.idents(&truncate.columns);
        }
        self.put(if truncate.force { " FORCE" } else { "" });
    }

    /// Puts ` RESTRICT` or ` CASCADE` if it is there.
    pub(super) fn drop_behavior(&mut self, behavior: Option<DropBehavior>) {
        self.put(match behavior {
            None => "",
            Some(DropBehavior::Restrict) => " RESTRICT",
            Some(DropBehavior::Cascade) => " CASCADE",
        });
    }
}
