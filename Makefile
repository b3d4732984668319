# The front door: every task by name. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
PYTHON ?= python3
export PYTHON
JOBS ?= $(shell nproc)
VENV := .venv/bin/python
# The environment whose pytest is the oracle, and whose Python the checks run in.
SUITE_PYTHON ?= $(abspath $(VENV))
INCLUDE = $(shell $(VENV) -c 'import sysconfig; print(sysconfig.get_paths()["include"])')
CMAKE = cmake -S . -G Ninja -DFASTEST_REQUIRE_LIBUV=ON -DPython3_EXECUTABLE=$(abspath $(VENV)) -DPython3_INCLUDE_DIR=$(INCLUDE)
NINJA = ninja -j$(JOBS) --quiet
QUIET = > /dev/null

.PHONY: help setup build check quick lint structure format format-check unit fuzz engine blackbox demo bench bench-against conformance outline-conformance bench-scanner bench-discover own-in-process own-suite explanations install clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | column -t -s '	'

setup: ## install what is missing: Debian packages, .venv
	@tools/setup.sh

build: setup ## build/fastest, usable in place: build/fastest --python PATH
	@$(CMAKE) -B build -DFASTEST_STRICT=ON $(QUIET)
	@$(NINJA) -C build

build/asan/built: setup
	@CC=clang $(CMAKE) -B build/asan -DCMAKE_BUILD_TYPE=Debug -DFASTEST_SANITIZE=ON -DFASTEST_STRICT=ON -DFASTEST_TESTS=ON $(QUIET)
	@$(NINJA) -C build/asan
.PHONY: build/asan/built

# Only what threads run: the tests of files that they share.
build/tsan/built: setup
	@CC=clang $(CMAKE) -B build/tsan -DCMAKE_BUILD_TYPE=Debug -DFASTEST_SANITIZE_THREADS=ON -DFASTEST_STRICT=ON -DFASTEST_TESTS=ON $(QUIET)
	@$(NINJA) -C build/tsan test_threads
.PHONY: build/tsan/built

check: lint build unit engine blackbox ## everything that must hold; under ten minutes
	@echo "check: all of it holds"

quick: structure build engine ## the fast part of check; under one minute
	@echo "quick: holds"

lint: format-check structure ## format and structure

structure: build ## layers, sizes, headers alone, symbols, banned functions, unused declarations
	@$(VENV) tools/check_layers.py src
	@$(VENV) tools/check_sizes.py src
	@$(VENV) tools/check_source.py src
	@$(VENV) tools/check_unused.py src tests
	@$(VENV) tools/check_headers.py src build
	@$(VENV) tools/check_symbols.py src build

format: setup ## format the C sources
	@find src tests -name '*.[ch]' -print0 | xargs -0 .venv/bin/clang-format -i

format-check: setup
	@find src tests -name '*.[ch]' -print0 | xargs -0 .venv/bin/clang-format --dry-run -Werror

unit: build/asan/built build/tsan/built ## C unit tests and fuzz smoke, under ASan and UBSan; threads under TSan
	@cd build/asan && ctest --output-on-failure -j$(JOBS) | tail -n 4
	@cd build/tsan && ctest --output-on-failure -R test_threads | tail -n 4

FUZZ_SECONDS ?= 60
FUZZ = $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
fuzz: build/asan/built ## search for new faults, FUZZ_SECONDS for each parser of FUZZ; finds: build/asan/tests/fault-*
	@printf '%s\n' $(FUZZ) | xargs -P $(JOBS) -n 1 tools/fuzz.sh build/asan/tests $(FUZZ_SECONDS)

# Tests that need our pytest in their process run under us; for the others the real one is runner and oracle.
OURS = $(shell grep -l install_finder tests/engine/test_*.py) tests/engine/test_fixtures.py
engine: build ## the extension in process
	@PYTHONPATH=build/python $(SUITE_PYTHON) -m pytest -q -p no:cacheprovider $(filter-out $(OURS),$(wildcard tests/engine/test_*.py))
	@PYTHONPATH=$(abspath build/python) $(SUITE_PYTHON) -m fastest -q -p no:cacheprovider $(OURS)

