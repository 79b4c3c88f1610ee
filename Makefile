# Everything a developer types. `make help` lists the targets.

PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/python requirements/run_uv.py
# In the order of the folders: acceptance tests take longest, and must not be what is left at the end.
PYTEST := $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder
# Plain uv: a partial mirror in pip's settings would leave the hashes of other platforms out of the locks.
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"
LOCKS := $(wildcard requirements/*.lock)
QUIET := $(shell test -t 2 || echo --quiet) # a progress bar for people, silence for logs

# Every command that a test starts would compile all it imports again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo test tests check lint types fmt lock nightly bench serve

help: ## list these targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-16s%s\n", $$1, $$2 }'

setup: .venv/.complete ## make .venv with everything in it (again only after a lock changed)

demo: setup ## run the whole loop on 1,797 handwritten digits
	@$(BIN)/crowd demo

# mypy begins beside the tests: in a new clone it takes a minute, on one core.
test: lint ## lint, types, contracts, and the tests on SQLite and PostgreSQL
	@rm -f .venv/.pytest-status
	@$(MAKE) --no-print-directory -j 2 types tests

tests: setup
	@$(PYTEST) -m "not slow" || { status=$$?; echo $$status > .venv/.pytest-status; exit $$status; }

check: lint types ## lint, format, types, import contracts, documents
	@$(BIN)/pytest -q tests/unit/test_docs.py

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports

types: setup
	@$(BIN)/mypy --no-error-summary

fmt: setup ## format, and repair what ruff can repair
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

lock: .venv/.tools ## write requirements/*.lock anew; LOCK=--upgrade takes newer versions
	$(COMPILE) $(LOCK) pyproject.toml --extra dev requirements/build.in -o requirements/dev.lock
	$(COMPILE) $(LOCK) pyproject.toml -c requirements/dev.lock -o requirements/runtime.lock
	$(COMPILE) $(LOCK) requirements/build.in -c requirements/dev.lock -o requirements/build.lock

nightly: check ## the same tests, all halves and examples, and those that take minutes
	@$(PYTEST) --hypothesis-profile night

bench: setup ## measure: every script under bench/ with its defaults
	@for script in bench/[!_]*.py; do echo "== $$script"; $(BIN)/python "$$script" || exit; done

serve: setup ## run the server on a SQLite file
	@$(BIN)/crowd serve

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "crowd needs Python 3.11 or newer, and '$(PYTHON)' is not. Name another: make setup PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "'$(PYTHON)' lacks the module venv. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv --clear .venv

.venv/.tools: requirements/build.lock | .venv/bin/python
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/build.lock
	@touch $@

.venv/.complete: .venv/.tools $(LOCKS) pyproject.toml
	$(UV) pip sync $(QUIET) --require-hashes requirements/dev.lock
	$(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@
