"""Reads ORC and Parquet files of every type with Hive 2.3.9, 3.1.3 and 4.0.1, Trino, Spark, ClickHouse, DuckDB, pyarrow and parquet-cli, and compares
every value with what `formats/examples/written_files.rs` promises; then counts what conditions leave out.

usage: foreign.py FOLDER --skep BINARY --jars JARS [--readers pyarrow,duckdb,...]: FOLDER is what the example wrote, BINARY serves the
metastore, JARS is where parquet-cli is kept or fetched to. Needs a JDK 17, for Trino JAVA25 = home of a JDK 25, and pyarrow, duckdb,
chdb and pyspark in this Python. Hive and Trino come from Maven.
"""

import argparse
import base64
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "services", "clients"))

import engines  # noqa: E402
import orc as by_orc  # noqa: E402
import peers  # noqa: E402
from promise import COLUMNS, NAMES, TYPES, a_second_early, compare, from_text, in_milliseconds, promised  # noqa: E402
from promise import without_null_structs, without_nulls  # noqa: E402
from trino_sql import Refused, Trino  # noqa: E402

READERS = ["pyarrow", "duckdb", "clickhouse", "parquet-cli", "spark", "hive23", "hive31", "hive4", "trino"]
# Files that a version of Hive cannot read: zstd in ORC before 4, zstd and lz4_raw in Parquet before 4.
HIVE = {"hive23": {"orc": ["zstd"], "parquet": ["zstd", "lz4", "standard"]}, "hive31": {"orc": ["zstd"], "parquet": ["zstd", "lz4", "standard"]}, "hive4": {}}
SORTED = 200_000
# Trino has no LZ4_RAW in Parquet; it says so.
TRINO_LACKS = {"lz4.parquet": "Codec not supported in Parquet: LZ4_RAW"}
# Times with all their digits; and no more of a small ORC file than is needed, so that the bytes read tell what was left out.
TRINO_SESSION = "hive.timestamp_precision=MICROSECONDS,hive.orc_tiny_stripe_threshold=1kB"
# How the binary writes the tables that Hive reads, and the columns of each: Hive's JSON reader takes numbers for doubles, which hold no long
# decimals; a CSV file holds texts and no nulls.
INGESTED = {
    "text": ("STORED AS TEXTFILE", NAMES),
    "json": ("STORED AS JSONFILE", [name for name in NAMES if name != "d38"]),
    "avro": ("STORED AS AVRO", NAMES),
    "csv": ("ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde' STORED AS TEXTFILE", ["id"]),
}
WRITTEN = 300
# A range and a text that is in one row; the rows they keep.
CONDITIONS = {"n >= 120000 AND n < 121000": 1000, "k = '{}'": 1}


def names(folder, form):
    return sorted(os.path.basename(path).split(".")[0] for path in glob.glob(f"{folder}/*.{form}"))


def with_pyarrow(folder):
    import pyarrow as pa
    import pyarrow.parquet as pq

    wrong = []
    for name in names(folder, "orc"):
        wrong += by_orc.by_pyarrow(f"{folder}/{name}.orc", promised(f"{folder}/{name}.json"))
    for name in names(folder, "parquet"):
        want = promised(f"{folder}/{name}.json")
        table = pq.read_table(f"{folder}/{name}.parquet", coerce_int96_timestamp_unit="us")
        wrong += compare(f"{name}.parquet by pyarrow", NAMES, table.to_pylist(), want)
        wrong += bounds(f"{folder}/{name}.parquet", want, pa, pq)
    return wrong


def bounds(path, want, pa, pq):
    """Compares the statistics of each row group and the bounds of its pages with the rows."""
    from promise import canonical

    meta, wrong, start = pq.ParquetFile(path).metadata, [], 0
    for number in range(meta.num_row_groups):
        group = meta.row_group(number)
        rows = want[start : start + group.num_rows]
        start += group.num_rows
        for place in range(group.num_columns):
            column = group.column(place)
            name, seen = column.path_in_schema, column.statistics
            if name not in TYPES or TYPES[name].startswith(("array", "map", "struct")):
                continue
            values = [row[name] for row in rows if row[name] is not None]
            if seen is None or seen.null_count != len(rows) - len(values):
                wrong.append(f"{os.path.basename(path)}: nulls of {name}: {seen}")
            if column.physical_type == "INT96" or not values or seen is None:
                continue
            order = (lambda v: bytes.fromhex(v)) if name == "b" else (lambda v: v.encode()) if name in "suvc" else float if name[0] == "d" and name != "dt" else None
            text = {"c": lambda v: v.rstrip()}.get(name, lambda v: v)
            for which, found, expected in (("min", seen.min, min(values, key=order)), ("max", seen.max, max(values, key=order))):
                if text(canonical(TYPES[name], found)) != text(expected):
                    wrong.append(f"{os.path.basename(path)}: {which} of {name} in row group {number} is {found!r} instead of {expected!r}")
            if not column.has_column_index or not column.has_offset_index:
                wrong.append(f"{os.path.basename(path)}: {name} has no page index")
    return wrong


