"""Measure deepbelief's speed beside other libraries: ``python -m benchmarks.speed --help``."""

import argparse
import importlib.util
import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from benchmarks.speed import accurate_step, cd_step, finetune_epoch, results, sampling, scaling, startup, whole_recipe
from benchmarks.speed.child import ROOT, call
from benchmarks.speed.options import Options

BENCHMARKS: dict[str, ModuleType] = {
    "cd_step": cd_step,
    "finetune_epoch": finetune_epoch,
    "accurate_step": accurate_step,
    "sampling": sampling,
    "whole_recipe": whole_recipe,
    "scaling": scaling,
    "startup": startup,
}
PEERS = {"cd_step": ("torch", "jax", "rbms"), "finetune_epoch": ("torch",)}
MODULES = ("torch", "jax", "rbms")
LEAST_REPEATS = 5


def arguments() -> tuple[list[str], Path, Options]:
    """Return the names of the benchmarks to run, the results folder, and what they were asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=BENCHMARKS, default=list(BENCHMARKS), metavar="NAME")
    parser.add_argument("--repeats", type=int, default=7, help="rounds in which contenders take turns, at least 5")
    parser.add_argument("--quick", action="store_true", help="small shapes, to see that it works")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results" / "speed")
    parser.add_argument("--data", type=Path, default=os.environ.get("DEEPBELIEF_DATA", ROOT.parent / "shared" / "data"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="of the whole recipe")
    parser.add_argument("--without", default="", help="peers to leave out: torch, jax, rbms, scikit-learn; by commas")
    given = parser.parse_args()
    without = [name for name in given.without.split(",") if name]
    if given.repeats < LEAST_REPEATS:
        parser.error(f"--repeats is {given.repeats}; a median needs at least {LEAST_REPEATS}.")
    for name in set(without) - {*MODULES, "scikit-learn"}:
        parser.error(f"--without {name}: no such peer; there are {', '.join(MODULES)} and scikit-learn.")
    for name in sorted({peer for benchmark in given.only for peer in PEERS.get(benchmark, ())} - set(without)):
        if importlib.util.find_spec(name) is None:
            parser.error(f"{name} is missing: pip install -r benchmarks/requirements.txt, or add --without {name}.")
    if not given.data.exists():
        parser.error(f"There is no folder {given.data}; --data names the one that MNIST lies in.")
    only = [name for name in BENCHMARKS if name in given.only]
    options = Options(given.repeats, given.quick, given.data.resolve(), given.seeds, without)
    return only, given.out, options


def main() -> None:
    only, folder, options = arguments()
    writers: dict[str, Callable[[list[results.Line]], str]] = {
        name: benchmark.markdown for name, benchmark in BENCHMARKS.items()
    }
    lines_file = folder / "speed.jsonl"
    for name in only:
        benchmark = BENCHMARKS[name]
        (machine,) = call("machine", "description")  # in the surroundings that everything is measured in
        described = {"kind": "machine", **machine, "threads": benchmark.THREADS}
        lines = [{**described, "repeats": benchmark.repeats(options), "quick": options.quick}]
        lines += benchmark.run(options)
        left_out = [peer for peer in PEERS.get(name, ()) if peer in options.without]
        lines += [{"kind": "not measured", "what": peer, "why": "left out on request"} for peer in left_out]
        results.replace(lines_file, name, lines)
        (folder / "speed.md").write_text(results.page(results.read(lines_file), writers))


if __name__ == "__main__":
    main()
