"""Alerts in, incidents and notices out: what people are told, once, whatever is killed."""
import os
import signal
import time

from records import alert
from world import STAGES, get, wait_for

ALL_BUT_CONSOLE = [s for s in STAGES if s != "console"]


def send_alert(world, *args, **more):
    world.send("alerts", alert(*args, **more))
    world.flush()


def incidents_of(world, service):
    newest = world.newest("incidents", "incident_id")
    return [i for i in newest.values() if any(e["name"] == service for e in i["entities"])]


def told(world, path, service, transition):
    """Posts of one path about a service; in our own form or Slack's."""
    return [p for p in world.sink.of(path, service) if transition in str(p["body"]).lower()]


def prepare(world):
    world.install("alerts:2", "topology:1")
    world.start()
    edges = [("web", "api"), ("api", "db"), ("api", "cache"), ("mail", "smtp")]
    world.send("topology", {"edges": [{"source": a, "target": b} for a, b in edges]})
    world.flush()
    wait_for("the topology is known", lambda: len(world.read("topology")) >= len(edges))


def u14_whoever_got_firing_gets_resolved(world):
    at = time.time()
    send_alert(world, "CartSlow", "cart", at=at)
    wait_for("the hook was told firing", lambda: told(world, "/hook", "cart", "firing"))
    wait_for("the chat was told firing", lambda: told(world, "/chat", "cart", "firing"))
    world.services["notifier"].kill()  # and it remembers whom it told
    send_alert(world, "CartSlow", "cart", status="resolved", at=at)
    world.start("notifier")
    wait_for("the hook was told resolved", lambda: told(world, "/hook", "cart", "resolved"), 40)
    wait_for("the chat was told resolved", lambda: told(world, "/chat", "cart", "resolved"))
    assert len(told(world, "/chat", "cart", "firing")) == 1, "firing was told twice"


def t26_a_kill_of_any_service_makes_no_second_incident_and_no_second_message(world):
    at = time.time()
    send_alert(world, "PayDown", "pay", at=at)
    wait_for("told", lambda: told(world, "/hook", "pay", "firing") and told(world, "/chat", "pay", "firing"))
    before = len(world.sink.posts)
    for name in ALL_BUT_CONSOLE:
        world.services[name].kill()
        send_alert(world, "PayDown", "pay", at=at)  # Alertmanager says it again
        world.start(name)
    wait_for("the last repeat is in the ledger", lambda: len([e for e in world.read("ledger") if e["entity"]["name"] == "pay"]) >= 9, 60)
    assert len(incidents_of(world, "pay")) == 1
    assert len(world.sink.posts) == before, [p["body"] for p in world.sink.posts[before:]]


def u17_a_restart_of_everything_alone_says_nothing(world):
    before, notices = len(world.sink.posts), len(world.read("notices"))
    for name in ALL_BUT_CONSOLE:
        code = world.services[name].stop()
        assert code == 0, f"{name} ended with {code}"
    world.start(*ALL_BUT_CONSOLE)
    send_alert(world, "After", "quay")  # when this one was told, everything before it has been decided again
    wait_for("the next alert is told", lambda: told(world, "/hook", "quay", "firing") and told(world, "/chat", "quay", "firing"))
    assert [n["transition"] for n in world.read("notices")[notices:] if n["entities"][0]["name"] != "quay"] == []
    before += 2
    assert len(world.sink.posts) == before


def u4_every_alert_ends_in_exactly_one_place(world):
    for i in range(30):
        send_alert(world, "Flood", f"svc-{i % 7}", fingerprint=f"f{i % 10}")
    events = wait_for("events", lambda: (lambda e: len(e) >= 30 and e)(
        [x for x in world.read("events") if x["kind"] == "ALERT" and "Flood" in x["title"]]))
    entries = wait_for("ledger", lambda: (lambda e: len(e) >= 30 and e)(
        [x for x in world.read("ledger") if "Flood" in x["title"]]))
    assert len(events) == 30 and len(entries) == 30, (len(events), len(entries))
    assert all(e["reason"] for e in entries), "an entry without its reason"


