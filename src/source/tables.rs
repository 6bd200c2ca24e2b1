//! How far a table has been read, when a table is the source: what a checkpoint keeps of it.
//!
//! The state is bounded by what exists now: one entry a partition, one number a visible file, or, in a transactional table, two
//! a range of transactions. It is cheap to clone, since every checkpoint and every listing gets a copy: the entries lie in
//! shards that copies share until one changes.
//!
//! Must not know: catalogs, folders, which file is read next.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Shards of the entries; a change copies one of them.
const SHARDS: usize = 256;
/// The version of the encoding that is written.
const VERSION: u8 = 1;

/// A partition by the hash of its name; that of an unpartitioned table has an empty name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartitionHash(pub u64);

/// A version of a file by the hash of its path below the partition, its size, modification time and inode or tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileHash(pub u64);

impl From<u64> for FileHash {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

impl From<FileHash> for u64 {
    fn from(hash: FileHash) -> Self {
        hash.0
    }
}

/// What has been given out of one table: every file of `known` is read, being read, or waits in a split.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableState {
    /// The table, `database.name`.
    pub table: String,
    /// The known partitions and their files.
    pub known: Known,
    /// The known partitions of a transactional table, and of each the write ids whose rows were given out: where a range of them
    /// begins and ends, in turn; behind them, with the highest bit set, when the partition was made.
    #[serde(default, skip_serializing_if = "Known::is_empty")]
    pub written: Known<u64>,
}

/// What a listing changes in a [`TableState`]; applying it twice changes nothing more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableDelta {
    /// Which branch of the pipeline reads the table.
    pub branch: u16,
    /// The table; the state of another one is dropped.
    pub table: String,
    /// Partitions with all their known files from now on, in order; `None` if the partition is gone.
    pub partitions: Vec<(PartitionHash, Option<Vec<FileHash>>)>,
    /// Partitions of a transactional table with all their known write ids from now on, see [`TableState::written`].
    pub written: Vec<(PartitionHash, Vec<u64>)>,
}

impl TableDelta {
    /// Tells whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.partitions.is_empty() && self.written.is_empty()
    }
}

impl TableState {
    /// Makes the state of a table of which nothing was read.
    pub fn new(table: impl Into<String>) -> Self {
        Self { table: table.into(), ..Self::default() }
    }

    /// Takes in what a listing has found; tells whether another file or partition is known now.
    pub fn apply(&mut self, delta: &TableDelta) -> bool {
        if self.table != delta.table {
            *self = Self::new(&delta.table);
        }
        let mut changed = false;
        for (partition, files) in &delta.partitions {
            changed |= match files {
                Some(files) => self.known.set(*partition, files),
                None => self.known.forget(*partition) | self.written.forget(*partition),
            };
        }
        for (partition, borders) in &delta.written {
            changed |= self.written.set(*partition, borders);
        }
        changed
    }

    /// Tells whether something of a partition was given out.
    pub fn knows(&self, partition: PartitionHash) -> bool {
        self.known.files(partition).is_some() || self.written.files(partition).is_some()
    }

    /// Goes through all known partitions; some may come twice.
    pub fn partitions(&self) -> impl Iterator<Item = PartitionHash> {
        let of_files = self.known.iter().map(|(partition, _)| partition);
        of_files.chain(self.written.iter().map(|(partition, _)| partition))
    }
}

/// Partitions and, for each, the numbers of its known files in order.
#[derive(Clone, PartialEq, Eq)]
pub struct Known<N = FileHash> {
    shards: Arc<Vec<Arc<Shard<N>>>>,
}

type Shard<N> = BTreeMap<PartitionHash, Box<[N]>>;

/// What is known by its number.
pub trait Number: Copy + Ord + fmt::Debug + From<u64> + Into<u64> {}

impl<N: Copy + Ord + fmt::Debug + From<u64> + Into<u64>> Number for N {}

impl<N> Default for Known<N> {
    fn default() -> Self {
        let empty = Arc::new(Shard::new());
        Self { shards: Arc::new(vec![empty; SHARDS]) }
    }
}

