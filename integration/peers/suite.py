"""The suite of the catalog port (`metastore/src/conformance.rs`) runs over a real metastore."""

from common import ROOT, Peers, run


def check(_, version):
    with Peers(f"hms{version}") as peers:
        return conformance(peers.uri(f"hms{version}"))


def conformance(uri):
    said = run(["cargo", "run", "--quiet", "--release", "-p", "metastore", "--example", "conformance", "--", uri], cwd=ROOT)
    passed = [line for line in said.splitlines() if line.endswith(" ok")]
    return f"{said.splitlines()[0].split(' ', 1)[1]}: {len(passed)} cases passed"
