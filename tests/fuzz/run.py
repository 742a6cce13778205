"""Fuzzes each target in turn until it is quiet: it has run for --least seconds and the last --quiet seconds brought no new edge, or
--most seconds are over. One at a time, at nice 15. On a busy machine a quarter of those seconds must have been the target's own, on a
processor: waiting finds nothing.

run.py --build build/fuzz [TARGET...]

The fuzzer is given the words of the code it fuzzes (string literals of its folder and the one above). On a terminal each target says once a
minute where it is.

What was found is kept in the corpus folder and taken up again; a target that stands in the results as quiet is passed over, so a run
that was cut goes on where it stopped. A crash is said, its input left in <corpus>/crashes, and the next target goes on.
A row of the results: target, seconds, CPU seconds, executions, edges, seconds since the last new edge, how it ended."""
import argparse
import glob
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
CPU_SHARE = 0.25
SHORT_STACKS = "malloc_context_size=4"  # of each allocation; the input says the rest
COLUMNS = ("target", "seconds", "cpu_seconds", "executions", "edges", "since_new_edge", "ended")


class Watch:
    """Edges as libFuzzer says them, with the moment they grew."""

    def __init__(self):
        self.began = self.grew = time.monotonic()
        self.edges = self.executions = 0
        self.cpu = self.cpu_grew = 0.0

    def hear(self, line):
        said = re.match(r"#(\d+)\s.*?\bcov: (\d+)", line)
        if not said:
            return
        self.executions = int(said[1])
        if int(said[2]) > self.edges:
            self.edges, self.grew, self.cpu_grew = int(said[2]), time.monotonic(), self.cpu

    def is_quiet(self, least, quiet):
        return (self.seconds() >= least and self.since_new() >= quiet and self.cpu >= CPU_SHARE * least
                and self.cpu - self.cpu_grew >= CPU_SHARE * quiet)

    def seconds(self):
        return time.monotonic() - self.began

    def since_new(self):
        return time.monotonic() - self.grew


def cpu_seconds(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except OSError:
        return 0.0


def lines_of(process, wait_s):
    """Whole lines that came within wait_s; None at the end."""
    ready, _, _ = select.select([process.stderr], [], [], wait_s)
    if not ready:
        return []
    data = os.read(process.stderr.fileno(), 1 << 16)
    if not data:
        return None
    process.rest += data
    *lines, process.rest = process.rest.split(b"\n")
    return [line.decode(errors="replace") for line in lines]


def words_of(claim):
    """A dictionary for libFuzzer: what the code compares with, bare and as a key or value of JSON. Of a core: what its folder does."""
    home = next(iter(glob.glob(f"{ROOT}/*/**/{claim}_fuzz.c", recursive=True)), None)
    folders = ({os.path.dirname(home), os.path.dirname(os.path.dirname(home))} if home else
               set(glob.glob(f"{ROOT}/services/**/{re.sub('^(core|state)_', '', claim)}", recursive=True)))
    words = set()
    for folder in folders - {f"{ROOT}/services", f"{ROOT}/libshared", f"{ROOT}/tests"}:
        for source in glob.glob(f"{folder}/*.c") + glob.glob(f"{folder}/*.h"):
            if not source.endswith("_test.c"):
                with open(source, encoding="utf-8") as text:
                    words |= set(re.findall(r'"([A-Za-z0-9_.:/@-]{2,40})"', text.read()))
    return "".join(f'"{word}"\n"\\"{word}\\""\n' for word in sorted(words))


def fuzz(path, folders, options):
    watch, tail, stopped, told = Watch(), [], False, 0
    words = tempfile.NamedTemporaryFile("w", suffix=".dict")
    words.write(words_of(folders["claim"]))
    words.flush()
    command = [path, f"-artifact_prefix={folders['crashes']}/{folders['claim']}-", "-print_final_stats=0", "-rss_limit_mb=3000",
               "-timeout=30", "-max_len=4096", *(["-dict=" + words.name] if words.tell() else []),
               "-max_total_time=" + str(options.most), folders["kept"], folders["given"], *others(folders["kept"])]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               env={"ASAN_OPTIONS": SHORT_STACKS} | os.environ, preexec_fn=lambda: os.nice(15))
    process.rest = b""
    try:
        while (lines := lines_of(process, 1.0)) is not None:
            for line in lines:
                watch.hear(line)
                tail = (tail + [line])[-60:]
            watch.cpu = cpu_seconds(process.pid) or watch.cpu
            if options.tell and watch.seconds() >= told + 60:
                told = watch.seconds()
                print(f"{folders['claim']}: {told:.0f} s, {watch.cpu:.0f} of a processor, {watch.edges} edges, "
                      f"the last new one {watch.since_new():.0f} s ago", file=sys.stderr, flush=True)
            if not stopped and watch.is_quiet(options.least, options.quiet):
                process.send_signal(signal.SIGUSR1)
                stopped = True
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
    ended = "quiet" if stopped else "still growing" if process.returncode == 0 else "crash"
    if ended == "crash":
        print("\n".join(tail), file=sys.stderr)
    return watch, ended


def others(kept):
    """What the other targets found: many share a parser."""
    return sorted(path for path in glob.glob(os.path.join(os.path.dirname(kept), "*"))
                  if path != kept and os.path.basename(path) != "crashes")


def quiet_already(results):
    if not os.path.exists(results):
        return set()
    with open(results, encoding="utf-8") as rows:
        return {row.split("\t")[0] for row in rows if row.rstrip("\n").endswith("\tquiet")}


def ask():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("targets", nargs="*", help="all when none is given")
    parser.add_argument("--least", type=int, default=180)
    parser.add_argument("--quiet", type=int, default=300)
    parser.add_argument("--most", type=int, default=1800)
    parser.add_argument("--results")
    parser.add_argument("--corpus")
    parser.add_argument("--tell", action=argparse.BooleanOptionalAction, default=sys.stderr.isatty(), help="once a minute how far it is")
    options = parser.parse_args()
    options.corpus = options.corpus or os.path.join(options.build, "found")
    options.results = options.results or os.path.join(options.build, "fuzz.tsv")
    return options


def run_target(path, claim, options):
    folders = {"claim": claim, "crashes": os.path.join(options.corpus, "crashes"), "kept": os.path.join(options.corpus, claim),
               "given": os.path.join(HERE, "corpus", claim)}
    for name in ("crashes", "kept"):
        os.makedirs(folders[name], exist_ok=True)
    if not os.path.isdir(folders["given"]):
        folders["given"] = folders["kept"]
    watch, ended = fuzz(path, folders, options)
    row = (claim, int(watch.seconds()), int(watch.cpu), watch.executions, watch.edges, int(watch.since_new()), ended)
    with open(options.results, "a", encoding="utf-8") as results:
        if results.tell() == 0:
            print(*COLUMNS, sep="\t", file=results)
        print(*row, sep="\t", file=results)
    print(*row, sep="\t", flush=True)
    return ended != "crash"


def main():
    options = ask()
    done, good = quiet_already(options.results), True
    claims = options.targets or sorted(os.path.basename(path)[len("fuzz_"):]
                                       for path in glob.glob(os.path.join(options.build, "fuzz", "fuzz_*")))
    if not claims:
        sys.exit(f"{options.build}/fuzz: no targets; build them with ninja fuzzers")
    for claim in claims:
        if claim not in done:
            good = run_target(os.path.join(options.build, "fuzz", "fuzz_" + claim), claim, options) and good
    sys.exit(0 if good else 1)


main()
