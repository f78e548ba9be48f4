# All the set-up there is. Debian packages that are missing are installed first, as root or with sudo.

SOURCES := Sources Tests Benchmarks Package.swift
# Why these flags: ARCHITECTURE.md, "Built for release".
RELEASE := swift build --configuration release --static-swift-stdlib -Xswiftc -enforce-exclusivity=unchecked

.PHONY: help run run-several build check test bench package release format lint descriptions docs clean
.DEFAULT_GOAL := help

help: ## Show what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## Build, then start the relay on 127.0.0.1:8080 with its data in ./data; it says how to log in
	@echo "The command line, pulsar-relay, is in .build/release. Ctrl-C stops the relay."
	@exec .build/release/pulsar-relay serve

run-several: build ## Build, then run a Valkey and two relays on it, on 127.0.0.1:8080 and 8081
	@scripts/install-packages several
	@exec scripts/run-several

build: ## Build for release; the first time takes about ten minutes
	@scripts/install-packages build
	$(RELEASE) --product pulsar-relay </dev/null

check: ## After an edit: check the format, build, and run the fast tests, in about a minute
	@$(MAKE) --no-print-directory lint
	swift build --build-tests </dev/null
	@scripts/run-tests --filter '^(RelayWire|RelayAccess|RelayCore|RelayMetrics|RelayClient|RelayCommands)Tests\.'

test: ## Build, then run all tests, those with real clients included
	@scripts/install-packages build test
	@scripts/make-interop-venv
	@scripts/fetch-valkey
	swift build --build-tests </dev/null
	@scripts/sanitize-quic
	@scripts/run-tests --skip FaultMatrix --skip AttackTests
	@scripts/run-tests --filter AttackTests
	@scripts/run-tests --filter FaultMatrix
	@PULSAR_TEST_STORE=valkey scripts/run-tests --filter RelayServerTests
	@PULSAR_TEST_STORE=cluster scripts/run-tests --filter RelayServerTests
	@scripts/mark-tested

bench: build ## Measure against bare SwiftNIO, nchan, y-websocket and others; ARGS="--quick" for a look
	@scripts/install-packages bench
	@scripts/make-interop-venv
	$(RELEASE) --product bare-nio </dev/null
	$(RELEASE) --product relay-bench </dev/null
	.build/release/relay-bench $(ARGS)

package: build ## Build, then make the Debian package in .build/packages
	@scripts/install-packages package
	@scripts/make-package .build/packages

release: ## Check that this commit can be released, build, and make what a release has in .build/releases; pushes nothing
	@scripts/make-release --check
	@$(MAKE) --no-print-directory build
	@scripts/install-packages package
	@rm -rf .build/releases
	@scripts/make-release .build/releases

format: ## Format all Swift files in place
	swift format --in-place --recursive --parallel $(SOURCES)

lint: ## Check the format of all Swift files, that files stay short, and that folders depend one way
	swift format lint --strict --recursive --parallel $(SOURCES)
	@scripts/check-lengths
	@scripts/check-folders

descriptions: ## Make what the relay says of itself, openapi.json and asyncapi.json, from docs/descriptions
	@scripts/make-interop-venv
	@.build/interop-venv/bin/python scripts/make-descriptions

docs: ## Build RelayClient's documentation in .build/docs; a warning is an error
	swift build --target RelayClient </dev/null
	@scripts/build-docs

clean: ## Remove everything that was built; data is kept
	rm -rf .build
