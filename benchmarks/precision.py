"""What products of lower precision cost in accuracy, and bring in time: a torch device, three seeds, in turns.

    python -m benchmarks.precision DATA_DIR [DEVICE]

DATA_DIR holds MNIST's IDX files: 10,000 images are learned from, the 10,000 test images are measured on. Nothing is
chosen by what comes out.
"""

import json
import statistics
import sys
import time
from pathlib import Path

from benchmarks.speed.machine import description

from deepbelief import DBNClassifier, datasets

RESULT = Path(__file__).parent / "results" / "precision.json"
N_ROWS, SEEDS, PRECISIONS = 10_000, (0, 1, 2), ("highest", "medium")


def measure(precision: str, seed: int, device: str, train: datasets.Dataset, test: datasets.Dataset) -> dict:
    """Train 784-500-500-10 for a few epochs; return seconds and test accuracy."""
    net = DBNClassifier(
        (500, 500),
        pretrain_epochs=5,
        softmax_epochs=5,
        finetune_epochs=5,
        random_state=seed,
        device=device,
        precision=precision,
    )
    begin = time.perf_counter()
    net.fit(train.images[:N_ROWS], train.labels[:N_ROWS])
    return {"seconds": time.perf_counter() - begin, "accuracy": float(net.score(test.images, test.labels))}


def main(data: str, device: str = "cpu") -> None:
    """Take turns over seeds, and write what came out."""
    train, test = (datasets.load(data, split=split) for split in ("train", "test"))
    runs = {precision: [] for precision in PRECISIONS}
    for seed in SEEDS:
        for precision in PRECISIONS:
            runs[precision].append(measure(precision, seed, device, train, test))
            print(seed, precision, runs[precision][-1], flush=True)
    ratios = [a["seconds"] / b["seconds"] for a, b in zip(*runs.values(), strict=True)]
    result = {
        "machine": next(description()),
        "device": device,
        "rows": N_ROWS,
        "runs": runs,
        "accuracy": {name: statistics.mean(run["accuracy"] for run in of) for name, of in runs.items()},
        "times_as_fast": [statistics.median(ratios), min(ratios), max(ratios)],
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
