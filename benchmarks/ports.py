#!/usr/bin/env python3
"""Train the same restricted Boltzmann machine with deepbelief, plain NumPy, R and GNU Octave, and compare the times.

    python benchmarks/ports.py DATA_DIR [--repeats 5]    # DATA_DIR holds MNIST's IDX files
    python benchmarks/ports.py --write-guide             # the guide's tables again, from the committed results

All contenders take turns within each repeat, on the same images, with as many BLAS threads. The first pass of a run is
not counted: it warms up, and deepbelief's holds its set-up. It is an error if they do not all arrive at the same
reconstruction error, or if a language's loops and its vectorised step differ. ports/README.md says what to install.
"""

import argparse
import glob
import json
import os
import platform
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from plain_rbm import (
    BATCH,
    DECAY,
    HIDDEN,
    MOMENTUM,
    PIXELS,
    RATE,
    PlainRBM,
    new_weights_by_loops_how_not_to_do_it,
    seconds_of,
)
from threadpoolctl import threadpool_info, threadpool_limits

import deepbelief
from deepbelief import RBM
from deepbelief.datasets import load

ROWS, EPOCHS, THREADS = 10_000, 3, 2
QUIET = 1.5  # load average before, above which tables call themselves provisional; a run just ended leaves about 1
LOOP_ROWS = 4  # Octave's loops take seconds for each row
ERROR_TOLERANCE = 0.02  # relative, of reconstruction errors with different random numbers
LOOP_TOLERANCE = 1e-6  # absolute, of weights after one step with the same random numbers
ROOT = Path(__file__).parent.parent
RESULT, GUIDE = ROOT / "benchmarks" / "results" / "ports.json", ROOT / "docs" / "guide" / "python-vs-r.md"
REFERENCE_BLAS = "/usr/lib/*/blas/libblas.so.3"
PACKAGES = "r-base-core octave libopenblas0-pthread libblas3"
DEEP32, DEEP64, NUMPY32, NUMPY64 = (
    f"{who}, {p}" for who in ("deepbelief", "plain NumPy") for p in ("float32", "float64")
)
R, R_REFERENCE, OCTAVE32, OCTAVE64 = "R, double", "R, double, reference BLAS", "Octave, single", "Octave, double"
PARTS = {"products": "matrix products", "sigmoids": "sigmoids", "random": "random numbers", "update": "weight update"}
GAINS = {  # what is divided by what: seconds of a pass, or of a part of a step
    "R: OpenBLAS instead of the reference BLAS": ((R_REFERENCE, "pass"), (R, "pass")),
    "R, products only: without the search for NaN": ((R, "products"), (R, "products_unchecked")),
    "Octave: single instead of double precision": ((OCTAVE64, "pass"), (OCTAVE32, "pass")),
    "plain NumPy: float32 instead of float64": ((NUMPY64, "pass"), (NUMPY32, "pass")),
    "NumPy, float32, weight update only: in place": ((NUMPY32, "update"), (NUMPY32, "update_in_place")),
    "deepbelief instead of plain NumPy, float32": ((NUMPY32, "pass"), (DEEP32, "pass")),
    "deepbelief instead of plain NumPy, float64": ((NUMPY64, "pass"), (DEEP64, "pass")),
}
Record = dict[str, Any]


def run_numpy(images: np.ndarray, seed: int) -> Record:
    model = PlainRBM(images, np.random.default_rng(seed))
    seconds = [seconds_of(lambda: model.train_epoch(images)) for _ in range(EPOCHS)]
    record = {"version": np.__version__, "blas": numpy_blas(), "seconds": seconds}
    record["error"] = float(np.mean((images - model.reverse(model.forward(images))) ** 2))
    some, u = images[:LOOP_ROWS], model.uniform(LOOP_ROWS)
    begin = time.perf_counter()
    looped = new_weights_by_loops_how_not_to_do_it(model, some, u)
    record["loop_seconds_per_row"] = (time.perf_counter() - begin) / LOOP_ROWS
    model.train_batch(some, u)
    record["loop_difference"] = float(np.abs(looped - model.W).max())
    return record | {"parts": model.seconds_of_parts(images[:BATCH])}


def run_deepbelief(images: np.ndarray, seed: int) -> Record:
    rates = {"learning_rate": RATE, "initial_momentum": MOMENTUM, "momentum": MOMENTUM, "weight_decay": DECAY}
    rbm = RBM(HIDDEN, batch_size=BATCH, n_iter=EPOCHS, random_state=seed, **rates)
    ends = [time.perf_counter(), *(time.perf_counter() for _ in rbm.fit_epochs(images))]
    error = float(np.mean((images - rbm.reconstruct(images)) ** 2))
    record = {"version": deepbelief.__version__, "blas": numpy_blas(), "error": error}
    return record | {"seconds": np.diff(ends).tolist()}