def t4_a_storm_over_joined_services_is_one_incident_and_says_why(world):
    names = {"db": ["DiskFull", "TooManyLocks"], "api": ["Errors", "Slow", "QueueFull"], "cache": ["Evictions"], "web": ["Errors", "Slow"]}
    storm = [(name, service, turn) for turn in range(8) for service, alerts in names.items() for name in alerts]
    at = time.time() + 0.2  # one moment: in whatever order they are taken, cache and db are joined by api
    for name, service, turn in storm:  # each said again and again, by several pods
        world.send("alerts", alert(name, service, fingerprint=f"{name}-{service}-{turn % 4}"), at=at)
    world.send("alerts", alert("Bounces", "mail"))
    world.flush()
    wait_for("every alert is in the ledger", lambda: len([e for e in world.read("ledger") if e["entity"]["name"] in [*names, "mail"]]) >= 65, 60)
    storm = [i for i in world.newest("incidents", "incident_id").values() if {e["name"] for e in i["entities"]} & set(names)]
    assert len(storm) == 1, [i["title"] for i in storm]
    assert {e["name"] for e in storm[0]["entities"]} == set(names) and storm[0]["member_count"] == 32, storm[0]
    assert all(m["reason"]["text"] for m in storm[0]["members"]), "a member without its reason"
    mail = incidents_of(world, "mail")
    assert len(mail) == 1 and mail[0]["incident_id"] != storm[0]["incident_id"], "what nothing joins was joined"
    told_of = [n for n in world.read("notices") if n["incident_id"] == storm[0]["incident_id"]]
    assert [n["transition"] for n in told_of] == ["FIRING"], told_of


def t24_what_cannot_be_taken_is_told_and_kept(world):
    # More matchers than the correlator keeps.
    expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
    world.say(kind="silence", target="quiet", expires_at=expires, matchers={f"label{i}": "x" for i in range(40)})
    letters = wait_for("its dead letter", lambda: world.read("deadletter", lambda l: l["service"] == "correlate"))
    assert {(l["code"], l["topic"], l["offset"]) for l in letters} == {("bad_record", "said", -1)}, letters
    kind, said = world.records.open(letters[0]["value"])
    assert (kind, said["kind"], said["target"]) == ("Said", "SILENCE", "quiet"), said
    wait_for("it is counted", lambda: world.services["correlator"].metric("causeway_dead_letters_total") == len(letters))
    assert "bad_record" in world.cwctl("deadletter", "list").stdout
    # A message of a later release: no reader here knows its schema.
    later = b"\xc3\x01\xff\xee\xdd\xcc\xbb\xaa\x99\x88later"
    world.send(f"{world.prefix}.notices", later, key="later")
    world.send(f"{world.prefix}.ledger", later)
    world.flush()
    kept = "select topic, sqlstate, decode(document, 'base64') from causeway.refused_rows order by topic"
    wait_for("the recorder keeps it", lambda: len(world.sql(kept)) == 2)
    assert [(t, s, bytes(d)) for t, s, d in world.sql(kept)] == [("ledger", "bad_schema", later), ("notices", "bad_schema", later)]
    for name in ("recorder", "notifier"):
        service = world.services[name]
        wait_for(f"{name} counts it", lambda: service.metric("causeway_stream_unreadable_total") == {"recorder": 2, "notifier": 1}[name])
        parts = get(f"http://127.0.0.1:{service.port}/-/ready?verbose")[1]
        assert "unreadable" in parts and "commit_age_ms" in parts, parts
        wait_for(f"{name} is ready all the same", service.ready)
    recorder = world.services["recorder"]
    wait_for("its metrics", lambda: recorder.metric("causeway_recorder_rows_refused_total") == 2)
    assert recorder.metric("causeway_recorder_postgres_up") == 1 and recorder.metric("causeway_recorder_audit_faults") == 0
    assert recorder.metric("causeway_recorder_commit_age_seconds") < 5


def t14_an_acknowledgement_in_sql_reaches_kafka_and_comes_back_as_a_row(world):
    send_alert(world, "Full", "depot")
    one = wait_for("its incident", lambda: incidents_of(world, "depot"))[0]["incident_id"]
    wait_for("its row", lambda: world.sql("select 1 from causeway.incidents where incident_id = %s", one))
    world.sql("select causeway.acknowledge(%s, 'ana', 'looking')", one)
    now = wait_for("it is on the topic", lambda: [i for i in incidents_of(world, "depot") if i["status"] == "ACKNOWLEDGED"])[0]
    assert now["acknowledged_by"] == "ana", now
    wait_for("it is in the row", lambda: world.sql("select status::text, acknowledged_by from causeway.incidents where incident_id = %s", one)
             == [("ACKNOWLEDGED", "ana")])
    told_of = [n["transition"] for n in world.read("notices") if n["incident_id"] == one]
    assert told_of == ["FIRING", "ACKNOWLEDGED"], told_of


