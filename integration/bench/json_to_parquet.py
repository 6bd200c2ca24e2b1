"""Measures JSON files to hourly Parquet partitions: skep with all guarantees against DuckDB's COPY, in the same rounds.

    python integration/bench/json_to_parquet.py [--rows 5000000] [--rounds 3] [--lanes 1] [--case plain] [--skep target/release/skep]

Cases: plain; orders (every second row has its keys reversed); absent (one key missing in every third row); shuffled (event
times in random order); wide (1,000 partitions in random order). After the last round the two outputs are compared.

Prints rows per CPU second (user + system, children included), the ratio of each round, and peak resident memory.
"""

import argparse
import os
import random
import shutil
import sys
import tempfile

import watch

SCRIPT = """
SET parallelism.default = {lanes};
CREATE TABLE src (
  event_id BIGINT, user_id STRING, amount DOUBLE, log_ts TIMESTAMP(3), country STRING, page STRING,
  device STRING, price DECIMAL(18,2), qty INT, flag BOOLEAN,
  WATERMARK FOR log_ts AS log_ts - INTERVAL '5' MINUTE
) WITH ('connector'='filesystem', 'path'='{source}', 'format'='json');
CREATE TABLE events (
  event_id BIGINT, user_id STRING, amount DOUBLE, log_ts TIMESTAMP, country STRING, page STRING,
  device STRING, price DECIMAL(18,2), qty INT, flag BOOLEAN
) PARTITIONED BY (dt STRING, hr STRING) STORED AS PARQUET
TBLPROPERTIES ('parquet.compression'='zstd', 'partition.time-extractor.timestamp-pattern'='$dt $hr:00:00',
  'sink.partition-commit.trigger'='partition-time', 'sink.partition-commit.delay'='1 h',
  'sink.partition-commit.policy.kind'='metastore,success-file');
INSERT INTO events SELECT event_id, user_id, amount, log_ts, country, page, device, price, qty, flag,
  date_format(log_ts, 'yyyy-MM-dd'), date_format(log_ts, 'HH') FROM src;
"""

DUCKDB = """
import duckdb
c = duckdb.connect(config={{'threads': 1}})
c.execute(\"\"\"COPY (SELECT *, strftime(log_ts, '%Y-%m-%d') AS dt, strftime(log_ts, '%H') AS hr FROM read_json('{source}',
  format='newline_delimited', columns={{event_id: 'BIGINT', user_id: 'VARCHAR', amount: 'DOUBLE', log_ts: 'TIMESTAMP',
  country: 'VARCHAR', page: 'VARCHAR', device: 'VARCHAR', price: 'DECIMAL(18,2)', qty: 'INTEGER', flag: 'BOOLEAN'}}))
  TO '{out}' (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (dt, hr))\"\"\")
"""


def generate(path, rows, case):
    chance = random.Random(1)
    hours = 1000 if case == "wide" else 24
    with open(path, "w") as out:
        for n in range(rows):
            if case in ("shuffled", "wide"):
                milli = chance.randrange(hours * 3_600_000)
            else:
                milli = n * 86_400_000 // rows - (chance.randrange(600_000) if n % 50 == 0 else 0)
            second, milli = divmod(max(milli, 0), 1000)
            day, second = divmod(second, 86_400)
            month, day = divmod(day, 28)
            time = f"2026-{month + 1:02}-{day + 1:02} {second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.{milli:03}"
            pairs = [
                f'"event_id":{n}',
                f'"user_id":"user-{chance.randrange(2_000_000):08}"',
                f'"amount":{chance.randrange(10**8) / 1000}',
                f'"log_ts":"{time}"',
                f'"country":"C{chance.randrange(16):02}"',
                f'"page":"/shop/items/{chance.getrandbits(96):024x}"',
                f'"device":"device-{chance.randrange(8)}"',
                f'"price":"{chance.randrange(10**6) / 100:.2f}"',
                f'"qty":{chance.randrange(100)}',
                f'"flag":{"true" if chance.random() < 0.5 else "false"}',
            ]
            if case == "orders" and n % 2:
                pairs.reverse()
            if case == "absent" and n % 3 == 0:
                del pairs[6]
            out.write("{" + ",".join(pairs) + "}\n")


def compare(ours, theirs):
    """Gives the number of rows in which the two outputs differ, by a hash of all columns."""
    import duckdb

    columns = "event_id, user_id, amount, log_ts, country, page, device, price, qty, flag, dt, hr"
    sums = [
        duckdb.sql(
            f"SELECT count(*), sum(hash({columns})::hugeint) FROM read_parquet('{folder}/**/*.parquet', "
            "hive_partitioning=true, hive_types_autocast=false)"
        ).fetchall()[0]
        for folder in (ours, theirs)
    ]
    return "outputs equal" if sums[0] == sums[1] else f"OUTPUTS DIFFER: {sums}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--lanes", type=int, default=1)
    parser.add_argument("--skep", default="target/release/skep")
    parser.add_argument("--case", default="plain", choices=["plain", "orders", "absent", "shuffled", "wide"])
    parser.add_argument("--input")
    options = parser.parse_args()
    folder = tempfile.mkdtemp()
    source = options.input or f"{folder}/events.json"
    if not os.path.exists(source):
        generate(source, options.rows, options.case)
    print(f"{options.case}: {options.rows} rows, {os.path.getsize(source) / options.rows:.0f} bytes each")
    script = f"{folder}/bench.hql"
    for n in range(options.rounds):
        with open(script, "w") as out:
            out.write(SCRIPT.format(source=source, lanes=options.lanes))
        ours = watch.run([options.skep, "ingest", script, "--warehouse", f"{folder}/wh", "--quiet"])
        theirs = watch.run([sys.executable, "-c", DUCKDB.format(source=source, out=f"{folder}/duck")])
        rate = [options.rows / cpu / 1000 for cpu, *_ in (ours, theirs)]
        print(
            f"round {n + 1}: skep {rate[0]:.0f}k rows/CPU-s, wall {ours[2]:.1f} s, {ours[3]:.0f} MB; "
            f"DuckDB {rate[1]:.0f}k rows/CPU-s, wall {theirs[2]:.1f} s, {theirs[3]:.0f} MB; ratio {rate[0] / rate[1]:.2f}"
        )
        if n + 1 == options.rounds:
            print(compare(f"{folder}/wh/events", f"{folder}/duck"))
        shutil.rmtree(f"{folder}/wh")
        shutil.rmtree(f"{folder}/duck")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
