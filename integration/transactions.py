"""Has Hive write transactional tables on its own metastore, and skep read them while transactions come and go and while Hive compacts them.

    python integration/transactions.py --skep target/release/skep [--versions 3,4]

Hive's shell inserts, updates and deletes; then transactions are opened, committed and rolled back by hand, with files in place
before they end. `skep tail` must show what is committed, once, when it is committed. Then the metastore of Hive 3.1 compacts a table, a
little and whole, and removes what it has replaced: nothing is shown again, and every read in between finds the rows of one moment.
(That of Hive 4 leaves compactions to other services, and that of 3.1 those of insert-only tables.)
"""

import argparse
import contextlib
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

# Statements of one shell, which says when they are done and waits to go on; what `whole` holds after each of them, and what is shown of
# both tables; and how the tables are compacted then: 1 a little, 2 whole.
ROUNDS = [
    ("UPDATE whole SET s='C' WHERE id=1; INSERT INTO whole VALUES (4,'d'); INSERT INTO added VALUES (3,'c')",
     [["1,C", "2,B"], ["1,C", "2,B", "4,d"]], ["1,C", "4,d"], ["3,c"], 1),
    ("DELETE FROM whole WHERE id=2; INSERT INTO whole VALUES (5,'e'); INSERT INTO added VALUES (4,'d')",
     [["1,C", "4,d"], ["1,C", "4,d", "5,e"]], ["5,e"], ["4,d"], 2),
    ("UPDATE whole SET s='E' WHERE id=5; INSERT INTO added VALUES (5,'e')", [["1,C", "4,d", "5,E"]], ["5,E"], ["5,e"], 2),
]
MOMENTS = [["1,a", "2,B"]] + [moment for _, moments, *_ in ROUNDS for moment in moments]


def text(number, value):
    """A field of text, as thrift's binary protocol has it."""
    return struct.pack(">bhi", 11, number, len(value)) + value.encode()


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
        asked = struct.pack(">bhi", 8, 1, 1) + text(2, "somebody") + text(3, "somewhere")
        transaction = self.ask("open_txns", asked)[1][0]
        ids = struct.pack(">bhbi", 15, 3, 10, 1) + struct.pack(">q", transaction)
        given = self.ask("allocate_table_write_ids", text(1, "default") + text(2, table) + ids)
        return transaction, given[1][0][2]

    def compact(self, table, kind):
        self.ask("compact2", text(1, "default") + text(2, table) + struct.pack(">bhi", 8, 4, kind))

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

    def settled(self):
        """What it prints of the rows that are there already."""
        lines = None
        while lines != self.lines or not lines:
            lines = list(self.lines)
            time.sleep(2)
        return lines

    def stop(self):
        self.process.terminate()
        assert self.process.wait(PATIENCE) == 0


def rows(skep, table, work):
    command = [skep, "tail", table, "--from", "earliest", "--no-follow", "--format", "csv"]
    command += ["--warehouse", str(work / "wh"), "--hive-conf-dir", str(work / "conf")]
    return sorted(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[1:])


class Shell:
    """Hive's shell, which runs the steps of a script one by one."""

    def __init__(self, version, address, work, steps):
        self.work, self.done = work, 0
        wait = work / "wait.sh"
        wait.write_text('until [ -e "$1" ]; do sleep 0.1; done\n')
        script = "".join(f"{step};\n!touch {work}/done{n};\n!bash {wait} {work}/go{n};\n" for n, step in enumerate(steps))
        (work / "steps.sql").write_text(script)
        command = [*shell(version, address, work / "steps"), "-f", work / "steps.sql"]
        self.log = open(work / "steps.log", "w+")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)

    def wait(self):
        """Waits for the step to be done."""
        while not (self.work / f"done{self.done}").exists():
            assert self.process.poll() is None, (self.work / "steps.log").read_text()[-2000:]
            time.sleep(0.1)

    def go(self):
        (self.work / f"go{self.done}").touch()
        self.done += 1


