//! Keys to columns: names by look-up, and the literals between values learned from the rows seen.
//!
//! Between two values of a row stand bytes such as `,"amount":`. A learned literal is a node with
//! the column its key names and up to four literals that came after it. The first row makes a
//! chain; rows with another order of keys branch off at their first key and make a chain of their
//! own; a row that lacks a key jumps ahead in the chain, which adds a second way there. So each
//! key of a known kind of row costs one or two comparisons of 16 bytes, and only a new kind of row
//! is looked up by name.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use arrow::datatypes::Fields;

use super::PADDING;
use super::reason::{Fail, Parsed, Reason};
use super::scan::{Scan, at, load16, slice, string_stop};

/// A hash of a few bytes; what it keys is bounded or comes from the schema.
#[derive(Debug, Default)]
struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(8) {
            let mut word = [0; 8];
            for (to, from) in word.iter_mut().zip(part) {
                *to = *from;
            }
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }

    fn finish(&self) -> u64 {
        self.0.rotate_left(26)
    }
}

type KeyMap<K> = HashMap<K, usize, BuildHasherDefault<KeyHasher>>;

/// Column of a key that names none.
pub(super) const NO_COLUMN: usize = usize::MAX;

/// Node of a record's begin.
pub(super) const START: usize = 0;

/// Node of a key that is not learned.
const LOST: usize = 1;

/// Longest literal that is learned.
const MAX_LITERAL: usize = PADDING - 1;

/// Keys ahead in a chain that a record may lack without making a chain of its own.
const LOOK_AHEAD: usize = 16;

/// Keys that were not foreseen, with no room to learn them, until everything is learned anew.
const RELEARN_AFTER: usize = 20_000;

/// What a key names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) column: usize,
    /// The column's bit; none from column 64 on.
    pub(super) bit: u64,
    /// The same bit if the key equals the name exactly, not only with case ignored.
    pub(super) exact: u64,
}

impl Target {
    fn new(column: usize, exact: bool) -> Self {
        let bit = if column < 64 { 1 << column } else { 0 };
        Self { column, bit, exact: if exact { bit } else { 0 } }
    }
}

/// The columns' names: exact, else with case ignored, since Hive's are lower case.
#[derive(Debug)]
pub(super) struct Names {
    exact: KeyMap<Box<[u8]>>,
    folded: KeyMap<String>,
    /// Whether of several keys of one column the last counts, also if an exact one came before.
    last_counts: bool,
}

impl Names {
    pub(super) fn new(fields: &Fields) -> Self {
        let mut names =
            Self { exact: KeyMap::default(), folded: KeyMap::default(), last_counts: false };
        for (column, field) in fields.iter().enumerate() {
            names.exact.entry(field.name().as_bytes().into()).or_insert(column);
            names.folded.entry(field.name().to_lowercase()).or_insert(column);
        }
        names
    }

    /// Lets the last of several keys of one column count.
    pub(super) fn last_counts(self) -> Self {
        Self { last_counts: true, ..self }
    }

    pub(super) fn find(&self, key: &[u8]) -> Target {
        if let Some(column) = self.exact.get(key) {
            return Target::new(*column, !self.last_counts);
        }
        let folded = std::str::from_utf8(key).ok().map(str::to_lowercase);
        let column = folded.and_then(|key| self.folded.get(&key).copied()).unwrap_or(NO_COLUMN);
        Target::new(column, false)
    }

    /// Reads the key in quotes at `pos` and the colon behind it.
    pub(super) fn read(
        &self,
        scan: &mut Scan,
        block: &[u8],
        pos: usize,
    ) -> Result<(Target, usize), Fail> {
        if at(block, pos) != b'"' {
            return Err(Reason::Key.at(pos));
        }
        let (stop, _) = string_stop(block, pos + 1);
        let end = scan.skip_string(block, pos + 1)?;
        let plain = stop + 1 == end;
        let key = if plain { slice(block, pos + 1, stop) } else { &scan.scratch };
        let target = self.find(key);
        Ok((target, scan.colon(block, end)?))
    }
}

