//! Kafka topics as a source.
//!
//! ```text
//!  cluster ─► partitions ─► splits (one a partition, positions are offsets)
//!                              │
//!             lane ─► fetcher ─┴─► record batches ─► blocks of messages
//! ```
//!
//! Offsets live in our checkpoint. The group only hears of them, after the rows are visible, so that others can watch the
//! lag. A broker that is away is waited for; a message that is gone is an error, never a silent jump.
//!
//! # Why
//! A client of our own, for messages only: the safe interface of librdkafka costs about a microsecond a message, more than
//! decoding, routing and writing it together. Record batches are walked where they lie instead, and nothing is made for a
//! message but its place. What is asked for is old enough for brokers from 0.11 on, and new enough for 4.x.

mod api;
mod batch;
mod cluster;
mod compression;
mod connection;
mod fetch;
mod fetcher;
mod legacy;
mod sasl;
mod startup;
mod tls;
mod wire;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use regex::Regex;

use self::api::{Position, TopicPartition, code, refused};
use self::batch::{Presence, Walker, Wanted, Window};
use self::cluster::Cluster;
use self::compression::{Decompressor, Filling};
use self::connection::Dial;
use self::fetch::Limits;
use self::fetcher::{Fetcher, FetcherParts, lock};
pub use self::sasl::{Credentials, Mechanism};
use self::startup::LookUp;
pub use self::startup::{Otherwise, Place};
pub use self::tls::{Names, TlsOptions};
use crate::error::{Error, Result};
use crate::names::LaneId;
use crate::source::{
    Discovery, Offsets, Payload, Source, Split, SplitDetail, SplitId, SplitReader, SplitState,
};
use crate::time::Clock;

/// Which topics are read.
#[derive(Debug, Clone)]
pub enum Topics {
    /// These.
    Named(Vec<String>),
    /// Those whose whole name matches.
    Matching(Regex),
}

/// What happens when messages are gone before they were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDataLoss {
    /// The pipeline ends with an error.
    Fail,
    /// Reading goes on at the nearest message, with a warning.
    Continue,
}

/// What a Kafka source reads, and how.
#[expect(clippy::struct_excessive_bools, reason = "each is an option by itself")]
#[derive(Debug, Clone)]
pub struct KafkaOptions {
    /// Addresses of some brokers, as `host:port`.
    pub bootstrap: Vec<String>,
    /// Which topics.
    pub topics: Topics,
    /// Where reading begins when there is no checkpoint.
    pub start: Place,
    /// Where it ends; `None`: never.
    pub end: Option<Place>,
    /// The group that is told of what is visible.
    pub group: Option<String>,
    /// Whether it is told.
    pub tell_group: bool,
    /// Whether messages of open and aborted transactions are left out.
    pub committed_only: bool,
    /// Time between two looks for new partitions; `None`: there is one look.
    pub discovery_interval: Option<Duration>,
    /// What happens when messages are gone.
    pub on_data_loss: OnDataLoss,
    /// What the broker calls us in its log.
    pub client: String,
    /// Bytes that are worth an answer.
    pub min_bytes: i32,
    /// Bytes of an answer.
    pub max_bytes: i32,
    /// Bytes of a partition in it.
    pub partition_bytes: i32,
    /// How long a broker waits for messages.
    pub max_wait: Duration,
    /// How long we wait for a connection.
    pub connect_timeout: Duration,
    /// How long we wait for an answer.
    pub request_timeout: Duration,
    /// Whether checksums are checked.
    pub checked: bool,
    /// TLS, if there is any.
    pub tls: Option<TlsOptions>,
    /// Who we are, if somebody asks.
    pub credentials: Option<Credentials>,
    /// Whether keys are wanted.
    pub keys: bool,
    /// Whether headers are wanted.
    pub headers: bool,
    /// Which branch of the pipeline this is.
    pub branch: u16,
}

impl KafkaOptions {
    /// Gives the options of a topic that is read from its begin without end.
    pub fn new(bootstrap: Vec<String>, topics: Topics) -> Self {
        Self {
            bootstrap,
            topics,
            start: Place::Earliest,
            end: None,
            group: None,
            tell_group: true,
            committed_only: false,
            discovery_interval: Some(Duration::from_secs(300)),
            on_data_loss: OnDataLoss::Fail,
            client: "skep".to_owned(),
            min_bytes: 1,
            max_bytes: 8 << 20,
            partition_bytes: 1 << 20,
            max_wait: Duration::from_millis(500),
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(30),
            checked: true,
            tls: None,
            credentials: None,
            keys: false,
            headers: false,
            branch: 0,
        }
    }
}

