"""The options of a network: --set and those of their own, for train and for compare."""

import json
import shlex
from pathlib import Path

import numpy as np
import pytest
from sklearn.utils._param_validation import StrOptions

from cli.conftest import TINY, done, run, tiny_images
from deepbelief import DBNClassifier, load
from deepbelief.command_line import OPTIONS, written
from deepbelief.estimators.declared import DEFAULTS, used

IMAGES, LABELS = tiny_images()
NETWORK = {"hidden_layer_sizes": (16,), "pretrain_epochs": 1, "softmax_epochs": 2, "finetune_epochs": 1}


@pytest.fixture
def tiny(folder) -> str:
    np.savez("tiny.npz", X=IMAGES, y=LABELS)
    return "tiny.npz"


def wrong_usage(*arguments) -> str:
    """The last line on stderr of a command that is refused before it begins."""
    before = sorted(Path().rglob("*"))
    outcome = run(*arguments)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert sorted(Path().rglob("*")) == before
    return outcome.stderr.splitlines()[-1]


GIVEN = {
    "momentum": ("--set", "momentum=0.5"),
    "semi_supervised": ("--set", "semi_supervised=false"),
    "early_stopping": ("--set", "early_stopping=true"),
    "learning_rate_schedule": ("--set", "learning_rate_schedule=constant"),
    "visible": ("--visible", "gaussian"),
    "pretrain_learning_rate": ("--pretrain-learning-rate", "0.02"),
    "finetune_learning_rate": ("--set", "finetune_learning_rate=0.1"),
    "batch_size": ("--batch-size", "7"),
}
MEANT = {
    "momentum": 0.5,
    "semi_supervised": False,
    "early_stopping": True,
    "learning_rate_schedule": "constant",
    "visible": "gaussian",
    "pretrain_learning_rate": 0.02,
    "finetune_learning_rate": 0.1,
    "batch_size": 7,
}


def test_train_makes_the_classifier_that_was_asked_for(tiny):
    arguments = [part for option in GIVEN.values() for part in option]
    result = done("train", tiny, *TINY, *arguments, "--seed", 4, "--out", "run", "--json").json
    classifier = load("run/model.safetensors")
    settings = {**NETWORK, **MEANT}
    assert {name: getattr(classifier, name) for name in settings} == settings
    assert result["settings"]["hidden_layer_sizes"] == [16]
    assert {name: result["settings"][name] for name in MEANT} == MEANT
    of_the_run = {"data", "preset", "seed", "out", "force", "with_page", "checkpoint_interval", "unlabelled_data"}
    assert set(used({}, "classify")) | of_the_run == set(result["settings"])


def test_what_is_set_is_what_trains(tiny):
    """The weights are those of the estimator with the same setting."""
    done("train", tiny, *TINY, "--set", "momentum=0.3", "--validation-fraction", 0, "--out", "run")
    expected = DBNClassifier(**NETWORK, momentum=0.3, random_state=0).fit(np.float32(IMAGES / 255), LABELS)
    other = DBNClassifier(**NETWORK, random_state=0).fit(np.float32(IMAGES / 255), LABELS)
    np.testing.assert_array_equal(load("run/model.safetensors").coefs_[0], expected.coefs_[0])
    assert not np.array_equal(other.coefs_[0], expected.coefs_[0])


def test_the_command_that_repeats_a_run_holds_what_was_set(tiny):
    arguments = [part for option in GIVEN.values() for part in option]
    first = done("train", tiny, *TINY, *arguments, "--seed", 4, "--out", "run", "--json").json
    command = shlex.split(first["command"])
    assert command[:3] == ["deepbelief", "train", tiny]
    assert {"--layers=16", "--visible=gaussian", "--set=momentum=0.5", "--finetune-learning-rate=0.1"} <= set(command)
    assert not any("dropout" in part for part in command)
    again = done(*command[1:], "--out", "again", "--json").json
    assert Path("again/model.safetensors").read_bytes() == Path("run/model.safetensors").read_bytes()
    assert again["command"] == first["command"]


