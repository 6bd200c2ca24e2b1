"""Has `skep tail` follow a table that Spark writes through a metastore, and measures how late its lines are. By hand:

    pip install pyspark==3.5.6
    python integration/tail.py --skep target/release/skep [--metastore own|hms2|hms3|hms4] [--interval 200] [--rounds 20]

`own` is `skep metastore`; the others are real ones, peers of `integration/services/up`. Spark adds partitions by INSERT and by ALTER TABLE
ADD PARTITION, overwrites one and adds files to known ones, in Parquet, ORC and text; every row must come once. The delay of a line counts
from the return of the ALTER statement, when the partition is announced. Exits 1 if a row is missing or comes twice, or if a line is later
than the interval and 100 ms.
"""

import argparse
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "services", "clients"))
from peers import start_metastore  # noqa: E402
from spark_start import session  # noqa: E402

PATIENCE = 60


class Lines:
    """The lines of a pipe, each with the time at which it came."""

    def __init__(self, pipe):
        self.lines = queue.Queue()
        threading.Thread(target=self.read, args=(pipe,), daemon=True).start()

    def read(self, pipe):
        for line in pipe:
            self.lines.put((time.monotonic(), line.rstrip("\n")))

    def take(self, count):
        return [self.lines.get(timeout=PATIENCE) for _ in range(count)]


def follow(spark, args, uri, folder, stored):
    """Follows one table; gives the delays of its lines after ALTER TABLE, in milliseconds, and the faults."""
    name = f"t_{stored}"
    spark.sql(
        f"create table {name} (id int, amount decimal(10,2), at timestamp) partitioned by (dt string, hr int) "
        f"stored as {stored} location 'file:{folder}/{name}'"
    )
    insert = "insert {} table {} partition (dt='{}', hr={}) values ({}, {}.5, timestamp'2026-01-01 10:00:00')"
    row = "{}\t{}.50\t2026-01-01 10:00:00\t{}\t{}"

    def spelled(line):
        return line.replace(",", "\t").replace("00:00.0", "00:00")

    tail = subprocess.Popen(
        [args.skep, "tail", name, "--from", "earliest", "--format", "csv", "--interval", f"{args.interval}ms"],
        env={**os.environ, "SKEP__METASTORE__URIS": uri, "SKEP__WAREHOUSE": f"{folder}/none"},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )
    out, told = Lines(tail.stdout), Lines(tail.stderr)
    out.take(1)
    delays, faults = [], []

    def expect(*wanted):
        came = out.take(len(wanted))
        if sorted(spelled(line) for _, line in came) != sorted(wanted):
            faults.append(f"{name}: wanted {wanted}, came {came}")
        return came[-1][0]

    try:
        spark.sql(insert.format("into", name, "2026-01-01", 1, 1, 1))
        expect(row.format(1, 1, "2026-01-01", 1))
        # A second file in a known partition, without a change of the metastore that says so.
        spark.sql(insert.format("into", name, "2026-01-01", 1, 2, 2))
        expect(row.format(2, 2, "2026-01-01", 1))
        spark.sql(insert.format("overwrite", name, "2026-01-01", 1, 3, 3))
        expect(row.format(3, 3, "2026-01-01", 1))
        for n in range(args.rounds):
            place = f"{folder}/{name}/dt=2026-02-01/hr={n}"
            shutil.copytree(f"{folder}/{name}/dt=2026-01-01/hr=1", place)
            spark.sql(f"alter table {name} add partition (dt='2026-02-01', hr={n})")
            announced = time.monotonic()
            delays.append(1000 * (expect(row.format(3, 3, "2026-02-01", n)) - announced))
        spark.sql(insert.format("into", name, "2025-12-31", 1, 9, 9))
        expect(row.format(9, 9, "2025-12-31", 1))
        time.sleep(2 * args.interval / 1000)
    except queue.Empty:
        faults.append(f"{name}: no line came; said {list(told.lines.queue)}")
    tail.terminate()
    if tail.wait(timeout=PATIENCE) != 0:
        faults.append(f"{name}: ended with {tail.returncode}")
    faults.extend(f"{name}: one too many: {line}" for _, line in list(out.lines.queue))
    if not any("new partition dt=2025-12-31/hr=1 (late" in line for _, line in list(told.lines.queue)):
        faults.append(f"{name}: nothing was told of the late partition")
    return delays, faults


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--skep", default="target/release/skep")
    parser.add_argument("--metastore", default="hms3")
    parser.add_argument("--interval", type=int, default=200, help="milliseconds")
    parser.add_argument("--rounds", type=int, default=20)
    args = parser.parse_args()
    args.skep = os.path.abspath(args.skep)
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        uri, end = start_metastore(args.metastore, args.skep, folder)
        try:
            spark = session(folder, uri)
            for stored in ["parquet", "orc", "textfile"]:
                delays, faults = follow(spark, args, uri, folder, stored)
                for fault in faults:
                    print("FAIL", fault)
                ordered = sorted(delays) or [float("inf")]
                median, last = ordered[len(ordered) // 2], ordered[-1]
                print(f"{stored}: {len(delays)} lines, {median:.0f} ms in the median, {last:.0f} ms at most (interval {args.interval} ms)")
                failed = failed or bool(faults) or last > args.interval + 100
            spark.stop()
        finally:
            end()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
