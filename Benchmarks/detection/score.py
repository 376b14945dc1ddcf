#!/usr/bin/env python3
"""score.py TRACE FINDINGS.jsonl OUT.json: recall of a trace's labelled anomalies at alert budgets.

A budget of N is N natural alerts per 1,000 natural triggers after the warm-up; findings of one
episode cost one alert. `strict`: every natural alert costs. `adjusted`: natural events that meet the
injector's own definition (`nat_*` labels) are free. The threshold lies just above the first natural
alert that the budget does not pay for. Standard library only."""
import gzip
import json
import sys
from collections import defaultdict
from datetime import datetime

# family: rules that speak for it, kinds of label it must find, hard negatives it must leave alone
FAMILIES = {
    "time": ({"off_hours"}, ["off_hours", "spree"],
             ["hn_night_worker", "hn_shift_change", "hn_dst", "hn_traveller"]),
    "duration": ({"runaway"}, ["runaway", "hung"], ["hn_drift", "hn_bimodal", "hn_weekly"]),
    "resource": ({"resource_blowup"}, ["blowup_cpu", "blowup_mem"],
                 ["hn_drift", "hn_bimodal", "hn_weekly"]),
    "volume": ({"retry_storm", "trigger_burst", "denied_burst"}, ["retry_storm"], []),
    "no_request": ({"run_without_request"}, ["no_request"], []),
    "no_run": ({"request_without_run"}, ["no_run"], []),
    "pair": ({"first_seen"}, ["first_pair"], []),
}
FAMILY_OF_NATURAL = {
    "nat_runaway": "duration", "nat_blowup_cpu": "resource", "nat_blowup_mem": "resource",
    "nat_off_hours": "time", "nat_first_pair": "pair"}
BUDGETS = (1, 5)


def lines(path):
    with gzip.open(path, "rt") if path.endswith(".gz") else open(path) as file:
        for line in file:
            if line.strip():
                yield json.loads(line)


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Trace:
    """One subject per trigger: the request's id where there is one, else the run's."""

    def __init__(self, folder):
        self.meta = json.load(open(f"{folder}/meta.json"))
        self.at = {line["request_id"]: line["ts"] for line in lines(f"{folder}/requests.jsonl.gz")}
        self.request_of, runs = {}, {}
        for line in lines(f"{folder}/runs.jsonl.gz"):
            runs.setdefault(line["run_id"], line["ts"])
            if line["request_id"]:
                self.request_of[line["run_id"]] = line["request_id"]
        for name, at in runs.items():
            if self.request_of.get(name) not in self.at:
                self.at[name] = at
        self.labels, self.free, self.outlasting = {}, defaultdict(set), []
        for line in lines(f"{folder}/labels.jsonl.gz"):
            subject = self.subject(line)
            if line["label"].startswith("nat_"):
                self.free[FAMILY_OF_NATURAL[line["label"]]].add(subject)
                if line["label"] == "nat_runaway":
                    self.outlasting.append((subject, line["ratio"]))
            else:
                self.labels[subject] = line
        start = self.meta["warmup_end"]
        self.natural = {s for s, at in self.at.items() if at >= start and s not in self.labels}

    def subject(self, line):
        request, run = line.get("request_id"), line.get("run_id")
        if request in self.at or run is None:
            return request
        joined = self.request_of.get(run)
        return joined if joined in self.at else run

    def outlasting_ratios(self):
        """Duration over the job's 95th percentile, of natural runs of at least twice that."""
        return [ratio for subject, ratio in self.outlasting if subject in self.natural]

    def units(self, kind):
        """Subjects by incident, or one by one, of a kind of label."""
        incidents = defaultdict(list)
        for subject, label in self.labels.items():
            if label["label"] == kind:
                incidents[label.get("incident", subject)].append(subject)
        return list(incidents.values())


def read(trace, path):
    """family: subject: its findings as (score, ts), and the episode of each subject."""
    findings = {name: defaultdict(list) for name in FAMILIES}
    episodes = {name: {} for name in FAMILIES}
    unknown = acausal = 0
    for line in lines(path):
        subject = trace.subject(line)
        family = next((f for f, (rules, _, _) in FAMILIES.items() if line["rule"] in rules), None)
        if subject not in trace.at:
            unknown += 1
        elif family:
            at = instant(line["ts"])
            acausal += at < trace.at[subject] - 1
            findings[family][subject].append((line["score"], at))
            episodes[family][subject] = line.get("episode_id", subject)
    return findings, episodes, unknown, acausal


def threshold(trace, found, episode, count, free=frozenset()):
    best = defaultdict(lambda: float("-inf"))
    for subject, entries in found.items():
        if subject in trace.natural and subject not in free:
            key = episode[subject]
            best[key] = max(best[key], max(score for score, _ in entries))
    scores = sorted(best.values(), reverse=True)
    return scores[count] + 1e-9 * max(1, abs(scores[count])) if count < len(scores) else -1e300


def flagged(found, unit, level):
    return any(score >= level for subject in unit for score, _ in found.get(subject, ()))


def delay(trace, found, unit, level):
    truth = trace.labels[unit[0]].get("truth_ts")
    said = [at for s in unit for score, at in found.get(s, ()) if score >= level]
    return min(said) - truth if said and truth is not None else None


def at_level(trace, family, found, level):
    _, kinds, negatives = FAMILIES[family]
    result = {"threshold": level, "recall": {}, "by_strength": {}, "delay_h": {}, "negatives": {}}
    for kind in kinds:
        units = trace.units(kind)
        if not units:
            continue
        hits = [flagged(found, unit, level) for unit in units]
        result["recall"][kind] = sum(hits) / len(units)
        delays = sorted(d for u in units if (d := delay(trace, found, u, level)) is not None)
        if delays:
            result["delay_h"][kind] = delays[len(delays) // 2] / 3600
    for kind in negatives:
        subjects = [s for s, label in trace.labels.items() if label["label"] == kind]
        if subjects:
            result["negatives"][kind] = (
                sum(flagged(found, [s], level) for s in subjects), len(subjects))
    return result


def main(folder, path, out):
    trace = Trace(folder)
    findings, episodes, unknown, acausal = read(trace, path)
    result = {
        "trace": trace.meta["trace"], "natural": len(trace.natural), "unknown": unknown,
        "acausal": acausal, "families": {}}
    for family in FAMILIES:
        found, episode = findings[family], episodes[family]
        cells = {}
        for budget in BUDGETS:
            count = budget * len(trace.natural) // 1000
            for name, free in (("strict", frozenset()), ("adjusted", trace.free[family])):
                level = threshold(trace, found, episode, count, free)
                cells[f"{name} {budget}"] = at_level(trace, family, found, level)
        result["families"][family] = cells
    json.dump(result, open(out, "w"), indent=1)


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"), *sys.argv[2:])
