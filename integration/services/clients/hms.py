"""Asks a Hive Metastore over thrift, by nothing but a socket: for judges that must not share code with what they judge."""

import socket
import struct

CALL, REPLY = 1, 2


class Failed(Exception):
    """The metastore has answered with an exception."""


class Connection:
    def __init__(self, address, timeout=30):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout)
        self.file = self.socket.makefile("rb")

    def close(self):
        self.file.close()
        self.socket.close()

    def read(self, layout):
        size = struct.calcsize(layout)
        found = self.file.read(size)
        if len(found) < size:
            raise ConnectionError("the metastore has closed the connection")
        return struct.unpack(layout, found)[0]

    def value(self, kind):
        """Reads a value of the binary protocol; a struct becomes a dict by field number."""
        plain = {2: ">?", 3: ">b", 4: ">d", 6: ">h", 8: ">i", 10: ">q"}
        if kind in plain:
            return self.read(plain[kind])
        if kind == 11:
            size = self.read(">i")
            return self.file.read(size).decode()
        if kind == 12:
            fields = {}
            while field := self.read(">b"):
                number = self.read(">h")
                fields[number] = self.value(field)
            return fields
        if kind == 13:
            key, value, count = self.read(">b"), self.read(">b"), self.read(">i")
            return {self.value(key): self.value(value) for _ in range(count)}
        if kind in (14, 15):
            item, count = self.read(">b"), self.read(">i")
            return [self.value(item) for _ in range(count)]
        raise ValueError(f"type {kind} of the binary protocol")

    def call(self, method, *arguments):
        """Calls with texts and 16-bit numbers; gives what is returned."""
        body = b""
        for number, argument in enumerate(arguments, 1):
            if isinstance(argument, str):
                body += struct.pack(">bhi", 11, number, len(argument.encode())) + argument.encode()
            else:
                body += struct.pack(">bhh", 6, number, argument)
        head = struct.pack(">Ii", 0x8001_0000 | CALL, len(method)) + method.encode() + struct.pack(">i", 1)
        self.socket.sendall(head + body + b"\0")
        kind = self.read(">I") & 0xFF
        self.value(11)
        self.read(">i")
        fields = self.value(12)
        if kind != REPLY or 0 not in fields:
            raise Failed(f"{method}: {fields}")
        return fields[0]


def partition_names(address, database, table):
    connection = Connection(address)
    try:
        return connection.call("get_partition_names", database, table, -1)
    finally:
        connection.close()
