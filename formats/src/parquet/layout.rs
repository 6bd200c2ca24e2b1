//! Dremel levels: which rows have a value, which have not, and how deep; and the pages they make.

use arrow::array::{Array, BooleanBufferBuilder};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::util::bit_iterator::BitSliceIterator;

use super::hybrid;
use super::leaf::{Branch, Node};
use super::schema::{Leaf, Step};
use super::values::Run;

/// Says where the values of one leaf column are in a row group; the buffers are used again.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// Stretches of present values, in order.
    pub(super) runs: Vec<Run>,
    /// Entries of the level streams: values, nulls and empty lists.
    pub(super) slots: usize,
    /// For a column that is not nested: a bit per row, or nothing if all are present.
    validity: Option<BooleanBuffer>,
    nested: bool,
    max_def: u8,
    max_rep: u8,
    defs: Vec<u8>,
    reps: Vec<u8>,
}

/// Names the slots of one page and its counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page {
    start: usize,
    pub(super) slots: usize,
    pub(super) rows: usize,
    /// Slots that have a value.
    pub(super) values: usize,
}

impl Layout {
    /// Lays out a leaf column.
    pub(super) fn fill(&mut self, leaf: &Leaf, branches: &[Branch]) {
        self.runs.clear();
        self.defs.clear();
        self.reps.clear();
        (self.max_def, self.max_rep) = (leaf.max_def, leaf.max_rep);
        self.nested = !leaf.path.is_empty();
        if self.nested {
            self.validity = None;
            let required = leaf.path.last() == Some(&Step::Key);
            for (chunk, branch) in branches.iter().enumerate() {
                let rows = Slots { start: 0, end: branch.rows, def: 0, rep_first: 0, rep: 0 };
                Walk { layout: self, chunk, branch, required }.visit(0, rows);
            }
            self.slots = self.defs.len();
        } else {
            self.fill_flat(branches);
        }
    }

    fn fill_flat(&mut self, branches: &[Branch]) {
        self.slots = branches.iter().map(|b| b.leaf.len()).sum();
        let nulls = |b: &Branch| b.leaf.nulls().filter(|n| n.null_count() > 0).cloned();
        let any = branches.iter().any(|b| b.leaf.null_count() > 0);
        let mut bits = BooleanBufferBuilder::new(if any { self.slots } else { 0 });
        for (chunk, branch) in branches.iter().enumerate() {
            let len = branch.leaf.len();
            match nulls(branch) {
                None => {
                    push_run(&mut self.runs, Run { chunk, start: 0, len });
                    if any {
                        bits.append_n(len, true);
                    }
                }
                Some(nulls) => {
                    for (start, end) in nulls.valid_slices() {
                        push_run(&mut self.runs, Run { chunk, start, len: end - start });
                    }
                    bits.append_buffer(nulls.inner());
                }
            }
        }
        self.validity = any.then(|| bits.finish());
    }

    /// Cuts the slots into pages of about `limit` slots, at row borders.
    pub(super) fn pages(&self, limit: usize) -> Vec<Page> {
        let limit = limit.max(1).next_multiple_of(8);
        let mut pages = Vec::with_capacity(self.slots / limit + 1);
        let mut start = 0;
        while start < self.slots {
            let mut end = (start + limit).min(self.slots);
            while self.max_rep > 0 && end < self.slots && self.reps[end] != 0 {
                end += 1;
            }
            let rows = match self.max_rep {
                0 => end - start,
                _ => count(0, &self.reps[start..end]),
            };
            let values = self.values(start, end);
            pages.push(Page { start, slots: end - start, rows, values });
            start = end;
        }
        pages
    }

    fn values(&self, start: usize, end: usize) -> usize {
        match &self.validity {
            Some(bits) => bits.slice(start, end - start).count_set_bits(),
            None if self.nested => count(self.max_def, &self.defs[start..end]),
            None => end - start,
        }
    }

    /// Appends the level streams of a page, each with its length before it.
    pub(super) fn write_levels(&self, page: Page, out: &mut Vec<u8>) {
        let end = page.start + page.slots;
        if self.max_rep > 0 {
            let width = hybrid::width_of(self.max_rep.into());
            with_length(out, |out| hybrid::encode(&self.reps[page.start..end], width, out));
        }
        let width = hybrid::width_of(self.max_def.into());
        with_length(out, |out| match &self.validity {
            _ if page.values == page.slots => {
                hybrid::run(self.max_def.into(), page.slots, width, out);
            }
            // Pages of such columns begin at a multiple of eight rows, that is at a whole byte.
            Some(bits) if page.values > 0 => {
                hybrid::packed_bits(&bits.values()[page.start / 8..], page.slots, out);
            }
            Some(_) => hybrid::run(0, page.slots, width, out),
            None => hybrid::encode(&self.defs[page.start..end], width, out),
        });
    }
}

