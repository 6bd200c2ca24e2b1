//! The cases of Flink's `PartitionMonitorTest` and `HiveTableSourceITCase`, its defects, and random histories.

mod histories;

use super::super::testing::{file, partition};
use super::*;
use crate::source::tables::TableState;

/// A table of partitions with files, the enumerator and the state of a job.
pub(super) struct Reading {
    pub(super) enumerator: Enumerator,
    pub(super) state: TableState,
    pub(super) rules: Rules,
}

pub(super) fn rules(order: Order) -> Rules {
    Rules {
        branch: 0,
        table: "d.t".to_owned(),
        order,
        start: None,
        replaced: ReplacedFiles::Read,
        watermark: None,
    }
}

pub(super) fn looked(name: &str, create_time: i32, files: &[(&str, u64)]) -> Looked {
    let partition = partition(name, create_time);
    let one = |(relative, version): &(&str, u64)| {
        file(&format!("{}/{relative}", partition.location), *version)
    };
    let files = files.iter().map(one).collect();
    Looked { partition: Arc::new(partition), files, unsettled: Vec::new(), view: None }
}

/// Cuts every file in two.
pub(super) fn halves(_: &TablePartition, file: &DataFile) -> Result<Vec<Range<u64>>> {
    let size = file.identity.size;
    Ok(vec![0..size / 2, size / 2..size])
}

fn whole(_: &TablePartition, file: &DataFile) -> Result<Vec<Range<u64>>> {
    Ok(std::iter::once(0..file.identity.size).collect())
}

impl Reading {
    pub(super) fn new(rules: Rules) -> Self {
        let state = TableState::new("d.t");
        Self { enumerator: Enumerator::new(rules.clone()), state, rules }
    }

    /// Takes in a listing and gives the names of what is read next, in order.
    fn poll(&mut self, partitions: Vec<Looked>) -> Vec<String> {
        self.enumerator.take_in(Listing { partitions, ..Listing::default() });
        self.give(usize::MAX)
    }

    fn give(&mut self, limit: usize) -> Vec<String> {
        let given = self.enumerator.give(&self.state, limit, &whole).unwrap();
        self.state.apply(&given.delta);
        given.splits.iter().map(short).collect()
    }

    fn restart(&mut self) {
        self.enumerator = Enumerator::new(self.rules.clone());
        let text = serde_json::to_string(&self.state).unwrap();
        self.state = serde_json::from_str(&text).unwrap();
    }
}

fn short(split: &Split) -> String {
    let SplitDetail::TableFile { path, .. } = &split.detail else { panic!("{split:?}") };
    path.strip_prefix("file:/w/t/").unwrap().to_owned()
}

fn one_file(name: &str, create_time: i32) -> Looked {
    looked(name, create_time, &[("f", 1)])
}

#[test]
fn the_steps_of_flinks_monitor_give_each_partition_once() {
    let mut reading = Reading::new(rules(Order::CreateTime));
    let (b1, b2, b3) = (one_file("p=1", 1), one_file("p=2", 2), one_file("p=3", 3));
    assert_eq!(reading.poll(vec![b2.clone(), b1.clone()]), ["p=1/f", "p=2/f"]);
    assert_eq!(reading.poll(vec![b1.clone(), b2.clone(), b3.clone()]), ["p=3/f"]);
    // Defect B: another one with the same offset, alone, and then nothing new at all.
    let all = vec![b1, b2, b3, one_file("p=4", 3)];
    assert_eq!(reading.poll(all.clone()), ["p=4/f"]);
    for _ in 0..3 {
        assert!(reading.poll(all.clone()).is_empty(), "read once");
    }
    reading.restart();
    assert!(reading.poll(all).is_empty(), "read once, also after a restart");
}

#[test]
fn reading_starts_at_a_partition_by_name() {
    // HiveTableSourceITCase.testStreamPartitionReadByPartitionName.
    let name = |y, m, d| format!("pt_year={y}/pt_month={m}/pt_day={d}");
    let mut by_name = rules(Order::PartitionName);
    by_name.start = Some(by_name.order.start(&name("2019", "09", "02")).unwrap());
    let mut reading = Reading::new(by_name);
    let mut all =
        vec![one_file(&name("2019", "09", "01"), 9), one_file(&name("2020", "09", "03"), 1)];
    let first = reading.poll(all.clone());
    assert_eq!(first, [format!("{}/f", name("2020", "09", "03"))]);
    for day in ["02", "03", "04", "05"] {
        all.push(one_file(&name("2020", "10", day), 5));
        assert_eq!(reading.poll(all.clone()), [format!("{}/f", name("2020", "10", day))]);
    }
}

