"""Receives OTLP by gRPC and HTTP, and prints each data point and span as a line of JSON.

The first line is {"grpc": PORT, "http": PORT}. Messages are decoded by the classes of the
OpenTelemetry project, so that what is printed is what its own tools would read.
"""

import gzip
import json
import sys
import threading
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
from opentelemetry.proto.collector.metrics.v1 import (
    metrics_service_pb2 as metrics_pb2,
    metrics_service_pb2_grpc as metrics_grpc,
)
from opentelemetry.proto.collector.trace.v1 import (
    trace_service_pb2 as trace_pb2,
    trace_service_pb2_grpc as trace_grpc,
)

LOCK = threading.Lock()
# How many of the first spans are refused, to see what the exporter makes of it.
REFUSED = int(sys.argv[1]) if len(sys.argv) > 1 else 0
# Where to listen for gRPC; 0 lets the system choose.
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 0


def write(**fields):
    with LOCK:
        print(json.dumps(fields), flush=True)


def value(any_value):
    kind = any_value.WhichOneof("value")
    return getattr(any_value, kind)


def attributes(pairs):
    return {pair.key: value(pair.value) for pair in pairs}


def take_metrics(request, way):
    for about in request.resource_metrics:
        resource = attributes(about.resource.attributes)
        for scope in about.scope_metrics:
            for metric in scope.metrics:
                common = {"name": metric.name, "unit": metric.unit, "resource": resource, "way": way}
                kind = metric.WhichOneof("data")
                for point in getattr(metric, kind).data_points:
                    fields = {"time": point.time_unix_nano, "attributes": attributes(point.attributes)}
                    if kind == "gauge":
                        fields["value"] = getattr(point, point.WhichOneof("value"))
                    else:
                        fields["count"] = point.count
                        fields["sum"] = point.sum
                        fields["quantiles"] = {str(q.quantile): q.value for q in point.quantile_values}
                    write(kind=kind, **common, **fields)


def take_traces(request, way):
    for about in request.resource_spans:
        resource = attributes(about.resource.attributes)
        for scope in about.scope_spans:
            for span in scope.spans:
                write(
                    kind="span",
                    way=way,
                    name=span.name,
                    resource=resource,
                    scope=scope.scope.name,
                    span_kind=span.kind,
                    trace_id=span.trace_id.hex(),
                    span_id=span.span_id.hex(),
                    parent=span.parent_span_id.hex(),
                    start=span.start_time_unix_nano,
                    end=span.end_time_unix_nano,
                    attributes=attributes(span.attributes),
                )


def metadata(context):
    return dict(context.invocation_metadata())


class Metrics(metrics_grpc.MetricsServiceServicer):
    def Export(self, request, context):
        write(kind="headers", way="grpc", key=metadata(context).get("api-key"))
        take_metrics(request, "grpc")
        return metrics_pb2.ExportMetricsServiceResponse()


class Traces(trace_grpc.TraceServiceServicer):
    def Export(self, request, context):
        take_traces(request, "grpc")
        answer = trace_pb2.ExportTraceServiceResponse()
        if REFUSED:
            answer.partial_success.rejected_spans = REFUSED
            answer.partial_success.error_message = "no room for all"
        return answer


class Http(BaseHTTPRequestHandler):
    def do_POST(self):
        body = gzip.decompress(self.rfile.read(int(self.headers["content-length"])))
        write(kind="headers", way="http", key=self.headers.get("api-key"))
        if self.path == "/v1/metrics":
            take_metrics(metrics_pb2.ExportMetricsServiceRequest.FromString(body), "http")
            answer = metrics_pb2.ExportMetricsServiceResponse()
        else:
            assert self.path == "/v1/traces", self.path
            take_traces(trace_pb2.ExportTraceServiceRequest.FromString(body), "http")
            answer = trace_pb2.ExportTraceServiceResponse()
        payload = answer.SerializeToString()
        self.send_response(200)
        self.send_header("content-type", "application/x-protobuf")
        self.send_header("content-length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *_):
        pass


def main():
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=2))
    metrics_grpc.add_MetricsServiceServicer_to_server(Metrics(), server)
    trace_grpc.add_TraceServiceServicer_to_server(Traces(), server)
    grpc_port = server.add_insecure_port(f"127.0.0.1:{PORT}")
    server.start()
    http = ThreadingHTTPServer(("127.0.0.1", 0), Http)
    print(json.dumps({"grpc": grpc_port, "http": http.server_address[1]}), flush=True)
    http.serve_forever()


main()
