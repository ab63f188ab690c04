# Needs GNU make and a Python 3.11 or newer; everything else is installed into .venv. `make help` lists what there is.

PYTHON ?= python3
PORT ?= 8000
DEMO_DIR ?= .demo
ARGS ?=
PARALLEL ?= 2

# Each test process and each program that a test starts would compile all of it again.
unexport PYTHONDONTWRITEBYTECODE

PYTEST = $(BIN)/python -m pytest -n $(PARALLEL) --dist loadgroup --durations 10

VENV := .venv
BIN := $(VENV)/bin
STAMPS := .stamps
NODE_PACKAGES := $(addsuffix /node_modules/.package-lock.json,tests/browser/firefox tests/accounts/integrations/oidc/node)

HUB := tests/accounts/integrations/oidc/jupyterhub
JUPYTERHUB := $(VENV)/jupyterhub/bin/jupyterhub
SCIM := tests/accounts/integrations/scim/client
SCIM2 := $(VENV)/scim2/bin/scim2

.DEFAULT_GOAL := help
.PHONY: help demo preflight test test-all bench lint lock clean

help: ## List what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: preflight $(STAMPS)/service ## Run everything on this machine (PORT=8000, DEMO_DIR=.demo), until Ctrl-C
	@exec $(BIN)/python manage.py demo --port $(PORT) --dir '$(DEMO_DIR)'

preflight:
	@$(PYTHON) -S mfasite/demo/port_and_folder_checks.py '$(PORT)' '$(DEMO_DIR)'

test: $(STAMPS)/tests ## Run the tests that need no browser, Dovecot or nginx (ARGS=... for pytest, PARALLEL=2)
	@exec $(PYTEST) -m "not browser and not services and not description" $(ARGS)

test-all: $(STAMPS)/tests $(NODE_PACKAGES) $(JUPYTERHUB) $(SCIM2) ## Run all tests with all rounds, those with Chromium, Firefox, Dovecot and nginx too
	@TEST_ROUNDS=all exec $(PYTEST) $(ARGS)

bench: $(STAMPS)/tests ## Measure whole sign-ins and deliveries
	@exec $(BIN)/python -m tests.bench $(ARGS)

lint: $(STAMPS)/tests ## Check style, wording, templates, types, imports and missing migrations
	@.ci/check-wording
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/djlint --check --lint .
	@$(BIN)/lint-imports
	@$(BIN)/mypy
	@DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python manage.py makemigrations --check --dry-run

lock: $(STAMPS)/tests ## Write the lock files from the lists beside them (ARGS=--upgrade for newer indirect packages)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	@$(LOCK) requirements.txt -o requirements.lock
	@$(LOCK) tests/requirements.txt -c requirements.lock -o tests/requirements.lock
	@$(LOCK) requirements-ldap.txt -c requirements.lock -o requirements-ldap.lock
	@$(LOCK) $(HUB)/requirements.txt -o $(HUB)/requirements.lock
	@$(LOCK) $(SCIM)/requirements.txt -o $(SCIM)/requirements.lock

# For every platform at once, with the hash of each file that the index has of a version.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --custom-compile-command 'make lock' $(ARGS)

clean: ## Remove what was installed and what the demo keeps
	rm -rf $(VENV) $(STAMPS) .demo .mypy_cache .ruff_cache .pytest_cache .import_linter_cache static

# A stamp holds the checksum of what it was made from, so a touched file costs nothing and a changed one is installed.
$(STAMPS)/service: FORCE
	@$(call install,requirements.lock,requirements.lock)

$(STAMPS)/tests: FORCE
	@$(call install,tests/requirements.lock,tests/requirements.lock)

$(NODE_PACKAGES): %/node_modules/.package-lock.json: %/package-lock.json
	@npm ci --silent --ignore-scripts --prefix $(<D)

# These pin other versions of what the service uses, so each has an environment of its own.
$(JUPYTERHUB): $(HUB)/requirements.lock
$(SCIM2): $(SCIM)/requirements.lock
$(JUPYTERHUB) $(SCIM2):
	@$(PYTHON) -m venv --clear $(@D)/..
	@$(@D)/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

FORCE:

define install
set -e; mkdir -p $(STAMPS); \
$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make $(MAKECMDGOALS) PYTHON=python3.12")'; \
sum=$$(cat $(2) | cksum); \
if [ ! -x $(BIN)/python ] || [ "$$sum" != "$$(cat $@ 2>/dev/null)" ]; then \
	[ -x $(BIN)/python ] || { echo "Making $(VENV) ..."; $(PYTHON) -m venv $(VENV); rm -f $(STAMPS)/*; }; \
	echo "Installing $(1), which takes a minute or so ..."; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r $(1); \
	echo "$$sum" > $@; \
fi
endef