def with_duckdb(folder):
    import duckdb

    wrong = []
    db = duckdb.connect()
    for name in names(folder, "parquet"):
        rows = db.sql(f"FROM read_parquet('{folder}/{name}.parquet')").to_arrow_table().to_pylist()
        wrong += compare(f"{name}.parquet by DuckDB", NAMES, rows, promised(f"{folder}/{name}.json"))
    return wrong


def with_clickhouse(folder):
    import chdb

    wrong = []
    picked = ", ".join("hex(b) AS b" if name == "b" else name for name in NAMES)
    for form, called, weaken in (("orc", "ORC", without_nulls), ("parquet", "Parquet", without_null_structs)):
        for name in names(folder, form):
            query = f"SELECT {picked} FROM file('{folder}/{name}.{form}', '{called}') SETTINGS session_timezone='UTC'"
            rows = chdb.query(query, "ArrowTable").to_pylist()
            for row in rows:
                row["b"] = None if row["b"] is None else bytes.fromhex(row["b"])
            want = promised(f"{folder}/{name}.json")
            wrong += compare(f"{name}.{form} by ClickHouse", NAMES, rows, want, weaken)
    return wrong


def with_parquet_cli(folder, jars):
    """Has parquet-cli check the bounds of all pages and decode what it can, no INT96 and none of Hive's lists; parquet-tools counts the rows of others."""
    wrong = []
    code, text = engines.parquet_cli(jars, "scan", f"{folder}/sorted/parquet/sorted.parquet")
    if code != 0 or str(SORTED) not in text.replace(",", ""):
        wrong.append(f"sorted.parquet by parquet-cli scan: {text.strip()[-300:]}")
    for name in names(folder, "parquet"):
        path, count = f"{folder}/{name}.parquet", len(promised(f"{folder}/{name}.json"))
        for command in (["check-stats", path], ["column-index", path], ["footer", path]):
            code, text = engines.parquet_cli(jars, *command)
            if code != 0 or re.search(r"corrupt stats: (?!no)|Exception", text):
                wrong.append(f"{name}.parquet by parquet-cli {command[0]}: {text.strip()[-300:]}")
        if name == "standard":
            for column, value in (("id", "77"), ("s", "grüße 7"), ("v", "v77")):
                code, text = engines.parquet_cli(jars, "bloom-filter", "-c", column, "-v", f"{value},987654321012", path)
                if code != 0 or f"value {value} maybe exists" not in text or "value 987654321012 NOT exists" not in text:
                    wrong.append(f"{name}.parquet by parquet-cli bloom-filter {column}: {text.strip()[-300:]}")
        elif name != "lz4":  # the last parquet-tools is older than LZ4_RAW
            code, text = engines.parquet_tools(jars, "rowcount", path)
            if code != 0 or f"Total RowCount: {count}" not in text:
                wrong.append(f"{name}.parquet by parquet-tools rowcount: {text.strip()[-300:]}")
    return wrong


def declare(folder, place, metastore):
    """Has Hive 4 declare all files, those of one form as partitions of one table, in the metastore that all engines share."""
    script = []
    for form in ("orc", "parquet"):
        script.append(f"CREATE EXTERNAL TABLE {form}_all ({COLUMNS}) PARTITIONED BY (file STRING) STORED AS {form} LOCATION 'file://{place}/{form}';")
        for name in names(folder, form):
            home = f"{place}/{form}/file={name}"
            os.makedirs(home)
            shutil.copy(f"{folder}/{name}.{form}", home)
            script.append(f"ALTER TABLE {form}_all ADD PARTITION (file='{name}') LOCATION 'file://{home}';")
        home = f"{place}/sorted_{form}"
        shutil.copytree(f"{folder}/sorted/{form}", home)
        script.append(f"CREATE EXTERNAL TABLE sorted_{form} (n BIGINT, k STRING) STORED AS {form} LOCATION 'file://{home}';")
    code, _, log = engines.hive("4", metastore, f"{place}/declare", "\n".join(script))
    if code != 0:
        sys.exit(f"hive 4 cannot declare the tables: {log[-2000:]}")


