"""How time and memory grow with rows, hidden units and layers, and what it costs to leave the data in their file.

Every point is measured in a process of its own, which alone tells its memory; the points take turns, and one round is
one process for each. Time is that of an epoch after the first, which holds the set-up.
"""

import os
import statistics
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.speed.child import call, peak_memory, private_memory
from benchmarks.speed.data import mnist, patterns
from benchmarks.speed.measuring import Progress, ratios, spread
from benchmarks.speed.options import Options
from benchmarks.speed.results import Line, mebibytes, table, times

THREADS = "as many as cores"
BATCH, EPOCHS, LEAST_REPEATS = 100, 3, 5
LIMITED_ROWS = 240_000  # 188 MB of bytes: so much more than what a training needs beside its data that a limit can tell

Point = dict[str, Any]


def repeats(options: Options) -> int:
    """Return rounds: few are enough here, where a round takes long and each point is several epochs."""
    return 2 if options.quick else LEAST_REPEATS


def series(quick: bool) -> dict[str, list[Point]]:
    """Return the points of each series; the first one of a series is what the others are compared with.

    Rows begin at 10,000, where what an epoch measures on 1,000 of them has become small.
    """
    shrink = 8 if quick else 1
    rows, hidden, features, many = 5000 // shrink, 500 // shrink, 500 // shrink, 10_000 // shrink
    narrow = {"n_features": features, "hidden": [hidden // 2]}
    return {
        "rows": [{"rows": 2 * rows * factor, **narrow, "per": factor} for factor in (1, 2, 4, 8)],
        "hidden units": [
            {"rows": rows, "n_features": features, "hidden": [hidden * factor // 2], "per": factor}
            for factor in (1, 2, 4, 8)
        ],
        "layers": [
            {"rows": rows, "n_features": features, "hidden": [hidden] * factor, "per": factor} for factor in (1, 2, 4)
        ],
        "storage": [
            {"rows": many, "storage": storage, "hidden": [hidden], "per": 1}
            for storage in ("uint8 in memory", "uint8 mapped", "float32 in memory")
        ],
    }


def run(options: Options) -> Iterator[Line]:
    """Measure all points of all series, round by round, then learning under a limit that the data do not fit in."""
    points = [(name, point) for name, own in series(options.quick).items() for point in own]
    progress = Progress("scaling", repeats(options) * len(points) + 1)
    measured: list[list[Line]] = [[] for _ in points]
    with tempfile.TemporaryDirectory() as folder:
        list(call("scaling", "prepare", data=str(options.data), folder=folder))
        for _ in range(repeats(options)):
            for (name, point), own in zip(points, measured, strict=True):
                own.extend(call("scaling", "measure", point=point, folder=folder))
                progress.step(f"{name}: {_label(name, point)}")
        yield from _lines(points, measured)
        yield from call("scaling", "measure_limited", folder=folder, n_rows=LIMITED_ROWS)
        progress.step("more data than memory")


def _lines(points: list[tuple[str, Point]], measured: list[list[Line]]) -> Iterator[Line]:
    firsts = {name: own for (name, _), own in reversed(list(zip(points, measured, strict=True)))}
    for (name, point), own in zip(points, measured, strict=True):
        seconds = [line["seconds"] for line in own]
        yield {
            "kind": "case",
            "series": name,
            "case": _label(name, point),
            "seconds_per_epoch": spread(seconds),
            "times_the_first_per_unit": ratios(
                [second / point["per"] for second in seconds], [line["seconds"] for line in firsts[name]]
            ),
            "peak_bytes": statistics.median(line["peak_bytes"] for line in own),
            "peak_bytes_beyond_imports": statistics.median(line["peak_bytes_beyond_imports"] for line in own),
            "private_bytes_at_end": _median([line["private_bytes_at_end"] for line in own]),
        }


def _median(values: list[int | None]) -> float | None:
    return None if None in values else statistics.median(value for value in values if value is not None)


def _label(name: str, point: Point) -> str:
    if name == "storage":
        return f"{point['rows']:,} images as {point['storage']}"
    counts = {"rows": point["rows"], "hidden units": point["hidden"][0], "layers": len(point["hidden"])}
    return f"{counts[name]:,} {name}".removesuffix("s" if counts[name] == 1 else "")


def prepare(data: str, folder: str) -> Iterator[Line]:
    """Write MNIST's training images as bytes, as they are in its own files."""
    X, _ = mnist(data)
    np.save(Path(folder) / "images.npy", np.round(X * 255).astype(np.uint8))
    yield from ()


def measure(point: Point, folder: str) -> Iterator[Line]:
    """Train a few epochs of every layer in this process."""
    from deepbelief import DBN  # before memory is first looked at

    before = peak_memory()
    stored = point.get("storage")
    X = _images(folder, point["rows"], stored) if stored else patterns(point["rows"], point["n_features"])
    net = DBN(point["hidden"], batch_size=BATCH, n_iter=EPOCHS, learning_rate=0.1, random_state=0)
    epochs: dict[int, list[float]] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # bytes go up to 255, and are rescaled: that is the point
        last = time.perf_counter()
        for epoch in net.fit_epochs(X):
            now = time.perf_counter()
            epochs.setdefault(epoch.layer, []).append(now - last)
            last = now
    yield {
        "seconds": sum(statistics.median(seconds[1:]) for seconds in epochs.values()),
        "peak_bytes": peak_memory(),
        "peak_bytes_beyond_imports": peak_memory() - before,
        "private_bytes_at_end": private_memory(),
    }


def _images(folder: str, n_rows: int, stored: str) -> np.ndarray:
    mapped = np.load(Path(folder) / "images.npy", mmap_mode="r")[:n_rows]
    if stored == "uint8 mapped":
        return mapped
    return np.array(mapped) if stored == "uint8 in memory" else mapped.astype(np.float32) / np.float32(255)


def measure_limited(folder: str, n_rows: int) -> Iterator[Line]:
    """Train on a mapped file where the system grants this process less memory than half of its bytes."""
    from deepbelief import RBM

    path = Path(folder) / "many.npy"
    images = np.load(Path(folder) / "images.npy", mmap_mode="r")
    many = np.lib.format.open_memmap(path, "w+", np.uint8, (n_rows, images.shape[1]))
    for begin in range(0, n_rows, len(images)):
        many[begin : begin + len(images)] = images[: n_rows - begin]
    many.flush()
    del many
    X = np.load(path, mmap_mode="r")
    granted = X.nbytes // 2
    line = {"kind": "limit", "case": f"{n_rows:,} mapped images", "data_bytes": X.nbytes, "granted_bytes": granted}
    rbm = RBM(64, batch_size=BATCH, n_iter=1, learning_rate=0.1, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        rbm.fit(X[:BATCH])  # what libraries set up once is no part of what the data need
        if not _limit_private_memory(granted):
            yield line | {"outcome": "not measured: this system limits no private memory"}
            return
        begin = time.perf_counter()
        try:
            rbm.fit(X)
            outcome = "trained"
        except MemoryError:
            outcome = "ran out of memory"
    yield line | {"outcome": outcome, "seconds": time.perf_counter() - begin}


def _limit_private_memory(n_bytes: int) -> bool:
    """Let this process have so many more bytes of its own; pages of a file that is only read do not count on Linux."""
    if os.uname().sysname != "Linux":
        return False
    import resource

    held = int(Path("/proc/self/status").read_text().split("VmData:")[1].split()[0]) * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (held + n_bytes, held + n_bytes))
    return True


def markdown(lines: list[Line]) -> str:
    """Return one table for each series."""
    cases = [line for line in lines if line["kind"] == "case"]
    parts = []
    for name in dict.fromkeys(line["series"] for line in cases):
        unit = "" if name == "storage" else f" per {name.removesuffix('s')}"
        headings = [name, "seconds an epoch", f"× the first{unit}", "beyond imports MiB", "private at the end MiB"]
        rows = [
            [
                line["case"],
                f"{line['seconds_per_epoch']['median']:.3f}",
                times(line["times_the_first_per_unit"]),
                mebibytes(line["peak_bytes_beyond_imports"]),
                mebibytes(line["private_bytes_at_end"]),
            ]
            for line in cases
            if line["series"] == name
        ]
        parts.append(table(headings, rows))
        if name == "rows":
            growth = [line["times_the_first_per_unit"]["median"] for line in cases if line["series"] == name]
            parts.append(f"Time per row, largest over smallest: {max(growth) / min(growth):.2f}.")
    for line in lines:
        if line["kind"] == "limit":
            parts.append(
                f"{line['case']} ({mebibytes(line['data_bytes'])} MiB), {mebibytes(line['granted_bytes'])} MiB granted "
                f"beyond what the process held: {line['outcome']}."
            )
    parts.append(
        "An epoch is one of every layer, the median of those after the first. *Beyond imports*: the peak of the "
        "process less what it held before the data, pages of a mapped file included, which the system takes back when "
        "it needs them; *private*: without such pages."
    )
    return "\n\n".join(parts)
