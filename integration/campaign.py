"""Kills the real binary with SIGKILL at random moments, starts it again, and judges what readers see. By hand:

    cargo build --release
    python integration/campaign.py --skep target/release/skep [--kills 300] [--rows 1000000] [--seed 1]
    python integration/campaign.py --skep target/release/skep --sweep     # needs strace

Every variant of the pipeline gets its share of the kills; some hit a process that is still recovering. After every kill, what the
catalog has announced must be there: marker, rows. At the end DuckDB judges every row of the input: once in the visible
files or the dead letters, in the right partition, catalog and folders equal. Exits 1 on any fault.

The sweep kills a small run at every k-th call that changes the disk, and fails such calls with a full or broken disk; strace counts
the calls of each thread by itself, so k goes on until a run survives.
"""

import argparse
import contextlib
import glob
import gzip
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

import duckdb

DEFAULT = "__HIVE_DEFAULT_PARTITION__"
SCRIPT = """
SET execution.checkpointing.interval = {interval};
SET dead-letters.max-rate = unlimited;
SET parallelism.default = {lanes};
CREATE TABLE src (id BIGINT, ts TIMESTAMP(3), name STRING, WATERMARK FOR ts AS ts - INTERVAL '1' MINUTE)
WITH ('connector'='filesystem', 'path'='{source}', 'format'='json', 'source.split-size'='4 mb');
CREATE TABLE t (id BIGINT, name STRING) PARTITIONED BY (dt STRING, hr STRING) STORED AS PARQUET
TBLPROPERTIES ('partition.time-extractor.timestamp-pattern'='$dt $hr:00:00', 'sink.partition-commit.trigger'='{trigger}',
  'sink.partition-commit.delay'='{delay}', 'sink.partition-commit.policy.kind'='metastore,success-file',
  'sink.late-data'='{late}', 'auto-compaction'='{compaction}');
INSERT INTO t SELECT id, name, date_format(ts, 'yyyy-MM-dd'), date_format(ts, 'HH') FROM src;
"""
PLAIN = {"interval": "20 ms", "lanes": 2, "trigger": "partition-time", "delay": "1 h", "late": "recommit", "compaction": "false", "gzip": False}
VARIANTS = {
    "plain, two lanes": PLAIN,
    "one lane": PLAIN | {"lanes": 1},
    "auto-compaction": PLAIN | {"compaction": "true"},
    "late rows to the side table": PLAIN | {"late": "side-table"},
    "late rows dropped": PLAIN | {"late": "drop", "lanes": 1},
    "process time": PLAIN | {"trigger": "process-time", "delay": "0 s"},
    "checkpoints every 100 ms": PLAIN | {"interval": "100 ms"},
    "gzip": PLAIN | {"gzip": True, "lanes": 1},
}


