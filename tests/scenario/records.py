"""Our records outside C: what lies on a topic, read by fastavro from the .avsc files alone."""
import io
import json
import pathlib
import struct
import time

import fastavro
import fastavro.schema

SCHEMAS = pathlib.Path(__file__).resolve().parents[2] / "schemas" / "avro"


def _plain(schema):
    """Without logical types: instants stay numbers."""
    if isinstance(schema, list):
        return [_plain(part) for part in schema]
    if isinstance(schema, dict):
        return {k: _plain(v) for k, v in schema.items() if k != "logicalType"}
    return schema


def _expand(part, named, seen):
    if isinstance(part, list):
        return [_expand(item, named, seen) for item in part]
    if isinstance(part, str):
        return _expand(named[part], named, seen) if part in named and part not in seen else part
    if part["type"] in ("record", "enum"):
        seen.add(part["name"])
    out = dict(part)
    if "fields" in out:
        out["fields"] = [dict(f, type=_expand(f["type"], named, seen)) for f in out["fields"]]
    if "items" in out:
        out["items"] = _expand(out["items"], named, seen)
    return out


class Records:
    """Opens messages of every record that is in the schema files."""

    def __init__(self):
        self.named, self.by_print = {}, {}
        for path in sorted(SCHEMAS.glob("*.avsc")):
            for definition in json.loads(path.read_text(encoding="utf-8")):
                parsed = fastavro.parse_schema(_plain(definition), named_schemas=self.named)
                if parsed["type"] != "record":
                    continue
                canonical = fastavro.schema.to_parsing_canonical_form(_expand(parsed, self.named, set()))
                print_ = bytes.fromhex(fastavro.schema.fingerprint(canonical, "CRC-64-AVRO"))
                self.by_print[print_] = (definition["name"], parsed)

    def open(self, value):
        """(name, record), or (None, bytes) when no schema of ours wrote it."""
        if value is None or value[:2] != b"\xc3\x01" or value[2:10] not in self.by_print:
            return None, value
        name, schema = self.by_print[value[2:10]]
        return name, fastavro.schemaless_reader(io.BytesIO(value[10:]), schema)


def otlp_number(value):
    """Protobuf varint."""
    out = b""
    while value > 0x7f:
        out += bytes([value & 0x7f | 0x80])
        value >>= 7
    return out + bytes([value])


def otlp_field(number, payload):
    """A length-delimited protobuf field."""
    return otlp_number(number << 3 | 2) + otlp_number(len(payload)) + payload


def otlp_gauge(service, metric, points):
    """ExportMetricsServiceRequest of one gauge: points are (ns, value)."""
    value = otlp_field(1, b"service.name") + otlp_field(2, otlp_field(1, service.encode()))
    resource = otlp_field(1, otlp_field(1, value))
    gauge = b""
    for at_ns, number in points:
        point = b"\x19" + struct.pack("<Q", at_ns) + b"\x21" + struct.pack("<d", number)
        gauge += otlp_field(1, point)
    one = otlp_field(1, metric.encode()) + otlp_field(5, gauge)
    return otlp_field(1, resource + otlp_field(2, otlp_field(2, one)))


def alert(name, service, status="firing", fingerprint=None, severity="critical", at=None):
    """The body Alertmanager posts, with one alert."""
    start = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at or time.time()))
    over = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()) if status == "resolved" else "0001-01-01T00:00:00Z"
    labels = {"alertname": name, "service": service, "severity": severity}
    return {"version": "4", "groupKey": f"{{}}:{{alertname=\"{name}\"}}", "status": status, "receiver": "causeway",
            "groupLabels": {}, "commonLabels": labels, "commonAnnotations": {}, "externalURL": "",
            "alerts": [{"status": status, "labels": labels, "annotations": {"summary": f"{name} on {service}"}, "startsAt": start,
                        "endsAt": over, "generatorURL": "", "fingerprint": fingerprint or f"{name}-{service}"}]}
