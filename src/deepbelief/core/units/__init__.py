"""Unit types: each in a file of its own, and all of them by name in `UNITS`.

A new type is a file like the others and a line here. See :mod:`.base` for what a type answers.
"""

from deepbelief.core.units.base import Activity, UnitParameters, Units, average
from deepbelief.core.units.bernoulli import Bernoulli
from deepbelief.core.units.gaussian import Gaussian

UNITS: dict[str, Units] = {
    "bernoulli": Bernoulli(),
    "gaussian": Gaussian(),
    "gaussian-learned-variance": Gaussian(learn_variance=True),
}

__all__ = ["UNITS", "Activity", "Bernoulli", "Gaussian", "UnitParameters", "Units", "average"]
