"""late_end.py - a request that comes late must not end, or enter, another transaction.

  late_end.py --run DIR --bin DIR [--only N] [--jobs N] [--expect-failure]

A proxy stands between the producer and the broker. It holds the first request of one api key, cuts the client's connection, and lets the held
copy through at a chosen point of the next transaction. Keys 0, 24, 25, 26, 28 x commit, abort x released at begin, between outputs, before
offsets, before EndTxn x one or two partitions = 80 cases. Oracle: records visible = records committed, each once; offsets equal outputs.

The broker (in --run) has two listeners: one it advertises as the proxy's port, for the producers; one for itself and for those who look.
"""
import argparse, itertools, os, pathlib, signal, socket, struct, subprocess, sys, threading, time
from concurrent.futures import ThreadPoolExecutor
from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

parser = argparse.ArgumentParser()
parser.add_argument("--run", required=True, help="folder of the broker, which is started and ended here")
parser.add_argument("--bin", required=True)
parser.add_argument("--program", default="late_end")
parser.add_argument("--only", type=int, default=0, help="so many cases, spread over all; 0 = all")
parser.add_argument("--jobs", type=int, default=4)
parser.add_argument("--expect-failure", action="store_true", help="the taint rule is off: some case must be loud")
args = parser.parse_args()
TRANSACTIONS = 4
HUNG = 90  # seconds; a producer gives up after 60
run_id = f"{int(time.time()) % 1000000}"
RELEASES = {"begin": (24, 1), "between": (0, 2), "offsets": (25, 1), "end": (26, 1)}


class Case:
    """What the proxy does to the producer of one client id."""

    def __init__(self, key, mode, release, partitions):
        self.key, self.mode, self.release, self.partitions = key, mode, release, partitions
        self.id = f"late-{key}-{mode}-{release}-{partitions}-{run_id}"
        self.lock, self.held, self.armed, self.ends, self.seen, self.released = threading.Lock(), None, True, 0, 0, False

    def hold(self, key, bytes_, upstream):
        """True: the request is kept, the connection to be cut."""
        with self.lock:
            if not self.armed or key != self.key:
                return False
            self.armed, self.held = False, (bytes_, upstream)
            return True

    def watch(self, key):
        """Called before a request is forwarded: is this the point of release?"""
        with self.lock:
            if self.held is None or self.released:
                return
            wanted, count = RELEASES[self.release]
            if self.ends >= 1 and key == wanted:
                self.seen += 1
                if self.seen == count:
                    self.released = True
            if key == 26:
                self.ends += 1
            if not self.released:
                return
            bytes_, upstream = self.held
        try:
            upstream.sendall(bytes_)
        except OSError:
            pass
        time.sleep(0.4)


cases = {}


def receive(sock, count):
    parts = []
    while count:
        data = sock.recv(count)
        if not data:
            raise EOFError
        parts.append(data)
        count -= len(data)
    return b"".join(parts)


def pump(source, target):
    try:
        while True:
            data = source.recv(65536)
            if not data:
                break
            target.sendall(data)
    except OSError:
        pass
    for sock in (target,):
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def serve(client):
    upstream = socket.create_connection(("127.0.0.1", ports["behind"]))
    for sock in (client, upstream):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    threading.Thread(target=pump, args=(upstream, client), daemon=True).start()
    try:
        while True:
            size = receive(client, 4)
            body = receive(client, struct.unpack(">i", size)[0])
            key, _, _, length = struct.unpack(">hhih", body[:10])
            case = cases.get(body[10:10 + max(0, length)].decode(errors="replace"))
            if case is not None:
                case.watch(key)
                if case.hold(key, size + body, upstream):
                    client.shutdown(socket.SHUT_RDWR)
                    client.close()
                    return  # upstream stays open, for the late copy
            upstream.sendall(size + body)
    except (EOFError, OSError, struct.error):
        pass
    try:
        upstream.close()
    except OSError:
        pass


def accept(server):
    while True:
        client, _ = server.accept()
        threading.Thread(target=serve, args=(client,), daemon=True).start()


def bound():
    """A listening socket whose port no outgoing connection is given meanwhile."""
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen(200)
    return server


def shell(words, **more):
    env = dict(os.environ, CAUSEWAY_RUN=args.run, KAFKA_HEAP="512m", **more)
    subprocess.run(["bash", "-c", f"set -e; . tests/lib/setup.sh; . tests/lib/servers.sh; {words}"], env=env, check=True)


