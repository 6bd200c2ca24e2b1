//! Partition expressions of Hive's clients: Java objects in Kryo's form, read and evaluated without Java.
//!
//! ```text
//! bytes ──read──► objects ──tree──► Expr ──eval──► which partitions
//! ```
//!
//! Hive 2.3 and 3.1 write Kryo 3, Hive 4 writes Kryo 5. `get_partitions_by_expr` and `drop_partitions_req` carry such bytes; without them
//! DROP PARTITION does not work. What is not known (a class, a function) is an error, and a client then prunes by itself.
//!
//! A metastore answers in two ways, and so does this: an expression of plain comparisons is turned into a filter, which takes a string
//! column's NULL for the text `__HIVE_DEFAULT_PARTITION__`; all others are evaluated with NULL.
//!
//! Source: Kryo 3.0.3 and 5.5.0, Hive `SerializationUtilities`, `PartFilterExprUtil`, `PartitionPruner.prunePartitionNames`.

mod call;
mod eval;
mod layout;
mod read;
mod tree;
mod value;

use crate::error::{Error, Result};
use crate::model::FieldSchema;
use crate::names::PartitionSpec;
use tree::Expr;
use value::Value;

/// Longest expression.
pub(crate) const MAX_BYTES: usize = 4 << 20;

/// Expression that is resolved against a table's partition columns.
#[derive(Debug)]
pub(crate) struct Predicate {
    root: Expr,
    keys: Vec<FieldSchema>,
    /// NULL of a string column is the text that stands for it.
    null_is_text: bool,
}

impl Predicate {
    /// Reads an expression over these partition columns.
    ///
    /// # Errors
    /// [`Kind::Config`](crate::Kind::Config) if the bytes are no expression or name another column;
    /// [`Kind::Unsupported`](crate::Kind::Unsupported) if it has a class or function that is not known here.
    pub(crate) fn read(bytes: &[u8], keys: &[FieldSchema]) -> Result<Self> {
        if bytes.len() > MAX_BYTES {
            return Err(Error::config("partition expression is too long"));
        }
        let objects = read::objects(bytes)?;
        let root = tree::build(&objects)?;
        eval::check(&root, keys)?;
        let null_is_text = eval::is_filter(&root, objects.kryo, keys);
        Ok(Self { root, keys: keys.to_vec(), null_is_text })
    }

    /// Tells whether a partition fulfils the expression; one that it cannot be told of does not.
    pub(crate) fn matches(&self, spec: &PartitionSpec) -> bool {
        let row = eval::Row::new(&self.keys, spec, self.null_is_text);
        matches!(eval::evaluate(&self.root, &row), Value::Bool(true))
    }
}

#[cfg(test)]
mod tests;
