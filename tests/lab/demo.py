#!/usr/bin/env python3
"""The demo's story: a fault in the shop, told as Causeway sees, explains and repairs it. Through ./causeway demo.

Exits 0 only if an opened incident, an executed repair, its verification and the delivered "resolved" were read back from
PostgreSQL under one incident id; 1 when the story did not come to its end; 2 when it could not begin.
"""
import argparse
import collections
import http.server
import json
import os
import random
import sys
import threading
import time

from faults import KINDS
from follow import Cases, seconds
from observe import Watch
from place import Place

LEARN_S = 80  # the views of a series of one sample a second are ready after 60
CALM_S = 90
REOPEN_S = 15  # above correlate.reopen of common.sh
FOUND_S = 120
REPAIR_S = 120
VERIFY_S = 240
RESOLVE_S = 240
APPROVE_S = 3
ANOMALIES_TOLD = 6

WHAT = {
    "process_killed": "the process of cart is killed (SIGKILL); nobody starts it again",
    "cpu_hog": "threads inside catalog's process eat a whole core",
    "lock_storm": "a forgotten session locks a table of the shop's PostgreSQL",
    "disk_filling": "something fills the small volume cart writes its journal to",
    "bad_deploy": "cart 1.5.0 is deployed, announced as a change; it is slow and wrong",
    "dependency_refused": "the cache refuses connections"}

COLOURS = {"FAULT": "31", "anomaly": "33", "INCIDENT": "1;31", "cause": "1;36", "repair": "35", "approved": "35", "verified": "32", "RESOLVED": "1;32",
           "delivered": "32", "proof": "32"}


class Sink(threading.Thread):
    """Where notices are posted to: answers 200 and remembers."""

    def __init__(self, address):
        super().__init__(daemon=True)
        self.seen = seen = collections.deque(maxlen=1000)

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                size = min(int(self.headers.get("Content-Length") or 0), 1 << 20)
                seen.append((time.time(), self.headers.get("Idempotency-Key"), self.rfile.read(size)))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(address, Handler)

    def run(self):
        self.server.serve_forever(0.2)


class Teller:
    """Lines of the story, with the time since the fault."""

    def __init__(self):
        self.colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self.zero = None

    def line(self, what, text=""):
        when = f"{time.time() - self.zero:+7.1f} s" if self.zero else " " * 9
        mark = f"{what:<9}"
        if self.colour and what in COLOURS:
            mark = f"\033[{COLOURS[what]}m{mark}\033[0m"
        print(f"{when}  {mark}  {text}".rstrip(), flush=True)

    def more(self, text):
        print(f"{'':20}  {text}", flush=True)


def figure(value, unit):
    if unit == "By":
        return f"{value / 1e6:.1f} MB" if abs(value) >= 1e5 else f"{value:.0f} B"
    return f"{value:.3g} {unit if unit != '1' else ''}".strip()


def cut(text, length):
    return text if len(text) <= length else text[:length - 1] + "…"


