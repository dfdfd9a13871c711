# Everything a newcomer, a contributor and the CI ask of this project.
# It needs make and Python >= 3.11; the rest is installed into .venv from the lock files.

# The first Python that is new enough; `make PYTHON=/path/to/python …` chooses another.
CANDIDATES := python3 python3.14 python3.13 python3.12 python3.11 python
FITTING = import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for each in $(CANDIDATES); do \
	"$$each" -c "$(FITTING)" >/dev/null 2>&1 && { echo "$$each"; break; }; done)

BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-input
COMPILE := $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--generate-hashes --no-header --no-annotate --no-emit-index-url

.DEFAULT_GOAL := help
.PHONY: help run test quick check lint types imports bench chaos docs lock clean

# Say what can be made.
help:
	@awk '/^# /{said=substr($$0, 3)} /^[a-z]+:/{sub(":.*", ""); printf "  make %-9s%s\n", $$0, said}' Makefile

# Start the whole system on this machine; Ctrl-C stops it.
run: .venv/.run
	@exec $(BIN)/sojourn dev

# What fails is asked once more: the clocks of the test server now and then outrun a signal.
# Run every test.
test: .venv/.dev
	@$(BIN)/python -m pytest || $(BIN)/python -m pytest --last-failed --last-failed-no-failures none

# Run the tests that take milliseconds.
quick: .venv/.dev
	@$(BIN)/python -m pytest -m "not slow"

# Run what the CI runs.
check: lint types imports test

# Judge the form of the code.
lint: .venv/.dev
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check --quiet || { \
		echo "Expected formatted code, but the files above are not: run .venv/bin/ruff format."; exit 1; }

# Judge the types.
types: .venv/.dev
	@$(BIN)/mypy

# Judge which room knows which.
imports: .venv/.dev
	@$(BIN)/lint-imports --no-logo

# Measure throughput and the size of histories, or only some parts: make bench PARTS="instances intake".
bench: .venv/.dev
	@$(BIN)/python -m bench $(PARTS)

# Kill everything again and again with changes in flight; see tests/chaos/.
chaos: .venv/.dev
	@$(BIN)/python -m tests.chaos $(CHAOS)

# Write the generated pages anew.
docs: .venv/.dev
	@$(BIN)/python docs/generate.py

# Pin the newest versions that fit pyproject.toml, with their hashes and no addresses.
lock: .venv/.made
	@test -x $(BIN)/uv || $(INSTALL) uv
	@$(COMPILE) --upgrade --group build -o requirements.lock
	@$(COMPILE) --group build --group dev -c requirements.lock -o requirements-dev.lock

# Remove the environment and every cache; data in .sojourn stays.
clean:
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

# The stamps: a step is done again only when its lock, or this project's metadata, has changed.

.venv/.made:
	@test -n "$(PYTHON)" || { echo "Expected Python 3.11 or newer with venv and pip, but none of" \
		"$(CANDIDATES) is that: install one (on Debian also python3-venv)," \
		"or name it: make PYTHON=/path/to/python."; exit 1; } >&2
	@"$(PYTHON)" -c "$(FITTING)" 2>/dev/null || { echo "Expected Python 3.11 or newer with venv and pip," \
		"but $(PYTHON) is not that."; exit 1; } >&2
	@"$(PYTHON)" -m venv .venv
	@touch $@

.venv/.run: requirements.lock pyproject.toml client/pyproject.toml | .venv/.made
	@echo "Installing what requirements.lock names into .venv (once)." >&2
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(INSTALL) --no-deps --no-build-isolation -e . -e client
	@touch $@

.venv/.dev: requirements-dev.lock .venv/.run
	@echo "Installing what requirements-dev.lock names into .venv (once)." >&2
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@
