# PORT, PYTHON and the variables of docs/operations.md may be given: make run PORT=8001
PORT ?= 8000
PYTHON ?= python3
WORKERS ?= 2
export PORT PYTHON

.PHONY: setup run test lint fmt bench

setup:
	@bin/setup dev

run:
	@bin/setup run
	@exec bin/run

test: setup
	@failed=0; for db in sqlite postgresql; do \
	  echo "== $$db"; .venv/bin/pytest --db $$db -n $(WORKERS) || failed=1; \
	done; exit $$failed

lint: setup
	@bin/lint

fmt: setup
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

bench: setup
	.venv/bin/python -m tests.bench
