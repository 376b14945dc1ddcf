"""A receiver of webhooks that misbehaves as its path says, on a free loopback port.

    http_sink.py FILE

Prints `PORT n`, then keeps each request as a line of JSON in FILE: method, path, headers, body in
base64. Paths: /ok, /status/CODE, /status/CODE/after/TEXT, /stall, /slow, /reset, /half, /huge,
/redirect, /garbage, /echo (400 with all that was sent), /bearer/TOKEN (401 for any other token).
"""

import base64
import json
import socket
import struct
import sys
import threading
import time
import urllib.parse

lock = threading.Lock()


def answer(code, body=b"", headers=()):
    lines = [f"HTTP/1.1 {code} x", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def read_request(stream):
    head = stream.readline().decode("latin-1").split()
    if len(head) != 3:
        return None
    headers = []
    while (line := stream.readline().decode("latin-1").strip()):
        name, value = line.split(":", 1)
        headers.append([name, value.strip()])
    length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
    return head[0], head[1], headers, stream.read(length)


def misbehave(connection, path, headers, body):
    words = [urllib.parse.unquote(word) for word in path.strip("/").split("/")]
    bearer = next((value for name, value in headers if name.lower() == "authorization"), "")
    match words[0]:
        case "ok":
            connection.sendall(answer(200, b"ok"))
        case "status":
            after = [f"Retry-After: {words[3]}"] if len(words) > 3 else []
            connection.sendall(answer(int(words[1]), b"no, thanks", after))
        case "stall":
            time.sleep(3600)
        case "slow":
            connection.sendall(b"HTTP/1.1 200 x\r\nContent-Length: 5\r\n\r\no")
            time.sleep(3600)
        case "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        case "half":
            connection.sendall(b"HTTP/1.1 200 x\r\nContent-Length: 100\r\n\r\nhalf")
        case "huge":
            connection.sendall(b"HTTP/1.1 200 x\r\nContent-Length: 99999999\r\n\r\n")
            for _ in range(1000):
                connection.sendall(b"x" * 100_000)
        case "redirect":
            connection.sendall(answer(307, b"", ["Location: /ok"]))
        case "garbage":
            connection.sendall(b"220 mail.example ESMTP\r\n")
        case "bearer":
            connection.sendall(answer(200 if bearer == "Bearer " + words[1] else 401))
        case _:
            said = path + "\n" + json.dumps(headers) + "\n" + body.decode("utf-8", "replace")
            connection.sendall(answer(400, said.encode()[:60_000]))


def serve(connection, file):
    with connection:
        try:
            request = read_request(connection.makefile("rb"))
            if request is None:
                return
            method, path, headers, body = request
            with lock, open(file, "a") as lines:
                print(json.dumps({
                    "method": method, "path": path, "headers": headers,
                    "body": base64.b64encode(body).decode(),
                }), file=lines)
            misbehave(connection, path, headers, body)
        except OSError:
            pass


listener = socket.create_server(("127.0.0.1", 0))
print("PORT", listener.getsockname()[1], flush=True)
while True:
    accepted, _ = listener.accept()
    threading.Thread(target=serve, args=(accepted, sys.argv[1]), daemon=True).start()
