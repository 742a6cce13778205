"""Faults of the shop: how each is made, how it is undone, and which entity is at fault.

Undoing is what the runner does when no repair did; it also leaves the shop as it was before the fault.
"""
import json
import os
import signal
import subprocess
import sys
import time

import redis
from confluent_kafka import Producer

from lab import say
from place import HERE

LOCK_SQL = "BEGIN; LOCK TABLE stock IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(600);"
BAD_VERSION = "1.5.0"
FILL_S = 60
FILL_STEP_S = 0.5


def pid_of(place, name):
    return int(say(place, "pid", name) or 0)


def announce_deploy(place, service, version, title):
    producer = Producer({"bootstrap.servers": place.settings["brokers"]})
    producer.produce("changes", json.dumps({"change": "deploy", "service": service, "version": version, "title": title, "source": "lab"}))
    producer.flush(10)


def deploy(place, version):
    with open(place.path("cart.version"), encoding="utf-8") as file:
        before = file.read()
    if before == version:
        return
    for name, text in (("cart.previous", before), ("cart.version", version)):
        with open(place.path(name), "w", encoding="utf-8") as file:
            file.write(text)
    announce_deploy(place, "cart", version, f"deploy of cart {version}")
    say(place, "restart", "cart")


class Fault:
    """kind, the entity at fault, and what undoes it; made by begin, undone by end."""

    def __init__(self, place):
        self.place = place

    def entity(self):
        return ("service", "cart")

    def begin(self):
        raise NotImplementedError

    def end(self):
        raise NotImplementedError


class ProcessKilled(Fault):
    """cart dies by SIGKILL; nobody starts it again."""

    def begin(self):
        os.kill(pid_of(self.place, "cart"), signal.SIGKILL)

    def end(self):
        say(self.place, "start", "cart")


class CpuHog(Fault):
    """Three threads of catalog's own process eat the core it is pinned to."""

    def entity(self):
        return ("service", "catalog")

    def begin(self):
        self.hog = pid_of(self.place, "catalog")
        os.kill(self.hog, signal.SIGUSR1)

    def end(self):
        # The same process still: a restart by a repair ended the hog already.
        if pid_of(self.place, "catalog") == self.hog:
            say(self.place, "restart", "catalog")


class LockStorm(Fault):
    """A forgotten session holds the table stock; all who buy or look wait for it."""

    def entity(self):
        return ("service", "shop-db")

    def begin(self):
        self.session = subprocess.Popen(["psql", "-X", "-q", "-h", "127.0.0.1", "-p", str(self.place.port("shop-db")), "-U", "shop", "-d", "shop",
                                         "-c", LOCK_SQL], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def end(self):
        subprocess.run(["psql", "-X", "-q", "-h", "127.0.0.1", "-p", str(self.place.port("shop-db")), "-U", "shop", "-d", "shop", "-c",
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'BEGIN; LOCK TABLE%'"],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        self.session.kill()
        self.session.wait()


class DiskFilling(Fault):
    """Something writes until the small volume is full, a minute long."""

    def entity(self):
        return ("volume", self.place.volume_entity())

    def begin(self):
        self.filler = subprocess.Popen([sys.executable, os.path.abspath(__file__), "fill", self.place.path("volume"), str(FILL_S)],
                                       stdin=subprocess.DEVNULL)

    def end(self):
        self.filler.kill()
        self.filler.wait()
        for entry in os.scandir(self.place.path("volume")):
            if entry.name.endswith(".tmp"):
                os.unlink(entry.path)


class BadDeploy(Fault):
    """A new version of cart, announced like any other: slow, and wrong for some items."""

    def begin(self):
        deploy(self.place, BAD_VERSION)

    def end(self):
        with open(self.place.path("cart.version"), encoding="utf-8") as file:
            if file.read() != BAD_VERSION:
                return
        with open(self.place.path("cart.previous"), encoding="utf-8") as file:
            deploy(self.place, file.read())


class DependencyRefused(Fault):
    """The cache closes its port: who connects is refused, who was connected is thrown out."""

    def entity(self):
        return ("service", "shop-cache")

    def cache(self):
        return redis.Redis(unix_socket_path=self.place.path("cache", "sock"), socket_timeout=5)

    def begin(self):
        cache = self.cache()
        cache.config_set("port", 0)
        cache.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")

    def end(self):
        self.cache().config_set("port", self.place.port("shop-cache"))


KINDS = {"process_killed": ProcessKilled, "cpu_hog": CpuHog, "lock_storm": LockStorm, "disk_filling": DiskFilling,
         "bad_deploy": BadDeploy, "dependency_refused": DependencyRefused}


def fill(folder, seconds):
    """Bytes in even steps until there is no room; a limit of a plain folder is kept by who reads it."""
    room = os.statvfs(folder)
    goal = room.f_blocks * room.f_frsize if room.f_blocks * room.f_frsize < (256 << 20) else 64 << 20
    step = bytes(int(goal / seconds * FILL_STEP_S))
    written = 0
    with open(os.path.join(folder, "export.tmp"), "wb", buffering=0) as file:
        while written < goal:
            try:
                written += file.write(step)
            except OSError:
                break
            time.sleep(FILL_STEP_S)
    while True:
        time.sleep(60)


if __name__ == "__main__":
    if sys.argv[1:2] == ["fill"]:
        fill(sys.argv[2], float(sys.argv[3]))
    raise SystemExit(f"faults: see run.py in {HERE}")
