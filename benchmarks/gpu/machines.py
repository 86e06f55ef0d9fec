#!/usr/bin/env python3
"""Choose the recipe of record.py on a graphics card: persistent chains, many settings at once.

    python benchmarks/gpu/machines.py MNIST [--seconds 330] [--out FILE]

Each machine of 500 hidden units learns from the first 50,000 training images, binarised afresh for each batch, and is
measured on the other 10,000, binarised once: log Z is estimated by annealed importance sampling with 200 chains and
10,000 temperatures. ``nats`` is their mean log-likelihood, ``ess`` how many of the 200 chains count.
results/gpu_machines.jsonl holds what one H100 gave.
"""

import argparse
import itertools
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from batched import DEVICE, HELD_OUT, Results, Step, batches, column, training_rows
from torch import Tensor

N_HIDDEN, BATCH, N_AVERAGED = 500, 100, 5
N_TEMPERATURES, N_RUNS = 10_000, 200
RATES, HIDDEN_CENTRED = (0.05, 0.1, 0.2), (0, 1)


def drawn(p: Tensor) -> Tensor:
    """Return ones with probability p."""
    return (torch.rand_like(p) < p).float()


def learned(
    x: Tensor, configurations: list[dict[str, Any]], n_passes: int, gibbs: Callable[[float], int], n_chains: int
) -> dict[str, tuple[Tensor, Tensor, Tensor]]:
    """Return weights and biases after the last pass, and averaged over the last few passes."""
    n, n_visible = len(configurations), x.shape[1]
    rate, centred, mean = (
        column(configurations, "rate"),
        column(configurations, "hidden_centred"),
        x.mean(0)[None, None],
    )
    w = 0.01 * torch.randn(n, n_visible, N_HIDDEN, device=DEVICE)
    a = torch.logit(mean.clamp(0.01, 0.99)).expand(n, 1, n_visible).clone()
    b = -(mean @ w)
    offset = torch.full((n, 1, N_HIDDEN), 0.5, device=DEVICE)  # of hidden units, a moving average
    chains = drawn(mean.expand(n, n_chains, -1))
    rows = torch.zeros(n, BATCH, dtype=torch.long, device=DEVICE)
    falling, weight = torch.ones((), device=DEVICE), torch.zeros((), device=DEVICE)
    sums = [torch.zeros_like(each) for each in (w, a, b)]

    def step(k: int) -> None:
        v = drawn(x[rows])
        h = torch.sigmoid(v @ w + b)
        for _ in range(k):
            chains.copy_(drawn(torch.sigmoid(drawn(torch.sigmoid(chains @ w + b)) @ w.mT + a)))
        h_model = torch.sigmoid(chains @ w + b)
        offset.lerp_(h.mean(1, keepdim=True), 0.01)
        at = centred * offset
        dw = (v - mean).mT @ (h - at) / BATCH - (chains - mean).mT @ (h_model - at) / n_chains
        da = v.mean(1, keepdim=True) - chains.mean(1, keepdim=True) - at @ dw.mT
        db = h.mean(1, keepdim=True) - h_model.mean(1, keepdim=True) - mean @ dw
        for total, values, change in zip(sums, (w, a, b), (dw, da, db), strict=True):
            values.add_(rate * falling * change)
            total.add_(values * weight)

    changed = [w, a, b, offset, chains, *sums]
    steps = {k: Step(lambda k=k: step(k), changed) for k in {gibbs(part / 100) for part in range(100)}}
    counted = 0
    for done, indices in batches(n, len(x), BATCH, n_passes):
        is_counted = done >= 1 - N_AVERAGED / n_passes
        counted += is_counted
        weight.fill_(float(is_counted))
        falling.fill_(1 - done)
        rows.copy_(indices)
        steps[gibbs(done)]()
    return {"last": (w, a, b), "averaged": tuple(each / counted for each in sums)}


def log_partition(x: Tensor, w: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Estimate log Z of each machine by annealed importance sampling; return it and the effective number of runs."""
    base = torch.logit(x.mean(0).clamp(1e-3, 1 - 1e-3))[None, None]
    v = drawn(torch.sigmoid(base).expand(len(w), N_RUNS, -1))
    log_weights = torch.zeros(len(w), N_RUNS, dtype=torch.float64, device=DEVICE)
    number = torch.zeros((), device=DEVICE)

    def log_p(z: Tensor, beta: Tensor) -> Tensor:
        return (v @ ((1 - beta) * base + beta * a).mT)[..., 0] + torch.nn.functional.softplus(beta * z).sum(-1)

    def step() -> None:
        before, beta = number / N_TEMPERATURES, (number + 1) / N_TEMPERATURES
        z = v @ w + b
        log_weights.add_((log_p(z, beta) - log_p(z, before)).double())
        h = drawn(torch.sigmoid(beta * z))
        v.copy_(drawn(torch.sigmoid((1 - beta) * base + beta * (h @ w.mT + a))))
        number.add_(1)

    replayed = Step(step, [v, log_weights, number])
    for _ in range(N_TEMPERATURES):
        replayed()
    start = torch.nn.functional.softplus(base).sum().double() + N_HIDDEN * math.log(2)
    shares = torch.softmax(log_weights, 1)
    return start + torch.logsumexp(log_weights, 1) - math.log(N_RUNS), 1 / (shares * shares).sum(1)


def main() -> None:
    """Train and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mnist")
    parser.add_argument("--seconds", type=float, default=330, help="after which no group of settings is begun")
    parser.add_argument("--out", type=Path, default=Path("gpu_machines.jsonl"))
    arguments = parser.parse_args()
    results, (images, _) = Results(arguments.out, arguments.seconds), training_rows(arguments.mnist)
    torch.manual_seed(0)
    x, held_out = images[:-HELD_OUT], drawn(images[-HELD_OUT:])
    configurations = [{"rate": r, "hidden_centred": c} for r, c in itertools.product(RATES, HIDDEN_CENTRED)]
    groups: list[tuple[str, int, Callable[[float], int], int]] = [
        ("one step", 150, lambda done: 1, 100),
        ("1, 2, 4 steps", 150, lambda done: 1 if done < 0.5 else 2 if done < 0.75 else 4, 100),
        ("one step", 300, lambda done: 1, 100),
        ("1, 4, 10 steps", 150, lambda done: 1 if done < 0.5 else 4 if done < 0.8 else 10, 100),
        ("one step", 150, lambda done: 1, 500),
    ]
    for name, n_passes, gibbs, n_chains in groups:
        if results.is_over():
            print(f"no time left for {name}, {n_passes} passes, {n_chains} chains")
            continue
        torch.backends.cuda.matmul.allow_tf32 = True
        found = learned(x, configurations, n_passes, gibbs, n_chains)
        torch.backends.cuda.matmul.allow_tf32 = False
        for kind, (w, a, b) in found.items():
            log_z, ess = log_partition(x, w, a, b)
            for number, configuration in enumerate(configurations):
                inputs = torch.nn.functional.softplus(held_out @ w[number] + b[number]).sum(1)
                nats = float((held_out @ a[number, 0] + inputs).mean() - log_z[number])
                about = {"passes": n_passes, "chains": n_chains, "parameters": kind}
                results.write(name, configuration, **about, nats=round(nats, 2), ess=round(float(ess[number]), 1))


if __name__ == "__main__":
    main()
