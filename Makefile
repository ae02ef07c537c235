# Sealmate: `make up` brings the whole stack up on this machine, `make test` proves it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do $$p -c 'import sys; sys.exit(sys.version_info[:2] < (3, 11) or sys.version_info[:2] > (3, 13))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
READY := .venv/.ready
TEMPLATE_TESTS := tests/contract/template
ASL_VALIDATOR := $(TEMPLATE_TESTS)/node_modules/.package-lock.json
WEB := web/build/index.html
WEB_SOURCES := $(shell find web/src web/static web/messages web/project.inlang -type f -not -path 'web/src/lib/paraglide/*' 2>/dev/null) \
	$(wildcard web/package-lock.json web/*.config.* web/tsconfig.json)

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(READY): requirements.lock pyproject.toml
	@PYTHON="$(PYTHON)" infra/alone infra/prepare

$(WEB): $(WEB_SOURCES) | $(READY)
	@infra/alone infra/build_web

up: ## Start everything here: embedded cloud, language model, the stack, the web app; prints where to go
	@infra/alone $(MAKE) --no-print-directory bring-up

bring-up: $(READY)
	@$(MAKE) --no-print-directory $(WEB) || echo "Going on without the web app: the terminal works. What is wrong stands above; then make up again."
	@$(BIN)/python -m infra.local up

web-dev: ## Live reload of the web app at http://localhost:5173, against the stack that make up started
	@infra/build_web install
	@npm run --prefix web dev

down: $(READY) ## Stop it; the data stays
	@$(BIN)/python -m infra.local down

reset: $(READY) ## Stop it and forget all accounts and chats of this machine
	@$(BIN)/python -m infra.local reset

status: ## Say what is running
	@if [ -e $(READY) ]; then $(BIN)/python -m infra.local status; \
	elif infra/alone --free; then echo "Nothing is set up here yet. make up does that."; \
	else echo "Sealmate is being set up here: make up says how far it is."; fi

demo: $(READY) ## Walk a made-up person through the whole line, without a prompt
	@$(BIN)/python -m infra.local.demo

# What the stacks do is mostly waiting, so the tests without one run beside them.
test: $(READY) lint unit ## Everything that must hold (under 20 minutes on 2 cores)
	@infra/chromium
	@$(MAKE) --no-print-directory -k -j2 e2e contract pipeline web
	@$(MAKE) --no-print-directory web-e2e

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PYTHONPATH=layers/core $(BIN)/lint-imports --no-logo

unit: $(READY)
	$(BIN)/python -m pytest tests/unit tests/vectors --disable-socket --allow-unix-socket -q -n 2

contract: $(READY) $(ASL_VALIDATOR)
	$(BIN)/python -m pytest tests/contract -q -n 2 --dist loadfile

$(ASL_VALIDATOR): $(TEMPLATE_TESTS)/package-lock.json
	npm ci --prefix $(TEMPLATE_TESTS) --no-audit --no-fund --ignore-scripts --loglevel=error
	@touch $@

pipeline: $(READY)
	$(BIN)/python -m pytest tests/pipeline -q -n 2 --dist loadfile

e2e: $(READY) $(WEB)
	infra/chromium
	$(BIN)/python -m pytest tests/e2e -q

web: $(WEB) ## Check the web app: types, format, its unit tests in Node and in Chromium
	cd web && npm run --silent check && npm run --silent format:check
	infra/chromium
	cd web && npm run --silent unit && npm run --silent browser

web-e2e: $(READY) $(WEB)
	infra/chromium
	cd web && npm run --silent e2e -- --project=scripted && npm run --silent e2e -- --project=real

prove: $(READY) $(WEB) ## The longer campaigns: any input, tried in thousands; long walks through the ways in
	SEALMATE_EXAMPLES=1000 SEALMATE_MUTATIONS=50000 $(BIN)/python -m pytest tests/unit tests/vectors --disable-socket --allow-unix-socket -q -n 2 --hypothesis-profile=prove
	infra/chromium
	cd web && npm run --silent e2e -- --project=walks
	cd web && SEALMATE_PROPERTY_RUNS=3000 SEALMATE_MUTATIONS=50000 npm run --silent unit -- --test-timeout=300000
	SEALMATE_REPLAYS=1000 $(BIN)/python -m pytest tests/contract/accounts/test_replays.py -q -n 2

build: $(READY) ## Build what Lambda runs, for ARCHITECTURE (arm64 or x86_64), in .build
	@$(BIN)/python -m infra.deploy build

deploy: $(READY) ## Build and deploy to AWS, or to AWS_ENDPOINT_URL; docs/deploy.md says how
	@$(BIN)/python -m infra.deploy

docs: $(READY) ## Write what follows from code: docs/errors.md, the web app's wire types
	@$(BIN)/python -m infra.error_list
	@$(BIN)/python -m infra.wire_types

lock: $(READY) ## Pin the dependencies of pyproject.toml anew, with hashes
	$(BIN)/uv pip compile -q pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes --no-header -o requirements.lock
	$(MAKE) -C layers/vendor lock

.PHONY: help up bring-up down reset status demo test web web-dev web-e2e prove lint unit contract pipeline e2e build deploy docs lock

bench: $(READY) $(WEB) ## Measure: AWS calls a message, cold starts, waiting for the first token, whether answers tell known addresses, the web app
	PYTHONPATH=.:layers/core:cli $(BIN)/python -W ignore -m tests.bench.calls
	PYTHONPATH=.:layers/core:cli $(BIN)/python -m tests.bench.cold_start
	PYTHONPATH=.:layers/core:cli $(BIN)/python -m tests.bench.first_token
	PYTHONPATH=.:layers/core:cli $(BIN)/python -m tests.bench.known_addresses
	infra/chromium
	cd web && npx playwright test --config bench/playwright.config.ts

.PHONY: bench
