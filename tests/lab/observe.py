"""Reads what the services decided: records of Causeway's topics as dicts, by the .avsc files alone."""
import collections
import io
import json
import os
import sys
import threading
import time

import fastavro
from confluent_kafka import Consumer, TopicPartition

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "integration"))
from records_golden import fingerprint, load  # noqa: E402  pylint: disable=wrong-import-position

SCHEMAS = os.path.join(HERE, "..", "..", "schemas", "avro")
HEADER = 10  # 0xC3 0x01 and the fingerprint


def schemas_by_fingerprint():
    messages, named = load(SCHEMAS)
    return {bytes.fromhex(fingerprint(schema, named)): schema for name, schema in messages.items() if name != "Mark"}


class Watch:
    """Follows topics from now on (or their beginning) in a thread of its own; records come out of take()."""

    def __init__(self, brokers, topics, prefix="causeway", beginning=False):
        self.schemas = schemas_by_fingerprint()
        self.prefix = prefix + "."
        self.consumer = Consumer({"bootstrap.servers": brokers, "group.id": f"lab-{os.getpid()}", "isolation.level": "read_committed",
                                  "enable.auto.commit": False, "fetch.wait.max.ms": 50})
        metadata = self.consumer.list_topics(timeout=10).topics
        parts = [TopicPartition(self.prefix + topic, number) for topic in topics for number in metadata[self.prefix + topic].partitions]
        for part in parts:
            low, high = self.consumer.get_watermark_offsets(part, timeout=10)
            part.offset = low if beginning else high
        self.consumer.assign(parts)
        self.lock = threading.Lock()
        self.waiting = collections.deque()
        self.stopping = False
        self.thread = threading.Thread(target=self.follow, daemon=True)
        self.thread.start()

    def follow(self):
        while not self.stopping:
            for message in self.consumer.consume(200, 0.2):
                if message.error() or not message.value():
                    continue
                schema = self.schemas.get(message.value()[2:HEADER])
                if schema is None:
                    continue  # a mark: it closes an interval and says nothing
                record = fastavro.schemaless_reader(io.BytesIO(message.value()[HEADER:]), schema)
                with self.lock:
                    self.waiting.append((time.time(), message.topic()[len(self.prefix):], record))
        self.consumer.close()

    def take(self):
        """[(seen at, topic, record)], oldest first."""
        with self.lock:
            taken = list(self.waiting)
            self.waiting.clear()
        return taken

    def close(self):
        self.stopping = True
        self.thread.join(5)


def entity(of):
    return f"{of['kind']} {of['name']}"


def tell(topic, record):
    """One line for people who debug."""
    if topic == "anomalies":
        return (f"{record['status']:<8}{record['kind']:<12}{entity(record['entity']):<28}{record['metric'][:60]} "
                f"actual {record['actual']:.4g} expected {record['expected']:.4g} score {record['score']:.2f} sev {record['severity']}")
    if topic == "incidents":
        who = sorted({member["entity"]["name"] for member in record["members"]})
        return f"{record['incident_id']} {record['status']} {record['severity']} '{record['title']}' members {record['member_count']} of {who}"
    if topic == "causes":
        best = " | ".join(f"{c['label']} {c['probability']:.2f} {c['bucket']}" for c in record["candidates"][:3])
        return f"{record['incident_id']} unknown={record['unknown']} conf {record['confidence']:.2f} [{best}] -> {record['recommendation']['action']} {record['recommendation']['target']['name']}"
    if topic == "actions":
        return f"{record['incident_id']} {record['action_id']} {record['state']} {record['action']} {record['target']['name']} {record['policy']} exit {record['exit_code']} {record['reason']}"
    if topic == "notices":
        return f"{record['incident_id']} {record['transition']} {record['severity']} '{record['title']}'"
    if topic == "deliveries":
        return f"{record['incident_id']} {record['transition']} {record['target']} {record['state']} {record['outcome']}"
    if topic == "edges":
        return f"{entity(record['caller'])} -> {entity(record['callee'])} {record['count']:.0f} calls {record['errors']:.0f} errors"
    if topic == "ledger":
        return f"{record['fate']:<12}{record['kind']:<12}{entity(record['entity']):<28}{record['title']} {record['incident_id']} {record['reason']}"
    return json.dumps(record, default=str)[:300]


def main():
    """observe.py TOPIC...: follows topics for people who debug the lab; --all from the beginning."""
    names = [word for word in sys.argv[1:] if not word.startswith("-")]
    watch = Watch(os.environ["CAUSEWAY_KAFKA_BROKERS"], names or ["anomalies", "incidents", "causes", "actions", "notices"], beginning="--all" in sys.argv)
    began, idle = time.time(), 0
    while "--all" not in sys.argv or idle < 8:
        taken = watch.take()
        idle = 0 if taken else idle + 1
        for at, topic, record in taken:
            when = record["meta"]["stream_at"] / 1e6 if "--all" in sys.argv else at
            print(f"{time.strftime('%H:%M:%S', time.gmtime(when))} {topic:<10}{tell(topic, record)}", flush=True)
        time.sleep(0.25)
    return began


if __name__ == "__main__":
    main()