/// Kafka topics as a source.
pub struct KafkaSource {
    options: KafkaOptions,
    dial: Dial,
    cluster: Arc<Mutex<Cluster>>,
    lanes: Mutex<BTreeMap<LaneId, Arc<Mutex<Fetcher>>>>,
}

impl fmt::Debug for KafkaSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaSource").field("options", &self.options).finish_non_exhaustive()
    }
}

impl KafkaSource {
    /// Makes the source; does not connect.
    ///
    /// # Errors
    /// `Config` for certificates that cannot be used.
    pub fn new(options: KafkaOptions, clock: Arc<dyn Clock>) -> Result<Self> {
        let dial = Dial {
            client: options.client.clone(),
            tls: options.tls.as_ref().map(TlsOptions::config).transpose()?,
            credentials: options.credentials.clone(),
            connect_timeout: options.connect_timeout,
            request_timeout: options.request_timeout,
            clock,
        };
        let mut options = options;
        if let Topics::Matching(regex) = &mut options.topics {
            let whole = Regex::new(&format!(r"\A(?:{})\z", regex.as_str()));
            *regex = whole.map_err(|e| {
                Error::config("the pattern of the topics cannot be read").with_source(e)
            })?;
        }
        let cluster = Cluster::new(options.bootstrap.clone(), dial.clone());
        let cluster = Arc::new(Mutex::new(cluster));
        Ok(Self { options, dial, cluster, lanes: Mutex::default() })
    }

    /// Lists the partitions of the topics.
    fn partitions(&self, cluster: &mut Cluster) -> Result<Vec<TopicPartition>> {
        let names = match &self.options.topics {
            Topics::Named(names) => Some(names.as_slice()),
            Topics::Matching(_) => None,
        };
        cluster.refresh(names)?;
        let wanted = |topic: &str| match &self.options.topics {
            Topics::Named(names) => names.iter().any(|name| name == topic),
            Topics::Matching(regex) => regex.is_match(topic),
        };
        for (topic, error) in &cluster.metadata.failed {
            if !wanted(topic) {
                continue;
            }
            return Err(match *error {
                code::UNKNOWN_TOPIC_OR_PARTITION => Error::not_found("the topic does not exist")
                    .with("topic", topic)
                    .with_hint("check the option 'topic', or create it"),
                error => refused("the topic", error).with("topic", topic),
            });
        }
        let leaders = cluster.metadata.leaders.keys();
        Ok(leaders.filter(|(topic, _)| wanted(topic)).cloned().collect())
    }

    fn split_id(&self, (topic, partition): &TopicPartition) -> SplitId {
        SplitId(format!("b{}:{topic}/{partition}", self.options.branch))
    }

    fn look_up(&self, unnamed: Position) -> LookUp<'_> {
        let group = self.options.group.as_deref();
        LookUp { group, committed_only: self.options.committed_only, unnamed }
    }

    fn fetcher(&self, lane: LaneId) -> Arc<Mutex<Fetcher>> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let fetcher = lanes.entry(lane).or_insert_with(|| {
            let o = &self.options;
            let presence = |wanted| if wanted { Presence::Wanted } else { Presence::Left };
            let fetcher = Fetcher::new(FetcherParts {
                cluster: Arc::clone(&self.cluster),
                dial: self.dial.clone(),
                limits: Limits {
                    wait_ms: i32::try_from(o.max_wait.as_millis()).unwrap_or(i32::MAX),
                    min_bytes: o.min_bytes,
                    max_bytes: o.max_bytes,
                    partition_bytes: o.partition_bytes,
                    committed_only: o.committed_only,
                },
                on_data_loss: o.on_data_loss,
                walker: Walker {
                    wanted: Wanted {
                        keys: presence(o.keys),
                        headers: presence(o.headers),
                        checked: presence(o.checked),
                    },
                    committed_only: o.committed_only,
                    decompressor: Decompressor::default(),
                    scratch: Filling::default(),
                },
            });
            Arc::new(Mutex::new(fetcher))
        });
        Arc::clone(fetcher)
    }

    /// Tells whether a partition was to be read without end and now has one, or the other way round: the options have changed since. One
    /// that has an end keeps it until it is reached, so that a bounded run that was killed reads what it would have read.
    fn has_other_end(&self, state: &SplitState) -> bool {
        match &state.split.detail {
            SplitDetail::Partition { end, .. } => end.is_some() != self.options.end.is_some(),
            SplitDetail::File { .. }
            | SplitDetail::Sequence { .. }
            | SplitDetail::TableFile { .. } => false,
        }
    }

    /// Gives what is known of this branch's partitions.
    fn known<'a>(&self, known: &'a Offsets) -> impl Iterator<Item = &'a SplitState> {
        let branch = self.options.branch;
        known.splits.values().filter(move |state| state.split.branch == branch)
    }
}

