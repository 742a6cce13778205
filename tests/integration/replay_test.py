#!/usr/bin/env python3
"""Claims about cwctl replay, score, patterns and forecast, each a function. replay_test.py CWCTL [WORD]: only claims whose name has WORD.
The raw log is made here, from a seed: metrics, logs and traces of a small shop in which `cart` turns slow."""
import base64, json, os, random, subprocess, sys, tempfile

CWCTL = sys.argv[1]
T0 = 1_700_000_000_000  # ms
FAULT = 600             # s after T0
SPAN = 780              # s


def run(args, text="", code=0):
    p = subprocess.run([CWCTL] + args, input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300)
    assert p.returncode == code, f"cwctl {' '.join(args)}: exit {p.returncode}, not {code}: {p.stderr[-500:]}"
    return p.stdout, p.stderr


def iso(ms):
    import datetime
    return datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"


def metric(ms, name, value, service):
    body = {"name": name, "labels": {"__name__": name, "service": service}, "value": repr(value), "timestamp": iso(ms)[:19] + "Z"}
    return {"topic": "prometheus", "timestamp_ms": ms, "key": service, "value": json.dumps(body)}


def log(ms, service, message, level="info"):
    return {"topic": "logs", "timestamp_ms": ms, "key": service,
            "value": json.dumps({"@timestamp": iso(ms), "message": message, "service": {"name": service}, "log": {"level": level}})}


def trace(rand, ms, slow):
    ids = [f"{rand.getrandbits(64):016x}" for _ in range(4)]
    us, cart = ms * 1000, (400_000 if slow else 20_000)
    span = lambda n, parent, service, kind, at, took: dict({"traceId": ids[0], "id": ids[n], "name": "get", "kind": kind, "timestamp": at, "duration": took,
                                                            "localEndpoint": {"serviceName": service}}, **({"parentId": ids[parent]} if parent else {}))
    spans = [span(1, 0, "front", "SERVER", us, cart + 9000), span(2, 1, "front", "CLIENT", us + 1000, cart + 6000), span(3, 2, "cart", "SERVER", us + 3000, cart)]
    return {"topic": "zipkin", "timestamp_ms": ms, "value": json.dumps(spans)}


def shop(seed, fault=True):
    rand, out = random.Random(seed), []
    base = {"request_latency_p90": .1, "request_rate": 100.0, "container_cpu_usage": 30.0}
    for s in range(SPAN):
        slow = fault and s >= FAULT
        for service in ("front", "cart", "stock", "mail"):
            for name, level in base.items():
                value = level * (1 + .05 * rand.gauss(0, 1))
                if slow and service == "cart" and name != "request_rate":
                    value *= 8
                out.append(metric(T0 + s * 1000, name, value, service))
            if rand.random() < .5:
                out.append(log(T0 + s * 1000 + rand.randrange(1000), service, f"request {rand.randrange(10**6)} done in {rand.randrange(90)} ms"))
        if slow and rand.random() < .5:
            out.append(log(T0 + s * 1000 + rand.randrange(1000), "cart", f"connection pool exhausted after {rand.randrange(900)} ms", "error"))
        out.append(trace(rand, T0 + s * 1000 + rand.randrange(1000), slow))
    out.sort(key=lambda r: r["timestamp_ms"])
    return out


def ndjson(records): return "".join(json.dumps(r) + "\n" for r in records)
def records(text): return [json.loads(line) for line in text.split("\n") if line]
def digest(args, text=""): return records(run(["replay", "--canonical"] + args, text)[0])[-1]


SHOP = shop(1)
TEXT = ndjson(SHOP)


def incidents(out):
    first = {}
    for o in out:
        if o["topic"] == "incidents":
            first.setdefault(o["record"]["incident_id"], o["record"])
    return first


def one_fault_is_one_incident_with_its_cause():
    out = records(run(["replay", "-"], TEXT)[0]); found = incidents(out)
    assert len(found) == 1, f"{len(found)} incidents: {[i['title'] for i in found.values()]}"
    incident = next(iter(found.values())); after = incident["opened_at"] / 1e6 - T0 / 1e3 - FAULT
    assert 0 <= after <= 30, f"opened {after:.1f} s after the fault"
    causes = [o["record"] for o in out if o["topic"] == "causes"]
    assert causes and causes[-1]["candidates"][0]["entity"]["name"] == "cart", causes[-1:]


def no_fault_is_no_incident():
    assert not incidents(records(run(["replay", "-"], ndjson(shop(2, fault=False)))[0]))


def the_input_cut_at_the_decision_yields_it():
    incident = next(iter(incidents(records(run(["replay", "-"], TEXT)[0])).values()))
    cut = [r for r in SHOP if r["timestamp_ms"] * 1000 <= incident["opened_at"]]
    again = incidents(records(run(["replay", "-"], ndjson(cut))[0]))
    assert again.get(incident["incident_id"], {}).get("opened_at") == incident["opened_at"], "not decided by then"


