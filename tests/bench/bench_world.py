"""Servers and services for a bench: as shipped, on the cores they are told to."""
import io
import json
import pathlib
import subprocess
import sys
import time

import fastavro
from confluent_kafka import Consumer, TopicPartition

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "scenario"))
from world import QUICK, Service, World, get  # noqa: E402

import machine  # noqa: E402

QUICK.clear()  # options as shipped
CONSUMER = {"group.id": "bench", "enable.auto.commit": False, "isolation.level": "read_committed", "auto.offset.reset": "earliest"}


class BenchWorld(World):
    """Kafka and PostgreSQL on one core, or on all; fsync as in real life."""

    def __init__(self, build, core):
        self.core = core
        machine.on_core(core)
        try:
            super().__init__(build, False)
        finally:
            machine.on_core(None)
        self.bin = self.programs(self.bin)

    def programs(self, built):
        """The programs, and each role of the correlator as one of its own."""
        folder = self.folder / "bin"
        folder.mkdir()
        for program in built.iterdir():
            (folder / program.name).symlink_to(program)
        for role in ("topology", "correlate"):
            (folder / f"causeway-{role}").write_text(f'#!/bin/sh\nexec "{built}/causeway-correlator" --role {role}\n')
            (folder / f"causeway-{role}").chmod(0o755)
        return folder

    def servers_up(self):
        self.shell("export PG_FSYNC=on KAFKA_HEAP=1g; servers_up")

    def close(self):
        self.producer = None  # or it would complain that the broker has gone
        super().close()

    def own(self, name):
        own = super().own(name)
        if name == "notifier":
            own |= {"CAUSEWAY_NOTIFY_LOOPBACK": "true", "CAUSEWAY_NOTIFY_INSECURE_HTTP": "true"}
        return own

    def run_only(self, services):
        """Writes the manifest again: these services run, nobody waits for another."""
        newest = self.read("manifest")[-1]
        kind, schema = next((p, s) for p, (n, s) in self.records.by_print.items() if n == "Manifest")
        body = io.BytesIO()
        fastavro.schemaless_writer(body, schema, dict(newest, services=services))
        self.send(f"{self.prefix}.manifest", b"\xc3\x01" + kind + body.getvalue(), key="manifest")
        self.flush()

    def load(self, seconds, **settings):
        """Fills raw topics; what shop_load says it did."""
        machine.on_core(1 if self.core == 0 else None)
        try:
            done = subprocess.run([self.bin / "shop_load", self.brokers, str(seconds), *(f"{k}={v}" for k, v in settings.items())],
                                  capture_output=True, text=True, check=False)
        finally:
            machine.on_core(None)
        if done.returncode != 0:
            raise AssertionError(f"shop_load: {done.stderr}")
        return json.loads(done.stdout)

    def disk(self, topics):
        """Bytes of these topics on the broker's disk, compressed as they are."""
        data = self.folder / "run" / "kafka1" / "data"
        return sum(f.stat().st_size for t in topics for d in data.glob(f"{t}-*") if d.name[len(t) + 1:].isdigit() for f in d.glob("*.log"))

    def service(self, name, core=None, **options):
        machine.on_core(core)
        try:
            self.services[name] = Service(self, name, self.own(name) | options, 0)
        finally:
            machine.on_core(None)
        return self.services[name]


def gauges(service):
    """{(name, role): value} of the service's metrics page."""
    found = {}
    for line in get(f"http://127.0.0.1:{service.port}/metrics")[1].splitlines():
        if line.startswith("causeway_") and "{" not in line:
            name, value = line.split(" ")[:2]
            found[name, ""] = float(value)
        elif line.startswith("causeway_") and 'role="' in line:
            name, role = line.split("{")[0], line.split('role="')[1].split('"')[0]
            found[name, role] = float(line.rsplit(" ", 1)[1])
    return found


def until(what, look, seconds, every=0.1):
    """Calls look each `every` seconds until it is true."""
    end = time.monotonic() + seconds
    while not look():
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(every)


def messages(world, topic):
    """Every committed message of a topic, partition by partition."""
    consumer = Consumer(CONSUMER | {"bootstrap.servers": world.brokers, "enable.partition.eof": True})
    parts = consumer.list_topics(topic, 10).topics[topic].partitions
    consumer.assign([TopicPartition(topic, p, 0) for p in parts])
    ended = set()
    try:
        while len(ended) < len(parts):
            for message in consumer.consume(1000, 10):
                if message.error():
                    ended.add(message.partition())
                else:
                    yield message
    finally:
        consumer.close()
