"""pipeline.py - the whole engine under load and under fire; in the end it must equal the undisturbed run of the same raw log.

  pipeline.py --build DIR [--kills N] [--seed N] [--points N] [--lines N] [--spans N] [--quick]

Services run, some of them twice; a load generator writes metrics, logs, spans and alert storms of two tenants with faults on a schedule. Meanwhile:
SIGKILL at random over all services, SIGSTOP beyond the session timeout and back, an instance added and removed, the broker killed under load,
PostgreSQL stopped for a while, all producers silent. Every process is started again, as a supervisor would. In the end the raw log, its clock and
its rulings are exported and replayed; final incidents, causes, notices and intended actions must be equal in canonical form, no notice may come
from a restart, and the rows of PostgreSQL must be those of the topics.
"""
import argparse
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
from world import QUICK, Service, World, get, wait_for  # noqa: E402

parser = argparse.ArgumentParser()
parser.add_argument("--build", required=True)
parser.add_argument("--kills", type=int, default=60)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--points", type=int, default=20000)
parser.add_argument("--lines", type=int, default=2000)
parser.add_argument("--spans", type=int, default=500)
parser.add_argument("--storm", type=int, default=50)
parser.add_argument("--quick", action="store_true", help="a short run for every day: no broker or database outage")
parser.add_argument("--keep", action="store_true")
args = parser.parse_args()
rand = random.Random(args.seed)
FINAL = ["incidents", "causes", "notices", "actions"]
TOPIC_OF = {"Incident": "incidents", "Cause": "causes", "Notice": "notices", "Action": "actions"}
RAW = ["--raw", "otlp_metrics:2", "--raw", "otlp_spans:2", "--raw", "syslog:2", "--raw", "alerts:2"]
tally = {"kills": 0, "stops": 0, "restarts": 0, "broker": 0, "postgres": 0, "added": 0}
QUICK.pop("CAUSEWAY_CORRELATE_QUIET", None)  # decisions as shipped: the replay has the same configuration


class Keeper:
    """Starts a process again whenever it ends."""

    def __init__(self, world, name, instance):
        self.world, self.name, self.instance, self.wanted = world, name, instance, True
        self.start()

    def start(self):
        options = {"CAUSEWAY_STALL_LIMIT": {"detector": "20s", "logcluster": "20s"}.get(self.name, "30s")} | self.world.own(self.name)
        self.service = Service(self.world, self.name, options, self.instance)

    def tend(self):
        if self.wanted and self.service.child.poll() is not None:
            tally["restarts"] += 1
            if self.service.child.returncode == 1:
                faults.append(f"{self.name}-{self.instance} ended with 1: {self.service.last_words()[-600:]}")
            self.start()

    def kill(self):
        self.service.child.send_signal(signal.SIGKILL)
        tally["kills"] += 1

    def pause(self, seconds):
        child = self.service.child
        child.send_signal(signal.SIGSTOP)
        tally["stops"] += 1
        threading.Timer(seconds, lambda: child.poll() is None and child.send_signal(signal.SIGCONT)).start()


faults = []
tempfile.tempdir = tempfile.mkdtemp(prefix="causeway-chaos.")
os.chmod(tempfile.tempdir, 0o755)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
world = World(args.build, args.keep)
print(f"world in {world.folder}", flush=True)


def tend_all():
    for keeper in keepers:
        keeper.tend()


def wait_tending(seconds):
    until = time.time() + seconds
    while time.time() < until:
        tend_all()
        time.sleep(0.2)


def load(seconds, seed):
    return subprocess.Popen([world.bin / "loadgen", world.brokers, str(seconds), f"points={args.points}", f"lines={args.lines}",
                             f"spans={args.spans}", f"storm={args.storm}", f"seed={seed}", "fault_every=30", "fault_for=15"],
                            stdout=subprocess.PIPE, text=True)


def broker_outage():
    pid = int((world.folder / "run" / "kafka1" / "pid").read_text())
    os.kill(pid, signal.SIGKILL)
    tally["broker"] += 1
    time.sleep(3)
    world.shell("kafka_start 1; kafka_wait $(cat $RUN/kafka1/port)")


def postgres_outage(seconds):
    world.shell("as_pg $(pg_bin)/pg_ctl -D $(pg_data) -m immediate -w stop >/dev/null")
    tally["postgres"] += 1
    wait_tending(seconds)
    world.shell("postgres_up")


def stream_time(keeper):
    """Slowest stream time over the roles that own a partition; infinity for a spare."""
    lines = get(f"http://127.0.0.1:{keeper.service.port}/metrics")[1].splitlines()
    at = {l.split("{")[1]: float(l.rsplit(" ", 1)[1]) for l in lines if l.startswith("causeway_stream_time_seconds{")}
    owns = {l.split("{")[1].split("}")[0]: float(l.rsplit(" ", 1)[1]) for l in lines if l.startswith("causeway_stream_tasks{")}
    at = {k.split("}")[0]: v for k, v in at.items()}
    return min((v for k, v in at.items() if owns.get(k)), default=float("inf") if at else 0.0)


def drained():
    """Every stage stands where the one before it stands, and moves no more."""
    def times():
        return [stream_time(k) for k in keepers if k.wanted and k.name in ("detector", "logcluster", "correlator", "ranker", "remediator")]

    def still():
        tend_all()
        first = times()
        time.sleep(3)
        second = times()
        known = [t for t in second if t != float("inf")]
        return first == second and known and min(known) > 0 and max(known) - min(known) < 0.2
    wait_for("all stages have come to the same time", still, 180)


