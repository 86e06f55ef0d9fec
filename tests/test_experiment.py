"""The use cases without a command line."""

import json
from dataclasses import replace

import numpy as np
import pytest

from deepbelief.errors import DataError
from deepbelief.experiment import (
    Predictions,
    Training,
    TrainingSettings,
    check_output_file,
    evaluate,
    predict,
    submission,
    to_json,
    write_text,
)


@pytest.fixture
def settings(tmp_path):
    network = {"hidden_layer_sizes": (16,), "pretrain_epochs": 1, "softmax_epochs": 2, "finetune_epochs": 1}
    return TrainingSettings(network=network, out=tmp_path / "run", seed=1)


def test_train_evaluate_predict(settings):
    training = Training(settings)
    assert [(phase.phase, phase.n_epochs) for phase in training.plan] == [
        ("pretrain", 1),
        ("softmax", 2),
        ("finetune", 1),
    ]
    assert not hasattr(training, "result")
    records = list(training)
    assert [record.phase for record in records] == ["pretrain", "softmax", "softmax", "finetune"]
    assert records[-1].seconds_left == 0
    assert records[1].seconds_left > 0
    assert training.result.epochs == 4
    assert evaluate(training.out, "digits").seen_in_training
    assert len(predict(training.out, "digits").labels) == 1797


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
    held_out = training._material.labels[training.held_out]
    share = np.bincount(held_out) / np.bincount(training._material.labels)
    np.testing.assert_allclose(share, 0.1, atol=0.01)
    assert not np.intersect1d(training._material.kept, training.held_out).size


def test_bad_data_leave_no_directory(settings, tmp_path):
    np.savez(tmp_path / "bare.npz", X=np.eye(4))
    with pytest.raises(DataError, match="no labels"):
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
