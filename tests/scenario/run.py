#!/usr/bin/env python3
"""Scenarios on real servers and real services, named by the demands they show.

  run.py --build DIR [--keep] [WORD...]     only scenarios whose name holds one of the words

Each scenario_*.py is one world: fresh servers (SERVERS: what their script is told), then its functions in order, each taking the world. A function's name is its claim.
"""
import argparse
import importlib
import pathlib
import signal
import sys
import time
import traceback

from world import World

HERE = pathlib.Path(__file__).resolve().parent


class Skip(Exception):
    """Raised by a scenario that cannot be shown here, with the reason."""


def claims(module, words):
    found = [(n, f) for n, f in vars(module).items() if callable(f) and n.split("_")[0][:1] in "tfuo" and n.split("_")[0][1:].isdigit()]
    return [(n, f) for n, f in found if not words or any(w in n or w in module.__name__ for w in words)]


def run_module(module, args, tally):
    chosen = claims(module, args.words)
    if not chosen:
        return
    try:
        world = World(args.build, args.keep, getattr(module, "SERVERS", {}))
    except AssertionError as error:
        tally["failed"] += len(chosen)
        print(f"FAIL  {module.__name__}: {error}", flush=True)
        return
    try:
        began = time.monotonic()
        if hasattr(module, "prepare"):
            module.prepare(world)
        print(f"      {module.__name__}: ready in {time.monotonic() - began:.1f} s", flush=True)
        for name, function in chosen:
            began = time.monotonic()
            try:
                function(world)
                tally["passed"] += 1
                print(f"ok    {name.replace('_', ' ')}  {time.monotonic() - began:.1f} s", flush=True)
            except Exception as error:  # pylint: disable=broad-except
                if type(error).__name__ == "Skip":
                    tally["skipped"] += 1
                    print(f"skip  {name.replace('_', ' ')}: {error}", flush=True)
                    continue
                tally["failed"] += 1
                args.keep = world.keep = True
                print(f"FAIL  {name.replace('_', ' ')}  {time.monotonic() - began:.1f} s; logs in {world.folder}", flush=True)
                traceback.print_exc(limit=-3)
    except Exception:  # pylint: disable=broad-except
        tally["failed"] += len(chosen)
        world.keep = True
        print(f"FAIL  {module.__name__}: the world did not come up; logs in {world.folder}", flush=True)
        traceback.print_exc(limit=-3)
    finally:
        world.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--keep", action="store_true", help="leave logs behind")
    parser.add_argument("words", nargs="*")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is ended
    tally = {"passed": 0, "failed": 0, "skipped": 0}
    for path in sorted(HERE.glob("scenario_*.py")):
        run_module(importlib.import_module(path.stem), args, tally)
    print("%(passed)d passed, %(failed)d failed, %(skipped)d skipped" % tally)
    return 1 if tally["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
