#!/usr/bin/env python3
"""Scores Causeway on the lab: faults in random order at random times, what it said about each, and about the quiet.

run.py --kinds all --rounds 2 --quiet-minutes 15 --seed N [--out FILE]     (through: ./causeway test lab)
"""
import argparse
import collections
import json
import os
import random
import time

from faults import KINDS
from follow import Cases, seconds
from place import Place

FOUND_S = 120
REPAIR_S = 300
SETTLE_S = 420
WORD_S = 15
APPROVE_S = 3


class Steal:
    """Seconds in which whoever runs this virtual machine took over a tenth of its processors: no quiet, whatever the lab does."""

    SHARE = 0.1
    WITHIN_S, LEAST_S = 60, 10  # told apart: what opens after so many such seconds within a minute

    def __init__(self):
        self.at, self.last = time.time(), self.ticks()
        self.stolen = []  # ends of such seconds

    @staticmethod
    def ticks():
        try:
            with open("/proc/stat", encoding="ascii") as file:
                numbers = [int(word) for word in file.readline().split()[1:9]]
            return sum(numbers), numbers[7]
        except (OSError, IndexError, ValueError):
            return 0, 0

    def look(self):
        now = time.time()
        if now < self.at + 1:
            return
        ticks = self.ticks()
        passed = ticks[0] - self.last[0]
        if passed > 0 and ticks[1] - self.last[1] > self.SHARE * passed:
            self.stolen.append(now)
        self.at, self.last = now, ticks

    def seconds(self, since):
        return sum(1 for at in self.stolen if at >= since)

    def explains(self, at):
        return sum(1 for one in self.stolen if at - self.WITHIN_S <= one <= at) >= self.LEAST_S


class Runner:
    def __init__(self, place, given):
        self.place = place
        self.given = given
        self.chance = random.Random(given.seed)
        self.cases = Cases(place.settings["brokers"], os.environ["CAUSEWAY_POSTGRES_URL"])
        self.results = []
        self.began = time.time()
        self.steal = Steal()
        self.learnt = False  # while it learns nobody repairs anything

    def say(self, text):
        print(f"+{time.time() - self.began:7.1f} s  {text}", flush=True)

    def step(self):
        self.steal.look()
        for _, topic, record in self.cases.step():
            if topic == "notices":
                self.say(f"{record['incident_id']} {record['transition']}: {record['title']}")
        for record in self.cases.approve_due(APPROVE_S, "lab") if self.learnt else ():
            self.say(f"{record['incident_id']} approved: {record['action']} of {record['target']['name']}")
        time.sleep(0.25)

    def wait(self, duration, until=lambda: False):
        end = time.time() + duration
        while time.time() < end and not until():
            self.step()

    def truth(self, **what):
        with open(self.place.path("truth.ndjson"), "a", encoding="utf-8") as file:
            file.write(json.dumps({"at": time.time(), **what}) + "\n")
        os.chmod(self.place.path("truth.ndjson"), 0o600)

    # ---- one fault ----

    def opened_since(self, at, until):
        return [case for case in self.cases.cases.values() if any(at <= opened <= until for opened in case.opened)]

    def found_case(self, at, entity):
        """The first incident opened (or opened again) within FOUND_S that names the entity."""
        named = [case for case in self.opened_since(at, at + FOUND_S) if case.has(entity, at + FOUND_S)]
        return min(named, key=lambda case: min(one for one in case.opened if one >= at), default=None)

    def verified(self, case, at):
        done = [action for action in case.actions.values() if action["state"] == "VERIFIED" and seconds(action["verified_at"]) >= at]
        return min((seconds(action["verified_at"]) for action in done), default=None)

    @staticmethod
    def unsettled(case):
        """It has actions that ran and of whose effect nothing was said yet: that follows the incident's end."""
        return case is not None and any(one["state"] in ("STARTED", "SUCCEEDED") for one in case.actions.values())

    def inject(self, kind, number):
        fault = KINDS[kind](self.place)
        entity = fault.entity()
        at = time.time()
        self.truth(what="begin", kind=kind, round=number, entity=list(entity))
        self.say(f"---- {kind} (round {number}): {entity[0]} {entity[1]}")
        fault.begin()
        try:
            self.wait(FOUND_S, lambda: self.found_case(at, entity) and self.verified(self.found_case(at, entity), at))
            case = self.found_case(at, entity)
            if case and case.actions:
                self.wait(REPAIR_S - FOUND_S, lambda: self.verified(case, at) or not case.is_open())
        finally:
            fault.end()
            self.truth(what="end", kind=kind, round=number)
        self.wait(max(0.0, at + FOUND_S - time.time()))
        self.wait(SETTLE_S, lambda: not self.cases.open_cases())
        self.wait(WORD_S, lambda: not self.unsettled(self.found_case(at, entity)))
        self.results.append(self.score(kind, number, entity, at))

    def score(self, kind, number, entity, at):
        case = self.found_case(at, entity)
        verified = self.verified(case, at) if case else None
        result = {
            "kind": kind, "round": number, "entity": entity[1], "found": case is not None,
            "seconds": round(min(one for one in case.opened if one >= at) - at, 1) if case else None,
            "incidents": len(self.opened_since(at, time.time())),
            "rank": case.rank(entity, at + FOUND_S) if case else None,
            "repaired": verified is not None, "repaired_s": round(verified - at, 1) if verified else None,
            "still_open": len(self.cases.open_cases()),
            "incident": case.id if case else None, "stolen_s": self.steal.seconds(at),
            "actions": [f"{one['action']} {one['target']['name']} {one['state']}" for one in case.actions.values()] if case else []}
        self.say("result: " + json.dumps(result))
        return result

    def gap(self):
        """Quiet between faults, of a length nobody can learn."""
        self.wait(self.chance.uniform(20, 60))

    def quiet(self, minutes):
        """So many minutes nobody took the processors away, within twice the time."""
        self.say(f"---- quiet for {minutes} minutes")
        at = time.time()
        self.wait(2 * minutes * 60, lambda: time.time() - at - self.steal.seconds(at) >= minutes * 60)
        opened = [{"id": case.id, "title": case.record["title"], "after_s": round(one - at, 1), "stolen": self.steal.explains(one)}
                  for case in self.opened_since(at, time.time()) for one in case.opened if one >= at]
        return {"seconds": round(time.time() - at), "stolen_s": self.steal.seconds(at), "incidents": opened}

    def run(self):
        kinds = list(KINDS) if self.given.kinds == "all" else self.given.kinds.split(",")
        plan = [(kind, number + 1) for number in range(self.given.rounds) for kind in self.chance.sample(kinds, len(kinds))]
        self.say(f"learning for {self.given.learn_minutes} minutes")
        self.wait(self.given.learn_minutes * 60)
        if self.cases.open_cases():
            self.say("waiting for incidents of the start to end")
            self.wait(SETTLE_S, lambda: not self.cases.open_cases())
        self.learnt = True
        quiet = self.quiet(self.given.quiet_minutes)
        for kind, number in plan:
            self.gap()
            self.inject(kind, number)
        return {"seed": self.given.seed, "quiet_minutes": self.given.quiet_minutes, "quiet": quiet, "faults": self.results}


