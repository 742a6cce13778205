"""Seeds for the fuzz targets: a few whole inputs each, made here from nothing but the schemas, so that the fuzzer begins behind the
first checks. seeds.py FOLDER writes FOLDER/<target>/seed-*; the committed corpus under corpus/ holds them already."""
import glob
import json
import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
T0 = 1_700_000_000_000_000
SECOND = 1_000_000
NAMES = {}


def learn(schema):
    """Named types, wherever they are first written out."""
    if isinstance(schema, list):
        for one in schema:
            learn(one)
    elif isinstance(schema, dict):
        if schema["type"] in ("record", "enum"):
            NAMES[schema["name"]] = schema
        for field in schema.get("fields", []):
            learn(field["type"])
        learn(schema.get("items"))
        if isinstance(schema["type"], dict):
            learn(schema["type"])


def load():
    for path in sorted(glob.glob(os.path.join(HERE, "../../schemas/avro/*.avsc"))):
        learn(json.load(open(path, encoding="utf-8")))


def blank(schema):
    """A value with nothing in it."""
    if isinstance(schema, str) and schema in NAMES:
        schema = NAMES[schema]
    kind = schema if isinstance(schema, str) else schema["type"]
    if isinstance(kind, dict):
        return blank(kind)
    if kind == "record":
        return {field["name"]: blank(field["type"]) for field in schema["fields"]}
    if kind == "enum":
        return schema["symbols"][0]
    return {"string": "", "bytes": b"", "boolean": False, "array": []}.get(kind, 0.0 if kind == "double" else 0)


def record(name, /, **fields):
    made = blank(name)
    for key, value in fields.items():
        assert key in made, (name, key)
        made[key] = value
    return made


def meta(at, **more):
    return record("Meta", **{**{"tenant": "acme", "domain": "shop", "event_at": at, "stream_at": at}, **more})


def number(value):
    raw = (value << 1) ^ (value >> 63)
    out = bytearray()
    while raw >= 0x80:
        out.append(raw & 0x7F | 0x80)
        raw >>= 7
    return bytes(out) + bytes([raw])


def encode(schema, value):
    """Avro's binary encoding, of what our schemas use."""
    if isinstance(schema, str) and schema in NAMES:
        schema = NAMES[schema]
    kind = schema if isinstance(schema, str) else schema["type"]
    if isinstance(kind, dict):
        return encode(kind, value)
    if kind == "record":
        return b"".join(encode(field["type"], value[field["name"]]) for field in schema["fields"])
    if kind == "array":
        block = number(len(value)) + b"".join(encode(schema["items"], one) for one in value) if value else b""
        return block + b"\0"
    if kind == "enum":
        return number(schema["symbols"].index(value))
    if kind in ("string", "bytes"):
        data = value.encode() if isinstance(value, str) else value
        return number(len(data)) + data
    if kind == "boolean":
        return bytes([value])
    return struct.pack("<d", value) if kind == "double" else number(value)


def body(name, value):
    return encode(name, value)


def batch(name, *items):
    return body(name + "Batch", {"meta": meta(T0), "items": list(items)})


