"""The workflow of the peers' table in DBOS: POST /run answers with the result of a workflow of as many steps as its
payload says, each in PostgreSQL before the next one begins.

    steps.py PORT DATABASE-URL
"""

import json
import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from dbos import DBOS


@DBOS.step()
def step(payload: str) -> str:
    return payload


@DBOS.workflow()
def flow(payload: str) -> str:
    for _ in range(json.loads(payload)["steps"]):
        payload = step(payload)
    return payload


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # the answer goes out at once, not a header line at a time

    def do_POST(self):
        result = flow(self.rfile.read(int(self.headers["Content-Length"])).decode()).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(result)))
        self.end_headers()
        self.wfile.write(result)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = socket.SOMAXCONN


def main():
    port, url = int(sys.argv[1]), sys.argv[2]
    DBOS(config={"name": "steps", "system_database_url": url, "log_level": "ERROR", "run_admin_server": False})
    DBOS.launch()
    Server(("127.0.0.1", port), Handler).serve_forever()


main()
