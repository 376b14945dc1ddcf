#!/usr/bin/env bash
# Runs every harness under libFuzzer, one after the other, each in one process.
#
#   Fuzz/run.sh [SECONDS [HARNESS,...]]      60 seconds each, and all of them, unless told otherwise
#
# Prints for each: executions, edges covered, corpus, findings. Ends with 1 when there were findings;
# the inputs are named, and stay. What was learnt stays in .build-fuzz/corpus for the next run.
set -euo pipefail
seconds=${1:-60}
wanted=${2:-}
cd "$(dirname "$0")/.."
scratch=.build-fuzz

# Their own scratch directory: every module is instrumented, and nothing of it is for use.
VIGIL_FUZZ=1 swift build -c release --scratch-path "$scratch" --product fuzz
tool=$scratch/release/fuzz
# The backtraces of Swift's runtime would come before libFuzzer keeps the input.
export SWIFT_BACKTRACE=enable=no
mkdir -p "$scratch/findings" "$scratch/corpus"

# Real lines beside the seeds of the line formats.
real_lines() {
  local number=0
  for file in fixtures/recorded/*/*.log fixtures/recorded/*/*.jsonl; do
    while IFS= read -r line; do
      printf '%s' "$line" >"$1/real-$((number++))"
    done < <(awk 'length($0) < 4000 && NR % 40 == 1' "$file")
  done
}

printf '%-22s %12s %8s %8s %8s  %s\n' harness executions edges features corpus findings
status=0
run_count=0
while read -r name longest; do
  if [ -n "$wanted" ] && [[ ",$wanted," != *",$name,"* ]]; then continue; fi
  run_count=$((run_count + 1))
  corpus=$scratch/corpus/$name
  seeds=$scratch/seeds/$name
  log=$scratch/$name.log
  mkdir -p "$corpus" "$seeds" "Fuzz/corpus/$name"
  "$tool" seeds "$name" "$seeds"
  case $name in lines-*) real_lines "$seeds" ;; esac
  failed=0
  dictionary=()
  if [ -s "$seeds.dict" ]; then dictionary=("-dict=$seeds.dict"); fi
  VIGIL_FUZZ_HARNESS=$name "$tool" -max_total_time="$seconds" -max_len="$longest" -timeout=5 \
    -rss_limit_mb=2048 -print_final_stats=1 "${dictionary[@]}" \
    -artifact_prefix="$scratch/findings/$name-" "$corpus" "$seeds" "Fuzz/corpus/$name" \
    >"$log" 2>&1 || failed=1
  executions=$(awk '/stat::number_of_executed_units/ { print $2 }' "$log")
  last=$(grep -E '^#[0-9]+.*cov: ' "$log" | tail -1 || true)
  figure() { sed -nE "s/.* $1: ([0-9]+).*/\1/p" <<<"$last"; }
  found=none
  if [ "$failed" -ne 0 ]; then
    status=1
    found=$(sed -nE 's/.*Test unit written to (.*)/\1/p' "$log" | tail -1)
    found="${found:-see $log}: $(grep -m1 -E "^$name: |^Fatal error|ERROR: libFuzzer" "$log" || true)"
  fi
  printf '%-22s %12s %8s %8s %8s  %s\n' "$name" "${executions:-0}" "$(figure cov)" "$(figure ft)" \
    "$(ls "$corpus" | wc -l)" "$found"
done < <("$tool" list)
if [ "$run_count" -eq 0 ]; then
  echo "no harness $wanted: expected names of: $("$tool" list | awk '{ print $1 }' | paste -sd ,)" >&2
  exit 2
fi
exit "$status"
