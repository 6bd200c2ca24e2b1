//! A target table's options to what the writer needs.

use chrono_tz::Tz;
use config::parquet as options;
use config::sink::{self, SinkOptions};
use config::{MaxRate, PipelineOptions};
use formats::compression::{Compression, ZstdLevel};
use formats::orc::{OrcCompression, OrcOptions};
use formats::parquet::{ParquetDecimal, ParquetOptions, ParquetTimestamp};
use formats::table::WriteOptions;
use metastore::Table;

use crate::commit::policy::{Policy, ordered};
use crate::commit::trigger::{Extractor, Trigger};
use crate::decode::dead_letter;
use crate::error::{Error, Result};
use crate::job::plan::{Encoding, LatePolicy};
use crate::write::rolling::RollingPolicy;

/// Finds a zone by its name.
pub fn zone(name: &str) -> Option<Tz> {
    name.parse().ok()
}

/// Finds the zone of this machine: the variable `TZ`, else where `/etc/localtime` points to.
pub fn system_zone() -> Option<Tz> {
    if let Some(name) = std::env::var_os("TZ") {
        return zone(name.to_str()?.trim_start_matches(':'));
    }
    let target = match std::fs::read_link("/etc/localtime") {
        Ok(target) => target,
        // A machine without a zone has UTC, as the C library sees it.
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Some(Tz::UTC),
        Err(_) => return None,
    };
    let target = target.to_str()?;
    zone(target.split_once("zoneinfo/").map_or(target, |(_, name)| name))
}

/// Gives when partitions are complete.
///
/// # Errors
/// `Config` if zone or formatter cannot be read.
pub fn trigger(options: &SinkOptions, columns: &[String]) -> Result<Trigger> {
    let delay = options.commit.delay;
    Ok(match options.commit.trigger {
        sink::Trigger::ProcessTime => Trigger::ProcessTime { delay },
        sink::Trigger::PartitionTime => {
            let name = &options.commit.watermark_time_zone.0;
            let zone = zone(name)
                .ok_or_else(|| Error::config("not a known time zone").with("zone", name))?;
            let extractor = Extractor::new(
                options.extractor.pattern.as_deref(),
                options.extractor.formatter.as_deref(),
                columns,
            )?;
            Trigger::PartitionTime { delay, zone, extractor }
        }
    })
}

/// Gives how partitions are announced, in order.
pub fn policies(options: &SinkOptions) -> Vec<Policy> {
    let commit = &options.commit;
    let all = commit.policies.0.iter().filter_map(|policy| match policy {
        sink::Policy::Metastore => Some(Policy::Metastore),
        sink::Policy::SuccessFile => {
            Some(Policy::SuccessFile { name: commit.success_file_name.0.clone() })
        }
        sink::Policy::Custom => commit.command.clone().map(|command| Policy::Custom { command }),
    });
    ordered(all)
}

/// Gives what happens to late rows.
pub fn late(options: &SinkOptions) -> LatePolicy {
    match options.commit.late_data {
        sink::LateData::Recommit => LatePolicy::Recommit,
        sink::LateData::SideTable => LatePolicy::SideTable,
        sink::LateData::Drop => LatePolicy::Drop,
    }
}

/// Gives when files close.
pub fn rolling(options: &SinkOptions) -> RollingPolicy {
    let rolling = &options.rolling;
    RollingPolicy {
        file_size: rolling.file_size.0,
        rollover_interval: rolling.rollover_interval,
        inactivity_interval: rolling.inactivity_interval,
        check_interval: rolling.check_interval,
    }
}

/// Gives how the files of a table are written.
///
/// # Errors
/// `Config` if the zone is not known or the table's columns cannot be read.
pub fn encoding(options: &SinkOptions, table: &Table) -> Result<Encoding> {
    let descriptor = crate::catalog::table::descriptor(table)
        .map_err(|message| Error::schema(message).with("table", &table.name))?;
    let (parquet, orc) = (parquet(options)?, orc(options));
    Ok(Encoding { descriptor, options: WriteOptions { parquet, orc, ..WriteOptions::default() } })
}

/// Gives how ORC files are written.
fn orc(options: &SinkOptions) -> OrcOptions {
    use config::orc::OrcCompression as Name;
    let orc = &options.orc;
    let bytes = |size: config::ByteSize| usize::try_from(size.0).unwrap_or(usize::MAX);
    OrcOptions {
        compression: match orc.compress {
            Name::None => OrcCompression::None,
            Name::Zlib => OrcCompression::Zlib,
            Name::Snappy => OrcCompression::Snappy,
            Name::Lz4 => OrcCompression::Lz4,
            Name::Zstd => OrcCompression::Zstd,
        },
        zstd_level: orc.zstd_level.0,
        block_bytes: bytes(orc.compress_size),
        stripe_bytes: bytes(orc.stripe_size),
        row_index_stride: if orc.create_index { orc.row_index_stride as usize } else { 0 },
        bloom_columns: orc.bloom_filter_columns.0.clone(),
        bloom_fpp: orc.bloom_filter_fpp.0,
        dictionary_threshold: orc.dictionary_key_threshold.0,
        ..OrcOptions::default()
    }
}

fn parquet(options: &SinkOptions) -> Result<ParquetOptions> {
    let parquet = &options.parquet;
    let name = &parquet.timestamp_zone.0;
    let level = parquet.zstd_level.0;
    Ok(ParquetOptions {
        compression: match parquet.compression {
            options::ParquetCompression::Uncompressed => Compression::None,
            options::ParquetCompression::Snappy => Compression::Snappy,
            options::ParquetCompression::Gzip => Compression::Gzip,
            options::ParquetCompression::Zstd => Compression::Zstd(ZstdLevel::new(level)?),
            options::ParquetCompression::Lz4Raw => Compression::Lz4Raw,
        },
        timestamp: match parquet.timestamp {
            options::ParquetTimestamp::Int96 => ParquetTimestamp::Int96,
            options::ParquetTimestamp::Int64 => ParquetTimestamp::Int64Micros,
            options::ParquetTimestamp::Int64Millis => ParquetTimestamp::Int64Millis,
        },
        decimal: match parquet.decimal {
            options::ParquetDecimal::Legacy => ParquetDecimal::Legacy,
            options::ParquetDecimal::Standard => ParquetDecimal::Standard,
        },
        page_bytes: usize::try_from(parquet.page_size.0).unwrap_or(usize::MAX),
        dictionary: parquet.dictionary,
        time_zone: zone(name).ok_or_else(|| {
            Error::config("parquet.timestamp.time-zone is not known").with("zone", name)
        })?,
        ..ParquetOptions::default()
    })
}

/// Gives how many records may be rejected.
pub fn max_rate(options: &PipelineOptions) -> Option<dead_letter::MaxRate> {
    match options.dead_letter_max_rate {
        MaxRate::Unlimited => None,
        MaxRate::PerMinute(rows) => Some(dead_letter::MaxRate::PerMinute(rows)),
        MaxRate::PartsPerMillion(parts) => {
            Some(dead_letter::MaxRate::Percent(f64::from(parts) / 10_000.0))
        }
    }
}