/// A learned literal: the bytes from the end of a value to the begin of the next.
#[derive(Debug)]
pub(super) struct Node {
    head: u128,
    mask: u128,
    /// The last 16 bytes of a longer literal.
    tail: u128,
    pub(super) len: usize,
    pub(super) target: Target,
    next: [u32; 4],
    text: Box<[u8]>,
}

impl Node {
    fn new(text: &[u8], target: Target) -> Self {
        let mut head = [0; 16];
        for (to, from) in head.iter_mut().zip(text) {
            *to = *from;
        }
        let len = text.len();
        let mask = if len >= 16 { u128::MAX } else { (1 << (8 * len)) - 1 };
        let tail = if len > 16 { load16(text, len - 16) } else { 0 };
        let head = u128::from_le_bytes(head);
        Self { head, mask, tail, len, target, next: [0; 4], text: text.into() }
    }

    /// A node no bytes match: nothing masked equals its head.
    fn unmatched() -> Self {
        let target = Target::new(NO_COLUMN, false);
        Self { head: 1, mask: 0, tail: 0, len: 0, target, next: [0; 4], text: Box::default() }
    }

    /// The node that most likely comes next.
    #[inline(always)]
    pub(super) fn likely(&self) -> usize {
        self.next[0] as usize
    }

    /// True if the literal stands at `pos` with no white space behind it.
    #[inline(always)]
    pub(super) fn matches(&self, block: &[u8], pos: usize) -> bool {
        load16(block, pos) & self.mask == self.head
            && (self.len <= 16 || self.matches_long(block, pos))
            && at(block, pos + self.len) > b' '
    }

    #[inline]
    fn matches_long(&self, block: &[u8], pos: usize) -> bool {
        self.len <= PADDING
            && load16(block, pos + self.len - 16) == self.tail
            && (self.len <= 32 || slice(block, pos, pos + self.len) == self.text.as_ref())
    }
}

/// What comes next in a record.
pub(super) enum Step {
    /// A value at a position, behind the literal of a node.
    Value { node: usize, target: Target, pos: usize },
    /// The end of the object.
    End(usize),
}

/// The literals learned so far.
#[derive(Debug)]
pub(super) struct Literals {
    pub(super) nodes: Vec<Node>,
    known: KeyMap<Box<[u8]>>,
    most: usize,
    misses: usize,
    turn: usize,
}

impl Literals {
    pub(super) fn new(columns: usize) -> Self {
        let mut literals = Self {
            nodes: Vec::new(),
            known: KeyMap::default(),
            most: 4 * columns.clamp(32, 4096),
            misses: 0,
            turn: 0,
        };
        literals.clear();
        literals
    }

    /// Forgets everything, since the records have changed.
    pub(super) fn clear(&mut self) {
        self.nodes.clear();
        self.nodes.push(Node::unmatched());
        self.nodes.push(Node::unmatched());
        self.known.clear();
        self.misses = 0;
    }

    /// The node that most likely comes after a node.
    #[inline(always)]
    pub(super) fn likely(&self, node: usize) -> usize {
        self.nodes.get(node).map_or(START, Node::likely)
    }

    /// Finds what comes next when it is not the likeliest literal.
    pub(super) fn step(
        &mut self,
        names: &Names,
        scan: &mut Scan,
        block: &[u8],
        pos: usize,
        node: usize,
    ) -> Result<Step, Fail> {
        let next = self.nodes.get(node).map_or([0; 4], |n| n.next);
        for candidate in next.into_iter().skip(1).map(|n| n as usize) {
            if let Some(n) = self.nodes.get(candidate)
                && n.matches(block, pos)
            {
                return Ok(Step::Value { node: candidate, target: n.target, pos: pos + n.len });
            }
        }
        if node != START
            && self.nodes.len() >= self.most
            && let Some(found) = self.look_up(block, pos)
        {
            self.misses += 1;
            self.link(node, found.0);
            return Ok(Step::Value { node: found.0, target: found.1, pos: found.2 });
        }
        self.learn(names, scan, block, pos, node)
    }