def ingest(skep, folder, warehouse):
    """Has the binary write the first rows as tables of every other format into the warehouse that its metastore serves."""
    rows = promised(f"{folder}/none.json")[:WRITTEN]
    with open(f"{warehouse}/rows.json", "w") as out:
        for row in rows:
            encoded = None if row["b"] is None else base64.b64encode(bytes.fromhex(row["b"])).decode()
            out.write(json.dumps({**row, "b": encoded}) + "\n")
    script = [f"CREATE TABLE src ({COLUMNS}) WITH ('connector'='filesystem', 'path'='{warehouse}/rows.json', 'format'='json');"]
    for table, (stored, names) in INGESTED.items():
        columns = ", ".join(f"{name} {TYPES[name]}" for name in names)
        script.append(f"CREATE TABLE w_{table} ({columns}) {stored};")
        script.append(f"INSERT INTO w_{table} SELECT {', '.join(names)} FROM src;")
    with open(f"{warehouse}/job.hql", "w") as out:
        out.write("\n".join(script))
    subprocess.run([skep, "ingest", f"{warehouse}/job.hql", "--warehouse", warehouse], check=True, capture_output=True)


def ingested(version):
    """Names the tables that a version can read: JSON files have a SerDe of their own since Hive 4."""
    return [table for table in INGESTED if table != "json" or version == "hive4"]


def hive_script(version, folder, out):
    script = ["SET hive.fetch.task.conversion=none;", "SET hive.optimize.index.filter=true;"]
    for form in ("orc", "parquet"):
        skipped = ", ".join(f"'{name}'" for name in ["", *HIVE[version].get(form, [])])
        for vectors in ("true", "false"):
            script.append(f"SET hive.vectorized.execution.enabled={vectors};")
            script.append(
                f"INSERT OVERWRITE DIRECTORY 'file://{out}/{form}-{vectors}' STORED AS TEXTFILE SELECT * FROM {form}_all WHERE file NOT IN ({skipped});"
            )
    for table in ingested(version):
        script.append(f"INSERT OVERWRITE DIRECTORY 'file://{out}/{table}' STORED AS TEXTFILE SELECT *, 'all' FROM w_{table};")
    for form in ("orc", "parquet"):
        for condition in ["true", *conditions(folder)]:
            script.append(f"SELECT 'counted', '{form}', count(k) FROM sorted_{form} WHERE {condition};")
    return script


def text_rows(folder, names=NAMES):
    """Reads what Hive wrote into a folder; gives the rows of each file."""
    rows = {}
    for path in glob.glob(f"{folder}/[0-9]*"):
        with open(path, encoding="utf-8", newline="\n") as lines:
            for line in lines:
                *cells, file = line.rstrip("\n").split("\x01")
                row = {name: from_text(TYPES[name], cell) for name, cell in zip(names, cells, strict=True)}
                rows.setdefault(file, []).append(row)
    return rows


def with_hive(version, folder, place, metastore):
    """Reads all files with and without vectors into text, and counts the records that conditions leave for the tasks."""
    out = f"{place}/{version}-out"
    code, text, log = engines.hive(version.removeprefix("hive"), metastore, f"{place}/{version}", "\n".join(hive_script(version, folder, out)))
    if code != 0:
        failed = [line for line in log.splitlines() if not line.startswith("\tat ")]
        return [f"{version} ends with {code}: {' '.join(failed[-12:])[:1500]}"], []
    wrong = []
    for form in ("orc", "parquet"):
        for vectors in ("true", "false"):
            rows = text_rows(f"{out}/{form}-{vectors}")
            for name in names(folder, form):
                if name not in HIVE[version].get(form, []):
                    who = f"{name}.{form} by {version}, vectorized {vectors}"
                    weaken = a_second_early if (version, form) == ("hive23", "orc") else lambda kind, value: value
                    wrong += compare(who, NAMES, rows.get(name, []), promised(f"{folder}/{name}.json"), weaken)
    for table in ingested(version):
        _, columns = INGESTED[table]
        rows = text_rows(f"{out}/{table}", columns).get("all", [])
        weaken = in_milliseconds if table == "avro" else lambda kind, value: value
        wrong += compare(f"table of ingest, {table}, by {version}", columns, rows, promised(f"{folder}/none.json")[:WRITTEN], weaken)
    # Without vectors a record is a row. A condition that leaves out all splits has no task.
    records = [int(n) for n in re.findall(r"Map input records=(\d+)", log)][-6:]
    counted = [int(n) for n in re.findall(r"counted\t(?:orc|parquet)\t(\d+)", text)]
    shown = []
    asked = [(form, condition) for form in ("orc", "parquet") for condition in ["all", *CONDITIONS]]
    for (form, condition), found, read in zip(asked, counted, records):
        shown.append(f"{version} {form}, {condition}: {found} rows of {read} that its tasks read")
        if condition != "all" and read >= SORTED / 2:
            wrong.append(f"{shown[-1]}: nothing is left out")
    if len(records) != 6 or counted != [SORTED, *CONDITIONS.values()] * 2:
        wrong.append(f"{version}: {counted} of {records}: {text[-800:]!r}")
    return wrong, shown


