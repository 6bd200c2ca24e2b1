"""Foreign engines that `foreign.py` asks: how each is fetched, started on the loopback, asked and ended."""

import base64
import glob
import os
import subprocess

SERVICES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "services")
MAVEN = ["mvn", "-B", "-q"]


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
    """Runs a script with the shell of a version; gives its exit code, what it printed, and its log."""
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/script.hql", "w") as out:
        out.write(script)
    command = [f"{SERVICES}/clients/hive.sh", version, metastore, folder, "-f", f"{folder}/script.hql"]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    return done.returncode, done.stdout, done.stderr


class Metastore:
    """The metastore of the binary itself over a folder that `prepare` fills; gives its address."""

    def __init__(self, skep, folder, prepare):
        os.makedirs(folder)
        prepare(folder)
        self.process = subprocess.Popen([skep, "metastore", "--listen", "127.0.0.1:0", "--warehouse", folder], stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self.process.stdout.readline().strip()

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def from_trino(row):
    return {**row, "b": None if row["b"] is None else base64.b64decode(row["b"])}
