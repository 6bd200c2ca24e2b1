"""Flink's script of a stream from Kafka into Hive runs as it stands: a real broker, a real metastore, and Hive's shell and Spark of that
metastore read every value."""

import json
import random
from decimal import Decimal

from common import HERE, SPARK, Fault, Folder, Peers, conf_dir, hive, run, same, spark

ROWS, HOURS = 3000, 24
COLUMNS = "user_id, amount, log_ts, event_id, country, page, device, price, qty, flag, dt, hr"


def events():
    """Makes rows over a day; some values are NULL."""
    chance = random.Random(5)
    for n in range(ROWS):
        millis = n * HOURS * 3_600_000 // ROWS
        hour, rest = divmod(millis, 3_600_000)
        minute, rest = divmod(rest, 60_000)
        second, milli = divmod(rest, 1000)
        yield {
            "user_id": None if n % 97 == 0 else f"user-{chance.randrange(1000)}", "amount": chance.randrange(10**8) / 1000,
            "log_ts": f"2026-01-01 {hour:02}:{minute:02}:{second:02}.{milli:03}", "event_id": n, "country": f"C{n % 16}",
            "page": f"/ö/{chance.getrandbits(40):x}", "device": "", "price": f"{chance.randrange(-10**6, 10**6) / 100:.2f}",
            "qty": None if n % 13 == 0 else chance.randrange(-100, 100), "flag": n % 3 == 0,
        }


def produce(address, topic, rows):
    from confluent_kafka import Producer
    from confluent_kafka.admin import AdminClient, NewTopic

    admin = AdminClient({"bootstrap.servers": address})
    for done in admin.create_topics([NewTopic(topic, 4, 1)]).values():
        done.result(60)
    to = Producer({"bootstrap.servers": address})
    for n, row in enumerate(rows):
        to.produce(topic, json.dumps(row), partition=n % 4)
    to.flush()


def moment(text):
    """Leaves the zeros at the end of a second's fraction out."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def plain(row):
    """Makes values of texts, so that 1.50 and 1.5 are one; Hive prints NULL for what is none."""
    row = [None if value == "NULL" else value for value in row]
    return (row[0], float(row[1]), moment(row[2]), int(row[3]), *row[4:7], Decimal(row[7]), row[8] and int(row[8]), row[9].lower(), *row[10:])


def wanted(row):
    stamp = row["log_ts"]
    texts = [None if value is None else str(value) for value in row.values()]
    return plain([*texts, stamp[:10], stamp[11:13]])


def check(skep, version):
    rows = list(events())
    told = []
    with Peers("kafka", f"hms{version}") as peers, Folder() as folder:
        uri = peers.uri(f"hms{version}")
        produce(peers.addresses["kafka"], "events", rows)
        for form in ["PARQUET", "ORC"]:
            told.append(one(skep, version, form, folder, uri, peers.addresses["kafka"], [wanted(row) for row in rows]))
    return "; ".join(told)


def one(skep, version, form, folder, uri, broker, rows):
    table = f"events_{form.lower()}"
    script = open(f"{HERE}/flink.hql").read()
    places = {"CONF": conf_dir(f"{folder}/conf", uri), "FORMAT": form, "WH": f"file:{folder}/wh", "TOPIC": "events", "BROKER": broker, "TABLE": table}
    for name, value in places.items():
        script = script.replace(f"@{name}@", value)
    path = f"{folder}/{form}.hql"
    with open(path, "w") as out:
        out.write(script)
    run([skep, "ingest", path, "--warehouse", f"{folder}/state-{form}", "--quiet"])
    read = hive(version, uri, f"{folder}/shell", f"""set hive.cli.print.header=false; use db;
show partitions {table};
!echo --;
select {COLUMNS} from {table};
!echo --;
select count(*), sum(qty), min(log_ts), sum(price) from {table} where dt = '2026-01-01' and hr >= '20';
""")
    partitions, lines, part = (section.strip("\n").splitlines() for section in read.split("--\n"))
    same("partitions", [[name] for name in partitions], [[f"dt=2026-01-01/hr={hour:02}"] for hour in range(HOURS)])
    same(f"Hive's shell, {form}", [plain(line.split("\t")) for line in lines], rows)
    late = [row for row in rows if row[11] >= "20"]
    count, quantity, first, price = part[0].split("\t")
    found = (int(count), int(quantity), moment(first), Decimal(price))
    expected = (len(late), sum(row[8] or 0 for row in late), min(row[2] for row in late), sum(row[7] for row in late))
    if found != expected:
        raise Fault(f"Hive's job, {form}: {found}, wanted {expected}")
    readers = ["Hive's shell", "a job of Hive"]
    if version in SPARK:
        select = f"select {COLUMNS} from db.{table}"
        answers = spark(uri, f"{folder}/spark", ["@native", select, "@serde", select])
        for reader, answer in [("Spark natively", answers[1]), ("Spark by Hive's serde", answers[3])]:
            same(f"{reader}, {form}", [plain(row) for row in answer], rows)
            readers.append(reader)
    return f"{form}: {len(rows)} rows, {len(partitions)} partitions, read by {', '.join(readers)}"
