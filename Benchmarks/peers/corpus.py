#!/usr/bin/env python3
"""A corpus for comparisons: gateway.jsonl as Caddy 2.7 writes it, runs.jsonl as launcher and Luigi do.

    corpus.py DIRECTORY RUNS [SEED]

The same bytes for the same RUNS and SEED. About 7 KB a run: 5.01 gateway lines of 800 bytes (one POST
that triggers, four GETs, one refused POST in a hundred runs) and some nine events: run.requested,
run.spawned, run.exited of the launcher, task.start and task.success of one to five Luigi tasks.
Put in, a thousandth each: runs 8 to 15 deviations too long, triggers at hours at which the principal
never comes, runs that never end twice as many; half as many each: accepted requests without a run,
runs without a request. truth.json says how many.

Order of headers: Go walks a header map in random order, and so do these lines.
"""
import json
import os
import sys

import numpy as np

DIRECTORY, RUNS = sys.argv[1], int(sys.argv[2])
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else 7
PRINCIPALS, JOBS, HOSTS = 500, 300, 40
START, WEEKS = 1736121600, 12  # Monday 2025-01-06 00:00 UTC
BATCH = 100_000
random = np.random.default_rng([SEED, RUNS])


def hour_weights():
    """For each principal how often they come in each hour of the week: office hours of their zone."""
    zone = random.choice([-8, -5, 0, 1, 1, 1, 2, 5, 9], PRINCIPALS)
    works_at_night = random.random(PRINCIPALS) < 0.08
    begin = random.integers(7, 10, PRINCIPALS)
    weights = np.zeros((PRINCIPALS, 168))
    for principal in range(PRINCIPALS):
        for day in range(5):
            for hour in range(9):
                local = (22 if works_at_night[principal] else begin[principal]) + hour
                weights[principal, (day * 24 + local - zone[principal]) % 168] += 0.6 if hour == 4 else 1
    return weights


def popularity(count, slope):
    weights = 1 / np.arange(1, count + 1) ** slope
    weights = weights[random.permutation(count)]
    return weights / weights.sum()


def uuids(count, kind):
    """`count` UUIDs of version 4; `kind` is a digit that keeps two kinds apart."""
    digits = random.bytes(16 * count).hex()
    return [
        f"{digits[i:i+8]}-{digits[i+8:i+12]}-4{digits[i+13:i+16]}-{kind}{digits[i+17:i+20]}-{digits[i+20:i+32]}"
        for i in range(0, 32 * count, 32)
    ]


NAMES = ("ana bo chen dina eli fay gus hana ivo jun kim lea mo nia oto pia raj sam tea uma vic wen yan "
         "zoe amir").split()
VERBS = "load sync export train rollup reindex backup bill scrub report".split()
THINGS = ("orders ledger events users prices stock search media risk claims fleet ads churn geo mail audit "
          "quotes rates leads assets carts tickets sensors payouts refunds catalog labels forecast kpi "
          "feeds").split()
TASKS = ["Extract", "Validate", "Transform", "Load", "Notify"]
USERS = [f"{NAMES[i % 25]}.{'abcdefghklmnoprstvwz'[i // 25]}{i:03d}@corp.example" for i in range(PRINCIPALS)]
JOB_NAMES = [f"{VERBS[j % 10]}-{THINGS[j // 10]}" for j in range(JOBS)]
OWNERS = [f"team-{THINGS[(j * 7) % 30]}@corp.example" for j in range(JOBS)]
AGENTS = [
    ("curl/7.88.1", ['"Accept":["*/*"]']),
    ("python-requests/2.31.0",
     ['"Accept":["*/*"]', '"Accept-Encoding":["gzip, deflate"]', '"Connection":["keep-alive"]']),
    ("jobctl/1.14.2 (linux; amd64)", ['"Accept":["application/json"]', '"Accept-Encoding":["gzip"]']),
    ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/121.0.0.0 Safari/537.36",
     ['"Accept":["application/json, text/plain, */*"]', '"Accept-Language":["en-GB,en;q=0.9"]',
      '"Accept-Encoding":["gzip, deflate, br"]',
      r'"Sec-Ch-Ua":["\"Chromium\";v=\"121\", \"Not A(Brand\";v=\"99\""]']),
]


