# Two commands do all the set-up: `make fly` and `make test`.
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e
EGL_PACKAGES := libegl1 libgl1-mesa-dri libgl1
export ROS_AUTOMATIC_DISCOVERY_RANGE ?= LOCALHOST

.PHONY: fly test test-kilted check format train egl clean

fly: $(VENV)/.fly egl  ## let the shipped pilot carry out orders in MuJoCo over ROS 2 topics
	$(BIN)/liquid-control tour

test: check egl  ## all checks and all tests
	$(BIN)/python -m pytest -n 2

test-kilted: egl  ## all tests on another ROS, in an environment of its own
	@test -x .venv-kilted/bin/python || $(PYTHON) -m venv .venv-kilted
	.venv-kilted/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[kilted,train,dev]'
	.venv-kilted/bin/python -m pytest -n 2

check: $(VENV)/.dev  ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

train: $(VENV)/.dev egl  ## train the shipped pilot from nothing
	$(BIN)/liquid-control train config/train/pilot.yaml

# Rendering without a screen needs the system's EGL, which no Python package brings.
egl:
	@ldconfig -p | grep -q 'libEGL\.so\.1' || { \
	  echo "installing $(EGL_PACKAGES)"; \
	  SUDO=$$([ $$(id -u) = 0 ] || echo sudo); \
	  $$SUDO apt-get update -q && $$SUDO apt-get install -yq --no-install-recommends $(EGL_PACKAGES); }

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.fly: setup.py constraints.txt | $(BIN)/python
	@echo "installing what flying needs into $(VENV), about a minute"
	$(INSTALL) '.[ros,sim]'
	@touch $@

$(VENV)/.dev: setup.py constraints.txt | $(BIN)/python
	@echo "installing what training and testing need into $(VENV), about two minutes"
	$(INSTALL) '.[ros,train,dev]'
	@touch $@ $(VENV)/.fly

clean:
	rm -rf $(VENV) build install log *.egg-info
