"""A metric fault, from raw bytes to a page, a person's phone and a repair."""
import random
import subprocess
import time

from records import otlp_gauge
from world import get, wait_for

STEP, PAST = 2.0, 2400.0  # seconds between samples, and of history
SLEEP = "86.31"  # a repair one can find in the process table
SERVICES = ["shop", "cart", "catalog"]


def policy(world):
    # Level 3: runs by itself.
    actions = ["rollback_deploy", "restart_service", "scale_out", "free_disk", "kill_lock_holder"]
    text = "caps: {domain: 50, window: 1h, running: 2}\npolicies:\n"
    for action in actions:
        text += (f"  - name: {action.replace('_', '-')}\n    match: {{action: {action}, min_confidence: 0.01}}\n    level: 3\n"
                 f"    auto_confidence: 0.01\n    argv: [/bin/sleep, \"{SLEEP}\"]\n    timeout: 2m\n    verify_within: 5m\n")
    file = world.folder / "policy.yaml"
    file.write_text(text)
    return str(file)


def sample(world, rand, service, at, slow=False):
    for metric, usual, ill, spread in (("http.server.duration", 100, 400, 4), ("http.server.errors", 5, 60, 1)):
        value = rand.gauss(ill if slow else usual, spread)
        world.send("otlp_metrics", otlp_gauge(service, metric, [(int(at * 1e9), value)]), at=at)


def repairs():
    """Processes that run the repair."""
    return subprocess.run(["pgrep", "-f", f"^/bin/sleep {SLEEP}$"], capture_output=True, text=True, check=False).stdout.split()


def prepare(world):
    world.install("otlp_metrics:1", "topology:1", "changes:1")
    rand, now = random.Random(7), time.time()
    world.send("topology", {"edges": [{"source": "shop", "target": "cart"}, {"source": "shop", "target": "catalog"}]}, at=now - PAST)
    at = now - PAST
    while at < now:
        for service in SERVICES:
            sample(world, rand, service, at)
        at += STEP
    world.flush()
    # A message waits for the cause as long as it takes to find it, here.
    world.options = {"CAUSEWAY_POLICY_FILE": policy(world), "CAUSEWAY_NOTIFY_CAUSE_WAIT": "1m"}
    world.start("normalizer", "detector", "logcluster", "correlator", "ranker", "recorder", "notifier", "console")
    (world.folder / "effect").mkdir(exist_ok=True)
    world.start("remediator")


def live(world, until, slow=()):
    """Feeds samples until the call returns something."""
    rand, limit = random.Random(8), time.monotonic() + 120
    while time.monotonic() < limit:
        for service in SERVICES:
            sample(world, rand, service, time.time(), service in slow)
        world.flush()
        found = until()
        if found:
            return found
        time.sleep(STEP)
    raise AssertionError("nothing came of it in 120 s")


def opened(world):
    return [i for i in world.newest("incidents", "incident_id").values()]


def fault(world):
    """A deploy makes cart slow, until its cause is named. How long that took, in seconds."""
    began = time.time()
    world.send("changes", {"change": "deploy", "service": "cart", "version": "1.5.0", "source": "test"})
    live(world, lambda: world.read("causes", lambda c: c["candidates"]), slow=("cart",))
    return time.time() - began


def t11_learning_alone_says_nothing(world):
    began = time.monotonic()
    live(world, lambda: time.monotonic() - began > 10)
    assert not world.read("notices") and not world.read("anomalies"), "the past was quiet"


def f20_a_metric_fault_becomes_one_incident_with_its_cause(world):
    print(f"      cause after {fault(world):.1f} s")
    incidents = opened(world)
    assert len(incidents) == 1, [i["title"] for i in incidents]
    best = world.read("causes")[-1]["candidates"][0]
    assert best["entity"]["name"] == "cart", best
    rows = wait_for("its row", lambda: world.sql("select incident_id from causeway.incidents"))
    assert [r[0] for r in rows] == [incidents[0]["incident_id"]]


def t18_people_are_told_why_and_the_page_shows_it(world):
    post = wait_for("the hook was told", lambda: world.sink.of("/hook", "cart"))[0]
    assert post["body"]["cause"] and post["body"]["incident_id"] == opened(world)[0]["incident_id"], post["body"]
    url = f"http://127.0.0.1:{world.console}/incident/{opened(world)[0]['incident_id']}"
    wait_for("the page", lambda: get(url)[0] == 200)
    assert "cart" in get(url)[1]


def f16_the_kill_switch_stops_in_a_second_and_survives_a_restart(world):
    if not world.read("causes"):
        fault(world)
    live(world, repairs, slow=("cart",))
    said = time.monotonic()
    world.say(kind="kill_switch", value="stop", target="all")
    wait_for("no repair runs", lambda: not repairs(), 10)
    took = time.monotonic() - said
    print(f"      stopped {took:.2f} s after it was said")
    assert took < 1, took
    ended = wait_for("its end is on record", lambda: [a for a in world.newest("actions", "action_id").values() if a["state"] not in ("INTENDED", "STARTED")])
    # Every result says which repair of what it speaks of: the ranker clears changes by it.
    results = [{p["key"]: p["value"] for p in r["parameters"]} for r in world.read("said", lambda r: r["kind"] == "RESULT")]
    assert results and all((r["action"], r["entity"], r["phase"]) == (ended[0]["action"], "cart", "run") for r in results), results
    world.services["remediator"].kill()
    world.start("remediator")
    # It is at work again, and the fault goes on: time passes it by without a repair.
    before = world.services["remediator"].metric("causeway_stream_time_seconds")
    live(world, lambda: repairs() or world.services["remediator"].metric("causeway_stream_time_seconds") > before + 10, slow=("cart",))
    assert not repairs(), "a restart let it go on"
    assert world.services["remediator"].metric("causeway_remediator_stopped_shards") > 0
    after = world.newest("actions", "action_id")
    assert all(a["state"] not in ("INTENDED", "STARTED") for a in after.values()), [(a["state"], a["reason"]) for a in after.values()]
    assert {a["action_id"] for a in ended} <= set(after)


def t26_postgresql_may_be_away(world):
    one = next(iter(world.newest("incidents", "incident_id")))
    world.shell('as_pg "$(pg_bin)/pg_ctl" -D "$RUN/postgres/data" -m immediate -w stop >/dev/null')
    status, _ = get(f"http://127.0.0.1:{world.console}/")
    assert status == 503, status
    recorder = world.services["recorder"]
    wait_for("the recorder says so", lambda: recorder.metric("causeway_recorder_postgres_up") == 0)
    world.say(kind="acknowledge", target=one)
    wait_for("people are told all the same", lambda: [n for n in world.read("notices") if n["transition"] == "ACKNOWLEDGED"])
    wait_for("and the chat", lambda: [p for p in world.sink.of("/hook") if p["body"]["transition"] == "acknowledged"])
    world.shell("postgres_up")
    want = set(world.newest("notices", "notice_id"))
    wait_for("the recorder has caught up", lambda: {r[0] for r in world.sql("select notice_id from causeway.notices")} == want, 60)
    assert world.sql("select status::text from causeway.incidents where incident_id = %s", one) == [("ACKNOWLEDGED",)]
    wait_for("the console, too", lambda: get(f"http://127.0.0.1:{world.console}/incident/{one}")[0] == 200, 60)
    wait_for("and is up again", lambda: recorder.metric("causeway_recorder_postgres_up") == 1)
