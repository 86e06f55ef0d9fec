"""Random streams with the chance taken out, for identities that hold draw by draw."""

import numpy as np

from deepbelief.core.arrays import like


class ConstantStream:
    """Uniform numbers that are always the mean of all that are drawn, normal ones that are 0, the order 0, 1, 2, …

    What is drawn are the multiples of 2⁻²³ below 1.
    """

    def __init__(self, uniform=0.5 - 2.0**-24):
        self._uniform = uniform

    def uniform(self, shape, other):
        return like(np.full(shape, self._uniform), other)

    def normal(self, shape, other):
        return like(np.zeros(shape), other)

    def permutation(self, n):
        return np.arange(n)

    def share(self, before, after):
        return self


class ConstantStreams:
    """A :class:`ConstantStream` under every name."""

    def stream(self, *names):
        return ConstantStream()
