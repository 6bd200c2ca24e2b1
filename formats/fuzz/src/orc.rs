//! ORC files around streams of any bytes, so that a fuzzer reaches the decoders and not only the checks before them.

use bytes::Bytes;
use formats::orc::{OrcComparison, OrcFile, OrcPredicate, OrcRead, OrcValue, TimestampUnit};

use crate::{BATCHES, describe};

/// Kinds of streams by their number in ORC's metadata.
pub mod stream {
    /// Which rows are not null.
    pub const PRESENT: u64 = 0;
    /// The values.
    pub const DATA: u64 = 1;
    /// Lengths of texts and lists.
    pub const LENGTH: u64 = 2;
    /// The texts of a dictionary.
    pub const DICTIONARY: u64 = 3;
    /// Nanoseconds, or scales.
    pub const SECONDARY: u64 = 5;
    /// Statistics and positions of row groups.
    pub const ROW_INDEX: u64 = 6;
    /// Bloom filters of row groups.
    pub const BLOOM: u64 = 8;
}

/// One column of the flattened tree; the rows are a struct of the columns that no other has.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Number of the type in ORC's metadata.
    pub kind: u64,
    /// Numbers of the columns below; the first column has number 1.
    pub children: &'static [u64],
    /// The streams it has, whose bytes the fuzzer chooses.
    pub streams: &'static [u64],
}

/// Makes a column without children.
pub const fn leaf(kind: u64, streams: &'static [u64]) -> Column {
    Column { kind, children: &[], streams }
}

/// What a fuzzer's first bytes choose; the rest are the streams.
struct Choice {
    shape: usize,
    encoding: u64,
    codec: u64,
    rows: u64,
    flags: u8,
}

/// Bytes of a [`Choice`].
const HEAD: usize = 4;

fn choose(head: [u8; HEAD], codecs: bool) -> Choice {
    Choice {
        shape: usize::from(head[0]),
        encoding: u64::from(head[1] & 3),
        codec: if codecs { 1 + u64::from(head[1] >> 2) % 5 } else { 0 },
        rows: u64::from(head[2]) * 8 + 1,
        flags: head[3],
    }
}

fn put_varint(mut n: u64, out: &mut Vec<u8>) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

fn put_number(field: u64, n: u64, out: &mut Vec<u8>) {
    put_varint(field << 3, out);
    put_varint(n, out);
}

