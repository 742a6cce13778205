"""What a figure was measured on, and how busy that machine was; processes' time and memory; tables."""
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
TICK = os.sysconf("SC_CLK_TCK")


def _first(path, key):
    for line in pathlib.Path(path).read_text().splitlines():
        if line.startswith(key):
            return line.split(":", 1)[1].strip()
    return "unknown"


def _git(*words):
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def revision():
    return (_git("rev-parse", "--short", "HEAD") or "no git") + (" and changes" if _git("status", "--porcelain", "-uno") else "")


def load():
    """Load averages of 1, 5 and 15 minutes."""
    return [float(word) for word in pathlib.Path("/proc/loadavg").read_text().split()[:3]]


def describe(command):
    """Lines that stand above every table."""
    busy = load()
    memory = int(_first("/proc/meminfo", "MemTotal").split()[0]) // 1048576
    lines = [f"machine   {os.cpu_count()} cores of {_first('/proc/cpuinfo', 'model name')}, {memory} GiB, Linux {os.uname().release}",
             f"revision  {revision()}", f"command   {command}", f"load      {busy[0]:.2f} {busy[1]:.2f} {busy[2]:.2f} at the start"]
    if busy[0] > 0.5:
        lines.append("WARNING   the machine is not quiet: figures are provisional")
    return "\n".join(lines)


def table(head, rows):
    """Markdown that also reads well as text."""
    rows = [[str(cell) for cell in row] for row in [head, *rows]]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def number(value):
    """Three figures: 1.23 M, 45.6 k."""
    for limit, unit in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if value >= limit:
            return f"{value / limit:.3g}{unit}"
    return f"{value:.3g}"


def core_busy(core):
    """Seconds the core was not idle since boot."""
    for line in pathlib.Path("/proc/stat").read_text().splitlines():
        words = line.split()
        if words[0] == f"cpu{core}":
            times = [int(word) for word in words[1:9]]
            return (sum(times) - times[3] - times[4]) / TICK
    raise ValueError(f"no core {core}")


def _stat(path):
    words = pathlib.Path(path).read_text().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / TICK


def cpu(pid):
    """Processor seconds of the process so far, user and system."""
    return _stat(f"/proc/{pid}/stat")


def cpu_by_thread(pid):
    """Processor seconds by the first word of the threads' names."""
    spent = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            name = (task / "comm").read_text().strip().replace("#", " ").replace(":", " ").split(" ")[0]
            spent[name] = spent.get(name, 0.0) + _stat(task / "stat")
        except OSError:
            continue  # a thread that just ended
    return spent


def cpu_of_client(pid):
    """Of these, what librdkafka's own threads took."""
    return cpu_by_thread(pid).get("rdk", 0.0)


def memory(pid):
    """(resident now, most ever) in MiB."""
    status = f"/proc/{pid}/status"
    return tuple(int(_first(status, key).split()[0]) / 1024 for key in ("VmRSS", "VmHWM"))


def on_core(core):
    """What is started from now on runs on this core only; None: on any."""
    os.sched_setaffinity(0, range(os.cpu_count()) if core is None else {core})
