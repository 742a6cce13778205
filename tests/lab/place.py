"""Where the lab lives: folders, ports, configuration written from etc/, and the command of each program."""
import glob
import json
import os
import pwd
import shutil
import socket
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
VOLUME_BYTES = 64 << 20
VOLUME_NAME = "orders"
VOLUME_USED = 16 << 20  # what lies there before anything happens
PORTS = ("nginx", "shop", "catalog", "cart", "shop-db", "shop-cache", "supervisor")
VERSION = "1.4.2"


def free_ports(count):
    """All held at once, so they differ."""
    held = [socket.socket() for _ in range(count)]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def is_root():
    return os.geteuid() == 0


def mounted(folder):
    with open("/proc/self/mounts", encoding="utf-8") as file:
        return any(line.split()[1] == os.path.realpath(folder) for line in file)


class Place:
    """run: the folder of ./causeway; its lab/ is ours."""

    def __init__(self, run):
        self.run = os.path.abspath(run)
        self.lab = os.path.join(self.run, "lab")
        self.file = os.path.join(self.lab, "settings.json")
        self.settings = {}
        if os.path.exists(self.file):
            with open(self.file, encoding="utf-8") as file:
                self.settings = json.load(file)

    def path(self, *parts):
        return os.path.join(self.lab, *parts)

    def port(self, name):
        return self.settings["ports"][name]

    def supervisor(self):
        """(host, port) it listens at and is asked at."""
        host, port = self.settings["supervisor"].rsplit(":", 1)
        return host, int(port)

    def make(self, brokers, supervisor=""):
        """Folders, ports, volume and configuration; keeps what is there."""
        for folder in ("nginx", "collectd", "rsyslog", "volume", "cache"):
            os.makedirs(self.path(folder), exist_ok=True)
        os.chmod(self.lab, 0o755)
        os.chmod(self.path("volume"), 0o777)
        ports = self.settings.get("ports") or dict(zip(PORTS, free_ports(len(PORTS))))
        self.settings = {
            "brokers": brokers, "ports": ports, "supervisor": supervisor or f"127.0.0.1:{ports['supervisor']}",
            "log_socket": self.path("log.sock"), "load": self.path("load.ndjson"),
            "volume": self.path("volume"), "volume_limit": 0 if self.mount_volume() else VOLUME_BYTES}
        with open(self.path("volume", "orders.archive"), "wb") as file:
            file.write(bytes(VOLUME_USED))
        with open(self.file, "w", encoding="utf-8") as file:
            json.dump(self.settings, file, indent=1)
        for name in ("etc/nginx.conf", "etc/collectd.conf", "etc/rsyslog.conf", "etc/topology.json", "policies.yaml"):
            self.write(name)
        if not os.path.exists(self.path("cart.version")):
            with open(self.path("cart.version"), "w", encoding="utf-8") as file:
                file.write(VERSION)

    def write(self, name):
        with open(os.path.join(HERE, name), encoding="utf-8") as file:
            text = file.read()
        for port, number in self.settings["ports"].items():
            text = text.replace(f"@PORT:{port}@", str(number))
        for mark, value in (("LAB", self.lab), ("BROKERS", self.settings["brokers"]), ("VOLUME", self.volume_plugin()),
                            ("VOLUME_ENTITY", self.volume_entity()), ("USER", "user root;" if is_root() else ""),
                            ("SCRIPT", os.path.join(HERE, "repair.sh")), ("SUPERVISOR", self.settings["supervisor"])):
            text = text.replace(f"@{mark}@", value)
        with open(self.path(os.path.basename(name)), "w", encoding="utf-8") as file:
            file.write(text)

    # ---- the small volume: a tmpfs where we may mount, else a folder with a limit ----

    def mount_volume(self):
        if mounted(self.path("volume")):
            return True
        if not is_root():
            return False
        options = f"size={VOLUME_BYTES},mode=777"
        return subprocess.run(["mount", "-t", "tmpfs", "-o", options, "causeway-lab", self.path("volume")],
                              stderr=subprocess.DEVNULL, check=False).returncode == 0

    def unmount_volume(self):
        if mounted(self.path("volume")):
            subprocess.run(["umount", "-l", self.path("volume")], check=False)

    def volume_name(self):
        """As collectd's df plugin names a mount point."""
        return VOLUME_NAME if self.settings["volume_limit"] else self.path("volume").strip("/").replace("/", "-")

    def volume_entity(self):
        return "shop-host:" + self.volume_name()

    def volume_plugin(self):
        if not self.settings["volume_limit"]:
            return ('LoadPlugin df\n<Plugin df>\n    MountPoint "%s"\n    IgnoreSelected false\n    ValuesPercentage true\n</Plugin>'
                    % os.path.realpath(self.path("volume")))
        # collectd's exec plugin refuses to run programs as root. By sh: a container's tmpfs may be mounted noexec.
        user = "nobody" if is_root() else pwd.getpwuid(os.geteuid()).pw_name
        script = self.path("volume.sh")
        shutil.copy(os.path.join(HERE, "etc", "volume.sh"), script)
        return 'LoadPlugin exec\n<Plugin exec>\n    Exec "%s" "/bin/sh" "%s" "%s" "%d" "%s"\n</Plugin>' % (
            user, script, self.path("volume"), VOLUME_BYTES, VOLUME_NAME)

    # ---- programs ----

    def postgres_bin(self):
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]))
        if not found:
            raise SystemExit("lab: PostgreSQL's server programs are not installed")
        return found[-1]

    def postgres_data(self):
        """PostgreSQL runs as another user when we are root: it must be able to get there."""
        if not is_root() or subprocess.run(as_postgres(["test", "-x", self.lab]), check=False).returncode == 0:
            return self.path("shop-db")
        return os.path.join("/var/tmp", "causeway-lab-" + str(os.stat(self.lab).st_ino))

    def postgres_init(self):
        data = self.postgres_data()
        if os.path.exists(os.path.join(data, "PG_VERSION")):
            return
        os.makedirs(data, exist_ok=True)
        if is_root():
            shutil.chown(data, "postgres")
        done = subprocess.run(as_postgres([self.postgres_bin() + "/initdb", "-D", data, "-U", "shop", "-A", "trust", "-E", "UTF8",
                                           "--locale=C.UTF-8", "--no-sync"]), capture_output=True, text=True, check=False, cwd="/")
        if done.returncode:
            raise SystemExit("lab: initdb failed: " + done.stderr[-400:])

    def commands(self):
        """Name -> words, in the order of their start."""
        settings = ["--settings", self.file]
        shop = os.path.join(HERE, "shop")
        with open(self.path("cart.version"), encoding="utf-8") as file:
            cart_version = file.read().strip()
        return {
            "shop-db": as_postgres([self.postgres_bin() + "/postgres", "-D", self.postgres_data(), "-p", str(self.port("shop-db")),
                                    "-c", "cluster_name=shop-db", "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
                                    "-c", "fsync=off", "-c", "shared_buffers=16MB", "-c", "max_connections=100"]),
            "shop-cache": ["redis-server", "--port", str(self.port("shop-cache")), "--bind", "127.0.0.1", "--save", "", "--dir", self.path("cache"),
                           "--unixsocket", self.path("cache", "sock"), "--logfile", self.path("shop-cache.log"), "--maxmemory", "32mb"],
            "rsyslog": ["rsyslogd", "-n", "-f", self.path("rsyslog.conf"), "-i", self.path("rsyslog", "pid")],
            "catalog": [sys.executable, os.path.join(shop, "catalog.py"), *settings],
            "cart": [sys.executable, os.path.join(shop, "cart.py"), *settings, "--version", cart_version],
            "shop": [sys.executable, os.path.join(shop, "shop.py"), *settings],
            "nginx": ["nginx", "-c", self.path("nginx.conf"), "-p", self.path("nginx")],
            "collectd": ["collectd", "-f", "-C", self.path("collectd.conf")],
            "load": [sys.executable, os.path.join(shop, "load.py"), *settings],
        }

    def log_of(self, name):
        return self.path(name + (".log" if name == "shop-db" else ".out"))


def as_postgres(words):
    if not is_root():
        return words
    return ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups", "--", *words]