def run_port(*command: str, **environment: str) -> Record:
    """Run a program of ports/ and return what it prints."""
    environment = os.environ | {"OPENBLAS_NUM_THREADS": str(THREADS)} | environment
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{Path(command[0]).name} failed: {done.stderr.strip()}")
    return json.loads(done.stdout)


def numpy_blas() -> str:
    """Return which BLAS NumPy has brought along; SciPy has one of its own."""
    (found,) = (pool for pool in threadpool_info() if "numpy.libs" in pool["filepath"])
    return f"{found['internal_api']} {found['version']} ({found['architecture']})"


def measured(images: np.ndarray, repeats: int) -> dict[str, list[Record]]:
    """Let all contenders take turns; return the records of each, one for each repeat."""
    tools = {"R": shutil.which("Rscript"), "Octave": shutil.which("octave-cli")}
    tools["the reference BLAS"] = next(iter(glob.glob(REFERENCE_BLAS)), None)
    if missing := [name for name, path in tools.items() if path is None]:
        raise SystemExit(f"{' and '.join(missing)} cannot be found; on Debian: apt-get install {PACKAGES}")
    rscript, octave, reference = map(str, tools.values())
    double = images.astype(np.float64)
    records: dict[str, list[Record]] = {}
    with tempfile.NamedTemporaryFile() as file, threadpool_limits(THREADS):
        np.rint(images * 255).astype(np.uint8).tofile(file.name)
        in_r = (rscript, f"{ROOT}/ports/rbm.R", file.name, str(EPOCHS))
        in_octave = (octave, "--no-history", f"{ROOT}/ports/rbm.m", file.name, str(EPOCHS))
        loop_rows = str(LOOP_ROWS)
        runs: dict[str, Callable[[int], Record]] = {
            DEEP32: lambda seed: run_deepbelief(images, seed),
            NUMPY32: lambda seed: run_numpy(images, seed),
            OCTAVE32: lambda seed: run_port(*in_octave, str(seed), loop_rows, "single"),
            DEEP64: lambda seed: run_deepbelief(double, seed),
            NUMPY64: lambda seed: run_numpy(double, seed),
            OCTAVE64: lambda seed: run_port(*in_octave, str(seed), loop_rows, "double"),
            R: lambda seed: run_port(*in_r, str(seed), loop_rows),
            R_REFERENCE: lambda seed: run_port(*in_r, str(seed), loop_rows, LD_PRELOAD=reference),
        }
        for repeat in range(repeats):
            for name in list(runs)[:: 1 if repeat % 2 == 0 else -1]:
                record = runs[name](repeat)
                record["pass"] = median(record["seconds"][1:])
                records.setdefault(name, []).append(record)
                print(f"repeat {repeat + 1}, {name}: {record['pass']:.3f} s a pass", flush=True)
    return records


def require_equal_work(records: dict[str, list[Record]]) -> None:
    expected = median(run["error"] for run in records[DEEP32])
    for name, runs in records.items():
        error = median(run["error"] for run in runs)
        if abs(error / expected - 1) > ERROR_TOLERANCE:
            raise SystemExit(f"{name} ends with reconstruction error {error:.5f}, {DEEP32} with {expected:.5f}")
        for run in runs:
            if run.get("loop_difference", 0.0) > LOOP_TOLERANCE:
                raise SystemExit(f"{name}: loops and vectorised step differ by {run['loop_difference']:.1e}")
            if ("openblas" in run["blas"].lower()) == (name == R_REFERENCE):
                raise SystemExit(f"{name} ran on {run['blas']}, which is not what was meant")


def spread(values: list[float]) -> dict[str, float]:
    return {"median": median(values), "min": min(values), "max": max(values)}


def summary(records: dict[str, list[Record]]) -> Record:
    """Return median and range over the repeats; a ratio is one of two runs of the same repeat."""

    def ratio(*values: tuple[str, str]) -> dict[str, float]:
        above, below = ([run | run.get("parts", {}) for run in records[name]] for name, _ in values)
        return spread([a[values[0][1]] / b[values[1][1]] for a, b in zip(above, below, strict=True)])

    contenders: Record = {}
    for name, runs in records.items():
        of = contenders[name] = {key: runs[0][key] for key in ("version", "blas")}
        of |= {key: spread([run[key] for run in runs]) for key in ("pass", "error")}
        of |= {f"pass / {base}": ratio((name, "pass"), (base, "pass")) for base in (DEEP32, DEEP64)}
        if "parts" in runs[0]:
            of["parts"] = {part: median(run["parts"][part] for run in runs) for part in PARTS}
            of["parts"]["step"] = of["pass"]["median"] * BATCH / ROWS
            of["loop_seconds_per_row"] = spread([run["loop_seconds_per_row"] for run in runs])
            of["loops / vectorised"] = spread([run["loop_seconds_per_row"] * ROWS / run["pass"] for run in runs])
    return {"contenders": contenders, "gains": {label: ratio(*values) for label, values in GAINS.items()}}


