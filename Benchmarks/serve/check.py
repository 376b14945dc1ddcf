"""Whether every trigger that a client saw accepted is one run in the journal: check.py FOLDER UNDER_WAY

FOLDER/accepted has a run id a line, from all clients; FOLDER/journal is the journal, closed. At most
UNDER_WAY triggers may be queued whose answer no client saw, since it had ended. Prints lines `name<tab>count`;
ends with 1, and says on standard error why, when a trigger was lost or doubled.
"""
import collections
import glob
import os
import re
import sys

QUEUED = re.compile(r'"source":"vigil/scheduler","id":"run/([0-9a-f]{32})/queued"')


def lines(pattern):
    for path in sorted(glob.glob(pattern)):
        with open(path, encoding="utf-8") as file:
            yield from file


def main():
    folder, under_way = sys.argv[1], int(sys.argv[2])
    accepted = collections.Counter(line.strip() for line in lines(os.path.join(folder, "accepted", "*")))
    queued, requests = collections.Counter(), 0
    for line in lines(os.path.join(folder, "journal", "segments", "*.jsonl")):
        queued.update(QUEUED.findall(line))
        requests += '"kind":"request"' in line
    lost = [run for run in accepted if run not in queued]
    doubled = [run for run in accepted + queued if accepted[run] > 1 or queued[run] > 1]
    unseen = len(queued) - len(accepted)
    for name, count in (("accepted, as clients saw it", accepted.total()), ("queued in the journal", queued.total()),
                        ("lost", len(lost)), ("doubled", len(doubled)),
                        ("queued, and the client had gone", unseen),
                        ("requests in the journal, from Caddy's log", requests)):
        print(f"{name}\t{count}")
    faults = [f"lost: {run}" for run in lost[:10]] + [f"doubled: {run}" for run in doubled[:10]]
    if unseen > under_way:
        faults.append(f"{unseen} queued runs of which no client knows: expected at most {under_way}")
    if not accepted:
        faults.append("no trigger was accepted")
    for fault in faults:
        print(f"check.py: {fault}", file=sys.stderr)
    sys.exit(1 if faults else 0)


main()
