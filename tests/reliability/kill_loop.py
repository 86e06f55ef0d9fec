#!/usr/bin/env python3
"""Kill a training at random moments, resume it, and compare what comes out with a run that nobody disturbed.

    python tests/reliability/kill_loop.py [--kills 300] [--seed 0] [-o benchmarks/results/kill_loop.json]

Each round trains a tiny network through all phases, with a checkpoint after every step so that many kills fall into a
write. A child process runs ``deepbelief train``; after a random time it gets SIGKILL; the next child resumes. After
each kill the folder must hold a checkpoint that can be read, with every epoch that had been announced. At the end the
model must be the undisturbed one, byte for byte, and the metrics too but for their times.
"""

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path

from forked import train, write_data

from deepbelief.estimators import checkpoint_file

EVERY_STEP = "1e-9"
LABELLED = 120  # few enough labels for semi-supervised fine-tuning
SETTINGS = ("--layers", "12,8", "--pretrain-epochs", "3", "--softmax-epochs", "3", "--finetune-epochs", "3")
LONGEST = 120  # seconds that a child may take: far more than it needs


def survives(child: int, seconds: float) -> bool:
    """Give a child some time, then kill it; tell whether it ended by itself before."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            assert status == 0, "training or resuming failed"
            return True
        time.sleep(0.001)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def announced(run: Path) -> list[dict]:
    """Return the whole lines of the metrics, without the times."""
    for name in ("metrics.jsonl.partial", "metrics.jsonl"):
        if (run / name).exists():
            lines = [
                json.loads(line) for line in (run / name).read_text().splitlines(keepends=True) if line[-1] == "\n"
            ]
            return [{key: value for key, value in line.items() if key != "seconds"} for line in lines]
    return []


def is_resumable(run: Path) -> bool:
    return (run / "checkpoint" / "settings.json").exists()


def check(run: Path, counts: Counter) -> None:
    """Look at what a kill has left of a run that is not finished."""
    folder = run / "checkpoint"
    if (folder / checkpoint_file.PARTIAL).exists():
        counts["kills in a write"] += 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a file that has its name and cannot be read would be one
        saved = checkpoint_file.newest(folder)
    if saved is None:
        counts["kills before the first checkpoint"] += 1
        assert announced(run) == []
        return
    assert len(announced(run)) <= len(saved.history), "a finished epoch is lost"
    place, state = list(saved.states.items())[-1] if saved.states else ("start", {"within": None})
    counts[f"kills in {place if place == 'start' else f'{place.phase} {place.layer}'}"] += 1
    counts["kills that left the middle of an epoch" if state["within"] else "kills that left the end of an epoch"] += 1


def round_of_kills(data: Path, folder: Path, rng: random.Random, counts: Counter, most: int) -> None:
    """Train once undisturbed, once with kills, and compare."""
    whole, broken = folder / "whole", folder / "broken"
    options = (data, *SETTINGS, "--seed", rng.randrange(1000), "--checkpoint-interval", EVERY_STEP)
    begin = time.monotonic()
    assert survives(train(*options, "--out", whole), LONGEST)
    usual = time.monotonic() - begin
    start = ("--out", broken, "--force")
    while True:
        child = train("--resume", broken) if is_resumable(broken) else train(*options, *start)
        if counts["kills"] >= most:
            assert survives(child, LONGEST)
            break
        if survives(child, rng.uniform(0.0, 0.15 * usual)):
            break
        counts["kills"] += 1
        if (broken / "result.json").exists() and not is_resumable(broken):
            counts["kills after the end"] += 1
            break
        check(broken, counts)
    counts["models compared"] += 1
    assert (broken / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()
    assert announced(broken) == announced(whole)
    shutil.rmtree(whole)
    shutil.rmtree(broken)


def kill_loop(kills: int, seed: int) -> dict[str, int]:
    """Go through rounds until there were so many kills, and return the counts; what is wrong is an AssertionError."""
    rng, counts = random.Random(seed), Counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        few, all_ = folder / "few.npz", folder / "all.npz"
        write_data(few, labelled=LABELLED)
        write_data(all_)
        while counts["kills"] < kills:
            round_of_kills((few, all_)[counts["models compared"] % 2], folder, rng, counts, kills)
            print(f"{counts['kills']} kills, {counts['models compared']} models are the same", file=sys.stderr)
    return dict(sorted(counts.items()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--out", type=Path)
    arguments = parser.parse_args()
    begin = time.monotonic()
    counts = kill_loop(arguments.kills, arguments.seed) | {"seconds": round(time.monotonic() - begin)}
    text = json.dumps(counts, indent=2)
    print(text)
    if arguments.out:
        arguments.out.write_text(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
