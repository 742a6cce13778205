"""chain.py - the loop under fire on a real broker (step 1b).

  chain.py --brokers HOST:PORT --bin DIR --run DIR --seconds N --seed N [--servers DIR] [--chase N] [--stop-broker SECONDS]

Starts skeleton, two instances of a and two of b, feeds both raw topics, and for N seconds: SIGKILL at random, SIGSTOP beyond the session
timeout and back, snapshots deleted, compaction forced, Kafka timestamps falling and far ahead; with --chase and --stop-broker, brokers killed
and stopped. Every process is started again, as a supervisor would. In the end both raw partitions are closed by a record that says nothing, everything drains, and chain_check holds the topics against a replay.
"""
import argparse, atexit, glob, json, os, random, signal, subprocess, sys, threading, time
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource

parser = argparse.ArgumentParser()
parser.add_argument("--brokers", required=True)
parser.add_argument("--bin", required=True)
parser.add_argument("--run", required=True)
parser.add_argument("--seconds", type=int, default=60)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--rate", type=int, default=200)
parser.add_argument("--chase", type=int, default=0, help="kill the coordinator of our groups and transactional ids so many times running")
parser.add_argument("--stop-broker", type=int, default=0, help="SIGSTOP one broker for so many seconds")
parser.add_argument("--servers", default="", help="folder of the servers (kafkaN/pid), for the two above")
args = parser.parse_args()
rand = random.Random(args.seed)
os.makedirs(args.run, exist_ok=True)
stop = threading.Event()
tally = {"wiped": 0, "kills": 0, "stops": 0, "restarts": 0, "sent": 0, "ahead": 0, "fell": 0}


class Process:
    """A service that is started again whenever it ends."""

    def __init__(self, role, instance):
        self.role, self.instance, self.child, self.paused = role, instance, None, False
        self.log = open(f"{args.run}/{role}-{instance}.log", "ab")

    def start(self):
        env = dict(os.environ, CAUSEWAY_KAFKA_BROKERS=args.brokers, CAUSEWAY_INSTANCE=str(self.instance), CAUSEWAY_STALL_LIMIT="8s",
                   CAUSEWAY_SNAPSHOT_WITHIN="5s", CAUSEWAY_PROGRESS_LIMIT="90s")
        self.child = subprocess.Popen([f"{args.bin}/chain", self.role], env=env, stderr=self.log, stdout=self.log)

    def tend(self):
        if self.child.poll() is not None:
            code = self.child.returncode
            if code not in (-9, 0, 75):
                self.log.write(b"ENDED WITH %d\n" % code)
                if code == 1:
                    unexpected.append((self.role, self.instance, code))
            tally["restarts"] += 1
            self.start()

    def kill(self):
        self.child.send_signal(signal.SIGKILL)
        tally["kills"] += 1

    def pause(self, seconds):
        self.child.send_signal(signal.SIGSTOP)
        tally["stops"] += 1
        child = self.child
        threading.Timer(seconds, lambda: child.poll() is None and child.send_signal(signal.SIGCONT)).start()


unexpected = []
closing = []  # stream time, s, at which everything has been decided
processes = [Process("skeleton", 0)] + [Process(r, i) for r in ("a", "b") for i in (0, 1)]


