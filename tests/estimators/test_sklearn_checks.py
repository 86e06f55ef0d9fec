"""scikit-learn's own estimator checks, all of them, with no expected failure.

Settings are the defaults, but for the number of units: 500 would make the checks ten times as long.
"""

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

from deepbelief import DBN, RBM, DBNClassifier

SMALL = [RBM(24), DBN((24, 16)), DBNClassifier((24, 16))]


@parametrize_with_checks(SMALL)
def test_scikit_learn_check(estimator, check):
    """RBM, DBN and DBNClassifier do what scikit-learn asks of every estimator."""
    check(estimator)


@pytest.mark.parametrize("estimator, at_least", zip(SMALL, (47, 47, 55), strict=True))
def test_number_of_checks(estimator, at_least):
    """The suite has not been thinned out by a tag; and what it checks are the settings above."""
    checks = list(estimator_checks_generator(estimator, legacy=True))
    assert len(checks) >= at_least
    assert all(checked.get_params() == estimator.get_params() for checked, _ in checks)
