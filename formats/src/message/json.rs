//! JSON records into columns.

use super::column::Column;
use super::keys::{Literals, Names, START, Step};
use super::reason::{Parsed, Reason};
use super::scan::at;
use super::value::{Place, Shared};

/// Reads objects, whose keys name the columns.
#[derive(Debug)]
pub(super) struct JsonReader {
    names: Names,
    literals: Literals,
    /// The bits of the first 64 columns.
    all: u64,
    newline: u8,
}

/// The columns a record has named so far.
#[derive(Clone, Copy, Default)]
struct Seen {
    named: u64,
    exactly: u64,
}

impl JsonReader {
    pub(super) fn new(names: Names, columns: usize) -> Self {
        let literals = Literals::new(columns);
        let all = if columns < 64 { (1 << columns) - 1 } else { u64::MAX };
        Self { names, literals, all, newline: 0 }
    }

    /// Prepares for a block or message of records in which a newline is, or is not, white space.
    pub(super) fn prepare(&mut self, shared: &Shared) {
        if self.newline != shared.scan.newline {
            self.newline = shared.scan.newline;
            self.literals.clear();
        }
        self.literals.refresh();
    }

    /// Appends the record at `pos` to the columns; gives the position after it.
    ///
    /// After an error the columns may hold part of the record; the column at fault is noted.
    pub(super) fn record(
        &mut self,
        columns: &mut [Column],
        shared: &mut Shared,
        block: &[u8],
        (mut pos, row): (usize, usize),
    ) -> Parsed {
        let (mut node, mut likely) = (START, self.literals.likely(START));
        let mut seen = Seen::default();
        shared.scan.depth = 1;
        let place = Place { row, depth: 1 };
        loop {
            let target = match self.literals.nodes.get(likely) {
                Some(literal) if literal.matches(block, pos) => {
                    pos += literal.len;
                    node = likely;
                    likely = literal.likely();
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
                    Step::Value { node: found, target, pos: value } => {
                        (node, pos) = (found, value);
                        likely = self.literals.likely(found);
                        target
                    }
                },
            };
            let Some(column) = columns.get_mut(target.column) else {
                pos = shared.scan.skip(block, pos)?;
                continue;
            };
            if target.bit & !seen.named == 0 {
                if seen.exactly & target.bit & !target.exact != 0 {
                    pos = shared.scan.skip(block, pos)?;
                    continue;
                }
                column.truncate(row);
            }
            seen.named |= target.bit;
            seen.exactly |= target.exact;
            if let Some(end) = column.json_quick(&mut shared.hour, block, pos) {
                pos = end.get();
                continue;
            }
            pos = match column.json_or_null(shared, block, pos, place) {
                Ok(end) => end,
                Err(fail) => {
                    shared.blamed = Some(target.column);
                    return Err(fail);
                }
            };
        }
        if seen.named != self.all || columns.len() > 64 {
            fill(columns, shared, (pos, row))?;
        }
        Ok(pos)
    }
}

/// Gives NULL to the columns the record has not named.
fn fill(columns: &mut [Column], shared: &mut Shared, (pos, row): (usize, usize)) -> Parsed {
    for (i, column) in columns.iter_mut().enumerate().filter(|(_, column)| column.len() <= row) {
        let filled = if shared.fail_on_missing { Err(Reason::Missing) } else { column.push_null() };
        if let Err(reason) = filled {
            shared.blamed = Some(i);
            return Err(reason.at(pos));
        }
    }
    Ok(pos)
}
