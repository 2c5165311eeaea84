# Every entry point is a line or two; `make help` lists them. PYTHON=python3.12 picks an interpreter.
.PHONY: help serve test lint test-train train train-nano bench docs lock clean

help:  ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

serve: .venv/stamp  ## serve on 127.0.0.1:8000, as the TIDEGATE_ variables say
	.venv/bin/tidegate serve

test: lint  ## lint, types, imports, and every test but those of training
	.venv-test/bin/pytest tests --ignore tests/training --ignore tests/bench

lint: .venv-test/stamp  ## style, types, the direction of imports, the shipped policies and crosswalks
	.venv-test/bin/ruff check
	.venv-test/bin/ruff format --check
	.venv-test/bin/mypy
	.venv-test/bin/mypy docs/generate.py
	.venv-test/bin/lint-imports
	.venv-test/bin/tidegate check taxonomy/data/*.yaml taxonomy/data/*/*.yaml

test-train: .venv-train/stamp  ## the tests of training and export, on tiny data (installs torch)
	.venv-train/bin/pytest tests/training

# The shipped bundle again, in steps that can be run one by one; DATA is the data folder, OUT where it goes.
DATA ?= ../shared/data
OUT ?= work/shipped
OPTIONS = --data $(DATA) --own models/texts

TIDEGATE = .venv-train/bin/tidegate

train: .venv-train/stamp  ## train the shipped bundle again into OUT, from DATA, and measure it (five hours on two cores)
	$(TIDEGATE) train $(OPTIONS) --output $(OUT)/first --mix focused --epochs 2
	$(TIDEGATE) train $(OPTIONS) --output $(OUT)/second --mix focused --start $(OUT)/first/checkpoint --keep 0.3 \
		--learning-rate 8e-5 --max-steps 850 --seed 2
	$(TIDEGATE) train $(OPTIONS) --output $(OUT)/third --mix silver --start $(OUT)/second/checkpoint --keep 0.4 \
		--learning-rate 1.2e-4 --max-steps 1600 --seed 3
	$(TIDEGATE) train $(OPTIONS) --output $(OUT)/fourth --mix focused --start $(OUT)/third/checkpoint --keep 0.3 \
		--learning-rate 1e-4 --seed 4
	$(TIDEGATE) train $(OPTIONS) --output $(OUT) --mix focused --start $(OUT)/fourth/checkpoint --keep 0.3 \
		--learning-rate 1.4e-4 --seed 5
	$(TIDEGATE) export --model $(OUT)/checkpoint --output $(OUT)/bundle $(OPTIONS)
	$(TIDEGATE) propose $(OUT)/bundle $(OPTIONS)
	$(TIDEGATE) evaluate $(OUT)/bundle $(OPTIONS) --html $(OUT)/report.html --json $(OUT)/report.json

train-nano: .venv-train/stamp  ## train the nano bundle into OUT/nano, on the word of the one that `make train` left there
	$(TIDEGATE) train $(OPTIONS) --output $(OUT)/nano --mix student --start $(OUT)/checkpoint --epochs 6 \
		--batch 64 --learning-rate 1e-3
	$(TIDEGATE) export --model $(OUT)/nano/checkpoint --output $(OUT)/nano/bundle --name tidegate-nano --policy nano $(OPTIONS)

bench: .venv/stamp  ## seconds to ready and memory of the server; what views cost
	.venv/bin/python -m tests.bench.startup
	.venv/bin/python -m tests.bench.views

docs: .venv-test/stamp  ## write docs/reference from the code
	.venv-test/bin/python docs/generate.py

lock:  ## write the hashed requirements from pyproject.toml; UPGRADE=--upgrade takes the newest versions
	requirements/lock.sh $(UPGRADE)

clean:  ## remove the virtual environments and the tools' caches
	rm -rf .venv .venv-test .venv-train .venv-lock .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

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
