"""Kills both sides of a chain of tables at random moments: `ingest` writes A, a second `ingest` streams A into B. By hand:

    cargo build --release
    python integration/table_to_table.py --skep target/release/skep [--kills 100] [--rows 600000] [--seed 1]

At the end DuckDB compares A and B with what was generated: every row once, in the same partition. Then a bounded pipeline copies A
into C, which must be the same again, and starting it once more must copy nothing. Exits 1 on any fault.
"""

import argparse
import glob
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import duckdb

SETTINGS = """
SET execution.checkpointing.interval = {interval};
SET parallelism.default = 2;
"""
TABLE_A = """
CREATE TABLE IF NOT EXISTS a (id BIGINT, name STRING, amount DOUBLE) PARTITIONED BY (p INT) STORED AS {format}
TBLPROPERTIES ('sink.partition-commit.trigger'='process-time', 'sink.partition-commit.delay'='{delay}',
  'sink.partition-commit.policy.kind'='metastore,success-file', 'auto-compaction'='{compaction}');
"""
A = SETTINGS + TABLE_A + """
CREATE TABLE src (id BIGINT, name STRING, amount DOUBLE) WITH ('connector'='datagen', 'fields.id.kind'='sequence', 'fields.id.start'='0',
  'fields.id.end'='{last}', 'fields.name.length'='12', 'rows-per-second'='{rate}', 'seed'='7');
INSERT INTO a SELECT id, name, amount, CAST(id DIV 50000 AS INT) FROM src;
"""
B = SETTINGS + TABLE_A + """
CREATE TABLE IF NOT EXISTS {table} (id BIGINT, name STRING, amount DOUBLE) PARTITIONED BY (p INT) STORED AS PARQUET
TBLPROPERTIES ('sink.partition-commit.policy.kind'='metastore,success-file');
INSERT INTO {table} SELECT id, name, amount, p FROM a {hint};
"""
STREAM = "/*+ OPTIONS('streaming-source.enable'='true', 'streaming-source.monitor-interval'='100 ms') */"
VARIANTS = [
    {"format": "PARQUET", "delay": "0 s", "compaction": "false", "interval": "50 ms"},
    {"format": "ORC", "delay": "1 s", "compaction": "true", "interval": "100 ms"},
]
PATIENCE = 120


class Chain:
    """A warehouse with the two pipelines."""

    def __init__(self, options, folder, variant):
        self.skep, self.folder, self.rows = options.skep, folder, options.rows
        self.warehouse = f"{folder}/wh"
        self.children = {}
        shutil.rmtree(self.warehouse, ignore_errors=True)
        texts = {"a": A, "b": B, "c": B}
        for name, text in texts.items():
            with open(f"{folder}/{name}.hql", "w") as out:
                hint = STREAM if name == "b" else ""
                values = variant | {"last": options.rows - 1, "rate": options.rate, "table": name, "hint": hint}
                out.write(text.format(**values))

    def start(self, name):
        command = [self.skep, "ingest", f"{self.folder}/{name}.hql", "--warehouse", self.warehouse, "--quiet"]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def read(self, name):
        """Gives how many rows the last checkpoint of a pipeline has taken in."""
        checkpoints = glob.glob(f"{self.warehouse}/.skep/{name}/chk-*/checkpoint.json")
        numbered = sorted(checkpoints, key=lambda path: int(path.split("/chk-")[1].split("/")[0]))
        for path in reversed(numbered):
            try:
                return json.loads(open(path).read().split("\n", 1)[1])["counts"]["rows_in"]
            except (FileNotFoundError, IndexError):
                continue
        return 0

    def select(self, name):
        files = glob.glob(f"{self.warehouse}/{name}/*/*")
        files = [f for f in files if not os.path.basename(f).startswith(("_", "."))]
        if not files:
            return "SELECT NULL::BIGINT id, NULL name, NULL::DOUBLE amount, NULL::INT p WHERE false"
        if files[0].endswith(".orc"):
            return None
        return f"SELECT id, name, amount, p::INT p FROM read_parquet({files!r}, hive_partitioning=true)"

    def judge(self, name):
        """Compares a copy with what was generated, and with A if DuckDB reads its format."""
        copy, source = self.select(name), self.select("a")
        faults = []
        rows, ids, least, most, wrong = duckdb.sql(
            f"SELECT count(*), count(DISTINCT id), min(id), max(id), count(*) FILTER (p <> id // 50000) FROM ({copy})"
        ).fetchall()[0]
        if (rows, ids, least, most, wrong) != (self.rows, self.rows, 0, self.rows - 1, 0):
            faults.append(f"{name} has {rows} rows, {ids} ids from {least} to {most}, {wrong} in a wrong partition")
        if source:
            for one, other in ((copy, source), (source, copy)):
                differ = duckdb.sql(f"SELECT count(*) FROM (({one}) EXCEPT ALL ({other}))").fetchall()[0][0]
                if differ:
                    faults.append(f"{differ} rows differ between a and {name}")
        staged = glob.glob(f"{self.warehouse}/.skep-staging/**/*.stage", recursive=True)
        if staged:
            faults.append(f"{len(staged)} staged files stayed")
        return faults