def test_compare_takes_the_same_options_for_both_networks(tiny, monkeypatch):
    fitted, fit = [], DBNClassifier.fit

    def watched(self, *arguments):
        fitted.append({name: getattr(self, name) for name in (*NETWORK, *MEANT, "random_state")})
        return fit(self, *arguments)

    monkeypatch.setattr(DBNClassifier, "fit", watched)
    arguments = [part for option in GIVEN.values() for part in option]
    models = ("--models", "dnn,dnn-random", "--seeds", 2, "--seed", 5)
    result = done("compare", tiny, *TINY, *arguments, *models, "--json").json
    expected = {**NETWORK, **MEANT, "hidden_layer_sizes": [16]}
    assert fitted == [
        {**expected, "pretrain_epochs": n_epochs, "random_state": seed} for n_epochs in (1, 0) for seed in (5, 6)
    ]
    assert {name: result["settings"][name] for name in expected} == expected
    assert set(used({}, "classify")) | {"data", "models", "test_fraction", "seed", "seeds"} == set(result["settings"])


@pytest.mark.parametrize("command", ["train", "compare"])
def test_an_option_and_set_may_agree_but_not_contradict(tiny, command):
    models = ("--models", "dnn-random", "--seeds", 1) if command == "compare" else ()
    done(command, tiny, *TINY, *models, "--set", "hidden_layer_sizes=16", "--set", "pretrain_epochs=1")
    for arguments, says in {
        ("--layers", "4", "--set", "hidden_layer_sizes=5"): "--layers=4 and --set=hidden_layer_sizes=5 contradict",
        ("--set", "momentum=0.1", "--set", "momentum=0.2"): "--set=momentum=0.1 and --set=momentum=0.2 contradict",
        ("--set", "device=cpu", "--device", "numpy"): "--device=numpy and --set=device=cpu contradict each other",
    }.items():
        assert says in wrong_usage(command, tiny, *arguments)


REFUSED = {
    "momentm=0.8": "there is no setting 'momentm'; the nearest are momentum and initial_momentum; deepbelief COMMAND "
    "--help lists all.",
    "xyz=1": "there is no setting 'xyz'; deepbelief COMMAND --help lists all.",
    "layers=5": "there is no setting 'layers'; use the option --layers.",
    "seed=5": "there is no setting 'seed'; use the option --seed.",
    "momentum": "'momentum' is no NAME=VALUE, such as momentum=0.8.",
    "momentum=1.5": "momentum takes a number of at least 0 and below 1, not '1.5'.",
    "early_stopping=2": "early_stopping takes true or false, not '2'.",
    "random_state=1": "random_state cannot be set here; use --seed.",
    "dbn=net": "dbn cannot be set here; leave it out: only in Python",
    "verbose=1": "verbose cannot be set here; leave it out: progress is shown without it.",
}
REFUSED_BY_TRAIN = {
    "checkpoint_interval=5": "checkpoint_interval cannot be set here; use --checkpoint-interval.",
    "validation_fraction=0.2": "validation_fraction cannot be set here; use --validation-fraction;",
    "warm_start=true": "warm_start cannot be set here; go on with an interrupted run with --resume.",
    "checkpoint=folder": "checkpoint cannot be set here; checkpoints are always kept",
}
REFUSED_BY_COMPARE = {
    "checkpoint_interval=5": "checkpoint_interval cannot be set here; leave it out: a comparison keeps no checkpoints.",
    "checkpoint=folder": "checkpoint cannot be set here; leave it out: a comparison keeps no checkpoints.",
    "warm_start=true": "warm_start cannot be set here; leave it out: every model learns from the beginning.",
}


@pytest.mark.parametrize(
    "command, assignment, says",
    [
        *(("train", *case) for case in (REFUSED | REFUSED_BY_TRAIN).items()),
        *(("compare", *case) for case in (REFUSED | REFUSED_BY_COMPARE).items()),
    ],
)
def test_settings_that_cannot_be_set(folder, command, assignment, says):
    said = wrong_usage(command, "--set", assignment)
    assert said.startswith(f"Error: Invalid value for '--set': {says.replace('COMMAND', command)}")


