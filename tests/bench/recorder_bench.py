"""Rows a second of the recorder into PostgreSQL, beside COPY and INSERT of the same rows into like tables."""
import io
import time

from bench_world import messages
import machine

TOPICS = ["incidents", "causes", "notices", "deliveries", "actions", "said", "anomalies", "ledger", "topology", "audit"]
TABLES = ["incidents", "members", "causes", "candidates", "notices", "deliveries", "actions", "said", "anomalies", "ledger", "topology_edges", "audit"]
HEAD = ["way", "rows", "seconds", "rows/s", "CPU s of the client", "MiB now", "most"]


def on_topics(world):
    """(records, sum of the offsets after the last message of each partition)."""
    count, ends = 0, {}
    for topic in TOPICS:
        for message in messages(world, f"{world.prefix}.{topic}"):
            kind, _ = world.records.open(message.value())
            count += kind is not None and kind != "Mark"
            ends[topic, message.partition()] = message.offset() + 1
    return count, sum(ends.values())


def _offsets(cursor):
    """Sum of the positions; None before the partitions are claimed."""
    cursor.execute("select to_regclass('causeway.offsets') is not null")
    if not cursor.fetchone()[0]:
        return None
    cursor.execute("select sum(next_offset) from causeway.offsets")
    return cursor.fetchone()[0]


def follow(service, cursor, end, limit=900):
    """(instant, processor seconds) at the claim of the partitions, and when everything is stored."""
    first, until = None, time.monotonic() + limit
    while time.monotonic() < until:
        if service.child.poll() is not None:
            raise AssertionError(f"recorder ended: {service.last_words()}")
        at = _offsets(cursor)
        now = (time.monotonic(), machine.cpu(service.child.pid))
        if at is not None:
            first = first or now
            if at >= end:
                return first, now
        time.sleep(0.02)
    raise AssertionError(f"the recorder is not done within {limit} s: {service.last_words()}")


def _columns(cursor, table):
    """{name: type} of what is stored, not generated."""
    cursor.execute("select attname, format_type(atttypid, atttypmod) from pg_attribute "
                   "where attrelid = %s::regclass and attnum > 0 and attgenerated = '' and not attisdropped order by attnum", (f"causeway.{table}",))
    return dict(cursor.fetchall())


def copy_rows(connection, cursor):
    """The same rows again, by COPY: (rows, seconds)."""
    texts = {}
    for table in TABLES:
        names = ", ".join(_columns(cursor, table))
        texts[table] = names, io.StringIO()
        cursor.copy_expert(f"copy (select {names} from causeway.{table}) to stdout", texts[table][1])
        cursor.execute(f"create table causeway.{table}_like (like causeway.{table} including all)")
    connection.commit()
    began = time.monotonic()
    for table, (names, text) in texts.items():
        text.seek(0)
        cursor.copy_expert(f"copy causeway.{table}_like ({names}) from stdin", text)
        connection.commit()
    return sum(text.getvalue().count("\n") for _, text in texts.values()), time.monotonic() - began


def insert_rows(connection, cursor):
    """The same rows again, an INSERT a row, a hundred a round trip, a thousand a transaction."""
    from psycopg2.extras import execute_batch
    count = seconds = 0
    for table in TABLES:
        types = _columns(cursor, table)
        cursor.execute(f"select {', '.join(name + '::text' for name in types)} from causeway.{table}")
        rows = cursor.fetchall()
        cursor.execute(f"truncate causeway.{table}_like")
        connection.commit()
        text = f"insert into causeway.{table}_like ({', '.join(types)}) values ({', '.join('%s::' + t for t in types.values())})"
        began = time.monotonic()
        for start in range(0, len(rows), 1000):
            execute_batch(cursor, text, rows[start:start + 1000], 100)
            connection.commit()
        seconds += time.monotonic() - began
        count += len(rows)
    return count, seconds


def measure(world, core):
    """A table: the recorder, COPY, INSERT."""
    import psycopg2
    records, end = on_topics(world)
    with psycopg2.connect(world.postgres) as watching:
        watching.autocommit = True
        cursor = watching.cursor()
        service = world.service("recorder", core)
        first, last = follow(service, cursor, end)
        memory = machine.memory(service.child.pid)
        service.stop(30)
    seconds, cpu = last[0] - first[0], last[1] - first[1]
    rows = [["recorder", f"{records} records", f"{seconds:.2f}", machine.number(records / max(seconds, 1e-3)), f"{cpu:.2f}",
             f"{memory[0]:.0f}", f"{memory[1]:.0f}"]]
    machine.on_core(core)
    try:
        with psycopg2.connect(world.postgres) as connection:
            cursor = connection.cursor()
            for name, way in (("COPY", copy_rows), ("INSERT", insert_rows)):
                began = time.process_time()
                count, seconds = way(connection, cursor)
                rows.append([name, count, f"{seconds:.2f}", machine.number(count / seconds), f"{time.process_time() - began:.2f}", "", ""])
    finally:
        machine.on_core(None)
    return machine.table(HEAD, rows)