blackbox: build ## the executable against pytest's own output
	@FASTEST=build/fastest $(VENV) -m pytest -q -rs -p no:cacheprovider tests/front | tail -n 40
	@$(VENV) tools/run_cases.py --fastest build/fastest --python $(SUITE_PYTHON) tests/run
	@$(VENV) tests/conformance/compare.py --quiet --pytest $(SUITE_PYTHON) --fastest "$(abspath build/fastest) --python $(SUITE_PYTHON)"
	@$(NINJA) -C build discover_dump
	@$(VENV) tests/conformance/discover/compare.py --pytest $(SUITE_PYTHON) --dump build/discover_dump --cases
	@$(VENV) tests/conformance/discover/random_projects.py --pytest $(SUITE_PYTHON) --fastest build/fastest --count 20

demo: build ## fastest and pytest side by side on the example project
	@$(VENV) tools/demo.py --fastest build/fastest --python $(SUITE_PYTHON) examples/shop

bench: build ## the table of speed and memory: bench/results/latest.json
	@$(VENV) bench/run.py --fastest build/fastest --python $(SUITE_PYTHON) $(ROWS)

bench-scanner: build ## the scanner's engines against ast.parse: bench/results/scanner.json
	@$(NINJA) -C build scanner_bench
	@$(VENV) bench/scanner/run.py build/scanner_bench

bench-discover: build ## discovery against pytest --collect-only: bench/results/discover.json
	@$(VENV) bench/discover.py --fastest build/fastest --python $(SUITE_PYTHON)

PAIRS ?= 15
bench-against: setup ## is this commit slower than BASE? PAIRS, ROWS: bench/results/against.json
	@test -n "$(BASE)" || { echo "make bench-against BASE=COMMIT"; exit 2; }
	@$(VENV) bench/against.py --base $(BASE) --python $(SUITE_PYTHON) --pairs $(PAIRS) $(ROWS)

conformance: build outline-conformance ## what plugins see of both runners, and real projects' suites under both
	@$(VENV) tests/conformance/api/run.py --pytest $(SUITE_PYTHON) --fastest "$(abspath build/fastest) --python $(SUITE_PYTHON)"
	@$(VENV) conformance/run.py --fastest build/fastest --python $(SUITE_PYTHON) $(SUITES)

# Which interpreters' libraries, and which other folders, outlines and facts are held against ast on.
OUTLINE_PYTHONS ?= $(SUITE_PYTHON)
OUTLINE_FOLDERS ?=
outline-conformance: build ## the scanner and its facts against ast, on standard libraries: OUTLINE_PYTHONS, OUTLINE_FOLDERS
	@$(NINJA) -C build outline_dump facts_dump
	@status=0; for part in outline facts; do \
		for python in $(OUTLINE_PYTHONS); do \
			$$python tests/conformance/$$part/compare.py build/$${part}_dump || status=1; done; \
		for folder in $(OUTLINE_FOLDERS); do \
			$(VENV) tests/conformance/$$part/compare.py build/$${part}_dump $$folder || status=1; done; done; exit $$status

own-in-process: build ## all of pytest's own suite in our process: conformance/own-in-process.md; ONLY="parts of file names"
	@$(VENV) conformance/own_in_process.py --fastest build/fastest --python $(SUITE_PYTHON) $(if $(ONLY),--only $(ONLY),--report conformance/own-in-process.md)

own-suite: build ## pytest's own black-box tests: conformance/own-suite.md
	@$(VENV) conformance/own_suite.py --fastest build/fastest --python $(SUITE_PYTHON) --report conformance/own-suite.md

explanations: build ## what failing asserts say, under pytest's rewriter and ours; EXPLAINED: see tests/conformance/explanations/run.py
	@rm -rf build/explanations && mkdir -p build/explanations
	@$(VENV) tests/conformance/explanations/generate.py build/explanations/generated 400 1
	@touch build/explanations/generated/pytest.ini
	@$(VENV) tests/conformance/explanations/run.py --extension $(abspath build/python/fastest/_fastest.abi3.so) \
		--work $(abspath build/explanations/work) generated=$(abspath build/explanations/generated)=$(SUITE_PYTHON)=. $(EXPLAINED)

install: build
	@$(VENV) -m pip install .

clean:
	@rm -rf build .venv bench/work