def twice_is_the_same_to_the_byte():
    assert run(["replay", "-"], TEXT)[0] == run(["replay", "-"], TEXT)[0]


def order_of_work_does_not_show():
    want = digest(["-"], TEXT); assert want["count"] > 50
    for seed in range(1, 6):
        assert digest(["--shuffle", str(seed), "--partitions", "3", "-"], TEXT) == digest(["--partitions", "3", "-"], TEXT), seed
        assert digest(["--shuffle", str(seed), "-"], TEXT) == want, seed


def partitions_do_not_show():
    """But in edges, whose parts are cut by partition: there only the sums agree (docs/canonical.md)."""
    whole, sums = [], []
    for n in (1, 4, 16):
        lines = [line for line in run(["replay", "--canonical", "--partitions", str(n), "-"], TEXT)[0].split("\n")[:-2]]
        whole.append([line for line in lines if not line.endswith('"type":"Edge"}')])
    for n in (1, 4, 16):
        total = {}
        for o in records(run(["replay", "--topics", "edges", "--partitions", str(n), "-"], TEXT)[0]):
            r = o["record"]; key = (r["caller"]["name"], r["callee"]["name"], r["from_at"])
            total[key] = tuple(a + b for a, b in zip(total.get(key, (0, 0)), (r["count"], r["duration_sum_us"])))
        sums.append(total)
    assert sums[0] and sums[0] == sums[1] == sums[2]
    for n, other in zip((4, 16), whole[1:]):
        differs = sorted(set(whole[0]) ^ set(other))
        assert not differs, f"{len(differs)} lines differ at {n} partitions, such as {differs[0][:600]}"


def order_of_output_is_stream_time():
    at = [o["record"]["meta"]["stream_at"] for o in records(run(["replay", "--topics", "anomalies,evidence,edges,incidents,causes", "-"], TEXT)[0])]
    assert len(at) > 50 and at == sorted(at)


def files_are_merged_by_time():
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for topic in ("prometheus", "logs", "zipkin"):
            paths.append(os.path.join(folder, topic))
            with open(paths[-1], "w") as file: file.write(ndjson([r for r in SHOP if r["topic"] == topic]))
        assert digest(paths) == digest(["-"], TEXT)


