#!/usr/bin/env bash
# Vigil beside the engines that someone with two log files would reach for: DuckDB, ClickHouse, polars,
# simdjson by hand, a Python script. Builds the corpus and the peers under .build/bench, runs all in
# turn, checks that their answers are one, prints a table.
#
#   SIZES=S,M ROUNDS=5 ROWS=scan,DuckDB Benchmarks/peers/run.sh
#
# Sizes: S 144 MB, M 1.4 GB, L 7 GB of input; each needs three times as much disk. What cannot be
# installed is left out, and said so.
set -euo pipefail
cd "$(dirname "$0")/../.."

sizes=${SIZES:-S,M} rounds=${ROUNDS:-3} rows=${ROWS:-}
vigil=${VIGIL:-.build/release/vigil}
work=${WORK:-.build/bench}
mkdir -p "$work"/{bin,has,corpus,journals}
rm -f "$work"/has/*

# What is left out, and why.
skip() { echo "bench: without $1: $2" >&2; }

command -v python3 > /dev/null || { echo "bench: needs python3" >&2; exit 2; }
if [ ! -x "$work/venv/bin/python" ]; then
  python3 -m venv "$work/venv" || { echo "bench: needs python3-venv" >&2; exit 2; }
fi
for package in numpy duckdb chdb polars orjson; do
  if "$work/venv/bin/python" -c "import $package" 2> /dev/null ||
    "$work/venv/bin/pip" install --quiet "$package" 2> "$work/pip.log"; then
    touch "$work/has/$package"
  else
    skip "$package" "pip install $package: $(tail -n 1 "$work/pip.log")"
  fi
done
[ -e "$work/has/numpy" ] || { echo "bench: the corpus needs numpy" >&2; exit 2; }

if [ ! -e /usr/include/simdjson.h ] && [ "$(id -u)" -eq 0 ] && command -v apt-get > /dev/null; then
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends libsimdjson-dev > /dev/null 2>&1 || true
fi
if g++ -O3 -march=native -std=c++17 -o "$work/bin/simdjson_peer" Benchmarks/peers/simdjson_peer.cpp \
  -lsimdjson -lpthread 2> "$work/simdjson.log"; then
  touch "$work/has/simdjson"
else
  skip simdjson "needs g++ and libsimdjson-dev"
fi
if cc -O3 -march=native -o "$work/bin/sha256" Benchmarks/peers/sha256.c -lcrypto -lpthread; then
  touch "$work/has/openssl"
else
  skip "SHA-256 alone" "needs libssl-dev"
fi

for size in ${sizes//,/ }; do
  case $size in
    S) runs=20000 ;;
    M) runs=200000 ;;
    L) runs=1000000 ;;
    *) echo "bench: SIZES=$sizes: expected some of S, M, L" >&2; exit 2 ;;
  esac
  # Sizes in KB: the corpus, a journal, a peer's store.
  needed=$((runs * 7 * 4)) free=$(df -Pk "$work" | awk 'NR == 2 { print $4 }')
  if [ ! -e "$work/corpus/$size/truth.json" ]; then
    [ "$free" -gt "$needed" ] || { echo "bench: $size needs $needed KB of disk, found $free" >&2; exit 2; }
    "$work/venv/bin/python" Benchmarks/peers/corpus.py "$work/corpus/$size" "$runs"
  fi
done
"$work/venv/bin/python" Benchmarks/peers/run.py "$work" "$vigil" "$sizes" "$rounds" ${rows:+"$rows"}
