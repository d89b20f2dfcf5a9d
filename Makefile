# Reading Room: the commands of a developer and of a first-time user.
PYTHON ?= python3
BIN := .venv/bin
.DEFAULT_GOAL := help

.PHONY: help setup demo test check format docs bench clean

help:  ## Say what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("Reading Room needs Python 3.11 or later: make PYTHON=python3.12 setup" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev,openvino,dicom,explain,volumes,radiomics,search]'
	@touch .venv/ready

setup: .venv/ready  ## Make the environment .venv

demo: .venv/ready  ## Run a complete study on phantoms; about four minutes on two cores
	$(BIN)/readingroom demo --out runs

test: .venv/ready  ## Run all tests
	$(BIN)/python -m pytest -n auto

check: .venv/ready  ## Format, lint, types, import contracts, generated docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m readingroom.study.reference --check docs/study-file.md
	$(BIN)/python -m readingroom.report.reference --check docs

format: .venv/ready  ## Format and sort
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: .venv/ready  ## Write docs/study-file.md and docs/results.md from the program's classes
	$(BIN)/python -m readingroom.study.reference docs/study-file.md
	$(BIN)/python -m readingroom.report.reference docs

bench: .venv/ready  ## Measure ours against peers and limits; results go to benchmarks/results
	for one in augmentation frozen throughput evaluation outlines stacks; do $(BIN)/python -m benchmarks.$$one; done

clean:  ## Remove the environment and the runs
	rm -rf .venv runs
