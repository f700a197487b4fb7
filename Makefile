# make run: the server with its own Python environment and, the first time, a demonstration town.
# make test, make lint, make bench, make screenshots: see README.md.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.DEFAULT_GOAL := run
.PHONY: run test lint bench screenshots runtime development packages

run: runtime
	@$(BIN)/python -m data demo --if-empty
	@exec $(BIN)/python -m dashboard

test: packages development
	@$(BIN)/python -m pytest $(ARGS)

lint: development
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/lint-imports
	@! grep -HnvE '$(EXACT_PIN)' requirements.txt requirements-dev.txt \
	  || { echo "Pin the lines above exactly: name==version." >&2; exit 1; }

bench: development
	@$(BIN)/python -m tests.benchmarks $(ARGS)

screenshots: packages development
	@$(BIN)/python -m tests.screenshots $(ARGS)

EXACT_PIN := ^(\#.*|-r requirements\.txt|[A-Za-z0-9._-]+(\[[a-z,]+\])?==[0-9][A-Za-z0-9.]*|)$$

# Debian packages that only the tests need: Chromium, PostgreSQL with PostGIS, Chinese fonts.
packages:
	@sh tests/system_packages.sh

runtime: $(BIN)/python
	@$(call install,requirements.txt,requirements.txt)

development: $(BIN)/python
	@$(call install,requirements-dev.txt,requirements.txt requirements-dev.txt)

# install(file, everything it names): asks pip only when the content has changed since the last time.
define install
	cat $(2) | cmp -s - $(VENV)/$(1).installed || { \
	  echo "Installing $(1) into $(VENV), once ..."; \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement $(1) \
	  && cat $(2) > $(VENV)/$(1).installed; }
endef

$(BIN)/python:
	@sh .ci/environment "$(PYTHON)" "$(VENV)"
