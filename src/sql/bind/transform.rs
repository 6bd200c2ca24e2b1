//! What a bound SELECT does to a batch.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use datafusion_common::{DFSchema, DataFusionError, ScalarValue};
use datafusion_expr::Expr;
use datafusion_expr::execution_props::ExecutionProps;
use datafusion_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion_physical_expr::{PhysicalExpr, create_physical_expr};

use super::describe::describe;
use super::frame::{Frame, SourceRows};
use super::step::{Dimensions, LookupStep};
use crate::error::{Error, Result};
use crate::time::Timestamp;

/// Name of the column that carries the time of the batch where an expression asks for it.
///
/// No column of a user can have it: Hive's names are lower case.
pub(super) const NOW: &str = "\u{0}NOW";

/// Computes the rows of a table from batches of its source: filter, joins with dimensions, projection, assignment.
///
/// Cheap to share between threads: evaluation changes nothing.
#[derive(Debug)]
pub struct Transform {
    input: SchemaRef,
    filter: Option<Program>,
    lookups: Vec<LookupStep>,
    columns: Vec<Program>,
    output: SchemaRef,
    partitions: Vec<PartitionColumn>,
    dynamic: Vec<Program>,
}

/// Names a partition column and says where its value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionColumn {
    /// The column's name, as in the table.
    pub name: String,
    /// Where the value comes from.
    pub value: PartitionValue,
}

/// Says where the value of a partition column comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartitionValue {
    /// The same text for every row; `None` is NULL, Hive's default partition.
    Static(Option<String>),
    /// The array at this position of [`Transformed::partitions`].
    Dynamic(usize),
}

/// The rows a batch has become.
#[derive(Debug, Clone)]
pub struct Transformed {
    /// The table's data columns, after [`Transform::output_schema`].
    pub data: RecordBatch,
    /// One array for each dynamic partition column, in table order: the text Hive prints for the
    /// value, as `Utf8` or `Dictionary(Int32, Utf8)`. NULL is Hive's default partition.
    pub partitions: Vec<ArrayRef>,
    /// Which rows of the batch they come from.
    pub source_rows: SourceRows,
}

/// What the binder has found for one [`Transform`].
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) input: SchemaRef,
    /// What rows must fulfil before the first join.
    pub(super) filter: Option<Expr>,
    /// The joins, in their order.
    pub(super) lookups: Vec<LookupStep>,
    /// The columns of the source and those that the joins add.
    pub(super) joined: SchemaRef,
    pub(super) columns: Vec<(Field, Expr)>,
    pub(super) partitions: Vec<PartitionColumn>,
    pub(super) dynamic: Vec<Expr>,
}

/// A compiled expression together with its text.
#[derive(Debug)]
pub(super) struct Program {
    expr: Arc<dyn PhysicalExpr>,
    /// The columns the expression knows.
    schema: SchemaRef,
    /// Where they are in the input; the time of the batch, if it is read, comes behind them.
    reads: Vec<usize>,
    now: bool,
    text: String,
}

impl Transform {
    /// Compiles the expressions of a branch.
    pub(super) fn compile(parts: Parts) -> Result<Self> {
        let Parts { input, filter, lookups, joined, columns, partitions, dynamic } = parts;
        let filter = filter.map(|filter| Program::compile(&filter, &input)).transpose()?;
        let compile = |expr: &Expr| Program::compile(expr, &joined);
        let dynamic = dynamic.iter().map(compile).collect::<Result<_>>()?;
        let (fields, exprs): (Vec<Field>, Vec<Expr>) = columns.into_iter().unzip();
        let columns = exprs.iter().map(compile).collect::<Result<_>>()?;
        let output = Arc::new(Schema::new(fields));
        Ok(Self { input, filter, lookups, columns, output, partitions, dynamic })
    }

    /// Returns the joins with dimensions, in their order.
    pub fn lookups(&self) -> &[LookupStep] {
        &self.lookups
    }

