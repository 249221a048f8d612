# `make run` starts a working system, `make test` runs every test, `make sure` is what to run before a commit.
SHELL := /bin/bash
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
export PORT

.PHONY: run test lint sure format bench lock screenshots clean

.make/run: requirements.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@mkdir -p .make && touch $@

.make/dev: requirements-dev.txt .make/run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

.make/node: package-lock.json
	npm ci --silent --no-audit --no-fund
	@mkdir -p .make && touch $@

lms/web/translations/zh_Hans_CN/LC_MESSAGES/messages.mo: lms/web/translations/zh_Hans_CN/LC_MESSAGES/messages.po .make/run
	@$(BIN)/pybabel --quiet compile --directory lms/web/translations

run: .make/run lms/web/translations/zh_Hans_CN/LC_MESSAGES/messages.mo
	@CROSSDESK_MODE=$${CROSSDESK_MODE:-development} deploy/run

test: .make/dev .make/node lms/web/translations/zh_Hans_CN/LC_MESSAGES/messages.mo
	@CROSSDESK_TEST_POSTGRES_URL="$${CROSSDESK_TEST_POSTGRES_URL:-$$(deploy/find-postgres)}" $(BIN)/pytest -n 3 --dist worksteal

lint: .make/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

sure: lint test

format: .make/dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .make/dev lms/web/translations/zh_Hans_CN/LC_MESSAGES/messages.mo
	$(BIN)/python -m benchmarks.pages
	$(BIN)/python -m benchmarks.lrs
	$(BIN)/python -m benchmarks.sign_in
	$(BIN)/python -m benchmarks.effect

screenshots: .make/dev lms/web/translations/zh_Hans_CN/LC_MESSAGES/messages.mo
	$(BIN)/python -m docs.screenshots

lock:
	$(BIN)/pip-compile --quiet --generate-hashes --strip-extras --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --allow-unsafe -o requirements.txt requirements.in
	$(BIN)/pip-compile --quiet --generate-hashes --strip-extras --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --allow-unsafe -o requirements-dev.txt requirements-dev.in

clean:
	rm -rf .venv .make node_modules .pytest_cache .mypy_cache .ruff_cache
