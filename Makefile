# Every target builds .venv on first use; nothing but Python 3.11+ and make is needed.
PYTHON ?= python3
HOME_DIR ?= ./plant
SCALE ?= 10m
BIN := .venv/bin

.PHONY: demo test check format bench ui clean

demo: .venv/ready ## simulate a factory and publish its first night
	$(BIN)/tieout --home $(HOME_DIR) demo

test: .venv/ready ## every test that needs no server
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: .venv/ready ## format, lint, types, SQL lint, import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint dbt ingest/sources --processes 2

format: .venv/ready
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/ready ## speed, as ratios measured side by side; SCALE=10m sets the rows, WRITE=--write keeps docs/benchmarks.md
	$(BIN)/python -m tests.bench table --scale $(SCALE) $(WRITE)
	$(BIN)/python -m tests.bench books $(WRITE)

ui: .venv/ready ## Dagster's web interface on 127.0.0.1
	$(BIN)/tieout --home $(HOME_DIR) ui

clean:
	rm -rf .venv build

# uv installs in seconds where it is present; pip does the same work in about a minute.
.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Tieout needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 2; }
	@if command -v uv >/dev/null 2>&1; then \
	  uv venv --quiet --clear --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" .venv && \
	  uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock && \
	  uv pip install --quiet --python $(BIN)/python --no-deps -e . ; \
	else \
	  $(PYTHON) -m venv --clear .venv && \
	  $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock && \
	  $(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e . ; \
	fi
	@touch .venv/ready
