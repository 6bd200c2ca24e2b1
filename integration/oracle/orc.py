"""Reads ORC files of every type, written by `formats/examples/orc_files.rs`, with pyarrow, ORC's Java tools and Spark's two readers.

usage: orc.py FOLDER [--tools orc-tools.jar] [--spark]: FOLDER is what the example wrote. Values, statistics, row indexes and bloom
filters are compared with the rows the example promises.
"""

import argparse
import datetime
import glob
import json
import os
import re
import subprocess
import sys
import time
from decimal import Decimal

BLOOM = {"id": "77", "s": "grüße 7", "v": "v77", "i": None}


def canonical(name, value):
    """Brings a value of any reader into the form of the promised rows."""
    if value is None:
        return None
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).hex()
    if isinstance(value, Decimal):
        return f"{value:.{2 if name == 'd5' else 10}f}"
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.%f") if value.year >= 1000 else value.isoformat(" ", "microseconds")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if name == "m":
        return dict(value)
    if name == "c":
        return value.ljust(5)
    return value


def promised(path):
    with open(path) as lines:
        return [json.loads(line) for line in lines]


def compare(who, names, rows, want):
    if len(rows) != len(want):
        return [f"{who}: {len(rows)} rows instead of {len(want)}"]
    want = {row["id"]: row for row in want}
    wrong = []
    for name in names:
        for row in rows:
            expected = want[row["id"]][name]
            seen = canonical(name, row[name])
            if seen != expected:
                wrong.append(f"{who}: {name} of row {row['id']} is {seen!r:.80} instead of {expected!r:.80}")
                break
    return wrong


def by_pyarrow(path, want):
    import pyarrow as pa
    import pyarrow.orc as orc

    table = orc.ORCFile(path).read()
    if pa.types.is_timestamp(table.schema.field("ts").type):
        column = table.schema.get_field_index("ts")
        table = table.set_column(column, "ts", table["ts"].cast(pa.timestamp("us")))
    return compare(f"{os.path.basename(path)} by pyarrow", table.column_names, table.to_pylist(), want)


def tools(jar, *args):
    run = subprocess.run(["java", "-Xmx512m", "-jar", jar, *args], capture_output=True, text=True)
    return run.returncode, run.stdout + ("" if run.returncode == 0 else run.stderr[-400:])


def check_tools(jar, path, want):
    """Has ORC's Java library decode everything, and compares its view of statistics with the rows."""
    name = os.path.basename(path)
    wrong = []
    code, text = tools(jar, "meta", "--rowindex", ",".join(str(n) for n in range(25)), path)
    if code != 0:
        return [f"{name} by orc-tools meta: {text.strip()[-300:]}"]
    statistics = text.split("File Statistics:")[1].split("Stripes:")[0]
    columns = dict(re.findall(r"Column (\d+): (.*)", statistics))
    for number, column in enumerate(["id", "bo", "ti", "si", "i"], 1):
        values = [row[column] for row in want if row[column] is not None]
        nulls = len(values) < len(want)
        line = columns[str(number)]
        expected = [f"count: {len(values)}", f"hasNull: {str(nulls).lower()}"]
        if values and column == "bo":
            expected.append(f"true: {sum(values)}")
        elif values:
            expected += [f"min: {min(values)}", f"max: {max(values)}", f"sum: {sum(values)}"]
        wrong += [f"{name}: statistics of {column} without {part}: {line}" for part in expected if part not in line]
    strings = [row["s"] for row in want if row["s"] is not None]
    if strings:
        for part in (f"min: {min(strings)}", f"max: {max(strings)}", f"sum: {sum(len(s.encode()) for s in strings)}"):
            if part not in columns["10"]:
                wrong.append(f"{name}: statistics of s without {part}: {columns['10']}")
    if want:
        code, text = tools(jar, "scan", "-v", path)
        if code != 0 or f"rows: {len(want)}/{len(want)}" not in text:
            wrong.append(f"{name} by orc-tools scan: {text.strip()[-300:]}")
    if len(want) > 1000 and name != "noindex.orc":
        for column, value in BLOOM.items():
            if value is None:
                continue
            code, text = tools(jar, "check", path, "--type", "bloom-filter", "--column", column, "--values", value, "987654321012")
            if code != 0 or "maybe exist" not in text or "not exist" not in text:
                wrong.append(f"{name}: bloom filter of {column}: {text.strip()[-300:]}")
    return wrong


