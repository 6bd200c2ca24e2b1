//! Messages: records that come one by one, each in a range of its own.

use super::decoder::{Decoder, Reader, is_padded};
use super::scan::slice;
use super::{BadRecord, PADDING};
use crate::error::FormatError;

impl Decoder {
    /// Decodes one message, in which a newline is white space.
    ///
    /// The batch grows beyond what [`is_full`](Self::is_full) says if the caller does not
    /// [`finish`](Self::finish) it then.
    ///
    /// Cost: Avro, raw and good JSON messages are read where they stand, whatever follows them; any other message that is not
    /// followed by [`PADDING`] zero bytes is copied first.
    ///
    /// # Errors
    /// The message as a bad record; it leaves no trace in the columns.
    pub fn decode_message(
        &mut self,
        block: &[u8],
        start: usize,
        end: usize,
    ) -> Result<(), BadRecord> {
        let end = end.min(block.len());
        let start = start.min(end);
        self.prepare(b'\n', end);
        if matches!(self.reader, Reader::Raw(_) | Reader::Avro(_)) {
            return self.padded(block, start, end);
        }
        // Zeros at the end of the block end every scan.
        let last = block.len().saturating_sub(PADDING);
        if matches!(self.reader, Reader::Json(_)) && end <= last && is_padded(block, last) {
            let nulled = self.shared.nulled;
            let rows = self.rows;
            // What follows the message may look like more of it. Then the position lies behind the end.
            if self.record(block, start).is_ok_and(|after| after <= end + 1) {
                self.bytes += end - start;
                return Ok(());
            }
            self.rows = rows;
            self.cut(nulled);
        }
        if is_padded(block, end) {
            return self.padded(block, start, end);
        }
        let mut copy = std::mem::take(&mut self.copy);
        copy.clear();
        copy.extend_from_slice(slice(block, start, end));
        copy.resize(end - start + PADDING, 0);
        self.prepare(b'\n', end - start);
        let done = self.padded(&copy, 0, end - start);
        self.copy = copy;
        done.map_err(|bad| BadRecord { start, end, ..bad })
    }

    /// Decodes a message that is followed by zeros, or whose reader looks at nothing behind it.
    fn padded(&mut self, block: &[u8], start: usize, end: usize) -> Result<(), BadRecord> {
        let nulled = self.shared.nulled;
        let Err(fail) = self.record(block, start) else {
            self.bytes += end - start;
            return Ok(());
        };
        let blamed = self.cut(nulled);
        if self.shared.lenient {
            self.skipped += 1;
            return Ok(());
        }
        Err(self.bad_record(block, (start, end), fail, blamed))
    }

    /// Tells whether a message without a value has a row.
    pub fn takes_null(&self) -> bool {
        matches!(self.reader, Reader::Raw(_))
    }

    /// Appends a row of NULLs, for a message that has no value.
    ///
    /// # Errors
    /// The message as a bad record if a column is NOT NULL.
    pub fn decode_null(&mut self) -> Result<(), BadRecord> {
        let nulled = self.shared.nulled;
        for i in 0..self.columns.len() {
            let Some(column) = self.columns.get_mut(i) else { continue };
            if let Err(reason) = column.push_null() {
                self.cut(nulled);
                return Err(self.bad_record(&[], (0, 0), reason.at(0), Some(i)));
            }
        }
        self.rows += 1;
        Ok(())
    }

    /// Takes back all rows but the first ones.
    pub fn truncate(&mut self, rows: usize) {
        if rows < self.rows {
            self.rows = rows;
            self.cut(self.shared.nulled);
        }
    }

    /// Takes the reason why the last message could not be looked at, if it is none of the message's own.
    pub fn take_failure(&mut self) -> Option<FormatError> {
        match &mut self.reader {
            Reader::Avro(avro) => avro.failure.take(),
            Reader::Json(_) | Reader::Csv(_) | Reader::Raw(_) => None,
        }
    }
}
