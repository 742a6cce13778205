"""What the target of a shared parser found, laid into whole inputs of every format that asks that parser: texts with secrets in each text of
a record, times in their many forms in each text and number, the whole packed. Each format's fuzzer would have to find them anew.

spread.py FOUND CORPUS writes FOUND/<format>/spread-*; FOUND/redact and FOUND/utf8 are read when there."""
import glob
import gzip
import hashlib
import json
import os
import struct
import sys

JSON_FORMATS = ("alertmanager", "change", "collectd", "command", "declared_topology", "ecs", "prom_adapter", "zipkin")
LINE_FORMATS = ("rsyslog",)
PROTOBUF_FORMATS = ("otlp_logs", "otlp_metrics", "otlp_spans")
CHUNK = 1500
TIMES = ["2023-11-14T22:13:20Z", "2023-11-14 22:13:20,25", "2023-11-14t22:13:20.123456789+05:30", "2023-11-14T22:13:20-0800", "2023-11-14T22:13:20+02",
         "2023-11-14T22:13Z", "2023-11-14", "2024-02-29T23:59:60Z", "2023-02-29T00:00:00Z", "0000-13-32T25:61:61Z", "2023-11-14T22:13:20+24:00",
         "2023-11-14T22:13:20+01:6", "Nov 14 22:13:20", "Feb 29 01:02:03", "1700000000", "1700000000.25", "1700000000250", "1700000000250000",
         "1700000000250000000", "99999999999999999999", "1700000000.", "1.7e9", "-1", "1700000000.5.5"]
NUMBERS = [0, -1, 1700000000, 1700000000250, 1700000000250000, 1700000000250000000, 2**63 - 1, 2**64 - 1, 1700000000.25, 1.7e12, 1.7e15, 1e300,
           -0.5, 1e-9, None, True, "", [], {}]
NAMES = ["", "\0\0", "unknown", "a b", "é" * 40, "x" * 300, "INC-7Q4K2", "deploy", "7", "[::1]:9100", "web:9100", "cart-6d4cf56db6-x2b7k",
         "secret://vault/a", "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", "00000000000000000000000000000000"]


def read(folder):
    for path in sorted(glob.glob(os.path.join(folder, "*"))):
        with open(path, "rb") as found:
            yield found.read()


def texts(found):
    """Many short findings in one text each, as they are: bytes that are no UTF-8 stay so."""
    chunk = b""
    for target in ("redact", "utf8"):
        for one in read(os.path.join(found, target)):
            if len(chunk) + len(one) > CHUNK and chunk:
                yield chunk.decode("utf-8", "surrogateescape")
                chunk = b""
            if len(one) <= CHUNK:
                chunk += one + b" "
    yield chunk.decode("utf-8", "surrogateescape")


def leaves(value, path=()):
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield path + (key,)
        yield from leaves(inner, path + (key,))


def at(value, path, new):
    copy = json.loads(json.dumps(value))
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = new
    return json.dumps(copy, ensure_ascii=False).encode("utf-8", "surrogateescape")


def of_json(seed, hostile):
    try:
        value = json.loads(seed)
    except ValueError:
        return
    for path in leaves(value):
        for new in [*hostile, *TIMES, *NAMES, *NUMBERS]:
            yield at(value, path, new)


def tree(data):
    """Fields of a protobuf message as (key, value), or None when it is none; a value that reads as a message is taken as one."""
    fields, where = [], 0
    while where < len(data):
        key, where = varint(data, where)
        size = {0: None, 1: 8, 5: 4}.get(key & 7, -1)
        if key >> 3 == 0 or (size == -1 and key & 7 != 2):
            return None
        if size is None:
            value, where = varint(data, where)
        else:
            if size == -1:
                size, where = varint(data, where)
            if where + size > len(data):
                return None
            value, where = data[where:where + size], where + size
        inner = tree(value) if key & 7 == 2 and value else None
        fields.append([key, inner if inner and packed(inner) == value else value])
    return fields


def varint(data, where):
    value = shift = 0
    while where < len(data) and shift < 70:
        value |= (data[where] & 0x7F) << shift
        shift, where = shift + 7, where + 1
        if data[where - 1] < 0x80:
            return value, where
    return 0, len(data) + 1


def number(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def packed(fields):
    out = b""
    for key, value in fields:
        value = packed(value) if isinstance(value, list) else value
        out += number(key) + (number(value) if isinstance(value, int) else number(len(value)) + value if key & 7 == 2 else value)
    return out


def spots(fields):
    for field in fields:
        yield field
        if isinstance(field[1], list):
            yield from spots(field[1])


def of_protobuf(seed, hostile):
    fields = tree(seed)
    for field in spots(fields or []):
        old = field[1]
        kind = field[0] & 7
        new = ([one.encode("utf-8", "surrogateescape") for one in [*hostile, *NAMES]] if kind == 2 else
               [0, 1, 9, 24, 2**31 - 1, 2**63 - 1, 2**64 - 1] if kind == 0 else
               [struct.pack("<Q", one * 1000 % 2**64) for one in NUMBERS if isinstance(one, int) and one >= 0] +
               [struct.pack("<d", one) for one in (0.0, 1.5, -1.0, 1e300, float("nan"), float("inf"))] if kind == 1 else [b"\0\0\0\0", b"\xff" * 4])
        for field[1] in new:
            yield packed(fields)
        field[1] = old


def of_line(seed, hostile):
    for new in [*hostile, *TIMES, *NAMES]:
        new = new.encode("utf-8", "surrogateescape")
        yield seed + b" " + new
        yield seed.replace(b" h ", b" " + new + b" ", 1)


def zipped(data):
    """gzip, a frame of zstd that holds it raw, and both cut short."""
    small = gzip.compress(data, mtime=0)
    raw = b"\x28\xb5\x2f\xfd\x60" + struct.pack("<H", len(data) - 256) if len(data) >= 256 else b"\x28\xb5\x2f\xfd\x20" + bytes([len(data)])
    frame = raw + (1 | len(data) << 3).to_bytes(3, "little") + data
    return [small, small + small, small[:-6], small[:12] + b"\xff" * 9, frame, frame + frame, frame[:-3], b"\x1f\x8b",
            gzip.compress(b" " * 3000 + data, mtime=0), gzip.compress(data + b"\0" * 2_000_000, mtime=0)]


def write(folder, data):
    if len(data) <= 4096:
        with open(os.path.join(folder, "spread-" + hashlib.sha1(data).hexdigest()[:16]), "wb") as out:
            out.write(data)


def main():
    found, corpus = sys.argv[1:]
    hostile = list(texts(found))
    for targets, make in ((JSON_FORMATS, of_json), (PROTOBUF_FORMATS, of_protobuf), (LINE_FORMATS, of_line)):
        for target in targets:
            folder = os.path.join(found, target)
            os.makedirs(folder, exist_ok=True)
            for seed in read(os.path.join(corpus, target)):
                for data in [*make(seed, hostile), *zipped(seed)]:
                    write(folder, data)


main()
