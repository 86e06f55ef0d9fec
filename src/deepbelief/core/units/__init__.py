"""Unit types: each in a file of its own, and all of them by name in `UNITS`.

A new type is a file like the others and a line here. See :mod:`.base` for what a type answers.
"""

import re

from deepbelief.core.units.base import Activity, ConstantSum, UnitParameters, Units, average
from deepbelief.core.units.bernoulli import Bernoulli
from deepbelief.core.units.binomial import Binomial
from deepbelief.core.units.categorical import Categorical
from deepbelief.core.units.gaussian import Gaussian
from deepbelief.core.units.mixed import Mixed
from deepbelief.core.units.poisson import Poisson
from deepbelief.core.units.relu import ReLU
from deepbelief.core.units.replicated_softmax import ReplicatedSoftmax
from deepbelief.core.units.spin import Spin

# Mixed layers have no name: what they are made of is to be said.
UNITS: dict[str, Units] = {
    "bernoulli": Bernoulli(),
    "gaussian": Gaussian(),
    "gaussian-learned-variance": Gaussian(learn_variance=True),
    "spin": Spin(),
    "binomial": Binomial(),
    "relu": ReLU(),
    "poisson": Poisson(),
    "categorical": Categorical(),
    "replicated-softmax": ReplicatedSoftmax(),
}


def units_named(name: str) -> Units | None:
    """Return the units with a name of `UNITS`, or with one and its number, like ``binomial(16)``; else None.

    Parameters
    ----------
    name : str

    Returns
    -------
    Units or None

    Examples
    --------
    >>> from deepbelief.core.units import units_named
    >>> units_named("binomial(16)")
    Binomial(n_trials=16)
    """
    if name in UNITS:
        return None if UNITS[name].number else UNITS[name]
    match = re.fullmatch(r"([a-z-]+)\(([1-9][0-9]{0,5})\)", name)
    if match is None or match[1] not in UNITS or not UNITS[match[1]].number:
        return None
    return UNITS[match[1]].fitted(int(match[2]))


__all__ = [
    "UNITS",
    "Activity",
    "Bernoulli",
    "Binomial",
    "Categorical",
    "ConstantSum",
    "Gaussian",
    "Mixed",
    "Poisson",
    "ReLU",
    "ReplicatedSoftmax",
    "Spin",
    "UnitParameters",
    "Units",
    "average",
    "units_named",
]
