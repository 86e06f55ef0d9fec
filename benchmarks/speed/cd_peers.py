"""CD-1 as a user of torch, JAX or rbms would write it: the same update rule as deepbelief's, float32, on the CPU.

v → E[h] → a sample of h → E[v] → E[h]; the gradient is the difference of two averages, and the step has momentum.
Each peer keeps the data where it computes, in its own form, before the clock starts.
"""

from typing import Any, NamedTuple, Protocol

import numpy as np


class Start(NamedTuple):
    """Parameters to start from."""

    weights: np.ndarray  # (n_visible, n_hidden)
    visible_bias: np.ndarray
    hidden_bias: np.ndarray


class Rule(NamedTuple):
    """The update rule that all peers share."""

    batch_size: int
    learning_rate: float
    momentum: float


class Peer(Protocol):
    """A machine in training."""

    def epoch(self) -> None:
        """Make one pass over all rows in a new random order, and return when it is over."""

    def parameters(self) -> Start:
        """Return what has been learned."""


class TorchLoop:
    """Products that add into what is there, so that a step makes as few passes over the weights as torch allows."""

    def __init__(self, X: np.ndarray, start: Start, rule: Rule) -> None:
        import torch

        torch.manual_seed(0)
        self.torch, self.rule = torch, rule
        self.X = torch.from_numpy(X)
        self.weights, self.visible_bias, self.hidden_bias = (torch.from_numpy(array.copy()) for array in start)
        self.velocities = [torch.zeros_like(array) for array in self._arrays()]

    def _arrays(self) -> list[Any]:
        return [self.weights, self.visible_bias, self.hidden_bias]

    def epoch(self) -> None:
        torch = self.torch
        with torch.inference_mode():
            for rows in torch.randperm(len(self.X)).split(self.rule.batch_size):
                self._step(self.X[rows])

    def _step(self, v0: Any) -> None:
        torch, weights = self.torch, self.weights
        h0 = torch.addmm(self.hidden_bias, v0, weights).sigmoid_()
        h = (torch.rand_like(h0) < h0).to(h0.dtype)  # three times as fast as torch.bernoulli on a CPU
        v1 = torch.addmm(self.visible_bias, h, weights.T).sigmoid_()
        h1 = torch.addmm(self.hidden_bias, v1, weights).sigmoid_()
        momentum, step = self.rule.momentum, self.rule.learning_rate / len(v0)
        d_weights, d_visible, d_hidden = self.velocities
        d_weights.addmm_(v0.T, h0, beta=momentum, alpha=step).addmm_(v1.T, h1, alpha=-step)
        d_visible.mul_(momentum).add_((v0 - v1).sum(0), alpha=step)
        d_hidden.mul_(momentum).add_((h0 - h1).sum(0), alpha=step)
        for array, velocity in zip(self._arrays(), self.velocities, strict=True):
            array.add_(velocity)

    def parameters(self) -> Start:
        return Start(*(array.numpy() for array in self._arrays()))


