"""Visitors of the shop: open loop, seeded, through nginx. Writes a line a second with what they met."""
import argparse
import collections
import http.client
import json
import queue
import random
import threading
import time

VISITORS = 64
WAITING_MAX = 256  # requests not begun yet; above it they are counted as lost


def ask(port, method, path, body):
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        link.request(method, path, json.dumps(body) if body is not None else None, {"Content-Type": "application/json"})
        answer = link.getresponse()
        answer.read()
        return answer.status < 500
    except OSError:
        return False
    finally:
        link.close()


def choose(chance):
    what = chance.random()
    visitor = f"v{chance.randrange(VISITORS)}"
    item = 1 + min(int(chance.expovariate(0.03)), 199)
    if what < 0.6:
        return "GET", f"/product/{item}", None
    if what < 0.85:
        return "POST", "/add", {"visitor": visitor, "item": item}
    return "POST", "/buy", {"visitor": visitor}


class Load:
    def __init__(self, port, workers):
        self.port = port
        self.waiting = queue.Queue(WAITING_MAX)
        self.lock = threading.Lock()
        self.counts = collections.Counter()
        for _ in range(workers):
            threading.Thread(target=self.work, daemon=True).start()

    def work(self):
        while True:
            began, request = self.waiting.get()
            good = ask(self.port, *request)
            with self.lock:
                self.counts["good" if good else "bad"] += 1
                self.counts["ms"] += int((time.monotonic() - began) * 1000)

    def begin(self, request):
        try:
            self.waiting.put_nowait((time.monotonic(), request))
        except queue.Full:
            with self.lock:
                self.counts["lost"] += 1

    def take(self):
        with self.lock:
            counts, self.counts = self.counts, collections.Counter()
        return counts


def main():
    words = argparse.ArgumentParser()
    words.add_argument("--settings", required=True)
    words.add_argument("--rate", type=float, default=20.0)
    words.add_argument("--seed", type=int, default=1)
    given = words.parse_args()
    with open(given.settings, encoding="utf-8") as file:
        settings = json.load(file)
    chance = random.Random(given.seed)
    load = Load(settings["ports"]["nginx"], 24)
    due = told = time.monotonic()
    with open(settings["load"], "a", buffering=1, encoding="utf-8") as out:
        while True:
            due += chance.expovariate(given.rate)
            time.sleep(max(0.0, due - time.monotonic()))
            load.begin(choose(chance))
            if time.monotonic() - told >= 1:
                told = time.monotonic()
                counts = load.take()
                out.write(json.dumps({"at": time.time(), "good": counts["good"], "bad": counts["bad"], "lost": counts["lost"],
                                      "mean_ms": round(counts["ms"] / max(1, counts["good"] + counts["bad"]), 1)}) + "\n")


main()
