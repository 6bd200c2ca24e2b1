//! JSON records into columns.

use super::column::Column;
use super::keys::{Literals, NO_COLUMN, Names, START, Step};
use super::reason::{Parsed, Reason};
use super::scan::at;
use super::value::{Place, Shared};

/// Reads objects, whose keys name the columns.
#[derive(Debug)]
pub(super) struct JsonReader {
    names: Names,
    literals: Literals,
    /// The record in which a column last had a value, and whether by its exact name.
    seen: Vec<u64>,
    record: u64,
    newline: u8,
}

impl JsonReader {
    pub(super) fn new(names: Names, columns: usize) -> Self {
        let literals = Literals::new(columns);
        Self { names, literals, seen: vec![0; columns], record: 0, newline: 0 }
    }

    /// Prepares for records in which a newline is, or is not, white space.
    pub(super) fn prepare(&mut self, shared: &Shared) {
        if self.newline != shared.scan.newline {
            self.newline = shared.scan.newline;
            self.literals.clear();
        }
    }

    /// Appends the record at `pos` to the columns; gives the position after it.
    ///
    /// After an error the columns may hold part of the record; `blamed` is the column at fault.
    pub(super) fn record(
        &mut self,
        columns: &mut [Column],
        shared: &mut Shared,
        block: &[u8],
        (mut pos, row): (usize, usize),
        blamed: &mut Option<usize>,
    ) -> Parsed {
        let mut node = START;
        let mut found = 0;
        self.record += 1;
        shared.scan.depth = 1;
        let place = Place { row, depth: 1 };
        loop {
            let (likely, literal) = self.literals.likely(node);
            let target = match literal {
                Some(literal) if literal.matches(block, pos) => {
                    pos += literal.len;
                    node = likely;
                    literal.target
                }
                _ if at(block, pos) == b'}' && node != START => {
                    pos += 1;
                    break;
                }
                _ => match self.literals.step(&self.names, &mut shared.scan, block, pos, node)? {
                    Step::End(end) => {
                        pos = end;
                        break;
                    }
                    Step::Value { node: next, target, pos: value } => {
                        node = next;
                        pos = value;
                        target
                    }
                },
            };
            let (Some(column), Some(seen)) =
                (columns.get_mut(target.column), self.seen.get_mut(target.column))
            else {
                pos = shared.scan.skip(block, pos)?;
                continue;
            };
            if *seen >> 1 == self.record {
                if *seen & 1 == 1 && target.loose {
                    pos = shared.scan.skip(block, pos)?;
                    continue;
                }
                column.truncate(row);
            } else {
                found += 1;
            }
            *seen = self.record << 1 | u64::from(!target.loose);
            pos = match column.json_or_null(shared, block, pos, place) {
                Ok(end) => end,
                Err(fail) => {
                    *blamed = Some(target.column).filter(|c| *c != NO_COLUMN);
                    return Err(fail);
                }
            };
        }
        if found != columns.len() {
            self.fill(columns, shared, pos, blamed)?;
        }
        Ok(pos)
    }

    /// Gives NULL to the columns the record has not named.
    fn fill(
        &self,
        columns: &mut [Column],
        shared: &Shared,
        pos: usize,
        blamed: &mut Option<usize>,
    ) -> Parsed {
        for (i, (column, seen)) in columns.iter_mut().zip(&self.seen).enumerate() {
            if *seen >> 1 != self.record {
                let filled =
                    if shared.fail_on_missing { Err(Reason::Missing) } else { column.push_null() };
                if let Err(reason) = filled {
                    *blamed = Some(i);
                    return Err(reason.at(pos));
                }
            }
        }
        Ok(pos)
    }
}
