"""The use cases without a command line."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from deepbelief.core.phases import Place
from deepbelief.errors import DataError
from deepbelief.experiment import (
    Comparison,
    ComparisonSettings,
    Predictions,
    Training,
    TrainingSettings,
    UpcomingPhase,
    evaluate,
    predict,
    submission,
)
from deepbelief.experiment.outputs import check_output_file, to_json, write_text
from deepbelief.experiment.training import _phases


@pytest.fixture
def settings(tmp_path):
    network = {"hidden_layer_sizes": (16,), "pretrain_epochs": 1, "softmax_epochs": 2, "finetune_epochs": 1}
    return TrainingSettings(network=network, out=tmp_path / "run", seed=1)


def test_train_evaluate_predict(settings):
    training = Training(settings)
    assert [(phase.place.phase, phase.n_epochs) for phase in training.phases] == [
        ("pretrain", 1),
        ("softmax", 2),
        ("finetune", 1),
    ]
    assert not hasattr(training, "result")
    records, seconds_left = zip(*((record, training.seconds_left) for record in training), strict=True)
    assert [record.phase for record in records] == ["pretrain", "softmax", "softmax", "finetune"]
    assert seconds_left[-1] == 0
    assert seconds_left[1] > 0
    assert training.result.epochs == 4
    assert evaluate(training.out, "digits").overlap.n_learned_from == training.result.n_train == 1617
    assert len(predict(training.out, "digits").labels) == 1797


def test_epochs_that_only_the_estimator_will_know_are_left_open():
    epochs = {"pretrain_epochs": "auto", "softmax_epochs": 0, "output_epochs": 2, "finetune_epochs": 3, "n_networks": 1}
    layers = [UpcomingPhase(Place("pretrain", layer), None) for layer in (0, 1)]
    tuned = UpcomingPhase(Place("finetune"), 3)
    assert list(_phases(epochs, "classify", 2)) == [*layers, tuned]
    assert list(_phases(epochs, "regress", 2)) == [*layers, UpcomingPhase(Place("output"), 2), tuned]
    assert list(_phases(epochs, "features", 2)) == layers
    again = [UpcomingPhase(Place("output", network=1), 2), UpcomingPhase(Place("finetune", network=1), 3)]
    assert list(_phases(epochs | {"n_networks": 2}, "regress", 2))[-2:] == again


@pytest.mark.parametrize(
    "network, says",
    [
        ({"momentum": 7}, "momentum takes a number of at least 0 and below 1, not 7"),
        ({"momentm": 0.7}, "there is no setting 'momentm'; the nearest are momentum"),
        ({"hidden_layer_sizes": (0,)}, "hidden_layer_sizes takes positive whole numbers"),
        ({"random_state": 1}, "there is no setting 'random_state'"),
        ({"precision": "medium"}, "precision='medium' needs a torch device"),
    ],
)
def test_settings_that_no_network_can_have_are_refused_at_once(tmp_path, network, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        Training(TrainingSettings(data="missing", network=network, out=tmp_path / "run"))
    with pytest.raises(ValueError, match=re.escape(says)):
        Comparison(ComparisonSettings(data="missing", network=network))
    assert not (tmp_path / "run").exists()


def test_metrics_can_be_followed_while_training_goes_on(settings):
    training = Training(settings)
    partial = training.out / "metrics.jsonl.partial"
    for number, record in enumerate(training, 1):
        lines = partial.read_text().splitlines()
        assert len(lines) == number
        assert json.loads(lines[-1])["metrics"] == record.metrics
    assert not partial.exists()


def test_held_out_rows_do_not_change_with_what_is_trained(settings):
    other = replace(settings, network={"hidden_layer_sizes": (8, 8)}, out=settings.out.with_name("other"))
    np.testing.assert_array_equal(Training(settings).held_out, Training(other).held_out)


def test_held_out_rows_have_the_classes_in_proportion(settings):
    training = Training(settings)
    labels = training._data.labels
    share = np.bincount(labels.at(training.held_out)) / np.bincount(labels.values)
    np.testing.assert_allclose(share, 0.1, atol=0.01)
    assert not np.intersect1d(training._data.kept, training.held_out).size


def test_bad_data_leave_no_directory(settings, tmp_path):
    np.savez(tmp_path / "bare.npz", X=np.eye(4)[:1])
    with pytest.raises(DataError, match="one row only"):
        Training(TrainingSettings(data=str(tmp_path / "bare.npz"), out=settings.out))
    assert not settings.out.exists()


def test_a_submission_counts_from_1():
    assert submission(Predictions([7, 0])) == "ImageId,Label\n1,7\n2,0\n"


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(FileExistsError, match="--force"):
        write_text(path, "new", force=False)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="No space"):
        write_text(path, "new", force=True)
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_a_folder_is_no_output_file(tmp_path):
    with pytest.raises(OSError, match="name a file"):
        check_output_file(tmp_path, force=True)


def test_json_has_no_numbers_that_json_does_not_know():
    assert to_json({"a": [float("nan"), 1.5], "b": (float("inf"), "x")}) == '{"a": [null, 1.5], "b": [null, "x"]}'
