# Two commands do everything a newcomer needs: `make demo` and `make test`.
# `make help` lists the others.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

RELEASE := .build/release/vigil
# Swift's libraries inside the binary: it runs where no toolchain is, and starts in three quarters of
# the time. One set of flags for all release builds, or each would build everything anew.
BUILD_RELEASE := swift build -c release --static-swift-stdlib

# Tests that talk to receivers of alerts: they need the threads that others sit on, and have children of their
# own, beside which tests that wait for the exit of a process do not end.
SINK_TESTS := AlertSinkLiveTests|CommandSinkTests|FileSinkTests|SinkProcessTests|SinkSettingsTests|AlertCrashDeliveryTests|AlertRaisingTests

SHIM_TESTS := ShimRunTests|ShimSocketTests|ShimPulseTests|SchedulerRecoveryTests

.PHONY: help demo build test check campaign fuzz calibration lint bench bench-durable bench-scheduler \
  bench-detection bench-export bench-serve install dependencies test-dependencies live-dependencies test-live fixtures

help:            ## this list
	@grep -hE '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/: *[a-z -]*## */\t/' | expand -t 16

demo: build      ## install what is missing, build release, run the whole way on fixtures/
	@$(RELEASE) demo --fixtures fixtures

build: dependencies ## the release binaries, .build/release/vigil and vigil-shim
	$(BUILD_RELEASE) --product vigil --explicit-target-dependency-import-check error
	$(BUILD_RELEASE) --product vigil-shim --explicit-target-dependency-import-check error

test: test-dependencies ## every test
	swift build --build-tests --explicit-target-dependency-import-check error
	swift test --skip-build --skip 'GatewayAndSchedulerTests|$(SINK_TESTS)'
	swift test --skip-build --no-parallel --filter '$(SINK_TESTS)'
	@# On their own and one by one: servers and clients share two threads with whatever else runs. Real shims
	@# apart from tests that wait for the exit of a process: their waiting stops at the first ended child.
	swift test --skip-build --no-parallel --filter GatewayAndSchedulerTests --skip '$(SHIM_TESTS)'
	swift test --skip-build --no-parallel --filter '$(SHIM_TESTS)'

test-live: live-dependencies ## the real Caddy, Luigi and OpenID provider with vigil serve, start to end; alert receivers
	swift build --build-tests --explicit-target-dependency-import-check error
	@# One by one: a test that waits for a program sits on a thread that another one's server needs.
	VIGIL_TEST_LIVE=required swift test --skip-build --no-parallel \
	  --filter 'LiveStackTests|LiveOIDCTests|LiveCaddyTests|LuigiPluginTests|AlertSinkLiveTests'

check: lint test build ## format lint, tests, release build, thread and address sanitizers
	swift test --sanitize=thread --scratch-path .build-thread --filter 'IngestTests|CorrelateTests'
	swift test --sanitize=address --scratch-path .build-address --disable-xctest --filter 'IngestTests|CorrelateTests'

campaign: dependencies ## every fault campaign in its long form: an hour
	$(BUILD_RELEASE) --product vigil
	$(BUILD_RELEASE) --product campaign
	VIGIL_CAMPAIGN=long swift test --filter 'CrashCampaignTests|RecoveryCrashTests|QueueCrashTests|SchedulerSimulationTests'
	VIGIL_CAMPAIGN=long swift test --skip-build --filter ServeCrashTests
	.build/release/campaign all --seed $(or $(SEED),1)

fuzz: dependencies ## every parser of outside bytes under libFuzzer: 60 s each (SECONDS, HARNESS)
	Fuzz/run.sh $(or $(SECONDS),60) $(HARNESS)

calibration: test-dependencies ## p, power and budgets measured on simulated sites in the long form
	VIGIL_CAMPAIGN=long swift test -c release \
	  --filter 'CalibrationMeasurement|PowerTests|OnlineBudgetTests|ClockChangeTests'

bench: build     ## Vigil beside DuckDB, ClickHouse, polars, simdjson: SIZES=S,M,L ROUNDS ROWS
	Benchmarks/peers/run.sh

bench-durable: dependencies ## durable appends a second, next to a bare loop, SQLite and PostgreSQL
	$(BUILD_RELEASE) --product durable-benchmark
	Benchmarks/durable/run.sh

bench-scheduler: dependencies ## from a trigger to its job's first instruction; triggers a second
	Benchmarks/scheduler/run.sh

bench-serve: build live-dependencies ## trigger latency, and triggers a second through Caddy: COUNT SECONDS
	Benchmarks/serve/run.sh $(or $(COUNT),500) $(or $(SECONDS),10)

bench-export: build ## an export of a million records beside jq and others: RECORDS ROUNDS
	Benchmarks/export/run.sh $(RELEASE) $(or $(RECORDS),1000000) $(or $(ROUNDS),3)

bench-detection: build ## recall on labelled traces outside the repository: TRACES=DIR
	@command -v python3 > /dev/null || { echo "bench-detection: needs python3" >&2; exit 2; }
	@[ -n "$(TRACES)" ] || { echo "usage: make bench-detection TRACES=DIR" >&2; exit 2; }
	Benchmarks/detection/run.sh "$(TRACES)"

lint:            ## swift format in strict mode
	swift format lint --strict --recursive Package.swift Sources Tests Fuzz Benchmarks fixtures/sixty-days

fixtures: dependencies ## write fixtures/sixty-days anew from its seed
	fixtures/sixty-days/regenerate.sh

install: build   ## /usr/local/bin/vigil and vigil-shim (PREFIX=… changes it)
	install -D -m 0755 $(RELEASE) $(DESTDIR)$(or $(PREFIX),/usr/local)/bin/vigil
	install -D -m 0755 $(RELEASE)-shim $(DESTDIR)$(or $(PREFIX),/usr/local)/bin/vigil-shim

dependencies:
	@scripts/dependencies.sh

test-dependencies:
	@scripts/dependencies.sh tests

live-dependencies: test-dependencies
	@scripts/dependencies.sh live
