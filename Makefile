# Everything happens in .venv; `make` alone lists what there is.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.DEFAULT_GOAL := help

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

$(STAMP): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; try: make PYTHON=python3.12"; exit 2; }
	@$(PYTHON) -m venv .venv \
	  || { echo "could not make a virtual environment; on Debian: apt install python3-venv"; exit 2; }
	@echo "installing what requirements.lock names into .venv"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

install: $(STAMP) ## set up .venv from the hashed lock

run: $(STAMP) ## the main job: a support agent at a refund desk, governed end to end
	@$(BIN)/python -m examples.refund_desk

test: $(STAMP) ## every test
	@$(BIN)/python -m pytest -n auto

check: $(STAMP) ## formatting, lint, types and layers
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(STAMP) ## format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: ## write requirements.lock anew from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --extra dev --universal --generate-hashes --python-version 3.11 \
	  --no-header --no-annotate --output-file requirements.lock

clean: ## remove .venv and everything generated
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis examples/refund_desk/out

.PHONY: help install run test check format lock clean
