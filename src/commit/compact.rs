//! Small files become few before they are visible.
//!
//! What to merge is decided purely, by size and name; merging reads staged files batch by batch and stages one file.

use std::fs::File;
use std::sync::Arc;

use arrow::array::RecordBatch;
use formats::FormatError;
use formats::parquet::read_batches;
use formats::serde_names::Format;
use formats::table::{Descriptor, OpenTableFile, ReadRequest, TableEncoder, WriteOptions, open};

use crate::disk::{DiskFile, failed};
use crate::error::{Error, Result};
use crate::write::StagedFile;
use crate::write::stage::{Root, Roots, Stager};

/// Bins that may still take a file; older ones are closed.
const OPEN_BINS: usize = 10;

/// Rows that are read at once.
const BATCH_ROWS: usize = 8192;

/// Bytes of rows in memory that become one row group.
const ROW_GROUP_BYTES: usize = 32 << 20;

/// Decides which files are merged: each list becomes one file of about `target` bytes, a list of one stays as it is.
///
/// Shape: all files, in the order of their names within a list; the same files always give the same lists.
///
/// Source: Flink `CompactCoordinator`, `BinPacking` (first bin that fits).
pub fn plan(held: &[StagedFile], target: u64) -> Vec<Vec<StagedFile>> {
    let mut files: Vec<_> = held.iter().collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    let mut bins: Vec<(u64, Vec<StagedFile>)> = Vec::new();
    for file in files {
        let closed = bins.len().saturating_sub(OPEN_BINS);
        let fits = |(bytes, _): &&mut (u64, _)| bytes.saturating_add(file.bytes) <= target;
        match bins[closed..].iter_mut().find(fits) {
            Some((bytes, bin)) => {
                *bytes += file.bytes;
                bin.push(file.clone());
            }
            None => bins.push((file.bytes, vec![file.clone()])),
        }
    }
    bins.into_iter().map(|(_, bin)| bin).collect()
}

/// Merges staged files of a table.
#[derive(Debug)]
pub struct Compactor {
    roots: Roots,
    encoder: TableEncoder,
    descriptor: Descriptor,
    is_parquet: bool,
}

impl Compactor {
    /// Makes a compactor for files with these columns.
    ///
    /// # Errors
    /// `Schema` if the columns cannot be encoded.
    pub fn new(roots: Roots, descriptor: &Descriptor, options: &WriteOptions) -> Result<Self> {
        let mut options = options.clone();
        // What is read back from Parquet has been shifted to its zone already.
        options.parquet.time_zone = chrono_tz::Tz::UTC;
        let encoder = TableEncoder::new(descriptor, &options)
            .map_err(|e| Error::schema("cannot write this table").with_source(e))?;
        let parquet = Format::Parquet.class_names().input_format;
        let is_parquet = descriptor.input_format == parquet;
        Ok(Self { roots, encoder, descriptor: descriptor.clone(), is_parquet })
    }

    /// Returns what the names of merged files end in.
    pub fn extension(&self) -> String {
        self.encoder.extension()
    }

    /// Opens a staged file.
    fn read(&self, root: &Root, input: &StagedFile) -> Result<Batches> {
        let path = root.staged(input);
        let file =
            File::open(&path).map_err(|e| failed("cannot open the staged file", &path, e))?;
        if self.is_parquet {
            let batches = read_batches(file, BATCH_ROWS).map_err(|e| broken(input, e))?;
            return Ok(Box::new(batches));
        }
        let disk =
            DiskFile::new(file).map_err(|e| failed("cannot open the staged file", &path, e))?;
        let request = ReadRequest {
            batch_rows: BATCH_ROWS,
            file_name: input.name.clone(),
            ..ReadRequest::default()
        };
        let reader = open(&self.descriptor, Arc::new(disk), &request);
        Ok(Box::new(reader.map_err(|e| broken(input, e))?))
    }