def killing(chain, kills, chance):
    """Kills A or B or both until that was done often enough or A has ended; gives the kills of each and A's process."""
    done, children = {"a": 0, "b": 0}, {name: chain.start(name) for name in "ab"}
    chain.children = children
    while min(done.values()) < kills:
        time.sleep(chance.choice([0.02, 0.1, 0.3, 0.6]) * chance.random() * 2)
        for name in chance.choice(["a", "b", "ab"]):
            child = children[name]
            if child.poll() is not None:
                if child.returncode or name == "b":
                    raise RuntimeError(f"{name} has ended with {child.returncode}: {child.communicate()[1]}")
                return done, children
            child.kill()
            child.communicate()
            done[name] += 1
            children[name] = chain.start(name)
    return done, children


def settle(chain, children):
    """Lets A end and B catch up, then stops B."""
    _, said = children["a"].communicate()
    if children["a"].returncode:
        return [f"a: exit {children['a'].returncode} {said}"]
    end = time.monotonic() + PATIENCE
    while chain.read("b") < chain.rows:
        if children["b"].poll() is not None:
            return [f"b: exit {children['b'].returncode} {children['b'].communicate()[1]}"]
        if time.monotonic() > end:
            break
        time.sleep(0.05)
    # A few more looks: what is read twice would come now.
    time.sleep(0.5)
    children["b"].send_signal(signal.SIGTERM)
    _, said = children["b"].communicate()
    return [f"b: exit {children['b'].returncode} {said}"] if children["b"].returncode else []


def copied_once(chain):
    """Copies A into C by a pipeline that ends; a second start has nothing to do."""
    for expected in ("finished", "nothing new"):
        child = chain.start("c")
        _, said = child.communicate()
        if child.returncode or expected not in said:
            return [f"c: exit {child.returncode} {said}"]
    return chain.judge("c")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--skep", default="target/release/skep")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--rows", type=int, default=600_000)
    parser.add_argument("--rate", type=int, default=40_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance, folder, right = random.Random(options.seed), tempfile.mkdtemp(), True
    for variant in VARIANTS:
        killed, rounds, faults = {"a": 0, "b": 0}, 0, []
        while not faults and min(killed.values()) < options.kills:
            chain = Chain(options, folder, variant)
            try:
                done, children = killing(chain, options.kills - min(killed.values()), chance)
                killed = {name: killed[name] + done[name] for name in killed}
                rounds += 1
                faults = settle(chain, children) or chain.judge("b") or copied_once(chain)
            finally:
                for child in chain.children.values():
                    child.kill()
        what = f"{variant['format']}, compaction {variant['compaction']}"
        print(f"{what:28} {rounds} rounds, kills {killed}: {'; '.join(faults[:5]) or 'no fault'}", flush=True)
        right &= not faults
    if right:
        shutil.rmtree(folder)
    sys.exit(0 if right else 1)


if __name__ == "__main__":
    main()
