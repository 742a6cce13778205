"""A world of its own for scenarios: Kafka, PostgreSQL, topics and services on loopback, and a place where notices arrive."""
import http.server
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request

from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition

from records import Records

ROOT = pathlib.Path(__file__).resolve().parents[2]
STAGES = ["normalizer", "detector", "logcluster", "correlator", "ranker", "remediator", "recorder", "notifier", "console"]
QUICK = {  # shorter where the product lets one choose
    "CAUSEWAY_SNAPSHOT_WITHIN": "5s", "CAUSEWAY_CORRELATE_QUIET": "3s", "CAUSEWAY_NOTIFY_CAUSE_WAIT": "1s",
    "CAUSEWAY_NOTIFY_LOOPBACK": "true", "CAUSEWAY_NOTIFY_INSECURE_HTTP": "true", "CAUSEWAY_OUTBOX_EVERY": "50ms",
}


def free_port():
    """Below the range the kernel gives to outgoing connections: none of them may take it before the server does."""
    while True:
        port = random.randrange(11000, 32000)
        with socket.socket() as one:
            try:
                one.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def wait_for(what, look, seconds=30):
    """What look() returns once it is true. Fails with what."""
    until = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > until:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.05)


def get(url, seconds=3):
    """(status, text); (0, reason) when nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=seconds) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)


class Sink:
    """Takes posts. answer is a status, or "cut": the connection is closed when the request has been read."""

    def __init__(self):
        self.posts, self.answer, sink = [], 200, self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                sink.posts.append({"path": self.path, "at": time.time(), "key": self.headers.get("Idempotency-Key"),
                                   "body": json.loads(body or b"null")})
                if sink.answer == "cut":
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True
                    return
                self.send_response(sink.answer)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def of(self, path, title=""):
        return [p for p in list(self.posts) if p["path"] == path and title in json.dumps(p["body"])]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Service:
    """One process; started again by hand only."""

    def __init__(self, world, name, options, instance):
        self.name, self.port = name, free_port()
        self.log = world.folder / f"{name}-{instance}.log"
        env = dict(os.environ) | QUICK | {
            "CAUSEWAY_KAFKA_BROKERS": world.brokers, "CAUSEWAY_PREFIX": world.prefix, "CAUSEWAY_INSTANCE": str(instance),
            "CAUSEWAY_ADMIN_PORT": str(self.port)} | world.options | options
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen([world.bin / f"causeway-{name}"], env=env, stdout=log, stderr=log)

    def ready(self):
        if self.child.poll() is not None:
            raise AssertionError(f"{self.name} ended with {self.child.returncode}: {self.last_words()}")
        return get(f"http://127.0.0.1:{self.port}/-/ready")[0] == 200

    def metric(self, name):
        """Sum over the labels."""
        lines = [l for l in get(f"http://127.0.0.1:{self.port}/metrics")[1].splitlines() if l.split("{")[0].split(" ")[0] == name]
        return sum(float(l.rsplit(" ", 1)[1]) for l in lines)

    def last_words(self):
        return self.log.read_text(errors="replace")[-1500:]

    def kill(self):
        self.child.send_signal(signal.SIGKILL)
        self.child.wait()

    def stop(self, seconds=6):
        """Exit code, after SIGTERM: 5 s are promised."""
        if self.child.poll() is None:
            self.child.terminate()
        try:
            return self.child.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} does not end on SIGTERM") from None


class World:
    """Servers in a private folder; one installation of Causeway at a time."""

    def __init__(self, build, keep, servers=None):
        self.told = servers or {}
        self.bin, self.keep = pathlib.Path(build).resolve() / "bin", keep
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="causeway-scenario."))
        self.folder.chmod(0o755)
        self.records, self.sink, self.services, self.options, self.prefix = Records(), Sink(), {}, {}, "causeway"
        self.servers_up()
        lines = (self.folder / "run" / "servers.env").read_text().splitlines()
        servers = dict(l.removeprefix("export ").split("=", 1) for l in lines)
        self.brokers, self.postgres = servers["CAUSEWAY_KAFKA_BROKERS"], servers["CAUSEWAY_POSTGRES_URL"]
        self.producer = Producer({"bootstrap.servers": self.brokers, "linger.ms": 2, "enable.idempotence": True, "log_level": 2,
                                  "reconnect.backoff.max.ms": 1000})
        self.reader = Consumer({"bootstrap.servers": self.brokers, "group.id": "scenario", "enable.auto.commit": False, "log_level": 2,
                                "isolation.level": "read_committed", "enable.partition.eof": True, "fetch.wait.max.ms": 10})
        self.seen = {}  # topic -> for each partition: next offset, records

    def shell(self, words):
        env = dict(os.environ, CAUSEWAY_RUN=str(self.folder / "run"), KAFKA_HEAP="512m", PG_FSYNC="off", **self.told)
        script = "set -e; . tests/lib/setup.sh; . tests/lib/servers.sh; " + words
        done = subprocess.run(["bash", "-c", script], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"{words}: {done.stderr[-2000:]}")

    def servers_up(self):
        """A machine under load needs longer than the script waits: what has begun is waited for again."""
        for left in (2, 1, 0):
            try:
                return self.shell("servers_up")
            except AssertionError:
                if left == 0:
                    self.shell("servers_down")
                    raise

    def install(self, *raw, partitions=2):
        for _ in range(5):  # a broker that has just come up may be slow to answer
            done = self.cwctl("topics", "create", "--partitions", str(partitions), *raw)
            if done.returncode == 0:
                return
        raise AssertionError(f"topics create: {done.stderr}")

    def cwctl(self, *words):
        env = dict(os.environ, CAUSEWAY_KAFKA_BROKERS=self.brokers, CAUSEWAY_PREFIX=self.prefix)
        return subprocess.run([self.bin / "cwctl", *words], env=env, capture_output=True, text=True, check=False)

    def start(self, *names, instance=0, **options):
        """Starts services and waits until all are ready."""
        started = []
        for name in names or STAGES:
            self.services[name] = Service(self, name, self.own(name) | options, instance)
            started.append(self.services[name])
        for service in started:
            wait_for(f"{service.name} is ready", service.ready, 60)
        return started[0]

    def own(self, name):
        if name == "recorder":
            return {"CAUSEWAY_POSTGRES_URL": self.postgres}
        if name == "console":
            self.console = free_port()
            return {"CAUSEWAY_POSTGRES_CONNINFO": self.postgres, "CAUSEWAY_CONSOLE_PORT": str(self.console)}
        if name == "remediator":
            (self.folder / "effect").mkdir(exist_ok=True)
            return {"CAUSEWAY_EFFECT_STATE_FOLDER": str(self.folder / "effect"), "CAUSEWAY_EFFECT_INSECURE_SAME_USER": "true"}
        if name == "notifier":
            return {"CAUSEWAY_NOTIFY_TARGETS": f"hook=webhook+{self.sink.url}/hook acknowledged;chat=slack+{self.sink.url}/chat"}
        return {}

    def stop(self):
        for service in list(self.services.values()):
            if service.child.poll() is None:
                service.child.terminate()
        for service in list(self.services.values()):
            service.stop()
        self.services.clear()

    def send(self, topic, value, at=None, key=None):
        value = value if isinstance(value, bytes) else (value if isinstance(value, str) else json.dumps(value)).encode()
        more = {"timestamp": int(at * 1000)} if at else {}
        while True:
            try:
                self.producer.produce(topic, value, key=key, **more)
                return
            except BufferError:
                self.producer.poll(0.1)

    def flush(self, seconds=30):
        assert self.producer.flush(seconds) == 0, "Kafka did not take what was sent"

    def say(self, **command):
        self.send("raw.commands", {"tenant": "default", "domain": "default", "by": "ana", "reason": "test", **command})
        self.flush()

    def read(self, name, wanted=None):
        """Every committed record on a topic of ours so far, partition by partition, each in its order."""
        topic = f"{self.prefix}.{name}"
        if topic not in self.seen:
            self.seen[topic] = [(0, []) for _ in self.reader.list_topics(topic, timeout=30).topics[topic].partitions]
        parts = self.seen[topic]
        self.reader.assign([TopicPartition(topic, p, at) for p, (at, _) in enumerate(parts)])
        ended = set()
        while len(ended) < len(parts):
            message = self.reader.poll(60)
            assert message is not None, f"{topic} cannot be read to its end"
            if message.error():
                if message.error().code() == KafkaError._PARTITION_EOF:  # pylint: disable=protected-access
                    ended.add(message.partition())
                continue
            _, found = parts[message.partition()]
            kind, record = self.records.open(message.value())
            if kind and kind != "Mark":
                found += record["items"] if kind.endswith("Batch") else [record]
            parts[message.partition()] = (message.offset() + 1, found)
        return [one for _, found in parts for one in found if wanted is None or wanted(one)]

    def newest(self, name, key, wanted=None):
        """The last record of each key."""
        return {r[key]: r for r in self.read(name, wanted)}

    def sql(self, statement, *values):
        import psycopg2
        with psycopg2.connect(self.postgres) as connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall()

    def close(self):
        for service in self.services.values():
            if service.child.poll() is None:
                service.kill()
        self.sink.close()
        self.reader.close()
        self.shell("servers_down")
        if not self.keep:
            shutil.rmtree(self.folder, ignore_errors=True)