def check_spark(folder, names):
    """Reads the files as external tables with the serde of Hive 2.3 and with Spark's own reader, whole and with conditions."""
    import shutil
    import tempfile

    os.environ.update(SPARK_LOCAL_IP="127.0.0.1", TZ="UTC")
    time.tzset()
    from pyspark.sql import SparkSession

    columns = """id BIGINT, bo BOOLEAN, ti TINYINT, si SMALLINT, i INT, f FLOAT, d DOUBLE, d5 DECIMAL(5,2), d38 DECIMAL(38,10), s STRING,
      u STRING, v VARCHAR(10), c CHAR(5), b BINARY, dt DATE, ts TIMESTAMP, a ARRAY<INT>, m MAP<STRING,INT>, st STRUCT<a:INT,b:STRING>"""
    wrong = []
    with tempfile.TemporaryDirectory() as home:
        conf = {
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.memory": "1g",
            "spark.driver.extraJavaOptions": f"-Duser.timezone=UTC -Dderby.system.home={home}",
            "spark.local.dir": home,
            "spark.log.level": "ERROR",
            "spark.sql.session.timeZone": "UTC",
            "spark.sql.warehouse.dir": f"file://{home}/warehouse",
            "spark.hadoop.javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={home}/metastore;create=true",
        }
        builder = SparkSession.builder.master("local[1]").appName("orc").enableHiveSupport()
        for key, value in conf.items():
            builder = builder.config(key, value)
        spark = builder.getOrCreate()
        for name in names:
            place = f"{home}/{name}"
            os.makedirs(place)
            shutil.copy(f"{folder}/{name}.orc", place)
            want = promised(f"{folder}/{name}.json")
            spark.sql(f"CREATE EXTERNAL TABLE {name}_t ({columns}) STORED AS ORC LOCATION 'file://{place}'")
            for reader, switch, scan in (("serde", "false", "Scan hive"), ("native", "true", "FileScan orc")):
                spark.conf.set("spark.sql.hive.convertMetastoreOrc", switch)
                spark.sql(f"REFRESH TABLE {name}_t")
                table = spark.table(f"{name}_t")
                if scan not in table._jdf.queryExecution().executedPlan().toString():
                    wrong.append(f"{name}: the {reader} reader does not show in the plan")
                rows = [row.asDict(recursive=True) for row in table.collect()]
                wrong += compare(f"{name} by Spark's {reader}", list(want[0]) if want else [], rows, want)
                for condition, keep in (
                    ("id = 4321", lambda r: r["id"] == 4321),
                    ("s = 'grüße 7' AND id < 900", lambda r: r["s"] == "grüße 7" and r["id"] < 900),
                    ("dt >= DATE'2020-01-01'", lambda r: r["dt"] and r["dt"] >= "2020-01-01"),
                    ("d5 < -900.5", lambda r: r["d5"] and Decimal(r["d5"]) < Decimal("-900.5")),
                    ("ts < TIMESTAMP'1940-01-01 00:00:00'", lambda r: r["ts"] and r["ts"] < "1940-01-01"),
                    ("c = '77'", lambda r: r["c"] == "77   "),
                    ("i IS NULL AND id > 5000", lambda r: r["i"] is None and r["id"] > 5000),
                ):
                    got = sorted(row[0] for row in spark.sql(f"SELECT id FROM {name}_t WHERE {condition}").collect())
                    expected = [row["id"] for row in want if keep(row)]
                    if got != expected:
                        wrong.append(f"{name} by Spark's {reader}, {condition}: {len(got)} rows instead of {len(expected)}")
        spark.stop()
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--tools", help="the jar of orc-tools")
    parser.add_argument("--spark", action="store_true", help="read with pyspark too")
    args = parser.parse_args()
    started = time.monotonic()
    wrong, files = [], sorted(glob.glob(f"{args.folder}/*.orc"))
    for path in files:
        want = promised(path.replace(".orc", ".json"))
        wrong += by_pyarrow(path, want)
        if args.tools:
            wrong += check_tools(args.tools, path, want)
    if args.spark:
        wrong += check_spark(args.folder, ["none", "zlib", "snappy", "lz4", "zstd", "one", "empty", "noindex"])
    for line in wrong:
        print(line)
    print(f"orc: {len(files)} files, differences {len(wrong)}, {time.monotonic() - started:.0f} s")
    sys.exit(1 if wrong or not files else 0)


main()
