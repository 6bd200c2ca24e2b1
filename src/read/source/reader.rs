//! Reads the rows of one split: a range of a file.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use formats::table::Predicate;

use super::super::enumerator::ReplacedFiles;
use super::super::files::{DataFile, Files};
use super::super::scan::{Scan, ScanColumn, ScanPlan, scan};
use super::super::table::TablePartition;
use super::super::view::View;
use super::TableOptions;
use crate::error::{Error, Kind, Result};
use crate::source::{Payload, SplitId, SplitReader};

/// Bytes of a piece that a condition may rule out. Positions in checkpoints depend on it. Tests make do with small files.
pub(super) const PIECE: u64 = if cfg!(test) { 256 << 10 } else { 8 << 20 };
/// Bits of a position that count rows.
const ROW_BITS: u32 = 40;

/// Tells that rows that were to be read lie elsewhere now.
pub(super) fn compacted(path: &str) -> Error {
    Error::data("a compaction has removed a file before its rows were read")
        .with("file", path)
        .with_hint(
            "its rows are in a newer file, together with others: read the table anew, or go on without them with \
             'streaming-source.replaced-files'='skip'; hive.compactor.cleaner.retention.time.seconds should be longer \
             than the pauses of the pipeline",
        )
}

/// A split of which nothing can be read any more.
#[derive(Debug)]
pub(super) struct Gone {
    pub(super) id: SplitId,
    pub(super) why: &'static str,
}

impl SplitReader for Gone {
    fn next(&mut self, _: Option<Vec<u8>>) -> Result<Option<Payload>> {
        tracing::warn!(split = %self.id, reason = self.why, "a file is gone before it was read to its end");
        Ok(None)
    }
}

/// Where a split is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) piece: u64,
    /// Rows given out from the begin of the piece on.
    pub(super) rows: u64,
}

impl Position {
    pub(super) const fn of(number: u64) -> Self {
        Self { piece: number >> ROW_BITS, rows: number & ((1 << ROW_BITS) - 1) }
    }

    pub(super) const fn number(self) -> u64 {
        self.piece << ROW_BITS | self.rows
    }
}

/// Reads a range of a file.
pub(super) struct FileReader {
    pub(super) options: Arc<TableOptions>,
    pub(super) whole: ScanPlan,
    pub(super) files: Arc<Files>,
    pub(super) partition: Arc<TablePartition>,
    pub(super) file: DataFile,
    pub(super) bytes: Range<u64>,
    /// Pieces are skipped if the condition rules them out.
    pub(super) skips: bool,
    pub(super) at: Position,
    pub(super) open: Option<Open>,
    /// Rows given out in this run.
    pub(super) rows: u64,
    /// For each column of the batches, where it is in what is read, or NULLs in its stead.
    pub(super) columns: Arc<Vec<Column>>,
}

/// Where a column of a batch comes from.
#[derive(Debug)]
pub(super) enum Column {
    /// The column at this position of what is read.
    Read(usize),
    /// NULLs, as many as a batch has rows at most.
    Unread(ArrayRef),
}

/// What is being read now.
pub(super) struct Open {
    scan: Scan,
    /// Rows that were given out before the restart.
    skip: u64,
    /// It ends with its piece, not with the split.
    is_piece: bool,
}

impl fmt::Debug for FileReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileReader")
            .field("file", &self.file)
            .field("bytes", &self.bytes)
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

impl SplitReader for FileReader {
    fn next(&mut self, _: Option<Vec<u8>>) -> Result<Option<Payload>> {
        match self.read() {
            Err(e) if self.is_gone(&e)? => {
                let skips = self.options.rules.replaced == ReplacedFiles::Skip;
                if self.file.seen.is_some() && !skips {
                    return Err(compacted(&self.file.path)
                        .with("rows read", self.rows)
                        .with_source(e));
                }
                tracing::warn!(file = %self.file.path, rows = self.rows, reason = %e, "a file is gone before it was read to its end");
                Ok(None)
            }
            other => other,
        }
    }
}

