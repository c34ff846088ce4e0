# Every target makes its own virtual environment first: Python 3.10 to 3.12, make and git are all it needs.
VENV ?= .venv
EXTRAS ?= dev
CONSTRAINTS := constraints/superset-6.1.0.txt
STAMP := $(VENV)/.installed
BIN := $(VENV)/bin
SUITABLE := import sys, venv, ensurepip; sys.exit(not (3, 10) <= sys.version_info < (3, 13))
PYTHON ?= $(shell for python in python3 python3.12 python3.11 python3.10; do \
	$$python -c '$(SUITABLE)' 2>/dev/null && { echo $$python; break; }; done)
PYTEST_ARGS ?=

.PHONY: help demo test check bench engines spark format docs clean install
.DEFAULT_GOAL := help

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 10

install: $(STAMP) ## make the virtual environment

$(STAMP): pyproject.toml $(CONSTRAINTS)
	@test -n "$(PYTHON)" || { echo "make: no Python 3.10, 3.11 or 3.12 with the venv module was found." \
		"Install one (Debian: python3 and python3-venv), or name it: make PYTHON=/path/to/python3.11" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint $(CONSTRAINTS) --editable '.[$(EXTRAS)]'
	@touch $@

demo: $(STAMP) ## start Superset with the demo's data and dashboards
	$(BIN)/superset-kpi demo

# The tests of a file, and all of the browser, stay in one process, so that servers and Superset start once.
test: $(STAMP) ## run all tests
	$(BIN)/python -m pytest --numprocesses logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

# A macro that is a bare expression is no statement, which is what sqlfluff parses; layout rules apply all the same.
check: $(STAMP) ## lint, types, SQL, generated docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --disable-progress-bar --processes 0 $$(grep -rL --include='*.sql' '^kind: expression' sql_macros)
	$(BIN)/sqlfluff lint --disable-progress-bar --processes 0 --ignore parsing $$(grep -rl --include='*.sql' '^kind: expression' sql_macros)
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker/compose.yaml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-issue-forms $$(ls .github/ISSUE_TEMPLATE/*.yml | grep -v config)
	$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.citation-file-format --default-filetype yaml CITATION.cff
	$(BIN)/zizmor --quiet --offline .github
	$(BIN)/superset-kpi docs --check

bench: $(STAMP) ## measure the macros and the models (minutes)
	$(BIN)/python -m tests.benchmark

engines: $(STAMP) ## run every macro on every engine (installs some 600 MB)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint $(CONSTRAINTS) --editable '.[dev,engines]'
	EVERY_CASE=1 $(BIN)/python -m pytest tests/engines tests/docker tests/test_macros.py $(PYTEST_ARGS)

spark: $(STAMP) ## the demo's dashboards on a Spark cluster, compared with DuckDB (installs some 600 MB)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint $(CONSTRAINTS) --editable '.[dev,engines]'
	$(BIN)/python -m tests.spark

format: $(STAMP) ## write Python and SQL in the project's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix --quiet sql_macros

docs: $(STAMP) ## write the generated pages
	$(BIN)/superset-kpi docs

clean: ## remove the virtual environment and what the tools left behind
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
