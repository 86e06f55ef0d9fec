"""What an RBM says of rows as a distribution: their log-likelihood, with an exact or estimated partition function."""

import hashlib
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_array, check_is_fitted

from deepbelief.core.annealing import PartitionEstimate
from deepbelief.core.arrays import Array
from deepbelief.core.devices import to_device
from deepbelief.core.estimation import annealed_states, estimated_partition
from deepbelief.core.partition import has_exact_partition, log_partition
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.rbm import Machine
from deepbelief.core.trees import tree_map
from deepbelief.core.units import UNITS, Units, units_named
from deepbelief.estimators.annotations import Data, RandomSource
from deepbelief.estimators.features import Coding, Feature
from deepbelief.estimators.inputs import give_input
from deepbelief.estimators.machines import arrays_of, layer_of, machine_of, parameter_attribute
from deepbelief.estimators.matrices import is_sparse
from deepbelief.estimators.sampling import SamplingMixin
from deepbelief.estimators.scaling import Scaling
from deepbelief.estimators.settings import random_streams, require_count
from deepbelief.estimators.tables import CATEGORICAL

if TYPE_CHECKING:
    from deepbelief.estimators.rbm import RBM

METHODS = ("auto", "exact", "ais", "reverse-ais")
BORN = 100  # hidden states that a machine made of arrays begins with