impl<N: Number> fmt::Debug for Known<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<N: Number> Known<N> {
    /// Gives the known files of a partition, in order; `None` if the partition is not known.
    pub fn files(&self, partition: PartitionHash) -> Option<&[N]> {
        self.shards.get(shard(partition))?.get(&partition).map(AsRef::as_ref)
    }

    /// Goes through all partitions in order.
    pub fn iter(&self) -> impl Iterator<Item = (PartitionHash, &[N])> {
        let shards = self.shards.iter().flat_map(|shard| shard.iter());
        shards.map(|(partition, files)| (*partition, files.as_ref()))
    }

    /// Counts the partitions.
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.len()).sum()
    }

    /// Tells whether no partition is known.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn set(&mut self, partition: PartitionHash, files: &[N]) -> bool {
        let mut files = files.to_vec();
        files.sort_unstable();
        files.dedup();
        if self.files(partition) == Some(files.as_slice()) {
            return false;
        }
        self.shard_mut(partition).insert(partition, files.into());
        true
    }

    fn forget(&mut self, partition: PartitionHash) -> bool {
        self.files(partition).is_some() && self.shard_mut(partition).remove(&partition).is_some()
    }

    fn shard_mut(&mut self, partition: PartitionHash) -> &mut Shard<N> {
        let shards = Arc::make_mut(&mut self.shards);
        Arc::make_mut(&mut shards[shard(partition)])
    }

    /// Writes all entries, the shortest way that needs no tables: numbers of eight bytes, counts of one to ten.
    fn encode(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        put_count(&mut out, self.len());
        for (partition, files) in self.iter() {
            out.extend_from_slice(&partition.0.to_le_bytes());
            put_count(&mut out, files.len());
            for file in files {
                let number: u64 = (*file).into();
                out.extend_from_slice(&number.to_le_bytes());
            }
        }
        out
    }

    fn decode(bytes: &[u8]) -> Result<Self, String> {
        let (version, mut rest) = bytes.split_first().ok_or("it is empty")?;
        if *version != VERSION {
            return Err(format!("its version {version} is not known"));
        }
        let mut shards = vec![Shard::<N>::new(); SHARDS];
        for _ in 0..count(&mut rest)? {
            let partition = PartitionHash(number(&mut rest)?);
            let files = count(&mut rest)?;
            if files > rest.len() / 8 {
                return Err("it is cut off".to_owned());
            }
            let files: Result<Box<[N]>, String> =
                (0..files).map(|_| number(&mut rest).map(N::from)).collect();
            shards[shard(partition)].insert(partition, files?);
        }
        if !rest.is_empty() {
            return Err("it is too long".to_owned());
        }
        Ok(Self { shards: Arc::new(shards.into_iter().map(Arc::new).collect()) })
    }
}

/// The first bits of a hash, so that the shards follow each other in order.
const fn shard(partition: PartitionHash) -> usize {
    (partition.0 >> 56) as usize
}

/// Writes a number in groups of seven bits, the lowest first.
fn put_count(out: &mut Vec<u8>, count: usize) {
    let mut left = count as u64;
    while left >= 0x80 {
        out.push((left & 0x7f) as u8 | 0x80);
        left >>= 7;
    }
    out.push(left as u8);
}

fn count(rest: &mut &[u8]) -> Result<usize, String> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, behind) = rest.split_first().ok_or("it is cut off")?;
        *rest = behind;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return usize::try_from(value).map_err(|_| "a count is too large".to_owned());
        }
    }
    Err("a count is too large".to_owned())
}

fn number(rest: &mut &[u8]) -> Result<u64, String> {
    let (bytes, behind) = rest.split_first_chunk::<8>().ok_or("it is cut off")?;
    *rest = behind;
    Ok(u64::from_le_bytes(*bytes))
}

impl<N: Number> Serialize for Known<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(self.encode()))
    }
}

