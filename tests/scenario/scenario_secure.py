"""A broker that asks who one is, and lets each do only what `cwctl topics plan` says."""
import os
import re
import subprocess

from confluent_kafka.admin import AclBinding, AclOperation, AclPermissionType, AdminClient, ResourcePatternType, ResourceType

from records import alert
from world import QUICK, STAGES, free_port, wait_for

PORT, PASSWORD = free_port(), "not a secret"
PROCESSES = [name for name in STAGES if name != "console"]
SERVERS = {"KAFKA_SASL_PORT": str(PORT), "KAFKA_SASL_USERS": " ".join(f"causeway-{name}={PASSWORD.replace(' ', '_')}" for name in PROCESSES)}
RULE = re.compile(r"kafka-acls --add --allow-principal (\S+) (.*?)(--resource-pattern-type prefixed )?--(topic|group|transactional-id) (\S+)$")
KINDS = {"topic": ResourceType.TOPIC, "group": ResourceType.GROUP, "transactional-id": ResourceType.TRANSACTIONAL_ID}


def login(name, password=PASSWORD.replace(" ", "_")):
    return {"CAUSEWAY_KAFKA_BROKERS": f"127.0.0.1:{PORT}", "CAUSEWAY_KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT", "CAUSEWAY_KAFKA_SASL_MECHANISM": "PLAIN",
            "CAUSEWAY_KAFKA_SASL_USERNAME": f"causeway-{name}", "CAUSEWAY_KAFKA_SASL_PASSWORD": password}


def rules(text):
    """The printed commands as what Kafka's own tool would make of them."""
    for line in text.splitlines():
        found = RULE.match(line)
        if not found:
            assert "kafka-acls" not in line, f"not understood: {line}"
            continue
        principal, operations, prefixed, kind, name = found.groups()
        pattern = ResourcePatternType.PREFIXED if prefixed else ResourcePatternType.LITERAL
        for operation in re.findall(r"--operation (\w+)", operations):
            yield AclBinding(KINDS[kind], name, pattern, principal, "*", AclOperation[operation.upper()], AclPermissionType.ALLOW)


def prepare(world):
    world.install("alerts:1")
    plan = world.cwctl("topics", "plan")
    wanted = list(dict.fromkeys(rules(plan.stdout)))
    assert {w.principal for w in wanted} == {f"User:causeway-{name}" for name in PROCESSES}, plan.stdout[-2000:]
    world.admin = AdminClient({"bootstrap.servers": world.brokers})
    for future in world.admin.create_acls(wanted).values():
        future.result()


def run(world, name, options):
    done = subprocess.run([world.bin / f"causeway-{name}"], env=dict(os.environ) | QUICK | world.own(name) | options, capture_output=True, text=True,
                          timeout=60, check=False)
    return done.returncode, done.stderr


def o7_a_wrong_password_is_said_and_is_exit_77(world):
    code, said = run(world, "detector", login("detector", "wrong"))
    assert code == 77 and "uthentication" in said, (code, said)


def o8_each_process_works_with_the_rules_that_are_printed(world):
    for name in PROCESSES:
        world.start(name, **login(name))
    world.send("alerts", alert("Slow", "harbour"))
    world.flush()
    one = wait_for("an incident", lambda: world.read("incidents"), 60)[0]["incident_id"]
    wait_for("a message", lambda: world.sink.of("/hook", "harbour"), 60)
    wait_for("a row", lambda: world.sql("select 1 from causeway.incidents where incident_id = %s", one), 60)
    world.say(kind="acknowledge", target=one)
    wait_for("it is heard", lambda: world.newest("incidents", "incident_id")[one]["status"] == "ACKNOWLEDGED", 60)
    world.sql("select causeway.resolve(%s, 'ana', 'done')", one)  # through the recorder's outbox
    wait_for("it is resolved", lambda: world.newest("incidents", "incident_id")[one]["status"] == "RESOLVED", 60)
    for service in world.services.values():
        words = service.log.read_text()
        assert "refused_us" not in words and "AUTHORIZATION" not in words.upper(), service.last_words()


def o9_what_no_rule_allows_is_refused_and_said(world):
    code, said = run(world, "detector", login("ranker") | {"CAUSEWAY_INSTANCE": "7"})
    assert code == 77 and "uthoriz" in said, (code, said)
