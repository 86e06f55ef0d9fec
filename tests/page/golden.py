"""Golden vectors: what the core makes of some machines and rows, for the page to make the same of them."""

from typing import Any

import numpy as np

from deepbelief.core.functions import log_softmax
from deepbelief.core.gibbs import sweep
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.units import (
    Bernoulli,
    Binomial,
    Categorical,
    Gaussian,
    Mixed,
    Poisson,
    ReLU,
    ReplicatedSoftmax,
    Spin,
)
from deepbelief.page.contents import described_side
from deepbelief.page.encoding import encoded

N_VISIBLE, N_HIDDEN, N_ROWS = 12, 7, 4
TABLE = Mixed(
    (
        (Bernoulli(), 2),
        (Gaussian(learn_variance=True), 2),
        (Categorical(3), 3),
        (Poisson(), 2),
        (Binomial(5), 1),
        (ReLU(), 1),
        (Spin(), 1),
    )
)
MACHINES = {
    "bernoulli": Machine(),
    "gaussian": Machine(Gaussian()),
    "learned variance": Machine(Gaussian(learn_variance=True)),
    "spin": Machine(Spin(), Spin()),
    "categorical": Machine(Categorical(4)),
    "mixed": Machine(TABLE),
    "poisson": Machine(Poisson()),
    "binomial": Machine(Binomial(9)),
    "many trials": Machine(Binomial(300)),
    "rectified": Machine(ReLU()),
    "documents": Machine(ReplicatedSoftmax(20)),
    "gaussian hidden": Machine(Bernoulli(), Gaussian()),
    "rectified hidden": Machine(Bernoulli(), ReLU()),
    "rectified, both": Machine(ReLU(learn_precision=False), ReLU()),
    "counts hidden": Machine(Binomial(4), Poisson()),
    "trials hidden": Machine(Poisson(), Binomial(6)),
    "categories hidden": Machine(ReplicatedSoftmax(7), Categorical(N_HIDDEN)),
}


class Recorder:
    """Random numbers that are written down in the order in which a page uses them, row by row."""

    def __init__(self, seed: int) -> None:
        self._generator = np.random.default_rng(seed)
        self.drawn: list[tuple[str, list[float]]] = []

    def uniform(self, shape: tuple[int, ...], other: Any) -> np.ndarray:
        return self._write("uniform", self._generator.random(shape, dtype=np.float32))

    def random_bits(self, n_rows: int, n_columns: int) -> np.ndarray:
        """Draw what the loops in C turn into uniform numbers: the upper 23 of 32 bits."""
        bits = self._generator.integers(2**32, size=(n_rows, n_columns), dtype=np.uint32)
        self._write("uniform", (bits >> 9) * np.float32(2**-23))
        return bits

    def normal(self, shape: tuple[int, ...], other: Any) -> np.ndarray:
        return self._write("normal", self._generator.standard_normal(shape, dtype=np.float32))

    def _write(self, kind: str, values: np.ndarray) -> np.ndarray:
        self.drawn.append((kind, values.ravel().astype(float).tolist()))
        return values


def golden() -> list[dict[str, Any]]:
    """Return a case for each machine: the machine as the page gets it, and what the core makes of it."""
    return [_case(name, machine, seed) for seed, (name, machine) in enumerate(MACHINES.items())]


def _case(name: str, machine: Machine, seed: int) -> dict[str, Any]:
    generator = np.random.default_rng(seed)

    def some(*shape: int) -> np.ndarray:
        return generator.normal(size=shape).astype(np.float32)

    parameters = Parameters(
        some(N_VISIBLE, N_HIDDEN),
        {key: some(N_VISIBLE) for key in machine.visible.neutral(N_VISIBLE, np.zeros(1))},
        {key: some(N_HIDDEN) for key in machine.hidden.neutral(N_HIDDEN, np.zeros(1))},
    )
    stream = Recorder(seed)
    v = machine.visible.sample(parameters.visible, some(N_ROWS, N_VISIBLE), stream)
    h = machine.forward(parameters, v)
    clamped = np.arange(N_VISIBLE) < 5
    head, bias = some(N_HIDDEN, 3), some(3)
    sweeps = []
    for row in v:
        stream.drawn.clear()
        drawn, hidden = sweep(machine, parameters, row[None], stream, clamped=clamped)
        sweeps.append({"random": list(stream.drawn), "v": drawn[0].tolist(), "h": hidden[0].tolist()})
    return {
        "name": name,
        "layer": {
            "weights": encoded(parameters.weights, "float32").text,
            "visible": _side(machine.visible, parameters.visible),
            "hidden": _side(machine.hidden, parameters.hidden),
        },
        "head": {"weights": encoded(head, "float32").text, "bias": encoded(bias, "float32").text},
        "v": v.tolist(),
        "forward": h.tolist(),
        "reverse": machine.reverse(parameters, h).tolist(),
        "freeEnergy": machine.free_energy(parameters, v).tolist(),
        "softmax": np.exp(log_softmax(h @ head + bias)).tolist(),
        "clamped": clamped.tolist(),
        "sweeps": sweeps,
    }


def _side(units: Any, parameters: Any) -> dict[str, Any]:
    side = described_side(units, parameters, "")
    return side | {k: None if side[k] is None else encoded(side[k], "float32").text for k in ("bias", "precision")}
