"""What a service says when it cannot start: every fault, in words one can act on."""
import os
import subprocess

from world import QUICK, STAGES


def prepare(world):
    world.install("alerts:1")


def start(world, name, *arguments, **options):
    """(exit code, what it said)."""
    env = dict(os.environ, CAUSEWAY_KAFKA_BROKERS=world.brokers) | QUICK | options
    done = subprocess.run([world.bin / f"causeway-{name}", *arguments], env=env, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def o1_bad_configuration_says_every_fault_and_exits_78(world):
    file = world.folder / "bad.yaml"
    file.write_text("commit:\n  every: soon\nlog:\n  level: loud\ndetector:\n  no-such: 1\nadmin:\n  port: 70000\n"
                    "kafka:\n  lingr.ms: 5\n  compression.type: brotli\n")
    code, said = start(world, "detector", "--check-config", "--config", str(file))
    assert code == 78, (code, said)
    for word in ("commit.every", "log.level", "detector.no-such", "admin.port", "bad.yaml:2", "bad.yaml:10: kafka.lingr.ms", "kafka.linger.ms?",
                 "none, gzip, snappy, lz4, zstd"):
        assert word in said, (word, said)


def o2_an_installation_that_is_not_there_is_said_with_what_to_do(world):
    code, said = start(world, "detector", CAUSEWAY_PREFIX="nowhere")
    assert code == 78 and "topics create" in said, (code, said)


def o3_brokers_that_do_not_answer_are_exit_69(world):
    code, said = start(world, "detector", CAUSEWAY_KAFKA_BROKERS="127.0.0.1:1")
    assert code == 69, (code, said)


def o4_scram_is_refused_where_the_library_cannot_do_it(world):
    version = subprocess.run([world.bin / "causeway-detector", "--version"], capture_output=True, text=True, check=True).stdout
    if "librdkafka 2.0." not in version:
        from run import Skip
        raise Skip(f"a library that can: {version.strip()}")
    code, said = start(world, "detector", CAUSEWAY_KAFKA_SECURITY_PROTOCOL="SASL_PLAINTEXT", CAUSEWAY_KAFKA_SASL_MECHANISM="SCRAM-SHA-256",
                       CAUSEWAY_KAFKA_SASL_USERNAME="u", CAUSEWAY_KAFKA_SASL_PASSWORD="p")
    assert code == 78 and "SCRAM" in said and "2.6.1" in said, (code, said)


def o5_every_service_explains_itself(world):
    for name in STAGES:
        code, said = start(world, name, "--help")
        assert code == 0 and "kafka.brokers" in said or name == "console", (name, code)
        assert len(said.splitlines()) > 10, name


def o6_a_topic_with_other_partitions_is_refused(world):
    from confluent_kafka.admin import AdminClient, NewPartitions
    admin = AdminClient({"bootstrap.servers": world.brokers})
    for future in admin.create_partitions([NewPartitions("causeway.anomalies", 3)]).values():
        future.result()
    code, said = start(world, "detector")
    assert code == 78 and "anomalies" in said, (code, said)
