# Each target makes its own .venv: with uv where that is present, else with venv and pip, always from constraints.txt.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)
WORKERS ?= 2

.PHONY: help demo test test-quick types check docs messages format clean

help:
	@echo "make demo      play the story of a fund into .demo (under three minutes, set-up included)"
	@echo "make test      every test, on SQLite, PostgreSQL and Valkey from the wheels"
	@echo "make test-quick ROOM=forms   those of one room that need no server and no other program"
	@echo "make check     what CI runs: format, lint, types, import contracts, tests, docs"
	@echo "make docs      write the reference pages again from the code"
	@echo "make messages  bring the catalogues of fund/locale in line with the code"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; set PYTHON=python3.12, for example" >&2; exit 4; }
ifdef UV
	$(UV) venv --quiet --python $(PYTHON) $(VENV)
else
	$(PYTHON) -m venv $(VENV)
endif

ifdef UV
INSTALL = $(UV) pip install --quiet --python $(BIN)/python
else
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check
endif

$(VENV)/.reports: pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) -c constraints.txt -e '.[reports]'
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) -c constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/.reports

demo: $(VENV)/.reports
	@rm -rf .demo
	$(BIN)/fund demo --home .demo
	@echo 'To type fund here: export PATH="$$PWD/$(BIN):$$PATH"'

# Neighbours stay on one worker, which remembers what they share, until the other has nothing left.
test: $(VENV)/.dev
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal

# For who works on one room: what runs within one process on SQLite; `make test` is the whole.
test-quick: $(VENV)/.dev
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal --quick tests/$(ROOM)

types: $(VENV)/.dev
	$(BIN)/mypy

# mypy uses one core; it need not keep the tests waiting.
check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	@$(MAKE) --no-print-directory -j 2 types test

docs: $(VENV)/.dev
	$(BIN)/python -m tests.write_docs

messages: $(VENV)/.dev
	$(BIN)/python -m tests.messages

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf .demo build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
