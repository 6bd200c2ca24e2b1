//! Partitions in statements, and what adds and drops them.

use super::Tree;
use crate::ast::{
    AddPartitions, DropPartitions, Ident, PartitionCondition, PartitionFilter, PartitionFunction,
    PartitionOp, PartitionSpec,
};

impl Tree {
    /// Puts `PARTITION (...)`.
    pub(super) fn partition_spec(&mut self, spec: &PartitionSpec) {
        self.node("tok_partspec", |tree| {
            for value in &spec.values {
                tree.node("tok_partval", |tree| {
                    tree.partition_column(value.transform.as_ref(), &value.name);
                    tree.each(value.value.iter(), Self::expr);
                });
            }
        });
    }

    fn partition_column(&mut self, transform: Option<&PartitionFunction>, column: &Ident) {
        let Some(transform) = transform else { return self.ident(column) };
        self.node("tok_function", |tree| {
            tree.ident(&transform.name);
            if let Some(number) = &transform.number {
                tree.text(&number.raw);
            }
            tree.ident(column);
        });
    }

    pub(super) fn partition_filter(&mut self, filter: &PartitionFilter) {
        self.node("tok_partspec", |tree| {
            tree.each(filter.conditions.iter(), Self::partition_condition);
        });
    }

    pub(super) fn partition_condition(&mut self, condition: &PartitionCondition) {
        self.node("tok_partval", |tree| {
            tree.partition_column(condition.transform.as_ref(), &condition.name);
            tree.leaf(condition.op.node_name());
            tree.expr(&condition.value);
        });
    }

    pub(super) fn add_partitions(&mut self, node: &str, add: &AddPartitions) {
        self.node(node, |tree| {
            tree.leaf_if(add.if_not_exists, "tok_ifnotexists");
            for partition in &add.partitions {
                tree.partition_spec(&partition.spec);
                tree.string_node("tok_partitionlocation", partition.location.as_ref());
            }
        });
    }

    /// Puts `DROP PARTITION`; for a view, `PURGE` is read and forgotten.
    pub(super) fn drop_partitions(&mut self, node: &str, drop: &DropPartitions) {
        let of_table = node == "tok_altertable_dropparts";
        self.node(node, |tree| {
            tree.each(drop.filters.iter(), Self::partition_filter);
            tree.leaf_if(drop.if_exists, "tok_ifexists");
            tree.leaf_if(drop.purge && of_table, "purge");
            tree.replication_clause(drop.replication.as_ref());
        });
    }
}

impl PartitionOp {
    const fn node_name(self) -> &'static str {
        match self {
            Self::Eq => "=",
            Self::EqEq => "==",
            Self::NotEq => "<>",
            Self::BangEq => "!=",
            Self::LtEq => "<=",
            Self::Lt => "<",
            Self::GtEq => ">=",
            Self::Gt => ">",
            Self::Like => "like",
        }
    }
}
