#!/usr/bin/env bash
# An export of a million records as JSON Lines on one core, beside programs that read and write the same
# lines, in turn; then the check. Records a second of processor time, elapsed time, peak memory.
#
#   Benchmarks/export/run.sh [VIGIL] [RECORDS] [ROUNDS]     default .build/release/vigil, 1,000,000, 3
#
# The journal is made anew from records.py: the same number gives the same records. jq -c and Python's json
# parse every record and write it again; an export also hashes every entry and the tree, every file, joins
# the records into activities, writes those, and the proofs. "records only" of sqlite3 is the least that a
# database asks: one column, no parsing. Needs python3, GNU time, taskset; jq and sqlite3 where they are.
set -euo pipefail
cd "$(dirname "$0")/../.."
vigil=$(realpath "${1:-.build/release/vigil}") count=${2:-1000000} rounds=${3:-3}
folder=$(mktemp -d "${TMPDIR:-/tmp}/vigil-export-XXXXXX")
trap 'rm -rf "$folder"' EXIT

python3 Benchmarks/export/records.py $((count / 4)) > "$folder/records.jsonl"
"$vigil" ingest --quiet --journal "$folder/journal" --origin benchmark --format record \
  --clock 2026-11-01T00:00:00Z "$folder/records.jsonl"
# One export ahead: it puts the columns beside the journal that later ones read.
"$vigil" export --journal "$folder/journal" --out "$folder/first" --format jsonl --no-findings --by bench > /dev/null
entries=$(sed -n 2p "$folder/journal/checkpoint")
echo "$count records, $(wc -c < "$folder/records.jsonl") bytes; $entries entries"

# Pinned to one core.
measure() {
  local name=$1
  shift
  rm -rf "$folder/package" "$folder/base"
  cat "$folder/journal"/segments/*.jsonl "$folder/records.jsonl" > /dev/null
  taskset -c 0 /usr/bin/time -o "$folder/time" -f '%U %S %e %M' "$@" > "$folder/output" 2> "$folder/errors" ||
    { echo "$name: failed" >&2; cat "$folder/output" "$folder/errors" >&2; exit 1; }
  awk -v name="$name" '{ print name "\t" $1 + $2 "\t" $3 "\t" $4 }' "$folder/time" >> "$folder/times"
}

export_of() { "$vigil" export --journal "$folder/journal" --format jsonl --by bench --out "$folder/$1" "${@:2}"; }
export -f export_of
export vigil folder
for ((round = 0; round < rounds; round++)); do
  measure "vigil export, no findings" bash -c 'export_of package --no-findings'
  measure "vigil export, findings" bash -c 'export_of package'
  measure "vigil check-export" "$vigil" check-export "$folder/first"
  command -v jq > /dev/null && measure "jq -c, same lines" jq -c . "$folder/records.jsonl"
  command -v sqlite3 > /dev/null && measure "sqlite3 import, records only" sqlite3 "$folder/base" \
    -cmd 'create table records(line)' -cmd '.mode ascii' -cmd '.separator "\001" "\n"' \
    ".import $folder/records.jsonl records"
  measure "Python json, same lines" python3 -c '
import json, sys
for line in open(sys.argv[1]):
    sys.stdout.write(json.dumps(json.loads(line), separators=(",", ":")) + "\n")' "$folder/records.jsonl"
done
measure "vigil export, .zip" bash -c 'export_of package.zip --no-findings'
measure "vigil check-export, .zip" "$vigil" check-export "$folder/package.zip"
measure "vigil export, filtered" bash -c 'export_of package --no-findings --where job=job-7'

sort -t "$(printf '\t')" -k1,1 -k2,2n "$folder/times" | awk -F '\t' -v count="$count" '
  { cpu[$1] = cpu[$1] " " $2; wall[$1] = wall[$1] " " $3; if ($4 > memory[$1]) memory[$1] = $4 }
  END {
    for (name in cpu) {
      n = split(cpu[name], values, " "); split(wall[name], walls, " ")
      middle = values[int((n + 1) / 2)]
      rate[name] = count / middle
      least[name] = values[1]; most[name] = values[n]
    }
    base = rate["vigil export, no findings"]
    for (name in cpu)
      printf "%-30s %9.0f records/s  %6.2f s of processor (%.2f to %.2f)  %6.1f MiB  export is %.2f times as fast\n",
        name, rate[name], count / rate[name], least[name], most[name], memory[name] / 1024, base / rate[name]
  }' | sort
