"""Foreign engines that `foreign.py` asks: how each is fetched, started on the loopback, asked and ended."""

import base64
import glob
import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.request
import zipfile

SERVICES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "services")
MAVEN = ["mvn", "-B", "-q"]
TRINO = ["io.trino:trino-server-core:476:tar.gz", "io.trino:trino-hive:476:zip", "io.trino:trino-hdfs:474:zip"]
PATIENCE = 900  # seconds until a service must answer


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def until(what, holds, process):
    """Waits until something holds; fails if the process ends before, or takes too long."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if holds():
            return
        if process.poll() is not None:
            raise SystemExit(f"{what} ended with {process.returncode} before it was ready")
        time.sleep(0.5)
    raise SystemExit(f"{what} did not get ready")


def fetch(jars, *coordinates):
    """Puts artifacts of Maven into a folder, once; gives their paths."""
    os.makedirs(jars, exist_ok=True)
    paths = []
    for coordinate in coordinates:
        _, name, version, kind, *rest = coordinate.split(":")
        path = f"{jars}/{'-'.join([name, version, *rest])}.{kind}"
        if not os.path.exists(path):
            subprocess.run([*MAVEN, "dependency:copy", f"-Dartifact={coordinate}", f"-DoutputDirectory={jars}"], check=True)
        paths.append(path)
    return paths


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def parquet_cli(jars, *args):
    home = f"{jars}/pcli"
    if not os.path.isdir(home):
        subprocess.run([*MAVEN, "-f", f"{SERVICES}/parquet-cli.xml", "dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={home}"], check=True)
    return run(["java", "-Xmx512m", "-cp", f"{home}/*", "org.apache.parquet.cli.Main", *args])


def parquet_tools(jars, *args):
    (tools,) = fetch(f"{jars}/dl", "org.apache.parquet:parquet-tools:1.11.2:jar")
    hadoop = glob.glob(f"{jars}/pcli/hadoop-client-*.jar") + glob.glob(f"{jars}/pcli/commons-logging-*.jar")
    return run(["java", "-Xmx512m", "-cp", ":".join([tools, *hadoop]), "org.apache.parquet.tools.Main", *args])


def hive(version, metastore, folder, script):
    """Runs a script with a version's command line; gives its exit code, what it printed, and its log."""
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/script.hql", "w") as out:
        out.write(script)
    done = subprocess.run([f"{SERVICES}/hive", version, metastore, folder, f"{folder}/script.hql"], stdout=subprocess.PIPE, text=True)
    with open(f"{folder}/log", errors="replace") as log:
        return done.returncode, done.stdout, log.read()


class Refused(Exception):
    """An engine does not run a query."""


class Metastore:
    """The metastore of the binary itself over a folder that `prepare` fills; gives its address."""

    def __init__(self, skep, folder, prepare):
        os.makedirs(folder)
        prepare(folder)
        self.process = subprocess.Popen([skep, "metastore", "--listen", "127.0.0.1:0", "--warehouse", folder], stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self.process.stdout.readline().strip().removeprefix("thrift://")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


class Trino:
    """Trino 476 with a catalog of Hive tables."""

    def __init__(self, jars, folder, metastore):
        self.home = f"{jars}/trino-server-core-476"
        if not os.path.isdir(f"{self.home}/plugin/hive/hdfs"):
            server, hive_plugin, hdfs = fetch(f"{jars}/dl", *TRINO)
            shutil.unpack_archive(server, jars, filter="data")
            for archive, name in ((hive_plugin, "hive"), (hdfs, None)):
                place = f"{self.home}/plugin" if name else f"{self.home}/plugin/hive"
                with zipfile.ZipFile(archive) as packed:
                    packed.extractall(place)
                if name:
                    os.rename(f"{place}/trino-hive-476", f"{place}/{name}")
        self.etc, self.port = f"{folder}/etc", free_port()
        data = f"{folder}/data"
        os.makedirs(f"{self.etc}/catalog")
        os.makedirs(data)
        files = {
            "node.properties": f"node.environment=test\nnode.id=n1\nnode.data-dir={data}\nnode.bind-ip=127.0.0.1\nnode.internal-address=127.0.0.1",
            "jvm.config": "-server\n-Xmx1G\n-XX:ReservedCodeCacheSize=256M\n-Djdk.attach.allowAttachSelf=true\n-Duser.timezone=UTC",
            "log.properties": "io.trino=WARN",
            "config.properties": f"coordinator=true\nnode-scheduler.include-coordinator=true\nhttp-server.http.port={self.port}\n"
            f"discovery.uri=http://127.0.0.1:{self.port}\nquery.max-memory=300MB\nquery.max-memory-per-node=300MB\nmemory.heap-headroom-per-node=200MB",
            "catalog/hive.properties": f"connector.name=hive\nhive.metastore.uri=thrift://{metastore}\nfs.hadoop.enabled=true\nhive.parquet.time-zone=UTC\n"
            "hive.orc.time-zone=UTC\nhive.orc.bloom-filters.enabled=true",
        }
        for name, text in files.items():
            with open(f"{self.etc}/{name}", "w") as out:
                out.write(text + "\n")

    def __enter__(self):
        java = os.environ["JAVA25"]
        env = {**os.environ, "JAVA_HOME": java, "PATH": f"{java}/bin:{os.environ['PATH']}"}
        with open(f"{self.etc}/out", "w") as out:
            self.process = subprocess.Popen([f"{self.home}/bin/launcher", "run", "--etc-dir", self.etc], env=env, stdout=out, stderr=out)
        until("Trino", self.ready, self.process)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def ask(self, path, body=None):
        headers = {"X-Trino-User": "t", "X-Trino-Catalog": "hive", "X-Trino-Schema": "default", "X-Trino-Session": "hive.timestamp_precision=MICROSECONDS"}
        url = path if path.startswith("http") else f"http://127.0.0.1:{self.port}{path}"
        with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as answer:
            return json.load(answer)

    def ready(self):
        try:
            return not self.ask("/v1/info")["starting"]
        except OSError:
            return False

    def query(self, sql):
        """Gives the names of the columns, the rows, and the statistics of the query."""
        answer = self.ask("/v1/statement", sql.encode())
        header, rows = [], []
        while True:
            if "error" in answer:
                causes, cause = [], answer["error"].get("failureInfo")
                while cause:
                    causes.append(cause.get("message") or cause["type"])
                    cause = cause.get("cause")
                raise Refused(f"{': '.join(causes)}: {sql}")
            header = [column["name"] for column in answer.get("columns", [])] or header
            rows += answer.get("data", [])
            if "nextUri" not in answer:
                return header, rows, answer["stats"]
            answer = self.ask(answer["nextUri"])


def from_trino(row):
    return {**row, "b": None if row["b"] is None else base64.b64decode(row["b"])}

