# The project's face. Needs Python 3.11 or newer, make and git; everything else is installed into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= 2
PACKAGES := bridge adapters tests benchmarks

.PHONY: run test check format bench soak lock clean

run: $(VENV)/run.stamp ## install what is locked, then run with the environment or .env
	@$(BIN)/python -m bridge

test: $(VENV)/dev.stamp ## install, then run every test
	@$(BIN)/python -m pytest -q -n $(JOBS)

check: $(VENV)/dev.stamp ## format, lint, types, import contracts, tests
	$(BIN)/ruff format --check $(PACKAGES)
	$(BIN)/ruff check $(PACKAGES)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache --config pyproject.toml
	@$(MAKE) --no-print-directory test

format: $(VENV)/dev.stamp ## put everything into shape
	$(BIN)/ruff format $(PACKAGES)
	$(BIN)/ruff check --fix $(PACKAGES)

bench: $(VENV)/dev.stamp ## measure; prints ratios
	@for benchmark in transport store turns; do echo "== $$benchmark"; $(BIN)/python -m benchmarks.$$benchmark || exit 1; done

soak: $(VENV)/dev.stamp ## break everything at random for MINUTES, as SEED says
	@MINUTES=$(or $(MINUTES),5) SEED=$(SEED) $(BIN)/python -m pytest -q -s tests/end_to_end/test_soak.py

lock: $(VENV)/dev.stamp ## resolve the dependencies anew
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header --upgrade \
	  --group dev pyproject.toml -o requirements-dev.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header \
	  -c requirements-dev.txt pyproject.toml -o requirements.txt

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; PYTHON=... names another one." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements.txt | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@ $(VENV)/run.stamp
