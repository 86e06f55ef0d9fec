#!/usr/bin/env python3
"""Which training with few labels is best? Many networks at once, on a graphics card.

    python benchmarks/gpu/few_labels.py MNIST [--groups deep,wide] [--seconds 350] [--out FILE]

Networks learn from 50,000 training images, of which 100 or 1,000 have a label, and are measured on the other 10,000; no
test image is read. They are trained as DBNClassifier does it, see deepbelief.core.semisupervised, but without decay of
weights, and the top layer begins with random weights. A group is a set of networks that are trained side by side.

results/gpu_few_labels.jsonl holds what one H100 gave. Its lines with `averaged`, the error of weights that are averaged
over steps, are from an earlier version of this script. That version also tried answers of averaged weights to learn
from (`taught`), labelled rows that are moved (`moved_labels`), and guesses that are made anew from the network in
training (`anew`). None of these helped by more than chance would make them. `share` is the share of training in which
guessed labels count. `certain` is the power of their certainty by which they are weighted, 0 if it is not named.
"""

import argparse
import math
from pathlib import Path
from typing import Any

import numpy as np
import torch
from batched import DEVICE, HELD_OUT, Results, Step, batches, column, training_rows
from networks import N_MEASURED, Adam, Networks, cross_entropy, grid, machines, moved, one_hot
from torch import Tensor

BATCH, N_NEIGHBOURS, STAY, ROUNDS, SPREADING = 100, 6, 0.99, 10, 1000


def layers_of(x: Tensor, sizes: list[int]) -> tuple[list[tuple[Tensor, Tensor]], list[Tensor]]:
    """Return a stack of machines, and what each of its layers says of the rows."""
    stack, inputs = [], [x]
    for size in sizes:
        w, b = machines(inputs[-1][None], size)
        stack.append((w, b))
        inputs.append(torch.sigmoid(inputs[-1] @ w[0] + b[0]))
    return stack, inputs[1:]


def graph(features: Tensor, k: int = N_NEIGHBOURS) -> Tensor:
    """Return the normalised edges between rows, sparse, as deepbelief.core.propagation joins them."""
    torch.backends.cuda.matmul.allow_tf32 = False
    features = features - features.mean(0)
    squares, found = features.square().sum(1), []
    for some in torch.arange(len(features), device=DEVICE).split(4096):
        far = squares[some, None] + squares - 2 * features[some] @ features.T
        far[torch.arange(len(some), device=DEVICE), some] = torch.inf
        found.append(far.topk(k, largest=False))
    torch.backends.cuda.matmul.allow_tf32 = True
    far = torch.cat([each.values for each in found]).clamp_min(0)
    near = torch.cat([each.indices for each in found])
    n, scale = len(features), far[:, -1].sqrt()
    strength = torch.exp(-far / (scale[:, None] * scale[near]).clamp_min(1e-12)).ravel()
    here, there = torch.arange(n, device=DEVICE).repeat_interleave(k), near.ravel()
    both = torch.stack([torch.cat([here, there]), torch.cat([there, here])])
    twice = torch.stack([strength.repeat(2), torch.ones_like(strength).repeat(2)], 1)
    joined = torch.sparse_coo_tensor(both, twice, (n, n, 2)).coalesce()
    values = joined.values()[:, 0] / joined.values()[:, 1]  # an edge that both rows have is there twice
    (one, other), degree = joined.indices(), torch.zeros(n, device=DEVICE)
    degree.index_add_(0, one, values)
    values = values / (degree[one] * degree[other]).sqrt().clamp_min(1e-12)
    return torch.sparse_coo_tensor(joined.indices(), values, (n, n)).coalesce().to_sparse_csr()


def spread(edges: Tensor, targets: Tensor) -> Tensor:
    """Return what the labels of a few rows, −1 elsewhere, say of each row: (n_rows, 10), as probabilities."""
    start = one_hot(targets)
    mass = start
    for _ in range(SPREADING):
        mass = STAY * (edges @ mass) + start
    beliefs, shares = mass.clamp_min(0) + 1e-12, start.mean(0) / start.mean(0).sum()
    for _ in range(ROUNDS):
        beliefs = beliefs * (shares / beliefs.sum(0))
        beliefs = beliefs / beliefs.sum(1, keepdim=True)
    return torch.where((targets >= 0)[:, None], start, beliefs)


