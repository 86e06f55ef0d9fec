#!/usr/bin/env python3
"""Choose the settings of ``--preset accurate`` on a graphics card: many networks at once.

    python benchmarks/gpu/networks.py MNIST [--seconds 350] [--out FILE]

Networks learn from 50,000 training images, and are measured on the other 10,000; no test image is read. They are
normalised, held to their answers at moved rows, and trained by Adam, as DBNClassifier does it, but without decay of
weights. results/gpu_networks.jsonl holds what one H100 gave. Its lines with few labels are from an earlier version of
few_labels.py.
"""

import argparse
import itertools
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from batched import DEVICE, HELD_OUT, Results, Step, batches, column, training_rows
from torch import Tensor

SIZES, N_PASSES = [1000, 500], 30
BATCH, N_MEASURED, PROBE, EPSILON = 100, 10_000, 0.25, 1e-5
FIRST, SECOND = 0.9, 0.999  # decays of Adam
UNITS = {"logistic": torch.sigmoid, "relu": torch.relu}
Stack = list[tuple[Tensor, Tensor]]


def pretrained(x: Tensor, sizes: list[int], n: int) -> tuple[Stack, Tensor]:
    """Return n stacks of machines, and what their top layers say of the rows."""
    stack, inputs = [], x.expand(n, -1, -1)
    for size in sizes:
        w, b = machines(inputs, size)
        stack.append((w, b))
        inputs = torch.stack([torch.sigmoid(inputs[each] @ w[each] + b[each]) for each in range(n)])
    return stack, inputs


def machines(inputs: Tensor, size: int, n_passes: int = 10, rate: float = 0.05) -> tuple[Tensor, Tensor]:
    """Return weights and hidden biases of machines learned by CD-1, centred, from rows of their own."""
    n, n_rows, n_in = inputs.shape
    w, mean = 0.01 * torch.randn(n, n_in, size, device=DEVICE), inputs.mean(1, keepdim=True)
    a, b = torch.logit(mean.clamp(0.01, 0.99)), -(mean @ w)
    velocities = [torch.zeros_like(each) for each in (w, a, b)]
    rows = torch.zeros(n, BATCH, dtype=torch.long, device=DEVICE)
    now, momentum = torch.zeros((), device=DEVICE), torch.zeros((), device=DEVICE)

    def step() -> None:
        v = torch.gather(inputs, 1, rows[..., None].expand(-1, -1, n_in))
        h = torch.sigmoid(v @ w + b)
        v_model = torch.sigmoid((torch.rand_like(h) < h).float() @ w.mT + a)
        h_model = torch.sigmoid(v_model @ w + b)
        dw = ((v - mean).mT @ h - (v_model - mean).mT @ h_model) / BATCH
        da, db = (v - v_model).mean(1, keepdim=True), (h - h_model).mean(1, keepdim=True) - mean @ dw
        changes = (now * (dw - 2e-4 * w), now * da, now * db)
        for values, velocity, change in zip((w, a, b), velocities, changes, strict=True):
            velocity.mul_(momentum).add_(change)
            values.add_(velocity)

    replayed = Step(step, [w, a, b, *velocities])
    for done, indices in batches(n, n_rows, BATCH, n_passes):
        momentum.fill_(0.5 if done < 2 / n_passes else 0.9)
        now.fill_(rate * (1 - done))
        rows.copy_(indices)
        replayed()
    return w, b


