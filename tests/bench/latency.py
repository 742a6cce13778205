"""From the raw record to the incident, everything live on the same cores.

A shop of 800 services sends 20,000 points a second, 500 lines and 500 spans beside them. One fault at a time begins on a pair of services that no other
fault touches: six metrics of one service go to five times their level for half a minute, all in one raw record a second. Every incident opened on such a service counts.

  raw         Kafka timestamp (the producer's, as the topic is by default) of the last raw record needed: the record of the incident's service whose
              stream time lies in the slice in which the newest anomaly of the incident's first record was decided
  normalized  Kafka timestamp of the normalizer's commit that covers it (its record on topic clock, put with the outputs)
  judged      wall clock of the detector when it ran that slice (ingest_at of the anomaly); from normalized to here: the commit itself, and the marks of
              every raw partition, idle ones by ticks
  anomaly     Kafka timestamp of the anomaly
  decided     wall clock of the correlator when it ran the slice (ingest_at of the incident)
  incident    Kafka timestamp of the incident's first record
  visible     when a read_committed consumer had it: the commit is over
"""
import bisect
import collections
import json
import threading
import time

from confluent_kafka import Consumer, TopicPartition

from bench_world import CONSUMER, BenchWorld, gauges, messages, until
import machine

SERVICES = ["normalizer", "detector", "logcluster", "correlator", "ranker", "remediator", "recorder", "notifier", "console"]
POINTS = ["raw", "normalized", "judged", "anomaly", "decided", "incident", "visible"]
RAW = ["otlp_metrics", "otlp_spans", "logs"]
STAGES = [("raw", "normalized", "normalizer: taken, turned into items, put"), ("normalized", "judged", "commit; all marks past the slice; fetched by the detector"),
          ("judged", "anomaly", "detector: the slice run, waiting for its commit"), ("anomaly", "decided", "commit; marks; fetched by the correlator"),
          ("decided", "incident", "correlator: the slice run, waiting for its commit"), ("incident", "visible", "commit; fetched by a reader")]
WARM_S = 75  # sixty samples and a little


class Watch(threading.Thread):
    """Reads incidents as anybody would; notes when each record became visible."""

    def __init__(self, world):
        super().__init__(daemon=True)
        self.consumer = Consumer(CONSUMER | {"bootstrap.servers": world.brokers, "fetch.wait.max.ms": 100})
        topic = f"{world.prefix}.incidents"
        parts = self.consumer.list_topics(topic, 10).topics[topic].partitions
        self.consumer.assign([TopicPartition(topic, p, 0) for p in parts])
        self.seen, self.ending = {}, False

    def run(self):
        while not self.ending:
            message = self.consumer.poll(0.2)
            if message is not None and not message.error():
                self.seen[message.partition(), message.offset()] = time.time()
        self.consumer.close()


class Clocks:
    """The normalizer's commits by raw partition: (next offset, stream time, Kafka time, tick)."""

    def __init__(self, world):
        self.of = collections.defaultdict(list)
        for message in messages(world, f"{world.prefix}.clock"):
            kind, clock = world.records.open(message.value())
            if kind == "Clock":
                self.of[clock["topic"], clock["partition"]].append((clock["offset"], clock["stream_at"], message.timestamp()[1] / 1000, clock["tick"]))

    def covered(self, topic, partition, offset):
        """When the commit that covers a raw record was put."""
        return next((at for next_, _, at, _ in self.of[topic, partition] if next_ > offset), None)

    def last_past(self, slice_at):
        """(when, topic) of the raw partition that was the last to come past a slice."""
        found = []
        for (topic, _), commits in self.of.items():
            index = bisect.bisect_right(commits, slice_at, key=lambda c: c[1])
            if index < len(commits):
                found.append((commits[index][2], topic))
        return max(found, default=(None, "none"))

    def ticks(self, topic, partition):
        """(next offset, stream time) of the ticks, in order."""
        return [(next_, stream_at) for next_, stream_at, _, tick in self.of[topic, partition] if tick]


