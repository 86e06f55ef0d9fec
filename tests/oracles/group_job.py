"""What one of several processes does in tests: trains small models, as part of the group that it has joined, or alone.

``torchrun --nproc-per-node N group_job.py FOLDER`` writes ``FOLDER/N.npz`` with all parameters.
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from deepbelief import DBNClassifier
from deepbelief.core.arrays import to_numpy
from deepbelief.core.finetuning import finetune
from deepbelief.core.gradients import ContrastiveDivergence, ExactGradient, PersistentContrastiveDivergence
from deepbelief.core.network import Layers, Network
from deepbelief.core.optimizers import sgd
from deepbelief.core.parallel import joining
from deepbelief.core.progress import State
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.rbm import Machine
from deepbelief.core.recipes import Execution, FineTuning, Recipe
from deepbelief.core.rows import Rows
from deepbelief.core.schedules import Linear, Switch
from deepbelief.core.training import start, train
from deepbelief.core.units import Bernoulli, Gaussian
from deepbelief.errors import ParallelError

BINARY, REAL = Machine(Bernoulli(), Bernoulli()), Machine(Gaussian(), Bernoulli())
MACHINES = {
    "cd1": (BINARY, ContrastiveDivergence()),
    "cd3": (BINARY, ContrastiveDivergence(3)),
    "pcd2": (BINARY, PersistentContrastiveDivergence(2)),
    "sampled": (BINARY, ContrastiveDivergence(2, sample_everything=True)),
    "gaussian": (REAL, ContrastiveDivergence(2)),
    "gaussian-pcd": (REAL, PersistentContrastiveDivergence(2)),
    "exact": (BINARY, ExactGradient()),
}
# With batches of 6, two or three processes get unequal shares of the last 5 or 1 rows, some of them none.
N_ROWS = {"unequal": 23, "lonely": 25}
SGD = sgd(Linear(0.3, 0.1, 3), Switch(0.5, 0.9, 1.4), 0.02, lowest=0.4)


def main(folder: Path) -> None:
    """Train everything and write what the first process has."""
    found: dict[str, np.ndarray] = {}
    with joining("numpy") as group:
        for device in ("numpy", "cpu"):
            for rows_name, n_rows in N_ROWS.items():
                x = np.random.default_rng(0).random((n_rows, 7))
                rows = Rows(x, np.float64, device).moved()
                for name, (machine, gradient) in MACHINES.items():
                    if name == "gaussian-pcd" and device != "numpy":
                        continue  # refused
                    recipe, streams = (
                        Recipe(gradient, SGD, 3, 6, centred=True, execution=Execution(group)),
                        RandomStreams(5),
                    )
                    *_, last = train(machine, rows, start(machine, rows, 5, recipe, streams), recipe, streams)
                    parameters = last.state.parameters
                    arrays = [parameters.weights, *parameters.visible.values(), *parameters.hidden.values()]
                    arrays += [] if last.state.chains is None else [last.state.chains]
                    found |= {f"{device}.{rows_name}.{name}.{i}": to_numpy(array) for i, array in enumerate(arrays)}
                found |= weighted_holes(rows, group, f"{device}.{rows_name}")
                for dropout in (0.0, 0.4):
                    found |= network(rows, group, dropout, f"{device}.{rows_name}.network{dropout}")
        net = DBNClassifier((6, 5), pretrain_epochs=2, batch_size=6, finetune_epochs=2, random_state=0)
        x = np.random.default_rng(1).random((25, 4)).astype(np.float32)
        net.fit(x, np.arange(25) % 3)
        found |= {f"classifier.{i}": array for i, array in enumerate((*net.coefs_, *net.intercepts_))}
        found["refusals"] = np.array(refusals(x) if group.size > 1 else [])
        if group.rank == 0:
            np.savez(folder / f"{group.size}.npz", **found)


def weighted_holes(rows: Rows, group, name: str) -> dict[str, np.ndarray]:
    """Train machines on rows with holes that have weights, and on values that are drawn anew."""
    rng = np.random.default_rng(3)
    matrix = np.where(rng.random((len(rows), 7)) < 0.3, np.nan, to_numpy(rows.matrix))
    rows = Rows(matrix, np.float64, rows.device, stand_in=0.4, weights=rng.random(len(rows)) + 0.1).moved()
    found = {}
    for kind in ("cd1", "pcd2"):
        machine, gradient = MACHINES[kind]
        recipe = Recipe(gradient, SGD, 2, 6, centred=True, binarized=True, execution=Execution(group))
        streams = RandomStreams(5)
        *_, last = train(machine, rows, start(machine, rows, 5, recipe, streams), recipe, streams)
        assert last.steps.startswith("kernel")
        found[f"{name}.weighted {kind}"] = to_numpy(last.state.parameters.weights)
    return found


def network(rows: Rows, group, dropout: float, name: str) -> dict[str, np.ndarray]:
    """Fine-tune a small network; return its parameters and what was measured on the way."""
    rng = np.random.default_rng(1)
    shapes = ((7, 5), (5, 3))
    layers = Layers(tuple(rng.normal(size=s) for s in shapes), tuple(rng.normal(size=s[1]) for s in shapes))
    if rows.device != "numpy":
        import torch

        layers = Layers(tuple(map(torch.from_numpy, layers.weights)), tuple(map(torch.from_numpy, layers.biases)))
    recipe = FineTuning(SGD, 3, 6, dropout, dropout, centred=True, execution=Execution(group))
    state = State(layers, SGD.init(layers))
    rows = replace(rows, labels=np.arange(len(rows)) % 3)
    *_, last = finetune(Network((Bernoulli(),)), rows, state, recipe, RandomStreams(5))
    arrays = [to_numpy(array) for array in (*last.state.parameters.weights, *last.state.parameters.biases)]
    return {f"{name}.{i}": array for i, array in enumerate([*arrays, np.array(list(last.metrics.values()))])}


def refusals(x: np.ndarray) -> list[str]:
    """Return what is said of settings that several processes cannot train with."""
    said = []
    for settings in ({"batch_size": 7}, {"batch_size": 6, "random_state": None}):
        try:
            DBNClassifier((3,), **settings).fit(x, np.arange(25) % 3)
        except ParallelError as error:
            said.append(str(error))
    of_torch = MACHINES["gaussian-pcd"], Rows(x.astype(float), np.float64, "cpu")
    everything_drawn = (BINARY, PersistentContrastiveDivergence(1, sample_everything=True)), Rows(x.astype(float))
    for (machine, gradient), rows in (of_torch, everything_drawn):
        recipe = Recipe(gradient, SGD, 1, 6, execution=Execution(joined_group()))
        try:
            list(train(machine, rows, start(machine, rows, 2, recipe, RandomStreams(0)), recipe, RandomStreams(0)))
        except ParallelError as error:
            said.append(str(error))
    try:
        DBNClassifier((3,), batch_size=6, random_state=0).fit(x + joined_group().rank, np.arange(25) % 3)
    except ParallelError as error:
        said.append(str(error))
    return said


def joined_group():
    """Return the group that this process has joined."""
    from deepbelief.core.parallel import current_group

    return current_group()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
