#!/usr/bin/env python3
"""Checks audit chains with nothing of ours: lines of JSON in, one audit record each, as `cwctl replay` prints them
({"topic": "audit", "record": {...}}) or bare. Key from the file named in AUDIT_KEY_FILE; without it only sha256 chains pass.
Prints one line a chain; ends 1 at the first link that is wrong."""
import hashlib, hmac, json, os, struct, sys

FIELDS = ("what", "subject", "detail", "algorithm", "key_id", "previous_mac")


def text(value):
    raw = value.encode()
    return struct.pack("<I", len(raw)) + raw


def covered(link):
    return (text(link["chain"]) + struct.pack("<q", link["sequence"]) +
            b"".join(text(link[f]) for f in FIELDS) + text(link["meta"]["tenant"]))


def mac(link, key):
    raw = covered(link)
    return hmac.new(key, raw, "sha256").hexdigest() if key else hashlib.sha256(raw).hexdigest()


def fault(link, before, key):
    if link["algorithm"] != ("hmac-sha256" if key else "sha256"):
        return "other algorithm"
    if link["sequence"] != before[0] + 1:
        return "sequence"
    if link["previous_mac"] != before[1]:
        return "previous_mac"
    return None if hmac.compare_digest(link["mac"], mac(link, key)) else "mac"


def main():
    path, heads = os.environ.get("AUDIT_KEY_FILE"), {}
    key = open(path, "rb").read() if path else b""
    for line in filter(str.strip, sys.stdin):
        link = json.loads(line)
        if link.get("topic", "audit").rsplit(".", 1)[-1] != "audit":
            continue
        link = link.get("record", link)
        why = fault(link, heads.get(link["chain"], (0, "0" * 64)), key)
        if why:
            sys.exit(f"{link['chain']}: link {link['sequence']} is wrong: {why}")
        heads[link["chain"]] = (link["sequence"], link["mac"])
    for chain, (sequence, head) in sorted(heads.items()):
        print(f"{chain}: {sequence} links, head {head}")


if __name__ == "__main__":
    main()
