"""spark.py URI FOLDER: Spark 3.5 on a metastore: creates, inserts, reads, adds and drops partitions, repairs. Exits with 1 if something differs."""

import os
import shutil
import sys

from spark_start import session

uri, folder = sys.argv[1:3]
spark = session(folder, uri)
failed = 0


def check(statement, wanted=None):
    """Runs a statement and compares its rows, sorted."""
    global failed
    try:
        rows = sorted([tuple(row) for row in spark.sql(statement).collect()], key=str)
    except Exception as error:  # noqa: BLE001
        failed += 1
        print("FAIL", statement, "->", str(error).split("\n")[0][:300])
        return
    if wanted is not None and rows != wanted:
        failed += 1
        print("FAIL", statement, "->", rows, "wanted", wanted)
    else:
        print("ok  ", statement[:100])


def repaired(root):
    """Puts a copy of a partition's folder beside it, which the metastore does not know."""
    shutil.copytree(f"{root}/dt=2026-01-01/hr=1", f"{root}/dt=2026-02-01/hr=7")


check("create database sp")
check("use sp")
check("create table po (id bigint, s string, amt decimal(18,2)) partitioned by (dt string, hr int) stored as parquet")
check("create table up (id bigint, s string) stored as orc")
check("show tables", [("sp", "po", False), ("sp", "up", False)])
check("insert into up values (1,'a'),(2,'b')")
check("insert into po partition (dt='2026-01-01', hr=1) values (1,'a',1.5),(2,null,2.5)")
check("insert overwrite po partition (dt='2026-01-01', hr=1) select 3,'c',cast(3.5 as decimal(18,2))")
check("insert into po partition (dt, hr) select id, s, cast(id as decimal(18,2)), '2026-01-02', cast(id as int) from up")
check("show partitions po", [("dt=2026-01-01/hr=1",), ("dt=2026-01-02/hr=1",), ("dt=2026-01-02/hr=2",)])
check("alter table po add if not exists partition (dt='2026-01-03', hr=1) partition (dt='a b%/c', hr=2)")
check("show partitions po partition (dt='2026-01-02')", [("dt=2026-01-02/hr=1",), ("dt=2026-01-02/hr=2",)])
check("select id, s, cast(amt as string), dt, hr from po where dt='2026-01-02' and hr>1", [(2, "b", "2.00", "2026-01-02", 2)])
check("select count(*), sum(hr) from po where dt>='2026-01-01'", [(3, 4)])
check("alter table po drop partition (dt='2026-01-03', hr=1)")
check("alter table po partition (dt='a b%/c', hr=2) rename to partition (dt='renamed', hr=9)")
check("show partitions po partition (dt='renamed')", [("dt=renamed/hr=9",)])
root = spark.sql("describe formatted po").where("col_name = 'Location'").collect()[0][1].replace("file:", "")
repaired(root)
check("msck repair table po")
check("select id, dt, hr from po where hr = 7", [(3, "2026-02-01", 7)])
check("alter table po add columns (extra int)")
check("alter table po set tblproperties ('k'='v')")
check("show tblproperties po('k')", [("k", "v")])
check("select extra, id from po where hr = 7", [(None, 3)])
check("analyze table up compute statistics for columns id, s")
check("describe extended up id")
check("create view v as select id from up where id > 1")
check("select * from v", [(2,)])
check("drop view v")
check("create table ctas stored as parquet as select * from up")
check("alter table ctas rename to ctas2")
check("select * from ctas2", [(1, "a"), (2, "b")])
check("truncate table ctas2")
check("select count(*) from ctas2", [(0,)])
check("drop table ctas2")
check("drop table po")
check("drop table up")
check("show tables", [])
check("drop database sp")
left = os.path.isdir(root)
if left:
    failed += 1
    print("FAIL the dropped table's folder is still there")
spark.stop()
print(failed, "failed")
sys.exit(1 if failed else 0)
