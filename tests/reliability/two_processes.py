#!/usr/bin/env python3
"""Start the same training twice, in one folder, a random time apart: exactly one may train, and the other must say why.

    python tests/reliability/two_processes.py [--pairs 100] [--seed 0] [-o benchmarks/results/two_processes.json]

For each of ``--out``, ``--resume`` and ``--force`` so many pairs, and as many where the first process gets SIGKILL and
the second one must go on at once. The second one starts while the first is at work, or, in some pairs, just after its
end. The processes are forked from this one, so that a time is that of the command alone, without imports. After each
pair the model must be that of a run nobody disturbed, byte for byte, its metrics whole, and nothing else left behind.
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
from collections import Counter
from pathlib import Path

import numpy as np
from forked import train, write_data

SETTINGS = ("--layers", "24,16", "--pretrain-epochs", "8", "--softmax-epochs", "8", "--finetune-epochs", "8")
KINDS = ("--out", "--resume", "--force", "--resume after SIGKILL", "--force after SIGKILL")
WHOLE = ["metrics.jsonl", "model.safetensors", "result.json"]
BUSY = "another process is training in this folder"
FINISHED = "this run is finished"
LATE = ("the folder is not empty", FINISHED)


def code_of(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def lines(run: Path) -> list[dict]:
    """Return the metrics without the times."""
    found = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [{name: value for name, value in line.items() if name != "seconds"} for line in found]


def prepared(kind: str, run: Path, unfinished: Path) -> None:
    """Lay out what the pair finds: nothing, or an unfinished run."""
    shutil.rmtree(run, ignore_errors=True)
    if kind != "--out":
        shutil.copytree(unfinished, run)


def pair(kind: str, folder: Path, offset: float, counts: Counter) -> tuple[float | None, float]:
    """Start two; return the seconds that a refused one took, and those that the first one took to start and end."""
    run, words = folder / "run", (folder / "first", folder / "second")
    held = folder / "held by the first", folder / "held by the second"
    prepared(kind, run, folder / "unfinished")
    new = (folder / "data.npz", *SETTINGS, "--out", run)
    command = {"--out": new, "--resume": ("--resume", run), "--force": (*new, "--force")}[kind.split()[0]]
    is_killed = "SIGKILL" in kind
    begun = [time.monotonic(), 0.0]
    children = [train(*command, said=words[0], held=held[0])]
    time.sleep(offset)
    if is_killed:
        os.kill(children[0], signal.SIGKILL)
        first = code_of(children[0])
        if first == 0:
            counts[f"{kind}: the first one had ended before it was killed"] += 1
            return None, 0.0
        second = code_of(train(*command, said=words[1]))
        is_late = FINISHED in words[1].read_text()  # killed when everything was written, but before it had ended
        assert is_late or second == 0, words[1].read_text()
        counts[f"{kind}: {'the first one had finished when it was killed' if is_late else 'went on at once'}"] += 1
        check(run, folder / "whole")
        return None, 0.0
    begun[1] = time.monotonic()
    children.append(train(*command, said=words[1], held=held[1]))
    codes, ended = {}, {}
    while len(codes) < 2:
        child, status = os.wait()
        number = children.index(child)
        codes[number], ended[number] = os.waitstatus_to_exitcode(status), time.monotonic()
    losers = [number for number in codes if codes[number]]
    said = [words[number].read_text() for number in losers]
    seconds = None
    if not losers:
        assert kind == "--force", "both trained"
        (_, released), (locked, _) = sorted([float(line) for line in file.read_text().split()][-2:] for file in held)
        assert released <= locked, "both trained at once"
        counts[f"{kind}: the second one began after the first had ended"] += 1
    elif BUSY in said[0]:
        assert len(losers) == 1, said
        assert said[0].count("\n") == 1, said
        counts[f"{kind}: refused, the other one trains"] += 1
        seconds = ended[losers[0]] - begun[losers[0]]
    else:
        assert any(words in said[0] for words in LATE), said
        counts[f"{kind}: refused, the other one has ended"] += 1
    check(run, folder / "whole")
    return seconds, ended[0] - begun[0]


def check(run: Path, whole: Path) -> None:
    """Compare a run with one that nobody disturbed."""
    assert sorted(path.name for path in run.iterdir()) == WHOLE, sorted(run.iterdir())
    assert (run / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes(), "another model"
    assert lines(run) == lines(whole), "other metrics"


def two_processes(n_pairs: int, seed: int) -> dict[str, object]:
    """Go through all pairs, and return counts and times; what is wrong is an AssertionError."""
    rng, counts, seconds = random.Random(seed), Counter(), []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_data(folder / "data.npz")
        whole = (folder / "data.npz", *SETTINGS, "--out", folder / "whole")
        begin = time.monotonic()
        assert code_of(train(*whole, said=folder / "said")) == 0, (folder / "said").read_text()
        usual = time.monotonic() - begin
        child = train(*whole[:-1], folder / "unfinished")
        while not len(list((folder / "unfinished/checkpoint").glob("*.safetensors"))) > 1:
            time.sleep(0.001)
        os.kill(child, signal.SIGKILL)
        code_of(child)
        for kind in KINDS:
            longest = usual
            for _ in range(n_pairs):
                refused, took = pair(kind, folder, rng.uniform(0, 1.1 * longest), counts)
                longest = took or longest
                seconds += [] if refused is None else [refused]
            print(f"{kind}: {n_pairs} pairs", file=sys.stderr)
    times = {"usual run": usual, "refusal, median": float(np.median(seconds)), "refusal, longest": max(seconds)}
    return {
        "pairs": n_pairs * len(KINDS),
        "outcomes": dict(sorted(counts.items())),
        "models and metrics that are not those of an undisturbed run": 0,
        "seconds": {name: round(value, 3) for name, value in times.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--out", type=Path)
    arguments = parser.parse_args()
    text = json.dumps(two_processes(arguments.pairs, arguments.seed), indent=2)
    print(text)
    if arguments.out:
        arguments.out.write_text(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
