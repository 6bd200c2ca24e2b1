"""What the checks share: peers that are started and ended, and the programs that are run against them."""

import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SERVICES = f"{ROOT}/integration/services"

# Hive's versions by the number in the names of their peers (hms2, ...), as their shell is called in clients/hive.sh.
SHELLS = {"2": "23", "3": "31", "4": "4"}
# Spark 3.5 has the client of Hive 2.3, which does not know the metastore of Hive 4.
SPARK = ["2", "3"]


class Fault(Exception):
    """Something is not as it must be; the text says what."""


class Peers:
    """Real services on the loopback, for as long as a `with` block runs."""

    def __init__(self, *names, **environment):
        self.names, self.environment = names, environment

    def __enter__(self):
        done = subprocess.run(
            [f"{SERVICES}/up", *self.names], stdout=subprocess.PIPE, text=True, env=os.environ | self.environment
        )
        if done.returncode:
            raise Fault(f"{' '.join(self.names)}: did not start")
        said = dict(line.split(maxsplit=1) for line in done.stdout.splitlines())
        self.handle = said.pop("handle")
        self.addresses = said
        return self

    def __exit__(self, *_):
        subprocess.run([f"{SERVICES}/down", self.handle], check=True)

    def uri(self, name):
        return f"thrift://{self.addresses[name]}"


class OwnMetastore:
    """`skep metastore` in a folder, for as long as a `with` block runs."""

    def __init__(self, skep, folder):
        self.command = [skep, "metastore", "--listen", "127.0.0.1:0", "--warehouse", folder]

    def __enter__(self):
        self.child = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        self.uri = self.child.stdout.readline().strip()
        if not self.uri:
            raise Fault("skep metastore did not start")
        return self

    def __exit__(self, *_):
        self.child.terminate()
        self.child.wait(30)


class Folder:
    """A folder that is deleted at the end, unless KEEP is set."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="skep-peers-")
        return self.path

    def __exit__(self, *_):
        if os.environ.get("KEEP"):
            print(f"kept: {self.path}")
        else:
            shutil.rmtree(self.path, ignore_errors=True)


def run(command, seconds=1800, **more):
    """Runs a command to its end and gives its output; anything but success is a fault that shows what it said."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, **more)
    if done.returncode:
        raise Fault(f"{' '.join(map(str, command[:4]))}: exit {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
    return done.stdout


def conf_dir(folder, uri):
    """Makes a folder with the hive-site.xml of a metastore's clients."""
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/hive-site.xml", "w") as out:
        out.write(f"<configuration><property><name>hive.metastore.uris</name><value>{uri}</value></property></configuration>")
    return folder


def hive(version, uri, folder, script):
    """Runs a script with Hive's own shell and gives what it prints."""
    path = f"{folder}/script.sql"
    os.makedirs(folder, exist_ok=True)
    with open(path, "w") as out:
        out.write(script)
    return run([f"{SERVICES}/clients/hive.sh", SHELLS[version], uri, folder, "-S", "-f", path])


def spark(uri, folder, statements):
    """Runs statements with Spark 3.5 and gives the rows of each as lists of texts; `@serde` and `@native` choose the reader of Parquet."""
    import json

    said = run([sys.executable, f"{SERVICES}/clients/spark_sql.py", uri, folder], input=json.dumps(statements))
    return json.loads(said.splitlines()[-1])


def same(what, found, wanted):
    """Compares rows without their order."""
    found, wanted = sorted(map(tuple, found), key=str), sorted(map(tuple, wanted), key=str)
    if found != wanted:
        more, less = [r for r in found if r not in wanted], [r for r in wanted if r not in found]
        raise Fault(f"{what}: {len(found)} rows, wanted {len(wanted)}; not wanted {more[:5]}, missing {less[:5]}")