def broker_up(proxy):
    at = pathlib.Path(args.run) / "kafka1"
    at.mkdir(parents=True)
    for name in ("port", "controller", "behind"):
        ports[name] = int(subprocess.run(["bash", "-c", ". tests/lib/servers.sh; free_port"], capture_output=True, check=True).stdout)
        (at / name).write_text(f"{ports[name]}\n")
    shell("kafka_up 1", KAFKA_EXTRA=f"""
listeners=PLAINTEXT://127.0.0.1:{ports["port"]},PROXIED://127.0.0.1:{ports["behind"]},CONTROLLER://127.0.0.1:{ports["controller"]}
advertised.listeners=PLAINTEXT://127.0.0.1:{ports["port"]},PROXIED://127.0.0.1:{proxy}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT""")
    return f"127.0.0.1:{ports['port']}"


def make_topics():
    admin = AdminClient({"bootstrap.servers": direct})
    for topic, future in admin.create_topics([NewTopic("causeway.metrics", 2, 1), NewTopic("raw.one", 1, 1)]).items():
        try:
            future.result(60)
        except KafkaException as error:
            sys.exit(f"late end: {topic}: {error}")


def reader(case):
    return Consumer({"bootstrap.servers": direct, "group.id": f"late-end.{case.id}", "isolation.level": "read_committed",
                     "enable.auto.commit": False, "auto.offset.reset": "earliest", "enable.partition.eof": True})


def committed(consumer):
    """Offset committed for the group; waits until it has a coordinator that answers."""
    until = time.time() + 60
    while True:
        try:
            return consumer.committed([TopicPartition("raw.one", 0)], timeout=10)[0].offset
        except KafkaException:
            if time.time() > until:
                raise
            time.sleep(0.1)


def visible(case):
    """Values of the case that a read_committed reader sees, and the offset committed for its group."""
    consumer = reader(case)
    consumer.assign([TopicPartition("causeway.metrics", p, 0) for p in range(2)])
    # Other cases' open transactions hold the end back for everybody: what is not seen yet is waited for, longer than a transaction lives.
    values, until, wanted = [], time.time() + 25, TRANSACTIONS * 4
    calm = None
    while time.time() < (until if len(values) < wanted else calm or time.time() + 1):
        message = consumer.poll(0.5)
        if message is not None and not message.error() and message.value().decode(errors="replace").startswith(case.id + "/"):
            values.append(message.value().decode())
        if len(values) >= wanted and calm is None:
            calm = time.time() + 1.5  # a repeat would come now
    offset = committed(consumer)
    consumer.close()
    return values, offset


def produce(case):
    """What was wrong with the producer under test, or nothing; and its counts."""
    # A service is a member of its group before it commits, so the group has a coordinator. Without one, the offsets of a transaction wait
    # for ever (librdkafka issue 5456).
    first = reader(case)
    committed(first)
    first.close()
    try:
        done = subprocess.run([f"{args.bin}/{args.program}", f"127.0.0.1:{ports['proxy']}", case.id, str(case.partitions), str(TRANSACTIONS),
                               case.mode], capture_output=True, text=True, timeout=HUNG)
    except subprocess.TimeoutExpired:
        return f"hung for {HUNG} s", ""
    return done.returncode and f"exit {done.returncode}: {done.stderr.strip().splitlines()[-1:]}", done.stdout.strip()


def run(case):
    cases[case.id] = case
    began = time.time()
    fault, counts = produce(case)
    values, offset = visible(case)
    want = sorted(f"{case.id}/{t}/{r}" for t in range(TRANSACTIONS) for r in range(4))
    faults = [fault] if fault else []
    if sorted(values) != want:
        faults.append(f"{len(set(want) - set(values))} lost, {len(values) - len(set(values))} twice")
    if offset != TRANSACTIONS:
        faults.append(f"offset {offset}")
    return case, faults, time.time() - began, counts


all_cases = [Case(*c) for c in itertools.product((0, 24, 25, 26, 28), ("commit", "abort"), RELEASES, (1, 2))]
if args.only:
    step = max(1, len(all_cases) // args.only)
    all_cases = all_cases[::step][:args.only]


def run_all():
    """Cases that were loud, and those whose release point did not come."""
    loud = not_held = 0
    with ThreadPoolExecutor(args.jobs) as pool:
        for case, faults, seconds, counts in pool.map(run, all_cases):
            not_held += case.held is None or not case.released
            loud += bool(faults)
            if faults or seconds > 20:
                print(f"{case.id}: {'; '.join(faults) or 'slow'} ({seconds:.1f} s; {counts})", flush=True)
    return loud, not_held


signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
entrance, ports = bound(), {}  # before the broker, so that nobody else is at its port when the broker tells of it
ports["proxy"] = entrance.getsockname()[1]
try:
    direct = broker_up(ports["proxy"])
    threading.Thread(target=accept, args=(entrance,), daemon=True).start()
    make_topics()
    failed, not_held = run_all()
finally:
    shell("servers_down")
print(f"late end: {len(all_cases)} cases, {failed} loud, {not_held} where the release point did not come")
if args.expect_failure:
    sys.exit(0 if failed else 1)
sys.exit(1 if failed or not_held == len(all_cases) else 0)
