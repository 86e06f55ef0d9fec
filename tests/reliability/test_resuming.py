"""A fit that was interrupted gives the same model, to the last bit, as one that was not."""

import functools

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from deepbelief.core.finetuning import finetune
from deepbelief.core.phases import NETWORK, SOFTMAX, Place
from deepbelief.core.progress import Midway
from deepbelief.errors import ModelError
from deepbelief.estimators import checkpoint_file, checkpointing, model_file
from deepbelief.estimators.checkpointing import CheckpointedLog
from reliability.training import (
    DIGITS,
    FEW_LABELS,
    LABELS,
    TRAININGS,
    assert_same,
    classifier,
    dbn,
    fit_with_power_cuts,
    rbm,
    stopping_early,
)


@pytest.mark.parametrize("every", [1, 3])
@pytest.mark.parametrize("name", TRAININGS)
def test_power_cuts_do_not_show(name, every, tmp_path, monkeypatch):
    make, data = TRAININGS[name]
    interrupted, cuts = fit_with_power_cuts(make, data, tmp_path / "checkpoints", every, monkeypatch)
    assert cuts >= 3
    assert_same(interrupted, make().fit(*data))


@pytest.mark.parametrize("name", ["persistent chains", "classifier"])
def test_power_cuts_do_not_show_on_torch(name, tmp_path, monkeypatch, torch):
    make, data = TRAININGS[name]
    make = functools.partial(make, device="cpu")
    interrupted, cuts = fit_with_power_cuts(make, data, tmp_path / "checkpoints", 3, monkeypatch)
    assert cuts >= 3
    assert_same(interrupted, make().fit(*data))


def test_early_stopping_stops_early_here():
    make, data = TRAININGS["early stopping"]
    assert len(make().fit(*data).history_) < 2 * 1 + 2 + 30


def test_few_labels_are_semi_supervised_here(monkeypatch):
    """Fine-tuning as with all labels is not what they take."""

    def softmax_only(*args, place=NETWORK, **settings):
        assert place == Place(SOFTMAX.name)
        return finetune(*args, place=place, **settings)

    monkeypatch.setattr("deepbelief.estimators.feedforward.finetune", softmax_only)
    with pytest.raises(AssertionError):
        classifier(pretrain_epochs=0, softmax_epochs=1).fit(DIGITS, LABELS)
    classifier(pretrain_epochs=0, softmax_epochs=0).fit(DIGITS, FEW_LABELS)


def test_a_model_file_does_not_show_how_training_was_kept(tmp_path):
    kept = classifier(checkpoint=tmp_path / "checkpoints", checkpoint_interval=1e-9).fit(DIGITS, LABELS)
    model_file.save(kept, tmp_path / "kept")
    model_file.save(classifier().fit(DIGITS, LABELS), tmp_path / "plain")
    assert (tmp_path / "kept").read_bytes() == (tmp_path / "plain").read_bytes()


def test_neither_verbosity_nor_monitors_change_the_model(capsys):
    plain = classifier().fit(DIGITS, LABELS)
    watched = classifier(verbose=1)
    for _ in watched.fit_epochs(DIGITS, LABELS, validation=(DIGITS[:50], LABELS[:50])):
        pass
    for one, other in zip(watched.coefs_, plain.coefs_, strict=True):
        np.testing.assert_array_equal(one, other)


def test_jobs_of_a_search_do_not_change_its_results():
    def scores(n_jobs):
        grid = {"finetune_learning_rate": [0.1, 0.4]}
        search = GridSearchCV(classifier(pretrain_epochs=1), grid, cv=2, n_jobs=n_jobs)
        return search.fit(DIGITS[:300], LABELS[:300]).cv_results_["mean_test_score"]

    np.testing.assert_array_equal(scores(1), scores(2))


def test_a_finished_fit_is_not_trained_again(tmp_path):
    make = classifier(checkpoint=tmp_path / "checkpoints")
    first = clone(make).fit(DIGITS, LABELS)
    again = clone(make)
    assert list(again.fit_epochs(DIGITS, LABELS)) == []
    assert_same(again, first)


