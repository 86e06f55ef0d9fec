"""What ``--preset`` and ``--augment`` stand for: which settings they are, what overrules them, what they refuse."""

import json

import numpy as np
import pytest

from cli.conftest import done, refused
from deepbelief.core import native
from deepbelief.datasets import load
from deepbelief.errors import DataError
from deepbelief.estimators import declared
from deepbelief.experiment import TrainingSettings, resuming, settings_of
from deepbelief.experiment.provenance import repeating_command
from deepbelief.experiment.training_data import estimator_for, network_settings, with_pictures
from deepbelief.presets import PRESETS


@pytest.mark.parametrize("task", declared.TASKS)
@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_is_a_network_of_every_task(preset, task):
    """Of its settings, those that the task's network has; posts is what estimators do by default."""
    declared.require(PRESETS[preset])
    estimator = estimator_for(TrainingSettings(preset=preset), task)
    assert tuple(estimator.hidden_layer_sizes) == PRESETS[preset].get("hidden_layer_sizes", (500, 500))
    if preset == "posts":
        assert network_settings(TrainingSettings(preset=preset), task) == {}
    if task == "classify":
        assert (estimator.adversarial_radius == "auto") == (preset == "accurate")


def test_settings_that_are_given_overrule_a_preset():
    settings = TrainingSettings(preset="accurate", network={"batch_normalization": False})
    assert not estimator_for(settings, "classify").batch_normalization
    assert estimator_for(settings, "classify").finetune_optimizer == "adam"
    command = repeating_command(settings, "classify").split()
    assert "--preset=accurate" in command
    assert [word for word in command if word.startswith("--set")] == ["--set=batch_normalization=false"]


def test_an_unfinished_run_keeps_what_its_preset_meant(tmp_path, monkeypatch):
    settings = TrainingSettings(preset="accurate", out=tmp_path)
    meant = network_settings(settings, "classify")
    resuming.begin(tmp_path, TrainingSettings(preset="accurate", network=meant))
    monkeypatch.setitem(PRESETS, "accurate", {"momentum": 0.1})  # in a later version
    again = settings_of(tmp_path, {"preset": "accurate"}, {})
    assert network_settings(again, "classify") == declared.used(meant)


def test_a_table_is_no_picture(tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("a,b,y\n" + "".join(f"{i}.5,{i * i % 7}.25,{i % 2}\n" for i in range(60)))
    said = refused("train", str(table), "--augment", "--out", str(tmp_path / "run"))
    says = f"Error: {table}: these are no pictures, and only pictures in grey are distorted; leave out --augment\n"
    assert said == says
    assert not (tmp_path / "run").exists()


def test_pictures_that_are_not_square_have_their_size(tmp_path):
    path = tmp_path / "wide.npz"
    np.savez(path, X=np.random.default_rng(0).random((30, 4, 6)).astype(np.float32), y=np.arange(30) % 2)
    settings = TrainingSettings(data=str(path), network={"augment": "auto"})
    assert with_pictures(estimator_for(settings, "classify"), load(path), str(path)).augment == "4x6"
    colour = load(path)
    object.__setattr__(colour, "image_shape", (2, 4, 3))
    with pytest.raises(DataError, match="pictures in colour"):
        with_pictures(estimator_for(settings, "classify"), colour, str(path))


def test_what_was_trained_names_its_preset(tmp_path):
    few = ("--layers=5", "--pretrain-epochs=1", "--softmax-epochs=1", "--finetune-epochs=1", "--no-page")
    outcome = done("train", "digits", "--preset=accurate", "--augment", *few, "--json", "--out", str(tmp_path / "run"))
    said = json.loads(outcome.stdout)
    assert said["settings"]["preset"] == "accurate"
    assert said["settings"]["batch_normalization"]
    assert "--preset=accurate" in said["command"]
    assert "--set=augment=auto" in said["command"]
    assert said["phases"][-1]["steps"] == f"kernel ({native.kernels()})"