def tables(result: Record) -> dict[str, str]:
    """Return what belongs behind the guide's markers, in Markdown, by the name of the marker."""

    def with_range(values: dict[str, float]) -> str:
        return "{median:#.3g} ({min:#.3g}–{max:#.3g})".format(**values)

    def table(heads: list[str], rows: list[list[str]]) -> str:
        return "\n".join("| " + " | ".join(cells) + " |" for cells in [heads, ["---"] * len(heads), *rows])

    about, contenders = result["about"], result["contenders"]
    speed, loops, parts = [], [], []
    for name, of in contenders.items():
        ratios = [with_range(of[f"pass / {base}"]) for base in (DEEP32, DEEP64)]
        speed.append([name, with_range(of["pass"]), *ratios, f"{of['error']['median']:.5f}"])
        if "parts" in of:
            *each, step = (1000 * of["parts"][part] for part in (*PARTS, "step"))
            parts.append([name, *(f"{value:.2f}" for value in (*each, step - sum(each), step))])
        if "parts" in of and name not in (NUMPY32, R_REFERENCE):
            label = "plain Python; NumPy, float64" if name == NUMPY64 else name
            vectorised = {key: value / ROWS * 1000 for key, value in of["pass"].items()}
            cells = [with_range(of["loop_seconds_per_row"]), with_range(vectorised)]
            loops.append([label, *cells, f"{float('{:.2g}'.format(of['loops / vectorised']['median'])):,.0f}"])
    gains = [[label, with_range(values)] for label, values in result["gains"].items()]
    busy = about["load_before"] > QUIET
    warning = f"**Provisional**: other programs were running (load average {about['load_before']}).\n\n" if busy else ""
    used = "\n".join(f"- {name}: {of['version']}, {of['blas']}" for name, of in contenders.items())
    return {
        "speed": table(["", "seconds a pass", f"÷ {DEEP32}", f"÷ {DEEP64}", "reconstruction error"], speed),
        "loops": table(["", "loops: seconds a row", "vectorised: milliseconds a row", "loops / vectorised"], loops),
        "parts": table(["milliseconds a step", *PARTS.values(), "the rest", "whole step"], parts),
        "gains": table(["", "times as fast"], gains),
        "machine": f"{warning}{about['machine']}, {about['system']}, Python {about['python']}, "
        f"{about['threads']} BLAS threads, {about['repeats']} repeats. Version and BLAS:\n\n{used}",
    }


def write_guide(result: Record) -> None:
    text = GUIDE.read_text()
    for name, table in tables(result).items():
        start, end = f"<!-- ports.py: {name} -->\n", f"<!-- ports.py: end of {name} -->"
        if text.count(start) != 1 or text.count(end) != 1:
            raise SystemExit(f"{GUIDE.name} needs the lines {start.strip()} and {end}, once each")
        text = f"{text.partition(start)[0]}{start}\n{table}\n\n{end}{text.partition(end)[2]}"
    GUIDE.write_text(text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", help="folder with MNIST's IDX files")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--out", type=Path, default=RESULT, help="results, as JSON; the guide follows the default only")
    parser.add_argument("--write-guide", action="store_true", help="measure nothing")
    arguments = parser.parse_args()
    if arguments.data:
        busy = os.getloadavg()[0]
        records = measured(load(arguments.data).images[:ROWS], arguments.repeats)
        require_equal_work(records)
        cpu = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
        about = {"machine": f"{cpu[1] if cpu else platform.machine()}, {os.cpu_count()} cores", "threads": THREADS}
        about |= {"system": platform.freedesktop_os_release()["PRETTY_NAME"], "python": platform.python_version()}
        about |= {"repeats": arguments.repeats, "rows": ROWS, "visible": PIXELS, "hidden": HIDDEN, "batch": BATCH}
        about |= {"epochs": EPOCHS, "rate": RATE, "momentum": MOMENTUM, "decay": DECAY, "loop_rows": LOOP_ROWS}
        about |= {"error_tolerance": ERROR_TOLERANCE, "load_before": round(busy, 2)}
        result = {"about": about} | summary(records) | {"records": records}
        arguments.out.write_text(json.dumps(result, indent=1) + "\n")
    elif not arguments.write_guide:
        parser.error("name the folder with MNIST's IDX files, or --write-guide")
    result = json.loads(arguments.out.read_text())
    if arguments.out == RESULT:
        write_guide(result)
    print("\n\n".join(tables(result).values()))


if __name__ == "__main__":
    main()
