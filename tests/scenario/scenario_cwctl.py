"""What people at the command line are told is true: letters, silences, topics, the chain, lags, approvals."""
import json
import os
import pty
import select
import subprocess
import time

from records import otlp_gauge
from scenario_alerts import alert
from world import wait_for


POLICY = """caps: {domain: 50, window: 1h, running: 2}
policies:
  - {name: roll, match: {action: rollback_deploy, min_confidence: 0.0}, level: 1, argv: [/bin/true, undo], timeout: 2m, verify_within: 5m}
"""


def prepare(world):
    file = world.folder / "policy.yaml"
    file.write_text(POLICY)
    world.options = {"CAUSEWAY_POLICY_FILE": str(file)}
    world.install("alerts:2", "topology:1", "changes:1", "small:1", "gauges:1")
    world.start()


def rows(world, *words, code=0):
    done = world.cwctl(*words, "-o", "json")
    assert done.returncode == code, (words, done.returncode, done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


def fails(world, code, *words):
    """What was said on standard error."""
    done = world.cwctl(*words)
    assert done.returncode == code, (words, done.returncode, done.stderr)
    return done.stderr


def set_topic(world, topic, **settings):
    from confluent_kafka.admin import AdminClient, ConfigResource
    admin = AdminClient({"bootstrap.servers": world.brokers})
    wanted = {name.replace("_", "."): value for name, value in settings.items()}
    for future in admin.alter_configs([ConfigResource(ConfigResource.Type.TOPIC, topic, set_config=wanted)]).values():
        future.result()


def raw_of(world, topic):
    done = world.cwctl("topics", "tail", topic, "--from", "beginning")
    return [json.loads(line) for line in done.stdout.splitlines()]


def letters_of(world, topic):
    return [r["letter"] for r in rows(world, "deadletter", "list", "--topic", topic)]


def t1_a_letter_is_put_in_again_once_as_it_was(world):
    at = int(time.time()) - 200000  # beyond max-skew, were it stamped anew
    world.send("alerts", b"{broken", at=at)
    world.flush()
    first = wait_for("its letter", lambda: letters_of(world, "alerts"))
    assert "terminal" in fails(world, 64, "deadletter", "retry", "--all")
    assert "1 put in again" in fails(world, 0, "deadletter", "retry", first[0])
    wait_for("it is refused again", lambda: len(letters_of(world, "alerts")) == 2)
    assert "0 put in again, 1 were in already" in fails(world, 0, "deadletter", "retry", first[0])
    assert "1 put in again" in fails(world, 0, "deadletter", "retry", first[0], "--again")
    again = [r for r in raw_of(world, "alerts") if r.get("headers")]
    assert len(again) == 2 and all(r["timestamp_ms"] == at * 1000 for r in again), again
    assert {"key": "causeway-retry-of", "value": "causeway.deadletter/" + first[0]} in again[0]["headers"], again[0]


def t1_a_letter_that_does_not_arrive_is_said(world):
    world.send("small", b"{" + os.urandom(1000).hex().encode())  # not to be compressed
    world.flush()
    wait_for("its letter", lambda: letters_of(world, "small"))
    set_topic(world, "small", max_message_bytes="500")
    said = fails(world, 1, "deadletter", "retry", "--topic", "small")
    assert "0 put in again" in said and "1 failed" in said and "did not arrive" in said, said
    set_topic(world, "small", max_message_bytes="100000")
    assert "1 put in again" in fails(world, 0, "deadletter", "retry", "--topic", "small")


def t5_a_silence_has_an_id_a_list_and_an_end(world):
    assert "reason" in fails(world, 64, "silence", "entity=cart")
    made = world.cwctl("silence", "entity=cart", "--reason", "deploy", "--by", "ana", "--domain", "shop")
    assert made.returncode == 0 and "in domain shop of tenant default" in made.stderr, made.stderr
    silence = made.stdout.strip()
    one = {r["silence"]: r for r in rows(world, "silence", "list")}[silence]
    assert (one["owner"], one["reason"], one["matchers"], one["domain"]) == ("ana", "deploy", "entity=cart", "shop"), one
    assert "no silence" in fails(world, 1, "unsilence", "ffff0000")
    assert "is in domain shop" in fails(world, 1, "unsilence", silence, "--domain", "default")
    assert "in domain shop" in fails(world, 0, "unsilence", silence[:10], "--wait")
    assert silence not in {r["silence"] for r in rows(world, "silence", "list")}
    assert {r["silence"]: r["state"] for r in rows(world, "silence", "list", "--all")}[silence] == "over"
    assert "is over since" in fails(world, 1, "unsilence", silence)


def o7_a_topic_kept_otherwise_is_said_and_left_alone(world):
    assert all(r["state"] == "there" for r in rows(world, "topics", "plan"))
    set_topic(world, "causeway.anomalies", cleanup_policy="compact")
    set_topic(world, "causeway.metrics", retention_ms="1000")
    plan = {r["topic"]: r for r in rows(world, "topics", "plan", code=1)}
    assert "cleanup.policy is compact, delete is needed" in plan["causeway.anomalies"]["differs"], plan["causeway.anomalies"]
    assert plan["causeway.metrics"]["differs"].startswith("retention.ms is 1000"), plan["causeway.metrics"]
    said = fails(world, 0, "topics", "create")
    assert "causeway.metrics was there and is not changed" in said, said
    checks = [r for r in rows(world, "doctor", code=1) if r["check"] == "topics"]
    assert {(r["state"], r["what"].split(":")[0]) for r in checks} == {("fail", "causeway.anomalies"), ("warn", "causeway.metrics")}, checks
    set_topic(world, "causeway.anomalies", cleanup_policy="delete", retention_ms="604800000")
    set_topic(world, "causeway.metrics", retention_ms="86400000")
    assert "1 topics are missing" in fails(world, 1, "topics", "plan", "nobody:1")


def proposal(world, service):
    """A deploy, an alert, and what is proposed about it; waits for approval."""
    world.send("topology", {"edges": [{"source": service + "-web", "target": service}]})
    world.send("changes", {"change": "deploy", "service": service, "version": "1.5.0", "source": "test"}, at=time.time() - 30)
    world.flush()
    wait_for("the deploy is known", lambda: [e for e in world.read("events") if e["kind"] == "CHANGE" and e["entity"]["name"] == service])
    world.send("alerts", alert("ErrorRate", service))
    world.flush()
    return wait_for("its proposal", lambda: [a for a in world.newest("actions", "action_id").values() if a["target"]["name"] == service])[0]


def u4_why_says_who_was_told_or_what_kept_it_from_them(world):
    world.send("alerts", alert("Slow", "heard"))
    made = world.cwctl("silence", "entity=hushed", "--reason", "deploy", "--by", "ana", "--for", "1h").stdout.strip()
    world.send("alerts", alert("Slow", "hushed"))
    world.flush()
    wait_for("told", lambda: world.sink.of("/hook", "heard") and world.sink.of("/chat", "heard"))
    one = wait_for("both deliveries are on record", lambda: [r for r in rows(world, "why", "heard") if r["told"].count("DELIVERED") == 2])[0]
    assert one["told"].startswith("FIRING: ") and "hook DELIVERED" in one["told"] and "chat DELIVERED" in one["told"], one
    held = rows(world, "why", "hushed")[0]
    assert held["fate"] == "SILENCED" and f"silence {made} of ana until 20" in held["told"], held
    assert world.cwctl("unsilence", made, "--wait").returncode == 0
    wait_for("it is heard now", lambda: [r for r in rows(world, "why", "hushed") if r["fate"] != "SILENCED" and "DELIVERED" in r["told"]])
    assert "no alert" in fails(world, 1, "why", "nobody-of-that-name")


def f17_a_chain_is_held_against_its_anchors(world):
    proposal(world, "audited")
    wait_for("its links are rows", lambda: world.sql("select 1 from causeway.audit where subject <> '' limit 1"))
    world.sql("select causeway.anchor_audit()")
    assert "no database given" in fails(world, 0, "audit", "verify")
    whole = rows(world, "audit", "verify", "--postgres", world.postgres)
    assert whole and all(r["state"] == "whole" and r["first"] == 1 for r in whole), whole
    chain, links = whole[0]["chain"], whole[0]["links"]
    world.sql("insert into causeway.audit_anchors (chain, sequence, mac) values (%s, %s, 'x'), ('gone/0', 1, 'x') returning 1", chain, links + 5)
    states = {r["chain"]: r for r in rows(world, "audit", "verify", "--postgres", world.postgres, code=1)}
    assert states[chain]["state"] == "cut" and states["gone/0"]["state"] == "missing", states
    assert all(r["state"] == "whole" for r in rows(world, "audit", "verify"))  # and that is why the database is asked


def commit(consumer, place):
    """False while a member that is gone still counts as one."""
    from confluent_kafka import KafkaException
    try:
        consumer.commit(offsets=[place], asynchronous=False)
        return True
    except KafkaException:
        return False


def t25_lag_knows_every_group_and_says_what_it_cannot_know(world):
    def lags(code=0):
        return rows(world, "lag", "--postgres", world.postgres, code=code)
    groups = {r["group"].removeprefix("causeway.") for r in lags()}
    assert groups == {"normalizer", "logcluster", "topology", "detector", "correlate", "ranker", "remediator", "notifier", "effect", "recorder"}, groups
    assert "PostgreSQL" in fails(world, 0, "lag")
    world.services["notifier"].stop()
    assert world.cwctl("notify", "test", "--timeout", "1").returncode == 1  # two notices that nobody reads
    wait_for("they wait", lambda: [r for r in lags() if r["group"].endswith("notifier") and r["lag"] > 0])
    time.sleep(1.1)  # it grows by the clock
    waiting = [r for r in lags() if r["group"].endswith("notifier") and r["lag"] > 0]
    assert len(waiting) == 1 and 1 < waiting[0]["seconds"] < 60, waiting
    # A group that committed beyond the end, as after a topic was made anew.
    from confluent_kafka import Consumer, TopicPartition
    other = Consumer({"bootstrap.servers": world.brokers, "group.id": "causeway.notifier"})
    before = other.committed([TopicPartition("causeway.notices", 0)])[0].offset
    wait_for("the group has no member", lambda: commit(other, TopicPartition("causeway.notices", 0, 1000000)))
    bad = [r for r in lags(code=1) if r["error"]]
    assert len(bad) == 1 and "behind the end" in bad[0]["error"] and bad[0]["lag"] is None, bad
    other.commit(offsets=[TopicPartition("causeway.notices", 0, max(before, 0))], asynchronous=False)
    other.close()
    world.start("notifier")
    wait_for("it has caught up", lambda: not [r for r in lags() if r["group"].endswith("notifier") and r["lag"] > 0])


def at_a_terminal(world, answer, *words):
    """(exit code, what was printed) of a call whose question is answered."""
    master, slave = pty.openpty()
    env = dict(os.environ, CAUSEWAY_KAFKA_BROKERS=world.brokers, CAUSEWAY_PREFIX=world.prefix)
    with subprocess.Popen([world.bin / "cwctl", *words], env=env, stdin=slave, stdout=slave, stderr=slave) as child:
        os.close(slave)
        printed, answered = b"", False
        while True:
            try:
                if select.select([master], [], [], 60)[0]:
                    printed += os.read(master, 65536)
            except OSError:  # the other end is closed
                break
            if b"[y/N]" in printed and not answered:
                os.write(master, answer.encode() + b"\n")
                answered = True
    os.close(master)
    return child.returncode, printed.decode()


def state_of(world, action):
    return world.newest("actions", "action_id")[action]["state"]


def f13_a_repair_is_shown_and_asked_for_before_it_runs(world):
    action = proposal(world, "mended")
    assert "--confirm" in fails(world, 64, "approve", action["action_id"])
    code, shown = at_a_terminal(world, "n", "approve", action["action_id"], "--by", "ana")
    assert code == 1 and "not confirmed" in shown, (code, shown)
    assert '["/bin/true", "undo"]' in shown and '"mended"' in shown and action["action_hash"] in shown and "expires" in shown, shown
    assert state_of(world, action["action_id"]) == "PROPOSED"
    assert "not what you saw" in fails(world, 1, "approve", action["action_id"], "0" * 64, "-y")
    code, shown = at_a_terminal(world, "yes", "approve", action["action_id"], action["action_hash"], "--by", "ana", "--wait")
    assert code == 0, shown
    wait_for("it runs", lambda: state_of(world, action["action_id"]) in ("SUCCEEDED", "VERIFIED"))
    assert "waits for nobody" in fails(world, 1, "approve", action["action_id"], "-y")


def f16_repairs_go_on_only_when_somebody_says_yes(world):
    assert world.cwctl("repair", "stop", "--by", "ana", "--reason", "the sale", "--wait").returncode == 0
    assert "--confirm" in fails(world, 64, "repair", "start")
    code, shown = at_a_terminal(world, "n", "repair", "start")
    assert code == 1 and "by ana: the sale" in shown and "not confirmed" in shown, (code, shown)
    assert "taken in" in fails(world, 0, "repair", "start", "--confirm", "--wait")


def u14_a_test_of_notifications_fires_and_resolves(world):
    told = {(r["target"], r["transition"]): r["state"] for r in rows(world, "notify", "test", "--real", "--timeout", "8")}
    assert told == {(target, word): "DELIVERED" for target in ("hook", "chat") for word in ("FIRING", "RESOLVED")}, told
    assert "nobody was told" in fails(world, 1, "notify", "test", "--timeout", "3")  # no target wants drills


def o8_doctor_says_who_runs_how_far_it_is_and_what_learns(world):
    now = time.time()
    world.send("gauges", otlp_gauge("young", "queue.depth", [(int((now - 2) * 1e9), 1.0), (int((now - 1) * 1e9), 2.0)]))
    world.flush()
    wait_for("it learns", lambda: [r for r in world.read("series") if r["definition"]["entity"]["name"] == "young"])

    def checks():
        return rows(world, "doctor", "--postgres", world.postgres)
    found = checks()
    running = {r["what"].split(":")[0]: r for r in found if r["check"] == "services"}
    assert set(running) == {"normalizer", "logcluster", "topology", "detector", "correlate", "ranker", "remediator", "effect", "recorder", "notifier"}
    assert all(r["state"] == "ok" for r in running.values()), running
    assert "decided up to" in running["correlate"]["what"], running["correlate"]
    of = {r["check"]: r["what"] for r in found}
    assert "its clock is" in of["postgres"] and "the newest" in of["schema"], of
    assert any("young: 1 warming up, until each has 60 samples" in r["what"] for r in found), [r for r in found if r["check"] == "series"]
    world.services["detector"].kill()
    wait_for("it is missed", lambda: [r for r in checks() if r["what"] == "detector: nobody runs it" and r["state"] == "warn"], 40)
    world.start("detector")
