# Everything sets itself up in .venv: Python 3.11 or newer; a C compiler if there is one.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
DATA   ?= data/demo
# Tests of one file stay together, since some share an exchange; several files run beside each other, the long ones of crash and browser first.
# Many wait for a server of their own, so there are half as many files again as processors.
WORKERS ?= $(shell echo $$(( $$(nproc 2>/dev/null || echo 2) * 3 / 2 )))
BESIDE := -n $(WORKERS) --maxprocesses 8 --dist loadfile --no-loadscope-reorder

.PHONY: help setup build run test prove prove-flows prove-kills bench style clean

help:           ## this list
	@grep -E '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

# Installed without compiling: `build` does that once, with the compiler that `style` checks with.
$(VENV)/.ready: pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed (set PYTHON=...)"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed, this is $$($(PYTHON) --version) (set PYTHON=...)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	YUTAN_PURE=1 $(BIN)/python -m pip install --quiet --config-settings editable_mode=compat -e . 'setuptools>=80' 'mypy>=2.4'
	@touch $@

$(VENV)/.tools: $(VENV)/.ready
	YUTAN_PURE=1 $(BIN)/python -m pip install --quiet --config-settings editable_mode=compat -e '.[tests,bench]'
	@touch $@

# One by one: an engine that cannot be built here is a skip in the table, not a failure.
$(VENV)/.peers: $(VENV)/.tools
	@$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["peers"], sep="\n")' \
	  | while read -r peer; do $(BIN)/python -m pip install --quiet "$$peer" || echo "bench: $$peer is left out"; done
	@touch $@

setup: $(VENV)/.tools    ## make .venv with everything in it, tools for tests and benchmarks too

# The compiled core is checked against its source at each start; this rebuilds it only where they differ.
build: $(VENV)/.ready    ## compile the hot modules where a C compiler is present
	@$(BIN)/python -c 'import engine.compiled as c; raise SystemExit(not c.is_compiled())' 2>/dev/null \
	  || $(BIN)/python setup.py --quiet build_ext --inplace
	@$(BIN)/python -c 'import engine.compiled as c; print("core:", "compiled" if c.is_compiled() else "plain Python")'

run: build    ## start a living demo market and print its address (Ctrl-C stops it, the next run goes on)
	$(BIN)/yutan demo --data $(DATA)

test: build $(VENV)/.tools    ## every test, on the compiled core and on the plain one
	$(BIN)/python -m pytest $(BESIDE)
	YUTAN_PURE=1 $(BIN)/python -m pytest $(BESIDE) tests/engine tests/properties tests/ground_truth tests/conformance

prove: prove-flows prove-kills    ## the slow proofs: more random flows, every planted defect, more kills

prove-flows: build $(VENV)/.tools    ## its first half: what only computes
	YUTAN_PROVE=1 $(BIN)/python -m pytest tests/properties tests/conformance tests/planted tests/verifier/test_random_edits.py

prove-kills: build $(VENV)/.tools    ## its second half: 400 kills in session, 40 while starting
	YUTAN_PROVE=1 $(BIN)/python -m pytest tests/crash

bench: build $(VENV)/.tools $(VENV)/.peers    ## measure; prints tables with their doubts
	$(BIN)/python -m bench

style: $(VENV)/.tools    ## ruff and mypy --strict
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:    ## remove what was built, not the data
	rm -rf build *.egg-info *.so engine/core/*.so gateway/*.so gateway/*/*.so settlement/*/*.so engine/core/_built.json .pytest_cache .mypy_cache .ruff_cache .hypothesis
