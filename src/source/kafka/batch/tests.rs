//! Batches are made here, after the protocol guide, since nothing in the service writes any.

use formats::message::PADDING;

use super::*;

/// What a batch is made of.
#[derive(Debug)]
pub(in super::super) struct Made {
    pub(in super::super) base: i64,
    pub(in super::super) attributes: i16,
    pub(in super::super) producer: i64,
    /// Offset after the base, key, value.
    pub(in super::super) records: Vec<(i64, Option<Vec<u8>>, Option<Vec<u8>>)>,
    /// Offset of the last record after the base, also where it was removed.
    pub(in super::super) last: i32,
}

fn put(out: &mut Vec<u8>, value: i64) {
    let mut value = ((value << 1) ^ (value >> 63)) as u64;
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn put_sized(out: &mut Vec<u8>, bytes: Option<&[u8]>) {
    put(out, bytes.map_or(-1, |bytes| bytes.len() as i64));
    out.extend(bytes.unwrap_or_default());
}

impl Made {
    /// Makes a batch of values `first..first + count`, one offset each.
    pub(in super::super) fn plain(base: i64, count: i64) -> Self {
        let value = |n: i64| (n, None, Some(format!("{{\"n\":{}}}", base + n).into_bytes()));
        Self {
            base,
            attributes: 0,
            producer: -1,
            records: (0..count).map(value).collect(),
            last: count as i32 - 1,
        }
    }

    pub(in super::super) fn bytes(&self) -> Vec<u8> {
        let mut body = Vec::new();
        for (offset, key, value) in &self.records {
            let mut record = vec![0];
            put(&mut record, 10 * offset);
            put(&mut record, *offset);
            put_sized(&mut record, key.as_deref());
            put_sized(&mut record, value.as_deref());
            put(&mut record, 1);
            put_sized(&mut record, Some(b"h"));
            put_sized(&mut record, Some(b"v"));
            put(&mut body, record.len() as i64);
            body.extend(record);
        }
        if self.attributes & 7 == 4 {
            body = zstd::bulk::compress(&body, 1).unwrap();
        }
        let mut rest = self.attributes.to_be_bytes().to_vec();
        rest.extend(self.last.to_be_bytes());
        rest.extend(1000i64.to_be_bytes());
        rest.extend(9000i64.to_be_bytes());
        rest.extend(self.producer.to_be_bytes());
        rest.extend([0; 6]);
        rest.extend((self.records.len() as i32).to_be_bytes());
        rest.extend(body);
        let mut all = self.base.to_be_bytes().to_vec();
        all.extend((rest.len() as i32 + 9).to_be_bytes());
        all.extend(7i32.to_be_bytes());
        all.push(2);
        all.extend(crc32c::crc32c(&rest).to_be_bytes());
        all.extend(rest);
        all
    }
}

fn walker(committed_only: bool) -> Walker {
    let wanted = Presence::Wanted;
    Walker {
        wanted: Wanted { keys: wanted, headers: wanted, checked: wanted },
        committed_only,
        decompressor: Decompressor::default(),
        scratch: Filling::default(),
    }
}

/// Reads an answer to its end; gives offsets with values, and where reading goes on.
fn read(
    bytes: &[u8],
    aborted: &[(i64, i64)],
    committed_only: bool,
    window: Window,
) -> Result<(Vec<(u64, String)>, i64)> {
    let mut walker = walker(committed_only);
    let mut window = window;
    let aborted = aborted.iter().copied().collect();
    let mut messages = Messages::new(Arc::new(bytes.to_vec()), (0, bytes.len()), aborted);
    let mut found = Vec::new();
    while !messages.is_empty() && window.next < window.end {
        // Buffers that are used again are longer than what is in them.
        let block = messages.block(&mut walker, &mut window, Some(vec![7; 4096]))?;
        assert_eq!(block.bytes.last_chunk(), Some(&[0; PADDING]));
        if let Some((_, end)) = block.records.last().and_then(|last| last.value.range()) {
            assert!(block.bytes.len() - end >= PADDING, "whoever reads it may load beyond its end");
        }
        for record in &block.records {
            let value = record.value.of(&block.bytes).unwrap_or(b"NULL");
            found.push((record.offset, String::from_utf8_lossy(value).into_owned()));
        }
    }
    Ok((found, window.next))
}

const ALL: Window = Window { next: 0, end: i64::MAX };

fn offsets(found: &[(u64, String)]) -> Vec<u64> {
    found.iter().map(|(offset, _)| *offset).collect()
}

#[test]
fn records_keep_offset_key_value_time_and_headers() {
    let mut made = Made::plain(5, 1);
    made.attributes = 4;
    made.records.push((3, Some(b"k".to_vec()), None));
    made.last = 3;
    let bytes = made.bytes();
    let mut window = ALL;
    let mut messages = Messages::new(Arc::new(bytes.clone()), (0, bytes.len()), VecDeque::new());
    assert_eq!(messages.next_offset(), Some(9));
    let block = messages.block(&mut walker(false), &mut window, None).unwrap();
    let [first, second] = block.records.as_slice() else { panic!("{:?}", block.records) };
    assert_eq!((first.offset, first.timestamp, first.leader_epoch), (5, 1000, 7));
    assert_eq!(first.value.of(&block.bytes), Some(&b"{\"n\":5}"[..]));
    assert_eq!(first.key, Slice::NULL);
    assert_eq!((second.offset, second.timestamp), (8, 1030));
    assert_eq!(second.key.of(&block.bytes), Some(&b"k"[..]));
    assert_eq!(second.value, Slice::NULL);
    assert_eq!(block.headers(second), [("h".to_owned(), Some(&b"v"[..]))]);
    assert_eq!(block.next, 9);
}

#[test]
fn gaps_control_records_and_cut_batches_do_not_stall() {
    let mut removed = Made::plain(10, 0);
    removed.last = 9;
    let control = Made {
        base: 20,
        attributes: 0b11_0000,
        producer: 1,
        records: vec![(0, Some(vec![0, 0, 0, 1]), Some(vec![0; 6]))],
        last: 0,
    };
    let cut = Made::plain(23, 2).bytes();
    let bytes = [
        Made::plain(0, 10).bytes(),
        removed.bytes(),
        control.bytes(),
        Made::plain(21, 2).bytes(),
        cut[..cut.len() - 1].to_vec(),
    ]
    .concat();
    let (found, next) = read(&bytes, &[], false, ALL).unwrap();
    assert_eq!(offsets(&found), (0..10).chain(21..23).collect::<Vec<_>>());
    assert_eq!(next, 23, "what is cut off is asked for again");
    let (found, next) = read(&bytes, &[], false, Window { next: 4, end: 22 }).unwrap();
    assert_eq!(offsets(&found), (4..10).chain(21..22).collect::<Vec<_>>());
    assert_eq!(next, 22, "a bounded read ends at its end");
}

#[test]
fn only_committed_transactions_are_read_when_asked_for() {
    let data = |base, producer| {
        let mut made = Made::plain(base, 2);
        (made.attributes, made.producer) = (0b1_0000, producer);
        made.bytes()
    };
    let end = |base, producer, commit: u8| {
        let key = Some(vec![0, 0, 0, commit]);
        let records = vec![(0, key, Some(vec![0; 6]))];
        Made { base, attributes: 0b11_0000, producer, records, last: 0 }.bytes()
    };
    // Producer 1 aborts, writes again and commits; producer 2 commits in between.
    let bytes = [
        data(0, 1),
        data(2, 2),
        data(4, 1),
        end(6, 1, 0),
        end(7, 2, 1),
        data(8, 1),
        end(10, 1, 1),
        Made::plain(11, 1).bytes(),
    ]
    .concat();
    let (found, next) = read(&bytes, &[(0, 1)], true, ALL).unwrap();
    assert_eq!(offsets(&found), [2, 3, 8, 9, 11]);
    assert_eq!(next, 12);
    let (found, _) = read(&bytes, &[], false, ALL).unwrap();
    assert_eq!(offsets(&found), [0, 1, 2, 3, 4, 5, 8, 9, 11], "markers are never rows");
}

#[test]
fn a_wrong_checksum_is_an_error_and_no_bytes_make_a_panic() {
    let whole = Made::plain(0, 3).bytes();
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        // The length and what is before the checksum may be read as something else, but never as other records.
        if let Ok((found, _)) = read(&bytes, &[], true, ALL) {
            assert!(found.iter().all(|(_, value)| value.starts_with("{\"n\":")), "byte {at}");
        }
        if at >= 17 {
            let error = read(&bytes, &[], true, ALL).unwrap_err();
            assert_eq!(error.kind(), crate::error::Kind::Data, "byte {at}");
        }
    }
}

#[test]
fn old_message_sets_are_read_too() {
    let message = |offset: i64, attributes: u8, value: &[u8]| {
        let mut body = vec![1, attributes];
        body.extend(500i64.to_be_bytes());
        body.extend((-1i32).to_be_bytes());
        body.extend((value.len() as i32).to_be_bytes());
        body.extend(value);
        let mut all = offset.to_be_bytes().to_vec();
        all.extend((body.len() as i32 + 4).to_be_bytes());
        all.extend(crc32fast::hash(&body).to_be_bytes());
        all.extend(body);
        all
    };
    let inner = [message(0, 0, b"a"), message(1, 0, b"b"), message(2, 0, b"c")].concat();
    let packed = snap::raw::Encoder::new().compress_vec(&inner).unwrap();
    let bytes = [message(7, 0, b"z"), message(10, 2, &packed)].concat();
    let (found, next) = read(&bytes, &[], true, Window { next: 7, end: i64::MAX }).unwrap();
    let expected = [(7, "z"), (8, "a"), (9, "b"), (10, "c")];
    assert_eq!(found, expected.map(|(offset, value)| (offset, value.to_owned())));
    assert_eq!(next, 11);
}
