"""What `formats/examples/written_files.rs` promises: the columns, and the rows in one form for all readers."""

import base64
import datetime
import json
import struct
from decimal import Decimal

TYPES = {
    "id": "bigint", "bo": "boolean", "ti": "tinyint", "si": "smallint", "i": "int", "f": "float", "d": "double", "d5": "decimal(5,2)",
    "d38": "decimal(38,10)", "s": "string", "u": "string", "v": "varchar(10)", "c": "char(5)", "b": "binary", "dt": "date",
    "ts": "timestamp", "a": "array<int>", "m": "map<string,int>", "st": "struct<a:int,b:string>",
    "n": "array<map<string,struct<t:timestamp,x:array<decimal(10,3)>>>>",
}  # fmt: skip
NAMES = list(TYPES)
COLUMNS = ", ".join(f"{name} {kind}" for name, kind in TYPES.items())


def inner(kind):
    """Splits a type into its name and what stands between its brackets, cut at the commas of this level."""
    name, _, rest = kind.partition("<")
    parts, depth, start = [], 0, 0
    for at, char in enumerate(rest):
        depth += (char in "<(") - (char in ">)")
        if (char == "," and depth == 0) or depth < 0:
            parts.append(rest[start:at])
            start = at + 1
    return name, parts


def fields(parts):
    return [part.partition(":")[::2] for part in parts]


def moment(value):
    """Brings a timestamp of Python, or the text of one, to six digits."""
    if isinstance(value, datetime.datetime):
        return value.replace(tzinfo=None).isoformat(" ", "microseconds")
    second, _, fraction = str(value).replace("T", " ").partition(".")
    return f"{second}.{fraction[:6]:0<6}"


def canonical(kind, value):
    """Brings a value of any reader into the form of the promised rows."""
    if value is None:
        return None
    name, parts = inner(kind)
    if name == "array":
        return [canonical(parts[0], element) for element in value]
    if name == "map":
        return {key: canonical(parts[1], element) for key, element in dict(value).items()}
    if name == "struct":
        values = value if isinstance(value, dict) else dict(zip((field for field, _ in fields(parts)), value, strict=True))
        return {field: canonical(part, values[field]) for field, part in fields(parts)}
    if name.startswith("decimal"):
        return f"{Decimal(value):.{name.rstrip(')').split(',')[1]}f}"
    if name == "binary":
        return bytes(value).hex()
    if name == "timestamp":
        return moment(value)
    if name == "float":
        return struct.unpack("f", struct.pack("f", float(value)))[0]
    if name == "double":
        return float(value)
    if name.startswith("char"):
        return (value.decode() if isinstance(value, bytes) else value).ljust(5)
    return str(value) if name == "date" else value


def from_text(kind, text, level=1):
    """Reads a value of Hive's text files, whose parts are divided by bytes 1, 2, 3 and so on."""
    if text == "\\N":
        return None
    name, parts = inner(kind)
    pieces = text.split(chr(level + 1)) if text else []
    if name == "array":
        return [from_text(parts[0], piece, level + 1) for piece in pieces]
    if name == "map":
        pairs = (piece.partition(chr(level + 2)) for piece in pieces)
        return {key: from_text(parts[1], value, level + 2) for key, _, value in pairs}
    if name == "struct":
        return {field: from_text(part, piece, level + 1) for (field, part), piece in zip(fields(parts), pieces, strict=True)}
    if name == "boolean":
        return text == "true"
    if name in ("bigint", "int", "smallint", "tinyint"):
        return int(text)
    # Hive 4 leaves out the padding.
    return base64.b64decode(text + "=" * (-len(text) % 4)) if name == "binary" else text


def without_nulls(kind, value, structs=False):
    """Weakens a promised value to what a reader without null lists and maps can say, or even without null structs."""
    name, parts = inner(kind)
    if name == "array":
        return [without_nulls(parts[0], element, structs) for element in value or []]
    if name == "map":
        return {key: without_nulls(parts[1], element, structs) for key, element in (value or {}).items()}
    if name == "struct" and (structs or value is not None):
        return {field: without_nulls(part, (value or {}).get(field), structs) for field, part in fields(parts)}
    return value


def without_null_structs(kind, value):
    return without_nulls(kind, value, structs=True)


def changed_times(change):
    """Makes a weakening that changes all timestamps of a promised value."""

    def weaken(kind, value):
        name, parts = inner(kind)
        if value is None:
            return None
        if name == "array":
            return [weaken(parts[0], element) for element in value]
        if name == "map":
            return {key: weaken(parts[1], element) for key, element in value.items()}
        if name == "struct":
            return {field: weaken(part, value[field]) for field, part in fields(parts)}
        return change(value) if name == "timestamp" else value

    return weaken


def _a_second_early(text):
    if text < "1970" and "000001" <= text[-6:] <= "000999":
        return moment(datetime.datetime.fromisoformat(text) - datetime.timedelta(seconds=1))
    return text


# What Hive 2.3 and Trino read in ORC: before 1970 it takes a fraction below a millisecond for one that was rounded.
a_second_early = changed_times(_a_second_early)
# What Hive's Avro has of a timestamp.
in_milliseconds = changed_times(lambda text: f"{text[:-3]}000")


def promised(path):
    with open(path) as lines:
        return [json.loads(line) for line in lines]


def compare(who, names, rows, want, weaken=lambda kind, value: value):
    """Compares rows of any reader with the promised ones; says what differs, once a column."""
    if len(rows) != len(want):
        return [f"{who}: {len(rows)} rows instead of {len(want)}"]
    want = {row["id"]: row for row in want}
    wrong = []
    for name in names:
        kind = TYPES[name]
        for row in rows:
            expected = weaken(kind, want[row["id"]][name])
            seen = canonical(kind, row[name])
            if seen != expected:
                wrong.append(f"{who}: {name} of row {row['id']} is {seen!r:.80} instead of {expected!r:.80}")
                break
    return wrong
