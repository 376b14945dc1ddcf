#!/usr/bin/env python3
"""Vigil and its peers on the same bytes, in turn: wall, processor seconds, peak memory, and ratios.

    run.py WORK VIGIL SIZE[,SIZE...] [ROUNDS] [ROW,ROW...]

WORK is the folder that run.sh prepares. Every round runs every row once, after reading the input once,
so that what else the machine does falls on all alike; medians are printed, with ratios to Vigil's row
of the same group. Only ratios within one table mean anything.
"""
import glob
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import time

WORK, VIGIL = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
SIZES = sys.argv[3].split(",")
ROUNDS = int(sys.argv[4]) if len(sys.argv) > 4 else 3
PICKED = sys.argv[5].split(",") if len(sys.argv) > 5 else None
HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = f"{WORK}/venv/bin/python"
ORIGIN = ["--origin", "benchmark", "--clock", "2026-01-01T00:00:00Z", "--quiet"]


class Row:
    """One line of the table. `commands` gets the corpus and a scratch folder and gives what to run;
    `before` makes ready what is not timed."""

    def __init__(self, group, name, commands, needs=None, before=None, answer=False):
        self.group, self.name, self.commands = group, name, commands
        self.needs, self.before, self.answer = needs, before, answer
        self.runs, self.digest, self.notes = [], None, ""

    def reason_to_skip(self):
        if self.needs and not os.path.exists(f"{WORK}/has/{self.needs}"):
            return f"no {self.needs}"
        return None


def peer(name, mode="scan"):
    return lambda corpus, scratch: [[PYTHON, f"{HERE}/{name}_peer.py", corpus, f"{scratch}/answer", mode]]


def scan(corpus, scratch):
    return [[VIGIL, "scan", "--question", "common", "--out", f"{scratch}/answer",
             f"{corpus}/gateway.jsonl", f"{corpus}/runs.jsonl"]]


def ingest(corpus, scratch):
    return [[VIGIL, "ingest", "--journal", f"{scratch}/journal", *ORIGIN,
             f"{corpus}/gateway.jsonl", f"{corpus}/runs.jsonl"]]


def detect(journal):
    return [VIGIL, "detect", "--journal", journal, "--format", "jsonl"]


def verify(journal):
    command = [VIGIL, "verify", "--journal", journal]
    return command + ["--integrity"] if has_integrity else command


def has_option(command, option):
    shown = subprocess.run([VIGIL, command, "--help"], capture_output=True, text=True).stdout
    return option in shown


has_integrity = has_option("verify", "--integrity")


def rows(size):
    journal = f"{WORK}/journals/{size}"
    segments = sorted(glob.glob(f"{journal}/segments/*.jsonl"))
    return [
        Row("the question from the files", "vigil scan", scan, answer=True),
        Row("the question from the files", "simdjson, C++", lambda corpus, scratch: [
            [f"{WORK}/bin/simdjson_peer", corpus, f"{scratch}/answer", "2"]], needs="simdjson", answer=True),
        Row("the question from the files", "DuckDB", peer("duckdb"), needs="duckdb", answer=True),
        Row("the question from the files", "ClickHouse", peer("clickhouse"), needs="chdb", answer=True),
        Row("the question from the files", "polars", peer("polars"), needs="polars", answer=True),
        Row("the question from the files", "Python, orjson", peer("orjson"), needs="orjson", answer=True),
        Row("into a store", "vigil ingest", ingest),
        Row("into a store", "the disk alone", lambda corpus, scratch: [
            [PYTHON, f"{HERE}/write.py", f"{WORK}/journals/{size}.bytes", f"{scratch}/bytes"]]),
        Row("into a store", "DuckDB, stored first", peer("duckdb", "store"), needs="duckdb", answer=True),
        Row("into a store", "ClickHouse, stored first", peer("clickhouse", "store"), needs="chdb", answer=True),
        Row("into a store, and judged", "vigil ingest + detect", lambda corpus, scratch: (
            ingest(corpus, scratch) + [detect(f"{scratch}/journal")])),
        Row("into a store, and judged", "ClickHouse, stored first", peer("clickhouse", "store"), needs="chdb",
            answer=True),
        Row("from the store", "vigil detect", lambda corpus, scratch: [detect(journal)]),
        Row("from the store", "DuckDB from the files", peer("duckdb"), needs="duckdb", answer=True),
        Row("verified", "vigil verify --integrity" if has_integrity else "vigil verify",
            lambda corpus, scratch: [verify(journal)]),
        Row("verified", "vigil verify, all verdicts",
            lambda corpus, scratch: [[VIGIL, "verify", "--journal", journal]]),
        Row("verified", "SHA-256 alone, C", lambda corpus, scratch: [
            [f"{WORK}/bin/sha256", "2", *segments]], needs="openssl"),
        Row("start-up", "vigil --help", lambda corpus, scratch: [[VIGIL, "--help"]] * 20),
    ]


