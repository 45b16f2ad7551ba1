# Needs Python 3, Node 20+ and make; everything else is installed inside the project.
PYTHON := .venv/bin/python
LOCAL := $(PYTHON) -m scripts.stack
export SONGSHEN_PORT ?= 4566
MADE := .local .aws-sam web/dist test-artifacts
STACK ?= songshen
REGION ?= $(AWS_REGION)

.DEFAULT_GOAL := help
.PHONY: help run up down clean check test fuzz mutants audit bench rehearse deploy redrive openapi iam format lock setup plan simulate

help: ## print this
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/\1|\2/' | \
	    while IFS='|' read -r name text; do printf '  make %-9s %s\n' "$$name" "$$text"; done

run: setup ## start everything, print the addresses and sign-ins, follow the log until Ctrl-C
	@$(LOCAL) run

up: setup ## build what changed, start the emulator, deploy, publish, load the demonstration exam
	@$(LOCAL) up

down: ## stop the emulator; what it holds is kept
	@if [ -x $(PYTHON) ]; then $(LOCAL) down; fi

clean: ## stop, and forget all data and builds; installations stay
	@if [ -x $(PYTHON) ]; then $(LOCAL) halt; fi
	@rm -rf $(MADE) 2>/dev/null || rm -rf $(MADE)

check: setup ## lint, types, template, contract drift, unit tests: seconds
	@$(PYTHON) -m scripts.check

test: check ## check, then the other tests, on a stack of their own: minutes
	@npm --prefix web run --silent test
	@browser="$$($(PYTHON) -m scripts.browser)" && SONGSHEN_CHROMIUM="$$browser" \
	    $(LOCAL) with --state .local/test --port 0 --bare -- .venv/bin/pytest --ignore=tests/unit -n 4 --dist worksteal

fuzz: setup ## give verdicts on broken images without end: make fuzz MINUTES=10
	@$(PYTHON) -m tests.fuzz --minutes $(or $(MINUTES),10)

mutants: setup ## change the image checks in every way, and see that tests notice: make mutants WRITE=1
	@$(PYTHON) -m tests.mutants $(if $(WRITE),--write)

audit: setup ## whether what is shipped has known vulnerabilities (asks osv.dev)
	@$(PYTHON) -m scripts.audit

bench: export BENCH_ROWS = $(ROWS)
bench: setup ## measure, on a stack of its own: make bench WHAT=page, ROWS=100000 where there are rows, WRITE=1 into docs/measured.md
	@browser="$$($(PYTHON) -m scripts.browser)" && SONGSHEN_CHROMIUM="$$browser" \
	    $(LOCAL) with --state .local/bench --port 0 -- $(PYTHON) -m bench $(if $(WRITE),--write) $(WHAT)

rehearse: setup ## rehearse a last hour on a stack of its own, with faults, and check what came of it: make rehearse SECONDS=420
	@$(LOCAL) with --state .local/rehearsal --port 0 --bare -- $(PYTHON) -m tests.rehearsal --seconds $(or $(SECONDS),420)

plan: setup ## what must be ready for an exam: make plan EXAM=exams/demo/exam.yaml CANDIDATES=1000000
	@$(PYTHON) -m bench.plan "$(or $(EXAM),exams/demo/exam.yaml)" $(if $(CANDIDATES),--candidates $(CANDIDATES))

simulate: setup ## the last hour of a million candidates: minutes; SHARE=0.1 for a quick look
	@$(PYTHON) -m bench.deadline_day

deploy: setup ## deploy to AWS and publish the pages: make deploy STACK=songshen REGION=ap-southeast-1
	@$(PYTHON) -m scripts.production "$(STACK)" "$(REGION)"

redrive: setup ## send failed events again, once their cause is mended: make redrive STACK=songshen REGION=...
	@$(PYTHON) -m scripts.redrive "$(STACK)" "$(REGION)"

openapi: setup ## make docs/openapi.json, docs/verdicts.md and the pages' client types from the code
	@$(PYTHON) -m scripts.openapi && $(PYTHON) -m scripts.verdicts && npm --prefix web run --silent types

iam: setup ## prove on a stack of its own that every permission is needed: minutes
	@$(LOCAL) with --state .local/iam --port 0 --bare -- sh -c '$(PYTHON) -m scripts.iam "$$SONGSHEN_STACK"'

format: setup ## put the Python code into its format
	@.venv/bin/ruff check --quiet --fix; .venv/bin/ruff format

lock: ## refresh the lock files to the newest versions that are allowed
	@python3 scripts/environment.py lock
	@npm --prefix web update

# every installation; quick when nothing has changed
setup:
	@python3 scripts/environment.py dev sam emulator web