def feed():
    producer = Producer({"bootstrap.servers": args.brokers, "linger.ms": 5, "enable.idempotence": True})
    skew = 0
    while not stop.is_set():
        for _ in range(max(1, args.rate // 20)):
            kind = rand.choice("mmmmmmmmeeekc")
            number = rand.randrange(10 ** 6)
            value = f"c {number}" if kind == "c" else f"{kind} {'s' if kind == 'm' else 'd'}{rand.randrange(5)} {number}"
            stamp = int(time.time() * 1000) + skew
            if rand.random() < 0.05:
                stamp -= rand.randrange(5000)
                tally["fell"] += 1
            producer.produce(rand.choice(["raw.one", "raw.two"]), value.encode(), timestamp=stamp)
            tally["sent"] += 1
        producer.poll(0)
        time.sleep(0.05)
    ahead = int(time.time() * 1000) + 50 * 60 * 1000  # a clock that runs ahead, on one partition, then on both
    producer.produce("raw.one", b"m s1 777", timestamp=ahead)
    tally["ahead"] += 1
    closing.append(ahead / 1000 + 59)
    time.sleep(2)
    producer.produce("raw.two", b"e d1 778", timestamp=ahead)
    for topic in ("raw.one", "raw.two"):  # says nothing, closes the time
        producer.produce(topic, b"x", timestamp=ahead + 60000)
    producer.flush()


def java_hash(text):
    value = 0
    for char in text:
        value = (31 * value + ord(char)) & 0xFFFFFFFF
    return value if value < 2 ** 31 else value - 2 ** 32


def coordinator(topic, name):
    """Broker that leads the partition a group or transactional id belongs to."""
    partitions = AdminClient({"bootstrap.servers": args.brokers}).list_topics(topic, timeout=30).topics[topic].partitions
    if not partitions:
        return -1
    return partitions[abs(java_hash(name)) % len(partitions)].leader


def restart_broker(node):
    subprocess.run(["bash", "-c", ". tests/lib/setup.sh; . tests/lib/servers.sh; kafka_start %d; kafka_wait $(cat $RUN/kafka%d/port)" % (node, node)],
                   env=dict(os.environ, CAUSEWAY_RUN=args.servers), check=True)


def broker_pid(node):
    return int(open(f"{args.servers}/kafka{node}/pid").read())


def chase():
    """The coordinator of one of our groups, or of one of our transactional ids, is killed; its successor next."""
    for turn in range(args.chase):
        time.sleep(4)
        role = rand.choice(["detector", "correlate", "normalizer"])
        node = coordinator("__consumer_offsets", f"causeway.{role}") if turn % 2 else coordinator("__transaction_state", f"causeway-{role}-0")
        if node < 0:
            continue
        os.kill(broker_pid(node), signal.SIGKILL)
        tally["brokers"] = tally.get("brokers", 0) + 1
        time.sleep(3)
        restart_broker(node)
    if args.stop_broker:
        node = rand.choice([1, 2, 3])
        os.kill(broker_pid(node), signal.SIGSTOP)
        time.sleep(args.stop_broker)
        os.kill(broker_pid(node), signal.SIGCONT)


def open_transactions():
    """Lines of kafka-transactions list that tell of one that is not over."""
    text = subprocess.run(["bash", "-c", ". tests/lib/setup.sh; . tests/lib/servers.sh; "
                           "kafka_java 256m org.apache.kafka.tools.TransactionsCommand --bootstrap-server %s list" % args.brokers],
                          env=dict(os.environ, CAUSEWAY_RUN=args.servers), capture_output=True, text=True).stdout
    return [l for l in text.splitlines() if "Ongoing" in l or "Prepare" in l]


def snapshot_topics():
    return [t for t in AdminClient({"bootstrap.servers": args.brokers}).list_topics(timeout=60).topics if ".snapshots." in t]


def force_compaction():
    """Small segments, always dirty enough: the cleaner's next round takes them."""
    admin, quick = AdminClient({"bootstrap.servers": args.brokers}), {"segment.ms": "2000", "min.cleanable.dirty.ratio": "0.01"}
    entries = [ConfigEntry(k, v, incremental_operation=AlterConfigOpType.SET) for k, v in quick.items()]
    for future in admin.incremental_alter_configs(
            [ConfigResource(ConfigResource.Type.TOPIC, t, incremental_configs=entries) for t in snapshot_topics() + ["causeway.incidents"]]).values():
        future.result(60)


def compacted():
    """Partitions of those topics that the broker's cleaner has been over."""
    lines = [l for f in glob.glob(f"{args.servers}/kafka*/data/cleaner-offset-checkpoint") for l in open(f)]
    return sum(1 for l in lines if (".snapshots." in l or "causeway.incidents " in l) and int(l.split()[2]) > 0)


def wipe_snapshots():
    """Every snapshot one partition of one service has is deleted; then its owner is killed, or not."""
    topic, part = rand.choice(snapshot_topics()), rand.randrange(2)
    conf = {"bootstrap.servers": args.brokers, "group.id": "wipe", "enable.auto.commit": False, "enable.partition.eof": True}
    reader, writer = Consumer(conf), Producer({"bootstrap.servers": args.brokers})
    reader.assign([TopicPartition(topic, part, 0)])
    keys = set()
    while True:
        message = reader.poll(10)
        if message is None or message.error():
            break
        keys.add(message.key())
    reader.close()
    for key in keys:
        writer.produce(topic, None, key=key, partition=part)
    writer.flush(10)
    tally["wiped"] += len(keys)


def disturb():
    what = rand.random()
    if what < 0.15:
        try:
            wipe_snapshots()
        except KafkaException:  # its broker is away
            return
    if what < 0.75:
        rand.choice(processes).kill()
    else:
        rand.choice(processes).pause(rand.choice([1, 3, 12, 15]))


def leave_nothing():
    for process in processes:
        if process.child is not None and process.child.poll() is None:
            process.child.kill()


atexit.register(leave_nothing)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
force_compaction()
for process in processes:
    process.start()
feeder = threading.Thread(target=feed, daemon=True)
feeder.start()
chaser = threading.Thread(target=chase, daemon=True)
if args.chase or args.stop_broker:
    chaser.start()
began = time.time()
next_fault = began + 5
while time.time() - began < args.seconds or chaser.is_alive():
    for process in processes:
        process.tend()
    if time.time() >= next_fault:
        disturb()
        next_fault = time.time() + rand.choice([0.2, 0.5, 1, 2, 4])
    time.sleep(0.1)
stop.set()
time.sleep(18)  # the last pause ends, the last restart restores
for process in processes:
    process.tend()
feeder.join()


def stream_time(process):
    """Slowest stream time the process tells, seconds."""
    port = None
    for line in open(process.log.name, "rb"):
        if b'"admin_port"' in line:
            port = json.loads(line)["admin_port"]
    try:
        text = subprocess.run(["curl", "-s", "-m", "2", f"http://127.0.0.1:{port}/metrics"], capture_output=True, text=True).stdout
    except OSError:
        return 0.0
    values = {l.split("{")[0]: float(l.rsplit(" ", 1)[1]) for l in text.splitlines() if l.startswith("causeway_stream")}
    return values.get("causeway_stream_time_seconds", 0.0) if values.get("causeway_stream_tasks") else float("inf")


deadline = time.time() + 120
while time.time() < deadline:
    for process in processes:
        process.tend()
    if all(stream_time(p) > closing[0] for p in processes if p.role == "b"):
        break
    time.sleep(1)
time.sleep(3)
for process in processes:
    process.child.terminate()
slow = 0
for process in processes:
    try:
        process.child.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.child.kill()
        slow += 1
if args.servers:
    tally["compacted"] = compacted()
print(json.dumps(dict(tally, seed=args.seed, slow_to_stop=slow, unexpected=len(unexpected))))
left_open = open_transactions() if args.servers else []
for line in left_open:
    print("open:", line)
code = subprocess.run([f"{args.bin}/chain_check", args.brokers, "causeway"]).returncode
never = args.servers and not tally["compacted"]
if never:
    print("nothing was compacted: that part was not shown")
sys.exit(1 if code or unexpected or slow or left_open or never else 0)
