"""A small table of every type: its rows, how skep writes it, and how foreign readers of files see it."""

import base64
import datetime
import json
import os
import subprocess
from decimal import Decimal

TYPES = {
    "id": "INT", "bo": "BOOLEAN", "ti": "TINYINT", "si": "SMALLINT", "i": "INT", "bi": "BIGINT", "f": "FLOAT", "d": "DOUBLE",
    "d5": "DECIMAL(5,2)", "d38": "DECIMAL(38,10)", "s": "STRING", "v": "VARCHAR(10)", "c": "CHAR(5)", "b": "BINARY", "dt": "DATE",
    "ts": "TIMESTAMP", "a": "ARRAY<INT>", "m": "MAP<STRING,INT>", "st": "STRUCT<a:INT,b:STRING>",
}  # fmt: skip
NAMES = list(TYPES)
COLUMNS = ", ".join(f"{name} {kind}" for name, kind in TYPES.items())
PROPERTIES = {"legacy": "", "modern": ", 'parquet.timestamp'='int64', 'parquet.decimal'='standard'"}

_D, _T = datetime.date, datetime.datetime
_LAST = Decimal("9999999999999999999999999999.9999999999")
_VALUES = [
    [True, -128, -32768, -(2**31), -(2**63), -1.5, 0.1, Decimal("-999.99"), _LAST.copy_negate(), "grüße \u0000 \t\"\\", "abcdefghij", "ab",
     b"\x00\xffhello", _D(1969, 12, 31), _T(1969, 12, 31, 23, 59, 59, 123456), [1, None, -3], {"k": 1, "z": None}, {"a": 1, "b": "x"}],
    [None] * 18,
    [False, 127, 32767, 2**31 - 1, 2**63 - 1, 3.4028234663852886e38, 1.7976931348623157e308, Decimal("999.99"), _LAST, "", "", "",
     b"", _D(9999, 12, 31), _T(9999, 12, 31, 23, 59, 59, 999999), [], {}, {"a": None, "b": None}],
    [True, 0, 0, 0, 0, 1.401298464324817e-45, 5e-324, Decimal("0.00"), Decimal("0E-10"), "日本語 🛫", "日本語日本語日本語日", "日本語日本",
     bytes(range(256)), _D(1900, 1, 1), _T(1900, 1, 1, 0, 0, 0), [None], {"": 0}, {"a": -1, "b": None}],
    [False, -1, -1, -1, -1, -0.0, -0.0, Decimal("-0.01"), Decimal("-0.0000000001"), "x" * 70_000, "a b", "a b",
     b"\x80" * 300, _D(1970, 1, 1), _T(1970, 1, 1, 0, 0, 0, 1), list(range(300)), {str(k): k for k in range(50)}, {"a": 0, "b": ""}],
]  # fmt: skip
ROWS = [dict(zip(NAMES, [number, *values], strict=True)) for number, values in enumerate(_VALUES * 400)]


def _plain(value):
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, (Decimal, datetime.date)):
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    return value


def write(skep, folder, form):
    """Writes the rows with skep in the form's folder; returns the table's location."""
    folder = os.path.join(folder, form)
    os.makedirs(folder)
    with open(f"{folder}/rows.json", "w") as out:
        out.writelines(json.dumps({name: _plain(value) for name, value in row.items()}) + "\n" for row in ROWS)
    with open(f"{folder}/job.hql", "w") as out:
        out.write(f"""
          CREATE TABLE src ({COLUMNS}) WITH ('connector'='filesystem', 'path'='{folder}/rows.json', 'format'='json');
          CREATE TABLE t ({COLUMNS}) PARTITIONED BY (p STRING) STORED AS PARQUET
            TBLPROPERTIES ('sink.partition-commit.policy.kind'='metastore,success-file'{PROPERTIES[form]});
          INSERT INTO t SELECT *, if(id % 2 = 0, 'even', 'odd') FROM src;
        """)
    subprocess.run([skep, "ingest", f"{folder}/job.hql", "--warehouse", f"{folder}/w"], check=True, capture_output=True)
    return f"{folder}/w/t"


def by_pyarrow(location):
    """Reads the rows with pyarrow; INT96 in microseconds, because nanoseconds end in the year 2262."""
    import pyarrow.dataset as ds

    form = ds.ParquetFileFormat(coerce_int96_timestamp_unit="us")
    table = ds.dataset(location, format=form).to_table(columns=NAMES)
    return table.to_pylist(maps_as_pydicts="strict")


def by_duckdb(location):
    """Reads the rows with DuckDB."""
    import duckdb

    rows = duckdb.sql(f"SELECT {', '.join(NAMES)} FROM read_parquet('{location}/*/*.parquet')").fetchall()
    return [dict(zip(NAMES, row, strict=True)) for row in rows]


def _text(value):
    """Tells values apart, -0.0 and 0.0 too, but not the forms in which readers hand over the same one."""
    if isinstance(value, bytearray):
        value = bytes(value)
    if isinstance(value, dict):
        value = sorted(value.items())
    return f"{value:.10f}" if isinstance(value, Decimal) else repr(value)


def differences(who, rows, padded=False):
    """Compares rows with the source value by value; a line for each column at fault, with its first row."""
    want = {row["id"]: row for row in ROWS}
    got = {row["id"]: row for row in rows}
    if len(rows) != len(ROWS) or set(got) != set(want):
        return [f"{who}: rows {len(rows)} instead of {len(ROWS)}"]
    lines = []
    for name in NAMES:
        for key, row in want.items():
            value, seen = row[name], got[key][name]
            if padded and name == "c" and value is not None:
                value = value.ljust(5)
            if _text(seen) != _text(value):
                lines.append(f"{who}: {name} of row {key} is {seen!r:.60} instead of {value!r:.60}")
                break
    return lines
