"""Measures reading of files: skep's readers against pyarrow and DuckDB, one thread each, in the same rounds.

    cargo bench -p formats --bench read --no-run
    python integration/bench/read.py [--rows 4000000] [--rounds 3] [--only NAME] [--keep DIR] BENCH

BENCH is the program that cargo built. The table has nine columns: two integers, two texts of few values and one of many, a
decimal, a double, a timestamp, a boolean; text, CSV and JSON have a quarter of the rows. Files are in the page cache. Prints CPU
seconds (user + system; the least of the rounds) and skep's against the better of the two others. `10k` reads the 10,000 rows in
the middle by a condition on the first column, which is sorted, against the same reader's full scan.
"""

import argparse
import decimal
import os
import random
import shutil
import subprocess
import tempfile
import time

import duckdb
import pyarrow as pa
import pyarrow.csv
import pyarrow.dataset
import pyarrow.json
import pyarrow.orc
import pyarrow.parquet

COLUMNS = "id:bigint;user_id:int;city:string;plan:string;token:string;amount:decimal(18,2);price:double;ts:timestamp;flag:boolean"
DUCK = {"id": "BIGINT", "user_id": "INT", "city": "VARCHAR", "plan": "VARCHAR", "token": "VARCHAR", "amount": "DECIMAL(18,2)",
        "price": "DOUBLE", "ts": "TIMESTAMP", "flag": "BOOLEAN"}
TEXTS = {name: "VARCHAR" for name in DUCK}
ARROW = pa.schema([("id", pa.int64()), ("user_id", pa.int32()), ("city", pa.string()), ("plan", pa.string()), ("token", pa.string()),
                   ("amount", pa.decimal128(18, 2)), ("price", pa.float64()), ("ts", pa.timestamp("us")), ("flag", pa.bool_())])


def table(rows):
    chance = random.Random(1)
    below = lambda most: [chance.randrange(most) for _ in range(rows)]
    pick = lambda words: pa.array([words[at] for at in below(len(words))])
    cents = [decimal.Decimal(at - 10**8).scaleb(-2) for at in below(2 * 10**8)]
    return pa.table({
        "id": pa.array(range(rows), pa.int64()),
        "user_id": pa.array(below(1_000_000), pa.int32()),
        "city": pick(["Berlin", "Paris", "London", "Tokyo", "Oslo", "Rome", "Madrid", "Lima"]),
        "plan": pick(["free", "pro", "team"]),
        "token": pa.array([f"tok-{at}" for at in below(2**40)]),
        "amount": pa.array(cents, pa.decimal128(18, 2)),
        "price": pa.array([chance.random() * 1000 for _ in range(rows)]),
        "ts": pa.array(range(1_700_000_000_000_000, 1_700_000_000_000_000 + rows * 1000, 1000), pa.timestamp("us")),
        "flag": pa.array([at == 1 for at in below(2)]),
    })


