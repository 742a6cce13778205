#!/usr/bin/env python3
"""Our records against fastavro, both ways, from the .avsc files alone.

records_golden.py RECORD_GOLDEN SCHEMAS   RECORD_GOLDEN: the built program,
SCHEMAS: schemas/avro. Exit 77: fastavro missing.
"""
import io
import json
import math
import pathlib
import random
import subprocess
import sys
import tempfile

try:
    import fastavro
    import fastavro.schema
except ImportError:
    print("skipped: fastavro missing")
    sys.exit(77)

ROUNDS = 8
LONGS = [0, -1, 1, 63, 64, -64, -65, 2**31, 2**63 - 1, -(2**63)]
DOUBLES = [0.0, -0.0, 0.1, 5e-324, 1.7e308, math.nan, math.inf, -math.inf]
TEXTS = ["", "cart", "Überlauf", "a\0b", "line\n\"quoted\"", "\U0001f6a8", "x" * 300]


def plain(schema):
    """Without logical types: instants stay numbers."""
    if isinstance(schema, list):
        return [plain(part) for part in schema]
    if isinstance(schema, dict):
        return {k: plain(v) for k, v in schema.items() if k != "logicalType"}
    return schema


def load(folder):
    """Messages by name, parsed by fastavro from the files in order."""
    named, messages = {}, {}
    for path in sorted(pathlib.Path(folder).glob("*.avsc")):
        for definition in json.loads(path.read_text(encoding="utf-8")):
            topic = definition.get("topic")
            parsed = fastavro.parse_schema(plain(definition), named_schemas=named)
            if topic:
                messages[definition["name"]] = parsed
    return messages, named


def fingerprint(schema, named):
    """CRC-64-AVRO of the canonical form, every type it names written out; hex
    of the bytes as a message holds them ("int" is 8f5c393f1ad57572)."""
    seen = set()

    def expand(part):
        if isinstance(part, list):
            return [expand(item) for item in part]
        if isinstance(part, str):
            if part in named and part not in seen:
                return expand(named[part])
            return part
        if part["type"] in ("record", "enum"):
            seen.add(part["name"])
        out = dict(part)
        if "fields" in out:
            out["fields"] = [dict(f, type=expand(f["type"])) for f in out["fields"]]
        if "items" in out:
            out["items"] = expand(out["items"])
        return out

    canonical = fastavro.schema.to_parsing_canonical_form(expand(schema))
    return fastavro.schema.fingerprint(canonical, "CRC-64-AVRO")


def fill(schema, named, rng):
    if isinstance(schema, str) and schema in named:
        schema = named[schema]
    kind = schema if isinstance(schema, str) else schema["type"]
    if kind == "record":
        return {f["name"]: fill(f["type"], named, rng) for f in schema["fields"]}
    if kind == "enum":
        return rng.choice(schema["symbols"])
    if kind == "array":
        return [fill(schema["items"], named, rng) for _ in range(rng.randrange(4))]
    if kind == "long":
        return rng.choice(LONGS)
    if kind == "int":
        return rng.choice([v for v in LONGS if -(2**31) <= v < 2**31])
    if kind == "double":
        return rng.choice(DOUBLES)
    if kind == "boolean":
        return rng.random() < 0.5
    if kind == "bytes":
        return bytes(rng.randrange(256) for _ in range(rng.randrange(40)))
    return rng.choice(TEXTS)


def as_json(value):
    """A fastavro value as our JSON says it."""
    if isinstance(value, dict):
        return {k: as_json(v) for k, v in value.items()}
    if isinstance(value, list):
        return [as_json(v) for v in value]
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, float) and not math.isfinite(value):
        return {True: "NaN"}.get(math.isnan(value)) or ("Infinity" if value > 0 else "-Infinity")
    return value


def seal(schema, named, value):
    body = io.BytesIO()
    fastavro.schemaless_writer(body, schema, value)
    return b"\xc3\x01" + bytes.fromhex(FINGERPRINTS[schema["name"]]) + body.getvalue()


def read(schema, message):
    body = io.BytesIO(message[10:])
    value = fastavro.schemaless_reader(body, schema, None)
    assert body.read() == b"", "bytes left over"
    return value


def expect(good, what):
    if not good:
        print("FAILED:", what)
        sys.exit(1)


FINGERPRINTS = {}  # by full name


def check_ours(program, messages, folder):
    """What we wrote, fastavro reads as our JSON says, and writes back alike."""
    subprocess.run([program, "write", folder], check=True)
    written = sorted(pathlib.Path(folder).glob("*.msg"))
    for path in written:
        schema = messages[path.stem]
        message = path.read_bytes()
        expect(message[:10].hex() == "c301" + FINGERPRINTS[schema["name"]], f"{path.stem}: header")
        value = read(schema, message)
        ours = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        expect(as_json(value) == ours, f"{path.stem}: JSON")
        expect(seal(schema, None, value) == message, f"{path.stem}: bytes")
    return len(written)


def check_theirs(program, messages, named, folder):
    """What fastavro wrote, we read, print as it does, and write back alike."""
    rng = random.Random(11)
    sent = {}
    for name, schema in messages.items():
        for turn in range(ROUNDS):
            path = pathlib.Path(folder) / f"{name}.{turn}.theirs"
            sent[path] = (name, fill(schema, named, rng))
            path.write_bytes(seal(schema, named, sent[path][1]))
    run = subprocess.run([program, "echo", *map(str, sent)], check=True, capture_output=True, text=True)
    said = [line.split() for line in run.stdout.splitlines()]
    expect(len(said) == len(sent), "one answer a message")
    for (path, (name, value)), (answer, _) in zip(sent.items(), said):
        expect(answer == name, f"{path.name}: taken for {answer}")
        expect(pathlib.Path(f"{path}.again").read_bytes() == path.read_bytes(), f"{path.name}: bytes")
        printed = json.loads(pathlib.Path(f"{path}.json").read_text(encoding="utf-8"))
        expect(printed == as_json(value), f"{path.name}: JSON")
    return len(sent)


def main():
    program, schemas = sys.argv[1:3]
    messages, named = load(schemas)
    for name, schema in messages.items():
        FINGERPRINTS[schema["name"]] = fingerprint(schema, named)
    with tempfile.TemporaryDirectory() as folder:
        ours = check_ours(program, messages, folder)
        theirs = check_theirs(program, messages, named, folder)
    print(f"{len(messages)} message types; {ours} messages of ours and {theirs} of fastavro {fastavro.__version__} agree")


if __name__ == "__main__":
    main()
