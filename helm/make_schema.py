#!/usr/bin/env python3
"""make_schema.py BIN [--check] - the options a service's `config:` may hold, from the tables inside the programs in BIN, into
causeway/values.schema.json, so that helm refuses a misspelt one. --check: exits 1 when the file is old instead of writing."""
import json
import pathlib
import re
import subprocess
import sys

SERVICES = "normalizer detector logcluster correlator ranker remediator recorder notifier console".split()
FILE = pathlib.Path(__file__).parent / "causeway/values.schema.json"
ROW = re.compile(r"^\| `([a-z0-9.-]+)` \| `CAUSEWAY_[A-Z0-9_]+` \| (.*?) \| ")


def rows(program, argument):
    """(name, choices or []) of every option; a secret also by NAME_file."""
    text = subprocess.run([program, argument], capture_output=True, text=True, check=True).stdout
    for line in text.splitlines():
        if found := ROW.match(line):
            choices = found[2].split("\\|")
            yield found[1], choices if len(choices) > 1 else []
            if "; secret" in line or "| secret" in line:
                yield found[1] + "_file", []


def leaf(choices):
    return {"enum": choices} if choices else {"$ref": "#/$defs/value"}


def tree(options, kafka=False):
    """Any mixture of nested and dotted keys that ends at an option."""
    made = {"type": "object", "additionalProperties": False, "properties": {}}
    below = {}
    for name, choices in sorted(options):
        made["properties"][name] = leaf(choices)
        words = name.split(".")
        for cut in range(1, len(words)):
            below.setdefault(".".join(words[:cut]), []).append((".".join(words[cut:]), choices))
    for name, rest in sorted(below.items()):
        made["properties"][name] = tree(rest)
    if kafka:  # librdkafka's own settings are judged by librdkafka
        made["properties"]["kafka"] = {"type": "object"}
        made["patternProperties"] = {"^kafka[.]": leaf([])}
    return made


def constrained(own, name):
    """The values of a service, with its config replaced."""
    config = {"$ref": f"#/$defs/config-{name}"}
    if "properties" in own:
        return own | {"properties": own["properties"] | {"config": config}}
    return {"allOf": [{"$ref": "#/$defs/service"}, {"properties": {"config": config}}]}


def main():
    folder = pathlib.Path(sys.argv[1])
    before = FILE.read_text()
    schema = json.loads(before)
    common = list(rows(folder / "causeway-normalizer", "--markdown-common"))
    tables = {"defaults": common} | {name: list(rows(folder / f"causeway-{name}", "--markdown")) for name in SERVICES}
    for name, table in tables.items():
        loop = name not in ("defaults", "console")
        schema["$defs"][f"config-{name}"] = tree(common + table if loop else table, name != "console")
        schema["properties"][name] = constrained(schema["properties"][name], name)
    schema["$defs"]["value"] = {"type": ["string", "number", "boolean"]}
    after = re.sub(r'\{\s+("\$ref": "[^"]+")\s+\}', r"{\1}", json.dumps(schema, indent=1)) + "\n"
    if "--check" not in sys.argv:
        FILE.write_text(after)
    elif before != after:
        sys.exit("helm/causeway/values.schema.json is old: helm/make_schema.py BIN")


main()
