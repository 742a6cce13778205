"""replay.py - one raw log, decided again and again: one instance and three, at full speed and held up, live and by `cwctl replay`.

  replay.py --build DIR [--seed N] [--seconds N] [--points N] [--lines N] [--spans N] [--storm N] [--disorder MS] [--keep]

A load generator writes telemetry of two tenants with faults, alert storms, records in disorder and no keys, so that every series lies in every raw
partition. The services decide it as it comes, run a repair and hear a person. Then fresh installations - other prefixes over the same raw topics,
which nobody writes any more - decide it again, and `cwctl replay` does. Every kind of final record must be equal in canonical form.

Time: a tick is the one place where the wall clock enters, and it is on record. The first run waits 5 s (`grace`) before it ticks, so no tick there
overtakes a record; the later runs tick only behind the last record. All are compared as of that record's stream time. No source is ever ruled
absent: stall.limit is an hour. Both are checked, not assumed.
"""
import argparse
import hashlib
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "scenario"))
from raw_file import RawFile, broken, spread  # noqa: E402
from world import QUICK, Service, World, get, wait_for  # noqa: E402

parser = argparse.ArgumentParser()
parser.add_argument("--build", required=True)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--seconds", type=int, default=110)
parser.add_argument("--points", type=int, default=1500)
parser.add_argument("--lines", type=int, default=100)
parser.add_argument("--spans", type=int, default=80)
parser.add_argument("--storm", type=int, default=20)
parser.add_argument("--disorder", type=int, default=120, help="ms; records up to so much older than those before them")
parser.add_argument("--keep", action="store_true")
args = parser.parse_args()

DECIDING = ["normalizer", "detector", "logcluster", "correlator", "ranker", "remediator"]
ROLES = {"detector", "logcluster", "topology", "correlate", "ranker", "remediator"}
RAW = ["otlp_metrics", "otlp_spans", "syslog", "alerts"]
RAW_PARTITIONS, PARTITIONS = 3, 4
GRACE = "5s"
POLICY = """
caps: {domain: 50, window: 1h, running: 4}
policies:
  - name: anything
    match: {min_confidence: 0.01}
    level: 2
    veto: 2s
    argv: [/bin/true, "{entity}"]
    timeout: 5s
    cooldown: 1m
    verify_within: 20s
    max_attempts: 2
"""
QUICK.pop("CAUSEWAY_CORRELATE_QUIET", None)  # decisions as shipped: the replay has the same configuration
faults = []


