"""Serves HTTP/1.1 with a thread for each connection: `server.py PORT`.

`/slow…` takes 20 ms, `/fail…` is answered with 500, all else with 200.
"""

import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    # One write for head and body, as servers in production do.
    wbufsize = -1

    def do_GET(self):
        if self.path.startswith("/slow"):
            time.sleep(0.02)
        body = f"answer to {self.path}".encode()
        self.send_response(500 if self.path.startswith("/fail") else 200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 128


Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
