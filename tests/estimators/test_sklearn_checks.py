"""scikit-learn's own estimator checks, all of them, at default settings, with no expected failure."""

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

from deepbelief import DBN, RBM, DBNClassifier, DBNRegressor


@parametrize_with_checks([RBM(), DBN(), DBNClassifier(), DBNRegressor()])
def test_scikit_learn_check(estimator, check, monkeypatch):
    """All estimators do what scikit-learn asks of every estimator."""
    # "auto" gives few rows many passes, with which all checks together would take minutes; here, as many as many rows.
    monkeypatch.setattr("deepbelief.estimators.settings.MOST_PASSES", 1)
    check(estimator)


@pytest.mark.parametrize("estimator, at_least", [(RBM(), 47), (DBN(), 47), (DBNClassifier(), 67), (DBNRegressor(), 60)])
def test_number_of_checks(estimator, at_least):
    """The suite has not been thinned out by a tag; and what it checks are the default settings."""
    checks = list(estimator_checks_generator(estimator, legacy=True))
    assert len(checks) >= at_least
    defaults = type(estimator)().get_params()
    assert all(checked.get_params() == defaults for checked, _ in checks)
