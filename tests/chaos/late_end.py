"""late_end.py - a request that comes late must not end, or enter, another transaction.

  late_end.py --direct HOST:PORT --proxy PORT --bin DIR [--only N] [--jobs N] [--expect-failure]

A proxy stands between the producer and the broker. It holds the first request of one api key, cuts the client's connection, and lets the held
copy through at a chosen point of the next transaction. Keys 0, 24, 25, 26, 28 x commit, abort x released at begin, between outputs, before
offsets, before EndTxn x one or two partitions = 80 cases. Oracle: records visible = records committed, each once; offsets equal outputs.
"""
import argparse, itertools, socket, struct, subprocess, sys, threading, time
from concurrent.futures import ThreadPoolExecutor
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

parser = argparse.ArgumentParser()
parser.add_argument("--direct", required=True)
parser.add_argument("--proxy", type=int, required=True, help="port the broker advertises")
parser.add_argument("--bin", required=True)
parser.add_argument("--program", default="late_end")
parser.add_argument("--only", type=int, default=0, help="so many cases, spread over all; 0 = all")
parser.add_argument("--jobs", type=int, default=4)
parser.add_argument("--expect-failure", action="store_true", help="the taint rule is off: some case must be loud")
args = parser.parse_args()
TRANSACTIONS = 4
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
    host, port = args.direct.split(":")
    upstream = socket.create_connection((host, int(port)))
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


def listen():
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", args.proxy))
    server.listen(200)
    while True:
        client, _ = server.accept()
        threading.Thread(target=serve, args=(client,), daemon=True).start()


def visible(case):
    """Values of the case that a read_committed reader sees, and the offset committed for its group."""
    consumer = Consumer({"bootstrap.servers": args.direct, "group.id": f"late-end.{case.id}", "isolation.level": "read_committed",
                         "enable.auto.commit": False, "auto.offset.reset": "earliest", "enable.partition.eof": True})
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
    committed = consumer.committed([TopicPartition("raw.one", 0)], timeout=30)[0].offset
    consumer.close()
    return values, committed


def run(case):
    cases[case.id] = case
    began = time.time()
    done = subprocess.run([f"{args.bin}/{args.program}", args.direct.split(":")[0] + f":{args.proxy}", case.id, str(case.partitions),
                           str(TRANSACTIONS), case.mode], capture_output=True, text=True, timeout=120)
    values, offset = visible(case)
    want = sorted(f"{case.id}/{t}/{r}" for t in range(TRANSACTIONS) for r in range(4))
    faults = []
    if done.returncode:
        faults.append(f"exit {done.returncode}: {done.stderr.strip().splitlines()[-1:]}")
    if sorted(values) != want:
        faults.append(f"{len(set(want) - set(values))} lost, {len(values) - len(set(values))} twice")
    if offset != TRANSACTIONS:
        faults.append(f"offset {offset}")
    return case, faults, time.time() - began, done.stdout.strip()


all_cases = [Case(*c) for c in itertools.product((0, 24, 25, 26, 28), ("commit", "abort"), RELEASES, (1, 2))]
if args.only:
    step = max(1, len(all_cases) // args.only)
    all_cases = all_cases[::step][:args.only]
threading.Thread(target=listen, daemon=True).start()
admin = AdminClient({"bootstrap.servers": args.direct})  # it, too, is sent through the proxy
for topic, future in admin.create_topics([NewTopic("causeway.metrics", 2, 1), NewTopic("raw.one", 1, 1)]).items():
    try:
        future.result(60)
    except KafkaException as error:
        if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            sys.exit(f"late end: {topic}: {error}")
failed = not_held = 0
with ThreadPoolExecutor(args.jobs) as pool:
    for case, faults, seconds, counts in pool.map(run, all_cases):
        not_held += case.held is None or not case.released
        if faults:
            failed += 1
        if faults or seconds > 20:
            print(f"{case.id}: {'; '.join(faults) or 'slow'} ({seconds:.1f} s; {counts})")
print(f"late end: {len(all_cases)} cases, {failed} loud, {not_held} where the release point did not come")
if args.expect_failure:
    sys.exit(0 if failed else 1)
sys.exit(1 if failed or not_held == len(all_cases) else 0)
