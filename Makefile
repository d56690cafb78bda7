# Shopkeeper: everything is one `make` away from a fresh clone. `make help` lists the targets.

PYTHON ?= python3
SERVE ?= 1
SCALE ?= small

UV_VERSION := 0.13.9
UV := $(or $(shell command -v uv 2>/dev/null),.tools/bin/uv)
BIN := .venv/bin
ASSETS := src/shopkeeper/web/static/vendor/manifest.json

# An environment is remade when what it was made from changes, or when the browser assets have gone.
MADE_FROM := pyproject.toml constraints.txt hatch_assets.py assets/package-lock.json \
             $(if $(wildcard $(ASSETS)),,missing-assets)
INSTALL := $(UV) pip install --quiet --compile-bytecode --python $(BIN)/python --constraints constraints.txt \
           --build-constraints constraints.txt --reinstall-package shopkeeper-ops

.DEFAULT_GOAL := help
.PHONY: help demo test check docs shots bench env lock clean bench-name missing-assets
.DELETE_ON_ERROR:

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/.demo ## load both demo shops into demo/journey and demo/lanting, print their KPI matrices, serve them on 127.0.0.1:8420 (SERVE=0: do not serve)
	$(BIN)/shopkeeper demo --dir demo --shop both $(if $(filter 0 no false,$(SERVE)),--no-serve)

test: .venv/.dev ## run all tests; on Debian as root, install the system programs they need
	@tools/system_packages.sh
	$(BIN)/python -m pytest -n 2 --dist loadgroup tests

check: .venv/.dev ## check format, lint, types and generated documentation
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m tools.reference_docs --check
	$(BIN)/python -m tools.benchmark_docs --check

docs: .venv/.dev ## write docs/reference and docs/benchmarks.md anew from the code and from the results kept
	$(BIN)/python -m tools.reference_docs
	$(BIN)/python -m tools.benchmark_docs

shots: .venv/.dev ## take the screenshots of every page, in both languages and both widths
	@tools/system_packages.sh
	$(BIN)/python tools/shots.py

bench: bench-name .venv/.dev ## run benchmarks/NAME.py and write its results (NAME=…, SCALE=small or full)
	SCALE=$(SCALE) $(BIN)/python -m benchmarks.$(NAME)

bench-name:
	@test -f "benchmarks/$(NAME).py" || { echo "make bench needs NAME, one of:" \
	  $(filter-out __init__ harness by_hand ingest_peers kpi_matrix_by_hand kpi_matrix_peers,$(basename $(notdir $(wildcard benchmarks/*.py)))) >&2; exit 2; }

env: .venv/.dev ## make the environment for development, without running anything

lock: | $(filter .tools/bin/uv,$(UV)) ## pin the newest allowed versions anew, in constraints.txt and assets/package-lock.json
	{ echo "# Made by 'make lock'. Versions only: where packages come from is each machine's own setting."; \
	  $(UV) pip compile --quiet --upgrade --universal --python-version 3.11 --all-extras --group dev --group node \
	    --no-header --no-annotate --no-emit-index-url --no-emit-find-links pyproject.toml; } > constraints.new
	mv constraints.new constraints.txt
	cd assets && npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved

clean: ## remove the environment, the demo shop and everything built
	rm -rf .venv .tools demo dist src/shopkeeper/web/static/vendor .mypy_cache .pytest_cache .ruff_cache .hypothesis

.tools/bin/uv:
	@$(PYTHON) -m pip --version >/dev/null 2>&1 || \
	  { echo "make needs uv, or a Python 3 with pip to fetch it: install either (PYTHON=… names another Python)" >&2; exit 2; }
	PIP_ROOT_USER_ACTION=ignore $(PYTHON) -m pip install --quiet --target .tools "uv==$(UV_VERSION)"

$(BIN)/python: | $(filter .tools/bin/uv,$(UV))
	$(UV) venv --quiet --allow-existing --python '>=3.11' .venv

.venv/.demo: $(MADE_FROM) | $(BIN)/python
	$(INSTALL) --editable '.[demo]'
	@touch $@

.venv/.dev: $(MADE_FROM) | $(BIN)/python
	$(INSTALL) --editable '.[demo,pdf,postgres,spark]' --group dev
	@touch $@ .venv/.demo
