"""Items a second of each service on one core, the broker on the other.

Four installations, each with a log of its own that is complete before a service starts: metrics (normalizer, detector), logs (normalizer, logcluster),
spans (normalizer, topology) and decisions (everything, measured from correlate on). The services run one after the other, each on what the one
before has written, alone on core 1, from its assignment to the commit of the last record. Then pass_through reads the same topics and writes as many bytes as the service did, on the same core.
"""
import json
import subprocess
import time

from bench_world import BenchWorld, gauges, until
import machine
import recorder_bench

CORE, BROKER_CORE = 1, 0
NEVER = "1h"
HEAD = ["service", "input", "items", "items/s", "of pass-through", "items per CPU s", "its core", "librdkafka", "others on its core", "MiB now", "most"]
ALL = ["normalizer", "logcluster", "topology", "detector", "correlate", "ranker", "remediator"]  # in the order of the data
OUTPUTS = {
    "normalizer": ["metrics", "logs", "spans", "events", "said", "clock"],
    "detector": ["anomalies", "evidence", "series", "snapshots.detector"],
    "logcluster": ["metrics.patterns", "anomalies", "evidence", "patterns", "snapshots.logcluster"],
    "topology": ["metrics.patterns", "edges", "snapshots.topology"],
    "correlate": ["incidents", "notices", "ledger", "topology", "snapshots.correlate"],
    "ranker": ["causes", "snapshots.ranker"],
    "remediator": ["actions", "audit", "snapshots.remediator"],
}
INPUTS = {
    "detector": ["metrics", "metrics.patterns", "said"],
    "logcluster": ["logs", "said"],
    "topology": ["spans"],
    "correlate": ["events", "anomalies", "edges", "said"],
    "ranker": ["incidents", "evidence", "events", "topology", "edges", "said"],
    "remediator": ["causes", "incidents", "said"],
}


class Moment:
    """Where a service stands: clock, its processor seconds, its core's, items given to the core."""

    def __init__(self, service, role):
        pid = service.child.pid
        seen = gauges(service)
        self.wall, self.core = time.monotonic(), machine.core_busy(CORE)
        self.cpu, self.client = machine.cpu(pid), machine.cpu_of_client(pid)
        self.alone = True  # no commit seen since
        self.assigned = seen.get(("causeway_stream_tasks", role), 0.0) > 0
        self.commits = seen.get(("causeway_stream_commits_total", role), 0.0)
        self.items = seen.get(("causeway_stream_items_total", role), 0.0)
        self.at = seen.get(("causeway_stream_time_seconds", role), 0.0)


class RawGroup:
    """What the normalizer has committed of its raw topics."""

    def __init__(self, world, topics):
        from confluent_kafka import Consumer, TopicPartition
        self.consumer = Consumer({"bootstrap.servers": world.brokers, "group.id": f"{world.prefix}.normalizer"})
        self.parts = [TopicPartition(t, p) for t in topics for p in self.consumer.list_topics(t, 10).topics[t].partitions]
        self.end = sum(self.consumer.get_watermark_offsets(p, 10)[1] for p in self.parts)

    def is_done(self, _):
        return sum(max(0, p.offset) for p in self.consumer.committed(self.parts, 10)) == self.end


def follow(service, role, is_done, limit=900):
    """The moment of the assignment, before anything is read, and that of the commit after which nothing is left to do."""
    first = last = None
    end = time.monotonic() + limit
    while time.monotonic() < end:
        if service.child.poll() is not None:
            raise AssertionError(f"{role} ended: {service.last_words()}")
        now = Moment(service, role)
        if first is None and now.assigned:
            first = now
        if last is None:
            last = now if first is not None and now.commits > 0 and is_done(now) else None
        elif role == "normalizer" or now.wall - last.wall > 1:
            return first, last
        elif last.alone and now.commits > last.commits:  # stream time is told before its commit
            now.alone, last = False, now
        time.sleep(0.05)
    raise AssertionError(f"{role} is not done within {limit} s: {service.last_words()}")


def pass_through(world, role, raw, written):
    """The log's own cost on the same core; None when there is nothing to read."""
    topics = raw if role == "normalizer" else [f"{world.prefix}.{t}" for t in INPUTS[role]]
    read = world.disk(topics)
    share = written / read if read else 0.0
    world.shell(f"kafka_java 128m org.apache.kafka.tools.TopicCommand --bootstrap-server {world.brokers} --create --topic pass.{role} "
                "--partitions 4 --config max.message.bytes=8388608 >/dev/null")
    machine.on_core(CORE)
    try:
        done = subprocess.run([world.bin / "pass_through", world.brokers, f"pass.{role}", str(share), *topics], capture_output=True, text=True, check=False)
    finally:
        machine.on_core(None)
    if done.returncode:
        raise AssertionError(f"pass_through: {done.stderr}")
    return json.loads(done.stdout)


