"""gradient="tempered" through the estimators: it learns, and goes on bit for bit."""

import numpy as np
import pytest

from deepbelief import DBN, RBM
from deepbelief.core.gradients import N_REPLICAS

SIDES = np.repeat([[1.0] * 6, [0.0] * 6], 30, axis=0)


def rbm(**settings):
    return RBM(
        **{"n_components": 4, "gradient": "tempered", "n_iter": 5, "batch_size": 10, "random_state": 0} | settings
    )


def test_two_fits_are_one_of_all_their_passes():
    """With the replicas and the ladder of the first, which no public attribute shows."""
    warm = rbm(n_iter=2, warm_start=True).fit(SIDES)
    warm.set_params(n_iter=3).fit(SIDES)
    np.testing.assert_array_equal(warm.components_, rbm().fit(SIDES).components_)


def test_chains_of_the_machine_itself_are_shown():
    fitted = rbm().fit(SIDES)
    chains = fitted._state_.chains
    assert chains["hidden"].shape == (10 * N_REPLICAS, 4)
    np.testing.assert_array_equal(fitted.h_samples_, chains["hidden"][-10:])
    assert (chains["betas"][0], chains["betas"][-1]) == (0, 1)
    assert chains["acceptance"].min() > 0.4  # of so small a machine, neighbours exchange their states nearly always


def test_it_learns_as_the_exact_gradient_does():
    """Both sides of the data, to within a quarter of a nat of what the exact gradient reaches.

    Chains that stay on one side would leave the other as improbable as it was, some nats below.
    """
    slow = {"learning_rate": 0.1, "momentum": 0.0, "initial_momentum": 0.0, "batch_size": 60, "n_iter": 400}
    slow |= {"learning_rate_schedule": "linear"}
    tempered, exact = (rbm(gradient=kind, **slow).fit(SIDES).log_likelihood(SIDES) for kind in ("tempered", "exact"))
    assert exact.mean() > -1.6  # log ½ is the best there is
    assert abs(tempered.mean() - exact.mean()) < 0.25
    assert abs(tempered[0] - tempered[-1]) < 1.5


@pytest.mark.parametrize("settings", [{"hidden": "gaussian"}, {"visible": "gaussian"}, {"sample_everything": True}])
def test_other_units_and_statistics(settings):
    assert np.isfinite(rbm(**settings).fit(SIDES).components_).all()


def test_a_net_takes_it():
    assert DBN((4, 3), gradient="tempered", n_iter=2, random_state=0).fit(SIDES).transform(SIDES).shape == (60, 3)
