"""What became of the shop's faults: incidents, causes, actions and notices as they come, and the word of a person."""
import subprocess
import time

from observe import Watch

TOPICS = ["anomalies", "incidents", "causes", "actions", "notices", "deliveries"]
OPEN = ("OPEN", "ACKNOWLEDGED")


def seconds(micros):
    return micros / 1e6


class Case:
    """One incident: its last record, when it opened (again), every cause and every action."""

    def __init__(self, record):
        self.id = record["incident_id"]
        self.record = record
        self.opened = []  # stream times, of the opening and each reopening
        self.causes = []
        self.actions = {}

    def is_open(self):
        return self.record["status"] in OPEN

    def has(self, entity, until=None):
        """Is the entity among its members, joined by then?"""
        return any((member["entity"]["kind"], member["entity"]["name"]) == entity and (until is None or seconds(member["joined_at"]) <= until)
                   for member in self.record["members"])

    def joined(self, entity, since):
        """Did a signal of the entity join since then?"""
        return any((member["entity"]["kind"], member["entity"]["name"]) == entity and seconds(member["joined_at"]) >= since
                   for member in self.record["members"])

    def take(self, record):
        if not self.opened:
            self.opened.append(seconds(record["opened_at"]))
        if record["reopened"] > self.record["reopened"]:
            self.opened.append(seconds(record["meta"]["stream_at"]))
        self.record = record

    def rank(self, entity, until):
        """Place of the entity in the last ranking decided by then; None = not named, 0 = it said unknown."""
        told = [cause for cause in self.causes if seconds(cause["decided_at"]) <= until]
        if not told:
            return None
        names = [(one["entity"]["kind"], one["entity"]["name"]) for one in told[-1]["candidates"]]
        if told[-1]["unknown"]:
            return 0
        return names.index(entity) + 1 if entity in names else None


class Cases:
    """Everything read so far; step() reads on."""

    def __init__(self, brokers, url):
        self.watch = Watch(brokers, TOPICS)
        self.url = url
        self.cases = {}
        self.proposed = {}  # action id -> (when, record)
        self.news = []

    def case(self, incident_id):
        return self.cases.get(incident_id)

    def take(self, topic, record):
        if topic == "incidents":
            case = self.cases.setdefault(record["incident_id"], Case(record))
            case.take(record)
        case = self.cases.get(record.get("incident_id"))
        if topic == "causes" and case:
            case.causes.append(record)
        if topic == "actions":
            if case:
                case.actions[record["action_id"]] = record
            if record["state"] == "PROPOSED" and record["level"] >= 1:
                self.proposed.setdefault(record["action_id"], (time.time(), record))
            else:
                self.proposed.pop(record["action_id"], None)

    def step(self):
        """[(seen at, topic, record)] since the last call. Incidents first: causes and actions speak of them."""
        taken = self.watch.take()
        for _, topic, record in sorted(taken, key=lambda one: one[1] != "incidents"):
            self.take(topic, record)
        return taken

    def open_cases(self):
        return [case for case in self.cases.values() if case.is_open()]

    def approve(self, record, by):
        """Says yes to exactly this action, through the function people use. False: it was refused, with the reason."""
        done = self.sql("SELECT causeway.approve(:'id', :'hash', :'by', 'lab')", id=record["action_id"], hash=record["action_hash"], by=by)
        if done.returncode == 0:
            self.proposed.pop(record["action_id"], None)
        return done.returncode == 0, done.stderr.strip()

    def approve_due(self, after_s, by):
        """Approves what has been proposed for after_s; the recorder may need a moment to know it, so it tries again."""
        approved = []
        for when, record in list(self.proposed.values()):
            if time.time() - when >= after_s and self.approve(record, by)[0]:
                approved.append(record)
        return approved

    def sql(self, text, **values):
        words = [word for name, value in values.items() for word in ("-v", f"{name}={value}")]
        return subprocess.run(["psql", "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", *words, self.url],
                              input=text, capture_output=True, text=True, check=False, timeout=30)

    def rows(self, text, **values):
        done = self.sql(text, **values)
        if done.returncode:
            raise RuntimeError(done.stderr.strip())
        return [line.split("\t") for line in done.stdout.splitlines() if line]

    def close(self):
        self.watch.close()
