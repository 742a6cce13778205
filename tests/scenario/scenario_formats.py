"""Every format becomes records; what cannot be read becomes a dead letter with its reason, and the partition goes on."""
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
        assert letter["topic"] in [t.split(":")[0] for t in TOPICS] and letter["offset"] == 1, letter
    # Any line of text is a syslog line; everything else refuses these bytes.
    assert {l["topic"] for l in letters} >= {t.split(":")[0] for t in TOPICS} - {"syslog", "logs"}, {l["topic"] for l in letters}
    assert world.services["normalizer"].ready()


def t1_a_dead_letter_can_be_put_in_again(world):
    import os
    import subprocess
    env = dict(os.environ, CAUSEWAY_KAFKA_BROKERS=world.brokers, CAUSEWAY_PREFIX=world.prefix)
    done = subprocess.run([world.bin / "cwctl", "deadletter", "list", "-o", "json"], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "zipkin" in done.stdout, (done.returncode, done.stderr, done.stdout[:300])


def u13_what_names_a_secret_is_gone_before_anything_is_stored(world):
    world.send("logs", {"@timestamp": _utc(time.time()), "message": "login password=hunter2 by ana@example.org", "service": {"name": "three-ecs"}})
    world.flush()
    found = wait_for("the line", lambda: _marks(world, "logs", "three-ecs"))
    assert "hunter2" not in str(found) and "ana@example.org" not in str(found), found[0]["body"]