fn put_bytes(field: u64, bytes: &[u8], out: &mut Vec<u8>) {
    put_varint(field << 3 | 2, out);
    put_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

/// Cuts bytes into `count` pieces; the first `count` bytes say how large each is.
fn pieces(data: &[u8], count: usize) -> Option<Vec<&[u8]>> {
    let (weights, mut rest) = data.split_at_checked(count)?;
    let mut all: usize = weights.iter().map(|w| usize::from(*w)).sum();
    let mut pieces = Vec::with_capacity(count);
    for weight in weights {
        let weight = usize::from(*weight);
        let (piece, left) = rest.split_at(rest.len() * weight / all.max(1));
        all -= weight;
        pieces.push(piece);
        rest = left;
    }
    Some(pieces)
}

/// Stores metadata as one block that is not compressed.
fn block(message: &[u8], codec: u64) -> Vec<u8> {
    if codec == 0 || message.is_empty() {
        return message.to_vec();
    }
    let header = (message.len() as u32) << 1 | 1;
    [&header.to_le_bytes()[..3], message].concat()
}

fn types(columns: &[Column], footer: &mut Vec<u8>) {
    let below: Vec<u64> = columns.iter().flat_map(|c| c.children).copied().collect();
    let top: Vec<u64> = (1..=columns.len() as u64).filter(|n| !below.contains(n)).collect();
    let root = Column { kind: 12, children: &[], streams: &[] };
    for (i, column) in std::iter::once(&root).chain(columns).enumerate() {
        let mut ty = Vec::new();
        put_number(1, column.kind, &mut ty);
        let children = if i == 0 { &top[..] } else { column.children };
        for child in children {
            put_number(2, *child, &mut ty);
        }
        if column.kind == 12 {
            for child in children {
                put_bytes(3, format!("c{child}").as_bytes(), &mut ty);
            }
        }
        put_number(4, 7, &mut ty);
        put_number(5, 20, &mut ty);
        put_number(6, 3, &mut ty);
        put_bytes(4, &ty, footer);
    }
}

/// Makes a postscript for a footer and metadata of these lengths.
pub fn postscript(footer: usize, metadata: usize, codec: u64, out: &mut Vec<u8>) {
    let mut post = Vec::new();
    put_number(1, footer as u64, &mut post);
    put_number(2, codec, &mut post);
    put_number(3, 1 << 16, &mut post);
    put_bytes(4, &[0, 12], &mut post);
    put_number(5, metadata as u64, &mut post);
    put_number(6, 9, &mut post);
    put_bytes(8000, b"ORC", &mut post);
    out.extend_from_slice(&post);
    out.push(post.len() as u8);
}

fn file(columns: &[Column], choice: &Choice, data: &[u8]) -> Option<Vec<u8>> {
    let index = choice.flags & 1 == 1;
    let mut streams = Vec::new();
    for (i, column) in columns.iter().enumerate() {
        let wanted = |kind: &u64| match *kind {
            stream::ROW_INDEX | stream::BLOOM => index,
            stream::PRESENT => choice.flags & 2 == 2,
            stream::DICTIONARY => choice.encoding & 1 == 1,
            _ => true,
        };
        streams.extend(column.streams.iter().filter(|kind| wanted(kind)).map(|k| (i + 1, *k)));
    }
    streams.sort_by_key(|(_, kind)| *kind < stream::ROW_INDEX);
    let pieces = pieces(data, streams.len())?;
    let mut out = b"ORC".to_vec();
    let (mut stripe_footer, mut lengths) = (Vec::new(), [0, 0]);
    for ((column, kind), piece) in streams.iter().zip(pieces) {
        let mut stream = Vec::new();
        put_number(1, *kind, &mut stream);
        put_number(2, *column as u64, &mut stream);
        put_number(3, piece.len() as u64, &mut stream);
        put_bytes(1, &stream, &mut stripe_footer);
        lengths[usize::from(*kind < stream::ROW_INDEX)] += piece.len() as u64;
        out.extend_from_slice(piece);
    }
    for i in 0..=columns.len() {
        let mut encoding = Vec::new();
        put_number(1, if i == 0 { 0 } else { choice.encoding }, &mut encoding);
        put_number(2, u64::from(choice.flags >> 4) * 3, &mut encoding);
        put_bytes(2, &encoding, &mut stripe_footer);
    }
    let zones: [&[u8]; 4] = [b"UTC", b"America/Los_Angeles", b"", b"Asia/Kolkata"];
    put_bytes(3, zones[usize::from(choice.flags >> 2 & 3)], &mut stripe_footer);
    let stripe_footer = block(&stripe_footer, choice.codec);
    let mut stripe = Vec::new();
    for (field, n) in
        (1..).zip([3, lengths[0], lengths[1], stripe_footer.len() as u64, choice.rows])
    {
        put_number(field, n, &mut stripe);
    }
    out.extend_from_slice(&stripe_footer);
    let mut footer = Vec::new();
    put_bytes(3, &stripe, &mut footer);
    types(columns, &mut footer);
    put_number(6, choice.rows, &mut footer);
    put_number(8, 100, &mut footer);
    put_number(11, u64::from(choice.flags >> 6), &mut footer);
    let footer = block(&footer, choice.codec);
    out.extend_from_slice(&footer);
    postscript(footer.len(), 0, choice.codec, &mut out);
    Some(out)
}

/// Reads a file whole, and with conditions of several kinds on its first column.
pub fn read(bytes: Vec<u8>, batch_rows: usize) {
    let bytes = Bytes::from(bytes);
    describe(bytes.clone());
    let Ok(file) = OrcFile::open(bytes) else { return };
    let _ = (file.stats(), file.stripes());
    let column = file.columns().first().map(|c| c.name.clone()).unwrap_or_default();
    let compare = |comparison, value| {
        Some(OrcPredicate::Compare { column: column.clone(), comparison, value })
    };
    let predicates = [
        None,
        Some(OrcPredicate::IsNotNull(column.clone())),
        compare(OrcComparison::Equal, OrcValue::Integer(1_000)),
        compare(OrcComparison::Equal, OrcValue::Text("7".to_owned())),
        compare(OrcComparison::Greater, OrcValue::Integer(2_000_000)),
    ];
    for (i, predicate) in predicates.into_iter().enumerate() {
        let timestamp_unit =
            if i == 1 { TimestampUnit::Nanosecond } else { TimestampUnit::Microsecond };
        let what = OrcRead { predicate, batch_rows, timestamp_unit, ..OrcRead::default() };
        let Ok(batches) = file.read(&what) else { return };
        for batch in batches.take(BATCHES) {
            if batch.is_err() {
                break;
            }
        }
    }
}

/// Reads a file of one of some shapes, whose streams are the fuzzer's bytes: as they are, or as compressed blocks.
pub fn read_streams(shapes: &[&[Column]], codecs: bool, data: &[u8]) {
    let Some((head, rest)) = data.split_first_chunk::<HEAD>() else { return };
    let choice = choose(*head, codecs);
    let columns = shapes[choice.shape % shapes.len()];
    if let Some(bytes) = file(columns, &choice, rest) {
        read(bytes, 700);
    }
}