#[test]
fn reading_goes_by_partition_time() {
    let extractor = Extractor::new(Some("$ts"), None, &["ts".to_owned()]).unwrap();
    let mut reading = Reading::new(rules(Order::PartitionTime(extractor)));
    let mut all = Vec::new();
    for i in 0..6 {
        all.push(one_file(&format!("ts=2020-05-06 00%3A{i}0%3A00"), 0));
        let got = reading.poll(all.clone());
        assert_eq!(got, [format!("ts=2020-05-06 00%3A{i}0%3A00/f")], "step {i}");
    }
}

#[test]
fn files_of_an_unpartitioned_table_are_read_as_they_come() {
    let mut by_time = rules(Order::CreateTime);
    by_time.start = Some(Order::CreateTime.start("1970-01-01 00:00:01").unwrap());
    let mut reading = Reading::new(by_time);
    let mut old = looked("", 0, &[("a", 1), ("b", 1)]);
    old.files[0].identity.modified_ns = 999_999_999;
    assert_eq!(reading.poll(vec![old]), ["b"], "the first is from before the start");
    let more = looked("", 0, &[("b", 1), ("c", 1)]);
    assert_eq!(reading.poll(vec![more.clone()]), ["c"]);
    assert!(reading.poll(vec![more]).is_empty());
}

#[test]
fn a_partition_that_arrives_late_is_read() {
    // Defect A: [dt=2], then [dt=1, dt=2].
    for order in [Order::PartitionName, Order::CreateTime] {
        let mut reading = Reading::new(rules(order));
        let second = one_file("dt=2", 2);
        assert_eq!(reading.poll(vec![second.clone()]), ["dt=2/f"]);
        assert_eq!(reading.poll(vec![one_file("dt=1", 1), second]), ["dt=1/f"]);
    }
}

#[test]
fn there_may_be_more_than_32767_partitions() {
    // Defect C.
    let all: Vec<Looked> = (0..40_000).map(|n| one_file(&format!("p={n:05}"), n)).collect();
    let mut reading = Reading::new(rules(Order::PartitionName));
    let read = reading.poll(all);
    assert_eq!((read.len(), read[39_999].as_str()), (40_000, "p=39999/f"));
    assert_eq!(reading.state.known.len(), 40_000);
}

#[test]
fn new_files_of_a_known_partition_are_read() {
    // Defect D, and a partition that is committed again.
    let mut reading = Reading::new(rules(Order::PartitionName));
    assert_eq!(reading.poll(vec![looked("dt=1", 1, &[("a", 1)])]), ["dt=1/a"]);
    let more = looked("dt=1", 1, &[("a", 1), ("b", 1)]);
    assert_eq!(reading.poll(vec![more]), ["dt=1/b"]);
    // The same name, another file.
    let replaced = looked("dt=1", 1, &[("a", 2), ("b", 1)]);
    assert_eq!(reading.poll(vec![replaced]), ["dt=1/a"]);
}

#[test]
fn a_look_costs_what_is_new() {
    // Defect E: what was not looked at is neither compared nor kept waiting.
    let mut reading = Reading::new(rules(Order::PartitionName));
    reading.poll((0..1000).map(|n| one_file(&format!("p={n:04}"), n)).collect());
    assert!(reading.give(usize::MAX).is_empty());
    assert!(reading.enumerator.is_empty(), "nothing is left to compare");
    assert_eq!(reading.poll(vec![one_file("p=1000", 1)]), ["p=1000/f"]);
    assert_eq!(reading.enumerator.found.len(), 1);
}

#[test]
fn what_is_gone_is_forgotten() {
    // Defect F: the state knows what exists, not what was ever read.
    let mut reading = Reading::new(rules(Order::PartitionName));
    for version in 0..100 {
        let name = format!("p={version}");
        let looked = looked(&name, 1, &[("a", version), ("b", version)]);
        let gone = (version > 0).then(|| format!("p={}", version - 1));
        let gone = gone.into_iter().collect();
        let listing = Listing { partitions: vec![looked], gone, all: false };
        reading.enumerator.take_in(listing);
        reading.give(usize::MAX);
    }
    assert_eq!(reading.state.known.len(), 1);
    reading.poll(vec![looked("p=99", 1, &[("a", 99)])]);
    let files: usize = reading.state.known.iter().map(|(_, files)| files.len()).sum();
    assert_eq!(files, 1, "a file that is gone");
    reading.restart();
    let all = Listing { partitions: Vec::new(), gone: Vec::new(), all: true };
    reading.enumerator.take_in(all);
    reading.give(usize::MAX);
    assert!(reading.state.known.is_empty(), "dropped while nobody looked");
}

