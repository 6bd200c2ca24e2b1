use std::collections::BTreeSet;

use base64::Engine;

use super::*;
use crate::convert::spec_from;

const SAMPLES: &str = include_str!("../../tests/data/hms/kryo.jsonl");
const PARTITIONS: &str = include_str!("../../tests/data/hms/kryo_partitions.tsv");

fn keys() -> Vec<FieldSchema> {
    [
        ("s", "string"),
        ("i", "int"),
        ("b", "bigint"),
        ("d", "date"),
        ("ts", "timestamp"),
        ("de", "decimal(10,2)"),
        ("v", "varchar(20)"),
        ("f", "double"),
    ]
    .map(|(name, kind)| FieldSchema::new(name, kind))
    .to_vec()
}

fn partitions() -> Vec<Vec<String>> {
    PARTITIONS.lines().skip(1).map(|l| l.split('\t').map(str::to_owned).collect()).collect()
}

fn found(bytes: &[u8]) -> Result<BTreeSet<Vec<String>>> {
    let predicate = Predicate::read(bytes, &keys())?;
    let fits = |values: &Vec<String>| predicate.matches(&spec_from(&keys(), values).unwrap());
    Ok(partitions().into_iter().filter(fits).collect())
}

fn samples() -> impl Iterator<Item = (serde_json::Value, Vec<u8>)> {
    SAMPLES.lines().map(|line| {
        let sample: serde_json::Value = serde_json::from_str(line).unwrap();
        let bytes = sample["kryo_b64"].as_str().unwrap();
        let bytes = base64::engine::general_purpose::STANDARD.decode(bytes).unwrap();
        (sample, bytes)
    })
}

#[test]
fn every_sample_finds_the_partitions_that_hive_found() {
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for (sample, bytes) in samples() {
        seen += 1;
        let Some(matched) = sample["matched"].as_array() else {
            // Hive's own server failed; reading it must still not.
            if let Err(error) = found(&bytes) {
                wrong.push(format!("{}: {error}", sample["id"]));
            }
            continue;
        };
        let wanted: BTreeSet<Vec<String>> = matched
            .iter()
            .map(|p| p.as_array().unwrap().iter().map(|v| v.as_str().unwrap().to_owned()).collect())
            .collect();
        // One of several expressions of a drop.
        let part = sample["id"].as_str().unwrap().contains("realdrop");
        match found(&bytes) {
            Ok(found) if found == wanted || part && found.is_subset(&wanted) => {}
            Ok(found) => {
                let short = |all: &BTreeSet<Vec<String>>, other: &BTreeSet<Vec<String>>| {
                    all.difference(other).map(|p| p.join(",")).collect::<Vec<_>>().join(" | ")
                };
                wrong.push(format!(
                    "{} {}: too many [{}], too few [{}]",
                    sample["id"],
                    sample["expr"],
                    short(&found, &wanted),
                    short(&wanted, &found)
                ));
            }
            Err(error) => wrong.push(format!("{} {}: {error}", sample["id"], sample["expr"])),
        }
    }
    assert_eq!(seen, 654);
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn damaged_bytes_are_errors() {
    // Every sample cut off anywhere, and with bytes changed: an error or another expression, never a panic.
    for (n, (_, bytes)) in samples().enumerate().filter(|(n, _)| n % 17 == 0) {
        for end in 0..bytes.len() {
            assert!(Predicate::read(&bytes[..end], &keys()).is_err(), "sample {n} cut at {end}");
        }
        for at in 0..bytes.len() {
            for change in [0x01, 0x7f, 0x80, 0xff] {
                let mut bytes = bytes.clone();
                bytes[at] ^= change;
                drop(found(&bytes));
            }
        }
    }
}

#[test]
fn columns_must_be_partition_columns() {
    let (_, bytes) = samples().next().unwrap();
    let error = Predicate::read(&bytes, &[FieldSchema::new("other", "string")]).unwrap_err();
    assert_eq!(error.kind(), crate::Kind::Config);
}