def recorded_ticks_are_taken():
    """A clock that says that logs stood 30 s ahead makes later logs late: their stream time is the clock's."""
    lines = [{"topic": "logs", "partition": 0, "offset": i, "timestamp_ms": T0 + i * 1000, "value": log(T0 + i * 1000, "cart", f"line {i}")["value"]} for i in range(10)]
    clock = {"topic": "causeway.clock", "record": {"topic": "logs", "partition": 0, "offset": 5, "stream_at": (T0 + 30000) * 1000, "tick": True}}
    for where in (lines + [clock], [clock] + lines):
        out = records(run(["replay", "--topics", "logs", "-"], ndjson(where))[0])
        assert [o["record"]["stream_at"] // 1000 - T0 for o in out] == [0, 1000, 2000, 3000, 4000] + [30000] * 5, out


def wrong_lines_are_refused_with_their_number():
    for bad, why in (("{nonsense", "standard input:3"), ('{"timestamp_ms":1,"value":""}', "topic"), ('{"topic":"logs","timestamp_ms":1,"value_base64":"%%%"}', "base64"),
                     ('[1]', "object"), ('{"topic":"logs","timestamp_ms":"soon","value":""}', "timestamp_ms"), ('{"topic":"logs","partition":-2,"value":""}', "partition")):
        text = ndjson(SHOP[:2]) + bad + "\n" + ndjson(SHOP[2:40])
        out, err = run(["replay", "-"], text, code=1)
        assert out == "" and "standard input:3" in err and why in err, (bad, err)
        assert run(["replay", "--lenient", "-"], text)[0] == run(["replay", "-"], ndjson(SHOP[:40]))[0]


def bytes_that_are_no_text_come_as_base64():
    coded = [dict(r) for r in SHOP[:200]]
    for r in coded:
        r["value_base64"] = base64.b64encode(r.pop("value").encode()).decode()
    assert run(["replay", "--topics", "all", "-"], ndjson(coded))[0] == run(["replay", "--topics", "all", "-"], ndjson(SHOP[:200]))[0]


def what_cannot_be_read_is_a_dead_letter():
    out = records(run(["replay", "-"], ndjson([{"topic": "logs", "timestamp_ms": T0, "value": "\u0000nonsense"}]))[0])
    letters = [o["record"] for o in out if o["topic"] == "deadletter"]
    assert len(letters) == 1 and letters[0]["topic"] == "logs" and letters[0]["offset"] == 0, out


def an_empty_input_says_nothing():
    assert run(["replay", "-"], "") == ("", "")


def score_gives_a_row_for_each_row_and_is_causal():
    rand = random.Random(3); rows = ["timestamp,value"]
    for i in range(1500):
        rows.append(f"{1_600_000_000 + 60 * i},{10 + rand.gauss(0, 1) + (40 if i in (1200, 1201, 1202) else 0):.6f}")
    rows.insert(700, rows[699]); rows.insert(800, rows[300]); rows.insert(900, "1600054000,")
    out = run(["score"], "\n".join(rows) + "\n")[0].strip().split("\n")
    assert out[0] == "timestamp,value,score,expected,lower,upper,anomalous" and len(out) == len(rows)
    flags = [int(r.rsplit(",", 1)[1]) for r in out[1:]]
    assert sum(flags[1195:1215]) > 0 and sum(flags[:1190]) == 0
    part = run(["score"], "\n".join(rows[:1001]) + "\n")[0].strip().split("\n")
    assert part == out[:1001]


def patterns_give_a_row_for_each_line():
    lines = [f"user {i} logged in from 10.0.0.{i % 250}" for i in range(50)] + ["", 'disk "sda", full'] * 3
    out = run(["patterns"], "\n".join(lines) + "\n")[0].strip().split("\n")
    assert out[0] == "line,pattern_id,template" and len(out) == len(lines) + 1
    assert len({row.split(",")[1] for row in out[1:51]}) == 1


def a_forecast_has_its_steps():
    rows = "timestamp,value\n" + "".join(f"{1_600_000_000 + 3600 * i},{100 + 10 * (i % 24)}\n" for i in range(240))
    out = [r.split(",") for r in run(["forecast", "--horizon", "24"], rows)[0].strip().split("\n")]
    assert out[0] == ["step", "mean", "lower", "upper"] and len(out) == 25
    for i, row in enumerate(out[1:]):
        assert abs(float(row[1]) - (100 + 10 * (i % 24))) < 15 and float(row[2]) <= float(row[1]) <= float(row[3]), row


def calls_that_are_wrong_exit_64():
    for args in (["nonsense"], ["topics"], ["replay", "--nonsense"], ["replay", "--partitions", "0"], ["forecast", "--horizon", "x"], ["replay", "--topics", "nonsense"],
                 ["label", "INC-1", "perhaps"], ["incidents", "show"], ["ack", "a", "b"], ["score", "--output", "xml"]):
        run(args, code=64)
    assert "cwctl replay" in run(["replay", "--help"])[0]


def options_of_every_command_may_come_before_it():
    os.environ.pop("CAUSEWAY_KAFKA_BROKERS", None)
    for args in (["-o", "json", "lag"], ["--output=json", "lag"], ["--prefix", "other", "-o", "csv", "incidents", "list"]):
        run(args, code=78)  # called well; only the brokers are missing
    run(["--brokers", "127.0.0.1:1", "topics", "plan"], code=69)
    assert "cwctl lag" in run(["-o", "json", "lag", "--help"])[0]
    for args in (["-o", "json"], ["--behind", "lag"], ["-x", "lag"], ["-o", "xml", "lag"], ["-o"]):
        run(args, code=64)


def completion_knows_topics_verbs_and_options():
    script = run(["completion", "bash"])[0] + """
complete_for() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _cwctl; echo "${COMPREPLY[@]}"; }
complete_for cwctl topics tail inc; complete_for cwctl topics tail snapshots.c; complete_for cwctl silence li; complete_for cwctl topics plan --ra
"""
    out = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout.splitlines()
    assert out == ["incidents", "snapshots.correlate", "list", "--raw"], out
    assert "snapshots.ranker" in run(["completion", "fish"])[0]


def what_asks_wants_a_terminal_or_confirm():
    for args in (["approve", "9f3c01d2"], ["repair", "start"], ["deadletter", "retry", "--all"]):
        run(["--brokers", "127.0.0.1:1", *args], code=64)
    run(["--brokers", "127.0.0.1:1", "silence", "entity=cart"], code=64)  # without a reason


def without_brokers_it_is_configuration_and_unreachable_is_69():
    os.environ.pop("CAUSEWAY_KAFKA_BROKERS", None)
    run(["incidents", "list"], code=78)
    run(["topics", "plan", "--brokers", "127.0.0.1:1"], code=69)


def main():
    claims = [f for name, f in list(globals().items()) if callable(f) and getattr(f, "__code__", None) and name not in
              ("run", "iso", "metric", "log", "trace", "shop", "ndjson", "records", "digest", "incidents", "main")]
    failed = 0
    for claim in claims:
        if len(sys.argv) > 2 and sys.argv[2] not in claim.__name__: continue
        try: claim(); print(f"ok      {claim.__name__}")
        except AssertionError as fault: failed += 1; print(f"FAILED  {claim.__name__}: {fault}")
    sys.exit(failed > 0)


if __name__ == "__main__": main()