impl Source for KafkaSource {
    fn discover(&self, known: &Offsets) -> Result<Discovery> {
        let mut cluster = lock(&self.cluster);
        let partitions = self.partitions(&mut cluster)?;
        // A bounded source that was read to its end may have got more since; it is read up to where it ends now.
        let finished = self.options.end.is_some()
            && self.known(known).next().is_some()
            && self.known(known).all(|state| state.done);
        let state = |at: &TopicPartition| known.splits.get(&self.split_id(at));
        let wanted = |at: &TopicPartition| {
            finished || state(at).is_none_or(|state| self.has_other_end(state))
        };
        let new: Vec<TopicPartition> = partitions.into_iter().filter(wanted).collect();
        let mut found = Discovery { complete: self.options.end.is_some(), ..Discovery::default() };
        if new.is_empty() {
            return Ok(found);
        }
        // Partitions that appear later are read from their begin: nobody has seen any of their messages.
        let first_time = self.known(known).next().is_none();
        let start = if first_time { &self.options.start } else { &Place::Earliest };
        let starts = start.find(&mut cluster, &new, self.look_up(Position::Earliest))?;
        let ends = match &self.options.end {
            None => None,
            Some(end) => Some(end.find(&mut cluster, &new, self.look_up(Position::Latest))?),
        };
        for at in new {
            let before = state(&at);
            let start = before.map(|state| state.next).or_else(|| starts.get(&at).copied());
            let end = ends.as_ref().and_then(|ends| ends.get(&at).copied());
            let Some(start) = start else { continue };
            let nothing_new = end.is_none_or(|end| end <= start);
            if before.is_some_and(|state| nothing_new && !self.has_other_end(state)) {
                continue;
            }
            let (topic, partition) = at.clone();
            found.splits.push(Split {
                id: self.split_id(&at),
                branch: self.options.branch,
                start,
                detail: SplitDetail::Partition { topic, partition, end },
            });
        }
        Ok(found)
    }

    fn open(&self, split: &Split, from: u64, lane: LaneId) -> Result<Box<dyn SplitReader>> {
        let SplitDetail::Partition { topic, partition, end } = &split.detail else {
            return Err(Error::internal("split is of no topic").with("split", &split.id));
        };
        let offset = |offset: u64| i64::try_from(offset).unwrap_or(i64::MAX);
        let window = Window { next: offset(from), end: end.map_or(i64::MAX, offset) };
        let fetcher = self.fetcher(lane);
        let at = (topic.clone(), *partition);
        fetcher.lock().unwrap_or_else(PoisonError::into_inner).add(at.clone(), window);
        Ok(Box::new(KafkaReader { fetcher, at }))
    }

    fn ack(&self, offsets: &Offsets) -> Result<()> {
        let Some(group) = self.options.group.as_deref().filter(|_| self.options.tell_group) else {
            return Ok(());
        };
        let mut told: Vec<(TopicPartition, i64)> = Vec::new();
        for state in self.known(offsets) {
            if let SplitDetail::Partition { topic, partition, .. } = &state.split.detail {
                let next = i64::try_from(state.next).unwrap_or(i64::MAX);
                told.push(((topic.clone(), *partition), next));
            }
        }
        told.sort();
        let told: Vec<(&TopicPartition, i64)> = told.iter().map(|(at, next)| (at, *next)).collect();
        if told.is_empty() { Ok(()) } else { lock(&self.cluster).commit(group, &told) }
    }
}

/// Reads one partition; what is costly is its lane's.
#[derive(Debug)]
struct KafkaReader {
    fetcher: Arc<Mutex<Fetcher>>,
    at: TopicPartition,
}

impl SplitReader for KafkaReader {
    fn next(&mut self, recycled: Option<Vec<u8>>) -> Result<Option<Payload>> {
        let mut fetcher = self.fetcher.lock().unwrap_or_else(PoisonError::into_inner);
        fetcher.next(&self.at, recycled)
    }
}

impl Drop for KafkaReader {
    fn drop(&mut self) {
        self.fetcher.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.at);
    }
}

#[cfg(test)]
mod tests;
