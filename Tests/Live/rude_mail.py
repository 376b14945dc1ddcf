"""A mail server that takes its time, on a free loopback port, in nothing but sockets.

    rude_mail.py slow SECONDS | mute | greeting CODE | hello CODE | mail CODE | rcpt CODE | login
                 | crowd COUNT

Prints `PORT n`, then the first word of each command (two of AUTH), DOT behind a message's last line, KEPT
when it has taken one, and GONE when a client has hung up. slow: that long before it takes a message; mute:
no answer to QUIT; login: offers more mechanisms than it has; crowd: greets nobody until so many are there.
The rest: this reply to the connection, EHLO, MAIL or RCPT.
"""

import socket
import sys
import threading
import time

mode, value = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0
crowd = threading.Barrier(value if mode == "crowd" else 1)
lock = threading.Lock()


def tell(text):
    with lock:
        print(text, flush=True)


def data(stream):
    while stream.readline() not in (b".\r\n", b""):
        pass
    tell("DOT")
    if mode == "slow":
        time.sleep(value)
    tell("KEPT")
    return "250 kept"


def answer(word, line, stream, say):
    reply = {"EHLO": "hello", "HELO": "hello", "MAIL": "mail", "RCPT": "rcpt"}.get(word)
    if reply == mode:
        return f"{value} no"
    if word == "EHLO" and mode == "login":
        say("250-here")
        return "250 AUTH GSSAPI NTLM LOGIN PLAIN"
    if word == "AUTH":
        tell(line)
        if line == "AUTH GSSAPI":
            return "535 no"
        say("334 ")
        stream.readline()
        return "235 welcome"
    if word == "DATA":
        say("354 go on")
        return data(stream)
    return "250 yes"


def serve(connection):
    stream = connection.makefile("rwb", buffering=0)

    def say(text):
        stream.write(text.encode() + b"\r\n")

    try:
        crowd.wait()
        say(f"{value} no" if mode == "greeting" else "220 here")
        while line := stream.readline().decode("latin-1").strip():
            word = line.split(" ")[0].upper()
            tell(word)
            if word == "QUIT":
                if mode != "mute":
                    say("221 bye")
                break
            say(answer(word, line, stream, say))
        while mode == "mute" and connection.recv(4096):
            pass
        tell("GONE")
    except OSError:
        tell("GONE")
    finally:
        connection.close()


listener = socket.create_server(("127.0.0.1", 0), backlog=128)
tell(f"PORT {listener.getsockname()[1]}")
while True:
    accepted, _ = listener.accept()
    threading.Thread(target=serve, args=(accepted,), daemon=True).start()
