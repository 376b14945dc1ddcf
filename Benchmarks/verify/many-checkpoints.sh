#!/bin/sh
# Peak memory of verify beside the number of checkpoints: a journal with one checkpoint an entry.
#
#   Benchmarks/verify/many-checkpoints.sh path/to/vigil [COUNT...]     default 10000 1000000 8000000
#
# 8,000,000 checkpoints are 2.5 years of one every ten seconds. The journal is written by python3 in the
# form of the version before signing, so that its making does not cost a signature each: checking signatures
# holds one note at a time. Needs GNU time, and 5 GB of disk for 8,000,000.
set -eu
vigil=$1
shift
[ $# -gt 0 ] || set -- 10000 1000000 8000000
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for count in "$@"; do
  "$vigil" init --journal "$folder/$count" --origin benchmark > "$folder/log" 2>&1
  python3 - "$folder/$count" "$count" << 'PYTHON'
import base64, glob, hashlib, os, re, sys

journal, count = sys.argv[1], int(sys.argv[2])
sha = lambda data: hashlib.sha256(data).digest()
segment = sorted(glob.glob(journal + "/segments/*.jsonl"))[-1]
edge = []  # complete subtrees, largest first: (height, hash), RFC 6962


def push(leaf):
    height = 0
    while edge and edge[-1][0] == height:
        leaf, height = sha(b"\1" + edge.pop()[1] + leaf), height + 1
    edge.append((height, leaf))


def root():
    value = edge[-1][1]
    for _, left in reversed(edge[:-1]):
        value = sha(b"\1" + left + value)
    return value


at = "2026-11-24T05:00:00.000000Z"
with open(segment, "ab") as entries, open(segment[:-6] + ".leaf", "ab") as leaves, \
        open(journal + "/checkpoints", "wb") as checkpoints:
    for size in range(1, count + 1):
        line = (f'{{"v":1,"kind":"control","ts":"{at}","source":"vigil/benchmark",'
                f'"id":"n/{size}","event":"notice","received_at":"{at}"}}').encode()
        leaf = sha(b"\0" + line)
        push(leaf)
        entries.write(line + b"\n")
        leaves.write(leaf)
        body = b"benchmark\n%d\n%s\n" % (size, base64.b64encode(root()))
        checkpoints.write(body + b"\n")
with open(journal + "/checkpoint", "wb") as newest:
    newest.write(body)
settings = open(journal + "/journal.json").read()
open(journal + "/journal.json", "w").write(re.sub(r'"vkey":"[^"]*",', "", settings, count=1))
os.remove(journal + "/key")
PYTHON
  /usr/bin/time -o "$folder/time" -f '%e %M' "$vigil" verify --journal "$folder/$count" > "$folder/log" \
    || { cat "$folder/log"; exit 1; }
  awk -v count="$count" '{ printf "%9d checkpoints  %7.1f s  %6.1f MiB peak\n", count, $1, $2 / 1024 }' \
    "$folder/time"
  rm -rf "${folder:?}/$count"
done