#[test]
fn files_that_replace_others_are_read_or_taken_as_known() {
    for (replaced, want) in
        [(ReplacedFiles::Read, vec!["p=1/merged"]), (ReplacedFiles::Skip, vec![])]
    {
        let mut reading = Reading::new(Rules { replaced, ..rules(Order::PartitionName) });
        reading.poll(vec![looked("p=1", 1, &[("a", 1), ("b", 1)])]);
        let after = looked("p=1", 1, &[("merged", 2)]);
        assert_eq!(reading.poll(vec![after.clone()]), want, "{replaced:?}");
        assert!(reading.poll(vec![after]).is_empty());
        // Nothing vanishes here: it is new whatever the option says.
        let more = looked("p=1", 1, &[("merged", 2), ("new", 3)]);
        assert_eq!(reading.poll(vec![more]), ["p=1/new"]);
    }
}

#[test]
fn files_that_may_still_be_written_wait() {
    let mut reading = Reading::new(rules(Order::PartitionName));
    let mut half = looked("p=1", 1, &[("a", 1), ("b", 1)]);
    half.unsettled.push(half.files.pop().unwrap());
    assert_eq!(reading.poll(vec![half]), ["p=1/a"]);
    assert_eq!(reading.poll(vec![looked("p=1", 1, &[("a", 1), ("b", 1)])]), ["p=1/b"]);
    // One that is known stays known while it is written again.
    let mut again = looked("p=1", 1, &[("a", 1), ("b", 1)]);
    again.unsettled.push(again.files.pop().unwrap());
    assert!(reading.poll(vec![again]).is_empty());
    assert!(reading.poll(vec![looked("p=1", 1, &[("a", 1), ("b", 1)])]).is_empty());
}

#[test]
fn a_limit_leaves_the_rest_for_later_in_the_same_order() {
    let mut reading = Reading::new(rules(Order::PartitionName));
    let all = vec![
        looked("p=2", 1, &[("a", 1), ("b", 1), ("c", 1)]),
        looked("p=1", 1, &[("a", 1), ("b", 1)]),
    ];
    reading.enumerator.take_in(Listing { partitions: all, ..Listing::default() });
    assert_eq!(reading.give(3), ["p=1/a", "p=1/b", "p=2/a"]);
    // One that arrives meanwhile and stands before the rest.
    let early = Listing { partitions: vec![one_file("p=0", 1)], ..Listing::default() };
    reading.enumerator.take_in(early);
    assert_eq!(reading.give(2), ["p=0/f", "p=2/b"]);
    assert_eq!(reading.give(2), ["p=2/c"]);
    assert!(reading.give(2).is_empty());
}

#[test]
fn what_was_given_is_given_again_until_the_state_has_it() {
    let mut reading = Reading::new(rules(Order::PartitionName));
    let listing = Listing { partitions: vec![one_file("p=1", 1)], ..Listing::default() };
    reading.enumerator.take_in(listing);
    let lost = reading.enumerator.give(&reading.state, 9, &whole).unwrap();
    let again = reading.enumerator.give(&reading.state, 9, &whole).unwrap();
    assert_eq!((&lost.splits, &lost.delta), (&again.splits, &again.delta));
    reading.state.apply(&again.delta);
    assert!(reading.give(9).is_empty());
}

#[test]
fn unread_partitions_hold_the_watermark() {
    let columns = ["dt".to_owned()];
    let extractor = Extractor::new(Some("$dt"), None, &columns).unwrap();
    let watermark = Some((extractor, Tz::UTC));
    let mut reading = Reading::new(Rules { watermark, ..rules(Order::PartitionName) });
    let all = vec![one_file("dt=1970-01-02", 1), one_file("dt=1970-01-03", 1), one_file("dt=x", 1)];
    reading.enumerator.take_in(Listing { partitions: all, ..Listing::default() });
    let day = 86_400_000;
    let given = reading.enumerator.give(&reading.state, 1, &whole).unwrap();
    assert_eq!(given.splits[0].detail.watermark(), Some(Timestamp(day)));
    assert_eq!(given.left, Some(Some(Timestamp(i64::MIN))), "one names no time");
    reading.state.apply(&given.delta);
    let given = reading.enumerator.give(&reading.state, 2, &whole).unwrap();
    let times: Vec<_> = given.splits.iter().map(|s| s.detail.watermark()).collect();
    assert_eq!(times, [Some(Timestamp(2 * day)), Some(Timestamp(i64::MIN))]);
    assert_eq!(given.left, None);
}