impl FileReader {
    fn read(&mut self) -> Result<Option<Payload>> {
        loop {
            let mut open = match self.open.take() {
                Some(open) => open,
                None => match self.next_piece()? {
                    Some(open) => open,
                    None => return Ok(None),
                },
            };
            let Some(batch) = open.scan.next().transpose()? else {
                if !open.is_piece {
                    self.at = Position { piece: self.pieces(), rows: 0 };
                    return Ok(None);
                }
                self.at = Position { piece: self.at.piece + 1, rows: 0 };
                continue;
            };
            let rows = batch.num_rows() as u64;
            let skipped = open.skip.min(rows);
            open.skip -= skipped;
            self.open = Some(open);
            if skipped == rows {
                continue;
            }
            let left = rows - skipped;
            let batch = self.widen(&batch.slice(skipped as usize, left as usize))?;
            self.at.rows += left;
            self.rows += left;
            return Ok(Some(Payload::Rows { batch, next: self.at.number() }));
        }
    }

    /// Puts what was read among the columns that nobody reads.
    fn widen(&self, read: &RecordBatch) -> Result<RecordBatch> {
        let rows = read.num_rows();
        let columns = self.columns.iter().map(|column| match column {
            Column::Read(at) => Ok(Arc::clone(read.column(*at))),
            Column::Unread(nulls) if nulls.len() >= rows => Ok(nulls.slice(0, rows)),
            Column::Unread(_) => Err(Error::internal("a batch has more rows than it may have")),
        });
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let schema = Arc::clone(&self.options.schema);
        let columns = columns.collect::<Result<Vec<_>>>()?;
        RecordBatch::try_new_with_options(schema, columns, &options)
            .map_err(|e| Error::schema("the table's columns have changed").with_source(e))
    }

    /// Opens what is to be read next, or nothing at the end of the split.
    fn next_piece(&mut self) -> Result<Option<Open>> {
        let pieces = self.pieces();
        while self.at.piece < pieces {
            let from = self.bytes.start + self.at.piece * PIECE;
            let end = (from + PIECE).min(self.bytes.end);
            let is_piece = self.skips && end < self.bytes.end;
            let range = from..if is_piece { end } else { self.bytes.end };
            if self.skips && self.at.rows == 0 && !self.may_match(&range)? {
                self.at.piece += 1;
                continue;
            }
            let scan = self.scan(&self.whole, range)?;
            return Ok(Some(Open { scan, skip: self.at.rows, is_piece }));
        }
        Ok(None)
    }

    fn pieces(&self) -> u64 {
        (self.bytes.end - self.bytes.start).div_ceil(PIECE).max(1)
    }

    /// Tells whether a row of a range may fulfil the condition.
    fn may_match(&self, range: &Range<u64>) -> Result<bool> {
        let mut plan = self.options.plan.clone();
        plan.columns = self.asked();
        let first = self.scan(&plan, range.clone())?.next().transpose()?;
        Ok(first.is_some())
    }

    /// Gives the columns of the condition that lie in the files.
    fn asked(&self) -> Vec<ScanColumn> {
        let named = self.options.plan.predicate.as_ref().map(Predicate::columns);
        let named: Vec<&str> =
            named.iter().flatten().filter_map(|path| path.split('.').next()).collect();
        let columns = self.options.plan.columns.iter();
        let asked = columns.filter(|column| match column {
            ScanColumn::Data(column) => {
                named.iter().any(|name| column.name.eq_ignore_ascii_case(name))
            }
            ScanColumn::Partition(_) | ScanColumn::FileName | ScanColumn::BlockOffset => false,
        });
        asked.cloned().collect()
    }

    fn scan(&self, plan: &ScanPlan, range: Range<u64>) -> Result<Scan> {
        let first = scan(plan, &self.files, &self.partition, &self.file, Some(range.clone()));
        let (Err(error), Some(seen)) = (&first, &self.file.seen) else { return first };
        if !matches!(error.kind(), Kind::Data | Kind::NotFound) {
            return first;
        }
        // Files that tell of deletes may have been put together since they were listed.
        let again = View::look(&self.files, &self.partition, seen.view().ids())?;
        match again.and_then(|view| view.find(&self.file.path, &seen.rows())) {
            Some(file) => scan(plan, &self.files, &self.partition, &file, Some(range)),
            None => first,
        }
    }

    /// Tells whether an error comes of another file, or none, having the file's name now.
    fn is_gone(&self, error: &Error) -> Result<bool> {
        Ok(match error.kind() {
            Kind::NotFound => true,
            // Whoever writes a file again in place breaks it for those who read it.
            Kind::Data => match (self.files.look(&self.file.path)?, &self.file.seen) {
                (now, None) => now.as_ref() != Some(&self.file.identity),
                // It may have grown.
                (now, Some(_)) => now.is_none(),
            },
            _ => false,
        })
    }
}
