"""The suite of the catalog port (`metastore/src/conformance.rs`) runs over a real metastore."""

from common import ROOT, Peers, run

# Writes the events that one case looks at; the registry has no such jar for Hive 4, whose metastore has none to tell then.
LISTENER = "org.apache.hive.hcatalog.listener.DbNotificationListener"


def check(_, version):
    with Peers(f"hms{version}") as peers:
        said = conformance(peers.uri(f"hms{version}"))
    if version == "4":
        return said
    with Peers(f"hms{version}", LISTENERS=LISTENER) as peers:
        return f"{said}; with events {conformance(peers.uri(f'hms{version}'))}"


def conformance(uri):
    said = run(["cargo", "run", "--quiet", "--release", "-p", "metastore", "--example", "conformance", "--", uri], cwd=ROOT)
    passed = [line for line in said.splitlines() if line.endswith(" ok")]
    return f"{said.splitlines()[0].split(' ', 1)[1]}: {len(passed)} cases passed"
