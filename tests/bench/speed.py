"""speed.py --build DIR [--part throughput|latency] [--scale N] [--incidents N] [--only WORD ...] - what ./causeway bench speed runs.

throughput: items a second of each service on one core, over real Kafka and PostgreSQL, beside the cost of the log itself.
latency: from the raw record to the incident, every service live, broker and database on the same cores; resident memory of each.
"""
import argparse
import os
import signal
import sys
import tempfile

import machine

parser = argparse.ArgumentParser()
parser.add_argument("--build", required=True)
parser.add_argument("--part", action="append", choices=["throughput", "latency"])
parser.add_argument("--scale", type=float, default=1.0, help="length of the logs of throughput")
parser.add_argument("--only", action="append", choices=["metrics", "logs", "spans", "decisions"])
parser.add_argument("--incidents", type=int, default=320)
parser.add_argument("--points", type=int, default=20000)
parser.add_argument("--option", action="append", default=[], help="NAME=VALUE of every service, to try one")
parser.add_argument("--keep", metavar="FILE", help="one line of numbers for each incident")
args = parser.parse_args()
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # servers end with the run
tempfile.tempdir = tempfile.mkdtemp(prefix="causeway-bench.")
os.chmod(tempfile.tempdir, 0o755)  # PostgreSQL runs as another user
print(machine.describe("./causeway bench speed " + " ".join(sys.argv[3:])), flush=True)
try:
    for part in args.part or ["latency", "throughput"]:
        print(flush=True)
        if part == "throughput":
            import throughput
            throughput.run(args.build, args.scale, args.only)
        else:
            import latency
            latency.run(args)
finally:
    os.rmdir(tempfile.tempdir)
busy = machine.load()
print(f"\nload      {busy[0]:.2f} {busy[1]:.2f} {busy[2]:.2f} at the end")
