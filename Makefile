# Needs make (GNU 3.81 or newer) and Python 3.11, 3.12 or 3.13, nothing else.

SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
PY := .venv/bin/python
PYTEST := $(PY) -m pytest
# Some tools read the settings.
DEV := env DEBUG=1

# Install one requirements file into .venv unless it is installed.
# PYTHON=/path/to/python chooses the Python of .venv.
define install
@if cmp -s $(1) .venv/installed-$(1) && $(PY) -c ''; then exit 0; fi; \
for python in $(if $(PYTHON),'$(PYTHON)',python3.13 python3.12 python3.11 python3); do \
  found=`"$$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null` \
    || continue; \
  case $$found in 3.11|3.12|3.13) ;; \
    *) seen="$$seen, $$python is $$found"; continue ;; esac; \
  if "$$python" -c 'import venv, ensurepip' 2>/dev/null; \
    then exec "$$python" fashionlens/install.py $(1); fi; \
  seen="$$seen, $$python ($$found) lacks the venv module"; \
done; \
echo "FashionLens needs Python 3.11, 3.12 or 3.13 with its venv module" \
  "(Debian and Ubuntu: the package python3-venv)." >&2; \
seen=$${seen:-, no Python}; echo "Found: $${seen#, }." >&2; \
echo "Choose another one: make $(or $(MAKECMDGOALS),demo)" \
  "PYTHON=/path/to/python3.12" >&2; \
exit 1
endef

.PHONY: help
help:
	@echo 'make demo       install, start and fill the shop; Ctrl-C stops it, data is kept'
	@echo 'make test       install the tools, then lint, types and all quick tests'
	@echo 'make test-slow  tests that train for minutes'
	@echo 'make lint       ruff, djlint, hadolint, compose schema'
	@echo 'make types      mypy'
	@echo 'make format     format the code with ruff and djlint'
	@echo 'make schema     write the schema of the API to docs/openapi.yaml'
	@echo 'make texts      collect the texts of the pages and compile translations'
	@echo 'make lock       pin the newest versions allowed by requirements*.in'
	@echo 'make clean      remove .venv and caches; var/ is kept'
	@echo
	@echo 'PYTHON=/path/to/python3.12 chooses the Python of .venv.'

.PHONY: demo
demo: serving
	@exec env DEBUG=1 $(PY) manage.py demo

.PHONY: test
test: lint types
	@$(PYTEST) -n 2

.PHONY: test-slow
test-slow: development
	@$(PYTEST) -m slow

.PHONY: lint
lint: development
	@$(PY) -m ruff check --quiet .
	@$(PY) -m ruff format --quiet --check .
	@$(PY) -m djlint --quiet --lint templates
	@$(PY) -m djlint --quiet --check templates || $(PY) -m djlint --check templates
	@.venv/bin/hadolint Dockerfile
	@$(PY) -m check_jsonschema --quiet --builtin-schema vendor.compose-spec \
	  docker-compose.yml

.PHONY: types
types: development
	@$(DEV) $(PY) -m mypy

.PHONY: format
format: development
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .
	@$(PY) -m djlint --quiet --reformat templates

.PHONY: schema
schema: development
	@DEBUG=1 $(PY) manage.py spectacular --file docs/openapi.yaml

.PHONY: texts
texts: development
	@$(DEV) $(PY) manage.py translations

.PHONY: lock
lock: development
	@for set in requirements requirements-s3 requirements-dev; do \
	  UV_CUSTOM_COMPILE_COMMAND='make lock' $(PY) -m uv pip compile --quiet --upgrade \
	    --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links \
	    $$set.in -o $$set.txt || exit 1; \
	done

.PHONY: clean
clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: serving
serving:
	$(call install,requirements.txt)

# Not at the same time as `serving`: both write into .venv.
.PHONY: development
development:
	$(call install,requirements-dev.txt)
