"""Reads ORC files of every type, written by `formats/examples/written_files.rs`, with pyarrow, ORC's Java tools and Spark's two readers.

usage: orc.py FOLDER [--tools orc-tools.jar] [--spark]: FOLDER is what the example wrote. Values, statistics, row indexes and bloom
filters are compared with the rows the example promises.
"""

import argparse
import glob
import os
import re
import subprocess
import sys
import tempfile
import time

from promise import compare, promised

BLOOM = {"id": "77", "s": "grüße 7", "v": "v77", "i": None}


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
    code, text = tools(jar, "meta", path)
    if code == 0:
        # Row indexes of all columns, nested ones too.
        last = max(int(number) for number in re.findall(r"Column (\d+): ", text))
        code, text = tools(jar, "meta", "--rowindex", ",".join(str(number) for number in range(last + 1)), path)
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
        import spark_reads

        with tempfile.TemporaryDirectory() as home:
            spark = spark_reads.session(home)
            for path in files:
                wrong += spark_reads.check(spark, home, path)
            spark.stop()
    for line in wrong:
        print(line)
    print(f"orc: {len(files)} files, differences {len(wrong)}, {time.monotonic() - started:.0f} s")
    sys.exit(1 if wrong or not files else 0)


if __name__ == "__main__":
    main()
