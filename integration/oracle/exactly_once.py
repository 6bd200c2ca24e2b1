"""Judges a table against its JSON source: every row once, in the right partition, the bad ones in the dead letters.

Arguments: source file, table folder, folder of dead letters. The source's rows have a unique `id`; bad ones hold BAD.
"""

import glob
import json
import sys

import duckdb

source, table, letters = sys.argv[1:4]
good, bad = {}, 0
for line in open(source):
    if "BAD" in line:
        bad += 1
    else:
        row = json.loads(line)
        good[row["id"]] = row["ts"][:13].replace(" ", "-") if row["ts"] else None
files = glob.glob(f"{table}/**/*.parquet", recursive=True)
rows = duckdb.sql(
    f"SELECT id, dt, hr FROM read_parquet({files!r}, hive_partitioning=true, hive_types_autocast=false)"
).fetchall()
wrong = doubled = 0
seen = set()
for id_, dt, hr in rows:
    doubled += id_ in seen
    seen.add(id_)
    default = "__HIVE_DEFAULT_PARTITION__"
    here = None if dt in (None, default) else f"{dt}-{hr}"
    wrong += good.get(id_, "none") != here
rejected = [json.loads(line) for file in glob.glob(f"{letters}/*.jsonl") for line in open(file)]
offsets = {letter["offset"] for letter in rejected}
unmarked = sum(not glob.glob(f"{folder}/_SUCCESS") for folder in {file.rsplit("/", 1)[0] for file in files})
lost = len(good) - len(seen & good.keys())
print(
    f"rows {len(rows)}, lost {lost}, doubled {doubled}, in a wrong partition {wrong}, "
    f"rejected {len(rejected)} of {bad}, distinct {len(offsets)}, partitions without a marker {unmarked}"
)
ok = not (lost or doubled or wrong or unmarked) and len(rejected) == len(offsets) == bad
sys.exit(0 if ok else 1)
