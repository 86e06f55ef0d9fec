"""What ``--preset`` and ``--augment`` stand for: which settings they are, what overrules them, what they refuse."""

import json
import re
import shlex

import numpy as np
import pytest
from safetensors.numpy import load_file

from cli.conftest import done, refused, run
from cli.test_resume import interrupted
from deepbelief.command_line import written
from deepbelief.core import native
from deepbelief.datasets import load
from deepbelief.errors import DataError, ModelError
from deepbelief.estimators import declared
from deepbelief.experiment import TrainingSettings, resuming, settings_of
from deepbelief.experiment.choice_file import ChoiceFile
from deepbelief.experiment.choosing import Choice, chosen, possible
from deepbelief.experiment.provenance import repeating_command
from deepbelief.experiment.training_data import TrainingData, estimator_for, with_pictures
from deepbelief.presets import DEEP, DEEP_FEW_LABELS, FAST, MANY_ROWS, NORMALISED, POSTS, SMOOTH, networks


@pytest.mark.parametrize("task", declared.TASKS)
@pytest.mark.parametrize("network", [FAST, POSTS, SMOOTH, NORMALISED, DEEP, DEEP_FEW_LABELS])
def test_presets_are_networks_of_every_task(network, task):
    """Of their settings, those that the task's network has; posts is what estimators do by default."""
    declared.require(network)
    estimator = estimator_for(TrainingSettings(network=declared.of_task(network, task)), task)
    assert tuple(estimator.hidden_layer_sizes) == network.get("hidden_layer_sizes", (500, 500))
    assert POSTS == {}


def test_what_a_preset_means_depends_on_the_rows():
    assert networks("fast", 10, 10) == (FAST,)
    assert networks("posts", 10, 10) == (POSTS,)
    assert networks("accurate", 300, 301) == (POSTS, SMOOTH, NORMALISED)
    assert networks("accurate", MANY_ROWS, MANY_ROWS) == (POSTS, DEEP)
    assert networks("accurate", 100, MANY_ROWS) == (DEEP_FEW_LABELS,)  # few labels
    assert networks("accurate", 100, MANY_ROWS - 1) == (NORMALISED,)
    assert networks("accurate", 0, MANY_ROWS) == (NORMALISED,)
    assert networks("accurate", 0, 300) == (NORMALISED,)  # no target


def test_settings_that_are_given_overrule_a_preset(tmp_path):
    given = TrainingSettings(data="digits", preset="fast", network={"hidden_layer_sizes": (9,)})
    data = TrainingData(given)
    found = possible(given, data)
    choice, settings = chosen(given, found, data, lambda *_: None, ChoiceFile(tmp_path / "none"))
    assert choice is None
    assert not (tmp_path / "none").exists()
    assert settings.network == declared.of_task(FAST, "classify") | {"hidden_layer_sizes": [9]}
    command = repeating_command(settings, "classify").split()
    assert "--preset=fast" in command
    assert [word for word in command if "layers" in word or "epochs" in word] == ["--layers=9"]


def test_an_unfinished_run_keeps_what_its_preset_meant(tmp_path):
    choice = Choice("accuracy", 7, (POSTS, SMOOTH), (0.5, None), 0, 0.25)
    resuming.begin(tmp_path, TrainingSettings(preset="accurate", network=SMOOTH), choice)
    again = settings_of(tmp_path, {"preset": "accurate"}, {})
    assert again.network == declared.used(SMOOTH)
    assert resuming.choice_of(tmp_path) == choice


@pytest.mark.parametrize(
    "change",
    [
        {"measure": "luck"},
        {"n_rows": 0},
        {"networks": [{"hidden_layer_sizes": "many"}, {}]},
        {"networks": {}},
        {"measured": [0.5]},
        {"measured": [0.5, "much"]},
        {"measured": [0.5, 10**400]},
        {"taken": 2},
        {"taken": -1},
        {"simplest": None},
        {"other": 1},
    ],
)
def test_what_is_no_choice_is_refused(tmp_path, change):
    resuming.begin(tmp_path, TrainingSettings(), Choice("accuracy", 7, (POSTS, SMOOTH), (0.5, 0.25), 1, 0.125))
    path = tmp_path / "checkpoint" / "settings.json"
    kept = json.loads(path.read_text())
    path.write_text(json.dumps(kept | {"choice": kept["choice"] | change}))
    for read in (lambda: settings_of(tmp_path, {}, {}), lambda: resuming.choice_of(tmp_path)):
        with pytest.raises(ModelError, match="these are not the settings of a run"):
            read()


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


QUICK = ("--layers=5", "--pretrain-epochs=1", "--softmax-epochs=1", "--finetune-epochs=1", "--no-page")


