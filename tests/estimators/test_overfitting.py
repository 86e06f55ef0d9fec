"""Fine-tuning that learns noise by heart: which network is kept, what is said, and that a resumed training agrees."""

import warnings
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from deepbelief import DBNClassifier, DBNRegressor
from deepbelief.core.finetuning import losses
from deepbelief.core.network import Layers, Network
from deepbelief.core.outputs import SquaredError
from deepbelief.core.phases import NETWORK, Place
from deepbelief.core.progress import Epoch, State
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.rows import Rows
from deepbelief.estimators.checkpointing import BEST, TrainingLog
from deepbelief.estimators.members import Member
from deepbelief.estimators.overfitting import before_overfitting

RNG = np.random.default_rng(3)
N_ROWS, N_FEATURES = 900, 40
X = RNG.normal(size=(N_ROWS, N_FEATURES))
LINE = X[:, :10].sum(axis=1)
Y = LINE + LINE.std() * RNG.normal(size=N_ROWS)
BY_HEART = {"hidden_layer_sizes": (200,), "pretrain_epochs": 2, "finetune_epochs": 60, "finetune_weight_decay": 0.0}


def passes(n_passes):
    for epoch in range(1, n_passes + 1):
        yield Epoch("finetune", 0, epoch, n_passes, {}, "", state=State(None, None, epoch=epoch))
    return State(None, None, epoch=n_passes)


def kept(means, spread=0.0, n_rows=40, log=None):
    """Return the epoch that is kept of passes whose losses have these means, the beginning's first; and the log."""
    noise = spread * np.random.default_rng(0).normal(size=(len(means), n_rows))
    noise -= noise.mean(axis=1, keepdims=True)
    log = log or TrainingLog([])
    epochs = before_overfitting(
        passes(len(means) - 1), State(None, None), NETWORK, lambda state: means[state.epoch] + noise[state.epoch], log
    )
    while True:
        try:
            next(epochs)
        except StopIteration as finished:
            return finished.value.epoch, log


def test_an_earlier_network_is_kept_if_it_is_certainly_better():
    """With 40 rows and a spread of 1 for each loss, a difference has a standard error of about 0.22."""
    with pytest.warns(UserWarning, match=r"after 2 of 4 passes .* finetune_weight_decay"):
        assert kept([3, 2, 1, 2.0, 1.9], spread=1.0)[0] == 2
    with pytest.warns(UserWarning, match="before the first of 2 passes"):
        assert kept([1, 2, 2])[0] == 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert kept([3, 2, 1, 1.2, 1.2], spread=1.0)[0] == 4  # it may be luck
        assert kept([3, 2, 1, 5, 5], n_rows=19)[0] == 4  # too few rows to say
        assert kept([3, 2, 1, 0.5])[0] == 3


def test_the_best_one_is_known_after_an_interruption():
    """A resumed training begins with the best network from before, and the log is told of each new one."""
    _, log = kept([3, 2, 1, 0.5])
    assert log.states[Place(BEST)].epoch == 3
    best = State(None, None, epoch=1)
    log.pauses = SimpleNamespace(resume=lambda place, state: best if place.phase == BEST else state)
    with pytest.warns(UserWarning, match="after 1 of 3 passes"):
        assert kept([3, 0.1, 1, 2], log=log)[0] == 1


def test_a_regressor_keeps_what_it_knew_before_it_learned_noise_by_heart():
    """New rows of the same kind, half of whose variance is noise: at least 0.15 better than after the last pass."""
    new = np.random.default_rng(4).normal(size=(2000, N_FEATURES))
    line = new[:, :10].sum(axis=1)
    truth = line + line.std() * np.random.default_rng(5).normal(size=2000)
    net = DBNRegressor(**BY_HEART, random_state=0)

    def trained():
        for _ in net.fit_epochs(X, Y):
            last = net.score(new, truth) if hasattr(net, "coefs_") else None
        return last

    with pytest.warns(UserWarning, match="learned noise by heart: on the 89 rows"):
        at_last = trained()
    assert net.score(new, truth) > max(at_last + 0.15, 0.2)
    scores = net.calibration_.scores[:, 0]
    assert len(scores) == 89
    low, high = net.predict_interval(new)
    assert ((low <= truth) & (truth <= high)).mean() == pytest.approx(
        0.9, abs=0.06
    )  # those of the network that is kept