class Reads:
    """Reads a table again and again; every answer must be the rows of one moment, not of an earlier one than those that were over."""

    def __init__(self, skep, work):
        self.reached, self.count, self.stopping, self.fault = 0, 0, False, None

        def run():
            while not self.stopping and not self.fault:
                from_here = MOMENTS[self.reached :]
                try:
                    found = rows(skep, "whole", work)
                except subprocess.CalledProcessError as error:
                    self.fault = error.stderr
                    return
                self.count += 1
                if found not in from_here:
                    self.fault = f"{found} is none of {from_here}"

        self.thread = threading.Thread(target=run, daemon=True)
        self.thread.start()

    def stop(self):
        self.stopping = True
        self.thread.join(PATIENCE)
        assert not self.fault, self.fault


def deltas(handle, version, table):
    folder = next(Path(handle).glob(f"hms{version}/**/{table}"))
    return sorted(entry.name for entry in folder.iterdir() if entry.name.startswith(("base", "delta", "delete")))


def compactions(skep, version, work):
    """Rows are shown once, and read as of one moment, while Hive writes, compacts and removes."""
    with metastore_of(version, work, compactors=1) as (address, handle):
        steps = Shell(version, address, work, [step for step, *_ in ROUNDS])
        tails = {table: Tail(skep, table, work) for table in ("whole", "added")}
        shown = {table: tails[table].settled() for table in tails}
        reads = Reads(skep, work)
        metastore = Metastore(address)
        for _, moments, of_whole, of_added, kind in ROUNDS:
            steps.wait()
            reads.reached += len(moments)
            for table, new in (("whole", of_whole), ("added", of_added)):
                shown[table] = shown[table] + new
                tails[table].until(shown[table])
            before = deltas(handle, version, "whole")
            metastore.compact("whole", kind)
            wait_for(lambda: len(deltas(handle, version, "whole")) < len(before), "whole to be compacted and cleaned")
            time.sleep(2)
            for table in tails:
                tails[table].until(shown[table])
            steps.go()
        metastore.close()
        assert steps.process.wait(PATIENCE) == 0
        reads.stop()
        assert rows(skep, "whole", work) == MOMENTS[-1]
        for tail in tails.values():
            tail.stop()
    print(f"Hive {version}: {len(ROUNDS)} compactions, {reads.count} reads of one moment each, no row is shown twice", flush=True)


def wait_for(ready, what):
    end = time.monotonic() + 2 * PATIENCE
    while not ready():
        assert time.monotonic() < end, f"waited for {what}"
        time.sleep(0.1)


@contextlib.contextmanager
def metastore_of(version, work, compactors):
    """A metastore of Hive with the tables of `SETUP`: its address and the handle of its folder."""
    up, down = HERE / "services" / "up", HERE / "services" / "down"
    peer = subprocess.run(
        [up, f"hms{version}"], check=True, capture_output=True, text=True, env={**os.environ, "COMPACTORS": str(compactors)}
    )
    said = dict(line.split(" ", 1) for line in peer.stdout.splitlines())
    address = said[f"hms{version}"]
    try:
        (work / "conf").mkdir(parents=True)
        (work / "conf" / "hive-site.xml").write_text(
            f"<configuration><property><name>hive.metastore.uris</name><value>thrift://{address}</value></property></configuration>"
        )
        (work / "setup.sql").write_text(SETUP)
        subprocess.run([*shell(version, address, work / "run"), "-f", work / "setup.sql"], check=True, capture_output=True, text=True)
        yield address, said["handle"]
    finally:
        subprocess.run([down, said["handle"]], check=True)


def shell(version, address, folder):
    return ["bash", HERE / "services" / "clients" / "hive.sh", {"3": "31"}.get(version, version), f"thrift://{address}", folder]


def transactions(skep, version, work):
    """Transactions are opened, committed and rolled back by hand."""
    with metastore_of(version, work, compactors=0) as (address, handle):
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
    print(f"Hive {version}: transactions are read when they are committed, each once", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--skep", required=True)
    parser.add_argument("--versions", default="3,4")
    options = parser.parse_args()
    skep = os.path.abspath(options.skep)
    for version in options.versions.split(","):
        with tempfile.TemporaryDirectory() as folder:
            transactions(skep, version, Path(folder) / "by-hand")
            if version == "3":
                compactions(skep, version, Path(folder) / "compacted")


main()
