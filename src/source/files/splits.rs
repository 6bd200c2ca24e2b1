//! Cuts a file into splits.

use super::borders::{Found, RecordBorders, Scanner};
use super::input::{Codec, Input};
use super::listing::Listed;
use super::reader::{FileReader, Limits};
use crate::error::Result;

/// Most splits of one file; a larger file has larger splits, so that a checkpoint stays small.
const MAX_SPLITS: u64 = 1024;
/// Bytes read at once when looking for borders.
const SCAN_BYTES: usize = 256 << 10;

/// How files are cut.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut {
    /// Size of a split in bytes, if the file is not too large for it.
    pub(super) bytes: u64,
    /// What ends a record.
    pub(super) borders: RecordBorders,
    /// Records at the begin of the file that are none.
    pub(super) header: u32,
    /// How much is read at once.
    pub(super) limits: Limits,
}

impl Cut {
    /// Gives the begin and end of each split, in order, without gaps.
    ///
    /// Shape: for lines, a split may begin inside a record, and its reader moves on to the next one.
    /// For CSV every begin is a border: a line feed says only with all that comes before whether it
    /// is one, so the file is read once for it, up to its last split.
    /// Cost: none for a file that is compressed or fits in one split.
    ///
    /// # Errors
    /// As for reading the file.
    ///
    /// Source: Hadoop `FileInputFormat` (the last split may be a tenth larger than the others).
    pub(super) fn splits(&self, file: &Listed, codec: Codec) -> Result<Vec<(u64, Option<u64>)>> {
        let size = file.identity.size;
        let step = self.bytes.max(size.div_ceil(MAX_SPLITS)).max(1);
        let mut targets = Vec::new();
        let mut at = step;
        while codec.is_plain() && size.saturating_sub(at) > step / 10 {
            targets.push(at);
            at = at.saturating_add(step);
        }
        let borders = match self.borders {
            _ if targets.is_empty() => targets,
            RecordBorders::Lines => self.behind_header(file, codec, targets)?,
            RecordBorders::QuotedCsv { .. } => self.borders_at(file, codec, &targets)?,
        };
        let starts = std::iter::once(0).chain(borders.iter().copied());
        let ends = borders.iter().copied().map(Some).chain(std::iter::once(None));
        Ok(starts.zip(ends).collect())
    }

    /// Leaves out the splits that would begin inside the header.
    fn behind_header(
        &self,
        file: &Listed,
        codec: Codec,
        mut targets: Vec<u64>,
    ) -> Result<Vec<u64>> {
        if self.header > 0 {
            let begin = self.first_record(file, codec)?;
            targets.retain(|target| *target > begin);
        }
        Ok(targets)
    }

    fn first_record(&self, file: &Listed, codec: Codec) -> Result<u64> {
        let input = Input::open(file.clone(), codec)?;
        let mut reader = FileReader::new(input, self.borders, (0, None), self.header, self.limits)?;
        loop {
            if let Some(position) = reader.pass_head()? {
                return Ok(position);
            }
        }
    }

    /// Gives the first border at or behind each target.
    fn borders_at(&self, file: &Listed, codec: Codec, targets: &[u64]) -> Result<Vec<u64>> {
        let begin = self.first_record(file, codec)?;
        let mut input = Input::open(file.clone(), codec)?;
        input.seek(begin)?;
        let mut scanner = Scanner::new(self.borders);
        let mut buffer = vec![0; SCAN_BYTES];
        let mut borders: Vec<u64> = Vec::new();
        let mut targets = targets.iter().copied().skip_while(|target| *target <= begin).peekable();
        let mut position = begin;
        while targets.peek().is_some() && !input.is_at_end() {
            let n = input.read(&mut buffer)?;
            let mut from = 0;
            while let Some(target) = targets.peek() {
                let stop = usize::try_from(target.saturating_sub(position)).unwrap_or(usize::MAX);
                let Found::Stop(border) = scanner.scan(&buffer[..n], from, stop) else { break };
                from = border;
                let border = position + border as u64;
                borders.push(border);
                while targets.next_if(|target| *target <= border).is_some() {}
            }
            position += n as u64;
        }
        borders.retain(|border| *border < file.identity.size);
        Ok(borders)
    }
}