def known_rows(y: Tensor, n_labels: int, draw: int) -> Tensor:
    """Return the rows that have a label."""
    labels = y.cpu().numpy()
    order = np.random.default_rng(draw).permutation(len(labels))
    known = np.concatenate([order[labels[order] == one][: n_labels // 10] for one in range(10)])
    return torch.tensor(np.resize(known, 1000), device=DEVICE)


def guesses_of(beliefs: Tensor, certain: float) -> Tensor:
    """Return the likeliest class of each row, weighted by a power of how certain it is: (n_rows, 10).

    As Iscen et al. (2019) weight guessed labels.
    """
    entropy = -(beliefs * beliefs.clamp_min(1e-12).log()).sum(1) / math.log(10)
    likeliest = torch.nn.functional.one_hot(beliefs.argmax(1), 10).float()
    return likeliest * ((1 - entropy).clamp_min(0) ** certain)[:, None]


class Training:
    """Networks of one group, and what changes while they are trained."""

    def __init__(self, group: dict[str, Any], x: Tensor, y: Tensor, stack: Any, layers: list[Tensor], edges: Tensor):
        self.group, self.x, self.y, self.edges = group, x, y, edges
        c = self.configurations = group["configurations"]
        self.networks = Networks(group["sizes"], group.get("units", "relu"), c)
        if group.get("units", "relu") == "logistic":
            some = x[torch.linspace(0, len(x) - 1, N_MEASURED).long()]
            n = len(c)
            repeated = [(w.expand(n, -1, -1), b.expand(n, -1, -1)) for w, b in stack]
            self.networks.grow_from(repeated, some, column(c, "pretrained", 1) > 0)
        else:
            for layer, (w, _) in enumerate(stack):
                chosen = column(c, "pretrained", 1) > 0
                self.networks.weights[layer] = torch.where(chosen, w, self.networks.weights[layer])
        self.known = torch.stack([known_rows(y, each["labels"], each["draw"]) for each in c])
        self.targets = torch.full((len(c), len(x)), -1, device=DEVICE)
        for number, rows in enumerate(self.known):
            self.targets[number, rows] = y[rows]
        self.guesses = torch.zeros(len(c), len(x), 10, device=DEVICE)
        self.wrong_guesses = [self.guess(number, edges) for number in range(len(c))]

    def guess(self, number: int, edges: Tensor) -> float:
        """Guess the labels anew, and return how many are wrong, in percent."""
        configuration = self.configurations[number]
        beliefs = spread(edges, self.targets[number])
        self.guesses[number] = guesses_of(beliefs, configuration.get("certain", 0))
        return round(100 * float((beliefs.argmax(1) != self.y).float().mean()), 3)

    def run(self) -> None:
        """Train."""
        c, n, x, y = self.configurations, len(self.configurations), self.x, self.y
        size, n_passes = self.group.get("n_unlabelled", 200), self.group.get("passes", 30)
        networks = self.networks
        rate, radius, sharpness = column(c, "rate", 0.002), column(c, "radius", 2.0), column(c, "sharpness", 2.0)
        guided, weight, share = column(c, "guided", 1.0), column(c, "weight", 1.0), column(c, "share", 0.1)
        warm, noise, mixed = column(c, "warm", 0.1), column(c, "noise", 0.0), column(c, "mixed", 0.0)
        sharp_from, radius_from = column(c, "sharp_from", -1.0), column(c, "radius_from", -1.0)
        sharp_from = torch.where(sharp_from < 0, sharpness, sharp_from)
        radius_from = torch.where(radius_from < 0, radius, radius_from)
        grown = column(c, "grown", 0.5)
        parameters = [each.requires_grad_(True) for each in networks.parameters()]
        adam, done_now = Adam(parameters, rate), torch.zeros((), device=DEVICE)
        rows = torch.zeros(n, size, dtype=torch.long, device=DEVICE)
        labelled = torch.zeros(n, BATCH, dtype=torch.long, device=DEVICE)
        numbers, is_mixed = torch.arange(n, device=DEVICE)[:, None], any(each.get("mixed") for each in c)

        def step() -> None:
            with torch.enable_grad():
                v = x[rows]
                v = v + noise * torch.randn_like(v)
                log_p, moments = networks.answers(v)
                p = log_p.detach().exp()
                how_far = (done_now / grown).clamp(max=1)
                length = radius_from + how_far * (radius - radius_from)
                log_q, _ = networks.answers(moved(networks, v, p, moments, length))
                sharp = p ** (sharp_from + how_far * (sharpness - sharp_from))
                sharp = sharp / sharp.sum(-1, keepdim=True)
                trust = (done_now / warm.clamp_min(1e-9)).clamp(max=1)
                loss = cross_entropy(weight * trust * sharp, log_q)
                truth = one_hot(self.targets[numbers, rows])
                sharp = torch.where(truth.sum(-1, keepdim=True) > 0, truth, sharp)
                if is_mixed:
                    some = torch.rand(n, size, 1, device=DEVICE)
                    log_m, _ = networks.answers(some * v + (1 - some) * v.roll(1, 1))
                    loss = loss + cross_entropy(mixed * trust * (some * sharp + (1 - some) * sharp.roll(1, 1)), log_m)
                guidance = guided * (1 - done_now / share).clamp_min(0)
                loss = loss + cross_entropy(guidance * self.guesses[numbers, rows], log_p)
                some = self.known.gather(1, labelled)
                w = x[some]
                w = w + noise * torch.randn_like(w)
                loss = loss + cross_entropy(one_hot(y[some]), networks.answers(w)[0])
                slopes = torch.autograd.grad(loss, parameters)
            adam.step(slopes)

        replayed = Step(step, [*parameters, *adam.tensors()])
        for done, indices in batches(n, len(x), size, n_passes):
            adam.falling.fill_(1 - done)
            done_now.fill_(done)
            rows.copy_(indices)
            labelled.copy_(torch.randint(0, self.known.shape[1], labelled.shape, device=DEVICE))
            replayed()


def search(groups: dict[str, dict[str, Any]], data: tuple[Tensor, ...], results: Results) -> None:
    """Train all groups, and write what they get wrong."""
    x, y, x_held, y_held = data
    some = x[torch.linspace(0, len(x) - 1, N_MEASURED).long()]
    made: dict[str, Any] = {}
    for name, group in groups.items():
        if results.is_over():
            print(f"no time left for {name}")
            continue
        print(f"{name}: {results.elapsed():.0f} s", flush=True)
        key = str(group["sizes"])
        if key not in made:
            made[key] = layers_of(x, group["sizes"])
        stack, layers = made[key]
        source = f"{key} {group.get('layer', -1)} {group.get('k', N_NEIGHBOURS)}"
        if source not in made:
            made[source] = graph(layers[group.get("layer", -1)], group.get("k", N_NEIGHBOURS))
        training = Training(group, x, y, stack, layers, made[source])
        training.run()
        errors = training.networks.errors(some, x_held, y_held)
        common = {key: value for key, value in group.items() if key != "configurations"}
        for number, configuration in enumerate(training.configurations):
            found = {"error": errors[number], "guesses": training.wrong_guesses[number]}
            results.write(name, {**common, **configuration}, **found)
        del training


DRAWS: dict[str, tuple] = {"labels": (100, 1000), "draw": (0, 1)}
DEEP, WIDE = [1200, 600, 300, 150], [1200, 1200]


def each(*settings: dict[str, Any], **common: Any) -> list[dict[str, Any]]:
    """Return the settings, each with all draws of labels."""
    return [common | one | draw for one in settings for draw in grid(**DRAWS)]


PURE = {"guided": 0, "sharpness": 1}
SOFTER = {"mixed": 1, "sharp_from": 2, "sharpness": 1, "grown": 0.5}
GROUPS: dict[str, dict[str, Any]] = {
    "deep": {
        "sizes": DEEP,
        "configurations": each(
            {}, {"sharpness": 1}, {"radius": 1.5}, {"radius": 1.0}, {"weight": 3}, {"rate": 0.001}, certain=1
        ),
    },
    "wide": {
        "sizes": WIDE,
        "configurations": each(
            {}, {"sharpness": 1}, {"radius": 1.5}, {"sharp_from": 1, "grown": 1}, PURE, {"weight": 3}, certain=1
        ),
    },
    "mixed": {"sizes": DEEP, "configurations": each({"mixed": 1}, {"mixed": 1, "sharpness": 1}, certain=1)},
    "mixed-softer": {
        "sizes": DEEP,
        "configurations": each(
            {},
            {"radius": 1.5},
            {"mixed": 2},
            {"weight": 0},
            {"rate": 0.004},
            {"share": 0.1, "certain": 0},
            **({"certain": 1, "share": 0.3} | SOFTER),
        ),
    },
    "mixed-between": {
        "sizes": DEEP,
        "configurations": each(
            {"sharpness": 1.5},
            {"sharpness": 1.5, "radius": 1.5},
            {"sharp_from": 1, "grown": 1},
            {"sharpness": 1.5, "mixed": 2},
            {"sharpness": 1.5, "noise": 0.2},
            {"sharpness": 1.5, "share": 0.1, "certain": 0},
            certain=1,
            share=0.3,
            mixed=1,
        ),
    },
}


def main() -> None:
    """Search."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mnist")
    parser.add_argument("--groups", default=",".join(GROUPS))
    parser.add_argument("--seconds", type=float, default=350, help="after which no group of settings is begun")
    parser.add_argument("--out", type=Path, default=Path("gpu_few_labels.jsonl"))
    parser.add_argument("--rows", type=int, help="learn from so many rows, to try the script")
    arguments = parser.parse_args()
    torch.backends.cuda.matmul.allow_tf32 = True
    torch.manual_seed(0)
    x, y = training_rows(arguments.mnist)
    order = torch.from_numpy(np.random.default_rng(12345).permutation(len(x))).to(DEVICE)  # as records.py holds out
    held_out, kept = order[:HELD_OUT], order[HELD_OUT:][: arguments.rows]
    data, results = (x[kept], y[kept], x[held_out], y[held_out]), Results(arguments.out, arguments.seconds)
    search({name: GROUPS[name] for name in arguments.groups.split(",")}, data, results)


if __name__ == "__main__":
    main()
