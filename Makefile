# Two commands on a fresh machine with Python >= 3.11: `make verify` and `make test`.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: verify test bench clean

verify: $(VENV)/.ready
	$(BIN)/lecture-claims verify --out reports/latest

# The lecture is verified once; the tests of the claims read the record, and fail where a verdict is not the expected one.
test: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	rm -f reports/latest/results.json
	-$(BIN)/lecture-claims verify --out reports/latest
	$(BIN)/pytest --lecture-claims-results=reports/latest/results.json

# Minutes: measures again what the empirical bounds rest on, what fixed tolerances miss and how large and fast the page of the last
# verification is (which needs chromium), and writes docs/measured.md.
bench: $(VENV)/.ready
	$(BIN)/python -m benchmarks

# The constraints pin every version, and torch to a release whose plain version number is a CPU build where pip is
# pointed at one; see the README.
$(VENV)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[torch,tensorflow,opencv,dev]'
	touch $@

clean:
	rm -rf $(VENV) reports/latest
