"""Takes connections on a free loopback port and hangs up on each at once.

    rude_server.py [CERTIFICATE KEY | --talk]

With a certificate it hangs up behind the handshake of TLS. With --talk it says something that nobody asked
for and then reads to the end. Prints `PORT n`.
"""

import socket
import ssl
import sys

context = None
talks = sys.argv[1:] == ["--talk"]
if len(sys.argv) > 2:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
listener = socket.create_server(("127.0.0.1", 0))
print("PORT", listener.getsockname()[1], flush=True)
while True:
    connection, _ = listener.accept()
    try:
        if context:
            connection = context.wrap_socket(connection, server_side=True)
        if talks:
            connection.sendall(b"* relay ready *\r\n")
            while connection.recv(4096):
                pass
    except OSError:
        pass
    connection.close()
