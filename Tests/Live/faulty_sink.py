"""A receiver of webhooks with moods, on a stated loopback port.

    faulty_sink.py PORT FILE SEED

Of each request it keeps `KEY SHA-256-OF-BODY MOOD FINDING-IDS` as a line of FILE, before it answers.
Moods, drawn by seed: 200, 503, reset, 200 after a pause.
"""

import hashlib
import http.server
import json
import random
import socket
import struct
import sys
import threading
import time

port, file, seed = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
chance = random.Random(seed)
lock = threading.Lock()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        ids = [one["finding_id"] for one in json.loads(body)["data"]["findings"]]
        with lock:
            mood = chance.choices(["ok", "busy", "reset", "slow"], [80, 8, 8, 4])[0]
            with open(file, "a") as lines:
                digest = hashlib.sha256(body).hexdigest()
                print(self.headers["Idempotency-Key"], digest, mood, ",".join(ids), file=lines)
        if mood == "reset":
            self.connection.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
            return
        if mood == "slow":
            time.sleep(0.3)
        self.send_response(503 if mood == "busy" else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *words):
        pass


class Server(http.server.ThreadingHTTPServer):
    allow_reuse_address = True
    daemon_threads = True


print("ready", flush=True)
Server(("127.0.0.1", port), Handler).serve_forever()
