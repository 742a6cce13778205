"""shop: the front service; asks catalog and cart."""
from service import Service


def product(service, match, _):
    return service.call("catalog", "GET", f"/item/{match[1]}")


def add(service, _, body):
    item = service.call("catalog", "GET", f"/item/{body['item']}")
    return service.call("cart", "POST", f"/cart/{body['visitor']}", {"item": item["id"], "count": 1})


def buy(service, _, body):
    return service.call("cart", "POST", f"/checkout/{body['visitor']}", {})


Service("shop", [("GET", r"/product/(\d+)", product), ("POST", "/add", add), ("POST", "/buy", buy)]).serve()
