"""Takes connections on a free loopback port and hangs up on each at once. Prints `PORT n`."""

import socket

listener = socket.create_server(("127.0.0.1", 0))
print("PORT", listener.getsockname()[1], flush=True)
while True:
    connection, _ = listener.accept()
    connection.close()