    /// Finds a learned literal whose order was not foreseen: a comma, a key and a colon.
    fn look_up(&self, block: &[u8], pos: usize) -> Option<(usize, Target, usize)> {
        let key = pos + 1 + usize::from(at(block, pos + 1) == b' ');
        let (stop, _) = string_stop(block, key + 1);
        let colon = at(block, pos) == b',' && slice(block, stop, stop + 2) == b"\":";
        let end = stop + 2 + usize::from(at(block, stop + 2) == b' ');
        let node = *self.known.get(slice(block, pos, end)).filter(|_| colon)?;
        let found = self.nodes.get(node)?;
        found.matches(block, pos).then_some((node, found.target, end))
    }

    /// Reads a key by the grammar and remembers the literal it stands in.
    #[cold]
    fn learn(
        &mut self,
        names: &Names,
        scan: &mut Scan,
        block: &[u8],
        begin: usize,
        node: usize,
    ) -> Result<Step, Fail> {
        let pos = scan.space(block, begin);
        let next = if node == START { open(scan, block, pos)? } else { pos };
        let quote = match at(block, next) {
            b'}' => return Ok(Step::End(next + 1)),
            b',' if node != START => scan.space(block, next + 1),
            _ if node == START => next,
            _ => return Err(Reason::Comma.at(next)),
        };
        let (target, pos) = names.read(scan, block, quote)?;
        let text = slice(block, begin, pos);
        Ok(Step::Value { node: self.place(node, text, target), target, pos })
    }

    /// Finds or makes the node of a literal that came after another.
    fn place(&mut self, from: usize, text: &[u8], target: Target) -> usize {
        if text.len() > MAX_LITERAL {
            return LOST;
        }
        let mut ahead = from;
        for _ in 0..LOOK_AHEAD {
            ahead = self.likely(ahead);
            match self.nodes.get(ahead) {
                Some(_) if ahead == START => break,
                Some(n) if *n.text == *text => {
                    self.link(from, ahead);
                    return ahead;
                }
                _ => {}
            }
        }
        if self.nodes.len() < self.most {
            let node = self.nodes.len();
            self.nodes.push(Node::new(text, target));
            self.known.entry(text.into()).or_insert(node);
            self.link(from, node);
            return node;
        }
        self.misses += 1;
        let Some(node) = self.known.get(text).copied() else { return LOST };
        self.link(from, node);
        node
    }

    /// Forgets everything once too much was not foreseen, since the records must have changed.
    ///
    /// Between records only: the nodes of a record stay while it is read.
    #[inline]
    pub(super) fn refresh(&mut self) {
        if self.misses > RELEARN_AFTER {
            self.clear();
        }
    }

    fn link(&mut self, from: usize, to: usize) {
        let Some(next) = self.nodes.get_mut(from).filter(|_| from != LOST).map(|n| &mut n.next)
        else {
            return;
        };
        let Ok(to) = u32::try_from(to) else { return };
        if next.contains(&to) {
            return;
        }
        self.turn = self.turn % 3 + 1;
        let slot = next.iter().position(|n| *n == 0).unwrap_or(self.turn);
        if let Some(slot) = next.get_mut(slot) {
            *slot = to;
        }
    }
}

/// Takes the brace of an object; a byte order mark before it is no part of the record.
fn open(scan: &Scan, block: &[u8], pos: usize) -> Parsed {
    let mark = if slice(block, pos, pos + 3) == b"\xef\xbb\xbf" { 3 } else { 0 };
    let pos = scan.space(block, pos + mark);
    match at(block, pos) {
        b'{' => Ok(scan.space(block, pos + 1)),
        b'\n' => Err(Reason::Empty.at(pos)),
        _ if pos >= scan.end => Err(Reason::Empty.at(pos)),
        _ => Err(Reason::NotAnObject.at(pos)),
    }
}