def conditions(folder):
    import pyarrow.parquet as pq

    k = pq.read_table(f"{folder}/sorted/parquet/sorted.parquet", columns=["k"])["k"][77_777].as_py()
    return [condition.format(k) for condition in CONDITIONS]


def with_trino(folder, metastore):
    wrong, shown = [], []
    with peers.running("trino", METASTORE=metastore) as address:
        trino = Trino(address, TRINO_SESSION)
        for form in ("orc", "parquet"):
            for name in names(folder, form):
                try:
                    header, data, _ = trino.query(f"SELECT * FROM {form}_all WHERE file = '{name}'")
                except Refused as error:
                    if TRINO_LACKS.get(f"{name}.{form}", "?") not in str(error):
                        wrong.append(f"{name}.{form} by Trino: {error}")
                    continue
                rows = [engines.from_trino(dict(zip(header, values, strict=True))) for values in data]
                weaken = a_second_early if form == "orc" else lambda kind, value: value
                wrong += compare(f"{name}.{form} by Trino", NAMES, rows, promised(f"{folder}/{name}.json"), weaken)
            for condition, keep in zip(["true", *conditions(folder)], [SORTED, *CONDITIONS.values()], strict=True):
                _, data, stats = trino.query(f"SELECT n, k FROM sorted_{form} WHERE {condition}")
                read = stats["processedRows"]
                shown.append(f"trino {form}, {condition}: {len(data)} rows of {read} that it read, {stats['physicalInputBytes']} bytes")
                if len(data) != keep or (read >= SORTED / 2) != (keep == SORTED):
                    wrong.append(shown[-1])
    return wrong, shown


def with_spark(folder, home):
    import spark_reads

    wrong, shown = [], []
    os.makedirs(home)
    spark = spark_reads.session(home)
    for form in ("orc", "parquet"):
        for name in names(folder, form):
            # Hive 2.3 reads INT96 and nothing else as timestamps.
            readers = ("native",) if name == "standard" else ("serde", "native")
            wrong += spark_reads.check(spark, home, f"{folder}/{name}.{form}", readers)
        spark.read.format(form).load(f"{folder}/sorted/{form}").createOrReplaceTempView(f"sorted_{form}")
        for condition, exact, keep in zip(CONDITIONS, conditions(folder), CONDITIONS.values(), strict=True):
            found, read = spark_reads.reads(spark, f"sorted_{form}", exact)
            shown.append(f"spark {form}, {condition}: {found} rows of {read} that its scan gave")
            if found != keep or read >= SORTED / 2:
                wrong.append(f"{shown[-1]}: nothing is left out")
    spark.stop()
    return wrong, shown


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--skep", required=True)
    parser.add_argument("--jars", required=True)
    parser.add_argument("--readers", default=",".join(READERS))
    args = parser.parse_args()
    wrong, shown = [], []
    args.folder = os.path.abspath(args.folder)
    readers = args.readers.split(",")
    with tempfile.TemporaryDirectory() as place, engines.Metastore(args.skep, f"{place}/catalog", lambda home: ingest(args.skep, args.folder, home)) as metastore:
        if any(reader.startswith(("hive", "trino")) for reader in readers):
            declare(args.folder, place, metastore)
        for reader in readers:
            started = time.monotonic()
            if reader.startswith("hive"):
                more, counts = with_hive(reader, args.folder, place, metastore)
            elif reader == "trino":
                more, counts = with_trino(args.folder, metastore)
            elif reader == "spark":
                more, counts = with_spark(args.folder, f"{place}/spark")
            else:
                run = {"pyarrow": with_pyarrow, "duckdb": with_duckdb, "clickhouse": with_clickhouse}.get(reader)
                more, counts = run(args.folder) if run else with_parquet_cli(args.folder, args.jars), []
            wrong += more
            shown += counts
            print(f"{reader}: differences {len(more)}, {time.monotonic() - started:.0f} s", flush=True)
            for line in [*more[:20], *counts]:
                print(f"  {line}", flush=True)
    sys.exit(1 if wrong else 0)


main()