def test_the_best_of_several_networks_is_trained(tmp_path):
    """Each is named with its accuracy; the command trains the network that was taken, without comparing again."""
    run = tmp_path / "run"
    outcome = done("train", "digits", "--preset=accurate", "--augment", *QUICK, "--json", "--out", str(run))
    assert "Comparing networks, to take the one that suits the data: 9 short trainings" in outcome.stderr
    assert "compared: 9 of 9\n" in outcome.stderr
    said = json.loads(outcome.stdout)
    assert said["settings"]["preset"] == "accurate"
    choice = said["choice"]
    assert choice["measure"] == "accuracy"
    assert choice["n_rows"] == said["n_train"]
    assert len(choice["networks"]) == len(choice["measured"]) == 3
    taken = choice["networks"][choice["taken"]]
    assert all(said["settings"][name] == value for name, value in taken.items() if name != "hidden_layer_sizes")
    assert "--preset=posts" in said["command"]
    assert "--set=augment=auto" in said["command"]
    words = shlex.split(said["command"])[1:]
    again = done(*words, "--no-page", "--json", "--out", str(tmp_path / "again"))
    assert "Comparing" not in again.stderr
    weights = [load_file(folder / "model.safetensors") for folder in (run, tmp_path / "again")]
    assert weights[0].keys() == weights[1].keys()
    for name, array in weights[0].items():
        np.testing.assert_array_equal(array, weights[1][name], err_msg=name)


def test_a_run_that_goes_on_knows_what_was_compared(tmp_path, monkeypatch):
    run = tmp_path / "run"
    stopped = interrupted(monkeypatch, 2, "train", "digits", "--preset=accurate", *QUICK, "--out", str(run))
    assert stopped.code == 130
    outcome = done("train", "--resume", str(run), "--json")
    assert "Comparing" not in outcome.stderr
    assert len(json.loads(outcome.stdout)["choice"]["measured"]) == 3


@pytest.mark.draws
def test_what_was_compared_is_said(tmp_path):
    """On the terminal, and in the report."""
    outcome = done("train", "digits", "--preset=accurate", *QUICK, "--out", str(tmp_path / "run"))
    report = (tmp_path / "run" / "report.html").read_text()
    assert "Networks that were compared" in report
    assert re.search(r"as --preset posts</th>\s*<td[^>]*>0\.\d{4}", report)
    lines = outcome.stdout.splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("Compared on 1617 rows"))
    assert lines[first].endswith("that they had not learned from, by accuracy:")
    assert "the network of --preset posts" in lines[first + 1]
    assert lines[first + 2].endswith(("adversarial_radius=auto", "adversarial_radius=auto (taken)"))
    assert "batch_normalization=true finetune_optimizer=adam" in lines[first + 3]
    assert sum(line.endswith(" (taken)") for line in lines) == 1


def test_a_deep_network_has_a_kernel(tmp_path):
    settings = [f"--set={name}={written(value)}" for name, value in DEEP.items() if "epochs" not in name]
    settings = ["--layers=6,5" if "sizes" in setting else setting for setting in settings]
    outcome = done("train", "digits", *settings, *QUICK[1:], "--json", "--out", str(tmp_path / "run"))
    assert json.loads(outcome.stdout)["phases"][-1]["steps"] == f"kernel ({native.kernels()})"


def test_an_interrupted_comparison_goes_on(tmp_path, monkeypatch):
    """What was measured is not measured again, and the result is the same to the last byte."""
    arguments = ("train", "digits", "--preset=accurate", *QUICK)
    keep, n_left = ChoiceFile.keep, 4

    def keep_then_interrupt(*arguments):
        nonlocal n_left
        keep(*arguments)
        n_left -= 1
        if n_left == 0:
            raise KeyboardInterrupt

    monkeypatch.setattr(ChoiceFile, "keep", keep_then_interrupt)
    stopped = run(*arguments, "--out", str(tmp_path / "run"))
    assert stopped.code == 130
    assert stopped.stderr.endswith(f"Interrupted. To go on: deepbelief train --resume {tmp_path / 'run'}\n")
    assert "--resume" in refused(*arguments, "--out", str(tmp_path / "run"))
    said = refused("train", "--resume", str(tmp_path / "run"), "--layers", "500,500")
    assert "was started with --layers=5, not 500,500; leave that out to go on" in said
    said = refused("train", "--resume", str(tmp_path / "run"), "--set", "finetune_optimizer=adam")
    assert "was started with networks of --preset accurate, not --set=finetune_optimizer=adam; leave" in said
    outcome = done("train", "--resume", str(tmp_path / "run"), "--layers", "5")
    first, *others = outcome.stderr.splitlines()
    assert first == "Comparing networks, to take the one that suits the data: 9 short trainings, of which 4 are known"
    assert [line.split(",")[0] for line in others[:5]] == [f"compared: {done} of 9" for done in range(5, 10)]
    assert not (tmp_path / "run" / "checkpoint").exists()
    done(*arguments, "--out", str(tmp_path / "whole"))
    models = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("run", "whole")]
    assert models[0] == models[1]
    choices = [json.loads((tmp_path / name / "result.json").read_text())["choice"] for name in ("run", "whole")]
    assert choices[0] == choices[1]


@pytest.mark.parametrize("names", [["layers"], "finetune_optimizer", [7], None])
def test_what_is_no_list_of_settings_is_refused(tmp_path, names):
    resuming.begin_comparing(tmp_path, TrainingSettings(preset="accurate"))
    assert resuming.is_comparing(tmp_path)
    path = tmp_path / "checkpoint" / "settings.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"comparing": names}))
    with pytest.raises(ModelError, match="these are not the settings of a run"):
        resuming.is_comparing(tmp_path)
