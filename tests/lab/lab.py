#!/usr/bin/env python3
"""The lab: a small shop of real programs on loopback, as children of one supervisor.

lab.py up RUN --brokers HOST:PORT    starts it and waits until it serves
lab.py run RUN --brokers HOST:PORT   the same in the foreground, until SIGTERM: a container's first process
lab.py down RUN                      ends it and whatever it started
lab.py say RUN WORD...               status | start NAME | stop NAME | restart NAME | kill NAME | pid NAME, and repairs.py

The supervisor is what systemd is elsewhere: it starts and stops programs when told, and leaves the dead dead. It
listens (on loopback, unless --supervisor says otherwise), a line in, a line out, so a repair script of any user can speak to it.
"""
import argparse
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time

from place import HERE, Place
from repairs import REPAIRS

START_S = 30


class Supervisor:
    def __init__(self, place):
        self.place = place
        self.children = {}
        self.stopping = False

    def start(self, name):
        if name in self.children and self.children[name].poll() is None:
            return "runs already"
        words = self.place.commands()[name]
        with open(self.place.log_of(name), "ab") as out:
            os.chmod(self.place.log_of(name), 0o644)
            # In a session of its own: Ctrl-C at the terminal is the supervisor's to hand on.
            self.children[name] = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, cwd=self.place.lab,
                                                   env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": self.place.lab})
        with open(self.place.path(name + ".pid"), "w", encoding="utf-8") as file:
            file.write(str(self.children[name].pid))
        return "started"

    def stop(self, name, how=signal.SIGTERM, patience_s=5.0):
        child = self.children.get(name)
        if child is None or child.poll() is not None:
            return "does not run"
        child.send_signal(signal.SIGINT if name == "shop-db" and how == signal.SIGTERM else how)
        try:
            child.wait(patience_s)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        return "stopped"

    def restart(self, name):
        self.stop(name)
        return self.start(name)

    def state(self, name):
        child = self.children.get(name)
        if child is None:
            return "never started"
        return "running" if child.poll() is None else f"ended ({child.returncode})"

    def say(self, line):
        words = line.split()
        if words == ["status"]:
            return json.dumps({name: self.state(name) for name in self.place.commands()})
        if words == ["down"]:
            self.stopping = True
            return "ending"
        if len(words) == 2 and words[0] in REPAIRS:
            return REPAIRS[words[0]](self, words[1])
        if len(words) != 2 or words[1] not in self.place.commands():
            return f"refused: status, down, start|stop|restart|kill|pid NAME, or {'|'.join(REPAIRS)} ENTITY"
        name = words[1]
        actions = {"start": self.start, "stop": self.stop, "restart": self.restart, "kill": lambda name: self.stop(name, signal.SIGKILL),
                   "pid": lambda name: str(self.children[name].pid) if name in self.children else "0"}
        return actions[words[0]](name) if words[0] in actions else "refused: what is " + words[0] + "?"

    def serve(self):
        listener = socket.create_server(self.place.supervisor())
        waiting = selectors.DefaultSelector()
        waiting.register(listener, selectors.EVENT_READ)
        while not self.stopping:
            for child in self.children.values():
                child.poll()
            if not waiting.select(0.2):
                continue
            link, _ = listener.accept()
            with link:
                link.settimeout(1)
                try:
                    line = link.makefile(encoding="utf-8").readline(200)
                    link.sendall((self.say(line) + "\n").encode())
                except OSError:
                    pass

    def down(self):
        for name in reversed(list(self.children)):
            self.stop(name)


def say(place, *words):
    """One line to the supervisor; its answer, or None when nobody listens."""
    try:
        with socket.create_connection(place.supervisor(), timeout=30) as link:
            link.sendall((" ".join(words) + "\n").encode())
            return link.makefile(encoding="utf-8").readline().strip()
    except (OSError, KeyError):
        return None


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=0.3).close()
        return True
    except OSError:
        return False


def wait_for(place, name, supervisor):
    until = time.monotonic() + START_S
    while not answers(place.port(name)):
        if supervisor.children[name].poll() is not None or time.monotonic() > until:
            with open(place.log_of(name), encoding="utf-8", errors="replace") as file:
                raise SystemExit(f"lab: {name} did not come up: " + file.read()[-600:])
        time.sleep(0.05)