class JaxScan:
    """One compiled program for each epoch: a scan over the batches. JAX's default random numbers are its fastest."""

    def __init__(self, X: np.ndarray, start: Start, rule: Rule) -> None:
        import jax

        self.jax, self.key, self.order = jax, jax.random.key(0), np.random.default_rng(0)
        self.X = jax.device_put(X)
        arrays = tuple(jax.numpy.array(array) for array in start)
        self.state = (arrays, tuple(jax.numpy.zeros_like(array) for array in arrays))
        self.run = jax.jit(self._compiled(rule), donate_argnums=0)

    def _compiled(self, rule: Rule) -> Any:
        jax = self.jax
        sigmoid, batch_size, step_size = jax.nn.sigmoid, rule.batch_size, rule.learning_rate / rule.batch_size

        def step(state: Any, batch: Any) -> Any:
            (weights, visible_bias, hidden_bias), velocities = state
            v0, key = batch
            h0 = sigmoid(v0 @ weights + hidden_bias)
            h = (jax.random.uniform(key, h0.shape) < h0).astype(h0.dtype)
            v1 = sigmoid(h @ weights.T + visible_bias)
            h1 = sigmoid(v1 @ weights + hidden_bias)
            gradients = (v0.T @ h0 - v1.T @ h1, (v0 - v1).sum(0), (h0 - h1).sum(0))
            pairs = zip(velocities, gradients, strict=True)
            velocities = tuple(rule.momentum * velocity + step_size * gradient for velocity, gradient in pairs)
            arrays = (weights, visible_bias, hidden_bias)
            arrays = tuple(array + velocity for array, velocity in zip(arrays, velocities, strict=True))
            return (arrays, velocities), None

        def epoch(state: Any, X: Any, order: Any, key: Any) -> Any:
            batches = X[order].reshape(-1, batch_size, X.shape[1])
            return jax.lax.scan(step, state, (batches, jax.random.split(key, len(batches))))[0]

        return epoch

    def epoch(self) -> None:
        self.key, key = self.jax.random.split(self.key)
        self.state = self.run(self.state, self.X, self.order.permutation(len(self.X)), key)
        self.jax.block_until_ready(self.state)

    def parameters(self) -> Start:
        return Start(*(np.asarray(array) for array in self.state[0]))


class RbmsParts:
    """The parts of rbms put together to the very same algorithm.

    Its own training step does another one, see :class:`RbmsOwnStep`. Left over are two draws of bits that CD-1 does not
    need, since the functions that compute the means draw as well.
    """

    def __init__(self, X: np.ndarray, start: Start, rule: Rule) -> None:
        import torch
        from rbms.bernoulli_bernoulli.classes import BBRBM

        torch.manual_seed(0)
        self.torch, self.rule = torch, rule
        self.X = torch.from_numpy(X)
        self.row_weights = torch.ones(len(X))
        weights, visible_bias, hidden_bias = (torch.from_numpy(array.copy()) for array in start)
        self.machine = BBRBM(weights, visible_bias, hidden_bias)
        self.machine.init_grad()
        self.optimizer = torch.optim.SGD(
            self.machine.parameters(), lr=rule.learning_rate, momentum=rule.momentum, maximize=True
        )

    def epoch(self) -> None:
        with self.torch.no_grad():
            for rows in self.torch.randperm(len(self.X)).split(self.rule.batch_size):
                self.optimizer.zero_grad(set_to_none=False)
                self._gradient(self.X[rows], self.row_weights[rows])
                self.optimizer.step()

    def _gradient(self, batch: Any, row_weights: Any) -> None:
        data = self.machine.init_chains(len(batch), weights=row_weights, start_v=batch)
        chains = self.machine.sample_visibles(dict(data))
        chains["visible"] = chains["visible_mag"]
        chains = self.machine.sample_hiddens(chains)
        self.machine.compute_gradient(data, chains, centered=False)

    def parameters(self) -> Start:
        return Start(*(array.numpy() for array in self.machine.parameters()))


class RbmsOwnStep(RbmsParts):
    """What ``rbms.training.pcd.train`` does for each batch in its "cd" mode, without its writing to a file."""

    def _gradient(self, batch: Any, row_weights: Any) -> None:
        from rbms.training.pcd import fit_batch_pcd

        chains = self.machine.init_chains(len(batch), weights=row_weights, start_v=batch)
        fit_batch_pcd((batch, row_weights), chains, self.machine, gibbs_steps=1, beta=1.0, centered=False)


def reconstruction_error(X: np.ndarray, parameters: Start) -> float:
    """Return the mean over rows and features of (v − E[v | E[h | v]])²: one judge for all peers, at float64."""
    weights, visible_bias, hidden_bias = (array.astype(float) for array in parameters)
    hidden = 1 / (1 + np.exp(-(X @ weights + hidden_bias)))
    return float(np.mean((X - 1 / (1 + np.exp(-(hidden @ weights.T + visible_bias)))) ** 2))
