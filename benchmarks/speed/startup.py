"""How long a user waits before anything happens: whole processes, one after the other, taking turns."""

import subprocess
import sys
from collections.abc import Iterator

from benchmarks.speed.child import environment
from benchmarks.speed.measuring import Progress, interleaved, ratios, spread, stopwatch
from benchmarks.speed.options import Options
from benchmarks.speed.results import Line, table, times

COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "import numpy": ["-c", "import numpy"],
    "import sklearn": ["-c", "import sklearn"],
    "import sklearn.neural_network": ["-c", "import sklearn.neural_network"],
    "import deepbelief": ["-c", "import deepbelief"],
    "from deepbelief import RBM": ["-c", "from deepbelief import RBM"],
    "deepbelief --help": ["-m", "deepbelief", "--help"],
}
REFERENCE = "import sklearn"
LEAST_REPEATS = 9
THREADS = "as many as cores"


def repeats(options: Options) -> int:
    return max(LEAST_REPEATS, options.repeats)


def run(options: Options) -> Iterator[Line]:
    """Start each command as often as asked for; one round before that fills the system's file cache."""
    progress = Progress("startup", 1)
    timings = {name: stopwatch(lambda command=command: _start(command)) for name, command in COMMANDS.items()}
    taken = interleaved(timings, repeats(options))
    progress.step(f"{len(COMMANDS)} commands, {repeats(options)} times each")
    for name, seconds in taken.items():
        relative = ratios(seconds, taken[REFERENCE])
        yield {"kind": "case", "case": name, "seconds": spread(seconds), f"/ {REFERENCE}": relative}


def _start(command: list[str]) -> None:
    subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL, env=environment())


def markdown(lines: list[Line]) -> str:
    """Return one table."""
    cases = [line for line in lines if line["kind"] == "case"]
    rows = [
        [f"`{line['case']}`", f"{1000 * line['seconds']['median']:.0f}", times(line[f"/ {REFERENCE}"])]
        for line in cases
    ]
    return table(["whole process", "ms", f"/ `{REFERENCE}`"], rows)
