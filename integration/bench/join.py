"""Measures what joining a stream with a Hive table costs: JSON files to Parquet, with and without the join, in the same rounds.

    python integration/bench/join.py [--rows 4000000] [--dimension 1000000] [--rounds 3] [--lanes 1] [--skep target/release/skep]

The rows have ten columns; the table has a whole number and a text as keys, and two columns that the join adds. Ten of a
hundred rows find nothing. Prints rows per CPU second (user + system), the nanoseconds that the join adds to a row, and the
memory of the table in bytes a row.
"""

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE = """
SET parallelism.default = {lanes};
CREATE TABLE src (
  event_id BIGINT, user_key BIGINT, user_id STRING, amount DOUBLE, country STRING, page STRING,
  device STRING, price DECIMAL(18,2), qty INT, flag BOOLEAN, p AS PROCTIME()
) WITH ('connector'='filesystem', 'path'='{source}', 'format'='json');
CREATE TABLE dim (id BIGINT, name STRING, segment STRING, score DOUBLE) STORED AS PARQUET LOCATION '{dimension}';
CREATE TABLE events (
  event_id BIGINT, user_key BIGINT, user_id STRING, amount DOUBLE, country STRING, page STRING,
  device STRING, price DECIMAL(18,2), qty INT, flag BOOLEAN, segment STRING, score DOUBLE
) STORED AS PARQUET TBLPROPERTIES ('parquet.compression'='zstd');
"""

CASES = {
    "no join": "INSERT INTO events SELECT event_id, user_key, user_id, amount, country, page, device, price, qty, flag, country, amount FROM src;",
    "left join, bigint": "INSERT INTO events SELECT event_id, user_key, user_id, amount, country, page, device, price, qty, flag, d.segment, d.score "
    "FROM src s LEFT JOIN dim FOR SYSTEM_TIME AS OF s.p d ON s.user_key = d.id;",
    "left join, string": "INSERT INTO events SELECT event_id, user_key, user_id, amount, country, page, device, price, qty, flag, d.segment, d.score "
    "FROM src s LEFT JOIN dim FOR SYSTEM_TIME AS OF s.p d ON s.user_id = d.name;",
    "join, bigint": "INSERT INTO events SELECT event_id, user_key, user_id, amount, country, page, device, price, qty, flag, d.segment, d.score "
    "FROM src s JOIN dim FOR SYSTEM_TIME AS OF s.p d ON s.user_key = d.id;",
}


def generate(path, rows, users):
    chance = random.Random(1)
    with open(path, "w") as out:
        for n in range(rows):
            user = chance.randrange(users * 10 // 9)
            out.write(
                f'{{"event_id":{n},"user_key":{user},"user_id":"user-{user:08}","amount":{chance.randrange(10**8) / 1000},'
                f'"country":"C{chance.randrange(16):02}","page":"/shop/items/{chance.getrandbits(96):024x}",'
                f'"device":"device-{chance.randrange(8)}","price":"{chance.randrange(10**6) / 100:.2f}",'
                f'"qty":{chance.randrange(100)},"flag":{"true" if chance.random() < 0.5 else "false"}}}\n'
            )


def dimension(folder, users):
    import duckdb

    os.makedirs(folder)
    duckdb.sql(
        f"COPY (SELECT range AS id, printf('user-%08d', range) AS name, 'segment-' || (range % 50) AS segment, "
        f"random() AS score FROM range({users}) ORDER BY hash(range)) TO '{folder}/000000_0' (FORMAT parquet)"
    )


def measure(command):
    """Gives CPU seconds, peak resident MB and what a command says."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = child.stderr.read().decode()
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit(said)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, said


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=4_000_000)
    parser.add_argument("--dimension", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--lanes", type=int, default=1)
    parser.add_argument("--skep", default="target/release/skep")
    options = parser.parse_args()
    folder = tempfile.mkdtemp()
    generate(f"{folder}/events.json", options.rows, options.dimension)
    dimension(f"{folder}/dim", options.dimension)
    for n in range(options.rounds):
        without = None
        for name, insert in CASES.items():
            text = SOURCE.format(source=f"{folder}/events.json", dimension=f"{folder}/dim", lanes=options.lanes)
            with open(f"{folder}/bench.hql", "w") as out:
                out.write(text + insert)
            command = [options.skep, "ingest", f"{folder}/bench.hql", "--warehouse", f"{folder}/wh", "--quiet"]
            cpu, memory, said = measure(command)
            loaded = re.search(r"dimension loaded.* rows=(\d+) bytes=(\d+).* ms=(\d+)", said)
            line = f"round {n + 1}: {name}: {options.rows / cpu / 1000:.0f}k rows/CPU-s, {memory:.0f} MB"
            if without is None:
                without = cpu
            if loaded:
                rows, size, millis = (int(group) for group in loaded.groups())
                own = (cpu - without) * 1e9 / options.rows
                line += f"; +{own:.0f} ns a row, the load included; {size / rows:.1f} bytes a row of the table, loaded in {millis} ms"
            print(line, flush=True)
            shutil.rmtree(f"{folder}/wh")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
