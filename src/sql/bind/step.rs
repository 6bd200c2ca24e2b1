//! A join with a dimension, as it runs, and what it wants of the dimension.

use std::fmt;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, RecordBatch};
use arrow::datatypes::{Field, SchemaRef};
use datafusion_expr::Expr;
use dialect::ast::{Hint, Span};
use formats::table::Predicate;
use formats::types::HiveType;

use super::TableName;
use super::frame::Frame;
use super::transform::Program;
use crate::error::{Error, Result};
use crate::sql::lookup::{Dimension, LookupPart, LookupTable, Output};
use crate::time::Timestamp;

/// Opens the dimension of a join.
pub type Dimensions<'a> =
    &'a mut dyn FnMut(&Arc<LookupQuery>, LookupKind) -> Result<Arc<dyn Dimension>>;

/// What becomes of rows with and without partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookupKind {
    /// Rows without partner are left out.
    Inner,
    /// Rows without partner stay, with NULLs.
    Left,
    /// Rows with a partner stay as they are, rows without are left out.
    Semi,
}

impl fmt::Display for LookupKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Inner => "join",
            Self::Left => "left join",
            Self::Semi => "left semi join",
        })
    }
}

/// What a join wants of a table: which columns, which rows, by which keys.
///
/// Two joins with equal queries can use one copy of the table.
#[derive(Debug)]
pub struct LookupQuery {
    /// The table.
    pub table: TableName,
    /// Where the script names it.
    pub span: Span,
    /// The hints behind its name.
    pub hints: Vec<Hint>,
    pub(super) columns: Vec<(String, HiveType)>,
    pub(super) input: SchemaRef,
    pub(super) filter: Option<Program>,
    pub(super) pushed: Option<Predicate>,
    pub(super) keys: Vec<Program>,
    pub(super) outputs: Vec<Program>,
    pub(super) shape: Shape,
}

/// What tells queries of one table apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) filter: Option<Expr>,
    pub(super) keys: Vec<Expr>,
    pub(super) null_safe: Vec<bool>,
    /// Columns that are no keys.
    pub(super) outputs: Vec<Expr>,
    pub(super) places: Vec<Output>,
}

impl LookupQuery {
    /// Returns the columns that are read, partition columns among them, in the table's order.
    pub fn columns(&self) -> &[(String, HiveType)] {
        &self.columns
    }

    /// Returns what is known of the rows that are wanted; others may be given all the same.
    pub fn predicate(&self) -> Option<&Predicate> {
        self.pushed.as_ref()
    }

    /// Tells whether a copy of the table that was made for this query serves the other.
    pub fn serves(&self, other: &Self) -> bool {
        self.shape == other.shape && self.columns == other.columns
    }

    /// Computes of a batch with the [`columns`](Self::columns) what is kept in memory.
    ///
    /// # Errors
    /// `Schema` if the batch has other columns; `Data` if an expression fails on a value.
    pub fn part(&self, batch: &RecordBatch) -> Result<LookupPart> {
        let types = |schema: &SchemaRef| -> Vec<_> {
            schema.fields().iter().map(|field| field.data_type().clone()).collect()
        };
        if types(&batch.schema()) != types(&self.input) {
            return Err(Error::schema("a batch of a dimension does not have its columns")
                .with("expected", &self.input)
                .with("found", batch.schema_ref()));
        }
        // What depends on the time is no part of a query.
        let now = Timestamp(0);
        let mut rows = Frame::new(batch, now).filter(self.filter.as_ref())?;
        let mut run = |programs: &[Program]| -> Result<Vec<ArrayRef>> {
            programs.iter().map(|program| rows.run(program)).collect()
        };
        let (keys, columns) = (run(&self.keys)?, run(&self.outputs)?);
        let part = LookupPart { keys, columns, rows: rows.rows() };
        self.without_null_keys(part)?.compact()
    }

    /// Leaves out the rows that no row can be joined with.
    fn without_null_keys(&self, part: LookupPart) -> Result<LookupPart> {
        let strict = part.keys.iter().zip(&self.shape.null_safe).filter(|(_, safe)| !**safe);
        let nulls = strict.fold(None, |all, (key, _)| {
            arrow::buffer::NullBuffer::union(all.as_ref(), key.logical_nulls().as_ref())
        });
        let Some(nulls) = nulls.filter(|nulls| nulls.null_count() > 0) else { return Ok(part) };
        let keep = BooleanArray::new(nulls.into_inner(), None);
        let cut = |array: &ArrayRef| {
            arrow::compute::filter(array, &keep)
                .map_err(|e| Error::internal("cannot leave keys out").with_source(e))
        };
        Ok(LookupPart {
            keys: part.keys.iter().map(cut).collect::<Result<_>>()?,
            columns: part.columns.iter().map(cut).collect::<Result<_>>()?,
            rows: keep.true_count(),
        })
    }

