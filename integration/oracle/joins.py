"""Answers joins with DuckDB and compares its rows with those that a pipeline has written.

The argument is a file: {"orders", "users", "codes": files of JSON, "forms": [{"query", "path"}]}.
"""

import json
import sys

import duckdb

with open(sys.argv[1], encoding="utf-8") as file:
    question = json.load(file)
db = duckdb.connect()
numbers = "n: 'BIGINT', user_id: 'INTEGER', code: 'VARCHAR', amount: 'INTEGER'"
db.sql(
    f"CREATE TABLE orders AS SELECT n AS id, user_id, code, amount"
    f" FROM read_json('{question['orders']}', columns={{{numbers}}})"
)
columns = "id: 'BIGINT', name: 'VARCHAR', level: 'INTEGER', day: 'INTEGER'"
db.sql(
    f"CREATE TABLE users AS SELECT id, name, level, level > 2 AS active,"
    f" '2026-01-0' || (coalesce(day, 2) + 1) AS dt"
    f" FROM read_json('{question['users']}', columns={{{columns}}})"
)
columns = "n: 'INTEGER', code: 'VARCHAR', rate: 'INTEGER'"
db.sql(
    f"CREATE TABLE codes AS SELECT code, 'l' || n AS label, CAST(rate / 2 AS DECIMAL(10,2)) AS rate"
    f" FROM read_json('{question['codes']}', columns={{{columns}}})"
)
wrong = 0
for form in question["forms"]:
    theirs = db.sql(f"SELECT * FROM ({form['query']}) ORDER BY ALL").fetchall()
    ours = db.sql(f"SELECT * FROM read_parquet('{form['path']}/*.parquet') ORDER BY ALL").fetchall()
    if ours == theirs:
        print(f"{form['query']}: {len(ours)} rows, equal")
        continue
    wrong += 1
    lost = sorted(set(theirs) - set(ours), key=str)[:5]
    more = sorted(set(ours) - set(theirs), key=str)[:5]
    print(f"{form['query']}: {len(ours)} rows instead of {len(theirs)}; lacks {lost}, has {more}")
sys.exit(1 if wrong else 0)