fn count(level: u8, levels: &[u8]) -> usize {
    levels.iter().map(|l| usize::from(*l == level)).sum()
}

fn with_length(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.extend_from_slice(&[0; 4]);
    write(out);
    let len = u32::try_from(out.len() - at - 4).unwrap_or(u32::MAX);
    out[at..at + 4].copy_from_slice(&len.to_le_bytes());
}

/// Adds a run, or makes the last one longer.
fn push_run(runs: &mut Vec<Run>, run: Run) {
    match runs.last_mut() {
        Some(last) if last.chunk == run.chunk && last.start + last.len == run.start => {
            last.len += run.len;
        }
        _ if run.len == 0 => {}
        _ => runs.push(run),
    }
}

/// Names entries of one array and the levels that hold outside of it.
#[derive(Clone, Copy)]
struct Slots {
    start: usize,
    end: usize,
    /// Definition level of an entry that is null here.
    def: u8,
    /// Repetition levels of the first entry and of the others.
    rep_first: u8,
    rep: u8,
}

/// Walks down one branch and appends the levels of its leaf.
struct Walk<'a> {
    layout: &'a mut Layout,
    chunk: usize,
    branch: &'a Branch,
    required: bool,
}

impl Walk<'_> {
    fn visit(&mut self, depth: usize, slots: Slots) {
        let branch = self.branch;
        match branch.nodes.get(depth) {
            None if self.required => {
                self.levels(slots, slots.def);
                self.values(slots);
            }
            None => {
                let nulls = branch.leaf.nulls();
                segments(nulls, slots, |valid, slots| {
                    self.levels(slots, slots.def + u8::from(valid));
                    if valid {
                        self.values(slots);
                    }
                });
            }
            Some(Node::Struct(nulls)) => segments(nulls.as_ref(), slots, |valid, slots| {
                if valid {
                    self.visit(depth + 1, Slots { def: slots.def + 1, ..slots });
                } else {
                    self.levels(slots, slots.def);
                }
            }),
            Some(Node::List(nulls, offsets)) => {
                let outer = branch.nodes[..depth].iter();
                let lists = outer.filter(|n| matches!(n, Node::List(..))).count();
                let rep = u8::try_from(lists + 1).unwrap_or(u8::MAX);
                for row in slots.start..slots.end {
                    let rep_first = if row == slots.start { slots.rep_first } else { slots.rep };
                    let [start, end] =
                        [offsets[row], offsets[row + 1]].map(|o| o.cast_unsigned() as usize);
                    let one = Slots { start: row, end: row + 1, rep_first, ..slots };
                    if nulls.as_ref().is_some_and(|n| n.is_null(row)) {
                        self.levels(one, slots.def);
                    } else if start == end {
                        self.levels(one, slots.def + 1);
                    } else {
                        let def = slots.def + 2;
                        self.visit(depth + 1, Slots { start, end, def, rep_first, rep });
                    }
                }
            }
        }
    }

    /// Appends one level for each entry.
    fn levels(&mut self, slots: Slots, def: u8) {
        let count = slots.end - slots.start;
        let layout = &mut *self.layout;
        layout.defs.resize(layout.defs.len() + count, def);
        if layout.max_rep > 0 && count > 0 {
            layout.reps.push(slots.rep_first);
            layout.reps.resize(layout.reps.len() + count - 1, slots.rep);
        }
    }

    fn values(&mut self, slots: Slots) {
        let run = Run { chunk: self.chunk, start: slots.start, len: slots.end - slots.start };
        push_run(&mut self.layout.runs, run);
    }
}

/// Calls `each` with the stretches of valid and of null entries, in order.
fn segments(nulls: Option<&NullBuffer>, slots: Slots, mut each: impl FnMut(bool, Slots)) {
    let Some(nulls) = nulls.filter(|n| n.null_count() > 0) else { return each(true, slots) };
    let mut at = slots.start;
    let mut emit = |valid: bool, start: usize, end: usize| {
        if start < end {
            let rep_first = if start == slots.start { slots.rep_first } else { slots.rep };
            each(valid, Slots { start, end, rep_first, ..slots });
        }
    };
    let offset = nulls.offset() + slots.start;
    for (start, end) in BitSliceIterator::new(nulls.validity(), offset, slots.end - slots.start) {
        emit(false, at, slots.start + start);
        emit(true, slots.start + start, slots.start + end);
        at = slots.start + end;
    }
    emit(false, at, slots.end);
}