    /// Puts the parts of a table together.
    ///
    /// # Errors
    /// `Config` if they are more than can be held.
    pub fn build(&self, parts: Vec<LookupPart>) -> Result<LookupTable> {
        LookupTable::build(parts, &self.shape.null_safe, &self.shape.places)
    }
}

/// A join with a dimension.
#[derive(Debug)]
pub struct LookupStep {
    pub(super) kind: LookupKind,
    pub(super) query: Arc<LookupQuery>,
    /// The keys of the rows, one for each of the dimension's.
    pub(super) keys: Vec<Program>,
    /// The equalities of the keys for a reader.
    pub(super) on: Vec<String>,
    /// What a row must fulfil to have a partner at all; for an outer or semi join.
    pub(super) asks: Option<Program>,
    /// What a row and its partner must fulfil; for an outer or semi join.
    pub(super) condition: Option<Program>,
    /// The columns that the join adds.
    pub(super) fields: Vec<Arc<Field>>,
    /// What the joined rows must fulfil.
    pub(super) filter: Option<Program>,
    pub(super) dimension: Option<Arc<dyn Dimension>>,
}

impl LookupStep {
    /// Returns what is wanted of the dimension.
    pub fn query(&self) -> &Arc<LookupQuery> {
        &self.query
    }

    /// Returns what becomes of rows without partner.
    pub fn kind(&self) -> LookupKind {
        self.kind
    }

    /// Lists what is computed over the joined rows, or over those before the join.
    pub(super) fn programs(&self) -> impl Iterator<Item = &Program> {
        self.keys.iter().chain(&self.asks).chain(&self.condition).chain(&self.filter)
    }

    pub(super) fn open(&mut self, open: Dimensions<'_>) -> Result<()> {
        self.dimension = Some(open(&self.query, self.kind)?);
        Ok(())
    }

    pub(super) fn waits(&self) -> bool {
        let there = self.dimension.as_ref().is_some_and(|d| d.current().is_some());
        self.kind != LookupKind::Left && !there
    }

    fn table(&self) -> Result<Arc<LookupTable>> {
        let dimension = self.dimension.as_ref();
        let dimension = dimension.ok_or_else(|| {
            Error::internal("a dimension was not opened").with("table", &self.query.table.table)
        })?;
        match (dimension.current(), self.kind) {
            (Some(table), _) => Ok(table),
            (None, LookupKind::Left) => Ok(Arc::new(LookupTable::empty())),
            (None, LookupKind::Inner | LookupKind::Semi) => {
                Err(Error::internal("a join did not wait for its dimension"))
            }
        }
    }

    /// Joins rows with the dimension as it is now; `None` if they become more than `most`.
    pub(super) fn join<'a>(&self, mut rows: Frame<'a>, most: usize) -> Result<Option<Frame<'a>>> {
        let table = self.table()?;
        let count = rows.rows();
        let keys = self.keys.iter().map(|key| rows.run(key)).collect::<Result<Vec<_>>>()?;
        let asks = self.asks.as_ref().map(|asks| rows.mask(asks)).transpose()?;
        let found = table.find(&keys, count, asks.as_ref())?;
        let semi = |rows: Frame<'a>, keep: BooleanArray| {
            rows.keep((keep.true_count() != count).then_some(keep))
        };
        let joined = match (self.kind, &self.condition) {
            (LookupKind::Semi, None) => semi(rows, found.has_partner()),
            (LookupKind::Inner, None) => {
                let Some(pairs) = found.inner(most) else { return Ok(None) };
                rows.join(pairs, &table, &self.fields)
            }
            (LookupKind::Left, None) => {
                let Some(pairs) = found.outer(most) else { return Ok(None) };
                rows.join(pairs, &table, &self.fields)
            }
            (kind, Some(condition)) => {
                let Some(pairs) = found.inner(most) else { return Ok(None) };
                let mut tried = rows.join(pairs, &table, &self.fields);
                let mask = tried.mask(condition)?;
                let (rows, pairs) = tried.unjoin()?;
                let pairs = pairs.keep(&mask)?;
                match kind {
                    LookupKind::Inner => rows.join(pairs, &table, &self.fields),
                    LookupKind::Left => rows.join(pairs.with_all(count), &table, &self.fields),
                    LookupKind::Semi => semi(rows, pairs.lefts(count)),
                }
            }
        };
        joined.filter(self.filter.as_ref()).map(Some)
    }

    /// Describes the join for a reader.
    pub(super) fn describe(&self) -> String {
        let query = &self.query;
        let name = match &query.table.database {
            Some(database) => format!("{database}.{}", query.table.table),
            None => query.table.table.clone(),
        };
        let mut text = format!("{} {name} on {}", self.kind, self.on.join(" and "));
        for condition in self.asks.iter().chain(&self.condition) {
            text += &format!(" and {}", condition.text());
        }
        if let Some(filter) = &query.filter {
            text += &format!("\n  of its rows where {}", filter.text());
        }
        if let Some(filter) = &self.filter {
            text += &format!("\nwhere {}", filter.text());
        }
        text
    }
}
