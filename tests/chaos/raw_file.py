"""raw_file.py - an exported raw log as a list: what disorder is in it, which ticks bite, and the same records spread or broken."""
import base64
import json
import random
import re

LATE = re.compile(rb"svc-\d+")


class RawFile:
    """Lines of `cwctl topics export`: raw records in the order they were exported, and what the engine had on record."""

    def __init__(self, text):
        lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
        self.records = [one for one in lines if "record" not in one]
        self.ours = [one for one in lines if "record" in one]

    def text(self, records=None, ours=None):
        return "".join(json.dumps(one) + "\n" for one in (self.ours if ours is None else ours) + (self.records if records is None else records))

    def last_us(self):
        return max(one["timestamp_ms"] for one in self.records) * 1000

    def partitions(self):
        """(topic, partition) -> records in order of their offsets."""
        found = {}
        for one in self.records:
            found.setdefault((one["topic"], one["partition"]), []).append(one)
        for records in found.values():
            records.sort(key=lambda one: one["offset"])
        return found

    def disorder(self):
        """How many records are older than one before them in their partition, and by how many ms at most."""
        late, most = 0, 0
        for records in self.partitions().values():
            newest = 0
            for one in records:
                late += one["timestamp_ms"] < newest
                most = max(most, newest - one["timestamp_ms"])
                newest = max(newest, one["timestamp_ms"])
        return late, most

    def scattered(self):
        """Services of a tenant in the metrics, and how many of them have records in every raw partition of the topic."""
        seen = {}
        for one in self.records:
            name = LATE.search(value_of(one)) if one["topic"] == "otlp_metrics" else None
            if name:
                seen.setdefault((str(one.get("headers")), name.group()), set()).add(one["partition"])
        return len(seen), sum(len(partitions) > 1 for partitions in seen.values())

    def ticks(self, until_us):
        """Ticks on record, and the records until then before which one had moved time beyond what the records say: those have another stream time than a log
        without ticks gives them."""
        ticks = [one["record"] for one in self.ours if one["topic"].endswith("clock") and one["record"]["tick"]]
        bitten = 0
        for (topic, partition), records in self.partitions().items():
            own = sorted((t["offset"], t["stream_at"]) for t in ticks if (t["topic"], t["partition"]) == (topic, partition))
            told, newest = 0, 0
            for one in records:
                while own and own[0][0] <= one["offset"]:
                    told = max(told, own.pop(0)[1])
                newest = max(newest, one["timestamp_ms"] * 1000)
                bitten += told > newest and newest <= until_us
        return len(ticks), bitten

    def rulings(self):
        return sum(".verdicts." in one["topic"] and one["record"]["ruling"] in ("ABSENT", "PRESENT") for one in self.ours)


def value_of(record):
    return base64.b64decode(record["value_base64"]) if "value_base64" in record else (record.get("value") or "").encode()


def spread(records, count, seed, ordered):
    """The same records over count partitions of each topic, at random, as a producer without keys would. ordered: by Kafka's time, so that no
    record is older than one before it in any partition."""
    rand, next_offset, out = random.Random(seed), {}, []
    for one in sorted(records, key=lambda r: r["timestamp_ms"]) if ordered else records:
        partition = rand.randrange(count)
        offset = next_offset.get((one["topic"], partition), 0)
        next_offset[one["topic"], partition] = offset + 1
        out.append(dict(one, partition=partition, offset=offset))
    return out


def broken(records, seed):
    """name -> the records with one fault: what an equality that can fail must see."""
    rand = random.Random(seed)
    ordinary = [i for i, one in enumerate(records) if one["topic"] == "otlp_metrics" and len(records) // 4 < i < len(records) * 3 // 4]
    alerts = [i for i, one in enumerate(records) if one["topic"] == "alerts"]
    # One of the first sixty samples: without it its series are ready later. Of the later ones many a single one decides nothing.
    early = [i for i, one in enumerate(records) if one["topic"] == "otlp_metrics" and i < len(records) // 4]
    lost, moved, changed = rand.choice(early), rand.choice(ordinary), rand.choice(alerts)
    alert = dict(records[changed])
    alert["value"] = alert["value"].replace("is slow", "is slew", 1)
    later = dict(records[moved], timestamp_ms=records[moved]["timestamp_ms"] + 10000)
    return {
        "one record of metrics lost": records[:lost] + records[lost + 1:],
        "one byte of an alert changed": records[:changed] + [alert] + records[changed + 1:],
        "one record of metrics ten seconds younger": records[:moved] + [later] + records[moved + 1:],
    }