def test_rows_that_were_held_out_count_as_much_as_they_weigh():
    """Of each row the half squared error, times its weight beside the mean weight."""
    network, layers = Network((), SquaredError()), Layers((np.array([[2.0]]),), (np.array([1.0]),))
    x, targets = np.array([[1.0], [0.0], [2.0]]), np.array([[2.0], [1.0], [1.0]])
    rows = Rows(x, np.float64, "numpy", labels=targets)
    np.testing.assert_allclose(losses(network, layers, rows), [0.5, 0, 8])
    weighted = replace(rows, weights=np.array([3.0, 2.0, 1.0]))
    np.testing.assert_allclose(losses(network, layers, weighted), [0.75, 0, 4])


def test_interrupted_after_the_best_pass_and_resumed_is_as_in_one_go(tmp_path):
    settings = BY_HEART | {"random_state": 0, "finetune_epochs": 40}
    epochs = DBNRegressor(**settings, checkpoint=tmp_path / "c").fit_epochs(X, Y)
    for _ in range(2 + 10 + 30):
        next(epochs)
    epochs.close()
    with pytest.warns(UserWarning, match="by heart") as after_interruption:
        resumed = DBNRegressor(**settings, checkpoint=tmp_path / "c").fit(X, Y)
    with pytest.warns(UserWarning, match="by heart") as in_one_go:
        whole = DBNRegressor(**settings).fit(X, Y)
    assert str(after_interruption[0].message) == str(in_one_go[0].message)
    np.testing.assert_array_equal(resumed.predict(X), whole.predict(X))


def test_what_the_first_of_two_networks_kept_is_kept_after_an_interruption_in_the_second(tmp_path):
    settings = BY_HEART | {"random_state": 0, "finetune_epochs": 40, "n_networks": 2}
    for epoch in DBNRegressor(**settings, checkpoint=tmp_path / "c").fit_epochs(X, Y):
        if epoch.network == 1:
            break
    with pytest.warns(UserWarning, match="by heart") as after_interruption:
        resumed = DBNRegressor(**settings, checkpoint=tmp_path / "c").fit(X, Y)
    with pytest.warns(UserWarning, match=r"Fine-tuning \(network 2\) learned noise by heart") as in_one_go:
        whole = DBNRegressor(**settings).fit(X, Y)
    assert [str(one.message) for one in after_interruption] == [str(one.message) for one in in_one_go]
    np.testing.assert_array_equal(resumed.predict(X), whole.predict(X))


def test_layers_below_a_regressor_decay_the_more_the_fewer_rows_there_are():
    def decay(n_rows, **settings):
        net = DBNRegressor((3,), pretrain_epochs=1, output_epochs=1, finetune_epochs=0, random_state=0, **settings)
        return net.fit(np.resize(X, (n_rows, 5)), np.resize(Y, n_rows)).dbn_.weight_decay

    assert decay(2500) == pytest.approx(10 / 2500)
    assert decay(100) == 0.03
    assert decay(100, pretrain_weight_decay=0.001) == 0.001
    given = [decay(100, pretrain_weight_decay=value) for value in (0.0, 0.0002)]
    assert given == [0.0, 0.0002]


def test_the_automatic_decay_of_machines_is_0_0002():
    """The same weights as with this number, and others than without decay."""
    labels = (LINE > 0).astype(int)

    def weights(**settings):
        net = DBNClassifier((5,), pretrain_epochs=3, softmax_epochs=1, finetune_epochs=0, random_state=0, **settings)
        return net.fit(X, labels).dbn_.rbms_[0].components_

    np.testing.assert_array_equal(weights(), weights(pretrain_weight_decay=0.0002))
    assert abs(weights() - weights(pretrain_weight_decay=0.0)).max() > 0


def test_traces_of_weights_are_zero_in_a_fitted_network():
    """Subnormal numbers make predictions many times slower."""
    net = DBNClassifier((3,), pretrain_epochs=0, softmax_epochs=1, finetune_epochs=1).fit(X, (LINE > 0).astype(int))
    weights = np.array([[2.0, 1e-30], [-1e-19, 1e-41]], dtype=np.float32)
    net._join(Member(0, RandomStreams(0), [Layers((weights,), (np.zeros(2, dtype=np.float32),))]))
    np.testing.assert_array_equal(net.coefs_[0], np.array([[2.0, 0.0], [-1e-19, 0.0]], dtype=np.float32))
    assert net.coefs_[0].dtype == np.float32
