"""tsan_reports.py LOG... - what ThreadSanitizer reported, without what it cannot judge: exit 1 when anything is left.

librdkafka is built without ThreadSanitizer: its locks are seen (tests/lib/c11_threads.c), its atomic reference counts are not, so the last
owner's free() of a fetched buffer looks like a race with whoever read it before. A report in which one of the two accesses was made by
librdkafka itself is therefore left out. One made by a callback of ours on its threads is not: there the access is ours."""
import re
import sys

FOREIGN = "librdkafka.so"


def reports(path):
    report = None
    for line in open(path, encoding="utf-8", errors="replace"):
        if "WARNING: ThreadSanitizer" in line:
            report = [line]
        elif report is not None:
            report.append(line)
            if line.startswith("SUMMARY:"):
                yield report
                report = None


def accesses(report):
    """The frames of each access: those after 'Write of size', 'Previous read of size'."""
    frames = None
    for line in report:
        if re.match(r"\s+(Previous )?([Aa]tomic )?([Rr]ead|[Ww]rite) of size", line):
            frames = []
        elif frames is not None and re.match(r"\s+#\d+ ", line):
            frames.append(line)
        elif frames is not None:
            yield frames
            frames = None


def is_foreign(frames):
    """Made in librdkafka, or in a function of the C library it called."""
    own = [frame for frame in frames if "libtsan.so" not in frame]
    return bool(own) and FOREIGN in own[0]


def main():
    left = passed = 0
    for path in sys.argv[1:]:
        for report in reports(path):
            if "data race" in report[0] and any(map(is_foreign, accesses(report))):
                passed += 1
                continue
            left += 1
            print(path, "".join(report), sep="\n")
    print(f"{left} reports, {passed} of librdkafka's own memory left out")
    sys.exit(1 if left else 0)


main()
