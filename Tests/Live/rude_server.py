"""Takes connections on a free loopback port and hangs up on each at once.

    rude_server.py [CERTIFICATE KEY]

With a certificate it hangs up behind the handshake of TLS. Prints `PORT n`.
"""

import socket
import ssl
import sys

context = None
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
    except OSError:
        pass
    connection.close()
