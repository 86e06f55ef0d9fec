#!/usr/bin/env python3
"""Choose the settings of ``--preset accurate`` on a graphics card: many networks at once.

    python benchmarks/gpu/networks.py MNIST [--what all,few] [--seconds 350] [--out FILE]

Networks learn from 50,000 training images, or from the labels of 1,000 or 100 of them, and are measured on the other
10,000; no test image is read. They are normalised, held to their answers at moved rows, and trained by Adam, as
DBNClassifier does it, but without decay of weights. results/gpu_networks.jsonl holds what one H100 gave.
"""

import argparse
import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import torch
from batched import DEVICE, HELD_OUT, Results, Step, batches, column, training_rows
from sklearn.neighbors import NearestNeighbors
from torch import Tensor

from deepbelief.core.propagation import affinities, spread_labels

SIZES, N_PASSES = [1000, 500], 30
BATCH, N_UNLABELLED, N_MEASURED, PROBE, EPSILON = 100, 200, 10_000, 0.25, 1e-5
GUIDED, WARM_UP, N_NEIGHBOURS = 0.3, 0.1, 6  # see deepbelief.core.semisupervised
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


def _of_length(vectors: Tensor, length: Tensor) -> Tensor:
    return vectors * (length / vectors.norm(dim=-1, keepdim=True).clamp_min(1e-20))


def train(
    networks: Networks,
    x: Tensor,
    y: Tensor,
    configurations: list[dict[str, Any]],
    n_passes: int,
    known: Tensor | None = None,
    guesses: Tensor | None = None,
) -> None:
    """Train on all labels, or on those of the rows `known` with guesses of the others, each (n_configurations, …)."""
    n, size = len(configurations), BATCH if known is None else N_UNLABELLED
    rate, radius = column(configurations, "rate"), column(configurations, "radius")
    sharpness, guided = column(configurations, "sharpness", 1.0), column(configurations, "guided")
    parameters = [each.requires_grad_(True) for each in networks.parameters()]
    means, squares = ([torch.zeros_like(each) for each in parameters] for _ in range(2))
    number, falling = torch.zeros((), device=DEVICE), torch.ones((), device=DEVICE)
    guidance, trust = torch.zeros((), device=DEVICE), torch.zeros((), device=DEVICE)
    rows = torch.zeros(n, size, dtype=torch.long, device=DEVICE)
    labelled = torch.zeros(n, BATCH, dtype=torch.long, device=DEVICE)
    classes, decays = torch.arange(10, device=DEVICE), torch.tensor([FIRST, SECOND], device=DEVICE)

    def cross_entropy(targets: Tensor, log_p: Tensor) -> Tensor:
        return -(targets * log_p).sum() / log_p.shape[1]

    def one_hot(labels: Tensor) -> Tensor:
        return (labels[..., None] == classes).float()  # −1, an unknown one, is a row of zeros

    def step() -> None:
        with torch.enable_grad():
            v = x[rows]
            log_p, moments = networks.answers(v)
            p = log_p.detach().exp()
            beside = (v + _of_length(torch.randn_like(v), PROBE * radius)).requires_grad_(True)
            (away,) = torch.autograd.grad(cross_entropy(p, networks.answers(beside, moments)[0]), beside)
            log_q, _ = networks.answers(v + _of_length(away, radius))
            if known is None or guesses is None:
                loss = cross_entropy(one_hot(y[rows]), log_p) + cross_entropy(p, log_q)
            else:
                sharp = p**sharpness
                loss = trust * cross_entropy(sharp / sharp.sum(-1, keepdim=True), log_q)
                loss = loss + cross_entropy(guidance * guided * one_hot(guesses.gather(1, rows)), log_p)
                some = known.gather(1, labelled)
                loss = loss + cross_entropy(one_hot(y[some]), networks.answers(x[some])[0])
            slopes = torch.autograd.grad(loss, parameters)
        with torch.no_grad():
            number.add_(1)
            first, second = 1 - decays**number
            for values, mean, square, slope in zip(parameters, means, squares, slopes, strict=True):
                mean.lerp_(slope, 1 - FIRST)
                square.mul_(SECOND).addcmul_(slope, slope, value=1 - SECOND)
                values.sub_(rate * falling / first * mean / ((square / second).sqrt() + 1e-8))

    replayed = Step(step, [*parameters, *means, *squares, number])
    for done, indices in batches(n, len(x), size, n_passes):
        falling.fill_(1 - done)
        guidance.fill_(max(0.0, 1 - done / GUIDED))
        trust.fill_(min(1.0, done / WARM_UP))
        rows.copy_(indices)
        if known is not None:
            labelled.copy_(torch.randint(0, known.shape[1], labelled.shape, device=DEVICE))
        replayed()