def timed(command, scratch):
    """Wall and processor seconds, peak MB, status."""
    before = time.monotonic()
    with open(f"{scratch}/output", "w") as output, open(f"{scratch}/errors", "w") as errors:
        process = subprocess.Popen(command, stdout=output, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
    return (time.monotonic() - before, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024,
            os.waitstatus_to_exitcode(status))


def read_once(paths):
    buffer = bytearray(1 << 20)
    for path in paths:
        with open(path, "rb", buffering=0) as file:
            while file.readinto(buffer):
                pass


def run_once(row, corpus, scratch):
    shutil.rmtree(scratch, ignore_errors=True)
    os.makedirs(scratch)
    read_once(glob.glob(f"{corpus}/*.jsonl"))
    if row.group in ("from the store", "verified"):
        read_once(path for path in glob.glob(f"{WORK}/journals/{corpus.rsplit('/', 1)[1]}/**", recursive=True)
                  if os.path.isfile(path))
    wall, cpu, peak = 0, 0, 0
    for command in row.commands(corpus, scratch):
        took, used, most, status = timed(command, scratch)
        # 3: findings, which --fail-on would ask for; nothing else is a success.
        if status != 0:
            words = open(f"{scratch}/errors").read().strip().splitlines()[-1:]
            row.notes = f"status {status}: {' '.join(words)[:80]}"
            return False
        wall, cpu, peak = wall + took, cpu + used, max(peak, most)
    row.runs.append((wall, cpu, peak))
    if row.answer:
        row.digest = hashlib.sha256(open(f"{scratch}/answer", "rb").read()).hexdigest()[:12]
    return True


def prepare(size, corpus):
    """The finished journal that is detected in and verified: sealed and not compressed."""
    journal = f"{WORK}/journals/{size}"
    shutil.rmtree(journal, ignore_errors=True)
    subprocess.run([VIGIL, "ingest", "--journal", journal, *ORIGIN, f"{corpus}/gateway.jsonl",
                    f"{corpus}/runs.jsonl"], check=True, stdout=subprocess.DEVNULL)
    with open(f"{WORK}/journals/{size}.bytes", "w") as out:
        out.write(str(size_of(journal)))
    return size_of(journal)


def size_of(folder):
    return sum(os.path.getsize(path) for path in glob.glob(f"{folder}/**", recursive=True) if os.path.isfile(path))


def compressed_size(size):
    """Of a copy of the journal, every segment compressed that may be."""
    copy = f"{WORK}/journals/{size}-compressed"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(f"{WORK}/journals/{size}", copy)
    subprocess.run([VIGIL, "compress", "--journal", copy], check=True, stdout=subprocess.DEVNULL)
    result = size_of(copy)
    shutil.rmtree(copy)
    return result


def median(row, column):
    return statistics.median(run[column] for run in row.runs)


def print_table(table, size, truth, input_bytes):
    print(f"\n{size}: {input_bytes / 1e6:,.0f} MB, {truth['gateway_lines'] + truth['event_lines']:,} lines, "
          f"medians of {ROUNDS}, load {os.getloadavg()[0]:.1f}")
    print(f"{'':36}{'wall s':>9}{'CPU s':>9}{'peak MB':>9}{'wall':>8}{'CPU':>8}  answer")
    group, first = None, None
    for row in table:
        if row.group != group:
            group, first = row.group, row
            print(group)
        if not row.runs:
            print(f"  {row.name:34}{row.notes or 'not run'}")
            continue
        wall, cpu, peak = (median(row, column) for column in range(3))
        ratios = "" if row is first or not first.runs else (
            f"{median(first, 0) / wall:8.2f}{median(first, 1) / cpu:8.2f}")
        if row.name == "vigil --help":
            wall, cpu = wall / 20, cpu / 20
        print(f"  {row.name:34}{wall:9.3f}{cpu:9.3f}{peak:9.0f}{ratios:16}  {row.digest or ''}{row.notes}")
    print("ratios: the first row of the group by this one; below 1, the first is faster")


def main():
    growth = {}
    failed = False
    for size in SIZES:
        corpus = f"{WORK}/corpus/{size}"
        truth = json.load(open(f"{corpus}/truth.json"))
        table = [row for row in rows(size)]
        if PICKED:
            table = [row for row in table if any(word in row.name for word in PICKED)]
        journal_bytes = 0
        if any(row.group in ("from the store", "verified") or row.name == "the disk alone" for row in table):
            journal_bytes = prepare(size, corpus)
            # Its segments are known only now.
            names = [row.name for row in table]
            table = [row for row in rows(size) if row.name in names]
        for row in table:
            row.notes = row.reason_to_skip() or ""
        for number in range(ROUNDS):
            for row in table:
                if row.notes or not run_once(row, corpus, f"{WORK}/scratch"):
                    continue
            print(f"{size}: round {number + 1} of {ROUNDS} is done", file=sys.stderr)
        print_table(table, size, truth, truth["bytes"])
        digests = {row.digest for row in table if row.digest}
        if len(digests) > 1:
            print("the answers differ")
            failed = True
        elif digests:
            print(f"all answers are equal: {digests.pop()}")
        if journal_bytes:
            compressed = compressed_size(size)
            print(f"journal: {journal_bytes / truth['bytes']:.2f} of the input, "
                  f"{compressed / truth['bytes']:.2f} compressed")
        lines = truth["gateway_lines"] + truth["event_lines"]
        for row in table:
            if row.runs and row.name.startswith("vigil ") and row.name != "vigil --help":
                growth.setdefault(row.name, []).append((size, median(row, 1) / lines * 1e9))
        shutil.rmtree(f"{WORK}/scratch", ignore_errors=True)
    if len(SIZES) > 1:
        print("\nprocessor ns a line")
        for name, points in growth.items():
            print(f"  {name:34}" + "".join(f"{size:>6} {value:8.0f}" for size, value in points)
                  + f"   last by the one before: {points[-1][1] / points[-2][1]:.2f}")
    return 1 if failed else 0


sys.exit(main())
