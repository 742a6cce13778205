"""What the supervisor does when it is asked to repair: what an operator of this shop would have in runbooks."""
import os
import subprocess

# Who blocks others and is blocked by nobody.
UNLOCK_SQL = """SELECT DISTINCT pid, pg_terminate_backend(pid) FROM (SELECT unnest(pg_blocking_pids(pid)) AS pid FROM pg_locks WHERE NOT granted) AS b
                WHERE cardinality(pg_blocking_pids(pid)) = 0"""


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read().strip()


def deployed(supervisor, name):
    """Is there a version to go back to? The check before a rollback."""
    place = supervisor.place
    if not os.path.exists(place.path(name + ".version")) or not os.path.exists(place.path(name + ".previous")):
        return f"refused: no earlier version of {name} is known"
    return f"{read(place.path(name + '.version'))}, before that {read(place.path(name + '.previous'))}"


def rollback(supervisor, name):
    place = supervisor.place
    said = deployed(supervisor, name)
    if said.startswith("refused"):
        return said
    with open(place.path(name + ".version"), "w", encoding="utf-8") as file:
        file.write(read(place.path(name + ".previous")))
    return f"{read(place.path(name + '.version'))} again, {supervisor.restart(name)}"


def free(supervisor, _):
    volume = supervisor.place.path("volume")
    gone = [entry.name for entry in os.scandir(volume) if entry.is_file(follow_symlinks=False) and entry.name.endswith(".tmp")]
    for name in gone:
        os.unlink(os.path.join(volume, name))
    return f"{len(gone)} temporary files removed" + "".join(f" {name}" for name in gone[:5])


def unlock(supervisor, _):
    # An answer in any case: the supervisor must outlive what it is asked.
    done = subprocess.run(["timeout", "20", "psql", "-X", "-At", "-h", "127.0.0.1", "-p", str(supervisor.place.port("shop-db")), "-U", "shop", "-d", "shop", "-c", UNLOCK_SQL],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        return "refused: " + (" ".join(done.stderr.split()) or f"psql ended with {done.returncode}")
    return f"{len(done.stdout.split())} sessions ended {' '.join(done.stdout.split())}".strip()


REPAIRS = {"deployed": deployed, "rollback": rollback, "free": free, "unlock": unlock}
