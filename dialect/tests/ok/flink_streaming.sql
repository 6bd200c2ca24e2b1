SET table.sql-dialect=default;
SET 'execution.checkpointing.interval' = '10 s';
CREATE TABLE orders_src (
  user_id STRING, amount DOUBLE, log_ts TIMESTAMP(3),
  payload ROW<id BIGINT 'the id', tags ARRAY<STRING>>,
  raw BYTES,
  at TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL,
  `partition` INT METADATA,
  day AS date_format(log_ts, 'yyyy-MM-dd') COMMENT 'computed',
  WATERMARK FOR log_ts AS log_ts - INTERVAL '5' SECOND,
  PRIMARY KEY (user_id) NOT ENFORCED
) COMMENT 'the source' PARTITIONED BY (user_id, day)
WITH ('connector'='kafka', 'topic'='orders', 'format'='json');

SET table.sql-dialect=hive;
CREATE TABLE IF NOT EXISTS orders (user_id STRING, amount DOUBLE)
PARTITIONED BY (dt STRING, hr STRING) STORED AS PARQUET
TBLPROPERTIES (
  'partition.time-extractor.timestamp-pattern'='$dt $hr:00:00',
  'sink.partition-commit.trigger'='partition-time',
  'sink.partition-commit.delay'='1 h',
  'sink.partition-commit.policy.kind'='metastore,success-file');

INSERT INTO orders
SELECT user_id, amount, date_format(log_ts,'yyyy-MM-dd'), date_format(log_ts,'HH') FROM orders_src;

INSERT INTO orders /*+ OPTIONS('sink.parallelism'='2') */
SELECT * FROM orders_src /*+ OPTIONS('scan.startup.mode'='earliest-offset') */ AS o;

EXECUTE STATEMENT SET BEGIN
  INSERT INTO a SELECT x FROM s;
  INSERT OVERWRITE b PARTITION (dt='1') SELECT x FROM s;
END;