def word(value):
    return "-" if value is None else "yes" if value is True else "no" if value is False else str(value)


def table(report):
    columns = ("kind", "round", "found", "seconds", "incidents", "rank", "repaired", "repaired_s", "stolen_s")
    rows = [columns] + [tuple(word(one[column]) for column in columns) for one in report["faults"]]
    widths = [max(len(row[i]) for row in rows) for i in range(len(columns))]
    for row in rows:
        print("  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip())
    faults = report["faults"]
    rounds = collections.Counter(one["kind"] for one in faults if one["found"])
    twice = sum(1 for kind, count in rounds.items() if count == sum(1 for one in faults if one["kind"] == kind))
    print(f"\nfound in every round: {twice} of {len({one['kind'] for one in faults})} kinds; found: {sum(one['found'] for one in faults)} of {len(faults)}")
    print(f"one incident each: {sum(one['incidents'] == 1 for one in faults)} of {len(faults)}; cause first: {sum(one['rank'] == 1 for one in faults)} of {len(faults)}; "
          f"repaired and verified: {sum(one['repaired'] for one in faults)}")
    quiet = report["quiet"]
    stolen = sum(one["stolen"] for one in quiet["incidents"])
    print(f"incidents in {report['quiet_minutes']:g} quiet minutes: {len(quiet['incidents'])}, of them {stolen} while the processors were taken away "
          f"({quiet['stolen_s']} s in all)")
    for one in quiet["incidents"]:
        print(f"  {one['id']} after {one['after_s']:.0f} s{' (processors away)' if one['stolen'] else ''}: {one['title']}")


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--run", default=os.environ.get("CAUSEWAY_RUN", ".run"), help="folder of ./causeway, where the lab is up")
    words.add_argument("--kinds", default="all", help="all, or of " + ",".join(KINDS))
    words.add_argument("--rounds", type=int, default=2)
    words.add_argument("--quiet-minutes", type=float, default=15)
    words.add_argument("--learn-minutes", type=float, default=6)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--out", help="the report as JSON; default RUN/lab/report.json")
    given = words.parse_args()
    place = Place(given.run)
    if not place.settings:
        raise SystemExit(f"run: no lab is up in {given.run}")
    report = Runner(place, given).run()
    with open(given.out or place.path("report.json"), "w", encoding="utf-8") as file:
        json.dump(report, file, indent=1)
    print()
    table(report)


if __name__ == "__main__":
    main()
