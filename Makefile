PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Tests side by side; those that depend on how fast something is run by themselves, one after the other.
JOBS ?= 3
# Their own processes and browsers beside them, and clients that are slow on purpose: fewer at once, and one by one.
HEAVY := tests/faults tests/e2e tests/web/test_under_granian.py
TIMED := tests/web/test_odd_input.py tests/web/test_page_cache.py tests/web/test_slow_clients.py
LOCK := uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --quiet

.PHONY: run test check bench lock help

run: $(VENV)/.run ## Everything at once: database, starter content, web, worker, Stripe stand-in
	@$(BIN)/flask up

test: $(VENV)/.test ## Every test this machine can run, saying what was skipped and why
	@$(BIN)/pytest -rs -n $(JOBS) --dist loadfile $(HEAVY:%=--ignore=%) $(TIMED:%=--ignore=%)
	@$(BIN)/pytest -rs -n 2 --dist loadfile $(HEAVY) && $(BIN)/pytest -rs $(TIMED)

check: $(VENV)/.test ## Format, lint, types, templates and tests, as CI runs them
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy && $(BIN)/djlint --quiet --lint templates && $(MAKE) --no-print-directory test

bench: $(VENV)/.test ## Benchmarks, each a ratio of two things measured in one run
	@$(BIN)/python -m tests.benchmarks

lock: $(VENV)/.test ## Pin the newest packages that pyproject.toml allows (needs uv)
	@$(LOCK) --upgrade --output-file requirements.lock && $(LOCK) --group dev --constraint requirements.lock --output-file requirements-dev.lock

help: ## This list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

$(VENV)/.run: requirements.lock
$(VENV)/.test: requirements-dev.lock
$(VENV)/.run $(VENV)/.test:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] + ": set PYTHON, such as make run PYTHON=python3.12")'
	@echo "Installing packages; this takes a minute, once …"
	@$(PYTHON) -m venv $(VENV) && $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	@touch $@