def generate(folder, rows):
    whole = table(rows)
    for codec in ("snappy", "zstd"):
        pa.parquet.write_table(whole, f"{folder}/{codec}.parquet", compression=codec, row_group_size=1_000_000,
                               write_page_index=True, data_page_size=256 * 1024)
        pa.orc.write_table(whole, f"{folder}/{codec}.orc", compression=codec)
    part = whole.slice(0, rows // 4)
    part = part.set_column(7, "ts", part["ts"].cast(pa.string()))
    pa.csv.write_csv(part, f"{folder}/text.txt", pa.csv.WriteOptions(include_header=False, quoting_style="none"))
    pa.csv.write_csv(part, f"{folder}/csv.csv", pa.csv.WriteOptions(include_header=False, quoting_style="needed"))
    with open(f"{folder}/json.json", "w") as out:
        for row in zip(*[column.to_pylist() for column in part.columns]):
            out.write('{"id":%d,"user_id":%d,"city":"%s","plan":"%s","token":"%s","amount":%s,"price":%r,"ts":"%s","flag":%s}\n'
                      % (*row[:8], "true" if row[8] else "false"))


def peers(folder, rows):
    duck = duckdb.connect(config={"threads": 1})
    duck.execute("SET enable_progress_bar = false")
    names = list(DUCK)
    arrow_csv = lambda path, schema: pa.csv.read_csv(
        path, read_options=pa.csv.ReadOptions(use_threads=False, column_names=names),
        convert_options=pa.csv.ConvertOptions(column_types=schema))
    texts = pa.schema([(name, pa.string()) for name in names])
    duck_csv = lambda path, types: duck.sql(
        f"SELECT * FROM read_csv('{path}', header=false, auto_detect=false, delim=',', columns={types})").to_arrow_table()
    low = rows // 2
    where = f"id >= {low} AND id < {low + 10_000}"
    chosen = (pa.dataset.field("id") >= low) & (pa.dataset.field("id") < low + 10_000)
    cases = {}
    for codec in ("snappy", "zstd"):
        path = f"{folder}/{codec}.parquet"
        cases[f"parquet {codec}"] = ("parquet", path, None, {
            "pyarrow": lambda path=path: pa.parquet.read_table(path, use_threads=False),
            "duckdb": lambda path=path: duck.sql(f"SELECT * FROM '{path}'").to_arrow_table()})
        cases[f"parquet {codec} 10k"] = ("parquet", path, where, {
            "pyarrow": lambda path=path: pa.parquet.read_table(path, use_threads=False, filters=chosen),
            "duckdb": lambda path=path: duck.sql(f"SELECT * FROM '{path}' WHERE {where}").to_arrow_table()})
        path = f"{folder}/{codec}.orc"
        cases[f"orc {codec}"] = ("orc", path, None, {"pyarrow": lambda path=path: pa.orc.ORCFile(path).read()})
        cases[f"orc {codec} 10k"] = ("orc", path, where, {
            "pyarrow": lambda path=path: pa.dataset.dataset(path, format="orc").to_table(filter=chosen, use_threads=False)})
    path = f"{folder}/text.txt"
    cases["text"] = ("text", path, None, {"pyarrow": lambda path=path: arrow_csv(path, ARROW), "duckdb": lambda path=path: duck_csv(path, DUCK)})
    path = f"{folder}/csv.csv"
    cases["csv"] = ("csv", path, None, {"pyarrow": lambda path=path: arrow_csv(path, texts), "duckdb": lambda path=path: duck_csv(path, TEXTS)})
    path = f"{folder}/json.json"
    # pyarrow reads no decimals from JSON numbers.
    loose = pa.schema([f if f.name != "amount" else pa.field("amount", pa.float64()) for f in ARROW])
    cases["json"] = ("json", path, None, {
        "pyarrow": lambda path=path: pa.json.read_json(
            path, read_options=pa.json.ReadOptions(use_threads=False), parse_options=pa.json.ParseOptions(explicit_schema=loose)),
        "duckdb": lambda path=path: duck.sql(
            f"SELECT * FROM read_json('{path}', columns={DUCK}, format='newline_delimited')").to_arrow_table()})
    return cases


def seconds(run):
    started = time.process_time()
    run()
    return time.process_time() - started


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("bench")
    arguments.add_argument("--rows", type=int, default=4_000_000)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--only", default="")
    arguments.add_argument("--keep", help="folder of the files, made if it is not there")
    arguments = arguments.parse_args()
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    folder = arguments.keep or tempfile.mkdtemp()
    if not os.path.exists(f"{folder}/json.json"):
        os.makedirs(folder, exist_ok=True)
        generate(folder, arguments.rows)
    whole = {}
    for name, (form, path, where, others) in peers(folder, arguments.rows).items():
        if arguments.only not in name:
            continue
        best = {}
        for _ in range(arguments.rounds):
            command = [arguments.bench, form, COLUMNS, path, *([where] if where else [])]
            said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
            best["skep"] = min(best.get("skep", 1e9), float(said[2]))
            for other, run in others.items():
                best[other] = min(best.get(other, 1e9), seconds(run))
        other = min(value for key, value in best.items() if key != "skep")
        line = "  ".join(f"{key} {value:.3f}" for key, value in best.items())
        whole[name] = best["skep"]
        scan = whole.get(name.removesuffix(" 10k"))
        share = f", {best['skep'] / scan:.3f} of the full scan" if where and scan else ""
        print(f"{name:20} {said[0]} rows: {line}  skep/best other {best['skep'] / other:.2f}{share}", flush=True)
    if not arguments.keep:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
