# Two commands for a newcomer: `make run` and `make test`. Both set up .venv from requirements.lock, once.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
COMPAT := .venv-compat
COMPAT_PYTHON ?= python3.11
SCENARIO ?= zero_carbon_park_day
export OMP_NUM_THREADS ?= 1

.PHONY: run test lint bench campaign compat lock clean help

help:            ## what each target does
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else f"Python 3.11 to 3.13 is needed, this is {v[0]}.{v[1]}; call: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

run: $(STAMP)    ## the shipped park for one day, with KPI table and report
	$(BIN)/twin run $(SCENARIO)

test: $(STAMP)   ## the whole test suite
	$(BIN)/python -m pytest -n 2

lint: $(STAMP)   ## style, types, arrows between the rooms
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP)  ## speed against the peer, measured in the same run
	$(BIN)/python -m tests.benchmarks

campaign: $(STAMP)  ## the long fault campaigns (10,000 malformed files, 100 kills, 1,000 tampered ledgers, 1,000 kills around a release)
	$(BIN)/python -m tests.campaigns

$(COMPAT)/.installed: requirements-compat.txt pyproject.toml
	$(COMPAT_PYTHON) -m venv $(COMPAT)
	$(COMPAT)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-compat.txt
	$(COMPAT)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

compat: $(COMPAT)/.installed  ## the tests of the forecasts with TensorFlow 2.14, in an environment of its own (Python 3.11)
	$(COMPAT)/bin/python -m pytest tests/controllers/forecasting -rs

lock:            ## renew requirements.lock (needs network)
	$(PYTHON) -m venv .venv-lock && .venv-lock/bin/python -m pip install --quiet uv
	.venv-lock/bin/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --custom-compile-command "make lock" --quiet -o requirements.lock

clean:           ## remove the environment and caches
	rm -rf $(VENV) .venv-lock .mypy_cache .ruff_cache .hypothesis
