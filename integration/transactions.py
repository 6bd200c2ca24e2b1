"""Has Hive write transactional tables on its own metastore, and skep read them while transactions come and go.

    python integration/transactions.py --skep target/release/skep [--versions 3,4]

Hive's shell inserts, updates and deletes; then transactions are opened, committed and rolled back by hand, with files in place
before they end. `skep tail` must show what is committed, once, when it is committed.
"""

import argparse
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "services" / "clients"))

from hms import Connection  # noqa: E402

SETUP = """
CREATE TABLE whole (id INT, s STRING) STORED AS ORC TBLPROPERTIES ('transactional'='true');
INSERT INTO whole VALUES (1,'a'),(2,'b'),(3,'c');
UPDATE whole SET s='B' WHERE id=2;
DELETE FROM whole WHERE id=3;
CREATE TABLE parted (id INT, s STRING) PARTITIONED BY (d STRING) STORED AS ORC TBLPROPERTIES ('transactional'='true');
INSERT INTO parted PARTITION (d='x') VALUES (1,'a');
INSERT INTO parted PARTITION (d='y') VALUES (2,'b');
CREATE TABLE added (id INT, s STRING) STORED AS TEXTFILE
  TBLPROPERTIES ('transactional'='true','transactional_properties'='insert_only');
INSERT INTO added VALUES (1,'a'),(2,'b');
"""
PATIENCE = 60


class Metastore(Connection):
    """Calls with one struct whose fields are given as bytes."""

    def ask(self, method, fields):
        head = struct.pack(">Ii", 0x8001_0001, len(method)) + method.encode() + struct.pack(">i", 1)
        self.socket.sendall(head + struct.pack(">bh", 12, 1) + fields + b"\0\0")
        kind, length = self.read(">I") & 0xFF, self.read(">i")
        self.file.read(length)
        self.read(">i")
        answer = {}
        while field := self.read(">b"):
            number = self.read(">h")
            answer[number] = self.value(field)
        assert kind == 2 and not [number for number in answer if number], (method, answer)
        return answer.get(0)

    def begin(self, table):
        """Opens a transaction; gives its id and the write id that it has of a table."""
        text = lambda number, value: struct.pack(">bhi", 11, number, len(value)) + value.encode()
        asked = struct.pack(">bhi", 8, 1, 1) + text(2, "somebody") + text(3, "somewhere")
        transaction = self.ask("open_txns", asked)[1][0]
        ids = struct.pack(">bhbi", 15, 3, 10, 1) + struct.pack(">q", transaction)
        given = self.ask("allocate_table_write_ids", text(1, "default") + text(2, table) + ids)
        return transaction, given[1][0][2]

    def end(self, method, transaction):
        self.ask(method, struct.pack(">bhq", 10, 1, transaction))


class Tail:
    """A `skep tail` that goes on, and what it has printed."""

    def __init__(self, skep, table, work):
        command = [skep, "tail", table, "--from", "earliest", "--format", "csv", "--interval", "200ms"]
        command += ["--warehouse", str(work / "wh"), "--hive-conf-dir", str(work / "conf")]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.lines = []
        reader = threading.Thread(target=lambda: self.lines.extend(l.strip() for l in self.process.stdout), daemon=True)
        reader.start()

    def until(self, expected):
        end = time.monotonic() + PATIENCE
        while self.lines != expected and time.monotonic() < end:
            time.sleep(0.05)
        assert self.lines == expected, (self.lines, expected)

    def stop(self):
        self.process.terminate()
        assert self.process.wait(PATIENCE) == 0


def rows(skep, table, work):
    command = [skep, "tail", table, "--from", "earliest", "--no-follow", "--format", "csv"]
    command += ["--warehouse", str(work / "wh"), "--hive-conf-dir", str(work / "conf")]
    return sorted(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[1:])


def check(skep, version, work):
    peer = subprocess.run([HERE / "services" / "up", f"hms{version}"], check=True, capture_output=True, text=True)
    said = dict(line.split(" ", 1) for line in peer.stdout.splitlines())
    address, handle = said[f"hms{version}"], said["handle"]
    try:
        (work / "conf").mkdir(parents=True)
        uri = f"thrift://{address}"
        (work / "conf" / "hive-site.xml").write_text(
            f"<configuration><property><name>hive.metastore.uris</name><value>{uri}</value></property></configuration>"
        )
        (work / "setup.sql").write_text(SETUP)
        shell = HERE / "services" / "clients" / "hive.sh"
        subprocess.run(
            ["bash", shell, {"3": "31"}.get(version, version), uri, work / "run", "-f", work / "setup.sql"],
            check=True, capture_output=True, text=True,
        )
        assert rows(skep, "whole", work) == ["1,a", "2,B"], rows(skep, "whole", work)
        assert rows(skep, "parted", work) == ["1,a,x", "2,b,y"], rows(skep, "parted", work)
        tail = Tail(skep, "added", work)
        shown = ["id,s", "1,a", "2,b"]
        tail.until(shown)
        written = next(Path(handle).glob(f"hms{version}/**/added/delta_0000001_0000001_0000"))
        metastore = Metastore(address)

        def put(write_id):
            shutil.copytree(written, written.parent / f"delta_{write_id:07}_{write_id:07}_0000")

        (first, first_id), (second, second_id) = metastore.begin("added"), metastore.begin("added")
        put(first_id)
        put(second_id)
        time.sleep(2)
        assert tail.lines == shown, f"open transactions are read: {tail.lines}"
        metastore.end("commit_txn", second)
        tail.until(shown := shown + ["1,a", "2,b"])
        metastore.end("abort_txn", first)
        third, third_id = metastore.begin("added")
        put(third_id)
        metastore.end("commit_txn", third)
        tail.until(shown := shown + ["1,a", "2,b"])
        time.sleep(2)
        tail.until(shown)
        tail.stop()
        assert rows(skep, "added", work) == sorted(shown[1:])
        metastore.close()
        print(f"Hive {version}: transactions are read when they are committed, each once")
    finally:
        subprocess.run([HERE / "services" / "down", handle], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--skep", required=True)
    parser.add_argument("--versions", default="3,4")
    options = parser.parse_args()
    skep = os.path.abspath(options.skep)
    for version in options.versions.split(","):
        with tempfile.TemporaryDirectory() as folder:
            check(skep, version, Path(folder))


main()
