"""PostgreSQL's protocol on a Unix socket, as much of it as a gateway speaks."""

import os
import socket
import struct


class Refused(Exception):
    """An error of the server: its SQLSTATE, and its other fields by their letter."""

    def __init__(self, fields):
        self.code, self.fields = fields["C"], fields
        super().__init__(f"{self.code}: {fields['M']}")


class Session:
    def __init__(self, user, database, directory=None, port=None):
        self.wire = socket.socket(socket.AF_UNIX)
        self.wire.settimeout(20)
        self.wire.connect(f"{directory or os.environ['PGHOST']}"
                          f"/.s.PGSQL.{port or os.environ['PGPORT']}")
        self.stream = self.wire.makefile("rb")
        settings = ["user", user, "database", database, "client_encoding", "UTF8", ""]
        body = struct.pack("!i", 3 << 16) + b"".join(map(text, settings))
        self.wire.sendall(struct.pack("!i", len(body) + 4) + body)
        self.answer()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()
        self.wire.close()

    def run(self, sql, *parameters):
        """The rows of the last of some statements; of one statement alone, if
        it has parameters."""
        if parameters:
            return self.execute("", parameters, message(b"P", text("") + text(sql) + b"\0\0"))
        self.wire.sendall(message(b"Q", text(sql)))
        return self.answer()

    def prepare(self, name, sql):
        self.wire.sendall(message(b"P", text(name) + text(sql) + b"\0\0") + message(b"S"))
        self.answer()

    def execute(self, name, parameters, before=b""):
        """The rows of a statement that was prepared."""
        values = b"".join(struct.pack("!i", len(p)) + p for p in map(str.encode, parameters))
        self.wire.sendall(
            before
            + message(b"B", text("") + text(name) + struct.pack("!hh", 0, len(parameters))
                      + values + struct.pack("!h", 0))
            + message(b"E", text("") + struct.pack("!i", 0)) + message(b"S"))
        return self.answer()

    def answer(self):
        rows, refused = [], None
        while True:
            kind, size = struct.unpack("!ci", self.read(5))
            body = self.read(size - 4)
            if kind == b"D":
                rows.append(row(body))
            elif kind == b"T":
                rows = []
            elif kind == b"E":
                refused = Refused({part[:1].decode(): part[1:].decode()
                                   for part in body.split(b"\0") if part})
                if refused.fields["V"] == "FATAL":
                    raise refused
            elif kind == b"R" and body != bytes(4):
                raise ConnectionError("the server asks for a password")
            elif kind == b"Z":
                if refused:
                    raise refused
                return rows

    def read(self, size):
        data = self.stream.read(size)
        if len(data) != size:
            raise ConnectionError("the server hung up")
        return data


def text(value):
    return value.encode() + b"\0"


def message(kind, body=b""):
    return kind + struct.pack("!i", len(body) + 4) + body


def row(body):
    count, = struct.unpack_from("!h", body)
    at, values = 2, []
    for _ in range(count):
        size, = struct.unpack_from("!i", body, at)
        at += 4
        values.append(None if size < 0 else body[at:at + size].decode())
        at += max(size, 0)
    return values