    /// Opens the dimension of each join.
    ///
    /// # Errors
    /// As `open`.
    pub fn open_dimensions(&mut self, open: Dimensions<'_>) -> Result<()> {
        self.lookups.iter_mut().try_for_each(|step| step.open(&mut *open))
    }

    /// Tells whether a join has to wait, because it would lose rows: its dimension has nothing to be read yet.
    pub fn waits(&self) -> bool {
        self.lookups.iter().any(LookupStep::waits)
    }

    /// Returns the schema of the batches [`apply`](Self::apply) takes.
    pub fn input_schema(&self) -> SchemaRef {
        Arc::clone(&self.input)
    }

    /// Tells which columns of the input are read, by their positions.
    pub fn reads(&self) -> BTreeSet<usize> {
        let own = self.filter.iter().chain(&self.columns).chain(&self.dynamic);
        let programs = own.chain(self.lookups.iter().flat_map(LookupStep::programs));
        let reads = programs.flat_map(|program| program.reads.iter().copied());
        // Behind the columns of the input are those that joins add.
        reads.filter(|at| *at < self.input.fields().len()).collect()
    }

    /// Returns the table's data columns, without its partition columns.
    pub fn output_schema(&self) -> SchemaRef {
        Arc::clone(&self.output)
    }

    /// Returns the table's partition columns, in table order.
    pub fn partitions(&self) -> &[PartitionColumn] {
        &self.partitions
    }

    /// Runs filter, joins, projection and assignment casts.
    ///
    /// Shape: without joins, one output row for each input row that passes the filter; a join
    /// multiplies a row by its partners. Rows keep their order. Columns that are only renamed are not
    /// copied. `now` is what `current_timestamp` and its kin mean in every row of the batch.
    ///
    /// # Errors
    /// [`Kind::Schema`](crate::error::Kind::Schema) if the batch is not of
    /// [`input_schema`](Self::input_schema); [`Kind::Data`](crate::error::Kind::Data) if a function
    /// fails on a value that Hive also fails on, such as a malformed pattern in a column.
    pub fn apply(&self, batch: &RecordBatch, now: Timestamp) -> Result<Transformed> {
        let all = self.apply_within(batch, now, usize::MAX)?;
        all.ok_or_else(|| Error::internal("a join makes more rows than there are numbers"))
    }

    /// Does what [`apply`](Self::apply) does, unless joins make more than `most` rows of several; then
    /// it gives nothing, and the caller takes fewer rows at once.
    ///
    /// # Errors
    /// As [`apply`](Self::apply).
    pub fn apply_within(
        &self,
        batch: &RecordBatch,
        now: Timestamp,
        most: usize,
    ) -> Result<Option<Transformed>> {
        self.check(batch)?;
        let most = if batch.num_rows() > 1 { most } else { usize::MAX };
        let mut rows = Frame::new(batch, now).filter(self.filter.as_ref())?;
        for lookup in &self.lookups {
            let Some(joined) = lookup.join(rows, most)? else { return Ok(None) };
            rows = joined;
        }
        let mut run = |programs: &[Program]| -> Result<Vec<ArrayRef>> {
            programs.iter().map(|program| rows.run(program)).collect()
        };
        let (columns, partitions) = (run(&self.columns)?, run(&self.dynamic)?);
        let options = RecordBatchOptions::new().with_row_count(Some(rows.rows()));
        let data = RecordBatch::try_new_with_options(self.output_schema(), columns, &options)
            .map_err(|e| Error::internal("computed columns do not fit the table").with_source(e))?;
        Ok(Some(Transformed { data, partitions, source_rows: rows.source_rows()? }))
    }

    fn check(&self, batch: &RecordBatch) -> Result<()> {
        let (have, want) = (batch.schema_ref().fields(), self.input.fields());
        let same = have.len() == want.len()
            && have.iter().zip(want).all(|(h, w)| h.data_type() == w.data_type());
        if same {
            return Ok(());
        }
        Err(Error::schema("a batch does not have the columns of its source")
            .with("expected", &self.input)
            .with("found", batch.schema_ref()))
    }

