"""Unit types: each in a file of its own, and all of them by name in `UNITS`.

A new type is a file like the others and a line here. See :mod:`.base` for what a type answers.
"""

from deepbelief.core.units.base import Activity, UnitParameters, Units, average
from deepbelief.core.units.bernoulli import Bernoulli
from deepbelief.core.units.binomial import Binomial
from deepbelief.core.units.gaussian import Gaussian
from deepbelief.core.units.poisson import Poisson
from deepbelief.core.units.relu import ReLU
from deepbelief.core.units.spin import Spin

UNITS: dict[str, Units] = {
    "bernoulli": Bernoulli(),
    "gaussian": Gaussian(),
    "gaussian-learned-variance": Gaussian(learn_variance=True),
    "spin": Spin(),
    "binomial": Binomial(),
    "relu": ReLU(),
    "poisson": Poisson(),
}

__all__ = [
    "UNITS",
    "Activity",
    "Bernoulli",
    "Binomial",
    "Gaussian",
    "Poisson",
    "ReLU",
    "Spin",
    "UnitParameters",
    "Units",
    "average",
]
