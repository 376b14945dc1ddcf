#!/usr/bin/env python3
"""Python's loops over orjson: what a script that someone writes in ten minutes does."""
import math
import re
import statistics
from collections import Counter, defaultdict

import orjson

from question import GATEWAY, RUNS, hand_in

is_route = re.compile(r"/jobs/[^/]+/runs\Z").match
triggers, gateway = {}, 0
with open(GATEWAY, "rb") as lines:
    for line in lines:
        entry = orjson.loads(line)
        gateway += 1
        request = entry["request"]
        if request["method"] == "POST" and 200 <= entry["status"] <= 299 and is_route(request["uri"]):
            triggers.setdefault(
                entry["resp_headers"]["X-Request-Id"][0],
                (entry["user_id"], (int(entry["ts"]) // 3600 + 72) % 168))
runs, finished = {}, defaultdict(list)
with open(RUNS, "rb") as lines:
    for line in lines:
        entry = orjson.loads(line)
        if not entry["schema"].startswith("trigger-event/"):
            continue
        if entry["event"] == "run.requested":
            runs[entry["request_id"]] = (entry["run_id"], entry["job"])
        elif entry["event"] == "run.exited" and entry["seconds"] > 0:
            finished[entry["job"]].append((math.log(entry["seconds"]), entry["run_id"], entry["request_id"]))

hours, totals = Counter(), Counter()
for identifier, place in triggers.items():
    if identifier in runs:
        hours[place] += 1
        totals[place[0]] += 1
found = [
    f"offhours\t{runs[identifier][0]}\t{runs[identifier][1]}\t{place[0]}" for identifier, place in triggers.items()
    if identifier in runs and totals[place[0]] >= 50 and hours[place] * 200 < totals[place[0]]]
offhours = len(found)
for job, values in finished.items():
    if len(values) < 8:
        continue
    median = statistics.median(x for x, _, _ in values)
    deviation = statistics.median(abs(x - median) for x, _, _ in values)
    if deviation <= 0:
        continue
    found += [f"runaway\t{run}\t{job}\t{triggers.get(request, ('',))[0]}" for x, run, request in values
              if 0.6745 * (x - median) / deviation > 6]
joined = sum(totals.values())
hand_in(
    found, gateway=gateway, triggers=len(triggers), runs=len(runs), joined=joined,
    unmatched_requests=len(triggers) - joined, unmatched_runs=len(runs) - joined,
    runaway=len(found) - offhours, offhours=offhours)
