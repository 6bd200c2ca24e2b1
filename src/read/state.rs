//! Names and files as the numbers by which a checkpoint knows them. Pure.
//!
//! # Why
//! 64 bits of SHA-256: the same on every machine and in every version, and so many that among ten million files of one table
//! two are taken for one another with a chance of one in a million at most; within a partition, which is what counts, far less.

use formats::acid::WriteIdSet;
use sha2::{Digest, Sha256};

use super::files::DataFile;
use super::view::Seen;
pub use crate::source::tables::{FileHash, Known, PartitionHash, TableDelta, TableState};

/// Gives the number of a partition's name.
pub fn partition_hash(name: &str) -> PartitionHash {
    PartitionHash(first_bits(Sha256::new().chain_update(name)))
}

/// Gives the number of a version of a file: its path below the partition's folder, what tells it from others, and which
/// transactions' rows are read of it, if not those of all.
pub fn file_hash(location: &str, file: &DataFile) -> FileHash {
    let identity = &file.identity;
    let mut hash = Sha256::new()
        .chain_update(file.relative(location))
        .chain_update([0])
        .chain_update(identity.size.to_le_bytes())
        .chain_update(identity.modified_ns.to_le_bytes())
        .chain_update(identity.inode.to_le_bytes());
    for border in file.seen.as_ref().and_then(Seen::only).map_or(&[][..], WriteIdSet::borders) {
        hash.update(border.to_le_bytes());
    }
    FileHash(first_bits(hash))
}

fn first_bits(hash: Sha256) -> u64 {
    let digest = hash.finalize();
    digest.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::super::testing::file;
    use super::*;

    #[test]
    fn hashes_never_change() {
        // In the checkpoints of others: a change would have them read everything once more.
        assert_eq!(partition_hash("dt=2026-01-01/hr=07"), PartitionHash(614_685_006_977_643_727));
        assert_eq!(partition_hash(""), PartitionHash(1_449_310_910_991_872_227));
        assert_eq!(
            file_hash("file:/w/t/dt=1", &file("file:/w/t/dt=1/part-0.orc", 7)),
            FileHash(12_806_110_810_593_593_760)
        );
    }

    #[test]
    fn every_part_of_a_files_identity_counts() {
        let of = |file: &DataFile| file_hash("file:/w/t", file);
        let one = file("file:/w/t/a/b", 1);
        let mut others = vec![file("file:/w/t/a/c", 1), file("file:/w/t/a/b", 2)];
        let mut changed = one.clone();
        changed.identity.size += 1;
        others.push(changed);
        let mut changed = one.clone();
        changed.identity.modified_ns += 1;
        others.push(changed);
        assert!(others.iter().all(|other| of(other) != of(&one)));
        assert_eq!(
            file_hash("file:/w/t/", &one),
            of(&one),
            "the folder is spelled with or without /"
        );
        let moved = file("file:/elsewhere/a/b", 1);
        assert_eq!(file_hash("file:/elsewhere", &moved), of(&one), "a moved table is the same");
    }
}
