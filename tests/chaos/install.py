"""install.py BROKERS CWCTL - topics and the manifest of the simulator's chain: two raw topics, two partitions, three services."""
import io
import os
import subprocess
import sys

import fastavro
from confluent_kafka import Producer

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "scenario"))
from records import Records  # noqa: E402

brokers, cwctl = sys.argv[1], sys.argv[2]
subprocess.run([cwctl, "topics", "create", "--brokers", brokers, "--partitions", "2", "raw.one:1", "raw.two:1"], check=True)
# As cwctl wrote it, but for the services: the chain has three of them, and waiting for the marks of others would be for ever.
for print_, (name, schema) in Records().by_print.items():
    if name == "Manifest":
        header, manifest = b"\xc3\x01" + print_, schema
meta = dict(tenant="", domain="", event_at=0, stream_at=0, ingest_at=0, origin_topic="", origin_partition=-1, origin_offset=-1, covers_from=0,
            covers_to=0, revision=0, model_version="", config_hash=0, redaction_version=0, idempotency_key="")
raw = [dict(name=name, partitions=1, format="auto") for name in ("raw.one", "raw.two")]
body = io.BytesIO()
fastavro.schemaless_writer(body, manifest, dict(meta=meta, prefix="causeway", partitions=2, services=["normalizer", "detector", "correlate"],
                                                raw_topics=raw))
producer = Producer({"bootstrap.servers": brokers})
producer.produce("causeway.manifest", header + body.getvalue(), key="manifest")
sys.exit(producer.flush(30))
