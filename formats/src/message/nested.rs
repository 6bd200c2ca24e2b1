//! Arrays, maps and objects inside a record.

use std::collections::HashMap;

use super::column::{Data, List, Map, Struct};
use super::reason::{Fail, Parsed, Reason};
use super::scan::{MAX_DEPTH, Scan, at};
use super::value::{Place, Shared};

/// Entries of a map that are compared one with another; more are hashed.
const FEW: usize = 16;

/// Goes into a container; the counter is set back at each record, so errors need not go out.
fn enter(scan: &mut Scan, block: &[u8], pos: usize) -> Parsed {
    if scan.depth >= MAX_DEPTH {
        return Err(Reason::TooDeep.at(pos));
    }
    scan.depth += 1;
    Ok(scan.space(block, pos + 1))
}

/// Takes the comma between members, or the bracket at the end.
fn more(scan: &mut Scan, block: &[u8], pos: usize, close: u8) -> Result<(bool, usize), Fail> {
    let pos = scan.space(block, pos);
    match at(block, pos) {
        b',' => Ok((true, scan.space(block, pos + 1))),
        c if c == close => {
            scan.depth -= 1;
            Ok((false, pos + 1))
        }
        _ => Err(Reason::Comma.at(pos)),
    }
}

impl List {
    /// Appends the array whose bracket is at `pos`.
    pub(super) fn json(&mut self, shared: &mut Shared, block: &[u8], pos: usize) -> Parsed {
        let depth = shared.scan.depth;
        let mut pos = enter(&mut shared.scan, block, pos)?;
        if at(block, pos) == b']' {
            shared.scan.depth = depth;
            pos += 1;
        } else {
            let mut again = true;
            while again {
                let place = Place { row: self.items.len(), depth: depth + 1 };
                pos = self.items.json_or_null(shared, block, pos, place)?;
                (again, pos) = more(&mut shared.scan, block, pos, b']')?;
            }
        }
        self.offsets.push(offset(self.items.len()).map_err(|r| r.at(pos))?);
        Ok(pos)
    }
}

fn offset(len: usize) -> Result<i32, Reason> {
    i32::try_from(len).map_err(|_| Reason::TooMuchText)
}

impl Map {
    /// Appends the object whose brace is at `pos`; of entries with one key the last counts.
    pub(super) fn json(&mut self, shared: &mut Shared, block: &[u8], pos: usize) -> Parsed {
        let (first, depth, nulled) = (self.keys.len(), shared.scan.depth, shared.nulled);
        let mut end = self.entries(shared, block, pos, &[])?;
        let dropped = self.overwritten(first);
        if !dropped.is_empty() {
            self.keys.truncate(first);
            self.values.truncate(first);
            (shared.scan.depth, shared.nulled) = (depth, nulled);
            end = self.entries(shared, block, pos, &dropped)?;
        }
        self.offsets.push(offset(self.keys.len()).map_err(|r| r.at(pos))?);
        Ok(end)
    }

    /// Appends the entries except those whose ordinals are in the sorted `dropped`.
    fn entries(
        &mut self,
        shared: &mut Shared,
        block: &[u8],
        pos: usize,
        dropped: &[usize],
    ) -> Parsed {
        let depth = shared.scan.depth;
        let mut pos = enter(&mut shared.scan, block, pos)?;
        if at(block, pos) == b'}' {
            shared.scan.depth = depth;
            return Ok(pos + 1);
        }
        let mut again = true;
        let mut ordinal = 0;
        while again {
            if at(block, pos) != b'"' {
                return Err(Reason::Key.at(pos));
            }
            if dropped.binary_search(&ordinal).is_ok() {
                let end = shared.scan.skip_string(block, pos + 1)?;
                pos = shared.scan.colon(block, end)?;
                pos = shared.scan.skip(block, pos)?;
            } else {
                let end = self.keys.json(shared, block, pos)?;
                pos = shared.scan.colon(block, end)?;
                let place = Place { row: self.values.len(), depth: depth + 1 };
                pos = self.values.json_or_null(shared, block, pos, place)?;
            }
            ordinal += 1;
            (again, pos) = more(&mut shared.scan, block, pos, b'}')?;
        }
        Ok(pos)
    }

    /// Ordinals of the entries since `first` whose key comes again, in order.
    fn overwritten(&self, first: usize) -> Vec<usize> {
        let Data::Text(keys) = &self.keys.data else { return Vec::new() };
        let count = self.keys.len() - first;
        let key = |ordinal: usize| keys.value(first + ordinal);
        if count <= FEW {
            let again = |i: &usize| (*i + 1..count).any(|later| key(later) == key(*i));
            return (0..count).filter(again).collect();
        }
        let mut last = HashMap::with_capacity(count);
        let mut dropped: Vec<usize> =
            (0..count).filter_map(|ordinal| last.insert(key(ordinal), ordinal)).collect();
        dropped.sort_unstable();
        dropped
    }
}

impl Struct {
    /// Appends the object whose brace is at `pos`; of fields with one name the last counts.
    pub(super) fn json(&mut self, shared: &mut Shared, block: &[u8], pos: usize) -> Parsed {
        let begin = pos;
        let depth = shared.scan.depth;
        let mut pos = enter(&mut shared.scan, block, pos)?;
        if at(block, pos) == b'}' {
            shared.scan.depth = depth;
            pos += 1;
        } else {
            let mut again = true;
            while again {
                let (target, value) = self.names.read(&mut shared.scan, block, pos)?;
                pos = match self.fields.get_mut(target.column) {
                    Some(field) => {
                        field.truncate(self.rows);
                        let place = Place { row: self.rows, depth: depth + 1 };
                        field.json_or_null(shared, block, value, place)?
                    }
                    None => shared.scan.skip(block, value)?,
                };
                (again, pos) = more(&mut shared.scan, block, pos, b'}')?;
            }
        }
        for field in self.fields.iter_mut().filter(|f| f.len() == self.rows) {
            if shared.fail_on_missing {
                return Err(Reason::Missing.at(begin));
            }
            field.push_null().map_err(|r| r.at(begin))?;
        }
        self.rows += 1;
        Ok(pos)
    }
}