def t5_a_silence_holds_a_page_back_and_expires_for_good(world):
    ends = time.time() + 15
    world.sql("select causeway.silence('{\"entity\": \"search\"}', 'ana', 'reindexing', to_timestamp(%s))", ends)
    wait_for("the silence was said", lambda: [s for s in world.read("said") if s["kind"] == "SILENCE" and s["reason"] == "reindexing"])
    send_alert(world, "Slow", "search")
    held = wait_for("it is held", lambda: [e for e in world.read("ledger") if e["entity"]["name"] == "search"])
    assert [e["fate"] for e in held] == ["SILENCED"] and time.time() < ends, held
    post = wait_for("it pages when the silence ends", lambda: told(world, "/hook", "search", "firing"), 40)[0]
    assert post["at"] >= ends, f"{ends - post['at']:.1f} s too early"
    world.services["correlator"].kill()
    world.start("correlator")
    send_alert(world, "Errors", "search")
    fates = wait_for("the next one enters", lambda: (lambda e: len(e) >= 3 and e)(
        [e["fate"] for e in world.read("ledger") if e["entity"]["name"] == "search"]))
    assert fates == ["SILENCED", "PAGED", "GROUPED"], fates


def t23_history_is_in_postgresql_and_on_a_page(world):
    rows = wait_for("rows", lambda: world.sql("select count(*) from causeway.incidents"))
    incidents = world.newest("incidents", "incident_id")
    wait_for("as many rows as incidents", lambda: world.sql("select count(*) from causeway.incidents")[0][0] == len(incidents))
    assert rows[0][0] >= 1
    wait_for("deliveries are rows", lambda: world.sql("select count(*) from causeway.deliveries where state = 'DELIVERED'")[0][0] >= 1)
    one = next(iter(incidents))
    status, page = get(f"http://127.0.0.1:{world.console}/incident/{one}")
    assert status == 200 and one in page, (status, page[:300])


def t25_a_stage_that_stops_is_told_by_the_watchdog(world):
    world.services["notifier"].stop()
    world.start("notifier", CAUSEWAY_BEAT_LIMIT="4s")
    world.services["ranker"].kill()
    lost = wait_for("the watchdog spoke", lambda: world.sink.of("/hook", "a stage is silent"), 20)
    assert "ranker" in lost[0]["body"]["why"], lost[0]["body"]["why"]
    world.start("ranker")
    wait_for("it says when all is well", lambda: world.sink.of("/hook", "every stage is at work again"), 20)
    assert len(world.sink.of("/hook", "a stage is silent")) == 1
    assert not [n for n in world.read("notices") if "stage" in n["title"]], "the watchdog is outside the promise"


def t26_the_broker_may_be_away(world):
    processes = {name: world.services[name].child.pid for name in ALL_BUT_CONSOLE}
    os.kill(int((world.folder / "run" / "kafka1" / "pid").read_text()), signal.SIGKILL)
    world.send("alerts", alert("Lost", "harbour"))  # waits in the producer
    world.shell("kafka_start 1; kafka_wait $(cat $RUN/kafka1/port)")
    world.flush(120)
    wait_for("it became an incident", lambda: incidents_of(world, "harbour"), 60)
    wait_for("and a message", lambda: told(world, "/hook", "harbour", "firing"), 60)
    wait_for("and a row", lambda: world.sql("select 1 from causeway.incidents where incident_id = %s", incidents_of(world, "harbour")[0]["incident_id"]), 60)
    for name, pid in processes.items():
        service = world.services[name]
        assert service.child.poll() is None and service.child.pid == pid, f"{name} did not outlive it: {service.last_words()}"
    assert len(told(world, "/hook", "harbour", "firing")) == 1


def t26_a_stop_is_over_in_time_though_the_broker_hangs(world):
    kafka = int((world.folder / "run" / "kafka1" / "pid").read_text())
    os.kill(kafka, signal.SIGSTOP)
    try:
        for name in ALL_BUT_CONSOLE:  # nobody says it is ready while it decides nothing
            port = world.services[name].port
            wait_for(f"{name} is not ready", lambda port=port: get(f"http://127.0.0.1:{port}/-/ready")[0] == 503, 60)
        for name in ALL_BUT_CONSOLE:
            world.services[name].child.terminate()
        for name in ALL_BUT_CONSOLE:
            code = world.services[name].stop()
            assert code == 0, (name, code, world.services[name].last_words())
    finally:
        os.kill(kafka, signal.SIGCONT)
    world.start(*ALL_BUT_CONSOLE)
    send_alert(world, "After", "pier")
    wait_for("it goes on", lambda: told(world, "/hook", "pier", "firing"), 60)