class Networks:
    """Normalised networks side by side; the parameters of layer l are `weights[l]`, `biases[l]` and `gains[l]`."""

    def __init__(self, sizes: list[int], units: str, configurations: list[dict[str, Any]]) -> None:
        n, shapes = len(configurations), list(itertools.pairwise([784, *sizes, 10]))
        self.units = UNITS[units]
        self.weights = [torch.randn(n, *shape, device=DEVICE) * math.sqrt(2 / sum(shape)) for shape in shapes]
        self.biases = [torch.zeros(n, 1, shape[1], device=DEVICE) for shape in shapes]
        self.gains = [torch.ones(n, 1, shape[1], device=DEVICE) for shape in shapes]

    def parameters(self) -> list[Tensor]:
        """Return all of them."""
        return [*self.weights, *self.biases, *self.gains]

    def grow_from(self, stack: Stack, some: Tensor, chosen: Tensor) -> None:
        """Give the chosen networks the weights of machines; with logistic units they compute what those do."""
        x = some.expand(len(chosen), -1, -1)
        for layer, (w, b) in enumerate(stack):
            z = torch.stack([one @ other for one, other in zip(x, w, strict=True)])
            starts = (w, b + z.mean(1, keepdim=True), z.std(1, keepdim=True))
            for each, start in zip((self.weights, self.biases, self.gains), starts, strict=True):
                each[layer] = torch.where(chosen, start, each[layer])
            x = torch.sigmoid(z + b)
        self.weights[-1] = torch.where(chosen, 0.05 * torch.randn_like(self.weights[-1]), self.weights[-1])

    def answers(self, v: Tensor, moments: list[tuple[Tensor, Tensor]] | None = None) -> tuple[Tensor, list]:
        """Return log-probabilities and moments; with `moments` given, these are used and no parameter has a slope."""
        found = []
        for layer, (w, b, gain) in enumerate(zip(self.weights, self.biases, self.gains, strict=True)):
            if moments is None:
                z = v @ w
                mean = z.mean(1, keepdim=True)
                deviation = ((z - mean).square().mean(1, keepdim=True) + EPSILON).sqrt()
                found.append((mean.detach(), deviation.detach()))
                z = (z - mean) / deviation * gain + b
            else:
                mean, deviation = moments[layer]
                z = (v @ w.detach() - mean) / deviation * gain.detach() + b.detach()
            v = self.units(z) if layer < len(self.weights) - 1 else z
        return torch.log_softmax(v, -1), found

    @torch.no_grad()
    def errors(self, some: Tensor, x: Tensor, y: Tensor) -> list[float]:
        """Return how many of the rows x each gets wrong, in percent, with the moments of `some` rows."""
        wrong = []
        for number in range(len(self.weights[0])):
            seen, measured = some, x
            for w, b, gain in zip(self.weights, self.biases, self.gains, strict=True):
                if seen is not some:
                    seen, measured = self.units(seen), self.units(measured)
                z = seen @ w[number]
                mean, factor = z.mean(0), gain[number] / (z.var(0, correction=0) + EPSILON).sqrt()
                seen = (z - mean) * factor + b[number]
                measured = (measured @ w[number] - mean) * factor + b[number]
            wrong.append(round(100 * float((measured.argmax(1) != y).float().mean()), 3))
        return wrong


class Adam:
    """Adam for networks side by side, each with its rate (Kingma & Ba 2015); `falling` is what the rates fall to."""

    def __init__(self, parameters: list[Tensor], rate: Tensor) -> None:
        self._parameters, self._rate = parameters, rate
        self._means, self._squares = ([torch.zeros_like(each) for each in parameters] for _ in range(2))
        self._number, self.falling = torch.zeros((), device=DEVICE), torch.ones((), device=DEVICE)
        self._decays = torch.tensor([FIRST, SECOND], device=DEVICE)

    def tensors(self) -> list[Tensor]:
        """Return what a step changes beside the parameters."""
        return [*self._means, *self._squares, self._number]

    @torch.no_grad()
    def step(self, slopes: Sequence[Tensor]) -> None:
        """Change the parameters."""
        self._number.add_(1)
        first, second = 1 - self._decays**self._number
        for values, mean, square, slope in zip(self._parameters, self._means, self._squares, slopes, strict=True):
            mean.lerp_(slope, 1 - FIRST)
            square.mul_(SECOND).addcmul_(slope, slope, value=1 - SECOND)
            change = mean / (square / second).sqrt_().add_(1e-8)
            values.sub_(change.mul_(self._rate * self.falling / first))


def cross_entropy(targets: Tensor, log_p: Tensor) -> Tensor:
    """Return the mean over rows, summed over networks."""
    return -(targets * log_p).sum() / log_p.shape[1]


def one_hot(labels: Tensor) -> Tensor:
    """Return targets; of −1, an unknown label, zeros."""
    return (labels[..., None] == torch.arange(10, device=DEVICE)).float()