class Demo:
    def __init__(self, place, given):
        self.place = place
        self.given = given
        self.tell = Teller()
        self.cases = Cases(place.settings["brokers"], os.environ["CAUSEWAY_POSTGRES_URL"])
        self.sink = Sink(given.sink)
        self.fault = KINDS[given.fault](place)
        self.told = set()
        self.told_cause = None
        self.case = None
        self.begun = None

    # ---- what comes in ----

    def step(self):
        for _, topic, record in self.cases.step():
            getattr(self, "on_" + topic, lambda record: None)(record)
        time.sleep(0.1)

    def on_anomalies(self, record):
        if self.begun is None or record["status"] != "OPENED" or len(self.told) >= ANOMALIES_TOLD:
            return
        if self.case is not None and self.case.causes:
            return
        self.told.add(record["anomaly_id"])
        who = record["entity"]["name"]
        if record["kind"] == "NEW_PATTERN":
            said = f"new in its log: {cut(record['metric'], 70)}"
        elif record["kind"] == "MISSING":
            said = f"{record['metric']} has gone silent"
        else:
            said = f"{record['metric']} is {figure(record['actual'], record['unit'])}, expected {figure(record['expected'], record['unit'])}"
        self.tell.line("anomaly", f"{who:<11} {said}  (score {record['score']:.2f})")

    def mine(self, record):
        """The story is about the incident that names what we broke."""
        if self.begun is None:
            return False
        if self.case is None:
            case = self.cases.case(record["incident_id"])
            if case and case.is_open() and case.joined(self.fault.entity(), self.begun):
                self.case = case
                self.on_opened(case.record)
        return self.case is not None and record["incident_id"] == self.case.id

    def on_opened(self, record):
        fresh = any(at >= self.begun - 1 for at in self.case.opened)
        what = ("opened again" if record["reopened"] else "opened") if fresh else "was open already (from the start of the lab) and took it in"
        self.tell.line("INCIDENT", f"{record['incident_id']} {what}, {record['severity']}: {record['title']}")
        self.tell.more(f"{record['member_count']} signals on {len(record['entities'])} entities, folded into this one")

    def on_incidents(self, record):
        if self.mine(record) and record["status"] == "RESOLVED" and "resolved" not in self.told:
            self.told.add("resolved")
            self.tell.line("RESOLVED", f"{record['incident_id']} ({record['resolved_by']}) after "
                           f"{seconds(record['resolved_at'] - record['started_at']):.0f} s, {record['member_count']} signals in all")

    def on_causes(self, record):
        if not self.mine(record):
            return
        best = record["candidates"][0]["label"] if record["candidates"] and not record["unknown"] else "unknown"
        if best == self.told_cause:
            return
        self.told_cause = best
        if record["unknown"]:
            self.tell.line("cause", "unknown; missing: " + "; ".join(record["missing"][:2]))
            return
        self.tell.line("cause", f"{best}, confidence {record['confidence']:.0%}; affected: {record['affected_entities']} entities, {record['affected_members']} signals")
        for sentence in record["candidates"][0]["evidence"][:3]:
            self.tell.more("- " + sentence)
        if record["recommendation"]["action"]:
            self.tell.more(f"recommended: {record['recommendation']['action']} of {record['recommendation']['target']['name']}")

    def on_actions(self, record):
        if not self.mine(record) or (record["action_id"], record["state"]) in self.told:
            return
        self.told.add((record["action_id"], record["state"]))
        what = f"{record['action']} of {record['target']['name']}"
        if record["state"] == "PROPOSED":
            self.tell.line("repair", f"{what} proposed by policy {record['policy']} (level {record['level']}: a person decides)")
            self.tell.more("would run: " + " ".join(os.path.basename(word) if word.startswith("/") else word for word in record["argv"]))
            if self.given.interactive:
                self.ask(record)
        elif record["state"] == "INTENDED":
            self.tell.line("repair", f"{what} will run, approved by {record['approved_by']}")
        elif record["state"] in ("SUCCEEDED", "FAILED"):
            last = (record["output"].strip().splitlines() or ["no output"])[-1]
            self.tell.line("repair", f"{what} ran, exit {record['exit_code']}: {cut(last, 80)}")
        elif record["state"] == "VERIFIED":
            self.tell.line("verified", f"{what} helped: what it was for is back in its band")
        elif record["state"] in ("INEFFECTIVE", "REFUSED", "EXPIRED", "UNKNOWN", "ROLLED_BACK"):
            self.tell.line("repair", f"{what}: {record['state'].lower()}: {record['reason']}")

    def ask(self, record):
        answer = input(f"{'':20}  approve {record['action']} of {record['target']['name']}? [Y/n] ").strip().lower()
        self.cases.proposed.pop(record["action_id"], None)
        if answer in ("", "y", "yes"):
            self.approve_within(record)
        else:
            self.cases.sql("SELECT causeway.reject(:'id', 'demo', 'said no at the prompt')", id=record["action_id"])

    def approve_within(self, record):
        for _ in range(50):
            good, why = self.cases.approve(record, "demo")
            if good:
                self.tell.line("approved", "by you")
                return
            time.sleep(0.2)
        self.tell.line("approved", "refused: " + why)

    def on_deliveries(self, record):
        if not self.mine(record) or record["state"] != "DELIVERED" or (record["notice_id"], record["target"]) in self.told:
            return
        self.told.add((record["notice_id"], record["target"]))
        self.tell.line("delivered", f"notice {record['transition']} to {record['target']} ({record['outcome']})")

    # ---- the acts ----

    def wait(self, limit_s, until):
        """True when it came to be."""
        end = time.time() + limit_s
        while time.time() < end:
            self.step()
            if self.begun is not None and not self.given.interactive:
                for record in self.cases.approve_due(APPROVE_S, "demo"):
                    if self.mine(record):
                        self.tell.line("approved", "by demo: SELECT causeway.approve(...), as a person would")
            if until():
                return True
        return False

    def learn(self):
        print(f"learning what is normal for {self.given.learn} s: level and shift views need 60 samples;")
        print("views of 5, 15 and 60 minutes and of the day stay silent until they have seen enough", flush=True)
        watch = Watch(self.place.settings["brokers"], ["series"], beginning=True)
        states = {}
        end = time.time() + self.given.learn
        told = time.time()
        while time.time() < end:
            self.step()
            for _, _, record in watch.take():
                states[record["definition"]["id"]] = record["state"]
            if time.time() - told >= 20:
                told = time.time()
                ready = sum(state == "READY" for state in states.values())
                print(f"  {end - told:3.0f} s left; {ready} of {len(states)} series ready; shop: {self.load()}", flush=True)
        watch.close()

    def load(self):
        try:
            with open(self.place.settings["load"], encoding="utf-8") as file:
                last = json.loads(collections.deque(file, 1)[0])
            return f"{last['good']} requests/s answered in {last['mean_ms']:.0f} ms" + (f", {last['bad']} failed" if last["bad"] else "")
        except (OSError, IndexError, ValueError):
            return "no load yet"

    def calm(self):
        if not self.cases.cases:
            return
        if self.cases.open_cases():
            print("an incident of the start is still open; waiting for it to end", flush=True)
            self.wait(CALM_S, lambda: not self.cases.open_cases())
        for case in self.cases.open_cases():
            # Said aloud, by the way people do it: what a busy machine does at the start is not this story.
            print(f"  {case.id} is resolved by hand ({case.record['title']})", flush=True)
            self.cases.sql("SELECT causeway.resolve(:'id', 'demo', 'from the start of the lab')", id=case.id)
        self.wait(60, lambda: not self.cases.open_cases())
        self.wait(REOPEN_S, lambda: False)  # or what strikes next would open it again

    def verified(self):
        return self.case is not None and any(action["state"] == "VERIFIED" for action in self.case.actions.values())

    def done(self):
        return self.case is not None and self.case.record["status"] in ("RESOLVED", "CLOSED") and self.proof()[0]

    def proof(self):
        """(all of it, {part: found}) as PostgreSQL has it, under the one incident id."""
        row = self.cases.rows("""
            SELECT (SELECT count(*) FROM causeway.incidents WHERE incident_id = :'id' AND opened_at IS NOT NULL),
                   (SELECT count(*) FROM causeway.actions WHERE incident_id = :'id' AND exit_code = 0 AND finished_at IS NOT NULL),
                   (SELECT count(*) FROM causeway.actions WHERE incident_id = :'id' AND state = 'VERIFIED' AND verified_at IS NOT NULL),
                   (SELECT count(*) FROM causeway.deliveries WHERE incident_id = :'id' AND transition = 'RESOLVED' AND state = 'DELIVERED')""",
                              id=self.case.id)[0]
        parts = dict(zip(("incident opened", "repair executed", "repair verified", "'resolved' delivered"), (int(one) > 0 for one in row)))
        return all(parts.values()), parts

    def figures(self):
        case = self.case.id
        psql = self.given.psql or f"psql '{self.cases.url}'"
        print()
        good, parts = self.proof()
        self.tell.line("proof", ", ".join(f"{part}: {'yes' if found else 'NO'}" for part, found in parts.items()) + f"  (PostgreSQL, {case})")
        print("\nsee it yourself:")
        print(f"  {psql} -c \"SELECT * FROM causeway.incident_overview WHERE incident_id = '{case}'\"")
        print(f"  {psql} -c \"SELECT state, action, target, approved_by, exit_code, reason FROM causeway.action_history WHERE incident_id = '{case}'\"")
        print(f"  {self.given.console}/incident/{case}")
        told = self.cases.rows("SELECT extract(epoch FROM opened_at - started_at)::numeric(10,1), extract(epoch FROM resolved_at - started_at)::numeric(10,1)"
                               " FROM causeway.incidents WHERE incident_id = :'id'", id=case)[0]
        print(f"\nthis incident: detected after {told[0]} s, resolved after {told[1] or '-'} s")
        for name, view in (("MTTD", "mttd_daily"), ("MTTR", "mttr_daily")):
            for row in self.cases.rows(f"SELECT mean_s, incidents FROM causeway.{view} ORDER BY day DESC LIMIT 1"):
                print(f"{name} today: {row[0]} s over {row[1]} incident(s)            SELECT * FROM causeway.{view}")
        for row in self.cases.rows("SELECT alerts, incidents, pages, round(100 * reduction, 1) FROM causeway.noise_reduction_daily ORDER BY day DESC LIMIT 1"):
            print(f"noise: {row[0]} signals became {row[1]} incident(s) and {row[2]} page(s), {row[3]} % less   SELECT * FROM causeway.noise_reduction_daily")
        print(flush=True)
        return good

    def run(self):
        self.sink.start()
        self.learn()
        self.calm()
        # When it strikes nobody shall know beforehand.
        self.wait(random.Random(self.given.seed).uniform(1, 5), lambda: False)
        self.begun = self.tell.zero = time.time()
        print()
        self.tell.line("FAULT", f"{self.given.fault}: {WHAT[self.given.fault]}")
        self.fault.begin()
        try:
            return self.play()
        finally:
            self.fault.end()

    def play(self):
        acts = ((FOUND_S, lambda: self.case is not None, "no incident named " + self.fault.entity()[1]),
                (REPAIR_S, lambda: self.case.actions, "no repair was proposed"),
                (VERIFY_S, self.verified, "no repair was verified"),
                (RESOLVE_S, self.done, "the incident was not resolved, or nobody could be told"))
        for limit_s, until, otherwise in acts:
            if not self.wait(limit_s, until):
                self.tell.line("", f"the story ends here: {otherwise} within {limit_s} s")
                break
        return 0 if self.case is not None and self.figures() else 1


def address(text):
    host, port = text.rsplit(":", 1)
    return host, int(port)


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--run", required=True)
    words.add_argument("--fault", default="process_killed", choices=sorted(KINDS))
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--interactive", action="store_true", help="ask before a repair")
    words.add_argument("--learn", type=int, default=LEARN_S, help="seconds")
    words.add_argument("--sink", type=address, required=True, metavar="HOST:PORT", help="where notices are posted to")
    words.add_argument("--console", required=True, metavar="URL", help="the console's, to be shown")
    words.add_argument("--psql", help="how a reader of this gets to PostgreSQL, to be shown")
    given = words.parse_args()
    place = Place(given.run)
    if not place.settings:
        print("demo: the lab is not up", file=sys.stderr)
        return 2
    return Demo(place, given).run()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
