# Everything that is done here has its command here. Nothing but Python and make is needed first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev
# Three at once, since tests wait for processes; by modules, whose tests share servers and port 5000,
# in their order: sorted by their number, the one long test of a module would come last and alone.
PYTEST := $(BIN)/python -m pytest --numprocesses=3 --dist=loadscope --no-loadscope-reorder
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

.DEFAULT_GOAL := help

.PHONY: help
help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# The locks name every distribution by its hash; the project itself comes last, without a network.
$(RUNTIME): requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "Python 3.11 or newer is needed; name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) --require-hashes -r requirements.txt
	$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(DEV): requirements-dev.txt $(RUNTIME)
	$(PIP) --require-hashes -r requirements-dev.txt
	@touch $@

.PHONY: run
run: $(RUNTIME) ## Serve the API on http://localhost:5000
	@exec $(BIN)/varvel serve

.PHONY: test
test: $(DEV) ## Run all tests
	$(PYTEST)

.PHONY: check
check: $(DEV) ## Check format, lint, types, imports and generated files, then run all tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python scripts/lock.py --check
	$(BIN)/python scripts/openapi.py --check
	$(BIN)/python scripts/asvs.py --check
	$(BIN)/python -m bench.report --check
	$(PYTEST) tests/unit --cov=src/domain --cov-report=
	$(BIN)/coverage report --fail-under=100
	$(PYTEST) --ignore=tests/unit

.PHONY: coverage
coverage: $(DEV) ## Run all tests, and tell which lines and branches none of them takes
	$(PYTEST) --cov --cov-report=
	$(BIN)/coverage report --fail-under=95

.PHONY: test-browser
test-browser: $(DEV) ## Try the pages in Chromium, which has to be installed
	$(BIN)/python -m pytest -m browser tests/browser

.PHONY: torture
torture: $(DEV) ## Run the long tests; says what was asked, done, failed and not run
	$(BIN)/python -m pytest -m torture

.PHONY: mutants
mutants: $(DEV) ## Change the domain in small ways, and tell what no test notices
	$(BIN)/python scripts/mutants.py

.PHONY: advisories
advisories: $(DEV) ## Ask which of the locked distributions are known to be vulnerable
	$(BIN)/python scripts/advisories.py

.PHONY: bench
bench: $(DEV) ## Measure beside peers and ceilings (30 minutes; 3 with BENCH=--quick; needs wrk)
	$(BIN)/python -m bench $(BENCH)

.PHONY: facts
facts: $(DEV) ## Print lines per layer, install size, start-up time and memory
	$(BIN)/python scripts/facts.py

.PHONY: lanes
lanes: $(DEV) ## Measure token checks beside floods, and memory
	$(BIN)/python -m scripts.lanes

.PHONY: format
format: $(DEV) ## Format the code and mend what lint can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: lock
lock: $(DEV) ## Resolve the dependencies anew into requirements.txt and requirements-dev.txt
	$(BIN)/python scripts/lock.py

.PHONY: openapi
openapi: $(DEV) ## Write the API description anew
	$(BIN)/python scripts/openapi.py

.PHONY: asvs
asvs: $(DEV) ## Write the table of ASVS requirements anew
	$(BIN)/python scripts/asvs.py
