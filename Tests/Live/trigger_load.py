"""Triggers runs as fast as it can until it is ended: trigger_load.py URL TOKEN FILE CONNECTIONS

Each accepted run's id is written to FILE, one a line, only after its 202 was read to its end. A server that goes
away is tried again. SIGTERM ends it.
"""
import http.client
import signal
import sys
import threading
import time
import urllib.parse


def main():
    url, token, path, connections = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    target = urllib.parse.urlparse(url)
    headers = {"Authorization": "Bearer " + token, "Content-Type": "application/json"}
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    ending = threading.Event()
    lock = threading.Lock()
    out = open(path, "a", buffering=1)

    def work():
        connection = None
        while not ending.is_set():
            try:
                connection = connection or http.client.HTTPConnection(
                    target.hostname, target.port, timeout=5)
                connection.request("POST", target.path, body="{}", headers=headers)
                answer = connection.getresponse()
                answer.read()
                if answer.status == 202:
                    with lock:
                        out.write(answer.headers["X-Run-Id"] + "\n")
                else:
                    time.sleep(0.05)
            except (OSError, http.client.HTTPException):
                connection = None
                time.sleep(0.01)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(connections)]
    for thread in threads:
        thread.start()
    # Waited for rather than handled: a handler may run while the main thread holds the event's own lock.
    signal.sigwait({signal.SIGTERM})
    ending.set()
    for thread in threads:
        thread.join(timeout=6)
    out.flush()


main()
