"""``make fuzz``: many files for every reader, each made from a seed of its own, so that it can be made again.

A reader fails if anything but a DataError or a ModelError comes out, if it takes more than a second of processor time,
or if it needs more than twice the size of the file and 64 MB. The counts are printed and, with ``--save``, written.

    python -m hostile.fuzz --target npz --first 4711 --inputs 1     reads one file again
"""

import argparse
import faulthandler
import json
import platform
import resource
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import numpy as np

from hostile.targets import TARGETS, read

SLOWEST = 1.0  # seconds
SPARE = 64 * 10**6
LARGEST = 10**6  # bytes; no file that is made here is longer
STUCK = 60.0  # seconds after which what hangs in C is killed, with a traceback


def main() -> int:
    """Run from the command line; return the exit status."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--target", choices=TARGETS, help="one reader only")
    parser.add_argument("--inputs", type=int, default=25_000, help="for each reader")
    parser.add_argument("--first", type=int, default=0, help="number of the first")
    parser.add_argument("--save", type=Path, help="write the counts to this file")
    options = parser.parse_args()
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", message=".*rescaled from")
    targets = [options.target] if options.target else list(TARGETS)
    found = {target: fuzz(target, range(options.first, options.first + options.inputs)) for target in targets}
    total = {name: sum(counts[name] for counts in found.values()) for name in ("inputs", "failures")}
    result = {
        "readers": found,
        "total": total,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "machine": f"{platform.machine()}, {platform.system()}",
    }
    print(json.dumps(result, indent=2))
    if options.save:
        options.save.write_text(json.dumps(result, indent=2) + "\n")
    return 1 if total["failures"] else 0


def fuzz(target: str, numbers: range) -> dict[str, float]:
    """Read files of one kind and count what happened."""
    counts: Counter[str] = Counter()
    slowest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        for number, content in made(target, numbers):
            path.write_bytes(content)
            begin = time.process_time()
            try:
                sentence = one(target, path)
                seconds = time.process_time() - begin
                assert seconds < SLOWEST, f"it took {seconds:.1f} s"
            except BaseException:
                counts["failures"] += 1
                print(f"{target} {number}:", file=sys.stderr)
                traceback.print_exc()
                continue
            slowest = max(slowest, seconds)
            counts["refused" if sentence else "read"] += 1
    return {
        "inputs": len(numbers),
        "read": counts["read"],
        "refused": counts["refused"],
        "failures": counts["failures"],
        "slowest_seconds": round(slowest, 3),
    }


def made(target: str, numbers: range) -> Iterator[tuple[int, bytes]]:
    """Yield the files of these numbers, and say now and then how far that is."""
    for done, number in enumerate(numbers):
        if done % 5000 == 0:
            print(f"{target}: {done} of {len(numbers)}", file=sys.stderr)
        content = TARGETS[target](Random(f"{target} {number}"))
        assert len(content) <= LARGEST
        yield number, content


def one(target: str, path: Path) -> str:
    """Read one file with as much address space as it may take, and a way out if it never ends."""
    now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (now + SPARE + 2 * path.stat().st_size, hard))
    faulthandler.dump_traceback_later(STUCK, exit=True)
    try:
        return read(target, path)
    finally:
        faulthandler.cancel_dump_traceback_later()
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


if __name__ == "__main__":
    sys.exit(main())