    /// Describes the computation for a reader, one line for each step.
    pub fn describe(&self) -> String {
        let mut lines = Vec::new();
        lines.extend(self.filter.iter().map(|f| format!("where {}", f.text)));
        lines.extend(self.lookups.iter().map(LookupStep::describe));
        for (field, program) in self.output.fields().iter().zip(&self.columns) {
            lines.push(format!("{} = {}", field.name(), program.text));
        }
        for PartitionColumn { name, value } in &self.partitions {
            lines.push(match value {
                PartitionValue::Static(None) => format!("partition {name} = NULL"),
                PartitionValue::Static(Some(text)) => format!("partition {name} = '{text}'"),
                PartitionValue::Dynamic(i) => {
                    let text = self.dynamic.get(*i).map_or("", |p| p.text.as_str());
                    format!("partition {name} = {text}")
                }
            });
        }
        lines.join("\n")
    }
}

impl fmt::Display for Transform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe())
    }
}

impl Program {
    /// Compiles an expression over the columns of `input`, and over the time of the batch.
    pub(super) fn compile(expr: &Expr, input: &Schema) -> Result<Self> {
        let text = describe(expr);
        let names = expr.column_refs();
        let reads = |name: &str| names.iter().any(|column| column.name == name);
        let now = reads(NOW);
        let (reads, mut fields): (Vec<usize>, Vec<Arc<Field>>) = input
            .fields()
            .iter()
            .enumerate()
            .filter(|(_, field)| reads(field.name()))
            .map(|(i, field)| (i, Arc::new(field.as_ref().clone().with_nullable(true))))
            .unzip();
        fields.extend(now.then(|| Arc::new(Field::new(NOW, now_type(), true))));
        let schema = Arc::new(Schema::new(fields));
        let compiled = DFSchema::try_from(Arc::clone(&schema)).and_then(|named| {
            let props = ExecutionProps::new();
            create_physical_expr(expr, &named, &props, &PhysicalPlanningContext::default())
        });
        let expr = compiled.map_err(|e| {
            Error::internal("cannot compile an expression").with("expression", &text).with_source(e)
        })?;
        Ok(Self { expr, schema, reads, now, text })
    }

    /// Computes one value for each row; the columns are those of `reads`.
    pub(super) fn run(
        &self,
        mut columns: Vec<ArrayRef>,
        rows: usize,
        now: Timestamp,
    ) -> Result<ArrayRef> {
        let failed = |e: DataFusionError| {
            Error::data("cannot compute a column").with("expression", &self.text).with_source(e)
        };
        if self.now {
            let micros = Some(now.0.saturating_mul(1000));
            let value = ScalarValue::TimestampMicrosecond(micros, Some(Arc::from("UTC")));
            columns.push(value.to_array_of_size(rows).map_err(failed)?);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)
            .map_err(|e| failed(e.into()))?;
        self.expr.evaluate(&batch).and_then(|value| value.into_array(rows)).map_err(failed)
    }

    /// Computes one value for each row of a batch of the input.
    pub(super) fn of_batch(&self, batch: &RecordBatch, now: Timestamp) -> Result<ArrayRef> {
        Frame::new(batch, now).run(self)
    }

    /// Returns where the columns that it reads are in the input.
    pub(super) fn reads(&self) -> &[usize] {
        &self.reads
    }

    /// Returns the type of its values.
    pub(super) fn data_type(&self) -> Result<DataType> {
        self.expr.data_type(&self.schema).map_err(|e| {
            Error::internal("an expression has no type")
                .with("expression", &self.text)
                .with_source(e)
        })
    }

    /// Returns the expression for a reader.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Tells whether the expression depends on the time of the batch.
    pub(super) fn reads_now(&self) -> bool {
        self.now
    }
}

/// The type of [`NOW`].
pub(super) fn now_type() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some(Arc::from("UTC")))
}
