#!/usr/bin/env bash
# From a trigger to the job's first instruction, and triggers a second, on a durable journal.
#
#   run.sh [DIRECTORY]      where journal and state are put; default: a new one under TMPDIR
set -euo pipefail
cd "$(dirname "$0")/../.."

directory=${1:-$(mktemp -d "${TMPDIR:-/tmp}/vigil-scheduler.XXXXXX")}
[ $# -gt 0 ] || trap 'rm -rf "$directory"' EXIT

swift build -c release --static-swift-stdlib --product vigil-shim >&2
swift build -c release --static-swift-stdlib --product scheduler-benchmark >&2
.build/release/scheduler-benchmark "$directory" "$PWD/.build/release/vigil-shim"
