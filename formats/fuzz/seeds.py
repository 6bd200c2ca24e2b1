"""Makes seeds for the targets from folders of real files, and from columns that pyarrow writes.

usage: seeds.py OUT FOLDER...: writes OUT/TARGET/NAME. Needs pyarrow.
"""

import hashlib
import io
import os
import sys

LARGEST = 64 << 10
# The order of streams in `src/orc.rs`: index streams first, each column's in the order of its shape.
PRESENT, DATA, LENGTH, DICTIONARY, SECONDARY, ROW_INDEX, BLOOM = 0, 1, 2, 3, 5, 6, 8


def put(out, target, data):
    folder = os.path.join(out, target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, hashlib.sha1(data).hexdigest()[:16]), "wb") as file:
        file.write(data)


def targets(data, path):
    """Names the targets that a file is a seed of, and the bytes before it."""
    head = data[:4]
    if head[:3] == b"ORC" or b"ORC" in data[-64:]:
        return [("orc_file", b""), ("orc_tail", b"")]
    if head in (b"PAR1", b"PARE"):
        return [("parquet", b"")]
    if head == b"Obj\x01":
        return [("avro", b"")]
    if head[:3] == b"RCF":
        return [("rcfile", b"")]
    if head[:3] == b"SEQ":
        return [("sequence", b""), ("rcfile", b"")]
    for i, end in enumerate((".snappy", ".lz4", ".gz", ".deflate", ".bz2", ".zst")):
        if path.endswith(end):
            return [("packed", bytes([i]))]
    if data.lstrip()[:1] in (b"{", b"["):
        return [("text", bytes([8])), ("text", bytes([9])), ("message", b"\0"), ("avro_message", b"\3")]
    return [("text", bytes([n])) for n in range(8)] + [("message", b"\1"), ("message", b"\2"), ("message", b"\3")]


def real_files(out, folder):
    for root, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(root, name)
            size = os.path.getsize(path)
            if 0 < size and not name.endswith((".md", ".py", ".sql", ".tsv", ".csv", ".jsn.gz", ".jsonl.gz")):
                with open(path, "rb") as file:
                    data = file.read(LARGEST if size > LARGEST else size)
                if size > LARGEST and data[:3] in (b"ORC", b"PAR", b"SEQ", b"RCF"):
                    continue  # a cut file only shows that it is cut
                for target, head in targets(data, name):
                    put(out, target, head + data)


def varint(data, at):
    value, shift = 0, 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def fields(data):
    """Reads a protobuf message as pairs of field number and value."""
    at, found = 0, []
    while at < len(data):
        tag, at = varint(data, at)
        if tag & 7 == 0:
            value, at = varint(data, at)
        elif tag & 7 == 2:
            length, at = varint(data, at)
            value, at = data[at : at + length], at + length
        else:
            size = 8 if tag & 7 == 1 else 4
            value, at = data[at : at + size], at + size
        found.append((tag >> 3, value))
    return found


def streams(file):
    """Finds the streams and the encodings of the first stripe of a file without compression."""
    post = dict(fields(file[-1 - file[-1] : -1]))
    end = len(file) - 1 - file[-1]
    footer = fields(file[end - post[1] : end])
    stripe = dict(fields(next(value for number, value in footer if number == 3)))
    at = stripe[1]
    start = at + stripe.get(2, 0) + stripe.get(3, 0)
    found, encodings = {}, []
    for number, value in fields(file[start : start + stripe[4]]):
        value = dict(fields(value)) if isinstance(value, bytes) and number < 3 else {}
        if number == 1:
            length = value.get(3, 0)
            found[value.get(2, 0), value.get(1, 0)] = file[at : at + length]
            at += length
        elif number == 2:
            encodings.append((value.get(1, 0), value.get(2, 0)))
    return found, encodings


