"""Loops in C for x86-64 and 64-bit ARM processors: products whose sums are dealt with in the registers.

``products.h`` says how. The module is compiled once for each instruction set of the processor; ``module`` is the best
one that runs here. It is None where the package holds none for this processor: then NumPy alone does everything.
"""

import importlib
import math
import os
import platform
from pathlib import Path
from types import ModuleType

INSTRUCTIONS = {"x86_64": ("avx512", "avx2"), "AMD64": ("avx512", "avx2"), "aarch64": ("neon",)}  # as setup.py's
MOST_THREADS = 256  # that the loops keep
NOTE = Path(__file__).with_name("not_compiled.txt")  # which setup.py writes where it could not compile them
QUOTA = Path("/sys/fs/cgroup/cpu.max")  # of a container on Linux: microseconds of processor time, and of the clock


def n_threads() -> int:
    """Return how many threads may work: what OMP_NUM_THREADS says, as for a BLAS, or else one for each core.

    Returns
    -------
    int
    """
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


def instructions() -> tuple[str, ...]:
    """Return the instruction sets that there are loops for on this processor, the best one first.

    Returns
    -------
    tuple of str
    """
    return INSTRUCTIONS.get(platform.machine(), ())


def _load() -> ModuleType | None:
    for name in instructions():
        try:
            found = importlib.import_module(f"{__name__}.{name}")
        except ImportError:
            continue
        found.set_threads(n_threads())
        return found
    return None


module = _load()


def missing() -> str:
    """Return why the loops, or the fastest of them, are missing; an empty string if none is.

    Returns
    -------
    str
    """
    if not instructions():
        return f"there are none for {platform.machine()}"
    try:
        return NOTE.read_text(encoding="utf-8")
    except OSError:
        pass
    if module is not None:
        return ""
    return f"this package was built without them, or this processor lacks {instructions()[-1]}"


def kernels() -> str:
    """Return the instruction set of the loops in use, "numpy" where there are none: numbers are rounded otherwise.

    Returns
    -------
    str
    """
    return "numpy" if module is None else module.__name__.rpartition(".")[2]


def description() -> str:
    """Return what computes, which compiler made it, and what is missing, for ``deepbelief --version``.

    Returns
    -------
    str
    """
    compiler = "" if module is None else f", compiled by {module.compiler}"
    return f"kernels: {kernels()}{compiler}" + (f"; loops in C: {missing()}" if missing() else "")
