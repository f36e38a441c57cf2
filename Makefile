# The doors of the project. Every target sets up what it needs.
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3

.PHONY: help setup packages demo test style check lab fuzz bench campaign clean

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/.ready: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "netwatch needs Python 3.11 or newer; set PYTHON=/path/to/python3.11")'
	@PYTHON=$(PYTHON) sh .ci/packages setup
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install -qq --disable-pip-version-check --editable '.[dev]'
	@touch $@

setup: $(VENV)/.ready

packages:
	@sh .ci/packages $(NEED)

demo: NEED = demo
demo: packages setup ## a small provider on this machine: a trunk is cut, its customers are told
	@$(BIN)/netwatch demo $(ARGS)

test: NEED = test
test: packages setup ## every test, the lab with real parts included
	@$(BIN)/python -m pytest $(ARGS)

style: setup ## style, types, import contract
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

check: style ## the same and the fast tests, docs included
	@$(BIN)/python -m pytest tests/unit tests/property tests/meta -m 'not slow and not lab'

lab: NEED = test
lab: packages setup ## only the tests with real parts
	@$(BIN)/python -m pytest tests/lab $(ARGS)

fuzz: setup ## a million mutated SNMP packets into the live receivers; ARGS="--packets N --seed N"
	@$(BIN)/python -m tests.lab.polling.fuzz $(ARGS)

soak: NEED = test
soak: packages setup ## delivery for hours: 20,000 simulated seeds, every seeded bug, 200 kills; ARGS="--seed N" plays one seed
	@$(BIN)/python -m tests.simulation.delivery --seeds 20000 --resume .soak.json $(ARGS)
	@test -n "$(ARGS)" || $(BIN)/python -m tests.simulation.delivery.bugs
	@test -n "$(ARGS)" || unshare --net sh -euc 'ip link set lo up; exec "$$@"' sh $(BIN)/python -m tests.lab.delivery.killing --kills 200

bench: NEED = bench
bench: packages setup ## speed as ratios against peers measured in the same run
	@$(BIN)/python -c 'import gufo.snmp' 2>/dev/null || $(BIN)/pip install -qq --disable-pip-version-check --editable '.[bench]'
	@$(BIN)/python -m bench $(ARGS)

campaign: setup ## many simulated faults by class; writes the table in docs/explanation/diagnosis.md (minutes to hours)
	@$(BIN)/python -m netwatch.simulation.campaign --all --faults 1200 --jobs 2 --write docs/explanation/diagnosis.md $(ARGS)

clean: ## remove what the other targets made
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .soak.json demo-run
