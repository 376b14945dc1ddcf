#!/usr/bin/env bash
# Recall of labelled anomalies in real job traces, through the built tool, beside what peers reached.
#
#   Benchmarks/detection/run.sh TRACES
#
# TRACES holds a folder per trace with requests.jsonl.gz, runs.jsonl.gz, labels.jsonl.gz, meta.json.
# They come from the Parallel Workloads Archive (D. Feitelson), which asks for acknowledgement: they
# stay outside the repository. Batch queues make a run wait for days: hence the join window.
set -euo pipefail
cd "$(dirname "$0")/../.."

traces=${1:?usage: run.sh TRACES (a folder with one folder per trace)}
vigil=${VIGIL:-.build/release/vigil}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/scores"
echo '{ join: { window: "14d", request_window: "60s" } }' > "$work/config.json5"

found=0
for trace in "$traces"/*/; do
  [ -f "$trace/labels.jsonl.gz" ] || continue
  found=1
  name=$(basename "$trace")
  echo "$name: records, journal, findings, scores" >&2
  python3 Benchmarks/detection/records.py "$trace" > "$work/$name.jsonl"
  "$vigil" ingest --journal "$work/$name" --format record "$work/$name.jsonl" > "$work/ingest.log"
  "$vigil" detect --journal "$work/$name" --config "$work/config.json5" --p-max 0.05 \
    --format jsonl > "$work/findings.jsonl"
  python3 Benchmarks/detection/score.py "$trace" "$work/findings.jsonl" "$work/scores/$name.json"
  rm -rf "${work:?}/$name" "$work/$name.jsonl"
done
[ "$found" = 1 ] || { echo "run.sh: no trace in $traces: expected TRACES/NAME/labels.jsonl.gz" >&2; exit 2; }
python3 Benchmarks/detection/report.py "$traces" "$work/scores"
