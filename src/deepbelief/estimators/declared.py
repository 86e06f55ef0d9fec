"""The settings of a network, as the signatures and the constraints of the estimators declare them.

Their names, their defaults, what each of them takes in words, and what a text means as a value of one of them: whoever
lets users choose settings finds all of that here, and a new setting is declared in its estimator alone. What the data
are used for, the task, decides which estimator that is; users name a setting in the same way for all tasks.
"""

import difflib
import inspect
import math
from collections.abc import Iterator
from numbers import Integral, Real
from typing import Any

from sklearn.utils._param_validation import Interval, StrOptions, make_constraint

from deepbelief.annotations import Settings
from deepbelief.estimators.classifier import DBNClassifier
from deepbelief.estimators.dbn import DBN
from deepbelief.estimators.net_below import NOT_THE_NETS, OWN_NAMES
from deepbelief.estimators.regressor import DBNRegressor
from deepbelief.estimators.settings import layer_sizes
from deepbelief.estimators.untrusted_json import quoted

# Settings that do not belong to the network, but to one run of its training or to Python objects.
OF_A_RUN = frozenset({"random_state", "checkpoint", "checkpoint_interval", "warm_start", "verbose", "dbn"})

_NETWORKS = (DBNClassifier, DBNRegressor)  # where a setting is looked up, in this order
DEFAULTS: dict[str, Any] = {
    name: parameter.default
    for kind in reversed(_NETWORKS)
    for name, parameter in inspect.signature(kind).parameters.items()
    if name not in OF_A_RUN
}


def _names(kind: type) -> dict[str, str]:
    """Return the settings of an estimator: how users call each, and how its class does."""
    own = inspect.signature(kind).parameters
    if kind is not DBN:
        return {name: name for name in own if name not in OF_A_RUN}
    return {OWN_NAMES.get(name, name): name for name in own if name not in OF_A_RUN | NOT_THE_NETS}


TASKS: dict[str, type] = {"classify": DBNClassifier, "regress": DBNRegressor, "features": DBN}
_NAMES = {task: _names(kind) for task, kind in TASKS.items()}
_REASONS = {
    "classify": "the target holds classes",
    "regress": "the target holds numbers to be predicted",
    "features": "there is no target, or none is used",
}

_ANYTHING = "no_validation"
_NAMED: dict[Any, list[str]] = {
    None: ["none"],
    "boolean": ["true", "false"],
    "array-like": ["positive whole numbers separated by commas, such as 500,500"],  # only sizes of layers are a list
    Integral: ["a whole number"],
    Real: ["a number"],
    str: ["a name"],
}


def parsed(name: str, text: str) -> Any:
    """Return the value of a setting that a text means.

    Parameters
    ----------
    name : str
    text : str
        A number, ``true``, ``false``, ``none``, a word, or numbers separated by commas.

    Returns
    -------
    object
        The value, of the type that the setting takes.

    Raises
    ------
    ValueError
        If there is no such setting, or it takes no such value.
    """
    _require_name(name)
    for value in _readings(text.strip()):
        if _fits(name, value):
            return value
    raise ValueError(f"{name} takes {allowed(name)}, not {quoted(text)}")


def require(settings: Settings) -> None:
    """Refuse settings that no network can have.

    Parameters
    ----------
    settings : mapping of str
        Values of settings, by name.

    Raises
    ------
    ValueError
        If a setting is not known, or does not take such a value.
    """
    for name, value in settings.items():
        _require_name(name)
        if not _fits(name, value):
            raise ValueError(f"{name} takes {allowed(name)}, not {quoted(value)}")


def allowed(name: str) -> str:
    """Return what a setting takes, in words: ``auto or a whole number of at least 1``.

    Parameters
    ----------
    name : str
        The name of a setting.

    Returns
    -------
    str
    """
    return _listed([word for constraint in _constraints(name) for word in _in_words(constraint)], "or")


def words(name: str) -> set[str]:
    """Return the words that a setting takes, of those that have a meaning of their own.

    Parameters
    ----------
    name : str
        The name of a setting.

    Returns
    -------
    set of str
    """
    return {word for one in _constraints(name) if isinstance(one, StrOptions) for word in one.options}


def used(settings: Settings, task: str | None = None) -> dict[str, Any]:
    """Return all settings of the network for which these are given, as JSON can hold them: those of a task, or all.

    Parameters
    ----------
    settings : mapping of str
        Values of settings, by name.
    task : {"classify", "regress", "features"}, optional
        Leave out the settings that networks for this task do not have.

    Returns
    -------
    dict
        Values by name, those of the defaults included.
    """
    complete = {**DEFAULTS, **settings}
    complete["hidden_layer_sizes"] = list(layer_sizes(complete["hidden_layer_sizes"]))
    return complete if task is None else of_task(complete, task)


