"""Advice that names the setting of the estimator to change, and a value for it."""

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from deepbelief.core.finding import Finding
from deepbelief.core.rates import MACHINE_RATE, NETWORK_RATE
from deepbelief.estimators.fitted import net_of

if TYPE_CHECKING:
    from deepbelief.estimators.model_file import Estimator

_KNOBS = re.compile("(lower|higher) (learning|fine-tuning) rate|(more|fewer) passes")
# What is advised, the setting that does it, and what else can be done where it is set already.
_CHOICES = (
    ("let all classes count the same", "class_weight", "balanced", "use other features, or more rows of rare classes"),
    ("let outliers count less", "loss", "absolute", "use other features"),
)
FACTOR = 10  # between a learning rate that is wrong and one worth a try


def with_settings(finding: Finding, estimator: "Estimator") -> Finding:
    """Return a finding that names the setting to change, with a value to try.

    "use a lower learning rate" becomes "use a lower learning rate, such as pretrain_learning_rate=0.001": the command
    line turns that into its own option.

    Parameters
    ----------
    finding : Finding
    estimator : RBM, DBN or DBNClassifier
        Fitted.

    Returns
    -------
    Finding
    """

    def spelled_out(found: re.Match[str]) -> str:
        rate, passes = found.group(1), found.group(3)
        of_network = finding.where == "the network"
        setting = _rate(estimator, rate, of_network) if rate else _passes(estimator, passes, of_network)
        return f"{found.group()} ({setting})" if setting else found.group()

    advice = _KNOBS.sub(spelled_out, finding.advice)
    for phrase, name, value, otherwise in _CHOICES:
        is_set = getattr(estimator, name, None) == value
        advice = advice.replace(phrase, otherwise if is_set else f"{phrase} (set {name}={value!r})")
    return replace(finding, advice=advice)


def _prefix(estimator: "Estimator", of_network: bool) -> str:
    """Return what the names of the settings begin with that the training of the network, or of the layers, follows."""
    if of_network:
        return "finetune_"
    # A classifier that started from a net has no such settings: that net has to be trained again.
    return "pretrain_" if hasattr(estimator, "coefs_") and estimator.dbn is None else ""


def _rate(estimator: "Estimator", direction: str, of_network: bool) -> str:
    name = f"{_prefix(estimator, of_network)}learning_rate"
    trained = estimator if of_network else net_of(estimator)
    used = getattr(trained, "learning_rate_", None)
    if used is None:
        return ""
    rates = used if isinstance(used, tuple) else (used,)
    # "auto" is never more than the usual rate, and enough to learn something.
    is_automatic = isinstance(getattr(trained if name == "learning_rate" else estimator, name), str)
    usual = NETWORK_RATE if of_network else MACHINE_RATE
    if not is_automatic and (direction == "higher" or min(rates) > usual):
        return f"{name}='auto'"
    return f"{name}={min(rates) / FACTOR if direction == 'lower' else max(rates) * FACTOR:.2g}"


def _passes(estimator: "Estimator", direction: str, of_network: bool) -> str:
    prefix = _prefix(estimator, of_network)
    name = f"{prefix}epochs" if prefix else "n_iter"
    done = getattr(estimator if of_network else net_of(estimator), "n_iter_", None)
    if not done:
        return f"{name}='auto'" if done == 0 and direction == "more" else ""
    return f"{name}={2 * done if direction == 'more' else max(1, done // 2)}"
