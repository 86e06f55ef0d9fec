"""Each option of training as a setting: it does what it says, and training goes on with it where it stopped."""

import itertools

import numpy as np
import pytest

from deepbelief import DBN, RBM, DBNClassifier
from estimators.tiny import X, Y, made

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
KINDS = [RBM, DBN, DBNClassifier]
every = pytest.mark.parametrize("kind", KINDS, ids=[kind.__name__ for kind in KINDS])
OPTIONS = [
    {"optimizer": "adam"},
    {"l1": 0.05},
    {"group_l1": 0.05},
    {"max_norm": 0.2},
    {"sparsity_target": 0.05},
    {"binarize": True},
    {"n_gibbs_steps": (1, 3)},
    {"n_averaged": 2},
]


def weights(estimator):
    net = getattr(estimator, "dbn_", estimator)
    return getattr(net, "rbms_", [net])[0].components_


@every
@pytest.mark.parametrize("options", OPTIONS, ids=[next(iter(options)) for options in OPTIONS])
def test_an_option_matters_and_training_goes_on_with_it(kind, options, tmp_path):
    """Stopped after two passes and taken up from its checkpoint, it ends at the same numbers."""
    passes = {"pretrain_epochs": 3} if kind is DBNClassifier else {}
    whole, plain = (made(kind, **chosen).set_params(**passes).fit(X, Y) for chosen in (options, {}))
    assert not np.array_equal(weights(whole), weights(plain))
    y = (Y,) if kind is DBNClassifier else ()
    settings = {**options, "checkpoint": tmp_path / "kept", "checkpoint_interval": 1e-9}
    stopped = made(kind, **settings).set_params(**passes)
    list(itertools.islice(stopped.fit_epochs(X, *y), 2))
    resumed = made(kind, **settings).set_params(**passes).fit(X, Y)
    np.testing.assert_array_equal(weights(resumed), weights(whole))


def test_penalties_leave_exact_zeros():
    single = RBM(6, l1=0.02, n_iter=30, random_state=0).fit(X)
    assert 0 < (single.components_ == 0).mean() < 1
    whole = RBM(6, group_l1=0.12, n_iter=30, random_state=0).fit(X)
    dead = (whole.components_ == 0).all(axis=1)
    assert dead.any()
    assert ((whole.components_ == 0).any(axis=1) == dead).all()
    assert np.linalg.norm(RBM(6, max_norm=0.3, n_iter=30, random_state=0).fit(X).components_, axis=1).max() < 0.3001


def test_sparse_units_are_rarely_on():
    settings = {"n_iter": 60, "random_state": 0}
    dense, sparse = (RBM(6, **settings, **more).fit(X) for more in ({}, {"sparsity_target": 0.02, "sparsity_cost": 2}))
    assert sparse.transform(X).mean() < 0.6 * dense.transform(X).mean()


@pytest.mark.parametrize("steps", [(1, 2, 3), (0, 2), (1.5, 2), ()])
def test_gibbs_steps_are_one_number_or_two(steps):
    with pytest.raises(ValueError, match="n_gibbs_steps must be a positive whole number, or two"):
        RBM(n_gibbs_steps=steps).fit(X)


def test_only_probabilities_can_be_drawn_from():
    with pytest.raises(ValueError, match="binarize=True draws zeros and ones"):
        RBM(visible="gaussian", binarize=True).fit(X)