impl<'de, N: Number> Deserialize<'de> for Known<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wrong = |why: &dyn fmt::Display| {
            de::Error::custom(format!("the state of a table cannot be read: {why}"))
        };
        let text = String::deserialize(deserializer)?;
        let bytes = STANDARD.decode(text).map_err(|e| wrong(&e))?;
        Self::decode(&bytes).map_err(|e| wrong(&e))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn delta(partitions: &[(u64, Option<&[u64]>)]) -> TableDelta {
        let hashes = |files: &[u64]| files.iter().copied().map(FileHash).collect();
        let one = |(p, files): &(u64, Option<&[u64]>)| (PartitionHash(*p), files.map(hashes));
        TableDelta {
            branch: 0,
            table: "d.t".to_owned(),
            partitions: partitions.iter().map(one).collect(),
            written: Vec::new(),
        }
    }

    #[test]
    fn a_delta_sets_and_forgets_and_may_come_twice() {
        let mut state = TableState::new("d.t");
        let first = delta(&[(1, Some(&[12, 11])), (u64::MAX, Some(&[])), (3, None)]);
        assert!(state.apply(&first));
        assert!(!state.apply(&first), "nothing new");
        assert_eq!(state.known.files(PartitionHash(1)), Some(&[FileHash(11), FileHash(12)][..]));
        assert_eq!(state.known.files(PartitionHash(u64::MAX)), Some(&[][..]), "known, no files");
        assert_eq!(state.known.files(PartitionHash(3)), None);
        let kept = state.clone();
        assert!(state.apply(&delta(&[(1, None)])));
        assert_eq!((state.known.len(), kept.known.len()), (1, 2), "a copy keeps what it had");
        let other = TableDelta { table: "d.u".to_owned(), ..delta(&[]) };
        state.apply(&other);
        assert_eq!(state, TableState::new("d.u"), "another table begins anew");
    }

    #[test]
    fn transactions_are_known_beside_files() {
        let mut state = TableState::new("d.t");
        let text = serde_json::to_string(&state).unwrap();
        assert!(
            !text.contains("written"),
            "tables without transactions are written as ever: {text}"
        );
        let written = TableDelta {
            written: vec![(PartitionHash(4), vec![0, 6])],
            ..delta(&[(3, Some(&[1]))])
        };
        assert!(state.apply(&written) && !state.apply(&written));
        assert!(state.knows(PartitionHash(4)) && !state.knows(PartitionHash(5)));
        assert_eq!(state.partitions().collect::<Vec<_>>(), [PartitionHash(3), PartitionHash(4)]);
        let text = serde_json::to_string(&state).unwrap();
        assert_eq!(serde_json::from_str::<TableState>(&text).unwrap(), state);
        assert!(state.apply(&delta(&[(4, None)])) && !state.knows(PartitionHash(4)));
    }

    #[test]
    fn damage_is_an_error() {
        let mut state = TableState::new("d.t");
        state.apply(&delta(&[(1, Some(&[11, 12])), (2, Some(&[]))]));
        let bytes = state.known.encode();
        assert_eq!(bytes.len(), 1 + 1 + 9 + 16 + 9, "eight bytes a hash, one a small count");
        for length in 0..bytes.len() {
            assert!(Known::<FileHash>::decode(&bytes[..length]).is_err(), "{length} bytes");
        }
        let mut long = bytes.clone();
        long.push(0);
        assert_eq!(Known::<FileHash>::decode(&long).unwrap_err(), "it is too long");
        let mut newer = bytes;
        newer[0] = 9;
        assert_eq!(Known::<FileHash>::decode(&newer).unwrap_err(), "its version 9 is not known");
        let huge = [VERSION, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
        assert_eq!(Known::<FileHash>::decode(&huge).unwrap_err(), "a count is too large");
        let text = "{\"table\":\"d.t\",\"known\":\"?\"}";
        let error = serde_json::from_str::<TableState>(text).unwrap_err().to_string();
        assert!(error.starts_with("the state of a table cannot be read"), "{error}");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            partitions in prop::collection::btree_map(any::<u64>(), prop::collection::vec(any::<u64>(), 0..200), 0..40),
        ) {
            let all: Vec<(u64, Option<&[u64]>)> =
                partitions.iter().map(|(p, files)| (*p, Some(files.as_slice()))).collect();
            let mut state = TableState::new("d.t");
            state.apply(&delta(&all));
            let text = serde_json::to_string(&state).unwrap();
            prop_assert_eq!(serde_json::from_str::<TableState>(&text).unwrap(), state);
        }
    }
}
