"""Asks Trino over HTTP, by nothing but Python's own library."""

import json
import urllib.request


class Refused(Exception):
    """Trino does not run a statement; the text says why."""


class Trino:
    """The catalog `hive` of a Trino at HOST:PORT; `session` sets properties, as `hive.timestamp_precision=MICROSECONDS`."""

    # Without it a client is sent no more than the milliseconds of a timestamp.
    CAPABILITIES = {"X-Trino-Client-Capabilities": "PARAMETRIC_DATETIME"}


    def __init__(self, address, session=""):
        self.address, self.asked = address, 0
        place = {"X-Trino-User": "test", "X-Trino-Catalog": "hive", "X-Trino-Schema": "default", "X-Trino-Session": session}
        self.headers = place | self.CAPABILITIES

    def __call__(self, statement):
        """Gives the rows of a statement."""
        return self.query(statement)[1]

    def query(self, statement):
        """Gives the names of the columns, the rows, and the statistics of the query."""
        self.asked += 1
        page = self.ask(f"http://{self.address}/v1/statement", statement.encode())
        names, rows = [], []
        while True:
            if "error" in page:
                raise Refused(f"{', '.join(causes(page['error']))}: {statement[:200]}")
            names = [column["name"] for column in page.get("columns", [])] or names
            rows += page.get("data", [])
            if "nextUri" not in page:
                return names, rows, page["stats"]
            page = self.ask(page["nextUri"])

    def ask(self, url, body=None):
        with urllib.request.urlopen(urllib.request.Request(url, body, self.headers), timeout=300) as answer:
            return json.load(answer)


def causes(error):
    """Names an error and what has led to it."""
    yield error["message"]
    cause = (error.get("failureInfo") or {}).get("cause")
    while cause:
        yield cause.get("message") or cause["type"]
        cause = cause.get("cause")
