# Everything happens in .venv; `make demo` and `make test` set it up by themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
UV := $(shell command -v uv 2>/dev/null)
ARGS ?=

.PHONY: help setup demo run test check bench lock crash clean

help:
	@echo "make setup   install into .venv (plain pip; faster where uv is there)"
	@echo "make demo    the whole job against a little world on this machine   (ARGS=--once to end by itself)"
	@echo "make run     the daemon, with config.yaml"
	@echo "make test    all tests and checks"
	@echo "make check   ruff, mypy, import-linter"
	@echo "make crash   50 kills at seeded moments, nothing lost"
	@echo "make bench   benchmarks"
	@echo "make lock    write requirements.lock anew"

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Steppewatch needs Python 3.11 or later; say which with: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
		{ echo "Python's venv module is missing. On Debian and Ubuntu: sudo apt install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
ifdef UV
	VIRTUAL_ENV=$(CURDIR)/$(VENV) $(UV) pip install --quiet --require-hashes -r requirements.lock
	VIRTUAL_ENV=$(CURDIR)/$(VENV) $(UV) pip install --quiet --no-deps --no-build-isolation -e .
else
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
endif
	@touch $(STAMP)

demo: setup
	@$(BIN)/steppewatch demo $(ARGS)

run: setup
	@$(BIN)/steppewatch run $(ARGS)

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: check
	$(BIN)/python -m pytest $(ARGS)

crash: setup
	$(BIN)/python -m tests.crash.kill --kills 50 $(ARGS)

bench: setup
	$(BIN)/python benchmarks/reading.py $(ARGS)

lock:
	@command -v uv >/dev/null || { echo "make lock needs uv: pip install uv"; exit 1; }
	uv pip compile --universal --generate-hashes --no-header --quiet --python-version 3.11 --extra dev -o requirements.lock pyproject.toml
