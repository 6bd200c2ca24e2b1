SET 'execution.runtime-mode' = 'streaming';
SET 'pipeline.name' = 'events';
SET 'parallelism.default' = '2';
SET 'execution.checkpointing.interval' = '1 s';
SET 'execution.checkpointing.mode' = 'EXACTLY_ONCE';
SET 'table.local-time-zone' = 'UTC';
SET 'table.exec.hive.fallback-mapred-writer' = 'false';
SET 'pipeline.object-reuse' = 'true';
CREATE CATALOG hive WITH ('type' = 'hive', 'hive-conf-dir' = '@CONF@');
USE CATALOG hive;
CREATE DATABASE IF NOT EXISTS db;
USE db;
SET 'table.sql-dialect' = 'hive';
DROP TABLE IF EXISTS @TABLE@;
CREATE TABLE @TABLE@ (
  user_id string, amount double, log_ts timestamp, event_id bigint, country string, page string, device string,
  price decimal(18,2), qty int, flag boolean
) PARTITIONED BY (dt string, hr string) STORED AS @FORMAT@ LOCATION '@WH@/@TABLE@' TBLPROPERTIES (
  'partition.time-extractor.timestamp-pattern' = '$dt $hr:00:00',
  'sink.partition-commit.trigger' = 'partition-time',
  'sink.partition-commit.delay' = '1 h',
  'sink.partition-commit.watermark-time-zone' = 'UTC',
  'sink.partition-commit.policy.kind' = 'metastore,success-file',
  'parquet.compression' = 'SNAPPY'
);
SET table.sql-dialect=default;
CREATE TEMPORARY TABLE src (
  user_id STRING, amount DOUBLE, log_ts TIMESTAMP(3), event_id BIGINT, country STRING, page STRING, device STRING,
  price DECIMAL(18,2), qty INT, flag BOOLEAN,
  WATERMARK FOR log_ts AS log_ts - INTERVAL '10' SECOND
) WITH (
  'connector' = 'kafka', 'topic' = '@TOPIC@', 'properties.bootstrap.servers' = '@BROKER@',
  'properties.group.id' = 'events', 'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset',
  'format' = 'json', 'json.timestamp-format.standard' = 'SQL'
);
INSERT INTO @TABLE@
SELECT user_id, amount, log_ts, event_id, country, page, device, price, qty, flag,
       DATE_FORMAT(log_ts, 'yyyy-MM-dd'), DATE_FORMAT(log_ts, 'HH') FROM src;
