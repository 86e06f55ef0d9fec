"""A fit succeeds as a whole or changes nothing: estimators train a copy of themselves and then adopt its attributes."""

from typing import Any, TypeVar

_Estimator = TypeVar("_Estimator")


def draft_of(estimator: _Estimator, *, first: bool) -> _Estimator:
    """Return a copy to train, so that the estimator stays unchanged until training has succeeded.

    The copy has the same settings. Unless this is a `first` fit, it has what was learned before too.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor
    first : bool
        Whether the fit begins anew, instead of going on from an earlier one.

    Returns
    -------
    estimator
        Of the same class.
    """
    draft = object.__new__(type(estimator))
    draft.__dict__ = _settings(estimator) if first else _settings(estimator) | learned(estimator)
    return draft


def take_over(estimator: _Estimator, draft: _Estimator) -> None:
    """Replace everything that an estimator has learned by what a draft has learned, in one assignment.

    An interruption leaves the estimator either as it was or complete.

    Parameters
    ----------
    estimator : estimator
        The one that the user holds.
    draft : estimator
        See :func:`draft_of`.
    """
    estimator.__dict__ = _settings(estimator) | learned(draft)


def _settings(estimator: object) -> dict[str, Any]:
    return {name: value for name, value in vars(estimator).items() if not _is_learned(name)}


def learned(estimator: object) -> dict[str, Any]:
    """Return what ``fit`` has made.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor

    Returns
    -------
    dict of object
        Attributes by name. Lists are copied, since training appends to them.
    """
    found = {name: value for name, value in vars(estimator).items() if _is_learned(name)}
    return {name: list(value) if isinstance(value, list) else value for name, value in found.items()}


def _is_learned(name: str) -> bool:
    """Tell whether an attribute is made by ``fit``: scikit-learn's rule, which private ones follow too."""
    return name.endswith("_") and not name.startswith("__")