class Crew:
    """An installation: every deciding service so many times, under a prefix of its own."""

    def __init__(self, prefix, instances, hold_up=False, **options):
        self.prefix, self.services, self.ending, self.holders = prefix, [], threading.Event(), []
        world.prefix = prefix
        world.install(*(w for topic in RAW for w in ("--raw", f"{topic}:{RAW_PARTITIONS}")), partitions=PARTITIONS)
        self.began = time.monotonic()
        for name in DECIDING:
            for instance in range(instances):
                folder = world.folder / f"effect-{prefix}-{instance}"
                folder.mkdir(exist_ok=True)
                own = {"CAUSEWAY_EFFECT_STATE_FOLDER": str(folder)} if name == "remediator" else {}
                self.services.append(Service(world, name, options | own, f"{instance}"))
        for at, service in enumerate(self.services if hold_up else ()):
            self.holders.append(threading.Thread(target=self.hold_up, args=(service.child, at), daemon=True))
            self.holders[-1].start()

    def hold_up(self, child, at):
        """Stops a process most of the time: each in a rhythm of its own."""
        rand = random.Random(args.seed * 100 + at)
        while not self.ending.is_set():
            self.ending.wait(rand.uniform(0.02, 0.1))
            child.send_signal(signal.SIGSTOP)
            self.ending.wait(rand.uniform(0.1, 0.6))
            child.send_signal(signal.SIGCONT)

    def times(self):
        """Role -> partitions owned, and the stream time of the slowest."""
        owned, slowest = dict.fromkeys(ROLES, 0), dict.fromkeys(ROLES, float("inf"))
        for service in self.services:
            assert service.child.poll() is None, f"{service.name} ended with {service.child.returncode}: {service.last_words()}"
            values = {}
            for line in get(f"http://127.0.0.1:{service.port}/metrics")[1].splitlines():
                name, _, rest = line.partition("{")
                values[name, rest.partition('role="')[2].partition('"')[0]] = line.rsplit(" ", 1)[-1]
            for (name, role), value in values.items():
                if name == "causeway_stream_tasks" and role in ROLES and float(value) > 0:
                    owned[role] += int(float(value))
                    slowest[role] = min(slowest[role], float(values["causeway_stream_time_seconds", role]))
        return owned, slowest

    def is_beyond(self, at_s):
        self.heard = owned, slowest = self.times()
        return all(count == PARTITIONS for count in owned.values()) and all(at > at_s for at in slowest.values())

    def decide_until(self, at_s, seconds=300):
        try:
            wait_for(f"{self.prefix} has decided everything", lambda: self.is_beyond(at_s), seconds)
        except AssertionError:
            print(f"wanted {at_s:.1f}; the last that was heard:", self.heard, flush=True)
            raise
        self.took = time.monotonic() - self.began

    def shares(self):
        """How many processes of each service own something, of how many."""
        found = []
        for name in DECIDING:
            mine = [s for s in self.services if s.name == name]
            found.append(f"{name} {sum(s.metric('causeway_stream_tasks') > 0 for s in mine)}/{len(mine)}")
        return ", ".join(found)

    def stop(self):
        self.ending.set()
        for thread in self.holders:
            thread.join()
        for service in self.services:
            service.child.terminate()
        for service in self.services:
            service.stop(30)