@pytest.mark.parametrize("make", [rbm, dbn])
def test_a_finished_machine_is_not_trained_again(make, tmp_path):
    first = make(checkpoint=str(tmp_path / "checkpoints")).fit(DIGITS)
    again = make(checkpoint=str(tmp_path / "checkpoints"))
    assert list(again.fit_epochs(DIGITS)) == []
    assert_same(again, first)


def test_training_stops_when_asked_with_a_checkpoint(tmp_path):
    asked = iter([False] * 5 + [True] * 100)
    with pytest.raises(KeyboardInterrupt):
        list(classifier(checkpoint=tmp_path).fit_epochs(DIGITS, LABELS, stop=lambda: next(asked)))
    saved = checkpoint_file.newest(tmp_path)
    assert saved.states
    assert_same(classifier(checkpoint=tmp_path).fit(DIGITS, LABELS), classifier().fit(DIGITS, LABELS))


@pytest.mark.parametrize(
    "settings, data, says",
    [
        ({"random_state": 1}, (DIGITS, LABELS), "random_state=0, not 1"),
        ({"batch_size": 500}, (DIGITS, LABELS), "batch_size=600, not 500"),
        ({}, (DIGITS + np.float32(0.001) * (DIGITS < 0.5), LABELS), "X has changed"),
        ({}, (DIGITS, np.roll(LABELS, 1)), "y has changed"),
    ],
)
def test_other_settings_and_data_are_refused_by_name(settings, data, says, tmp_path):
    classifier(checkpoint=tmp_path).fit(DIGITS, LABELS)
    with pytest.raises(ModelError, match=says):
        classifier(checkpoint=tmp_path, **settings).fit(*data)


def test_a_checkpoint_of_another_estimator_is_refused(tmp_path):
    rbm(checkpoint=tmp_path).fit(DIGITS)
    with pytest.raises(ModelError, match="class='RBM'"):
        dbn(checkpoint=tmp_path).fit(DIGITS)


def test_a_checkpoint_needs_a_seed(tmp_path):
    with pytest.raises(ValueError, match="random_state must be an integer"):
        rbm(checkpoint=tmp_path, random_state=None).fit(DIGITS)


def test_warm_start_keeps_checkpoints_of_its_first_fit_only(tmp_path):
    machine = rbm(checkpoint=tmp_path, warm_start=True).fit(DIGITS)
    with pytest.raises(ValueError, match="checkpoint=None"):
        machine.fit(DIGITS)
    resumed = rbm(checkpoint=tmp_path, warm_start=True).fit(DIGITS).set_params(checkpoint=None).fit(DIGITS)
    assert_same(resumed, machine.set_params(checkpoint=None).fit(DIGITS))


def test_nobody_but_the_keeper_sees_the_middle_of_an_epoch(tmp_path):
    records = list(stopping_early(checkpoint=tmp_path, checkpoint_interval=1e-9).fit_epochs(DIGITS[:300], LABELS[:300]))
    assert not any(isinstance(record, Midway) for record in records)


def test_numbers_that_are_not_finite_are_not_kept(tmp_path):
    log = CheckpointedLog(tmp_path, 1e-9, {}, {}, {}, lambda: False)
    machine = rbm(n_iter=1)
    for epoch in machine.fit_epochs(DIGITS):
        epoch.state.parameters.weights[0, 0] = np.nan
        list(log.watch(iter([epoch])))
    assert checkpoint_file.newest(tmp_path).history == []


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match="cannot be made"):
        rbm(checkpoint=tmp_path / "file").fit(DIGITS)


def test_a_checkpoint_that_lacks_a_later_setting_goes_on_if_that_is_at_its_default(tmp_path, monkeypatch):
    """As an earlier version wrote it, which did not know the setting."""
    matter = checkpointing._that_matter

    def earlier(estimator):
        return {name: value for name, value in matter(estimator).items() if name != "n_networks"}

    monkeypatch.setattr(checkpointing, "_that_matter", earlier)
    next(classifier(checkpoint=tmp_path).fit_epochs(DIGITS, LABELS))
    monkeypatch.setattr(checkpointing, "_that_matter", matter)
    with pytest.raises(ModelError, match="made with n_networks=1, not 2"):
        classifier(checkpoint=tmp_path, n_networks=2).fit(DIGITS, LABELS)
    assert_same(classifier(checkpoint=tmp_path).fit(DIGITS, LABELS), classifier().fit(DIGITS, LABELS))