class Runs:
    """What happens: who triggers what when, and how long it takes."""

    def __init__(self):
        weights = hour_weights()
        self.principal = random.choice(PRINCIPALS, RUNS, p=popularity(PRINCIPALS, 0.6))
        self.job = random.choice(JOBS, RUNS, p=popularity(JOBS, 0.7))
        hour = self.hours(np.cumsum(weights / weights.sum(1, keepdims=True), axis=1))
        self.offhours = max(1, RUNS // 1000)
        for run in random.choice(RUNS, self.offhours, replace=False):
            hour[run] = random.choice(np.flatnonzero(weights[self.principal[run]] == 0))
        self.triggered = (START + random.integers(0, WEEKS, RUNS) * 604800 + hour * 3600
                          + random.random(RUNS) * 3600)
        deviation = random.standard_normal(RUNS).clip(-4.5, 4.5)
        self.runaway = max(1, RUNS // 1000)
        deviation[random.choice(RUNS, self.runaway, replace=False)] = random.uniform(8, 15, self.runaway)
        mean, spread = random.uniform(np.log(5), np.log(3600), JOBS), random.uniform(0.1, 0.5, JOBS)
        self.seconds = np.exp(mean[self.job] + spread[self.job] * deviation)
        self.spawned = self.triggered + random.exponential(1.5, RUNS) + 0.02
        odd = max(1, RUNS // 2000)
        special = random.permutation(RUNS)
        self.has_run = np.ones(RUNS, bool)
        self.has_request = np.ones(RUNS, bool)
        self.ends = np.ones(RUNS, bool)
        self.has_run[special[:odd]] = False
        self.has_request[special[odd:2 * odd]] = False
        self.ends[special[2 * odd:4 * odd]] = False
        self.odd = odd
        self.request_id = uuids(RUNS, "a")
        self.run_id = uuids(RUNS, "8")

    def hours(self, cumulated):
        drawn = random.random(RUNS)
        hours = np.empty(RUNS, np.int64)
        order = np.argsort(self.principal, kind="stable")
        bounds = np.searchsorted(self.principal[order], np.arange(PRINCIPALS + 1))
        for principal in range(PRINCIPALS):
            runs = order[bounds[principal]:bounds[principal + 1]]
            hours[runs] = np.searchsorted(cumulated[principal], drawn[runs], side="right").clip(0, 167)
        return hours


def shuffled(parts, count=64):
    """Some orders of the parts, one of which is drawn for each line."""
    return [",".join(parts[i] for i in random.permutation(len(parts))) for _ in range(count)]


def gateway_kinds(runs):
    """Time, kind and run of every gateway line, in the order of time. Kinds: 0 a trigger, 1 a run looked
    at, 2 a job, 3 a list, 4 the health check, 5 a trigger that is refused."""
    triggers = np.flatnonzero(runs.has_request)
    looks, refusals = random.integers(0, RUNS, 4 * RUNS), random.integers(0, RUNS, RUNS // 100)
    time = np.concatenate([
        runs.triggered[triggers], runs.triggered[looks] + random.exponential(120, len(looks)) + 0.5,
        runs.triggered[refusals] + random.uniform(1, 900, len(refusals))])
    kind = np.concatenate([
        np.zeros(len(triggers), np.int64), random.choice(4, len(looks), p=[.6, .2, .15, .05]) + 1,
        np.full(len(refusals), 5)])
    run = np.concatenate([triggers, looks, refusals])
    order = np.argsort(time, kind="stable")
    return time[order], kind[order], run[order]


def write_gateway(runs, path):
    time, kind, run = gateway_kinds(runs)
    heads, headers = [], []
    for principal in range(PRINCIPALS):
        agent, accepted = AGENTS[principal % 4]
        address = f"10.{20 + principal % 7}.{principal // 7}.{(principal * 37) % 250 + 2}"
        heads.append((f'"request":{{"remote_ip":"{address}","remote_port":"',
                      f'","client_ip":"{address}","proto":"HTTP/2.0","method":"'))
        headers.append(shuffled([f'"User-Agent":["{agent}"]', '"Authorization":["REDACTED"]'] + accepted))
    common = ['"Server":["Caddy"]', '"Content-Type":["application/json; charset=utf-8"]', '"X-Request-Id":["%s"]']
    accepted = shuffled(common + ['"Location":["/runs/%s"]', '"Cache-Control":["no-store"]'])
    others = shuffled(common + ['"Vary":["Accept-Encoding"]', '"Cache-Control":["no-cache"]', r'"Etag":["\"%s\""]'])

    def response(template, identifier, other):
        values = (identifier, other) if template.find("X-Request-Id") < max(
            template.find("Location"), template.find("Etag")) else (other, identifier)
        return template % values

    with open(path, "w", buffering=1 << 22) as out:
        for start in range(0, len(time), BATCH):
            rows = slice(start, start + BATCH)
            count = len(time[rows])
            fresh, tags = uuids(count, "b"), random.bytes(8 * count).hex()
            latency = random.exponential(0.012, count) + 0.0004
            port, size = random.integers(32768, 60999, count), random.integers(40, 9000, count)
            pick = random.integers(0, 64, count)
            lines = []
            columns = zip(time[rows].tolist(), kind[rows].tolist(), run[rows].tolist(), latency.tolist(),
                          port.tolist(), size.tolist(), pick.tolist(), fresh)
            for place, (at, what, which, took, source, bytes_out, order, identifier) in enumerate(columns):
                principal, job = runs.principal[which], JOB_NAMES[runs.job[which]]
                method, status, bytes_in = "GET", 200, 0
                if what == 0:
                    method, status, bytes_in = "POST", 202, 60 + bytes_out % 400
                    uri = f"/jobs/{job}/runs"
                    answer = response(accepted[order], runs.request_id[which], runs.run_id[which])
                else:
                    answer = response(others[order], identifier, tags[16 * place:16 * place + 16])
                    if what == 1:
                        uri, status = f"/runs/{runs.run_id[which]}", 304 if bytes_out % 5 == 0 else 200
                    elif what == 2:
                        uri = f"/jobs/{job}"
                    elif what == 3:
                        uri = f"/jobs?limit=50&offset={bytes_out % 20 * 50}&tag={OWNERS[runs.job[which]][:9]}"
                    elif what == 4:
                        uri = "/healthz"
                    else:
                        method, status, bytes_in = "POST", (403, 409, 429, 401)[bytes_out % 4], 60 + bytes_out % 400
                        uri = f"/jobs/{job}/runs"
                before, behind = heads[principal]
                lines.append(
                    f'{{"level":"info","ts":{at:.7f},"logger":"http.log.access.log0","msg":"handled request",'
                    f'{before}{source}{behind}{method}","host":"jobs.corp.example","uri":"{uri}","headers":'
                    f'{{{headers[principal][order]}}},"tls":{{"resumed":{"true" if bytes_out & 1 else "false"},'
                    f'"version":772,"cipher_suite":4865,"proto":"h2","server_name":"jobs.corp.example"}}}},'
                    f'"bytes_read":{bytes_in},"user_id":"{USERS[principal] if what != 4 else ""}",'
                    f'"duration":{took:.9f},"size":{bytes_out},"status":{status},"resp_headers":{{{answer}}}}}\n')
            out.write("".join(lines))
    return len(time)


def event_kinds(runs):
    """Time, kind, run, task number and seconds of every event, in the order of time. Kinds: 0 requested,
    1 spawned, 2 task.start, 3 task.success, 4 exited."""
    has = np.flatnonzero(runs.has_run)
    counts = random.integers(1, 6, RUNS)
    owner = np.repeat(has, counts[has])
    first = np.cumsum(counts[has]) - counts[has]
    number = np.arange(len(owner)) - np.repeat(first, counts[has])
    share = random.uniform(0.2, 1, len(owner))
    took = share / np.repeat(np.add.reduceat(share, first), counts[has]) * runs.seconds[owner] * 0.98
    total = np.cumsum(took)
    done = runs.spawned[owner] + total - np.repeat(total[first] - took[first], counts[has]) + 0.05
    ends = runs.ends[owner]
    exits = np.flatnonzero(runs.has_run & runs.ends)
    none = np.zeros(0)
    parts = [
        (runs.triggered[has] + 0.01, 0, has, None, None), (runs.spawned[has], 1, has, None, None),
        (done - took, 2, owner, number, None), (done[ends], 3, owner[ends], number[ends], took[ends]),
        (runs.spawned[exits] + runs.seconds[exits] + 0.06, 4, exits, None, runs.seconds[exits])]
    time = np.concatenate([part[0] for part in parts])
    kind = np.concatenate([np.full(len(part[0]), part[1]) for part in parts])
    run = np.concatenate([part[2] for part in parts])
    task = np.concatenate([np.zeros(len(part[0]), np.int64) if part[3] is None else part[3] for part in parts])
    seconds = np.concatenate([np.zeros(len(part[0])) if part[4] is None else part[4] for part in parts])
    order = np.argsort(time, kind="stable")
    return [column[order] for column in (time, kind, run, task, seconds)]


def write_runs(runs, path):
    columns = event_kinds(runs)
    count = len(columns[0])
    tags = random.bytes(5 * RUNS).hex()
    with open(path, "w", buffering=1 << 22) as out:
        for start in range(0, count, BATCH):
            rows = slice(start, start + BATCH)
            succeeded = (random.random(len(columns[0][rows])) < 0.985).tolist()
            cpu = random.uniform(0.1, 1.6, len(succeeded)).tolist()
            memory = random.integers(20 << 20, 4 << 30, len(succeeded)).tolist()
            lines = []
            for at, kind, run, task, seconds, good, share, rss in zip(
                    *(column[rows].tolist() for column in columns), succeeded, cpu, memory):
                request, identifier = runs.request_id[run], runs.run_id[run]
                job, user = JOB_NAMES[runs.job[run]], USERS[runs.principal[run]]
                pid = 1000 + run % 30000
                if kind in (2, 3):
                    family = TASKS[task]
                    event, elapsed = ("task.start", "") if kind == 2 else ("task.success", f',"elapsed":{seconds!r}')
                    lines.append(
                        f'{{"schema":"luigi-event/1","ts":{at:.7f},"event":"{event}","run_id":"{identifier}",'
                        f'"host":"worker-{run * 13 % HOSTS:02d}","pid":{pid},"task":{{"id":"{family}_{job}_'
                        f'{tags[10 * run:10 * run + 10]}","family":"{family}","owner_email":["{OWNERS[runs.job[run]]}"]}}'
                        f'{elapsed},"attempt_in_process":1}}\n')
                    continue
                head = f'{{"schema":"trigger-event/1","ts":{at:.7f},"event":'
                if kind == 0:
                    lines.append(
                        f'{head}"run.requested","run_id":"{identifier}","job":"{job}","params":{{"date":"2025-01-06"}},'
                        f'"request_id":"{request}","user":"{user}","groups":"operators","trigger":"http",'
                        f'"traceparent":null}}\n')
                elif kind == 1:
                    lines.append(
                        f'{head}"run.spawned","run_id":"{identifier}","request_id":"{request}","pid":{pid},'
                        f'"argv":["--module","{job.replace("-", "_")}","--date","2025-01-06"]}}\n')
                else:
                    lines.append(
                        f'{head}"run.exited","run_id":"{identifier}","request_id":"{request}","user":"{user}",'
                        f'"job":"{job}","pid":{pid},"exit_code":{0 if good else 1},"seconds":{seconds!r},'
                        f'"cpu_s":{seconds * share:.3f},"max_rss_bytes":{rss}}}\n')
            out.write("".join(lines))
    return count


os.makedirs(DIRECTORY, exist_ok=True)
runs = Runs()
paths = [os.path.join(DIRECTORY, name) for name in ("gateway.jsonl", "runs.jsonl")]
lines = write_gateway(runs, paths[0]), write_runs(runs, paths[1])
truth = dict(
    runs=RUNS, seed=SEED, runaway=runs.runaway, offhours=runs.offhours, accepted_without_run=runs.odd,
    runs_without_request=runs.odd, unfinished=2 * runs.odd, gateway_lines=lines[0], event_lines=lines[1],
    bytes=sum(os.path.getsize(path) for path in paths))
with open(os.path.join(DIRECTORY, "truth.json"), "w") as out:
    json.dump(truth, out, indent=1)
print(json.dumps(truth), file=sys.stderr)
