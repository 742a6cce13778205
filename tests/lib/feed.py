"""feed.py NORMAL FAULTY AFTER [--brokers HOST:PORT] - a small shop's metrics as prometheus-kafka-adapter writes them, a sample of each series a
second: NORMAL seconds as ever, FAULTY seconds ten times slower and failing, AFTER seconds as ever. To topic prometheus, or, without brokers, to
standard output for a console producer."""
import argparse
import json
import random
import sys
import time

SERIES = [("request_latency_ms", 20, 1.5, 10), ("request_errors_ratio", 0.01, 0.002, 30), ("queue_depth", 12, 1.0, 6)]
SERVICES = ("checkout", "cart", "search")


def samples(rand, bad):
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    for service in SERVICES:
        for name, level, spread, factor in SERIES:
            value = level * (factor if bad and service == "checkout" else 1) + rand.gauss(0, spread)
            yield json.dumps({"timestamp": stamp, "value": f"{value:.6f}", "name": name, "labels": {"service": service, "region": "eu"}})


class Topic:
    def __init__(self, brokers):
        from confluent_kafka import Producer
        self.producer = Producer({"bootstrap.servers": brokers, "linger.ms": 5})

    def write(self, line):
        self.producer.produce("prometheus", line.encode(), on_delivery=self.told)
        self.producer.poll(0)

    @staticmethod
    def told(error, _):
        if error:
            sys.exit(f"feed: not written: {error}")

    def flush(self):
        self.producer.flush(30)


class Output:
    write, flush = staticmethod(print), sys.stdout.flush


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("normal", "faulty", "after"):
        parser.add_argument(name, type=int)
    parser.add_argument("--brokers")
    given = parser.parse_args()
    out, rand, began = Topic(given.brokers) if given.brokers else Output(), random.Random(7), time.time()
    for second in range(given.normal + given.faulty + given.after):
        bad = given.normal <= second < given.normal + given.faulty
        if second in (0, given.normal, given.normal + given.faulty):
            print(f"feed: {'checkout is ten times slower and fails, ' + str(given.faulty) + ' s' if bad else 'all is well'}", file=sys.stderr, flush=True)
        for line in samples(rand, bad):
            out.write(line)
        out.flush()
        time.sleep(max(0.0, began + second + 1 - time.time()))


main()
