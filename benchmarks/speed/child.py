"""A process of its own for each thread count and each memory measurement.

``call`` starts ``python -m benchmarks.speed.child MODULE FUNCTION ARGUMENTS``; the function there is a generator of
dictionaries, which come back one by one, as lines of JSON.
"""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "BLIS_NUM_THREADS",
)
OTHER_VARIABLES = ("OMP_", "GOMP_", "KMP_", "MKL_", "OPENBLAS_", "XLA_", "JAX_", "TORCH_")


def environment(threads: int | None = None) -> dict[str, str]:
    """Return this process's environment, cleaned of what steers threads, with `threads` of them or as many as cores."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(OTHER_VARIABLES)}
    for name in THREAD_VARIABLES:
        clean.pop(name, None)
        if threads is not None:
            clean[name] = str(threads)
    return clean | {"JAX_PLATFORMS": "cpu"}


def call(module: str, function: str, threads: int | None = None, **arguments: Any) -> Iterator[dict[str, Any]]:
    """Run a generator function of another module of this folder in a fresh process and pass on what it yields."""
    orders = json.dumps({"threads": threads, "arguments": arguments})
    command = [sys.executable, "-m", __name__, f"{__package__}.{module}", function, orders]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment(threads)) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                yield json.loads(line)
        except BaseException:  # an interrupt too: nothing is left running
            process.kill()
            raise
    if process.returncode:
        raise SystemExit(f"{module}.{function} ended with status {process.returncode}; what it said is above.")


def pin(threads: int | None) -> None:
    """Keep this process on as many cores as it may have threads: XLA counts cores, and no variable tells it not to."""
    if threads is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def peak_memory() -> int:
    """Return the most bytes that this process has ever held in memory.

    Linux gives ``ru_maxrss`` of the process that started this one too, if that was larger; VmHWM is this one's alone.
    """
    status = Path("/proc/self/status")
    if status.exists():
        return _kilobytes(status, "VmHWM") * 1024
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def private_memory() -> int | None:
    """Return the bytes held now that are not pages of a file, or None where the system does not tell."""
    status = Path("/proc/self/status")
    return _kilobytes(status, "RssAnon") * 1024 if status.exists() else None


def _kilobytes(status: Path, name: str) -> int:
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith(f"{name}:"))


def main() -> None:
    module, function, orders = sys.argv[1:]
    order = json.loads(orders)
    pin(order["threads"])  # before any library is imported that counts cores
    for result in getattr(importlib.import_module(module), function)(**order["arguments"]):
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
