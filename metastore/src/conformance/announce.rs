//! Announcements, one after the other and all at once.

use std::thread;

use super::{Outcome, equal, hour, hourly_table, refused, with};
use crate::model::{FieldSchema, Partition, keys};
use crate::names::{PartitionSpec, TableName};
use crate::{Announced, Announcement, Catalog, Kind, PartitionQuery, Result, location};

fn announcement(dt: &str, hr: &str, commit: &str, rows: u64) -> Announcement {
    Announcement {
        spec: hour(dt, hr),
        location: None,
        parameters: [(keys::NUM_ROWS.to_owned(), rows.to_string())].into(),
        commit_id: commit.to_owned(),
        create_time: 1_767_225_600,
    }
}

pub(super) fn once_per_commit(catalog: &dyn Catalog) -> Outcome {
    let table = hourly_table(catalog, "announce_once")?;
    let name = &table.name;
    let answer = |created, revision| Announced { created, revision, moved_from: None };
    let first = [announcement("a", "1", "job/5", 10), announcement("a", "2", "job/5", 20)];
    equal("new", catalog.announce(name, &first)?, vec![answer(true, 1), answer(true, 1)])?;
    equal(
        "the same commit",
        catalog.announce(name, &first)?,
        vec![answer(false, 1), answer(false, 1)],
    )?;
    let second = [announcement("a", "2", "job/6", 25), announcement("a", "3", "job/6", 30)];
    equal("late rows", catalog.announce(name, &second)?, vec![answer(false, 2), answer(true, 1)])?;
    equal("nothing", catalog.announce(name, &[])?, Vec::new())?;

    for (hr, rows, revision, commit) in
        [("1", "10", 1, "job/5"), ("2", "25", 2, "job/6"), ("3", "30", 1, "job/6")]
    {
        let found = catalog.get_partition(name, &hour("a", hr).to_path()?)?;
        let parameter = |key| found.parameters.get(key).map(String::as_str);
        equal("rows", parameter(keys::NUM_ROWS), Some(rows))?;
        equal("commit", parameter(keys::COMMIT_ID), Some(commit))?;
        equal("revision", found.revision(), revision)?;
        equal("columns", &found.sd.cols, &table.sd.cols)?;
        let place = found.sd.location.as_deref().map(location::normalize);
        equal("location", place, Some(table.partition_location(&found.spec)?))?;
    }
    Ok(())
}

pub(super) fn renews_foreign_partitions(catalog: &dyn Catalog) -> Outcome {
    let mut table = hourly_table(catalog, "announce_foreign")?;
    let name = table.name.clone();
    let place = format!("{}/elsewhere", table.sd.location.as_deref().unwrap_or_default());
    let mut foreign = with(Partition::of_table(&table, hour("a", "1")), "owner", "batch");
    foreign = with(foreign, keys::COLUMN_STATS_ACCURATE, "{\"BASIC_STATS\":\"true\"}");
    foreign.sd.location = Some(place.clone());
    catalog.add_partitions(&name, &[foreign])?;
    table.sd.cols.push(FieldSchema::new("more", "int"));
    catalog.alter_table(&name, &table)?;

    let answers = catalog.announce(&name, &[announcement("a", "1", "job/1", 7)])?;
    let moved_from = answers.first().and_then(|a| a.moved_from.as_deref()).map(location::normalize);
    equal("moved from", moved_from, Some(location::normalize(&place)))?;
    equal("answer", answers.iter().map(|a| (a.created, a.revision)).collect(), vec![(false, 1)])?;
    let found = catalog.get_partition(&name, &hour("a", "1").to_path()?)?;
    equal("own property", found.parameters.get("owner").map(String::as_str), Some("batch"))?;
    equal("columns of today", found.sd.cols.len(), 3)?;
    equal("no longer accurate", found.parameters.get(keys::COLUMN_STATS_ACCURATE), None)
}

pub(super) fn refuses_wrong_batches(catalog: &dyn Catalog) -> Outcome {
    let table = hourly_table(catalog, "announce_wrong")?;
    let one = announcement("a", "1", "job/1", 1);
    let columns = Announcement { spec: PartitionSpec::new([("dt", Some("a"))]), ..one.clone() };
    let unnamed = Announcement { commit_id: String::new(), ..announcement("a", "2", "", 1) };
    for (what, batch, kind) in [
        ("other columns", vec![one.clone(), columns], Kind::Schema),
        ("twice", vec![one.clone(), one.clone()], Kind::Config),
        ("no commit id", vec![one.clone(), unnamed], Kind::Config),
        ("too many", vec![one.clone(); 1001], Kind::Config),
    ] {
        refused(what, catalog.announce(&table.name, &batch), kind)?;
    }
    equal(
        "nothing is there",
        catalog.list_partition_names(&table.name, &PartitionQuery::default())?,
        Vec::new(),
    )?;
    refused(
        "missing table",
        catalog.announce(&TableName::new("announce_wrong", "x")?, &[one]),
        Kind::NotFound,
    )
}

/// Lets `threads` threads add and announce the same partitions through all of `catalogs`, which show one metastore.
///
/// # Errors
/// Says what was done twice, lost or refused.
pub fn concurrent(catalogs: &[&dyn Catalog], threads: usize) -> Outcome {
    const PARTITIONS: usize = 40;
    let first = catalogs.first().ok_or("no catalog")?;
    let table = hourly_table(*first, "concurrent")?;
    let spec = |day: &str, i: usize| hour(day, &i.to_string());
    let work = |catalog: &dyn Catalog, thread: usize| -> Result<(usize, usize)> {
        let (mut added, mut created) = (0, 0);
        for i in 0..PARTITIONS {
            // Threads go through the partitions in different order.
            let i = (i * 7 + thread * 5) % PARTITIONS;
            let partition = Partition::of_table(&table, spec("added", i));
            let new = catalog.add_partitions(&table.name, &[partition])?;
            added += new.into_iter().filter(|new| *new).count();
            let batch = [announcement("announced", &i.to_string(), "job/1", 1)];
            created += catalog.announce(&table.name, &batch)?.iter().filter(|a| a.created).count();
        }
        Ok((added, created))
    };
    let done: Vec<_> = thread::scope(|scope| {
        let started: Vec<_> = (0..threads)
            .map(|thread| {
                let catalog = catalogs[thread % catalogs.len()];
                scope.spawn(move || work(catalog, thread))
            })
            .collect();
        started.into_iter().map(thread::ScopedJoinHandle::join).collect()
    });
    let (mut added, mut created) = (0, 0);
    for result in done {
        let (a, c) = result.map_err(|_| "a thread panicked")??;
        added += a;
        created += c;
    }
    equal("added", added, PARTITIONS)?;
    equal("created", created, PARTITIONS)?;
    equal(
        "listed",
        first.list_partition_names(&table.name, &PartitionQuery::default())?.len(),
        2 * PARTITIONS,
    )?;
    for i in 0..PARTITIONS {
        equal(
            "revision",
            first.get_partition(&table.name, &spec("announced", i).to_path()?)?.revision(),
            1,
        )?;
    }
    Ok(())
}
