# Karvan: `make run` sets up and runs the main job, `make test` sets up and passes the tests.
# Python 3.11 or later with pip, and make; nothing else.

PYTHON ?= python3
VENV ?= .venv
PEERS ?= .venv-peers
BIN := $(VENV)/bin
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore $(BIN)/python -m pip install --quiet

# what the front end is compiled from
WEB := $(shell find web hatch_build.py -type f -not -path '*/node_modules/*' -not -path '*/draft/*' 2>/dev/null)

.PHONY: run serve web web-dev test lint docs pictures bench peers lock clean help

help:
	@echo "make run    set up and run 'karvan plan --until trade' on the bundled case (CASE=... for another)"
	@echo "make serve  set up and open the app on the bundled case (CASE=... for another)"
	@echo "make web    compile the pages of the app anew (make web-dev: install what their tests need)"
	@echo "make test   set up and run the tests"
	@echo "make lint   style, types and layers"
	@echo "make docs   build the documentation into site/"
	@echo "make pictures  draw the pictures of README and docs anew"
	@echo "make bench  time the program against its targets, and against other programs (installs them apart)"
	@echo "make peers  install the other programs of tests/against and make bench into $(PEERS)"
	@echo "make lock   write lock/*.txt anew"
	@echo "make clean  remove what was built"

run: $(VENV)/.warm
	$(BIN)/karvan plan --until trade $(CASE)

serve: $(VENV)/.run
	$(BIN)/karvan serve $(CASE)

web: $(VENV)/.run
	$(BIN)/python hatch_build.py

web-dev: $(VENV)/.run
	$(BIN)/python hatch_build.py dev

test: $(VENV)/.test $(VENV)/.warm
	$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

pictures: $(VENV)/.run
	$(BIN)/python tools/pictures.py >/dev/null

docs: $(VENV)/.dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

bench: $(VENV)/.test $(VENV)/.warm peers
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.dense
	$(BIN)/python -m benchmarks.corridor
	$(BIN)/python -m benchmarks.trade
	$(BIN)/python -m benchmarks.chain

peers: $(PEERS)/.done

# The stamps make set-up happen once, and again when a lock or the package's metadata changes.
$(BIN)/python:
	@echo "setting up $(VENV) (once, about a minute) ..."
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Karvan needs Python 3.11 or later; name one with make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: lock/run.txt pyproject.toml $(WEB) | $(BIN)/python
	$(PIP) --requirement lock/run.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

# Numba compiles the kernels once and keeps them beside their source; again when a kernel changes.
$(VENV)/.warm: $(wildcard src/karvan/flows/*_kernels.py) $(VENV)/.run
	$(BIN)/python -m karvan.flows.warm
	@touch $@

# Programs that others wrote, for tests/against and benchmarks, apart from ours: they want other versions of our parts.
$(PEERS)/.done: Makefile
	@echo "installing AequilibraE and gegravity into $(PEERS) (once, about a minute) ..."
	$(PYTHON) -m venv $(PEERS)
	PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore $(PEERS)/bin/python -m pip install --quiet aequilibrae==1.7.2 gegravity==0.3
	@touch $@

$(VENV)/.test: lock/test.txt web/package-lock.json $(VENV)/.run
	$(PIP) --requirement lock/test.txt
	-$(BIN)/python hatch_build.py dev
	@touch $@

$(VENV)/.dev: lock/dev.txt $(VENV)/.test
	$(PIP) --requirement lock/dev.txt
	@touch $@

lock: $(VENV)/.dev
	$(BIN)/python tools/lock.py

clean:
	rm -rf $(VENV) $(PEERS) web/node_modules web/draft src/karvan/app/static site runs dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