def run_service(world, role, raw, last_at, measured, count):
    """Runs one service over all there is; its row when it is measured."""
    out = [f"{world.prefix}.{t}" for t in OUTPUTS[role]]
    before = world.disk(out)
    service = world.service(role, CORE if measured else None, CAUSEWAY_STALL_LIMIT=NEVER)
    group = RawGroup(world, raw) if role == "normalizer" else None
    first, last = follow(service, role, group.is_done if group else lambda now: now.at > last_at + 0.05)
    if group:
        group.consumer.close()
    memory = machine.memory(service.child.pid)
    if role == "normalizer":  # idle topics, too, must have come past the end of the log
        until("time goes on", lambda: gauges(service).get(("causeway_stream_time_seconds", role), 0) > last_at + 0.3, 60)
    service.stop(60)
    if not measured:
        return None
    limit = pass_through(world, role, raw, max(0, world.disk(out) - before))
    return row(role, count, first, last, memory, limit)


def row(role, count, first, last, memory, limit):
    label, total = count
    taken = last.items if total is None else total
    wall, cpu = last.wall - first.wall, last.cpu - first.cpu
    rate, others = taken / wall, max(0.0, (last.core - first.core - cpu) / wall)
    print(f"  {role}: {taken:.0f} {label} in {wall:.2f} s, {cpu:.2f} s of processor, {last.commits - first.commits:.0f} commits; "
          f"pass-through: {json.dumps(limit)}", flush=True)
    return [role, label, machine.number(taken), machine.number(rate), f"{limit['seconds'] / wall:.2f}", machine.number(taken / max(cpu, 1e-9)),
            f"{100 * cpu / wall:.0f} %", f"{100 * (last.client - first.client) / max(cpu, 1e-9):.0f} %", f"{100 * others:.0f} %",
            f"{memory[0]:.0f}", f"{memory[1]:.0f}"]


def installation(build, title, raw, roles, seconds, load):
    """A world with its raw log; (world, what was written)."""
    print(f"{title}: writing {seconds} s of it", flush=True)
    world = BenchWorld(build, BROKER_CORE)
    world.install(*(f"{topic}:2" for topic in raw), partitions=4)
    world.run_only(roles)
    return world, world.load(seconds, **load)


def over_metrics(build, scale):
    world, wrote = installation(build, "metrics", ["otlp_metrics"], ["normalizer", "detector"], max(80, int(250 * scale)), {"points": 20000})
    try:
        return [run_service(world, role, ["otlp_metrics"], wrote["last_at"], True, ("OTLP points" if role == "normalizer" else "points", wrote["points"]))
                for role in ("normalizer", "detector")]
    finally:
        world.close()


def over_logs(build, scale):
    world, wrote = installation(build, "logs", ["logs"], ["normalizer", "logcluster"], max(20, int(100 * scale)), {"points": 0, "lines": 10000})
    try:
        return [run_service(world, role, ["logs"], wrote["last_at"], True, ("ECS lines" if role == "normalizer" else "lines", wrote["lines"]))
                for role in ("normalizer", "logcluster")]
    finally:
        world.close()


def over_spans(build, scale):
    world, wrote = installation(build, "spans", ["otlp_spans"], ["normalizer", "topology"], max(20, int(100 * scale)), {"points": 0, "spans": 5000})
    try:
        return [run_service(world, role, ["otlp_spans"], wrote["last_at"], True, ("OTLP spans" if role == "normalizer" else "spans", wrote["spans"]))
                for role in ("normalizer", "topology")]
    finally:
        world.close()


def over_decisions(build, scale):
    """Alerts, anomalies and edges of a shop with faults; what each service decides, and the rows of it."""
    raw = ["otlp_metrics", "otlp_spans", "alerts"]
    seconds = max(120, int(600 * scale))
    load = {"points": 3200, "interval": 1000, "services": 200, "spans": 200, "alerts": 200, "faults": seconds // 4, "fault_from": 70000,
            "fault_every": 3000}
    world, wrote = installation(build, "decisions", raw, ALL, seconds, load)
    try:
        rows = []
        for role in ALL:
            measured = role in ("correlate", "ranker", "remediator")
            rows.append(run_service(world, role, raw, wrote["last_at"], measured, ("items of all inputs", None)))
            print(f"  {role} is through", flush=True)
        return [r for r in rows if r], recorder_bench.measure(world, CORE)
    finally:
        world.close()


def run(build, scale, only):
    rows, stored = [], None
    parts = {"metrics": over_metrics, "logs": over_logs, "spans": over_spans, "decisions": over_decisions}
    for name, part in parts.items():
        if only and name not in only:
            continue
        found = part(build, scale)
        if name == "decisions":
            found, stored = found
        rows += found
    print("\n## One core each, the broker on the other\n")
    print(machine.table(HEAD, rows))
    if stored:
        print("\n## Rows into PostgreSQL (with the broker on core 0)\n")
        print(stored)
