"""feed.py NORMAL FAULTY AFTER - a service's metrics as prometheus-kafka-adapter writes them, a sample of each series a second: NORMAL
seconds as ever, FAULTY seconds ten times slower and failing, AFTER seconds as ever. To a console producer's standard input."""
import json, random, sys, time

normal, faulty, after = map(int, sys.argv[1:4])
rand = random.Random(7)
SERIES = [("request_latency_ms", 20, 1.5, 10), ("request_errors_ratio", 0.01, 0.002, 30), ("queue_depth", 12, 1.0, 6)]
began = time.time()
for second in range(normal + faulty + after):
    bad = normal <= second < normal + faulty
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    for service in ("checkout", "cart", "search"):
        for name, level, spread, factor in SERIES:
            value = level * (factor if bad and service == "checkout" else 1) + rand.gauss(0, spread)
            print(json.dumps({"timestamp": stamp, "value": f"{value:.6f}", "name": name, "labels": {"service": service, "region": "eu"}}))
    sys.stdout.flush()
    time.sleep(max(0.0, began + second + 1 - time.time()))
