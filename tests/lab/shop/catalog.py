"""catalog: products, from the cache when they are there, else from the database."""
import json

from service import Refused, Service

KEEP_S = 5


def item(service, match, _):
    number = int(match[1])
    try:
        known = service.cache("GET", f"item:{number}")
    except Refused as error:
        service.log.warning("going on without the cache: %s", error)
        known = None
    if known:
        return json.loads(known)
    rows = service.database("SELECT id, name, price FROM item JOIN stock USING (id) WHERE id = %s", (number,))
    if not rows:
        raise Refused(404, "no such item")
    found = dict(zip(("id", "name", "price"), rows[0]))
    try:
        service.cache("SET", f"item:{number}", json.dumps(found), "EX", KEEP_S)
    except Refused:
        pass
    return found


Service("catalog", [("GET", r"/item/(\d+)", item)]).serve()
