"""Hive's shell runs the same statements on its own metastore and on `skep metastore`, and prints the same."""

import difflib
import itertools
import re

from common import HERE, Fault, Folder, OwnMetastore, Peers, hive

# What differs between two runs on one and the same metastore: times, and where files lie.
TIMES = [
    (r"(CreateTime:|LastAccessTime:|transient_lastDdlTime|last_modified_time)(['\"=:\s]+)[\w :']*\d[\w :']*", r"\1\2TIME"),
    (r"createTime:\d+", "createTime:TIME"),
    (r"_\d{13,}\b", "_TIME"),
]


def told(version, uri, folder):
    """Gives what the shell prints, without what differs by nature."""
    script = open(f"{HERE}/statements.sql").read().replace("@W@", folder)
    text = hive(version, uri, f"{folder}/shell", script)
    for pattern, replacement in TIMES:
        text = re.sub(pattern, replacement, text)
    return in_order([line.rstrip() for line in text.replace(folder, "FOLDER").splitlines()])


def in_order(lines):
    """Sorts the lines by which MSCK tells what it has repaired: it takes them from a set of objects without a hash of their own."""
    runs = itertools.groupby(lines, lambda line: line.startswith("Repair: "))
    return [line for repaired, some in runs for line in (sorted(some) if repaired else some)]


def check(skep, version):
    with Peers(f"hms{version}") as peers, Folder() as folder:
        theirs = told(version, peers.uri(f"hms{version}"), folder)
        # Where its metastore puts databases is the only thing that is its own.
        theirs = [line.replace(f"file:{peers.handle}/hms{version}", "file:FOLDER") for line in theirs]
    with Folder() as folder, OwnMetastore(skep, f"{folder}/warehouse") as own:
        ours = told(version, own.uri, folder)
    differences = [line for line in difflib.unified_diff(theirs, ours, "own metastore", "skep metastore", n=2, lineterm="")]
    if differences:
        raise Fault("the shell prints something else:\n" + "\n".join(differences))
    return f"{len(theirs)} lines alike"
