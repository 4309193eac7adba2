# Everything that a developer does with this project; `make help` lists it.
# Needs Python 3.11 or newer and nothing else: `setup` puts the rest into $(VENV), and the other targets run it when needed.

SHELL := /bin/sh
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# The first of these that is new enough: `make setup PYTHON=…` takes another.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
PORT ?= 8787

.DEFAULT_GOAL := help
.PHONY: help setup demo serve test crashes soak fuzz check format build bench docs clean

help: ## List the targets
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-8s %s\n", $$1, $$2}'

setup: $(READY) ## Make .venv with everything in it, the command klingway among it

$(READY): requirements/dev.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Klingway needs Python 3.11 or newer; none was found. Try: make setup PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "Setting up $(VENV) with $$($(PYTHON) --version); the first time takes a minute ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

demo: $(READY) ## Run the main job on the twin and keep the files in demo-results/
	@$(BIN)/klingway demo

serve: $(READY) ## Run the whole stack on this machine, with simulated providers, until Ctrl-C (PORT=8787)
	@$(BIN)/klingway serve --port $(PORT)

test: $(READY) ## Run all tests
	@$(BIN)/python -m pytest --numprocesses=2 --dist=loadfile $(TESTS)

crashes: $(READY) ## Kill a process before and after every call that each kind of job makes
	@CRASH_EVERYWHERE=1 $(BIN)/python -m pytest --numprocesses=2 --timeout=900 tests/crashes

soak: $(READY) ## Two thousand jobs at four providers, one in five struck by a fault, processes dying and AWS throttling besides
	@SOAK_JOBS=2000 $(BIN)/python -m pytest --timeout=3600 tests/crashes/test_soak.py

fuzz: $(READY) ## Try odd requests on every route for long (FUZZ_EXAMPLES=5000 of each kind)
	@FUZZ_EXAMPLES=$(or $(FUZZ_EXAMPLES),5000) $(BIN)/python -m pytest --numprocesses=2 tests/fuzz

check: $(READY) ## Run the linters and the type checker
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/cfn-lint -a cfn_lint_serverless.rules -t template.yaml

format: $(READY) ## Put the code into its form
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

build: $(READY) ## Validate, lint and build the stack, and import each built function (needs python3.13)
	@$(BIN)/python -m local.build

bench: $(READY) ## Measure against the budgets of docs/architecture.md
	@$(BIN)/python -m local.bench

docs: $(READY) ## Renew docs/openapi.json and the tables of docs/providers
	@$(BIN)/python -m local.openapi
	@$(BIN)/python -m local.support_tables

clean: ## Remove what the other targets made
	@rm -rf $(VENV) .venv-sam .aws-sam demo-results build klingway.egg-info .pytest_cache .mypy_cache .ruff_cache
