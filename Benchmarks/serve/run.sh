#!/usr/bin/env bash
# Trigger latency, and triggers a second, through Caddy's forward_auth as in production: its access log is
# followed, detection runs, the journal is durable.
#
#   Benchmarks/serve/run.sh [COUNT] [SECONDS]
#
# COUNT triggers one after the other for the latency, then 32 connections at once for SECONDS. Prints a table.
# Ends with 1 when a trigger that a client saw accepted is not one queued run in the journal, or when more
# are queued than were sent. No figure is judged: they are the machine's.
#
# Needs the release build (another one: VIGIL_TOOL), python3, caddy, curl and wrk.
set -euo pipefail
cd "$(dirname "$0")/../.."
count=${1:-500} seconds=${2:-10} connections=32
vigil=${VIGIL_TOOL:-$PWD/.build/release/vigil}
folder=$(mktemp -d "${TMPDIR:-/tmp}/vigil-serve-XXXXXX")
pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$folder"
}
trap finish EXIT

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
# Waits for an address to answer, at most a minute.
await() {
  for _ in $(seq 1200); do
    if curl -skf "$1" > /dev/null; then return; fi
    sleep 0.05
  done
  echo "run.sh: $1 does not answer" >&2
  cat "$folder"/*.log >&2
  exit 1
}

port=$(free_port) https=$(free_port) http=$(free_port)
cat > "$folder/vigil.json5" <<END
{ serve: { listen: "127.0.0.1:$port", journal: "journal", state: "state", policy: "policy.json5",
           jobs: "jobs.json5", front: "caddy", follow: ["logs/caddy-access.log", "logs/caddy-runtime.log"] } }
END
cat > "$folder/policy.json5" <<'END'
{ rules: [ { name: "all", effect: "permit", principals: ["svc-*"], actions: ["run:*"] } ] }
END
cat > "$folder/jobs.json5" <<'END'
{ jobs: { "clock": { command: ["/bin/date", "+%s%N"] },
          "true": { command: ["/bin/true"], concurrency: { running: 8, when_full: "queue", queued: 10000 } } } }
END
mkdir "$folder/logs" "$folder/accepted"
SITE="localhost:$https" HTTPS_PORT=$https HTTP_PORT=$http VIGIL="127.0.0.1:$port" LOG_DIR="$folder/logs" \
  ADMIN_SOCKET="$folder/admin.sock" XDG_DATA_HOME="$folder/data" XDG_CONFIG_HOME="$folder/config" HOME="$folder" \
  caddy run --config Integrations/caddy/Caddyfile > "$folder/caddy.log" 2>&1 &
pids+=($!)
"$vigil" serve --config "$folder/vigil.json5" 2> "$folder/vigil.log" &
server=$!
pids+=("$server")
await "https://localhost:$https/healthz"
token=$("$vigil" token create --for svc-bench --scope run:trigger --scope run:view \
  --state "$folder/state" --journal "$folder/journal" 2> /dev/null)

python3 Benchmarks/serve/latency.py "https://localhost:$https" "$token" "$folder" "$count" > "$folder/latency.tsv"
TOKEN=$token ACCEPTED="$folder/accepted" wrk -t2 "-c$connections" "-d${seconds}s" -s Benchmarks/serve/trigger.lua \
  "https://localhost:$https/jobs/true/runs" > "$folder/wrk.out"
grep 'Socket errors' "$folder/wrk.out" || true

kill "$server" && wait "$server" || true
status=0
python3 Benchmarks/serve/check.py "$folder" "$connections" > "$folder/check.tsv" || status=$?
printf '%-46s %9s %9s %9s %9s\n' "through Caddy: TLS, forward_auth, trigger" n "p50 ms" "p99 ms" "max ms"
awk -F '\t' '{ printf "%-46s %9s %9s %9s %9s\n", $1, $2, $3, $4, $5 }' "$folder/latency.tsv"
printf '\n%-46s %9s\n' "$connections connections for $seconds s" ""
sed -n 's/^figure //p' "$folder/wrk.out" | cat - "$folder/check.tsv" |
  awk -F '\t' '{ printf "%-46s %9s\n", $1, $2 }'
"$vigil" verify --journal "$folder/journal" | head -2
exit "$status"
