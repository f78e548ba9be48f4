"""A collector of OpenTelemetry's protocol, over HTTP and gRPC, with the messages of PyPI's opentelemetry-proto.

It keeps what it gets. What it answers can be changed while it runs: `mode` is "take", "refuse", "busy", "slow" or "garbage".
"""

import concurrent.futures
import http.server
import pathlib
import ssl
import threading
import time

import grpc
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2 as logs
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as traces

KINDS = {
    "traces": (traces.ExportTraceServiceRequest, traces.ExportTraceServiceResponse, "trace.v1.TraceService"),
    "metrics": (metrics.ExportMetricsServiceRequest, metrics.ExportMetricsServiceResponse, "metrics.v1.MetricsService"),
    "logs": (logs.ExportLogsServiceRequest, logs.ExportLogsServiceResponse, "logs.v1.LogsService"),
}


def value(any_value):
    kind = any_value.WhichOneof("value")
    return getattr(any_value, kind) if kind else None


def attributes(item):
    return {pair.key: value(pair.value) for pair in item.attributes}


class Collector:
    """What all receivers share: what they got, and what they answer."""

    def __init__(self):
        self.mode = "take"
        self.delay = 5
        self.tries = 0
        self.got = {kind: [] for kind in KINDS}
        self.raw = []
        self.headers = []
        self.lock = threading.Lock()

    def take(self, kind, body, headers):
        request = KINDS[kind][0].FromString(body)
        with self.lock:
            self.got[kind].append(request)
            self.raw.append(body)
            self.headers.append(headers)

    def resources(self):
        with self.lock:
            every = [r.resource for t in self.got["traces"] for r in t.resource_spans]
        return [attributes(resource) for resource in every]

    def spans(self, trace=None):
        with self.lock:
            every = [s for t in self.got["traces"] for r in t.resource_spans for p in r.scope_spans for s in p.spans]
        return [span for span in every if trace is None or span.trace_id.hex() == trace]

    def records(self):
        with self.lock:
            return [
                r for t in self.got["logs"] for rl in t.resource_logs for p in rl.scope_logs for r in p.log_records
            ]

    def metrics(self):
        """The newest of each name."""
        with self.lock:
            every = [
                m for t in self.got["metrics"] for r in t.resource_metrics for p in r.scope_metrics for m in p.metrics
            ]
        return {metric.name: metric for metric in every}


class HTTPCollector(Collector):
    """`certificate` names a PEM file of a certificate and one of its key: with it TLS is spoken."""

    def __init__(self, port=0, certificate=None):
        super().__init__()
        collector = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                collector.tries += 1
                mode = collector.mode
                kind = self.path.removeprefix("/v1/")
                if mode == "slow":
                    time.sleep(collector.delay)
                if kind not in KINDS or self.headers["Content-Type"] != "application/x-protobuf":
                    return self.answer(404, b"")
                if mode == "refuse":
                    return self.answer(400, b"no")
                if mode == "busy":
                    return self.answer(503, b"later", {"Retry-After": "1"})
                if mode == "redirect":
                    return self.answer(307, b"", {"Location": "http://127.0.0.1:1/"})
                if mode == "garbage":
                    self.wfile.write(b"\x00\xff this is no HTTP\r\n" * 10)
                    self.close_connection = True
                    return None
                if mode == "endless":
                    return self.endless()
                collector.take(kind, body, {name.lower(): text for name, text in self.headers.items()})
                return self.answer(200, KINDS[kind][1]().SerializeToString())

            def endless(self):
                self.send_response(200)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                for _ in range(1000):
                    self.wfile.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")

            def answer(self, status, body, headers={}):
                self.send_response(status)
                for name, text in headers.items():
                    self.send_header(name, text)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def handle(self):
                try:
                    super().handle()
                except OSError:
                    pass

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class GRPCCollector(Collector):
    def __init__(self, port=0, certificate=None):
        super().__init__()
        self.server = grpc.server(concurrent.futures.ThreadPoolExecutor(8))
        for kind, (request, response, service) in KINDS.items():
            handler = grpc.unary_unary_rpc_method_handler(
                self.handler(kind), response_serializer=lambda message: message.SerializeToString()
            )
            name = f"opentelemetry.proto.collector.{service}"
            self.server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(name, {"Export": handler}),))
        if certificate:
            own, key = (pathlib.Path(name).read_bytes() for name in certificate)
            credentials = grpc.ssl_server_credentials([(key, own)])
            self.port = self.server.add_secure_port(f"127.0.0.1:{port}", credentials)
        else:
            self.port = self.server.add_insecure_port(f"127.0.0.1:{port}")
        self.server.start()

    def handler(self, kind):
        def export(body, context):
            self.tries += 1
            if self.mode == "slow":
                time.sleep(self.delay)
            if self.mode == "refuse":
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, "no")
            if self.mode == "busy":
                context.abort(grpc.StatusCode.UNAVAILABLE, "later")
            self.take(kind, body, dict(context.invocation_metadata()))
            return KINDS[kind][1]()

        return export

    def close(self):
        self.server.stop(0).wait()
