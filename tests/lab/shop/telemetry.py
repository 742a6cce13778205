"""OpenTelemetry of one service of the shop, written to Kafka as kafkaexporter's otlp_proto does.

Spans go to otlp_spans, metrics once a second to otlp_metrics, logs to the private syslog socket.
"""
import logging
import os
import resource
import socket
import time

from confluent_kafka import Producer
from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.metrics import Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricExporter, MetricExportResult, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult


class KafkaSpans(SpanExporter):
    def __init__(self, producer):
        self.producer = producer

    def export(self, spans):
        self.producer.produce("otlp_spans", encode_spans(spans).SerializeToString())
        self.producer.poll(0)
        return SpanExportResult.SUCCESS

    def shutdown(self):
        self.producer.flush(2)


class KafkaMetrics(MetricExporter):
    def __init__(self, producer):
        super().__init__()
        self.producer = producer

    def export(self, metrics_data, timeout_millis=10_000, **_):
        self.producer.produce("otlp_metrics", encode_metrics(metrics_data).SerializeToString())
        self.producer.poll(0)
        return MetricExportResult.SUCCESS

    def force_flush(self, timeout_millis=10_000):
        return self.producer.flush(timeout_millis / 1000) == 0

    def shutdown(self, timeout_millis=30_000, **_):
        self.producer.flush(2)


def cpu_seconds(_):
    used = resource.getrusage(resource.RUSAGE_SELF)
    return [Observation(used.ru_utime, {"cpu.mode": "user"}), Observation(used.ru_stime, {"cpu.mode": "system"})]


class Telemetry:
    """tracer, duration (histogram) and log of one process."""

    def __init__(self, name, version, brokers, log_socket):
        producer = Producer({"bootstrap.servers": brokers, "linger.ms": 50, "queue.buffering.max.messages": 10000})
        about = Resource.create({"service.name": name, "service.version": version, "service.instance.id": f"{name}-0",
                                 "host.name": "shop-host", "process.pid": os.getpid()})
        spans = TracerProvider(resource=about)
        spans.add_span_processor(BatchSpanProcessor(KafkaSpans(producer), schedule_delay_millis=500))
        trace.set_tracer_provider(spans)
        reader = PeriodicExportingMetricReader(KafkaMetrics(producer), export_interval_millis=1000)
        metrics.set_meter_provider(MeterProvider(resource=about, metric_readers=[reader]))
        meter = metrics.get_meter("shop")
        meter.create_observable_counter("process.cpu.time", [cpu_seconds], unit="s")
        self.tracer = trace.get_tracer("shop")
        self.duration = meter.create_histogram("http.server.request.duration", unit="s")
        self.log = logging.getLogger(name)
        self.log.setLevel(logging.INFO)
        self.log.addHandler(Syslog(log_socket, name))
        self.close = lambda: (spans.shutdown(), producer.flush(2))


class Syslog(logging.Handler):
    """Datagrams to rsyslog's socket; its absence never stops the shop."""

    PRIORITIES = {"DEBUG": 7, "INFO": 6, "WARNING": 4, "ERROR": 3, "CRITICAL": 2}
    DAEMON = 3

    def __init__(self, path, name):
        super().__init__()
        self.path = path
        self.tag = f"{name}[{os.getpid()}]"
        self.socket = None
        self.tried_at = 0.0

    def connect(self):
        if self.socket is None and time.monotonic() - self.tried_at >= 1:
            self.tried_at = time.monotonic()
            self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self.socket.setblocking(False)
            self.socket.connect(self.path)
        return self.socket

    def emit(self, record):
        priority = 8 * self.DAEMON + self.PRIORITIES.get(record.levelname, 6)
        line = f"<{priority}>{time.strftime('%b %e %H:%M:%S')} {self.tag}: {record.getMessage()}"
        try:
            if self.connect():
                self.socket.send(line.encode())
        except OSError:
            self.socket = None
