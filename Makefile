# Everything happens in .venv; `make` alone lists what there is.
PYTHON ?= python3
FUZZ_MINUTES ?= 10
BIN := .venv/bin
STAMP := .venv/.installed
PEERS := .venv-bench

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

bench: $(STAMP) $(PEERS)/.installed ## how fast we read and decide, beside peers, as ratios (takes minutes)
	@$(BIN)/python -m benchmarks.language
	@$(PEERS)/bin/python -m benchmarks.decisions --json
	@$(BIN)/python -m benchmarks.suites

# Peers want other versions of what we use, and one of them hides another: they live apart.
$(PEERS)/.installed: pyproject.toml benchmarks/peers.lock
	@$(PYTHON) -m venv $(PEERS)
	@echo "installing what benchmarks/peers.lock names into $(PEERS)"
	@$(BIN)/python -m benchmarks.environment $(PEERS)
	@touch $@

fuzz: $(STAMP) ## long runs: random policies, broken texts, hostile actions (FUZZ_MINUTES=10 of them guided)
	@POLICY_FUZZ_EXAMPLES=20 POLICY_EVERY=1 $(BIN)/python -m pytest -n auto \
	  tests/properties tests/fuzz tests/language/test_format.py tests/language/test_deletion.py
	@if $(BIN)/python -c 'import atheris' 2>/dev/null; \
	then $(BIN)/python -m tests.fuzz.atheris_parse $$(( $(FUZZ_MINUTES) * 60 )) .hypothesis/atheris; \
	else echo "atheris has no wheel for this platform: no guided run"; fi

soak: $(STAMP) ## long runs: kill -9 at every commit, 25 rounds; thousands of held actions; a large ledger
	@POLICY_FAULT_ROUNDS=25 POLICY_SOAK=1 $(BIN)/python -m pytest -n auto tests/faults tests/runtime/test_parking.py tests/ledger/test_large.py

check: $(STAMP) ## formatting, lint, types and layers
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(STAMP) ## format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

tables: $(STAMP) ## compute the parser's tables anew, after a change of grammar/
	@$(BIN)/python -c 'from policy_engine.language.parse import write_tables; write_tables("grammar/tables.z")'

lock: ## write requirements.lock anew from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --extra dev --universal --generate-hashes --python-version 3.11 \
	  --no-header --no-annotate --output-file requirements.lock

clean: ## remove .venv and everything generated
	rm -rf .venv .venv-bench build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis examples/refund_desk/out

.PHONY: bench soak fuzz tables help install run test check format lock clean
