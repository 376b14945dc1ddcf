#!/usr/bin/env python3
"""report.py TRACES SCORES: the table of Documentation/Rules.md, with what peers reached and what
natural events cap. SCORES holds NAME.json of score.py for each folder NAME of TRACES."""
import json
import os
import sys

from score import Trace

ROWS = [
    ("time", "off_hours", "strict 1"), ("time", "off_hours", "strict 5"),
    ("time", "spree", "strict 1"), ("duration", "hung", "strict 1"),
    ("duration", "hung", "strict 5"), ("duration", "runaway", "strict 1"),
    ("duration", "runaway", "strict 5"), ("duration", "runaway", "adjusted 1"),
    ("resource", "blowup_cpu", "strict 1"), ("resource", "blowup_mem", "strict 1"),
    ("volume", "retry_storm", "strict 1"), ("pair", "first_pair", "strict 1"),
    ("no_request", "no_request", "strict 1"), ("no_run", "no_run", "strict 1"),
]


def number(value):
    return "–" if value is None else f"{value:.2f}"


def recalls(names, scores, peers):
    print("| kind | at | " + " | ".join(f"{n}: best peer | {n}: Vigil" for n in names) + " |")
    print("|---|---|" + "---|---|" * len(names))
    for family, kind, at in ROWS:
        cells = []
        for name in names:
            cell = scores[name]["families"][family][at]
            text = number(cell["recall"].get(kind))
            if kind in cell["delay_h"] and kind in ("hung", "runaway"):
                text += f", median delay {cell['delay_h'][kind]:.1f} h"
            cells += [number(peers.get(name, {}).get(f"{kind} {at}")), text]
        print(f"| {kind} | {at} | " + " | ".join(cells) + " |")


def negatives(names, scores):
    print("\nHard negatives flagged, of all, at strict 1 and strict 5:")
    for name in names:
        for family in ("time", "duration", "resource"):
            cells = scores[name]["families"][family]
            parts = []
            for kind, (_, total) in cells["strict 5"]["negatives"].items():
                one, five = (cells[f"strict {n}"]["negatives"][kind][0] for n in (1, 5))
                parts.append(f"{kind[3:]} {one} and {five} of {total} ({100 * five / total:.1f} %)")
            print(f"  {name} {family}: " + "; ".join(parts))


def caps(name, trace):
    """How many natural runs outlast what an alert within the hour would have to react to."""
    ratios = trace.outlasting_ratios()
    hung = [label for label in trace.labels.values() if label["label"] == "hung"]
    needed = sorted(2 + 3600 / label["hist_p95"] for label in hung)
    thousand = len(trace.natural) / 1000
    shares = [f"k = {k}: {sum(r >= k for r in ratios) / thousand:.1f}" for k in (2, 3, 5, 10)]
    print(f"  {name}: natural runs beyond k times their job's 95th percentile, per 1,000: "
          + ", ".join(shares))
    if needed:
        middle = needed[len(needed) // 2]
        print(
            f"  {name}: one hour past twice the percentile is {middle:.1f} times it for the median hung "
            f"run; {sum(r >= middle for r in ratios) / thousand:.1f} natural runs per 1,000 got there")


def main(traces, folder):
    names = sorted(f[:-5] for f in os.listdir(folder) if f.endswith(".json"))
    scores = {name: json.load(open(f"{folder}/{name}.json")) for name in names}
    peers = json.load(open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers.json")))
    recalls(names, scores, peers)
    negatives(names, scores)
    print("\nWhat natural events cap (they cost alerts like any other at strict):")
    for name in names:
        caps(name, Trace(f"{traces}/{name}"))
    odd = {name: (scores[name]["unknown"], scores[name]["acausal"]) for name in names}
    if any(sum(pair) for pair in odd.values()):
        print(f"\nfindings of unknown subjects, and before their subject was known: {odd}")


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"), sys.argv[2].rstrip("/"))
