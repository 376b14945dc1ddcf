#!/usr/bin/env bash
# Trigger latency, and triggers a second through Caddy's forward_auth, with a durable journal.
#
#   Benchmarks/serve/run.sh [COUNT] [SECONDS]
#
# Needs the release build, python3, caddy, curl and wrk. Afterwards the journal is verified, and every accepted
# trigger must be one run in it.
set -euo pipefail
cd "$(dirname "$0")/../.."
count=${1:-500} seconds=${2:-10}
vigil=$PWD/.build/release/vigil
folder=$(mktemp -d "${TMPDIR:-/tmp}/vigil-serve-XXXXXX")
pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$folder"
}
trap finish EXIT

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
port=$(free_port) https=$(free_port) http=$(free_port)
cat > "$folder/vigil.json5" <<END
{ serve: { listen: "127.0.0.1:$port", journal: "journal", state: "state", policy: "policy.json5",
           jobs: "jobs.json5" } }
END
cat > "$folder/policy.json5" <<'END'
{ rules: [ { name: "all", effect: "permit", principals: ["svc-*"], actions: ["run:*"] } ] }
END
cat > "$folder/jobs.json5" <<'END'
{ jobs: { "clock": { command: ["/bin/date", "+%s%N"] },
          "true": { command: ["/bin/true"], concurrency: { running: 8, when_full: "queue", queued: 10000 } } } }
END
"$vigil" serve --config "$folder/vigil.json5" 2> "$folder/vigil.log" &
pids+=($!)
until curl -sf "http://127.0.0.1:$port/healthz" > /dev/null; do sleep 0.05; done
token=$("$vigil" token create --for svc-bench --scope run:trigger --scope run:view \
  --state "$folder/state" --journal "$folder/journal" 2> /dev/null)

echo "--- latency, one at a time"
python3 Benchmarks/serve/latency.py "http://127.0.0.1:$port" "$token" "$folder/state" "$count"

echo "--- through Caddy: TLS, forward_auth, trigger; 32 connections"
SITE="localhost:$https" HTTPS_PORT=$https HTTP_PORT=$http VIGIL="127.0.0.1:$port" LOG_DIR="$folder/logs" \
  ADMIN_SOCKET="$folder/admin.sock" XDG_DATA_HOME="$folder/data" XDG_CONFIG_HOME="$folder/config" HOME="$folder" \
  caddy run --config Integrations/caddy/Caddyfile > "$folder/caddy.log" 2>&1 &
pids+=($!)
until curl -skf "https://localhost:$https/healthz" > /dev/null; do sleep 0.05; done
TOKEN=$token wrk -t2 -c32 -d"${seconds}s" -s Benchmarks/serve/trigger.lua \
  "https://localhost:$https/jobs/true/runs" | tee "$folder/wrk.out" | grep -E 'accepted|Latency|Socket'
accepted=$(sed -n 's/^accepted \([0-9]*\).*/\1/p' "$folder/wrk.out")

kill "${pids[0]}" && wait "${pids[0]}" || true
"$vigil" verify --journal "$folder/journal" | head -2
# wrk leaves what is under way at its end: those may be accepted without being counted.
queued=$(grep -ho '"id":"run/[0-9a-f]*/queued"' "$folder"/journal/segments/*.jsonl | sort | uniq -c |
  awk '$1 != 1 { twice++ } END { print NR, twice + 0 }')
echo "queued runs in the journal, and those told twice: $queued (accepted $accepted + $count for latency + at most 32 under way)"