    /// Merges the files of one partition as [`plan`] says, and gives those that replace them, complete and durable.
    ///
    /// A file that is alone in its list passes as it is. `name` gives names that were never used. The merged files stay:
    /// they are deleted once a checkpoint names their replacement.
    ///
    /// Cost: memory for one row group, whatever the files' sizes.
    ///
    /// # Errors
    /// `Data` if a file cannot be read; as [`Error::io`]. Nothing is left behind.
    pub fn compact(
        &mut self,
        inputs: &[StagedFile],
        target: u64,
        mut name: impl FnMut() -> String,
    ) -> Result<Vec<StagedFile>> {
        let mut stager = Stager::new(self.roots.clone())?;
        let mut merged = Vec::new();
        let mut outputs = Vec::new();
        let mut run = || {
            for unit in plan(inputs, target) {
                if let [single] = unit.as_slice() {
                    outputs.push(single.clone());
                    continue;
                }
                let Some(first) = unit.first() else { continue };
                merged.push((first.key.target, name()));
                let Some((_, name)) = merged.last() else { continue };
                outputs.push(self.merge(&unit, name, &mut stager)?);
            }
            stager.sync()
        };
        match run() {
            Ok(()) => Ok(outputs),
            Err(error) => {
                for (target, name) in &merged {
                    // The first failure counts; the sweep at the next start deletes what stays.
                    drop(stager.discard(*target, name));
                }
                Err(error)
            }
        }
    }

    /// Writes all rows of `inputs` to one new staged file; not durable yet.
    fn merge(
        &mut self,
        inputs: &[StagedFile],
        name: &str,
        stager: &mut Stager,
    ) -> Result<StagedFile> {
        let Some(first) = inputs.first() else {
            return Err(Error::internal("there is nothing to merge"));
        };
        crate::ensure!(
            inputs.iter().all(|i| i.key == first.key),
            "files of two partitions cannot be merged"
        );
        let root = self.roots.get(first.key.target)?.clone();
        let mut output = Output {
            key: first,
            name,
            stager,
            file: Some(self.encoder.start()),
            bytes: Vec::new(),
        };
        let (mut batches, mut buffered) = (Vec::new(), 0);
        for input in inputs {
            for batch in self.read(&root, input)? {
                let batch = batch.map_err(|e| broken(input, e))?;
                buffered += batch.get_array_memory_size();
                batches.push(batch);
                if buffered >= ROW_GROUP_BYTES {
                    output.row_group(&mut self.encoder, &batches)?;
                    (batches, buffered) = (Vec::new(), 0);
                }
            }
        }
        output.row_group(&mut self.encoder, &batches)?;
        let stats = output.finish(&mut self.encoder)?;
        let rows = inputs.iter().map(|input| input.rows).sum::<u64>();
        crate::ensure!(stats.rows == rows, "merging {rows} rows has given {}", stats.rows);
        Ok(StagedFile {
            key: first.key.clone(),
            name: name.to_owned(),
            rows,
            bytes: stats.bytes,
            raw_bytes: inputs.iter().map(|input| input.raw_bytes).sum(),
        })
    }
}

/// A merged file that grows.
struct Output<'a> {
    key: &'a StagedFile,
    name: &'a str,
    stager: &'a mut Stager,
    file: Option<OpenTableFile>,
    bytes: Vec<u8>,
}

impl Output<'_> {
    fn row_group(&mut self, encoder: &mut TableEncoder, batches: &[RecordBatch]) -> Result<()> {
        let file = self.file.as_mut().ok_or_else(finished)?;
        encoder
            .append(file, batches, &mut self.bytes)
            .map_err(|e| Error::internal("cannot encode merged rows").with_source(e))?;
        self.write()
    }

    fn finish(mut self, encoder: &mut TableEncoder) -> Result<formats::FileStats> {
        let file = self.file.take().ok_or_else(finished)?;
        let stats = encoder
            .finish(file, &mut self.bytes)
            .map_err(|e| Error::internal("cannot finish a merged file").with_source(e))?;
        self.write()?;
        self.stager.seal(self.key.key.target, self.name)?;
        Ok(stats)
    }

    fn write(&mut self) -> Result<()> {
        self.stager.append(self.key.key.target, self.name, &self.bytes)?;
        self.bytes.clear();
        Ok(())
    }
}

type Batches = Box<dyn Iterator<Item = formats::Result<RecordBatch>>>;

fn finished() -> Error {
    Error::internal("the merged file is finished already")
}

fn broken(input: &StagedFile, error: FormatError) -> Error {
    Error::data("cannot read a staged file to merge it")
        .with("file", &input.name)
        .with("partition", &input.key.path)
        .with_source(error)
}

#[cfg(test)]
mod tests;