def of_task(settings: Settings, task: str) -> dict[str, Any]:
    """Return those of the settings that the network of a task has.

    Parameters
    ----------
    settings : mapping of str
        Values of settings, by name.
    task : {"classify", "regress", "features"}
        What the network is for.

    Returns
    -------
    dict
    """
    return {name: value for name, value in settings.items() if name in _NAMES[task]}


def require_of_task(settings: Settings, task: str) -> None:
    """Refuse settings that the network of a task does not have.

    Parameters
    ----------
    settings : mapping of str
        Values of settings, by name.
    task : {"classify", "regress", "features"}
        What the network is for.

    Raises
    ------
    ValueError
        If one of them is of another task only.
    """
    alone = ", and do not ask for features alone" if task == "features" else ""
    for name in settings:
        if name not in _NAMES[task]:
            raise ValueError(
                f"{name} is no setting of a {TASKS[task].__name__}, which is trained because {_REASONS[task]}; "
                f"leave it out, or name another column with --target{alone}"
            )


def arguments(settings: Settings, task: str) -> dict[str, Any]:
    """Return the settings with which the estimator of a task is made.

    Parameters
    ----------
    settings : mapping of str
        Values of settings, by name.
    task : {"classify", "regress", "features"}
        What the network is for.

    Returns
    -------
    dict
        Keyword arguments.

    Raises
    ------
    ValueError
        If one of them is of another task only, and is not what it is by default.
    """
    require_of_task(changed(settings), task)
    return {_NAMES[task][name]: value for name, value in used(settings, task).items()}


def changed(settings: Settings, begin: Settings | None = None) -> dict[str, Any]:
    """Return those of the settings that a network does not have by default, or that are not those in `begin`.

    Parameters
    ----------
    settings : mapping of str
        Values of settings, by name.
    begin : mapping of str, optional
        Values to compare with; the defaults if None.

    Returns
    -------
    dict
    """
    default = used(begin or {})
    return {name: value for name, value in used(settings).items() if value != default[name]}


def unknown(name: str) -> str:
    """Return the sentence that there is no such setting, with the nearest ones.

    Parameters
    ----------
    name : str
        What the user wrote.

    Returns
    -------
    str
    """
    near = difflib.get_close_matches(name, DEFAULTS, n=4)
    nearest = f"; the nearest {'is' if len(near) == 1 else 'are'} {_listed(near, 'and')}" if near else ""
    return f"there is no setting {quoted(name)}{nearest}"


def _require_name(name: str) -> None:
    if name not in DEFAULTS:
        raise ValueError(unknown(name))


def _listed(parts: list[str], conjunction: str) -> str:
    *some, last = parts
    return f"{', '.join(some)} {conjunction} {last}" if some else last


def _constraints(name: str) -> list[Any]:
    declared = next(kind._parameter_constraints[name] for kind in _NETWORKS if name in kind._parameter_constraints)
    return [_ANYTHING] if declared == _ANYTHING else declared


def _fits(name: str, value: object) -> bool:
    constraints = _constraints(name)
    if _ANYTHING in constraints:
        return True
    if isinstance(value, bool):  # to Python it is a number too
        return "boolean" in constraints
    if not any(make_constraint(constraint).is_satisfied_by(value) for constraint in constraints):
        return False
    return name != "hidden_layer_sizes" or _are_sizes(value)


def _are_sizes(value: object) -> bool:
    """Tell whether sizes are one or more whole numbers, which a constraint of scikit-learn cannot check."""
    try:
        return bool(layer_sizes(value))
    except (ValueError, RecursionError):  # the latter from showing a list in lists in lists
        return False


def _readings(text: str) -> Iterator[Any]:
    """Yield what a text can mean, the most special first."""
    constants = {"none": None, "true": True, "false": False}
    if text.lower() in constants:
        yield constants[text.lower()]
    numbers = [_number(part) for part in text.split(",")]
    if None not in numbers:
        if len(numbers) == 1:
            yield numbers[0]
        yield tuple(numbers)
    yield text


def _number(text: str) -> int | float | None:
    try:
        whole = int(text)
    except ValueError:
        pass
    else:
        if abs(whole) < 2**63:
            return whole
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _in_words(constraint: object) -> list[str]:
    if isinstance(constraint, StrOptions):
        return sorted(constraint.options)
    if not isinstance(constraint, Interval):
        return _NAMED.get(constraint, [] if constraint != _ANYTHING else ["any value"])
    bounds = []
    if constraint.left is not None:
        bounds.append(f"{'of at least' if constraint.closed in ('left', 'both') else 'above'} {constraint.left}")
    if constraint.right is not None:
        bounds.append(f"{'of at most' if constraint.closed in ('right', 'both') else 'below'} {constraint.right}")
    return [f"{_NAMED[constraint.type][0]} {' and '.join(bounds)}".rstrip()]