def test_every_setting_can_be_set_or_is_told_what_to_do_instead(folder):
    """A setting that the estimator gains is never forgotten."""
    for name in DBNClassifier().get_params(deep=False):
        for command in ("train", "compare"):
            said = wrong_usage(command, "--set", f"{name}=\t?", "--set", "xyz=1")
            takes_any_text = name in DEFAULTS and str in DBNClassifier._parameter_constraints[name]
            assert takes_any_text or f"{name} takes " in said or f"{name} cannot be set here; " in said


@pytest.mark.parametrize(
    "option, value, says",
    [
        ("--visible", "colour", "visible takes "),
        ("--pretrain-learning-rate", "0", "pretrain_learning_rate takes auto or a number above 0, not '0'."),
        ("--finetune-learning-rate", "fast", "finetune_learning_rate takes "),
        ("--softmax-epochs", "-1", "softmax_epochs takes "),
        ("--precision", "low", "precision takes high, highest or medium, not 'low'."),
    ],
)
def test_values_that_an_option_does_not_take(folder, option, value, says):
    assert f"Error: Invalid value for '{option}': {says}" in wrong_usage("train", option, value)


@pytest.mark.parametrize("command", ["train", "compare"])
def test_help_lists_every_setting_with_its_default(command):
    text = " ".join(done(command, "--help").stdout.split())
    for name, option in OPTIONS.items():
        assert f"{option.flag} " in text
        assert f"[default: {written(DEFAULTS[name])}]" in text
    for name in set(DEFAULTS) - set(OPTIONS):
        is_listed = f"{name}={written(DEFAULTS[name])}" in text
        assert is_listed == (name != "validation_fraction" or command == "compare")
    for kind in DBNClassifier._parameter_constraints["visible"][0].options:
        assert kind.replace("-", "") in text.replace("-", "").replace(" ", "")


def test_what_the_estimator_takes_is_what_the_option_takes(tiny, monkeypatch):
    """Nothing about a setting is said again on the command line: neither what it takes nor its default."""
    constraints = {**DBNClassifier._parameter_constraints, "softmax_epochs": [StrOptions({"auto"})]}
    monkeypatch.setattr(DBNClassifier, "_parameter_constraints", constraints)
    monkeypatch.setitem(DEFAULTS, "softmax_epochs", "auto")
    text = " ".join(done("train", "--help").stdout.split())
    described = "Passes over the labelled rows that train the softmax layer alone."
    assert f"--softmax-epochs N|auto {described} [default: auto]" in text
    assert "softmax_epochs takes auto, not '3'" in wrong_usage("train", tiny, "--softmax-epochs", "3")


def test_the_advice_of_a_warning_can_be_followed(folder):
    np.savez("floats.npz", X=IMAGES / 17.0 - 3, y=LABELS)
    warned = done("train", "floats.npz", *TINY, "--visible", "bernoulli").stderr.splitlines()[0]
    assert warned.startswith("Warning: Bernoulli visible units take values in [0, 1]")
    assert "use --visible " in warned
    assert "visible=" not in warned
    advised = warned.partition("use ")[2].split()[:2]
    assert "Warning" not in done("train", "floats.npz", *TINY, *(part.strip(",.") for part in advised)).stderr


def test_the_advice_of_a_finding_can_be_followed(trained):
    np.savez("far.npz", X=np.tile(IMAGES.astype(float), 4) / 50, y=LABELS)
    done("report", trained, "far.npz", "-o", "page.html")
    for text in (done("diagnose", trained, "far.npz").stdout, Path("page.html").read_text()):
        assert "train with --visible auto" in text
        assert "visible='" not in text
    found = done("diagnose", trained, "far.npz", "--json").json["findings"]
    assert any("visible='auto'" in finding["advice"] for finding in found)  # for Python


def test_the_report_lists_the_settings(tiny):
    done("train", tiny, *TINY, "--set", "momentum=0.35", "--out", "run")
    done("report", "run", tiny, "-o", "report.html")
    page = Path("report.html").read_text()
    assert "--set=momentum=0.35" in page
    assert json.loads(Path("run/result.json").read_text())["settings"]["dropout"] == 0.0
    for name in used({}, "classify"):
        assert name.replace("_", " ") in page.lower()
