#!/bin/sh
# Verify beside its peers, over the same bytes, in one run: prints MB/s, processor seconds, peak memory.
#
#   Benchmarks/verify/run.sh path/to/vigil [ENTRIES]        default 2,000,000, about 2.3 GB on disk
#
# A plain journal of generated access log lines (awk, fixed seed), and the same one compressed. Peers read
# the same bytes: leaf-hashes hashes every entry with two threads, sha256sum all bytes once; verify also
# parses every entry (not with --integrity), hashes the tree, and compares leaf files and checkpoints.
# Needs GNU time and cc.
set -eu
vigil=$1
count=${2:-2000000}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

awk -v n="$count" 'BEGIN {
  srand(7)
  for (i = 0; i < n; i++)
    printf "{\"level\":\"info\",\"ts\":%.6f,\"logger\":\"http.log.access.log0\",\"msg\":\"handled request\",\"request\":{\"remote_ip\":\"10.0.%d.%d\",\"remote_port\":\"%d\",\"proto\":\"HTTP/2.0\",\"method\":\"POST\",\"host\":\"jobs.example.com\",\"uri\":\"/jobs/job%d/runs\",\"headers\":{\"User-Agent\":[\"Mozilla/5.0 (X11; Linux x86_64)\"],\"Accept\":[\"*/*\"]},\"tls\":{\"resumed\":false,\"version\":772,\"cipher_suite\":4865,\"proto\":\"h2\",\"server_name\":\"jobs.example.com\"}},\"bytes_read\":%d,\"user_id\":\"user%d\",\"duration\":%.9f,\"size\":%d,\"status\":202,\"resp_headers\":{\"Content-Type\":[\"application/json\"],\"X-Request-Id\":[\"%08x%016x\"]}}\n", 1764000000 + i * 0.37, rand() * 256, rand() * 256, 1024 + rand() * 60000, i % 7, rand() * 4000, rand() * 40, rand(), rand() * 90000, rand() * 4294967295, i
}' | "$vigil" ingest --journal "$folder/journal" --origin benchmark --quiet -

bytes=$(cat "$folder"/journal/segments/*.jsonl | wc -c)
measure() {
  name=$1
  shift
  /usr/bin/time -o "$folder/time" -f '%e %U %S %M' sh -c "$*" > "$folder/output"
  awk -v name="$name" -v bytes="$bytes" '{
    printf "%-28s %7.1f MB/s  %6.2f s elapsed  %6.2f s of processor  %7.1f MiB peak\n",
      name, bytes / 1e6 / $1, $1, $2 + $3, $4 / 1024
  }' "$folder/time"
}
echo "$count entries, $bytes bytes"
segments="$folder/journal/segments"
cat "$segments"/*.jsonl > /dev/null
cc -O2 -o "$folder/leaf-hashes" "$(dirname "$0")/leaf-hashes.c" -lcrypto -lpthread
for round in 1 2 3; do
  measure "vigil verify" "$vigil verify --journal $folder/journal"
  measure "vigil verify --integrity" "$vigil verify --integrity --journal $folder/journal"
  measure "SHA-256 of each, 2 threads" "$folder/leaf-hashes 2 $segments/*.jsonl"
  measure "sha256sum" "cat $segments/*.jsonl | sha256sum"
done
measure "vigil compress" "$vigil compress --journal $folder/journal"
cat "$folder/output"
measure "vigil verify, compressed" "$vigil verify --journal $folder/journal"
measure "zstdcat | sha256sum" "(zstdcat $segments/*.zst; cat $segments/*.jsonl) | sha256sum"
