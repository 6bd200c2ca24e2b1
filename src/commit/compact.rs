//! Small files become few before they are visible.
//!
//! What to merge is decided purely, by size and name; merging reads staged files batch by batch and stages one file.

use std::fs::File;

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use formats::types::HiveType;
use formats::{Encoding, FileBatches, FileEncoder, FormatError, OpenDataFile, read_file};

use crate::disk::failed;
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
    encoding: Encoding,
    encoder: FileEncoder,
}

impl Compactor {
    /// Makes a compactor for files with these columns.
    ///
    /// # Errors
    /// `Schema` if the columns cannot be encoded.
    pub fn new(
        roots: Roots,
        schema: &Schema,
        hive_types: &[HiveType],
        encoding: &Encoding,
    ) -> Result<Self> {
        // What is read back has been shifted to its zone already.
        let encoding = encoding.of_read_rows();
        let encoder = FileEncoder::new(schema, Some(hive_types), &encoding)
            .map_err(|e| Error::schema("cannot write this table").with_source(e))?;
        Ok(Self { roots, encoding, encoder })
    }

    /// Gives the ending of the files' names.
    pub fn extension(&self) -> &'static str {
        self.encoding.extension()
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
            for batch in read(&root, input, &self.encoding)? {
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
    file: Option<OpenDataFile>,
    bytes: Vec<u8>,
}

impl Output<'_> {
    fn row_group(&mut self, encoder: &mut FileEncoder, batches: &[RecordBatch]) -> Result<()> {
        let Some(file) = &mut self.file else {
            return Err(Error::internal("a merged file was finished before its rows came"));
        };
        encoder
            .row_group(file, batches, &mut self.bytes)
            .map_err(|e| Error::internal("cannot encode merged rows").with_source(e))?;
        self.write()
    }

    fn finish(mut self, encoder: &mut FileEncoder) -> Result<formats::FileStats> {
        let Some(file) = self.file.take() else {
            return Err(Error::internal("a merged file was finished twice"));
        };
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

fn read(root: &Root, input: &StagedFile, encoding: &Encoding) -> Result<FileBatches> {
    let path = root.staged(input);
    let file = File::open(&path).map_err(|e| failed("cannot open the staged file", &path, e))?;
    read_file(encoding, file, BATCH_ROWS).map_err(|e| broken(input, e))
}

fn broken(input: &StagedFile, error: FormatError) -> Error {
    Error::data("cannot read a staged file to merge it")
        .with("file", &input.name)
        .with("partition", &input.key.path)
        .with_source(error)
}

#[cfg(test)]
mod tests;
