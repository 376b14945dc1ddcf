#!/usr/bin/env bash
# Durable appends a second: Vigil's journal, a bare write + fdatasync loop, SQLite and PostgreSQL,
# in turn on one disk, several rounds; the median of the rounds is printed.
#
#   SECONDS_EACH=3 ROUNDS=3 RECORD_BYTES=300 DIRECTORY=.build Benchmarks/durable/run.sh
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=${SECONDS_EACH:-3} rounds=${ROUNDS:-3} bytes=${RECORD_BYTES:-300}
driver=${DRIVER:-.build/release/durable-benchmark}
work=$(mktemp -d "${DIRECTORY:-$PWD/.build}/durable-XXXXXX")
work=$(cd "$work" && pwd)
# PostgreSQL's own user has to reach its folder.
postgres=$(mktemp -d "${POSTGRES_DIRECTORY:-/var/tmp}/vigil-pg-XXXX")
chmod 755 "$postgres"
finish() {
  Benchmarks/durable/peers/postgres.sh stop "$postgres/server" 2>/dev/null || true
  rm -rf "$work" "$postgres"
}
trap finish EXIT

skipped=()
cc -O2 -o "$work/bare" Benchmarks/durable/peers/bare.c
has_sqlite=1
cc -O2 -pthread -o "$work/sqlite" Benchmarks/durable/peers/sqlite.c -lsqlite3 2>/dev/null || {
  has_sqlite=0
  skipped+=("SQLite: no libsqlite3-dev")
}
has_postgres=1
Benchmarks/durable/peers/postgres.sh start "$postgres/server" || {
  has_postgres=0
  skipped+=("PostgreSQL: no server binaries, or no user to run them")
}
if [ "$(stat -c %d "$work")" != "$(stat -c %d "$postgres")" ]; then
  skipped+=("note: PostgreSQL's folder $postgres is on another disk (POSTGRES_DIRECTORY)")
fi

for round in $(seq "$rounds"); do
  for producers in 1 32 1000; do
    rm -rf "$work"/vigil-* "$work"/sqlite-*
    "$driver" "$work" "$seconds" "$bytes" "$producers"
    "$work/bare" "$work" "$seconds" "$bytes" "$producers"
    # With a thousand of them SQLite only measures its lock, and PostgreSQL the scheduler.
    [ "$producers" -gt "${PEER_PRODUCERS_MAX:-32}" ] && continue
    [ "$has_sqlite" = 1 ] && "$work/sqlite" "$work" "$seconds" "$bytes" "$producers"
    [ "$has_postgres" = 1 ] &&
      Benchmarks/durable/peers/postgres.sh run "$postgres/server" "$seconds" "$bytes" "$producers"
  done
  echo "round $round of $rounds is done" >&2
done > "$work/results"

awk -F'\t' -f Benchmarks/durable/report.awk -v seconds="$seconds" -v rounds="$rounds" \
  -v bytes="$bytes" "$work/results"
for note in ${skipped[@]+"${skipped[@]}"}; do echo "$note"; done