def columns():
    """Gives target, shape, streams of each column, and values."""
    import datetime as dt
    from decimal import Decimal

    import pyarrow as pa

    numbers = [i * i * 31 % 1009 - 300 for i in range(120)]
    shapes = []

    def add(target, shape, wanted, kind, values):
        for nulls in (False, True):
            column = [None if nulls and i % 5 == 3 else value for i, value in enumerate(values)]
            shapes.append((target, shape, wanted, pa.array(column, kind), nulls))

    for sequence in (numbers, list(range(120)), [7] * 120, [n * 2**40 if n % 17 == 0 else n for n in numbers]):
        add("orc_integers", 1, [[PRESENT, DATA]], pa.int32(), [n % 2**31 for n in sequence])
        add("orc_integers", 2, [[PRESENT, DATA, ROW_INDEX]], pa.int64(), sequence)
        add("orc_index", 0, [[DATA, ROW_INDEX, BLOOM]], pa.int64(), sequence)
    add("orc_integers", 0, [[PRESENT, DATA]], pa.int16(), numbers)
    add("orc_integers", 3, [[PRESENT, DATA]], pa.date32(), [dt.date(1970, 1, 1) + dt.timedelta(n * 300) for n in numbers])
    add("orc_integers", 4, [[PRESENT, DATA]], pa.float32(), [float(n) for n in numbers][:40])
    add("orc_integers", 5, [[PRESENT, DATA, ROW_INDEX]], pa.float64(), [float(n) for n in numbers][:25])
    add("orc_bytes", 0, [[PRESENT, DATA, ROW_INDEX]], pa.bool_(), [n % 3 == 0 for n in numbers])
    add("orc_bytes", 1, [[PRESENT, DATA, ROW_INDEX]], pa.int8(), [n % 100 for n in numbers])
    decimals = [Decimal(n * 10**9) / 1000 for n in numbers[:40]]
    add("orc_decimal", 0, [[PRESENT, DATA, SECONDARY, ROW_INDEX]], pa.decimal128(20, 3), decimals)
    times = [dt.datetime(2020, 1, 1) + dt.timedelta(seconds=n * 900000, microseconds=abs(n) * 10) for n in numbers[:40]]
    add("orc_timestamp", 0, [[PRESENT, DATA, SECONDARY, ROW_INDEX]], pa.timestamp("us"), times)
    add("orc_timestamp", 1, [[PRESENT, DATA, SECONDARY]], pa.timestamp("us", "UTC"), times)
    for texts in ([str(n) for n in numbers[:60]], [f"k{n % 5}" for n in numbers], ["", "ä", "x" * 90]):
        add("orc_text", 0, [[PRESENT, DATA, LENGTH, DICTIONARY, ROW_INDEX, BLOOM]], pa.string(), texts)
        add("orc_text", 1, [[PRESENT, DATA, LENGTH]], pa.binary(), [t.encode() for t in texts])
        add("orc_index", 1, [[DATA, LENGTH, DICTIONARY, ROW_INDEX, BLOOM]], pa.string(), texts)
    integer, text = [PRESENT, DATA, ROW_INDEX], [DATA, LENGTH, DICTIONARY, ROW_INDEX]
    lists = [list(range(n % 4)) for n in numbers[:60]]
    add("orc_nested", 0, [[PRESENT, LENGTH, ROW_INDEX], integer], pa.list_(pa.int32()), lists)
    maps = [[(f"k{i}", i) for i in range(n % 3)] for n in numbers[:60]]
    add("orc_nested", 1, [[PRESENT, LENGTH, ROW_INDEX], text, integer], pa.map_(pa.string(), pa.int32()), maps)
    pair = pa.struct([("c2", pa.int32()), ("c3", pa.string())])
    add("orc_nested", 2, [[PRESENT, ROW_INDEX], integer, text], pair, [{"c2": n, "c3": str(n)} for n in numbers[:60]])
    return shapes


def column_files(out):
    import pyarrow as pa
    from pyarrow import orc

    for target, shape, wanted, array, nulls in columns():
        for version in ("0.11", "0.12"):
            for threshold in (0.0, 1.0):
                sink = io.BytesIO()
                orc.write_table(
                    pa.table({"c1": array}), sink, file_version=version, compression="uncompressed", row_index_stride=40,
                    dictionary_key_size_threshold=threshold, bloom_filter_columns=[1], bloom_filter_fpp=0.2,
                )
                found, encodings = streams(sink.getvalue())
                encoding, size = max(encodings[1:])
                for index in (0, 1):
                    flags = index | (2 if nulls else 0) | min(size // 3, 15) << 4
                    parts = []
                    for i, kinds in enumerate(wanted, 1):
                        for kind in kinds:
                            skipped = (kind >= ROW_INDEX and not index) or (kind == PRESENT and not nulls)
                            if not skipped and not (kind == DICTIONARY and encoding & 1 == 0):
                                parts.append((kind < ROW_INDEX, found.get((i, kind), b"")))
                    parts = [part for _, part in sorted(parts, key=lambda part: part[0])]
                    if all(len(part) < 256 for part in parts):
                        head = bytes([shape, encoding, len(array) // 8, flags])
                        put(out, target, head + bytes(len(part) for part in parts) + b"".join(parts))


def blocks(out):
    """Blocks as they are, for each codec; and one packed block of each that Python can make."""
    import zlib

    import pyarrow as pa

    body = bytes(range(1, 60)) * 3
    packed = {1: zlib.compress(body)[2:-4], 2: pa.compress(body, "snappy", asbytes=True), 4: pa.compress(body, "lz4_raw", asbytes=True),
              5: pa.compress(body, "zstd", asbytes=True)}
    for codec in range(1, 6):
        for raw in (body, packed.get(codec, body)):
            block = (len(raw) << 1 | (raw is body)).to_bytes(3, "little") + raw
            put(out, "orc_blocks", bytes([0, (codec - 1) << 2 | 2, 9, 0, 255]) + block * 2)
            put(out, "orc_blocks", bytes([1, (codec - 1) << 2 | 2, 9, 0, 128, 127]) + block * 2)
    for i, name in enumerate(("snappy", "lz4_raw")):
        text = b"1\x01abc\n" * 40
        piece = pa.compress(text, name, asbytes=True)
        put(out, "packed", bytes([i]) + len(text).to_bytes(4, "big") + len(piece).to_bytes(4, "big") + piece)


def main():
    out, folders = sys.argv[1], sys.argv[2:]
    for folder in folders:
        real_files(out, folder)
    column_files(out)
    blocks(out)
    put(out, "orc_stripe", b"\0")
    put(out, "avro_message", b"\0\2\x06\0\x02x\0\0\0\0abc")
    for target in sorted(os.listdir(out)):
        print(target, len(os.listdir(os.path.join(out, target))))


main()