def generate(path, rows, seed):
    """Writes the input; gives each good row's partition by id, and the number of bad records."""
    chance = random.Random(seed)
    good, bad = {}, 0
    with open(path, "w") as out:
        for n in range(rows):
            kind = chance.random()
            if kind < 0.002:
                out.write(f'{{"id": {n}, BAD\n' if kind < 0.001 else f'{{"id": "BAD{n}", "ts": null}}\n')
                bad += 1
                continue
            if kind < 0.004:
                out.write(f'{{"id": {n}, "ts": null, "name": "nobody"}}\n')
                good[n] = None
                continue
            second = max(0, n * 43_200 // rows - (chance.randrange(14_400) if kind < 0.01 else 0))
            hour = second // 3600
            out.write(
                f'{{"id": {n}, "ts": "2026-01-01 {hour:02}:{second // 60 % 60:02}:{second % 60:02}", "name": "n{n % 1000}"}}\n'
            )
            good[n] = f"2026-01-01/{hour:02}"
    return good, bad


class Run:
    def __init__(self, options, folder, variant):
        self.skep, self.folder, self.variant = options.skep, folder, variant
        self.warehouse = f"{folder}/wh"
        self.table = f"{self.warehouse}/t"
        self.script = f"{folder}/job.hql"
        shutil.rmtree(self.warehouse, ignore_errors=True)
        source = f"{folder}/in.json"
        if variant["gzip"]:
            if not os.path.exists(f"{source}.gz"):
                with open(source, "rb") as plain, gzip.open(f"{source}.gz", "wb", 1) as packed:
                    shutil.copyfileobj(plain, packed)
            source += ".gz"
        with open(self.script, "w") as out:
            out.write(SCRIPT.format(source=source, **variant))

    def command(self):
        return [self.skep, "ingest", self.script, "--warehouse", self.warehouse, "--quiet"]

    def start(self):
        return subprocess.Popen(self.command(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def partitions(self, table="t"):
        command = [self.skep, "partitions", table, "--warehouse", self.warehouse, "--format", "json"]
        listed = subprocess.run(command, capture_output=True, text=True)
        # Before the first checkpoint there may be no table yet; later a list that fails would make every check pass.
        if listed.returncode and glob.glob(f"{self.warehouse}/.skep/t/chk-*") and table == "t":
            raise RuntimeError(f"skep partitions: exit {listed.returncode} {listed.stderr}")
        return [json.loads(line) for line in listed.stdout.splitlines()]

    def catalog(self, table):
        """Gives the rows of each announced partition as the catalog has them: the listing of `skep partitions` adds what a checkpoint
        says about partitions that wait again."""
        database = f"{self.warehouse}/.skep/metastore.db"
        if not os.path.exists(database):
            return {}
        query = "SELECT p.name, p.parameters FROM partitions p JOIN tables t ON t.id = p.table_id WHERE t.name = ?"
        with contextlib.closing(sqlite3.connect(database)) as store:
            if not store.execute("SELECT 1 FROM sqlite_master WHERE name = 'partitions'").fetchone():
                return {}
            return {name: int(json.loads(parameters)["numRows"]) for name, parameters in store.execute(query, [table])}

    def rows_in(self, files):
        query = f"SELECT sum(num_rows) FROM (SELECT DISTINCT file_name, num_rows FROM parquet_file_metadata({files!r}))"
        return duckdb.sql(query).fetchall()[0][0]

    def faults_after_kill(self):
        """What is announced must be visible, whatever happened after."""
        faults, announced = [], 0
        for table in ("t", "t_late"):
            self.partitions(table)
            listed = self.catalog(table)
            for partition, told in listed.items():
                files = glob.glob(f"{self.warehouse}/{table}/{partition}/*.parquet")
                rows = self.rows_in(files) if files else 0
                announced += 1
                # A partition that waits again still has what was announced before.
                if rows < max(told, 1):
                    faults.append(f"{table}/{partition} has {rows} rows, the catalog says {told}")
            for marker in glob.glob(f"{self.warehouse}/{table}/*/*/_SUCCESS"):
                partition = os.path.dirname(os.path.relpath(marker, f"{self.warehouse}/{table}"))
                if partition not in listed:
                    faults.append(f"{table}/{partition} is marked, but the catalog does not know it")
        self.checked = announced
        return faults

    def judge(self, good, bad):
        faults = []
        seen = {}
        for table in ("t", "t_late"):
            files = glob.glob(f"{self.warehouse}/{table}/**/*.parquet", recursive=True)
            if not files:
                continue
            query = f"SELECT id, dt, hr FROM read_parquet({files!r}, hive_partitioning=true, hive_types_autocast=false)"
            for id_, dt, hr in duckdb.sql(query).fetchall():
                here = None if dt in (None, DEFAULT) else f"{dt}/{hr}"
                if id_ in seen:
                    faults.append(f"row {id_} is there twice")
                if good.get(id_, "none") != here:
                    faults.append(f"row {id_} is in {here} instead of {good.get(id_)}")
                seen[id_] = table
        lost = len(good) - len(seen)
        last = max(glob.glob(f"{self.warehouse}/.skep/t/chk-*/checkpoint.json"))
        counts = json.loads(open(last).read().split("\n", 1)[1])["counts"]
        if lost != counts["late_dropped"]:
            faults.append(f"{lost} rows are lost, {counts['late_dropped']} were dropped as late")
        if self.variant["late"] != "drop" and lost:
            faults.append(f"{lost} rows are lost")
        letters = [json.loads(l) for f in glob.glob(f"{self.warehouse}/.skep/t/dead-letters/*.jsonl") for l in open(f)]
        if not len(letters) == len({l["offset"] for l in letters}) == bad:
            faults.append(f"{len(letters)} dead letters for {bad} bad records")
        listed = {line["partition"]: line for line in self.partitions()}
        folders = {os.path.dirname(os.path.relpath(f, self.table)) for f in glob.glob(f"{self.table}/*/*/*.parquet")}
        if set(listed) != folders or any(line["status"] != "committed" for line in listed.values()):
            faults.append("catalog and folders differ")
        if sum(line["rows"] for line in listed.values()) != sum(table == "t" for table in seen.values()):
            faults.append("the catalog's row counts differ from the rows")
        if any(not os.path.exists(f"{self.table}/{folder}/_SUCCESS") for folder in folders):
            faults.append("a partition has no marker")
        for line in listed.values():
            marker = f"{self.table}/{line['partition']}/_SUCCESS"
            files = glob.glob(f"{self.table}/{line['partition']}/*.parquet")
            # A renamed file keeps its time of writing; the time of its last change says when it became visible.
            once = line["revision"] == 1 and os.path.exists(marker)
            if once and any(os.stat(f).st_ctime_ns > os.stat(marker).st_ctime_ns for f in files):
                faults.append(f"{line['partition']} was marked before its data were there")
        staged = glob.glob(f"{self.warehouse}/.skep-staging/**/*.stage", recursive=True)
        if staged:
            faults.append(f"{len(staged)} staged files stayed")
        return faults


def campaign(options, folder, name, kills, good, bad, chance):
    whole, faults = 0, []
    for _ in range(3):
        run = Run(options, folder, VARIANTS[name])
        begun = time.monotonic()
        child = run.start()
        _, said = child.communicate()
        # The disk is not always equally fast, and kills shall come late in a run too.
        whole = max(whole, time.monotonic() - begun)
        faults += [f"the run without kills: {said}"] if child.returncode else run.judge(good, bad)
    done = recovering = checked = 0
    while done < kills and not faults:
        run = Run(options, folder, VARIANTS[name])
        while done < kills:
            child = run.start()
            # A third while it recovers, the rest anywhere: a run that ends before it is killed is followed by a new one.
            early = chance.random() < 0.33
            time.sleep(chance.random() * (0.03 if early else whole))
            if child.poll() is not None:
                faults = [child.communicate()[1]] if child.returncode else run.judge(good, bad)
                break
            child.kill()
            _, said = child.communicate()
            if child.returncode != -signal.SIGKILL:
                # It has ended between the look and the kill.
                faults = [said] if child.returncode else run.judge(good, bad)
                break
            done += 1
            recovering += early
            faults = run.faults_after_kill()
            checked += run.checked
            if faults:
                break
        if not faults:
            child = run.start()
            _, said = child.communicate()
            faults = [said] if child.returncode else run.judge(good, bad)
    print(f"{name:30} {done:4} kills, {recovering} early, {checked} announced partitions looked at, a run takes {whole:.1f} s: {'; '.join(faults[:5]) or 'no fault'}", flush=True)
    return not faults


def rivals(options, folder, rounds, good, bad):
    """Starts two processes on one pipeline at once: one finishes, the other is refused, nothing doubles."""
    faults = []
    for _ in range(rounds):
        run = Run(options, folder, PLAIN)
        pair = [run.start(), run.start()]
        said = [child.communicate()[1] for child in pair]
        if sorted(child.returncode for child in pair) != [0, 75]:
            faults.append(f"exit codes {[child.returncode for child in pair]}: {said}")
        faults += run.judge(good, bad)
    print(f"{'two processes at once':30} {rounds:4} rounds: {'; '.join(faults[:5]) or 'no fault'}", flush=True)
    return not faults


# Calls that change the disk, and the step in which they are counted: files are written in many small calls.
CALLS = {"renameat2": 1, "rename": 1, "fsync": 1, "fdatasync": 1, "syncfs": 1, "unlink": 1, "mkdir": 1, "openat": 7, "write": 11, "pwrite64": 7}
ERRORS = {"write": "ENOSPC", "fsync": "EIO", "fdatasync": "EIO", "renameat2": "ENOSPC", "openat": "EIO", "mkdir": "ENOSPC"}


def traced(run, call, inject):
    command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:{inject}"]
    child = subprocess.Popen(
        [*command, *run.command()],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )
    try:
        # A step that fails again and again ends the run after 111 s of pauses.
        _, said = child.communicate(timeout=240)
    except subprocess.TimeoutExpired:
        # strace alone would leave the process behind, with the pipe open.
        os.killpg(child.pid, signal.SIGKILL)
        return "hangs", child.communicate()[1]
    return child.returncode, said


def sweep(options, folder, good, bad):
    """Kills and fails at every counted call; gives whether all went well."""
    right = True
    for variant in ("plain, two lanes", "auto-compaction"):
        for kind, calls in (("kill", CALLS), ("error", ERRORS)):
            for call, step in calls.items():
                points, faults, k = 0, [], 1
                stride = CALLS[call]
                while not faults and points < 150:
                    run = Run(options, folder, VARIANTS[variant])
                    what = "signal=KILL" if kind == "kill" else f"error={step}"
                    code, said = traced(run, call, f"{what}:when={k}")
                    if code == "hangs" or "panicked" in said:
                        faults.append(f"{call} {k}: {code} {said[-300:]}")
                        break
                    if code == 0:
                        faults += run.judge(good, bad)
                        if kind == "kill" or k > 25 * stride:
                            break
                        k += stride
                        continue
                    if kind == "kill" and code != -signal.SIGKILL:
                        faults.append(f"{call} {k}: was not killed, exit {code} {said[-300:]}")
                        break
                    if kind == "error" and not said.startswith("error: ") and "\nerror: " not in said:
                        faults.append(f"{call} {k}: exit {code} without a message")
                    points += 1
                    faults += run.faults_after_kill()
                    child = run.start()
                    _, said = child.communicate()
                    faults += [f"{call} {k}: {said}"] if child.returncode else run.judge(good, bad)
                    k += stride
                print(f"{variant:20} {kind:5} {call:10} {points:4} points: {'; '.join(faults[:3]) or 'no fault'}", flush=True)
                right &= not faults
    return right


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--skep", default="target/release/skep")
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sweep", action="store_true")
    options = parser.parse_args()
    folder = tempfile.mkdtemp()
    if options.sweep:
        good, bad = generate(f"{folder}/in.json", 20_000, options.seed)
        right = sweep(options, folder, good, bad)
        shutil.rmtree(folder)
        sys.exit(0 if right else 1)
    good, bad = generate(f"{folder}/in.json", options.rows, options.seed)
    chance = random.Random(options.seed)
    share = -(-options.kills // len(VARIANTS))
    right = [campaign(options, folder, name, share, good, bad, chance) for name in VARIANTS]
    right.append(rivals(options, folder, max(5, share // 5), good, bad))
    shutil.rmtree(folder)
    sys.exit(0 if all(right) else 1)


if __name__ == "__main__":
    main()
