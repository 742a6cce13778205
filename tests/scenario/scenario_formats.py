"""Every format becomes records; what cannot be read becomes a dead letter with its reason, and the partition goes on."""
import json
import time

from records import otlp_gauge
from world import wait_for

TOPICS = ["otlp_metrics:1", "prometheus:1", "logs:1", "zipkin:1", "syslog:1", "collectd:1", "alerts:1", "changes:1", "topology:1"]
BAD = b"\xff\xfe neither this nor that {"


def _utc(at):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def samples(mark, at):
    """topic, one record, and where it becomes one of ours."""
    return [
        ("otlp_metrics", otlp_gauge(f"{mark}-otlp", "queue.depth", [(int(at * 1e9), 7.0)]), "metrics"),
        ("prometheus", {"name": "up", "labels": {"__name__": "up", "service": f"{mark}-prom"}, "value": "1", "timestamp": _utc(at)}, "metrics"),
        ("logs", {"@timestamp": _utc(at), "message": "disk is full", "log": {"level": "error"}, "service": {"name": f"{mark}-ecs"}}, "logs"),
        ("zipkin", [{"traceId": "5af7183fb1d4cf5f", "id": "352bff9a74ca9ad2", "name": "get", "kind": "SERVER", "timestamp": int(at * 1e6),
                     "duration": 1500, "localEndpoint": {"serviceName": f"{mark}-zipkin"}, "tags": {}}], "spans"),
        ("syslog", f"<11>1 {_utc(at)} {mark}-host cron 42 - - job failed", "logs"),
        ("collectd", [{"values": [0.5], "dstypes": ["gauge"], "dsnames": ["shortterm"], "time": at, "interval": 10.0,
                       "host": f"{mark}-collectd", "plugin": "load", "plugin_instance": "", "type": "load", "type_instance": ""}], "metrics"),
        ("alerts", {"version": "4", "groupKey": "g", "status": "firing", "receiver": "r", "alerts": [
            {"status": "firing", "labels": {"alertname": "Slow", "service": f"{mark}-am"}, "annotations": {}, "startsAt": _utc(at),
             "endsAt": "0001-01-01T00:00:00Z", "fingerprint": f"{mark}-am"}]}, "events"),
        ("changes", {"change": "deploy", "service": f"{mark}-change", "version": "1.4.2"}, "events"),
        ("topology", {"edges": [{"source": f"{mark}-edge", "target": "cart"}]}, "events"),
    ]


def prepare(world):
    world.install(*TOPICS)
    world.start("normalizer")


def _marks(world, topic, mark):
    return [r for r in world.read(topic) if mark in str(r)]


def t1_each_format_becomes_one_record(world):
    for topic, value, _ in samples("one", time.time()):
        world.send(topic, value)
    world.flush()
    for topic, count in (("metrics", 3), ("logs", 2), ("spans", 1), ("events", 3)):
        wait_for(f"{count} on {topic}", lambda t=topic, c=count: len(_marks(world, t, "one-")) == c)
    assert not world.read("deadletter"), world.read("deadletter")


def t1_what_cannot_be_read_is_a_dead_letter_and_the_partition_goes_on(world):
    for topic, value, _ in samples("two", time.time()):
        world.send(topic, BAD)
        world.send(topic, value)
    world.flush()
    for topic, count in (("metrics", 3), ("logs", 2), ("spans", 1), ("events", 3)):
        wait_for(f"{count} more on {topic}", lambda t=topic, c=count: len(_marks(world, t, "two-")) >= c)
    letters = wait_for("dead letters", lambda: (lambda d: len(d) >= 8 and d)(world.read("deadletter")))
    for letter in letters:
        assert letter["code"] and letter["message"] and letter["value"] == BAD, letter
        assert letter["topic"] in [t.split(":")[0] for t in TOPICS] and letter["offset"] == letter["meta"]["origin_offset"], letter
    # Any line of text is a syslog line; everything else refuses these bytes.
    assert {l["topic"] for l in letters} >= {t.split(":")[0] for t in TOPICS} - {"syslog", "logs"}, {l["topic"] for l in letters}
    assert world.services["normalizer"].ready()


def t1_a_dead_letter_can_be_put_in_again(world):
    world.services["normalizer"].stop()
    world.start("normalizer", CAUSEWAY_NORMALIZER_TOPICS="syslog=otlp_metrics")  # somebody took the one for the other
    mistaken = [v for t, v, _ in samples("three", time.time()) if t == "syslog"][0]
    world.send("syslog", mistaken)
    world.send("zipkin", BAD)
    world.flush()
    wait_for("it is refused", lambda: [d for d in world.read("deadletter") if b"three-host" in d["value"]])
    world.services["normalizer"].stop()
    world.start("normalizer")
    listed = [json.loads(l) for l in world.cwctl("deadletter", "list", "-o", "json").stdout.splitlines()]
    assert {"syslog", "zipkin"} <= {l["origin"].split("/")[0] for l in listed}, listed
    done = world.cwctl("deadletter", "retry", "--topic", "syslog", "--code", "bad_record")
    assert done.returncode == 0, done.stderr
    done = world.cwctl("deadletter", "retry", "--topic", "zipkin")
    assert done.returncode == 0, done.stderr
    wait_for("it is a line now", lambda: _marks(world, "logs", "three-host"))
    again = wait_for("the other one is refused again", lambda: [d for d in world.read("deadletter") if d["topic"] == "zipkin" and d["retry"] == 1])
    assert all(d["value"] == BAD for d in again), again


def u13_what_names_a_secret_is_gone_before_anything_is_stored(world):
    world.send("logs", {"@timestamp": _utc(time.time()), "message": "login password=hunter2 by ana@example.org", "service": {"name": "four-ecs"}})
    world.flush()
    found = wait_for("the line", lambda: _marks(world, "logs", "four-ecs"))
    assert "hunter2" not in str(found) and "ana@example.org" not in str(found), found[0]["body"]
