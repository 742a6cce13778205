"""cart: what a visitor wants to buy (cache), and buying it (database, journal on the small volume).

Version 1.5.0 is the bad one: its tax lookup is slow and fails for some prices.
"""
import os
import time

from service import Refused, Service

BAD_VERSION = "1.5.0"
JOURNAL_KEEP = 1 << 20


def tax(service, number):
    if service.version != BAD_VERSION:
        return
    time.sleep(0.12)
    if number % 5 < 2:
        raise KeyError(f"tax class of item {number}")


def put(service, match, body):
    tax(service, int(body["item"]))
    service.cache("HINCRBY", f"cart:{match[1]}", str(body["item"]), int(body["count"]))
    service.cache("EXPIRE", f"cart:{match[1]}", 600)
    return {"visitor": match[1]}


def journal(service, line):
    """One line an order; begins anew at 1 MiB. No room left: the order is refused."""
    path = os.path.join(service.settings["volume"], "orders.journal")
    room = os.statvfs(service.settings["volume"])
    limit = service.settings["volume_limit"]
    try:
        if limit and folder_size(service.settings["volume"]) + len(line) > limit:
            raise OSError(28, "No space left on device")
        mode = "w" if os.path.exists(path) and os.path.getsize(path) > JOURNAL_KEEP else "a"
        if not limit and room.f_bavail == 0:
            raise OSError(28, "No space left on device")
        with open(path, mode, encoding="utf-8") as file:
            file.write(line)
    except OSError as error:
        raise Refused(507, f"journal cannot be written: {error.strerror}") from error


def folder_size(folder):
    return sum(entry.stat().st_size for entry in os.scandir(folder) if entry.is_file())


def checkout(service, match, _):
    wanted = service.cache("HGETALL", f"cart:{match[1]}") or {"1": "1"}
    if isinstance(wanted, list):
        wanted = dict(zip(wanted[::2], wanted[1::2]))
    for number in sorted(int(item) for item in wanted)[:3]:
        tax(service, number)
        service.database("UPDATE stock SET sold = sold + 1 WHERE id = %s", (number,), rows=False)
    service.database("INSERT INTO purchase (visitor, items) VALUES (%s, %s)", (match[1], len(wanted)), rows=False)
    journal(service, f"{time.time():.3f} {match[1]} {len(wanted)}\n")
    service.cache("DEL", f"cart:{match[1]}")
    return {"bought": len(wanted)}


Service("cart", [("POST", r"/cart/(\w+)", put), ("POST", r"/checkout/(\w+)", checkout)]).serve()
