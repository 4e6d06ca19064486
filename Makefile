# PORT, PYTHON and the variables of docs/operations.md may be given: make run PORT=8001
PORT ?= 8000
PYTHON ?= python3
WORKERS ?= auto
export PORT PYTHON
# Tests start many processes: without its bytecode, each would compile all of Django first.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup run test lint fmt bench

setup:
	@bin/setup dev

run:
	@bin/setup run
	@exec bin/run

# On the second database without what shows the same on either.
test: setup
	@failed=0; \
	echo "== sqlite"; .venv/bin/pytest --db sqlite -n $(WORKERS) --dist worksteal || failed=1; \
	echo "== postgresql"; \
	.venv/bin/pytest --db postgresql -m "not one_database" -n $(WORKERS) \
		--dist worksteal || failed=1; \
	exit $$failed

lint: setup
	@bin/lint

fmt: setup
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

bench: setup
	.venv/bin/python -m tests.bench
