#!/usr/bin/env bash
# postgres.sh start DIRECTORY | run DIRECTORY SECONDS RECORD-BYTES CLIENTS | stop DIRECTORY
#
# A server of its own on a private socket, default durability (fsync and synchronous_commit on).
# `run` makes single-row commits with pgbench and prints, tab-separated: postgresql, CLIENTS,
# commits a second, median and 99th percentile of a client's wait in microseconds.
set -euo pipefail

binaries=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
action=$1 directory=$2

# The server refuses to run as root.
as_user() {
  if [ "$(id -u)" -eq 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}

case $action in
  start)
    [ -n "$binaries" ] && [ -x "$binaries/initdb" ] && [ -x "$binaries/pgbench" ] || exit 3
    if [ "$(id -u)" -eq 0 ]; then id postgres >/dev/null 2>&1 || exit 3; fi
    mkdir -p "$directory"
    if [ "$(id -u)" -eq 0 ]; then chown postgres: "$directory"; fi
    as_user "$binaries/initdb" -D "$directory/data" -A trust --no-sync >"$directory.log" 2>&1
    as_user "$binaries/pg_ctl" -D "$directory/data" -w -l "$directory/server.log" -o \
      "-c listen_addresses='' -c unix_socket_directories='$directory' -c max_connections=1100" \
      start >>"$directory.log" 2>&1
    as_user "$binaries/psql" -h "$directory" -d postgres -q \
      -c 'CREATE TABLE entry(id bigserial PRIMARY KEY, line text)'
    ;;
  run)
    seconds=$3 bytes=$4 clients=$5
    work=$(as_user mktemp -d "$directory/run-XXXXXX")
    line=$(head -c "$bytes" /dev/zero | tr '\0' x)
    as_user sh -c "echo \"INSERT INTO entry(line) VALUES ('$line');\" > '$work/script'"
    rate=$(as_user sh -c "cd '$work' && exec '$binaries/pgbench' -h '$directory' -d postgres -n \
      -M prepared -f script -c $clients -j 2 -T $seconds --log --log-prefix=wait" 2>/dev/null |
      sed -n 's/^tps = \([0-9.]*\).*/\1/p')
    # The third column of the log is the latency in microseconds.
    cat "$work"/wait* | awk '{print $3}' | sort -n | awk -v rate="$rate" -v clients="$clients" '
      { wait[NR] = $1 }
      END { printf "postgresql\t%d\t%.0f\t%d\t%d\n", clients, rate, wait[int((NR + 1) / 2)],
            wait[int(NR * 0.99)] }'
    ;;
  stop)
    as_user "$binaries/pg_ctl" -D "$directory/data" -m fast -w stop >>"$directory.log" 2>&1 || true
    ;;
esac
