//! A text that was changed before it is parsed, and where each part of it was in the script.

use crate::ast::Span;

/// How offsets in the text that is parsed become positions in the text that the user wrote.
#[derive(Debug, Clone, Default)]
pub(crate) struct Origin {
    /// Where the statement begins in the script.
    pub(crate) base: u32,
    /// What was replaced, in order.
    pub(crate) edits: Vec<Edit>,
}

/// A range of the text that is parsed, and what it stands for in the text before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Edit {
    pub(crate) new: (u32, u32),
    pub(crate) old: (u32, u32),
}

impl Origin {
    /// Returns the original position of a range; one that touches what was replaced covers all
    /// that stood there.
    pub(crate) fn span(&self, start: u32, end: u32) -> Span {
        if self.edits.is_empty() {
            return Span::new(self.base + start, self.base + end);
        }
        let (start, _) = self.map(start, |edit_start, offset| edit_start <= offset);
        let (_, end) = self.map(end, |edit_start, offset| edit_start < offset);
        Span::new(self.base + start, self.base + end.max(start))
    }

    /// Returns the original range of one offset; `before` tells which edits count as before it.
    fn map(&self, offset: u32, before: fn(u32, u32) -> bool) -> (u32, u32) {
        let count = self.edits.partition_point(|edit| before(edit.new.0, offset));
        let Some(edit) = count.checked_sub(1).and_then(|i| self.edits.get(i)) else {
            return (offset, offset);
        };
        if !before(edit.new.1, offset) {
            return edit.old;
        }
        let moved = edit.old.1 + (offset - edit.new.1);
        (moved, moved)
    }
}

/// A text with parts replaced.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Edited {
    pub(crate) text: String,
    /// What was replaced, in order.
    pub(crate) edits: Vec<Edit>,
}

/// What is put in the place of a range.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Replacement {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) value: String,
}

impl Replacement {
    /// Leaves a range out.
    pub(crate) const fn cut(start: usize, end: usize) -> Self {
        Self { start, end, value: String::new() }
    }
}

impl Edited {
    /// Takes a text as it is.
    pub(crate) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), edits: Vec::new() }
    }

    /// Replaces ranges, which are in order and do not overlap, and keeps book of what came from
    /// where.
    pub(crate) fn replace(&self, parts: &[Replacement]) -> Self {
        let mut text = String::with_capacity(self.text.len());
        let mut copied = 0;
        let mut changes: Vec<Change> = Vec::with_capacity(parts.len());
        for part in parts {
            text.push_str(self.text.get(copied..part.start).unwrap_or(""));
            text.push_str(&part.value);
            copied = part.end;
            changes.push(Change {
                range: (offset(part.start), offset(part.end)),
                new_len: offset(part.value.len()),
            });
        }
        text.push_str(self.text.get(copied..).unwrap_or(""));
        Self { text, edits: merge(&self.edits, &changes) }
    }

    /// Returns how offsets in the text become positions in a script where it begins at `base`.
    pub(crate) fn origin(self, base: u32) -> (String, Origin) {
        (self.text, Origin { base, edits: self.edits })
    }
}

/// A range of the text before a round, and the length of what replaces it.
struct Change {
    range: (u32, u32),
    new_len: u32,
}

/// Combines earlier edits with the changes of one more round.
fn merge(edits: &[Edit], changes: &[Change]) -> Vec<Edit> {
    let mut merged: Vec<Edit> = Vec::new();
    let (mut edits, mut changes) = (edits.iter().peekable(), changes.iter().peekable());
    // How far the text behind what was handled has moved: by earlier rounds, and by this one.
    let (mut moved_before, mut moved_now) = (0i64, 0i64);
    loop {
        let first = match (edits.peek(), changes.peek()) {
            (None, None) => return merged,
            (Some(edit), None) => edit.new.0,
            (None, Some(change)) => change.range.0,
            (Some(edit), Some(change)) => edit.new.0.min(change.range.0),
        };
        // One group: everything that overlaps, directly or through others.
        let (old_start, new_start) = (shift(first, -moved_before), shift(first, moved_now));
        let mut end = first;
        loop {
            if let Some(edit) = edits.next_if(|e| e.new.0 < end || e.new.0 == first) {
                moved_before = i64::from(edit.new.1) - i64::from(edit.old.1);
                end = end.max(edit.new.1);
            } else if let Some(change) = changes.next_if(|c| c.range.0 < end || c.range.0 == first)
            {
                let old_len = i64::from(change.range.1) - i64::from(change.range.0);
                moved_now += i64::from(change.new_len) - old_len;
                end = end.max(change.range.1);
            } else {
                break;
            }
        }
        merged.push(Edit {
            new: (new_start, shift(end, moved_now)),
            old: (old_start, shift(end, -moved_before)),
        });
    }
}

fn shift(at: u32, by: i64) -> u32 {
    u32::try_from(i64::from(at) + by).unwrap_or(0)
}

/// Gives an offset of a text that is known to be short enough.
pub(crate) fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
