//! A source against a broker that is only a protocol: it answers from a log in memory and breaks when told to.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicI64, Ordering};

use super::batch::tests::Made;
use super::wire::{Answer, Request};
use super::*;
use crate::error::Kind;
use crate::time::Timestamp;

/// Time goes on by itself, so that pauses end.
#[derive(Debug, Default)]
struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.fetch_add(5, Ordering::Relaxed))
    }
}

/// What the fake broker has.
#[derive(Debug, Default)]
struct State {
    /// Batches of each partition of the topic `t`, ordered.
    log: Vec<Vec<Made>>,
    /// First offset that is still there.
    first: i64,
    /// Answers after which each connection is cut.
    cut_after: Option<usize>,
    /// What the group was told.
    told: Vec<(i32, i64)>,
    /// Offsets that were asked for, in order.
    asked: Vec<(i32, i64)>,
}

struct Fake {
    address: String,
    state: Arc<Mutex<State>>,
}

impl Fake {
    fn start(state: State) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let state = Arc::new(Mutex::new(state));
        let (shared, port) = (Arc::clone(&state), listener.local_addr().unwrap().port());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                // A client that has gone ends its thread.
                std::thread::spawn(move || drop(serve(stream, &state, port)));
            }
        });
        Self { address, state }
    }

    fn source(&self, change: impl FnOnce(&mut KafkaOptions)) -> KafkaSource {
        let topics = Topics::Named(vec!["t".to_owned()]);
        let mut options = KafkaOptions::new(vec![self.address.clone()], topics);
        options.group = Some("g".to_owned());
        options.max_wait = Duration::from_millis(1);
        change(&mut options);
        KafkaSource::new(options, Arc::new(Ticking::default())).unwrap()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

fn serve(mut stream: TcpStream, state: &Mutex<State>, port: u16) -> std::io::Result<()> {
    let mut answers = 0;
    loop {
        let mut len = [0; 4];
        stream.read_exact(&mut len)?;
        let mut request = vec![0; u32::from_be_bytes(len) as usize];
        stream.read_exact(&mut request)?;
        let mut state = state.lock().unwrap();
        let mut body = Request::default();
        answer(&request, &mut body, &mut state, port).unwrap();
        let cut = state.cut_after;
        drop(state);
        let mut all = (body.bytes.len() as u32).to_be_bytes().to_vec();
        all.extend(body.bytes);
        if cut == Some(answers) {
            // Half an answer, then nothing.
            return stream.write_all(&all[..all.len() / 2]);
        }
        stream.write_all(&all)?;
        answers += 1;
    }
}

fn answer(request: &[u8], out: &mut Request, state: &mut State, port: u16) -> Result<()> {
    let mut q = Answer::new(request);
    let (api, version, id) = (q.i16()?, q.i16()?, q.i32()?);
    q.text()?;
    out.i32(id);
    let partitions = state.log.len() as i32;
    let end = |p: i32| state.log[p as usize].last().map_or(0, |b| b.base + i64::from(b.last) + 1);
    match (api, version) {
        (18, 0) => {
            out.i16(0).i32(1).i16(1).i16(0).i16(11);
        }
        (3, 4) => {
            out.i32(0).i32(1).i32(1).text("127.0.0.1").i32(i32::from(port)).i16(-1).i16(-1).i32(1);
            out.i32(1).i16(0).text("t").i8(0).i32(partitions);
            for p in 0..partitions {
                out.i16(0).i32(p).i32(1).i32(0).i32(0);
            }
        }
        (2, 2) => {
            q.i32()?;
            q.i8()?;
            q.count()?;
            q.text()?;
            let asked = q.list(|q| Ok((q.i32()?, q.i64()?)))?;
            out.i32(0).i32(1).text("t").count(asked.len());
            for (p, time) in asked {
                out.i32(p).i16(0).i64(-1).i64(if time == -2 { state.first } else { end(p) });
            }
        }
        (10, 0) => {
            out.i16(0).i32(1).text("127.0.0.1").i32(i32::from(port));
        }
        (8, 2) => {
            for _ in 0..2 {
                q.text()?;
                q.i32()?;
            }
            q.i32()?;
            q.count()?;
            q.text()?;
            let told = q.list(|q| {
                let told = (q.i32()?, q.i64()?);
                q.text()?;
                Ok(told)
            })?;
            out.i32(1).text("t").count(told.len());
            for (p, _) in &told {
                out.i32(*p).i16(0);
            }
            state.told = told;
        }
        (1, 11) => fetch(&mut q, out, state)?,
        other => panic!("asked for {other:?}"),
    }
    Ok(())
}

fn fetch(q: &mut Answer<'_>, out: &mut Request, state: &mut State) -> Result<()> {
    for _ in 0..4 {
        q.i32()?;
    }
    q.i8()?;
    q.i64()?;
    q.count()?;
    q.text()?;
    let asked = q.list(|q| {
        let p = q.i32()?;
        q.i32()?;
        let offset = q.i64()?;
        q.i64()?;
        q.i32()?;
        Ok((p, offset))
    })?;
    out.i32(0).i16(0).i32(0).i32(1).text("t").count(asked.len());
    for (p, offset) in asked {
        state.asked.push((p, offset));
        let log = &state.log[p as usize];
        let last = |b: &Made| b.base + i64::from(b.last);
        let lost = offset < state.first || offset > log.last().map_or(0, |b| last(b) + 1);
        out.i32(p).i16(i16::from(lost)).i64(0).i64(0).i64(0).i32(-1).i32(-1);
        let batch = log.iter().find(|b| last(b) >= offset).filter(|_| !lost);
        out.bytes(&batch.map_or(Vec::new(), Made::bytes));
    }
    Ok(())
}

/// Reads all splits in turn to their ends; gives the offsets of each partition.
fn read(source: &KafkaSource, splits: &[Split]) -> Result<Vec<Vec<u64>>> {
    let open = |split: &Split| source.open(split, split.start, LaneId(0)).map(Some);
    let mut readers: Vec<_> = splits.iter().map(open).collect::<Result<_>>()?;
    let mut found = vec![Vec::new(); splits.len()];
    while readers.iter().any(Option::is_some) {
        for (reader, found) in readers.iter_mut().zip(&mut found) {
            let Some(open) = reader else { continue };
            match open.next(None)? {
                None => *reader = None,
                Some(Payload::Records(block)) => {
                    found.extend(block.records.iter().map(|record| record.offset));
                }
                Some(Payload::Idle) => {}
                Some(other) => panic!("{other:?}"),
            }
        }
    }
    Ok(found)
}

fn log(partitions: i64) -> Vec<Vec<Made>> {
    (0..partitions).map(|p| (0..20 + p).map(|n| Made::plain(n * 10, 10)).collect()).collect()
}

#[test]
fn a_bounded_source_reads_every_partition_to_its_end_however_often_the_broker_breaks() {
    for cut_after in [None, Some(2), Some(3), Some(7)] {
        let fake = Fake::start(State { log: log(3), cut_after, ..State::default() });
        let source = fake.source(|o| o.end = Some(Place::Latest));
        // The first listing may meet a broken connection: then it is tried again, as the job does.
        let list = || source.discover(&Offsets::default());
        let listed = (0..50).find_map(|_| list().ok()).unwrap();
        assert!(listed.complete);
        assert_eq!(listed.splits.len(), 3);
        let found = read(&source, &listed.splits).unwrap();
        for (p, found) in (0u64..).zip(found) {
            assert_eq!(
                found,
                (0..200 + 10 * p).collect::<Vec<_>>(),
                "{cut_after:?}, partition {p}"
            );
        }
    }
}

#[test]
fn what_was_deleted_before_it_was_read_is_an_error_unless_wanted() {
    let fake = Fake::start(State { log: log(1), first: 50, ..State::default() });
    let end = |o: &mut KafkaOptions| o.end = Some(Place::Latest);
    let source = fake.source(end);
    let split = Split {
        id: SplitId("b0:t/0".to_owned()),
        branch: 0,
        start: 20,
        detail: SplitDetail::Partition { topic: "t".to_owned(), partition: 0, end: Some(200) },
    };
    let error = read(&source, std::slice::from_ref(&split)).unwrap_err();
    assert_eq!(error.kind(), Kind::Data);
    assert!(error.to_string().contains("deleted before they were read"), "{error}");
    assert!(error.hint().unwrap().contains("scan.on-data-loss"));
    let source = fake.source(|o| o.on_data_loss = OnDataLoss::Continue);
    let found = read(&source, std::slice::from_ref(&split)).unwrap();
    assert_eq!(found, [(50..200).collect::<Vec<u64>>()]);
    // The topic was made anew: its end lies before what is to be read.
    let split = Split { start: 900, ..split };
    let error = read(&fake.source(end), std::slice::from_ref(&split)).err();
    assert!(error.is_none(), "a split that ends before its begin has ended");
}

#[test]
fn new_partitions_are_read_from_their_begin_and_the_group_hears_of_what_is_visible() {
    let fake = Fake::start(State { log: log(1), ..State::default() });
    let source = fake.source(|o| o.start = Place::Latest);
    let mut known = Offsets::default();
    let look = |known: &mut Offsets| {
        let found = source.discover(known).unwrap();
        assert!(!found.complete);
        let starts: Vec<u64> = found.splits.iter().map(|split| split.start).collect();
        for split in found.splits {
            let next = split.start;
            let state = SplitState { split, next, done: false, watermark: None };
            known.splits.insert(state.split.id.clone(), state);
        }
        starts
    };
    assert_eq!(look(&mut known), [200]);
    assert_eq!(look(&mut known), Vec::<u64>::new());
    fake.state().log.push(log(2).remove(1));
    assert_eq!(look(&mut known), [0]);
    source.ack(&known).unwrap();
    assert_eq!(fake.state().told, [(0, 200), (1, 0)]);
}

#[test]
fn an_end_that_is_set_or_taken_away_later_holds_for_partitions_that_are_known() {
    let fake = Fake::start(State { log: log(2), ..State::default() });
    let end = |o: &mut KafkaOptions| o.end = Some(Place::Latest);
    let (endless, bounded) = (fake.source(|_| {}), fake.source(end));
    // An endless run has read some of partition 0 and all of partition 1.
    let mut known = Offsets::default();
    let take = |known: &mut Offsets, found: Discovery, next: [u64; 2], done: bool| {
        for (split, next) in found.splits.into_iter().zip(next) {
            let state = SplitState { split, next, done, watermark: None };
            known.splits.insert(state.split.id.clone(), state);
        }
    };
    take(&mut known, endless.discover(&Offsets::default()).unwrap(), [70, 210], false);
    assert_eq!(endless.discover(&known).unwrap().splits, []);

    let found = bounded.discover(&known).unwrap();
    let starts: Vec<_> = found.splits.iter().map(|s| (s.start, s.weight(s.start))).collect();
    assert_eq!(starts, [(70, Some(130)), (210, Some(0))]);
    let rows = read(&bounded, &found.splits).unwrap();
    assert_eq!(rows, [(70..200).collect::<Vec<u64>>(), Vec::new()]);

    // A bounded run was killed before and after it had reached its ends: what has an end keeps it.
    for done in [false, true] {
        let mut known = Offsets::default();
        take(&mut known, bounded.discover(&Offsets::default()).unwrap(), [200, 210], done);
        assert_eq!(bounded.discover(&known).unwrap().splits, []);
        let found = endless.discover(&known).unwrap();
        let starts: Vec<_> = found.splits.iter().map(|s| (s.start, s.weight(s.start))).collect();
        assert_eq!(starts, [(200, None), (210, None)], "{done}");
    }
}

#[test]
fn a_lane_that_does_not_ask_buffers_two_answers_at_most() {
    let fake = Fake::start(State { log: log(1), ..State::default() });
    let source = fake.source(|_| {});
    let split = source.discover(&Offsets::default()).unwrap().splits.remove(0);
    let mut reader = source.open(&split, 0, LaneId(0)).unwrap();
    let mut blocks = 0;
    while blocks < 3 {
        if let Some(Payload::Records(_)) = reader.next(None).unwrap() {
            blocks += 1;
        }
    }
    // Three blocks were taken; what is asked for beyond them is the next answer and the one under way.
    let furthest = fake.state().asked.iter().map(|(_, offset)| *offset).max();
    assert!(furthest <= Some(30 + 2 * 10), "{furthest:?}");
}