def sized(data):
    """As the targets read a length: low byte, then eight steps of 256."""
    assert len(data) < 2048, len(data)
    return bytes([len(data) % 256, len(data) // 256]) + data


CART = {"kind": "service", "name": "cart"}
DB = {"kind": "database", "name": "orders-db"}


# ---- the deciding cores: first byte 1 = a way, 2 = a way whose state is changed in places and loaded; what % 8: 0 time, 1 restart, else a message of topic what / 8 ------------------------

def way(*steps):
    return b"\x01" + b"".join(steps)


def say(topic, data):
    return bytes([topic * 8 + 2]) + sized(data)


def wait(seconds):
    return bytes([0, 3, seconds])


RESTART = b"\x01"


def said(kind, target="", value="", **more):
    fields = {"meta": meta(T0), "said_id": kind + target, "kind": kind, "by": "ann", "target": target, "value": value, **more}
    return body("Said", record("Said", **fields))


def event(kind, status="NONE", **more):
    fields = {"stream_at": T0, "event_at": T0, "tenant": "acme", "domain": "shop", "kind": kind, "source": "prom", "status": status,
              "dedup_key": "k1", "title": "cart is slow", "severity": "ERROR", "entity": CART, "starts_at": T0, **more}
    return batch("Event", record("Event", **fields))


def anomaly(status, entity, **more):
    fields = {"meta": meta(T0), "anomaly_id": "a-" + entity["name"], "status": status, "family": "LATENCY", "severity": "ERROR",
              "entity": entity, "series_id": 7, "metric": "latency", "started_at": T0, "opened_at": T0, "actual": 9.0,
              "expected": 1.0, "upper": 2.0, "score": 0.9, "peak_score": 0.9, **more}
    return body("Anomaly", record("Anomaly", **fields))


def edge(count=10.0):
    return body("Edge", record("Edge", meta=meta(T0), from_at=T0 - SECOND, to_at=T0, caller=CART, callee=DB, kind="calls", count=count,
                               errors=1.0, duration_sum_us=1e4, bucket_index=[40], bucket_count=[count]))


def incident(status="OPEN", revision=1, **more):
    member = record("Member", member_id="a-cart", kind="anomaly", entity=CART, title="latency", family="LATENCY", severity="ERROR",
                    firing=True, started_at=T0, joined_at=T0, score=0.9)
    fields = {"meta": meta(T0, revision=revision), "incident_id": "INC-7Q4K2", "status": status, "severity": "ERROR",
              "title": "cart is slow", "started_at": T0, "opened_at": T0, "entities": [CART, DB], "member_count": 1,
              "members": [member], **more}
    return body("Incident", record("Incident", **fields))


def evidence(entity, z):
    deviation = record("Deviation", series_id=7, metric="latency", family="LATENCY", z=z, actual=9.0, expected=1.0, onset_at=T0)
    return body("Evidence", record("Evidence", meta=meta(T0), entity=entity, from_at=T0 - 60 * SECOND, to_at=T0, series_count=3,
                                   ready_count=3, coverage=1.0, deviations=[deviation]))


def cause(confidence=0.8, unknown=False):
    candidate = record("Candidate", entity=DB, kind="entity", label="orders-db", score=2.0, probability=0.8, onset_at=T0,
                       evidence=["latency 9 against 1"])
    advice = record("Recommendation", action="restart", target=DB, text="restart orders-db")
    return body("Cause", record("Cause", meta=meta(T0), incident_id="INC-7Q4K2", decided_at=T0, started_at=T0, unknown=unknown,
                                confidence=confidence, candidates=[candidate], title="orders-db", summary="it is slow",
                                recommendation=advice))


def run_of(at, value):
    definition = record("SeriesDefinition", id=7, tenant="acme", domain="shop", entity=CART, name="latency", unit="ms",
                        family="LATENCY", interval_us=SECOND)
    return batch("MetricRun", record("MetricRun", stream_at=at, event_at=at, definitions=[definition] if at == T0 else [], series=[7],
                                     sampled_at=[at], values=[value]))


def log(text, severity=9):
    return batch("Log", record("Log", stream_at=T0, event_at=T0, tenant="acme", domain="shop", entity=CART, severity=severity, body=text))


def span(span_id, parent, entity, kind):
    return batch("Span", record("Span", stream_at=T0, event_at=T0, tenant="acme", domain="shop", entity=entity, trace_id="a" * 32,
                                span_id=span_id * 16, parent_id=parent * 16, name="GET /", kind=kind, duration_us=5000,
                                sample_weight=1.0))


def cores():
    steady = [say(0, run_of(T0 + i * SECOND, 1.0 + i % 3)) + wait(1) for i in range(40)]
    jump = [say(0, run_of(T0 + i * SECOND, 90.0)) + wait(1) for i in range(40, 50)]
    yield "core_detector", way(*steady, RESTART, *jump, wait(60))
    yield "core_detector", way(say(1, run_of(T0, 1.0)), wait(200), say(2, said("LABEL", "a", "useful")))
    yield "core_logcluster", way(*[say(0, log(f"user {i} logged in from 10.0.0.{i}")) for i in range(8)], wait(60), RESTART,
                                 say(0, log("out of memory: killed process 77", 17)), wait(60), say(1, said("MODEL")))
    yield "core_topology", way(say(0, span("1", "", CART, "CLIENT")), say(0, span("2", "1", DB, "SERVER")), wait(30), RESTART, wait(60))
    yield "core_correlate", way(say(2, edge()), say(0, event("ALERT", "FIRING")), wait(5), say(1, anomaly("OPENED", DB)), wait(30), RESTART,
                                say(3, said("ACKNOWLEDGE", "INC-7Q4K2")), say(0, event("ALERT", "RESOLVED")), wait(200), wait(200))
    matcher = [{"label": "entity", "value": "cart"}]
    yield "core_correlate", way(say(3, said("SILENCE", "cart", expires_at=T0 + 60 * SECOND, matchers=matcher)),
                                say(1, anomaly("OPENED", CART)), wait(100), say(3, said("UNSILENCE", "cart")),
                                say(1, anomaly("CLOSED", CART, closed_at=T0)), wait(200))
    declared = [{"source": CART, "target": DB, "kind": "calls"}]
    yield "core_correlate", way(say(0, event("TOPOLOGY", edges=declared)), say(0, event("CHANGE", change_kind="deploy")), wait(60))
    topology = body("TopologyEdge", record("TopologyEdge", meta=meta(T0), caller=CART, callee=DB, kind="calls", source="seen", weight=1.0,
                                           valid_from=T0))
    yield "core_ranker", way(say(3, topology), say(4, edge()), say(1, evidence(DB, 9.0)), say(1, evidence(CART, 4.0)),
                             say(2, event("CHANGE", change_kind="deploy")), say(0, incident()), wait(10), RESTART, wait(60),
                             say(5, said("LABEL", "INC-7Q4K2", "wrong")), say(0, incident("RESOLVED", 2)), wait(60))
    yield "core_remediator", way(say(1, incident()), say(0, cause()), wait(5), say(2, said("APPROVE", "ACT-1")), RESTART, wait(60),
                                 say(2, said("KILL_SWITCH", "", "stop")), say(0, cause(0.9)), say(1, incident("RESOLVED", 2)), wait(200))


# ---- a task over Kafka: parts, rulings, where it stood, then messages -----------------------------------------------------------------

def tasks():
    state = struct.pack("<qqQ", T0, T0 + SECOND, 3)
    parts = [record("Snapshot", meta=meta(T0), service="echo", shard=shard, parts=1, format=1, slice_at=T0, state=state,
                    inputs=[{"topic": "events", "offset": 100}],
                    positions=[record("SourcePosition", topic="events", source=1, covered_to=10, last_from=0, mark_at=T0)])
             for shard in range(2)]
    restored = bytes([2]) + b"".join(sized(body("Snapshot", part)) for part in parts)
    ruling = bytes([1]) + struct.pack("<q", T0 + SECOND) + bytes([4, 2, 1])
    value = sized(event("ALERT", stream_at=T0 + 7))

    def message(how, data, source, first, step, mark, count):
        return bytes([how]) + data + bytes([1, source, first, step]) + struct.pack("<I", mark) + bytes([count])
    live = message(0, value, 1, 10, 3, 50_000, 1) + message(0, sized(b""), 2, 0, 1, 60_000, 0) + message(1, sized(said("RULE")), 3, 0, 1,
                                                                                                         90_000, 1)
    yield "task", b"\x00\x00\x00" + live
    yield "task", restored + ruling + b"\x01" + struct.pack("<q", T0) + live
    yield "task", b"\x00" + ruling + b"\x00" + live + message(2, sized(b""), 1, 13, 1, 5_000_000, 0)


# ---- the notifier's desk --------------------------------------------------------------------------------------------------------------

def desks():
    def step(what, data=b"", tenths=10):
        return bytes([what, tenths]) + (sized(data) if what % 4 != 3 else b"")

    def notice(transition, number):
        return body("Notice", record("Notice", meta=meta(T0), notice_id=f"INC-7Q4K2/{number}", incident_id="INC-7Q4K2", number=number,
                                     transition=transition, severity="CRITICAL", title="cart is slow", started_at=T0, decided_at=T0,
                                     entities=[CART], member_count=1, why="latency 9 against 1"))
    delivery = body("Delivery", record("Delivery", meta=meta(T0), notice_id="INC-7Q4K2/1", incident_id="INC-7Q4K2", target="hook",
                                       state="INTENT", attempts=1))
    yield "desk", step(4 * 3, notice("FIRING", 1)) + step(4 * 7 + 1, cause()) + step(4 * 15 + 3) + step(4 * 7, notice("RESOLVED", 2)) * 1 \
        + step(4 * 7 + 3, tenths=255)
    yield "desk", step(4 * 1 + 2, delivery) + step(4 * 7, notice("FIRING", 1)) + step(4 * 7 + 3, tenths=200)


# ---- files and requests ---------------------------------------------------------------------------------------------------------------

def tzif():
    def block(version, width, times):
        fmt = ">q" if width == 8 else ">i"
        head = b"TZif" + version + b"\0" * 15 + struct.pack(">6I", 0, 0, 0, len(times), 2, 8)
        data = b"".join(struct.pack(fmt, at) for at in times) + bytes(i % 2 for i in range(len(times)))
        return head + data + struct.pack(">iBB", 3600, 0, 0) + struct.pack(">iBB", 7200, 1, 4) + b"CET\0EST\0"
    return block(b"2", 4, [0, 100]) + block(b"2", 8, [0, 1_700_000_000]) + b"\nCET-1\n"


def raw_lines():
    at = T0 // 1000
    prom = {"name": "http_latency", "timestamp": "2023-11-14T22:13:20Z", "value": "1.5", "labels": {"__name__": "http_latency", "job": "cart"}}
    alert = {"receiver": "kafka", "status": "firing", "version": "4", "groupKey": "g", "alerts": [
        {"status": "firing", "labels": {"alertname": "Slow", "service": "cart", "severity": "critical"}, "annotations": {},
         "startsAt": "2023-11-14T22:13:20Z", "endsAt": "0001-01-01T00:00:00Z", "fingerprint": "f1"}]}
    lines = [{"topic": "prom", "partition": 0, "offset": i, "timestamp_ms": at + 1000 * i, "value": {**prom, "value": str(1 + i % 3)}}
             for i in range(5)]
    lines += [{"topic": "alerts", "partition": 1, "timestamp_ms": at + 2000, "key": "k", "value": alert},
              {"topic": "raw.commands", "timestamp_ms": at + 9000, "headers": [{"key": "a", "value_base64": "AAE="}],
               "value": {"kind": "acknowledge", "id": "c1", "by": "ann", "target": "INC-7Q4K2"}},
              {"topic": "logs", "timestamp_us": T0 + 5, "value_base64": "aGVsbG8="}]
    ticks = [{"topic": "cw.clock", "record": {"topic": "prom", "partition": 0, "offset": 2, "stream_at": T0 + 4 * SECOND, "tick": True}},
             {"topic": "cw.manifest", "record": {"partitions": 2, "raw_topics": [{"name": "prom", "partitions": 1}]}},
             {"topic": "cw.verdicts", "record": {"service": "detector", "partition": 0, "topic": "metrics", "source": 5, "ruling": "ABSENT",
                                                 "slice_at": T0 + SECOND}}]
    plain = "\n".join(json.dumps(line) for line in lines).encode()
    return plain, "\n".join(json.dumps(line) for line in ticks).encode() + b"\n" + plain


def files():
    yield "zone", tzif()
    yield "targets", b"ops=slack+https://hooks.example.org/T0/B0 min=warning doubt=hold drills\n# none\nall=webhook+https://a.example.org/ acknowledged"
    for lines in raw_lines():
        yield "raw_log", lines
        yield "replay", lines
    yield "series_file", b"timestamp,value\n2023-11-14 22:13:20,1.5\n2023-11-14 22:14:20,\n1700000060,nan\n"
    yield "csv", b"a,\"b \"\"c\"\", d\",,2023-11-14 22:13:20,1e3,null"
    yield "base64", b"aGVsbG8="
    yield "bookmark", b"slice=1700000000050000"
    for which in (b"\x01", b"\x02", b"\x03"):
        yield "marker", which + b"v1 finished 1700000000000000 succeeded 0 5\nhello"
    yield "marker", b"\x01v1 started 1700000000000000\n"
    for path in ("/metrics", "/-/healthy", "/-/ready?verbose", "/nothing"):
        yield "admin", f"GET {path} HTTP/1.1\r\nHost: a\r\nAccept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5\r\n\r\n".encode()
    yield "admin", b"POST /-/reload HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
    for path in ("/", "/stats", "/incident/INC-7Q4K2?tenant=acme", "/style.css", "/x"):
        yield "server", f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
    yield "server", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab"
    yield "probe", b"HTTP/1.1 200 OK\r\n\r\nready\n"
    yield "probe", b"HTTP/1.1 503 Service Unavailable\r\n\r\nrestoring: 73 %\n"
    yield "deliver", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    yield "deliver", b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n"
    yield "flight", b"\x01\x01" + struct.pack("<QIQI", 7, 0, 9, 1) + struct.pack("<QqqqI", 3, 1, 4, T0, 2)


def messages():
    """unpack: topic, then a value; rows: topic, then a record."""
    topics = {0: run_of(T0, 1.0), 2: log("hello"), 3: span("1", "", CART, "CLIENT"), 4: event("ALERT", "FIRING"), 5: said("RULE"),
              9: anomaly("OPENED", CART), 10: evidence(CART, 9.0), 11: edge(), 13: incident(), 16: cause()}
    for topic, data in topics.items():
        yield "unpack", bytes([topic]) + data
    for topic in (5, 9, 13, 16):
        yield "rows", bytes([topic]) + topics[topic]


def changed():
    """Each way again, one byte of its state another, and whole."""
    for target, data in cores():
        yield target, b"\x02\x01\x09\x00\x7f" + data[1:]
        yield target, b"\x02\x00" + data[1:]


def main():
    load()
    folder = sys.argv[1]
    count = {}
    for make in (cores, tasks, desks, files, messages, changed):
        for target, data in make():
            count[target] = count.get(target, 0) + 1
            os.makedirs(os.path.join(folder, target), exist_ok=True)
            with open(os.path.join(folder, target, f"seed-{count[target]}"), "wb") as out:
                out.write(data)


main()