def command(*words, **more):
    env = dict(os.environ, CAUSEWAY_KAFKA_BROKERS=world.brokers, CAUSEWAY_PREFIX=world.prefix)
    return subprocess.run([world.bin / "cwctl", *words], env=env, capture_output=True, text=True, **more)


def canonical(text):
    """Lines of canonical records by topic, without the closing digest."""
    found = {}
    for line in text.splitlines():
        if not line.startswith("{"):
            continue
        one = json.loads(line)
        if one.get("type") in TOPIC_OF:
            found.setdefault(TOPIC_OF[one["type"]], set()).add(json.dumps(one["record"], sort_keys=True))
    return found


def intended(records):
    """An action as decided: what an effect did to it afterwards is no decision."""
    return {json.dumps({k: v for k, v in json.loads(r).items() if k in ("action_id", "policy", "argv", "target")}, sort_keys=True) for r in records}


try:
    world.install(*RAW)
    keepers = [Keeper(world, n, 0) for n in ("normalizer", "detector", "logcluster", "correlator", "ranker", "remediator", "recorder", "notifier")]
    keepers += [Keeper(world, n, 1) for n in ("normalizer", "detector", "correlator")]
    for keeper in keepers:
        wait_for(f"{keeper.name} is ready", keeper.service.ready, 120)
    print("all ready; load begins", flush=True)
    seconds = 45 if args.quick else 240
    loading = load(seconds, args.seed)
    wait_tending(10)
    began, kill_every = time.time(), max(0.3, (seconds - 20) / max(1, args.kills))
    outages = [] if args.quick else [(60, broker_outage), (110, lambda: postgres_outage(60))]
    extra = None
    while loading.poll() is None:
        tend_all()
        if tally["kills"] + tally["stops"] < args.kills and time.time() - began > (tally["kills"] + tally["stops"]) * kill_every:
            keeper = rand.choice(keepers)
            keeper.kill() if rand.random() < 0.8 else keeper.pause(rand.choice([1, 3, 12]))
        if outages and time.time() - began > outages[0][0]:
            outages.pop(0)[1]()
        if extra is None and time.time() - began > seconds * 0.3:
            extra = Keeper(world, "detector", 2)
            keepers.append(extra)
            tally["added"] += 1
        if extra is not None and extra.wanted and time.time() - began > seconds * 0.6:
            extra.wanted = False
            extra.service.child.terminate()
        time.sleep(0.1)
    print("load:", loading.stdout.read().strip(), flush=True)
    print("producers are silent; draining", flush=True)
    wait_tending(20)
    ended = time.time()
    wait_for("everything decided what was sent", lambda: (tend_all(), all(stream_time(k) > ended - 3 for k in keepers if k.name in
             ("detector", "correlator", "ranker", "remediator") and k.wanted))[1], 240)
    for keeper in keepers:  # time stands still from here on: no tick, so nothing new to decide
        if keeper.name == "normalizer":
            keeper.wanted = False
            keeper.service.stop(30)
    drained()
    quiet = {t: len(world.read(t)) for t in ("incidents", "notices", "causes", "actions")}
    for keeper in keepers:  # a restart of everything says nothing
        if keeper.wanted and keeper.name not in ("recorder", "notifier"):
            keeper.kill()
    wait_tending(5)
    wait_for("everything is back", lambda: (tend_all(), all(k.service.ready() for k in keepers if k.wanted))[1], 120)
    drained()
    for topic, count in quiet.items():
        now = len(world.read(topic))
        if now != count:
            faults.append(f"a restart put {now - count} records on {topic}")
    for keeper in keepers:
        keeper.wanted = False
        if keeper.service.child.poll() is None:
            keeper.service.child.terminate()
    for keeper in keepers:
        keeper.service.stop()
    live = canonical(command("canonical").stdout)
    export = command("topics", "export")
    (world.folder / "raw.ndjson").write_text(export.stdout)
    replayed_run = command("replay", "--canonical", "--partitions", "2", str(world.folder / "raw.ndjson"))
    if replayed_run.returncode:
        faults.append(f"replay: {replayed_run.stderr[-500:]}")
    replayed = canonical(replayed_run.stdout)
    for topic in FINAL:
        a, b = live.get(topic, set()), replayed.get(topic, set())
        if topic == "actions":
            a, b = intended(a), intended(b)
        print(f"{topic}: {len(a)} live, {len(b)} replayed, {len(a & b)} equal", flush=True)
        if a != b:
            (world.folder / f"{topic}.live").write_text("\n".join(sorted(a - b)))
            (world.folder / f"{topic}.replayed").write_text("\n".join(sorted(b - a)))
            faults.append(f"{topic} differ: {len(a - b)} only live, {len(b - a)} only replayed, see {world.folder}")
    if not live.get("incidents"):
        faults.append("no incident at all: nothing was compared")
    rows = world.sql("select count(*) from causeway.incidents")[0][0]
    if rows != len(live.get("incidents", ())):
        faults.append(f"{rows} incidents in PostgreSQL, {len(live.get('incidents', ()))} on the topic")
    print(json.dumps(tally), flush=True)
finally:
    world.keep = args.keep or bool(faults)
    world.close()
for fault in faults:
    print("FAULT:", fault)
print(f"pipeline: {'FAILED' if faults else 'passed'} with seed {args.seed}")
sys.exit(1 if faults else 0)
