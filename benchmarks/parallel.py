"""Training in one process and in two, on one machine: rows per second, and how equal the models are.

    python -m benchmarks.parallel DATA_DIR

starts itself through torchrun: one process with one thread, and two with one thread each, in turns, for batches of 100
and 1,000 rows. DATA_DIR holds MNIST's IDX files.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from benchmarks.speed.machine import description

RESULT = Path(__file__).parent / "results" / "parallel.json"
N_ROWS, BATCHES, ROUNDS, EPOCHS = 10_000, (100, 1000), 5, 3


def worker(data: str, out: str) -> None:
    """Train as one of the processes; the first one writes what an epoch took."""
    from deepbelief import RBM, datasets
    from deepbelief.core.parallel import joining

    images = datasets.load(data, split="train").images[:N_ROWS]
    found = {}
    with joining("numpy") as group:
        for batch_size in BATCHES:
            rbm = RBM(500, batch_size=batch_size, n_iter=EPOCHS, random_state=0)
            seconds, begin = [], time.perf_counter()
            for _ in rbm.fit_epochs(images):
                seconds.append(time.perf_counter() - begin)
                begin = time.perf_counter()
            error = rbm.history_[-1]["reconstruction_error"]
            found[str(batch_size)] = {"seconds": min(seconds[1:]), "error": error}
        if group.rank == 0:
            Path(out).write_text(json.dumps(found))


def launch(n_processes: int, data: str) -> dict:
    """Run :func:`worker` in so many processes."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.json"
        launcher = ["-m", "torch.distributed.run", f"--nproc-per-node={n_processes}", "--no-python"]
        command = [sys.executable, *launcher, sys.executable, "-m", "benchmarks.parallel", data, str(out)]
        one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        subprocess.run(command, check=True, env={**os.environ, **one_thread}, capture_output=True, timeout=300)
        return json.loads(out.read_text())


def main(data: str) -> None:
    """Take turns, and write medians and spread."""
    rounds = [{n: launch(n, data) for n in (1, 2)} for _ in range(ROUNDS)]
    result = {"machine": next(description()), "rows": N_ROWS, "rounds": ROUNDS, "batches": {}}
    for batch_size in map(str, BATCHES):
        ratios = [turn[1][batch_size]["seconds"] / turn[2][batch_size]["seconds"] for turn in rounds]
        errors = [turn[n][batch_size]["error"] for turn in rounds for n in (1, 2)]
        if np.ptp(errors) > 1e-3 * errors[0]:  # other roundings turn a drawn state now and then
            raise SystemExit(f"The models of one and two processes differ at batch {batch_size}: {errors}")
        result["batches"][batch_size] = {
            "seconds_alone": statistics.median(turn[1][batch_size]["seconds"] for turn in rounds),
            "seconds_of_two": statistics.median(turn[2][batch_size]["seconds"] for turn in rounds),
            "speed_up": [statistics.median(ratios), min(ratios), max(ratios)],
        }
        print(batch_size, result["batches"][batch_size])
    RESULT.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    worker(*sys.argv[1:]) if len(sys.argv) == 3 else main(*sys.argv[1:])
