"""Which machine and which versions a result was measured with: nothing that names the host or its folders."""

import importlib.metadata
import os
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deepbelief.core import native

PACKAGES = ("deepbelief", "numpy", "scipy", "scikit-learn", "torch", "jax", "jaxlib", "rbms")


def description() -> Iterator[dict[str, Any]]:
    """Yield processor, cores, system, versions, BLAS, and how busy the machine was before anything was started."""
    yield {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_GiB": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": _system(),
        "python": platform.python_version(),
        "kernels": native.kernels(),
        "versions": {name: _version(name) for name in PACKAGES},
        "blas": _blas(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _system() -> str:
    try:
        name = platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        name = f"{platform.system()} {platform.release()}"
    return f"{name}, {platform.machine()}"


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        if package == "deepbelief":  # run from its source folder
            return "source tree"
        return "not installed"


def _blas() -> list[str]:
    import numpy  # noqa: F401  (its BLAS is what is looked at)
    from threadpoolctl import threadpool_info

    libraries = [library for library in threadpool_info() if library["user_api"] == "blas"]
    return [f"{library['internal_api']} {library['version']} for {library['architecture']}" for library in libraries]
