# `make verify` and `make test` are all that a fresh machine with Python >= 3.11 needs; the others are for who changes the code.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
ID ?= convolution.flip

# A run starts processes by the dozen, and the tests by the hundred: none of them shall compile the sources anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: pages verify test test-all lint quick claim graph site sample bench external clean

verify: $(VENV)/.ready
	$(BIN)/lecture-claims verify --out reports/latest

# The lecture is verified once, and of what the store has a part again; the tests of the claims read the record, and fail where a verdict is not
# the expected one.
test: lint
	rm -f reports/latest/results.json
	-$(BIN)/lecture-claims verify --recheck 5% --out reports/latest
	$(BIN)/pytest -n auto --dist loadfile -m "not rare" --lecture-claims-results=reports/latest/results.json

# Those too that are long and seldom find something: checks taken out one by one, injected faults, clusters, kills at random moments.
test-all: test
	$(BIN)/pytest -n auto --dist loadfile -m rare --lecture-claims-results=reports/latest/results.json

lint: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --pythonpath $(BIN)/python

# The tests that neither import a framework nor start a worker: under a minute.
quick: $(VENV)/.ready
	$(BIN)/pytest -n auto --dist loadfile -m "not slow" $(QUICK)

# One claim, named by ID=, on NumPy and PyTorch: seconds.
claim: $(VENV)/.ready
	$(BIN)/lecture-claims verify $(ID) --backend numpy --backend torch

# Draws the rooms and their imports in ARCHITECTURE.md.
graph: $(VENV)/.ready
	$(BIN)/python tests/house/rooms.py

# The documents as a site, build/site/index.html: seconds, without a network. A warning (a dead link, a document in no list) ends it.
site: $(VENV)/.ready
	$(BIN)/python -m sphinx -q -E -W --keep-going -c docs/site -d build/doctrees . build/site

# The documents that are written from the sources: known mistakes, snippets, the forty questions.
pages: $(VENV)/.ready
	PYTHONPATH=tests:tests/reference $(BIN)/python tests/reference/test_mistakes.py
	PYTHONPATH=tests $(BIN)/python tests/lecture/test_snippets.py
	PYTHONPATH=tests $(BIN)/python tests/adjudication/test_questions.py

# The sample report in docs/sample, two claims on NumPy, and the notebook. Run it where the tests say that one of them is out of date.
sample: $(VENV)/.ready
	$(BIN)/lecture-claims verify conv_layer.equivariance convolution.commutes --backend numpy --no-store --out build/sample
	cd build/sample && cp index.html report.md results.json ../../docs/sample/
	$(BIN)/python tests/docs/test_notebook.py

# Minutes: measures again what the empirical bounds rest on, what fixed tolerances miss and how large and fast the page of the last
# verification is (which needs chromium), and writes docs/measured.md.
bench: $(VENV)/.ready
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.speed

# Minutes: ONNX's node tests and PyTorch's OpInfo samples through `adjudicate`; writes docs/external.md, and fails where something disagrees of
# which nobody has found out why.
external: $(VENV)/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[external]'
	$(BIN)/python -m benchmarks.external

# The constraints pin every version, and torch to a release whose plain version number is a CPU build where pip is
# pointed at one; see docs/install.md.
$(VENV)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[torch,tensorflow,opencv,dev]'
	touch $@

clean:
	rm -rf $(VENV) reports/latest
