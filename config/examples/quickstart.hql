-- Real flights to a partitioned Parquet table, exactly once:
--   cargo run --release -- ingest config/examples/quickstart.hql
-- The data are a slice of nycflights13 (CC0), 50,000 flights that left New York City in 2013.

CREATE TABLE flights_csv (
  `year` INT, `month` INT, `day` INT,
  dep_time INT, sched_dep_time INT, dep_delay INT,
  arr_time INT, sched_arr_time INT, arr_delay INT,
  carrier STRING, flight INT, tailnum STRING, origin STRING, dest STRING,
  air_time INT, distance INT, `hour` INT, `minute` INT,
  time_hour TIMESTAMP(3),
  WATERMARK FOR time_hour AS time_hour - INTERVAL '1' DAY
) WITH (
  'connector' = 'filesystem',
  'path' = 'config/examples/data/flights.csv.gz',
  'format' = 'csv',
  'skip.header.line.count' = '1',
  'csv.null-literal' = 'NA'
);

CREATE TABLE flights (
  carrier STRING, flight INT, tailnum STRING, dest STRING,
  departure TIMESTAMP, dep_delay INT, arr_delay INT,
  distance INT, km DECIMAL(9,3), mph DOUBLE, is_late BOOLEAN
)
PARTITIONED BY (dt STRING, origin STRING)
STORED AS PARQUET
TBLPROPERTIES (
  'partition.time-extractor.timestamp-pattern' = '$dt 00:00:00',
  'sink.partition-commit.trigger' = 'partition-time',
  'sink.partition-commit.delay' = '1 d',
  'sink.partition-commit.policy.kind' = 'metastore,success-file'
);

INSERT INTO flights
SELECT carrier, flight, tailnum, dest,
       time_hour, dep_delay, arr_delay,
       distance, distance * 1.609344, distance * 60 / air_time, arr_delay > 15,
       date_format(time_hour, 'yyyy-MM-dd'), origin
FROM flights_csv;