class DistributionMixin(SamplingMixin):
    """For an estimator that is one machine: see :class:`~deepbelief.estimators.rbm.RBM`."""

    free_energy: Callable[[Data], np.ndarray]

    @classmethod
    def from_parameters(
        cls,
        components: ArrayLike,
        intercept_hidden: ArrayLike,
        intercept_visible: ArrayLike,
        *,
        visible: str = "bernoulli",
        hidden: str = "bernoulli",
        log_precision_visible: ArrayLike | None = None,
        log_precision_hidden: ArrayLike | None = None,
    ) -> Self:
        """Return a fitted machine with these weights and biases.

        p(v) ∝ Σₕ exp(v·intercept_visible + h·intercept_hidden + h·(components v) − what the types of the units add).

        Parameters
        ----------
        components : array-like of shape (n_components, n_visible)
        intercept_hidden : array-like of shape (n_components,)
        intercept_visible : array-like of shape (n_visible,)
        visible, hidden : str, default="bernoulli"
            Types of the units, as for `RBM`; data are taken as they are. A type that needs a number has it in its name:
            ``"binomial(16)"`` counts up to 16, ``"categorical(4)"`` is groups of 4 units side by side, each group a
            feature with the categories 0 to 3, and ``"replicated-softmax(100)"`` documents of 100 words.
        log_precision_visible, log_precision_hidden : array-like of shape (n_visible,) or (n_components,), optional
            log γ, for types with this parameter: a ``"gaussian-learned-variance"`` unit has the variance 1/γ given the
            other layer, and γ says how sharp a ``"relu"`` unit bends. 0 if None.

        Returns
        -------
        RBM
            Its chains, `h_samples_`, were annealed from independent units, see
            :func:`~deepbelief.core.estimation.annealed_states`. Samples and estimates of log Z begin with them; set
            others if you know better ones.

        Raises
        ------
        ValueError
            If shapes do not fit, a number is not finite, a type is unknown, lacks its number or has no precisions, or a
            machine of such units with these weights has no distribution.
        """
        components, biases = _checked_parameters(components, intercept_hidden, intercept_visible)
        types = _units_of("visible", visible, components.shape[1]), _units_of("hidden", hidden, len(components))
        precisions = log_precision_visible, log_precision_hidden
        rbm: Any = cls()
        rbm.set_params(n_components=len(components), visible=visible.partition("(")[0], hidden=hidden)
        rbm.components_, rbm.hidden_ = np.ascontiguousarray(components.T).T, hidden
        for side, units, bias, precision in zip(("visible", "hidden"), types, biases, precisions, strict=True):
            values = units.neutral(len(bias), bias) | {"bias": bias}
            if precision is not None:
                values["log_precision"] = _checked_precision(side, values, precision, bias)
            for name, array in values.items():
                setattr(rbm, parameter_attribute(name, side), array)
        _give_visible(rbm, visible, components)
        machine = Machine(*types)
        rbm.history_, rbm.n_iter_ = [], 0
        with np.errstate(all="ignore"):  # of a machine without a distribution, as a sentence says
            rbm.h_samples_ = annealed_states(machine, layer_of(rbm, "numpy").parameters, BORN, RandomStreams(0))
        return rbm

    # --- probability --------------------------------------------------------------------------------------------------

    def log_partition(
        self,
        method: str = "auto",
        n_chains: int = 100,
        n_temperatures: int | None = None,
        random_state: RandomSource = 0,
        X: Data | None = None,
    ) -> PartitionEstimate:
        """Return log Z, of which p(v) = exp(−F(v)) / Z, and how well it is known.

        Parameters
        ----------
        method : {"auto", "exact", "ais", "reverse-ais"}, default="auto"
            By enumeration, or by annealed importance sampling from independent units up, or from samples of the machine
            down; see :mod:`deepbelief.core.annealing`. ``"auto"`` is ``"exact"`` for machines that are small enough
            (22 binary units in one layer), and ``"ais"`` for others. Too few temperatures make ``"ais"`` too low, and
            ``"reverse-ais"`` too high: to trust either, look at both.
        n_chains : int, default=100
            At least 2.
        n_temperatures : int, optional
            Steps from β = 0 to 1, spaced by conditional effective sample size. As many as it takes for equal steps of a
            certain length if None.
        random_state : int, RandomState instance or None, default=0
            Seed of the chains.
        X : array-like of shape (n_rows, n_features), optional
            Data: the independent units then have their means, and the way down starts near them. Otherwise, both come
            from `h_samples_`.

        Returns
        -------
        PartitionEstimate
            With `value`, `standard_error` and `effective_sample_size`.

        Raises
        ------
        ValueError
            If the machine has no distribution, or is too large for ``"exact"``.

        Warns
        -----
        ConvergenceWarning
            If the estimate is no more than a guess.
        """
        check_is_fitted(self)
        machine, parameters = machine_of(self), layer_of(self, "numpy").parameters
        if method not in METHODS:
            raise ValueError(f"method must be one of {', '.join(map(repr, METHODS))}; got {method!r}.")
        if method == "exact" or (method == "auto" and self.has_exact_partition):
            with np.errstate(all="ignore"):  # of parameters that are too large, as a sentence says
                value = log_partition(machine, parameters)
            if not np.isfinite(value):
                raise ValueError(
                    "log Z is larger than a number can be: the weights or biases of the machine are too large."
                )
            return PartitionEstimate(value, 0.0, float("inf"), "exact")
        require_count("n_chains", n_chains)
        if n_chains < 2:
            raise ValueError("n_chains must be at least 2: the spread of the chains is the error of the estimate.")
        if n_temperatures is not None:
            require_count("n_temperatures", n_temperatures)
        streams = random_streams(random_state)
        # float32 is enough for chains, whatever the parameters have: their ratios are added up at float64.
        machine, parameters = machine_of(self), tree_map(self._at_single_precision, layer_of(self, "numpy").parameters)
        means, v = self._typical(machine, parameters, n_chains, streams.stream("typical"), X)
        kind = "ais" if method == "auto" else method
        with np.errstate(all="ignore"):  # of a machine without a distribution, as a sentence says
            estimate = estimated_partition(machine, parameters, means, v, streams, kind, n_temperatures)
        if estimate.doubt:
            warnings.warn(estimate.doubt, ConvergenceWarning, stacklevel=2)
        return estimate

    @property
    def has_exact_partition(self) -> bool:
        """Whether log Z can be known exactly: a layer has few states, or both are Gaussian."""
        check_is_fitted(self)
        return has_exact_partition(machine_of(self), layer_of(self, "numpy").parameters)

    def log_likelihood(self, X: Data) -> np.ndarray:
        """Return log p(v) = −F(v) − log Z of each row.

        log Z is that of :meth:`log_partition` with its defaults, and computed once for a machine, which may take a
        minute for a machine of 22 by 784 units. Where it is an estimate, its error is added to all rows alike.

        Rows are taken as the units see them. Where features were standardised (``visible="auto"`` and tables), it is
        the density of the standardised row; that of the row itself has the logarithm of `data_scale_` less, for each
        feature whose scale is not 0. Of Bernoulli units, only rows of 0 and 1 have a probability.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
            In nats; of densities, where visible units are real-valued.
        """
        check_is_fitted(self)
        units = machine_of(self).visible
        energies = self.free_energy(X)
        if units.bias_share is not None:
            lengths = np.ravel((X if is_sparse(X) else np.asarray(X)).sum(axis=1))
            if np.any(lengths != round(1 / units.bias_share)):
                raise ValueError(
                    "Documents of each length have a partition function of their own, and that of "
                    f"{1 / units.bias_share:g} words is the one that is known: give documents of that length."
                )
        digest = hashlib.sha256()
        for array in arrays_of(self):  # the public attributes are the truth, and users may change them
            digest.update(np.ascontiguousarray(array).tobytes())
        key = digest.hexdigest(), self.visible_, self.hidden_
        if getattr(self, "_known_partition_", (None,))[0] != key:
            self._known_partition_ = key, self.log_partition()
        return -energies - self._known_partition_[1].value

    def _at_single_precision(self, array: np.ndarray) -> Array:
        return to_device(array.astype(np.float32), self.device)


