"""How long from a POST to the job's first instruction: latency.py URL TOKEN FOLDER COUNT

Sends COUNT triggers one after the other over one connection. The job `clock` writes the time at which it
begins (date, so a millisecond of its own start is counted in); each is waited for before the next.
Prints a line each, `name<tab>n<tab>p50<tab>p99<tab>largest` in milliseconds, and beside it what a write and
sync of 4 kB costs on the same disk. FOLDER/state is the scheduler's; the runs go to FOLDER/accepted.
"""
import http.client
import os
import ssl
import sys
import time
import urllib.parse


def quantile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def sync_times(folder, count):
    path = os.path.join(folder, "sync-probe")
    times = []
    with open(path, "wb") as file:
        for _ in range(count):
            start = time.perf_counter()
            file.write(b"x" * 4096)
            file.flush()
            os.fdatasync(file.fileno())
            times.append(1e3 * (time.perf_counter() - start))
    os.remove(path)
    return times


def started_at(state, run):
    path = os.path.join(state, "runs", run, "1", "stdout")
    for _ in range(20000):
        try:
            text = open(path).read()
        except OSError:
            text = ""
        if text.endswith("\n"):
            return int(text) / 1e9
        time.sleep(0.0005)
    sys.exit(f"latency.py: run {run} wrote nothing within ten seconds")


def main():
    url, token, folder, count = sys.argv[1:4] + [int(sys.argv[4])]
    state = os.path.join(folder, "state")
    target = urllib.parse.urlparse(url)
    # The authority is one that Caddy made for this run alone.
    connection = http.client.HTTPSConnection(
        target.hostname, target.port, context=ssl._create_unverified_context())
    headers = {"Authorization": "Bearer " + token, "Content-Type": "application/json"}
    waits, answers, runs = [], [], []
    for _ in range(count):
        begin = time.time()
        connection.request("POST", "/jobs/clock/runs", body="{}", headers=headers)
        answer = connection.getresponse()
        answer.read()
        answers.append(1e3 * (time.time() - begin))
        if answer.status != 202:
            sys.exit(f"latency.py: status {answer.status}")
        runs.append(answer.headers["X-Run-Id"])
        waits.append(1e3 * (started_at(state, runs[-1]) - begin))
    syncs = sync_times(state, 200)
    for name, values in (("POST to first instruction", waits), ("POST to 202", answers),
                         ("write and sync of 4 kB", syncs)):
        print(f"{name}\t{len(values)}\t{quantile(values, .5):.2f}\t{quantile(values, .99):.2f}\t"
              f"{max(values):.2f}")
    with open(os.path.join(folder, "accepted", "latency"), "w", encoding="utf-8") as file:
        file.writelines(run + "\n" for run in runs)


main()