def guessed(top: Tensor, y: Tensor, n_labels: int, draw: int) -> tuple[np.ndarray, np.ndarray]:
    """Return which rows have a label, as often as makes 1,000 of them, and the guessed labels of all rows."""
    labels = y.cpu().numpy()
    order = np.random.default_rng(draw).permutation(len(labels))
    known = np.concatenate([order[labels[order] == one][: n_labels // 10] for one in range(10)])
    distances, neighbours = NearestNeighbors(n_neighbors=N_NEIGHBOURS + 1).fit(top.cpu()).kneighbors(top.cpu())
    edges = affinities(neighbours[:, 1:], distances[:, 1:])
    targets = np.where(np.isin(np.arange(len(labels)), known), labels, -1)
    return np.resize(known, 1000), spread_labels(edges, targets, 10)


def search(what: str, data: tuple[Tensor, ...], results: Results) -> None:
    """Train all groups of configurations of one kind, and write what they get wrong."""
    x, y, x_held, y_held = data
    some = x[torch.linspace(0, len(x) - 1, N_MEASURED).long()]
    stack, top = pretrained(x, SIZES, 4)
    for group, units, configurations in GROUPS[what]:
        if results.is_over():
            print(f"no time left for {group}")
            continue
        of = torch.arange(len(configurations), device=DEVICE) % 4
        networks = Networks(SIZES, units, configurations)
        networks.grow_from([(w[of], b[of]) for w, b in stack], some, column(configurations, "pretrained") > 0)
        rows: tuple[Tensor | None, ...] = (None, None)
        if what == "few":
            draws = {key: guessed(top[0], y, *key) for key in {(c["labels"], c["draw"]) for c in configurations}}
            chosen = [draws[c["labels"], c["draw"]] for c in configurations]
            rows = tuple(torch.tensor(np.stack(each), device=DEVICE) for each in zip(*chosen, strict=True))
        train(networks, x, y, configurations, N_PASSES, *rows)
        for configuration, error in zip(configurations, networks.errors(some, x_held, y_held), strict=True):
            results.write(group, configuration, units=units, error=error)


def grid(**values: tuple) -> list[dict[str, Any]]:
    """Return all combinations of values."""
    return [dict(zip(values, chosen, strict=True)) for chosen in itertools.product(*values.values())]


RADII, SEEDS = (1.6, 2.1, 2.7), (0, 1)
LABELS: dict[str, Any] = {"labels": (100, 1000), "draw": (0, 1), "pretrained": (1,)}
GROUPS: dict[str, list[tuple[str, str, list[dict[str, Any]]]]] = {
    "all": [
        ("pretrained", "logistic", grid(rate=(0.004, 0.008, 0.016), radius=RADII, pretrained=(1,), seed=SEEDS)),
        ("random", "logistic", grid(rate=(0.008,), radius=RADII, pretrained=(0,), seed=SEEDS)),
        ("random", "relu", grid(rate=(0.002, 0.004, 0.008), radius=RADII, pretrained=(0,), seed=SEEDS)),
        ("pretrained", "relu", grid(rate=(0.004,), radius=(2.1,), pretrained=(1,), seed=SEEDS)),
    ],
    "few": [
        (
            "few labels, guided",
            "logistic",
            grid(**LABELS, rate=(0.002, 0.008), sharpness=(2,), guided=(1,), radius=(0.3, 0.6, 1.0, 2.0)),
        ),
        ("few labels", "logistic", grid(**LABELS, rate=(0.004,), sharpness=(1, 2), guided=(0, 1), radius=(0.3, 1.0))),
    ],
}


def main() -> None:
    """Search."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mnist")
    parser.add_argument("--what", default="all,few")
    parser.add_argument("--seconds", type=float, default=350, help="after which no group of settings is begun")
    parser.add_argument("--out", type=Path, default=Path("gpu_networks.jsonl"))
    arguments = parser.parse_args()
    torch.backends.cuda.matmul.allow_tf32 = True
    torch.manual_seed(0)
    x, y = training_rows(arguments.mnist)
    order = torch.from_numpy(np.random.default_rng(12345).permutation(len(x))).to(DEVICE)  # as records.py holds out
    held_out, kept = order[:HELD_OUT], order[HELD_OUT:]
    data, results = (x[kept], y[kept], x[held_out], y[held_out]), Results(arguments.out, arguments.seconds)
    for what in arguments.what.split(","):
        search(what, data, results)


if __name__ == "__main__":
    main()
