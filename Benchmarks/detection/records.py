#!/usr/bin/env python3
"""records.py TRACE > records.jsonl: a labelled job trace as native records, in order of time.

TRACE holds requests.jsonl.gz and runs.jsonl.gz (Documentation/Rules.md says what they are). A trace
knows the instant of a submission alone, so requests last 0 s. Standard library only."""
import gzip
import json
import sys
from datetime import datetime, timezone

EVENTS = {"succeeded": "succeeded", "failed": "failed", "killed": "killed", "unknown": "succeeded"}


def lines(path):
    with gzip.open(path, "rt") as file:
        for line in file:
            yield json.loads(line)


def time(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def common(kind, seconds, source, name):
    return {"v": 1, "kind": kind, "ts": time(seconds), "source": source, "id": name}


def request(line):
    record = common("request", line["ts"], "caddy/edge-1", line["request_id"])
    record.update(
        request_id=line["request_id"], principal=line["principal"], principal_type="human",
        groups=line["groups"] or None, zone=line["tz"], remote_ip=line["remote_ip"],
        method=line["method"], path=line["path"], status=line["status"], duration_s=0.0,
        job=line["job"])
    return record


def run(line):
    has_started = line["kind"] == "run.started"
    name = line["run_id"] + ("/started" if has_started else "/finished")
    record = common("run", line["ts"], "scheduler/pipelines-1", name)
    record.update(
        run_id=line["run_id"], request_id=line["request_id"], job=line["job"],
        event="started" if has_started else EVENTS[line["state"]], trigger="request", attempt=1)
    if not has_started:
        record.update({key: line[key] for key in ("duration_s", "cpu_s", "max_rss_bytes")})
    return record


def main(folder):
    entries = [(line["ts"], 0, request(line)) for line in lines(f"{folder}/requests.jsonl.gz")]
    for line in lines(f"{folder}/runs.jsonl.gz"):
        entries.append((line["ts"], 1 if line["kind"] == "run.started" else 2, run(line)))
    entries.sort(key=lambda entry: entry[:2])
    for _, _, record in entries:
        present = {key: value for key, value in record.items() if value is not None}
        print(json.dumps(present, separators=(",", ":")))


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