class Raw:
    """Raw metric records by service: (stream time in us, partition, offset, Kafka time in s). Stream time is the running maximum of the
    Kafka timestamps and of the ticks before a record, as the normalizer decided it."""

    def __init__(self, world, clocks):
        self.of, now, ticks = collections.defaultdict(list), collections.defaultdict(int), {}
        for message in messages(world, "otlp_metrics"):
            part, at = message.partition(), message.timestamp()[1]
            waiting = ticks.setdefault(part, collections.deque(clocks.ticks("otlp_metrics", part)))
            while waiting and waiting[0][0] <= message.offset():
                now[part] = max(now[part], waiting.popleft()[1])
            now[part] = max(now[part], at * 1000)
            tenant = dict(message.headers())["tenant"].decode()
            self.of[tenant, message.key().decode()].append((now[part], part, message.offset(), at / 1000))

    def find(self, tenant, service, begin, end):
        """The newest record with stream time in (begin, end]."""
        records = self.of.get((tenant, service), [])
        index = bisect.bisect_right(records, (end, 1 << 30)) - 1
        return records[index] if index >= 0 and records[index][0] > begin else None


def firsts(world, topic, key):
    """{key: (message, record)} of the first record of each."""
    found = {}
    for message in messages(world, f"{world.prefix}.{topic}"):
        kind, record = world.records.open(message.value())
        if kind and kind != "Mark":
            found.setdefault(record[key], (message, record))
    return found


def trace(incident, message, anomalies, raw, clocks, seen):
    """The incident's instants in s, or None when it is not one of ours."""
    members = [anomalies[m["member_id"]] for m in incident["members"] if m["member_id"] in anomalies]
    if not members:
        return None
    last_message, last = max(members, key=lambda m: (m[1]["meta"]["covers_to"], m[0].timestamp()[1]))
    meta = last["meta"]
    needed = raw.find(meta["tenant"], last["entity"]["name"], meta["covers_from"], meta["covers_to"])
    at = seen.get((message.partition(), message.offset()))
    if needed is None or at is None:
        return None
    _, partition, offset, raw_at = needed
    when, topic = clocks.last_past(meta["covers_to"])
    return {"raw": raw_at, "normalized": clocks.covered("otlp_metrics", partition, offset), "judged": meta["ingest_at"] / 1e6,
            "anomaly": last_message.timestamp()[1] / 1000, "decided": incident["meta"]["ingest_at"] / 1e6, "incident": message.timestamp()[1] / 1000,
            "visible": at, "marks": when, "held_by": topic, "service": f"{meta['tenant']}/{last['entity']['name']}", "members": len(members)}


