"""What the shop's services share: a threaded HTTP server that makes SERVER spans, and clients that make CLIENT spans."""
import argparse
import contextlib
import http.client
import http.server
import json
import os
import queue
import re
import signal
import socketserver
import threading
import time

import psycopg2
import redis
from opentelemetry import propagate
from opentelemetry.trace import SpanKind, Status, StatusCode

from telemetry import Telemetry

UPSTREAM_TIMEOUT_S = 2.0


class Refused(Exception):
    """An answer that is not 2xx, on purpose."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


class Connections:
    """At most COUNT connections to the shop's PostgreSQL; one that failed is thrown away."""

    COUNT = 12
    WAIT_S = 2.0

    def __init__(self, port, application):
        self.words = {"host": "127.0.0.1", "port": port, "user": "shop", "dbname": "shop", "connect_timeout": 2,
                      "application_name": application, "options": "-c statement_timeout=1500"}
        self.free = threading.Semaphore(self.COUNT)
        self.idle = queue.LifoQueue()

    def take(self):
        try:
            return self.idle.get_nowait()
        except queue.Empty:
            made = psycopg2.connect(**self.words)
            made.autocommit = True
            return made

    @contextlib.contextmanager
    def lend(self):
        if not self.free.acquire(timeout=self.WAIT_S):
            raise TimeoutError("no connection is free")
        try:
            connection = self.take()
            try:
                yield connection
            except psycopg2.Error:
                connection.close()
                raise
            self.idle.put(connection)
        finally:
            self.free.release()