def moved(networks: Networks, v: Tensor, p: Tensor, moments: list, radius: Tensor) -> Tensor:
    """Return rows that are moved in the direction in which the answers change most."""
    beside = (v + _of_length(torch.randn_like(v), PROBE * radius)).requires_grad_(True)
    (away,) = torch.autograd.grad(cross_entropy(p, networks.answers(beside, moments)[0]), beside)
    return v + _of_length(away, radius)


def _of_length(vectors: Tensor, length: Tensor) -> Tensor:
    return vectors * (length / vectors.norm(dim=-1, keepdim=True).clamp_min(1e-20))


def train(networks: Networks, x: Tensor, y: Tensor, configurations: list[dict[str, Any]], n_passes: int) -> None:
    """Train."""
    n = len(configurations)
    rate, radius = column(configurations, "rate"), column(configurations, "radius")
    parameters = [each.requires_grad_(True) for each in networks.parameters()]
    adam = Adam(parameters, rate)
    rows = torch.zeros(n, BATCH, dtype=torch.long, device=DEVICE)

    def step() -> None:
        with torch.enable_grad():
            v = x[rows]
            log_p, moments = networks.answers(v)
            p = log_p.detach().exp()
            log_q, _ = networks.answers(moved(networks, v, p, moments, radius))
            loss = cross_entropy(one_hot(y[rows]), log_p) + cross_entropy(p, log_q)
            slopes = torch.autograd.grad(loss, parameters)
        adam.step(slopes)

    replayed = Step(step, [*parameters, *adam.tensors()])
    for done, indices in batches(n, len(x), BATCH, n_passes):
        adam.falling.fill_(1 - done)
        rows.copy_(indices)
        replayed()


def search(data: tuple[Tensor, ...], results: Results) -> None:
    """Train all groups of configurations, and write what they get wrong."""
    x, y, x_held, y_held = data
    some = x[torch.linspace(0, len(x) - 1, N_MEASURED).long()]
    stack, _ = pretrained(x, SIZES, 4)
    for group, units, configurations in GROUPS:
        if results.is_over():
            print(f"no time left for {group}")
            continue
        of = torch.arange(len(configurations), device=DEVICE) % 4
        networks = Networks(SIZES, units, configurations)
        networks.grow_from([(w[of], b[of]) for w, b in stack], some, column(configurations, "pretrained") > 0)
        train(networks, x, y, configurations, N_PASSES)
        for configuration, error in zip(configurations, networks.errors(some, x_held, y_held), strict=True):
            results.write(group, configuration, units=units, error=error)


def grid(**values: tuple) -> list[dict[str, Any]]:
    """Return all combinations of values."""
    return [dict(zip(values, chosen, strict=True)) for chosen in itertools.product(*values.values())]


RADII, SEEDS = (1.6, 2.1, 2.7), (0, 1)
GROUPS: list[tuple[str, str, list[dict[str, Any]]]] = [
    ("pretrained", "logistic", grid(rate=(0.004, 0.008, 0.016), radius=RADII, pretrained=(1,), seed=SEEDS)),
    ("random", "logistic", grid(rate=(0.008,), radius=RADII, pretrained=(0,), seed=SEEDS)),
    ("random", "relu", grid(rate=(0.002, 0.004, 0.008), radius=RADII, pretrained=(0,), seed=SEEDS)),
    ("pretrained", "relu", grid(rate=(0.004,), radius=(2.1,), pretrained=(1,), seed=SEEDS)),
]


def main() -> None:
    """Search."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mnist")
    parser.add_argument("--seconds", type=float, default=350, help="after which no group of settings is begun")
    parser.add_argument("--out", type=Path, default=Path("gpu_networks.jsonl"))
    arguments = parser.parse_args()
    torch.backends.cuda.matmul.allow_tf32 = True
    torch.manual_seed(0)
    x, y = training_rows(arguments.mnist)
    order = torch.from_numpy(np.random.default_rng(12345).permutation(len(x))).to(DEVICE)  # as records.py holds out
    held_out, kept = order[:HELD_OUT], order[HELD_OUT:]
    data, results = (x[kept], y[kept], x[held_out], y[held_out]), Results(arguments.out, arguments.seconds)
    search(data, results)


if __name__ == "__main__":
    main()
