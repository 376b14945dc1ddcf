"""What every peer's program shares: its arguments, and how it hands in its answer.

    peer.py DIRECTORY ANSWER [MODE]

DIRECTORY has gateway.jsonl and runs.jsonl; the answer's lines go to ANSWER, sorted bytewise; the counts
to standard output, as one JSON line. What is asked: Documentation/Benchmarks.md.
"""
import json
import os
import sys

DIRECTORY, ANSWER = os.path.abspath(sys.argv[1]), sys.argv[2]
MODE = sys.argv[3] if len(sys.argv) > 3 else "scan"
GATEWAY, RUNS = f"{DIRECTORY}/gateway.jsonl", f"{DIRECTORY}/runs.jsonl"


def hand_in(lines, **counts):
    with open(ANSWER, "w") as out:
        out.write("".join(line + "\n" for line in sorted(lines, key=lambda line: line.encode())))
    print(json.dumps(counts))
