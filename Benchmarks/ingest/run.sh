#!/bin/sh
# Ingest of one build beside another, in turn over the same bytes: lines and MB a second of processor
# time, medians; and whether both wrote the same entries.
#
#   Benchmarks/ingest/run.sh path/to/vigil [path/to/other/vigil] [COPIES] [ROUNDS]
#
# The corpus is fixtures/sixty-days COPIES times over (default 5: 200,000 lines, 109 MB), each copy
# sixty days later and with ids of its own. Needs gzip, awk, GNU time.
set -eu
first=$1
second=${2:-$1}
copies=${3:-5}
rounds=${4:-5}
here=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

for name in caddy-access.log launcher.jsonl luigi-events.jsonl; do
  copy=0
  while [ "$copy" -lt "$copies" ]; do
    gzip -dc "$here/fixtures/sixty-days/$name.gz" |
      sed -E "s/[0-9a-f]{4}([0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-)/$(printf %04x $((copy * 7919)))\1/g" |
      awk -v delay=$((copy * 5184000)) '{
        if (match($0, /"ts":[0-9]+/)) {
          seconds = substr($0, RSTART + 5, RLENGTH - 5) + delay
          $0 = substr($0, 1, RSTART + 4) sprintf("%.0f", seconds) substr($0, RSTART + RLENGTH)
        }
        print
      }'
    copy=$((copy + 1))
  done > "$folder/$name"
done
lines=$(cat "$folder"/*.log "$folder"/*.jsonl | wc -l)
bytes=$(cat "$folder"/*.log "$folder"/*.jsonl | wc -c)
echo "$lines lines, $bytes bytes"

measure() {
  rm -rf "$folder/journal"
  cat "$folder"/*.log "$folder"/*.jsonl > /dev/null
  /usr/bin/time -o "$folder/time" -f '%e %U %S %M' "$2" ingest --quiet --journal "$folder/journal" \
    --origin benchmark --clock 2026-11-24T00:00:00Z \
    "$folder/caddy-access.log" "$folder/launcher.jsonl" "$folder/luigi-events.jsonl" 2> /dev/null
  awk '{ print $2 + $3, $1, $4 }' "$folder/time" >> "$folder/$1.times"
  # What differs between two journals of one input: ids of control records, and keyed hashes.
  cat "$folder"/journal/segments/*.jsonl | sed -E 's/"original_hmac":"[0-9a-f]+"|"id":"[0-9a-f]{64}"//g' |
    sha256sum > "$folder/$1.sum"
}

round=0
while [ "$round" -lt "$rounds" ]; do
  measure first "$first"
  measure second "$second"
  round=$((round + 1))
done
for name in first second; do
  sort -n "$folder/$name.times" | awk -v name="$name" -v lines="$lines" -v bytes="$bytes" '
    { cpu[NR] = $1; wall[NR] = $2; memory = $3 > memory ? $3 : memory }
    END {
      middle = int((NR + 1) / 2)
      printf "%-7s %8.0f lines/s %6.1f MB/s a core  %5.2f s of processor (least %.2f)  %5.1f MiB peak\n",
        name, lines / cpu[middle], bytes / 1e6 / cpu[middle], cpu[middle], cpu[1], memory / 1024
    }'
done
cmp -s "$folder/first.sum" "$folder/second.sum" && echo "same entries" || { echo "other entries"; exit 1; }