def percentile(values, share):
    """Nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-len(ordered) * share // 100) - 1))]


def row(name, values):
    return [name] + [f"{1000 * percentile(values, share):.0f}" for share in (50, 90, 99)] + [f"{1000 * max(values):.0f}"]


def histogram(values):
    """At most 40 lines, of 25 ms or a multiple."""
    step = 0.025 * max(1, -(-(max(values) - min(values)) // 1))
    count = collections.Counter(int(v / step) for v in values)
    most = max(count.values())
    return "\n".join(f"{1000 * i * step:6.0f} ms {count[i]:4d} {'#' * round(60 * count[i] / most)}" for i in range(min(count), max(count) + 1))


def collect(world, watch):
    anomalies = firsts(world, "anomalies", "anomaly_id")
    clocks = Clocks(world)
    raw = Raw(world, clocks)
    found = [trace(record, message, anomalies, raw, clocks, watch.seen) for message, record in firsts(world, "incidents", "incident_id").values()]
    return [f for f in found if f], len(found)


def report(found, opened, faults, load):
    whole = [f["incident"] - f["raw"] for f in found]
    hit = {f["service"] for f in found}
    print(f"\n## From the raw record to the incident\n\n{len(found)} incidents traced of {opened} opened, over {len(hit)} services; {faults} faults; "
          f"{load['points'] / load['seconds']:.0f} points/s, {load['lines'] / load['seconds']:.0f} lines/s, {load['spans'] / load['seconds']:.0f} spans/s; "
          f"the load was at most {load['latest_ms']:.0f} ms late\n")
    rows = [row("**raw record to incident, Kafka timestamps**", whole), row("raw record to visible", [f["visible"] - f["raw"] for f in found])]
    rows += [row(text, [f[end] - f[begin] for f in found]) for begin, end, text in STAGES]
    print(machine.table(["ms", "p50", "p90", "p99", "max"], rows))
    last = collections.Counter(f["held_by"] for f in found)
    late = [f["marks"] - f["raw"] for f in found if f["marks"]]
    print(f"\nThe last raw partition past the slice was of {', '.join(f'{t} {100 * n / len(found):.0f} %' for t, n in last.most_common())}; "
          f"that was {1000 * percentile(late, 50):.0f} ms (p50), {1000 * percentile(late, 99):.0f} ms (p99) after the raw record\n")
    print(histogram(whole))
    worst = percentile(whole, 99)
    print(f"\np99 {1000 * worst:.0f} ms, goal 1000 ms: {'met' if worst <= 1 else 'MISSED'}; over {len(found)} incidents, goal 300: {'met' if len(found) >= 300 else 'MISSED'}")


def resources(world, began):
    """Memory and processor of each process while the load ran."""
    wall, rows = time.monotonic() - began["wall"], []
    for name, pid in pids(world).items():
        now, most = machine.memory(pid)
        spent = machine.cpu(pid) - began.get(name, 0.0)
        rows.append([name, f"{now:.0f}", f"{most:.0f}", f"{100 * spent / wall:.1f} %"])
    print(f"\n## Resident memory and processor, each process, after {wall:.0f} s of load\n")
    print(machine.table(["process", "MiB now", "most", "of a core"], rows))
    threads = machine.cpu_by_thread(pids(world)["Kafka"])
    print("\nKafka's time by kind of thread, since it started: "
          + ", ".join(f"{name} {spent:.0f} s" for name, spent in sorted(threads.items(), key=lambda t: -t[1])[:6]))


def pids(world):
    found = {name: world.services[name].child.pid for name in SERVICES}
    return found | {"Kafka": int((world.folder / "run" / "kafka1" / "pid").read_text())}


def run(args):
    seconds = WARM_S + args.incidents + 15
    print(f"latency: {seconds} s live", flush=True)
    world = BenchWorld(args.build, None)
    try:
        world.options = dict(option.split("=", 1) for option in args.option)
        world.install(*(f"{topic}:2" for topic in RAW), partitions=4)
        for name in SERVICES:
            world.service(name)
        for name in SERVICES:
            until(f"{name} is ready", world.services[name].ready, 120)
        watch = Watch(world)
        watch.start()
        began = {name: machine.cpu(pid) for name, pid in pids(world).items()} | {"wall": time.monotonic()}
        load = world.load(seconds, live=1, points=args.points, lines=500, spans=500, faults=args.incidents, fault_from=WARM_S * 1000)
        resources(world, began)
        commits = {r: v for (n, r), v in (p for s in ("normalizer", "detector", "correlator") for p in gauges(world.services[s]).items())
                   if n == "causeway_stream_commits_total"}
        rates = ", ".join(f"{role} {count / load['seconds']:.1f}" for role, count in commits.items())
        print(f"\ncommits a second: {rates}")
        time.sleep(3)
        watch.ending = True
        watch.join()
        world.stop()
        found, opened = collect(world, watch)
        report(found, opened, args.incidents, load)
        if args.keep:
            with open(args.keep, "w", encoding="utf-8") as out:
                out.writelines(json.dumps(f) + "\n" for f in found)
    finally:
        world.close()
