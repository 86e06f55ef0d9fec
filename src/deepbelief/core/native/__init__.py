"""Loops in C for x86-64 processors: products whose sums are dealt with in the registers.

``products.h`` says how. The module is compiled twice when the package is installed, for AVX-512 and for AVX2;
``module`` is the better one that runs here. It is None where there was no compiler, or for another processor: then
everything is done with NumPy alone.
"""

import importlib
import math
import os
import platform
from pathlib import Path
from types import ModuleType

MOST_THREADS = 256  # that the loops keep
NOTE = Path(__file__).with_name("not_compiled.txt")  # which setup.py writes where it could not compile them
QUOTA = Path("/sys/fs/cgroup/cpu.max")  # of a container on Linux: microseconds of processor time, and of the clock


def n_threads() -> int:
    """Return how many threads may work: what OMP_NUM_THREADS says, as for a BLAS, or else one for each core."""
    asked = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    number = int(asked.lstrip("0")[:9] or 0) if asked.isdecimal() else 0  # of more digits the first ones say enough
    if number:
        return min(number, MOST_THREADS)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        time, clock = QUOTA.read_text().split()
        return min(cores, math.ceil(int(time) / int(clock)))
    except (OSError, ValueError):  # no such file, or "max"
        return cores


def _load() -> ModuleType | None:
    for instructions in ("avx512", "avx2"):
        try:
            found = importlib.import_module(f"{__name__}.{instructions}")
        except ImportError:
            continue
        found.set_threads(n_threads())
        return found
    return None


module = _load()


def missing() -> str:
    """Return why the loops, or the better of them, are not there; nothing where they are."""
    if platform.machine() not in ("x86_64", "AMD64"):
        return f"there are none for {platform.machine()}"
    try:
        return NOTE.read_text(encoding="utf-8")
    except OSError:
        return "" if module is not None else "they were not compiled, or this processor lacks AVX2"


def kernels() -> str:
    """Return the instruction set of the loops in use, "numpy" where there are none: numbers are rounded otherwise."""
    return "numpy" if module is None else module.__name__.rpartition(".")[2]