def _units_of(layer: str, name: str, n_units: int) -> Units:
    """Return the units with a name, such as ``binomial(16)``, of which a layer of so many units can be."""
    units = units_named(name)
    if units is None:
        known = [other for other, units in UNITS.items() if not units.number]
        numbered = [f"{other}(n)" for other, units in UNITS.items() if units.number]
        raise ValueError(
            f"{layer}={name!r} does not say what the units are without data: take one of "
            f"{', '.join(map(repr, known))}, or one of {', '.join(map(repr, numbered))} with a number for n."
        )
    if layer == "hidden" and units.bias_share is not None:
        raise ValueError(f"hidden={name!r}: documents are data, and no hidden units; take another type.")
    if units.number == "states" and n_units % _number_in(name):
        raise ValueError(
            f"{layer}={name!r} are groups of {_number_in(name)} units, and {n_units} units are no whole number of "
            f"groups; give weights and biases of as many units as all groups have."
        )
    return units


def _number_in(name: str) -> int:
    return int(name.partition("(")[2].removesuffix(")"))


def _checked_precision(side: str, values: dict[str, Array], precision: ArrayLike, bias: np.ndarray) -> np.ndarray:
    name = f"log_precision_{side}"
    if "log_precision" not in values:
        having = [name for name, units in UNITS.items() if "log_precision" in units.parameter_names]
        raise ValueError(
            f"{name} is a parameter of types such as {', '.join(map(repr, having))}; leave it out, or take one."
        )
    found: np.ndarray = check_array(precision, dtype=bias.dtype, ensure_2d=False, input_name=name)
    if found.shape != bias.shape:
        raise ValueError(f"{name} must have the shape {bias.shape}, one value for each unit; got {found.shape}.")
    return found


def _give_visible(rbm: "RBM", name: str, components: np.ndarray) -> None:
    """Tell a machine what its visible units are, and the data that they take."""
    kind, n_features = name.partition("(")[0], components.shape[1]
    scaling: Scaling | Coding = Scaling()
    if kind == CATEGORICAL:
        n_features //= _number_in(name)
        scaling = Coding((Feature(CATEGORICAL, tuple(range(_number_in(name)))),) * n_features)
    elif UNITS[kind].number:
        setattr(rbm, f"data_{UNITS[kind].number}_", float(_number_in(name)))
    give_input(rbm, dtypes=(components.dtype.type,) * 2, visible=kind, n_features=n_features, scaling=scaling)


def _checked_parameters(
    components: ArrayLike, intercept_hidden: ArrayLike, intercept_visible: ArrayLike
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return weights, and the biases of the visible and of the hidden units, with one dtype."""
    weights: np.ndarray = check_array(components, dtype=(np.float64, np.float32), input_name="components")
    biases: list[np.ndarray] = []
    for name, given, n_units in (
        ("intercept_visible", intercept_visible, weights.shape[1]),
        ("intercept_hidden", intercept_hidden, weights.shape[0]),
    ):
        bias: np.ndarray = check_array(given, dtype=weights.dtype, ensure_2d=False, input_name=name)
        if bias.shape != (n_units,):
            raise ValueError(
                f"{name} must have the shape ({n_units},), as components has {weights.shape}; got {bias.shape}."
            )
        biases.append(bias)
    return weights, biases