class Service:
    """routes: (method, pattern, function(service, match, body) -> dict)."""

    def __init__(self, name, routes):
        words = argparse.ArgumentParser()
        words.add_argument("--settings", required=True, help="ports and places, JSON")
        words.add_argument("--version", default="1.4.2")
        given = words.parse_args()
        with open(given.settings, encoding="utf-8") as file:
            self.settings = json.load(file)
        self.name = name
        self.version = given.version
        self.routes = [(method, re.compile(pattern + "$"), pattern, call) for method, pattern, call in routes]
        self.telemetry = Telemetry(name, given.version, self.settings["brokers"], self.settings["log_socket"])
        self.log = self.telemetry.log
        self.spinning = threading.Event()
        self.connections = Connections(self.settings["ports"]["shop-db"], name)
        self.cache_pool = redis.BlockingConnectionPool(
            host="127.0.0.1", port=self.settings["ports"]["shop-cache"], max_connections=16, timeout=1,
            socket_timeout=1, socket_connect_timeout=1, decode_responses=True)

    # ---- calls to others ----

    def call(self, service, method, path, body=None):
        """One HTTP call with its CLIENT span; Refused when it fails."""
        port = self.settings["ports"][service]
        about = {"http.request.method": method, "url.path": path, "peer.service": service, "server.address": "127.0.0.1", "server.port": port}
        with self.telemetry.tracer.start_as_current_span(method, kind=SpanKind.CLIENT, attributes=about) as span:
            headers = {"Content-Type": "application/json"}
            propagate.inject(headers)
            link = http.client.HTTPConnection("127.0.0.1", port, timeout=UPSTREAM_TIMEOUT_S)
            try:
                link.request(method, path, json.dumps(body) if body is not None else None, headers)
                answer = link.getresponse()
                text = answer.read()
            except OSError as error:
                span.set_status(Status(StatusCode.ERROR, str(error)))
                raise Refused(502, f"{service} does not answer: {error.__class__.__name__}") from error
            finally:
                link.close()
            span.set_attribute("http.response.status_code", answer.status)
            if answer.status >= 500:
                span.set_status(Status(StatusCode.ERROR))
            if answer.status >= 400:
                raise Refused(answer.status, f"{service} answered {answer.status}")
            return json.loads(text)

    def cache(self, command, *words):
        about = {"db.system": "redis", "db.operation.name": command, "peer.service": "shop-cache"}
        with self.telemetry.tracer.start_as_current_span(command, kind=SpanKind.CLIENT, attributes=about) as span:
            try:
                return redis.Redis(connection_pool=self.cache_pool).execute_command(command, *words)
            except redis.RedisError as error:
                span.set_status(Status(StatusCode.ERROR, str(error)))
                raise Refused(503, f"cache refused {command}: {error}") from error

    def database(self, statement, values, rows=True):
        about = {"db.system": "postgresql", "db.operation.name": statement.split()[0], "db.namespace": "shop", "peer.service": "shop-db"}
        with self.telemetry.tracer.start_as_current_span(about["db.operation.name"], kind=SpanKind.CLIENT, attributes=about) as span:
            try:
                with self.connections.lend() as connection:
                    cursor = connection.cursor()
                    cursor.execute(statement, values)
                    return cursor.fetchall() if rows else []
            except (psycopg2.Error, TimeoutError) as error:
                text = str(error).split("\n", 1)[0]
                span.set_status(Status(StatusCode.ERROR, text))
                raise Refused(503, "database: " + text) from error

    # ---- serving ----

    def answer(self, method, path, body):
        for wanted, expression, route, call in self.routes:
            match = expression.match(path)
            if match and wanted == method:
                return route, lambda: call(self, match, body)
        raise Refused(404, "no such path")

    def handle(self, method, path, headers, body):
        """-> status, document; the SERVER span, the histogram and the log line of one request."""
        began = time.monotonic()
        route, status, document = "", 200, {}
        with self.telemetry.tracer.start_as_current_span(method, context=propagate.extract(headers), kind=SpanKind.SERVER,
                                                         attributes={"http.request.method": method, "url.path": path}) as span:
            try:
                route, run = self.answer(method, path, body)
                span.update_name(f"{method} {route}")
                span.set_attribute("http.route", route)
                document = run()
            except Refused as error:
                status, document = error.status, {"error": str(error)}
            except Exception as error:  # a bug of the service: 500, as any framework does
                status, document = 500, {"error": error.__class__.__name__}
                self.log.error("unhandled %s in %s: %s", error.__class__.__name__, route, error)
            span.set_attribute("http.response.status_code", status)
            if status >= 500:
                span.set_status(Status(StatusCode.ERROR))
                self.log.error("%s %s failed with %d: %s", method, route, status, document["error"])
        took = time.monotonic() - began
        self.telemetry.duration.record(took, {"http.request.method": method, "http.route": route})
        if status < 500:
            self.log.info("%s %s %d in %d ms", method, path, status, int(took * 1000))
        return status, document

    def serve(self):
        threading.stack_size(512 * 1024)
        server = Server(("127.0.0.1", self.settings["ports"][self.name]), handler_of(self))
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
        signal.signal(signal.SIGUSR1, lambda *_: self.spin())
        signal.signal(signal.SIGUSR2, lambda *_: self.spinning.clear())
        self.log.info("%s %s started", self.name, self.version)
        server.serve_forever(poll_interval=0.1)
        self.log.info("%s %s stopping", self.name, self.version)
        self.telemetry.close()
        os._exit(0)

    def spin(self):
        """The fault cpu_hog: threads of this very process eat one core until SIGUSR2."""
        if self.spinning.is_set():
            return
        self.spinning.set()
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
        for _ in range(3):
            threading.Thread(target=self.burn, daemon=True).start()

    def burn(self):
        total = 0
        while self.spinning.is_set():
            total += sum(range(2000))


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128


def handler_of(service):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"
        timeout = 10

        def run(self):
            size = min(int(self.headers.get("Content-Length") or 0), 65536)
            body = json.loads(self.rfile.read(size)) if size else None
            status, document = service.handle(self.command, self.path, dict(self.headers.items()), body)
            text = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = run
        do_POST = run

        def log_message(self, *_):
            pass

    return Handler