def prepare_database(place):
    psql = ["psql", "-q", "-X", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(place.port("shop-db")), "-U", "shop"]
    until = time.monotonic() + START_S
    while subprocess.run([*psql, "-d", "postgres", "-c", ""], capture_output=True, check=False).returncode:
        if time.monotonic() > until:
            raise SystemExit("lab: the shop's PostgreSQL does not answer")
        time.sleep(0.1)
    known = subprocess.run([*psql, "-At", "-d", "postgres", "-c", "SELECT 1 FROM pg_database WHERE datname = 'shop'"],
                           capture_output=True, text=True, check=True).stdout.strip()
    if not known:
        subprocess.run([*psql, "-d", "postgres", "-c", "CREATE DATABASE shop"], check=True)
        subprocess.run([*psql, "-d", "shop", "-f", os.path.join(HERE, "etc", "shop.sql")], check=True)


def serve(place):
    supervisor = Supervisor(place)

    def end(*_):
        supervisor.stopping = True
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        place.postgres_init()
        for name in place.commands():
            supervisor.start(name)
            if name == "shop-db":
                wait_for(place, name, supervisor)
                prepare_database(place)
            elif name in place.settings["ports"]:
                wait_for(place, name, supervisor)
            if supervisor.stopping:
                return
        announce(place)
        with open(place.path("ready"), "w", encoding="utf-8") as file:
            file.write("yes\n")
        supervisor.serve()
    finally:
        supervisor.down()


def announce(place):
    """The declared topology, as a CMDB would tell it."""
    from confluent_kafka import Producer
    with open(place.path("topology.json"), encoding="utf-8") as file:
        text = json.dumps(json.load(file))
    producer = Producer({"bootstrap.servers": place.settings["brokers"]})
    producer.produce("topology", text)
    if producer.flush(10):
        raise SystemExit("lab: the topology could not be announced: is Kafka up?")


def make(place, brokers, listen):
    place.make(brokers, listen)
    if os.path.exists(place.path("ready")):
        os.unlink(place.path("ready"))


def up(place, brokers, listen):
    if say(place, "status"):
        return
    make(place, brokers, listen)
    with open(place.path("supervisor.out"), "ab") as out:
        child = subprocess.Popen([sys.executable, os.path.abspath(__file__), "serve", place.run], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                 start_new_session=True)
    with open(place.path("supervisor.pid"), "w", encoding="utf-8") as file:
        file.write(str(child.pid))
    until = time.monotonic() + 2 * START_S
    while not os.path.exists(place.path("ready")):
        if child.poll() is not None or time.monotonic() > until:
            with open(place.path("supervisor.out"), encoding="utf-8", errors="replace") as file:
                text = file.read()[-800:]
            down(place)
            raise SystemExit("lab: did not come up: " + text)
        time.sleep(0.1)


def down(place):
    """Ends the supervisor, which ends its children; then what is mounted goes."""
    try:
        with open(place.path("supervisor.pid"), encoding="utf-8") as file:
            pid = int(file.read())
        with open(f"/proc/{pid}/cmdline", encoding="utf-8") as file:
            if "lab.py" in file.read():
                os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + 40
        while os.path.exists(f"/proc/{pid}") and not zombie(pid) and time.monotonic() < until:
            time.sleep(0.1)
    except (OSError, ValueError):
        pass
    place.unmount_volume()


def zombie(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("verb", choices=("up", "run", "down", "say", "serve"))
    words.add_argument("run", help="folder of ./causeway")
    words.add_argument("words", nargs="*")
    words.add_argument("--brokers", default=os.environ.get("CAUSEWAY_KAFKA_BROKERS", ""))
    words.add_argument("--supervisor", default="", metavar="HOST:PORT", help="where it listens; loopback and a free port else")
    given = words.parse_args()
    place = Place(given.run)
    if given.verb in ("up", "run") and not given.brokers:
        raise SystemExit("lab: --brokers or CAUSEWAY_KAFKA_BROKERS")
    if given.verb == "up":
        up(place, given.brokers, given.supervisor)
    elif given.verb == "run":
        make(place, given.brokers, given.supervisor)
        serve(place)
    elif given.verb == "serve":
        serve(place)
    elif given.verb == "down":
        down(place)
    else:
        answer = say(place, *given.words)
        print(answer or "lab: not running")
        if answer is None or answer.startswith("refused"):
            raise SystemExit(1)


if __name__ == "__main__":
    main()