def cwctl(*words, text=None):
    env = dict(os.environ, **QUICK, **world.options, CAUSEWAY_KAFKA_BROKERS=world.brokers, CAUSEWAY_PREFIX=world.prefix)
    done = subprocess.run([world.bin / "cwctl", *words], env=env, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"cwctl {' '.join(words)}: {done.stderr[-600:]}"
    return done.stdout


class Decided:
    """What a run decided, as of one time: canonical lines by type, and cwctl's hash over all."""

    def __init__(self, title, text):
        *lines, last = text.splitlines()
        self.title, self.sha, self.by_type = title, json.loads(last)["sha256"], {}
        for line in lines:
            self.by_type.setdefault(json.loads(line)["type"], []).append(line)

    def sha_of(self, kind):
        return hashlib.sha256("".join(l + "\n" for l in self.by_type.get(kind, ())).encode()).hexdigest()


def live(title):
    """What stands on the topics of the installation that ran last; nothing may have been left to chance."""
    its = RawFile(cwctl("topics", "export"))
    if its.rulings() or (world.prefix != "live" and its.ticks(until_us)[1]):
        faults.append(f"{title}: {its.rulings()} rulings, {its.ticks(until_us)[1]} records overtaken by a tick")
    return Decided(title, cwctl("canonical", "--until", str(until_us)))


def replayed(title, text, *words):
    return Decided(title, cwctl("replay", "--canonical", "--until", str(until_us), *words, "-", text=text))


def compare(first, other):
    """Prints what differs; returns how many records are equal."""
    equal = 0
    for kind in sorted(first.by_type.keys() | other.by_type.keys()):
        a, b = set(first.by_type.get(kind, ())), set(other.by_type.get(kind, ()))
        equal += len(a & b)
        if a != b:
            folder = world.folder / "differ"
            folder.mkdir(exist_ok=True)
            for which, lines in (("first", a - b), ("other", b - a)):
                (folder / f"{other.title.split()[0]}.{kind}.{which}".lower()).write_text("".join(l + "\n" for l in sorted(lines)))
    return equal


def fields_that_differ(a, b, path=""):
    if isinstance(a, dict) and isinstance(b, dict):
        for name in sorted(a.keys() | b.keys()):
            yield from fields_that_differ(a.get(name), b.get(name), f"{path}.{name}" if path else name)
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for x, y in zip(a, b):
            yield from fields_that_differ(x, y, path + "[]")
    elif a != b:
        yield path


def explain(first, other):
    """By type: records only one of the two has, and in how many others which fields differ."""
    for kind in kinds_that_differ(first, other):
        a, b = ({json.dumps(one["key"]): one["record"] for one in map(json.loads, run.by_type.get(kind, ()))} for run in (first, other))
        fields = {}
        for key in a.keys() & b.keys():
            for field in set(fields_that_differ(a[key], b[key])):
                fields[field] = fields.get(field, 0) + 1
        print(f"    {kind}: {len(a)} and {len(b)}; {len(a.keys() - b.keys())} and {len(b.keys() - a.keys())} only in one; fields that differ: "
              + (", ".join(f"{name} {count}" for name, count in sorted(fields.items())) or "none"))


def kinds_that_differ(first, other):
    return [k for k in sorted(first.by_type.keys() | other.by_type.keys()) if first.sha_of(k) != other.sha_of(k)]


def table(runs):
    first = runs[0]
    print(f"\n{'':14}{'records':>8}  sha256 of " + first.title)
    for kind in sorted(first.by_type):
        print(f"{kind:14}{len(first.by_type[kind]):8}  {first.sha_of(kind)}")
    print(f"\n{'':36}{'records':>8}  sha256 over all")
    for run in runs:
        differ = kinds_that_differ(first, run)
        print(f"{run.title:36}{sum(map(len, run.by_type.values())):8}  {run.sha}  {'equal' if not differ else 'DIFFER: ' + ', '.join(differ)}", flush=True)


def people(world):
    """Somebody acknowledges the first incident of each tenant, and silences what another one says."""
    told = set()
    while not over.wait(1):
        for incident in world.read("incidents"):
            tenant = incident["meta"]["tenant"]
            if tenant in told:
                continue
            told.add(tenant)
            world.say(tenant=tenant, domain=tenant, kind="acknowledge", target=incident["incident_id"])
            world.say(tenant=tenant, domain=tenant, kind="silence", expires_at=int((time.time() + 600) * 1e6),
                      matchers=[{"label": "alertname", "value": "Slow3"}])


tempfile.tempdir = tempfile.mkdtemp(prefix="causeway-replay.")
os.chmod(tempfile.tempdir, 0o755)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
world, crew, over = World(args.build, args.keep), None, threading.Event()
print(f"world in {world.folder}", flush=True)
try:
    (world.folder / "policy.yaml").write_text(POLICY)
    world.options = {"CAUSEWAY_POLICY_FILE": str(world.folder / "policy.yaml"), "CAUSEWAY_EFFECT_INSECURE_SAME_USER": "true",
                     "CAUSEWAY_STALL_LIMIT": "1h"}
    crew = Crew("live", 1, CAUSEWAY_GRACE=GRACE)
    for service in crew.services:
        wait_for(f"{service.name} is ready", service.ready, 120)
    talking = threading.Thread(target=people, args=(world,), daemon=True)
    talking.start()
    settings = [f"{k}={getattr(args, k)}" for k in ("points", "lines", "spans", "storm", "seed", "disorder")]
    load = subprocess.run([world.bin / "loadgen", world.brokers, str(args.seconds), *settings, "fault_every=40", "fault_for=20"],
                          capture_output=True, text=True, check=True)
    print("load:", load.stdout.strip(), flush=True)
    over.set()
    talking.join()
    crew.decide_until(time.time(), 240)
    crew.stop()
    raw = RawFile(cwctl("topics", "export"))
    (world.folder / "raw.ndjson").write_text(raw.text())
    until_us = raw.last_us()
    runs = [live("A live, one instance, as it comes")]
    late, most_ms = raw.disorder()
    ticks, bitten = raw.ticks(until_us)
    services, scattered = raw.scattered()
    print(f"raw log: {len(raw.records)} records in {len(raw.partitions())} partitions; {late} older than one before them, by {most_ms} ms at most; "
          f"{scattered} of {services} services' series in every partition; {ticks} ticks, {bitten} records overtaken by one; {raw.rulings()} rulings", flush=True)
    if bitten:
        faults.append(f"{bitten} records overtaken by a tick within {GRACE}: without that tick they need not be decided alike; try a quieter machine")
    if scattered < services or not late:
        faults.append("the raw log is in order, or its series are not scattered: nothing was shown")
    how = [("B live, three instances, full speed", "three", 3, {}), ("C live, one instance, full speed", "one", 1, {"CAUSEWAY_COMMIT_EVERY": "10ms"}),
           ("D live, one instance, held up", "held", 1, {"CAUSEWAY_COMMIT_EVERY": "700ms", "CAUSEWAY_MESSAGE_SIZE": "256KiB"})]
    for title, prefix, instances, options in how:
        crew = Crew(prefix, instances, hold_up=prefix == "held", CAUSEWAY_EFFECT_MAX_AGE="1s", **options)
        crew.decide_until(until_us / 1e6 + 1)
        print(f"{title}: {crew.took:.1f} s from start to the end of the log; own something: {crew.shares()}", flush=True)
        crew.stop()
        runs.append(live(title))
    runs.append(replayed("E cwctl replay", raw.text()))
    runs.append(replayed("F cwctl replay --shuffle 7", raw.text(), "--shuffle", "7"))
    no_clock = [one for one in raw.ours if not one["topic"].endswith("clock")]
    runs.append(replayed("E' cwctl replay, ticks derived", raw.text(ours=no_clock)))
    table(runs)
    for run in runs[1:]:
        differ = kinds_that_differ(runs[0], run)
        if differ:
            compare(runs[0], run)
            explain(runs[0], run)
            faults.append(f"{run.title}: {', '.join(differ)} differ, see {world.folder}/differ")
    for kind in ("Incident", "Cause", "Notice", "Action", "Anomaly", "Pattern"):
        if not runs[0].by_type.get(kind):
            faults.append(f"no {kind} at all: nothing was compared")
    print("\nbroken on purpose:")
    for name, records in broken(raw.records, args.seed).items():
        run = replayed(name, raw.text(records))
        differ = kinds_that_differ(runs[0], run)
        print(f"{run.title:40}  {run.sha}  differ: {', '.join(differ) or 'NOTHING'}", flush=True)
        if run.sha == runs[0].sha:
            faults.append(f"{name}, and nothing differs")
    print("\nother raw partitions, cwctl replay:")
    for order in ("in order", "in disorder"):
        first = None
        for count in (RAW_PARTITIONS, 1, 4):
            text = raw.text(spread(raw.records, count, args.seed, order == "in order"), no_clock)
            run = replayed(f"G{count}{order[3]} {order}, {count} raw partitions", text)
            first = first or run
            equal = compare(first, run)
            print(f"{run.title:40}{sum(map(len, run.by_type.values())):8} records, {equal} as with {RAW_PARTITIONS}; differ: "
                  f"{', '.join(kinds_that_differ(first, run)) or 'none'}", flush=True)
            explain(first, run)
            if order == "in order" and run.sha != first.sha:
                faults.append(f"{run.title}: differs, see {world.folder}/differ")
finally:
    over.set()
    if crew is not None:
        crew.ending.set()
        for service in crew.services:
            if service.child.poll() is None:
                service.kill()
    world.keep = args.keep or bool(faults)
    world.close()
    if not world.keep:
        os.rmdir(tempfile.tempdir)
for fault in faults:
    print("FAULT:", fault)
print(f"replay: {'FAILED' if faults else 'passed'} with seed {args.seed}")
sys.exit(1 if faults else 0)
