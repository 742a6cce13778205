"""pipeline.py - the whole engine under load and under fire; in the end it must equal the undisturbed run of the same raw log.

  pipeline.py --build DIR [--kills N] [--seed N] [--points N] [--lines N] [--spans N] [--quick]

Services run, some of them twice; a load generator writes metrics, logs, spans and alert storms of two tenants with faults on a schedule. Meanwhile:
SIGKILL at random over all services, SIGSTOP beyond the session timeout and back, an instance added and removed, the broker killed under load,
PostgreSQL stopped for a while, all producers silent. Every process is started again, as a supervisor would. In the end the raw log, its clock and
its rulings are exported and replayed; final incidents, causes, notices and actions must be equal in canonical form, no notice may come from a
restart, and the rows of PostgreSQL must be those of the topics. Repairs run by themselves; each writes a line when it begins and when it ends: none
may begin twice, one that was cut must be told as unknown, and one is cut on purpose, by killing the remediator, the supervisor and the script.
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
# A script that says what it does: "began pid parent key", two seconds, "ended key". The key is the action: incident, entity, attempt.
POLICY = """
caps: {domain: 200, window: 1h, running: 4}
policies:
  - name: anything
    match: {min_confidence: 0.01}
    level: 2
    veto: 1s
    argv: [%s, "{tenant}/{incident}/{entity}/{attempt}"]
    timeout: 20s
    cooldown: 10s
    verify_within: 30s
    max_attempts: 10
"""
SCRIPT = """#!/bin/sh
echo "began $$ $PPID $1" >> %(log)s
sleep 2
echo "ended $1" >> %(log)s
"""
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


def set_up_repairs():
    script = world.folder / "repair.sh"
    script.write_text(SCRIPT % {"log": world.folder / "repairs.log"})
    script.chmod(0o755)
    (world.folder / "policy.yaml").write_text(POLICY % script)
    world.options = {"CAUSEWAY_POLICY_FILE": str(world.folder / "policy.yaml")}


cut_by_us = set()


def repairs():
    """Began: key -> [(pid, parent)], and the keys that ended."""
    began, ended = {}, set()
    path = world.folder / "repairs.log"
    for line in path.read_text().splitlines() if path.exists() else ():
        word, *rest = line.split()
        if word == "began":
            began.setdefault(rest[2], []).append((int(rest[0]), int(rest[1])))
        else:
            ended.add(rest[0])
    return began, ended


def cut_a_repair():
    """As when the machine goes: nobody is left to tell how it ended. False: none runs just now."""
    began, ended = repairs()
    alive = {key: runs[-1] for key, runs in began.items() if key not in ended and os.path.exists(f"/proc/{runs[-1][0]}")}
    if not alive:
        return False
    for keeper in keepers:
        if keeper.name == "remediator":
            keeper.kill()
    for pid, parent in alive.values():
        for one in (parent, pid):
            try:
                os.kill(one, signal.SIGKILL)
            except ProcessLookupError:
                pass
    cut_by_us.update(alive)
    return True


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
    env = dict(os.environ, **world.options, CAUSEWAY_KAFKA_BROKERS=world.brokers, CAUSEWAY_PREFIX=world.prefix)
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


def stop_repairs():
    """The kill switch: from here on nothing begins. Then every one that began is over, and that is decided, while the normalizer still hears it."""
    for tenant in ("tenant0", "tenant1"):
        world.say(tenant=tenant, domain=tenant, kind="kill_switch", value="stop", target="all")

    def over():
        tend_all()
        last = {record["action_id"]: record["state"] for record in world.read("actions")}
        return not any(state in ("INTENDED", "STARTED") for state in last.values())
    wait_for("no repair runs", over, 120)


def told(state):
    """Keys of the actions that were told to be so, once."""
    return {record["argv"][-1] for record in world.read("actions") if record["state"] == state}


try:
    set_up_repairs()
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
        if not cut_by_us and time.time() - began > seconds * 0.2:
            cut_a_repair()
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
    wait_for("a repair to cut", lambda: (tend_all(), cut_by_us or cut_a_repair())[1], 60)
    wait_tending(20)
    stop_repairs()
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
        print(f"{topic}: {len(a)} live, {len(b)} replayed, {len(a & b)} equal", flush=True)
        if a != b:
            (world.folder / f"{topic}.live").write_text("\n".join(sorted(a - b)))
            (world.folder / f"{topic}.replayed").write_text("\n".join(sorted(b - a)))
            faults.append(f"{topic} differ: {len(a - b)} only live, {len(b - a)} only replayed, see {world.folder}")
    for topic in FINAL:
        if not live.get(topic):
            faults.append(f"no {topic} at all: nothing was compared")
    begun, over = repairs()
    twice, cut, unknown, stopped = [key for key, runs in begun.items() if len(runs) > 1], set(begun) - over, told("UNKNOWN"), told("FAILED")
    print(f"repairs: {len(begun)} began, {len(twice)} of them twice; {len(cut)} did not end: {len(cut & unknown)} told as unknown, "
          f"{len(cut & stopped)} as stopped", flush=True)
    if twice or not cut_by_us or cut_by_us - unknown or cut - unknown - stopped:
        faults.append(f"began twice: {twice}; killed by us and not told as unknown: {sorted(cut_by_us - unknown)}; "
                      f"did not end and nobody said so: {sorted(cut - unknown - stopped)}")
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
