"""A setting is declared once, and reaches estimators, command line, resume check and report from there."""

import inspect
from dataclasses import replace
from numbers import Integral

import pytest
from sklearn.utils._param_validation import Interval, StrOptions

from deepbelief import DBN, RBM, DBNClassifier, DBNRegressor
from deepbelief.cli.train import train
from deepbelief.command_line import typed, written
from deepbelief.errors import ModelError
from deepbelief.estimators import declared
from deepbelief.estimators.settings import TRAINING_CONSTRAINTS
from deepbelief.experiment import TrainingSettings, resuming, settings_of
from deepbelief.experiment.provenance import repeating_command
from deepbelief.experiment.training_data import estimator_for
from deepbelief.run_settings import RUN_SETTINGS, RunChoice, RunSources

SPECIAL = {"augment": "8x8", "hidden_layer_sizes": [7], "device": "cpu", "unlabelled": 9}


def task_with(name):
    """Return a task whose network has a setting."""
    return "classify" if name in DBNClassifier().get_params(deep=False) else "regress"


def another(name):
    """Return a value that a setting of the network takes and does not have by default, as its constraints say."""
    default = declared.DEFAULTS[name]
    for constraint in declared.TASKS[task_with(name)]._parameter_constraints[name]:
        if isinstance(constraint, StrOptions) and constraint.options - {default}:
            return min(constraint.options - {default})
        if constraint == "boolean":
            return not default
        if isinstance(constraint, Interval):
            low = 0 if constraint.left is None else constraint.left
            return low + 3 if constraint.type is Integral else low + 0.25
    raise AssertionError(name)


def given(arguments):
    """Return what ``deepbelief train`` understands by some arguments."""
    context = train.make_context("train", list(arguments))
    parameters = dict(context.params)
    network = dict(parameters.pop("assigned"))
    network |= {name: value for name, value in parameters.items() if name in declared.DEFAULTS and value is not None}
    return parameters, network


@pytest.mark.parametrize("name", sorted(declared.DEFAULTS))
def test_a_setting_of_the_network_goes_everywhere(name, tmp_path):
    """What is typed is what trains, what an unfinished run insists on, and what its report repeats."""
    value = SPECIAL[name] if name in SPECIAL else another(name)
    settings = TrainingSettings(network={name: value}, out=tmp_path)
    assert getattr(estimator_for(settings, task_with(name)), name) == value
    if name != "validation_fraction":  # an option of the run has this name: the rows that it holds out are looked at
        _, network = given([typed(name, value)])
        assert declared.used(network)[name] == declared.used({name: value})[name]
    assert typed(name, value) in repeating_command(settings, task_with(name)).split()
    resuming.begin(tmp_path, settings, None)
    assert settings_of(tmp_path, {}, {name: value}).network[name] == value
    with pytest.raises(ModelError) as refusal:
        settings_of(tmp_path, {}, {name: declared.DEFAULTS[name]})
    assert f"started with {typed(name, value)}, not " in str(refusal.value)


@pytest.mark.parametrize("name", sorted(RUN_SETTINGS))
def test_a_setting_of_a_run_goes_everywhere(name, tmp_path):
    setting, default = RUN_SETTINGS[name], getattr(TrainingSettings(), name)
    if isinstance(setting, RunChoice):
        value = next(choice for choice in setting.choices if choice != default)
    elif isinstance(setting, RunSources):
        value = ("one.csv", "another.csv")
    else:
        value = default + (1 if setting.is_whole else 0.25)
    texts = setting.typed(value)
    parameters, _ = given(texts)
    assert parameters[name] == value
    settings = replace(TrainingSettings(out=tmp_path), **{name: value})
    assert (set(texts) <= set(repeating_command(settings, "classify").split())) == setting.shapes_model
    resuming.begin(tmp_path, settings, None)
    assert getattr(settings_of(tmp_path, {}, {}), name) == value
    if setting.shapes_model:
        with pytest.raises(ModelError, match=f"started with {' '.join(texts)}, not {written(default)};"):
            settings_of(tmp_path, {name: default}, {})
    else:
        assert getattr(settings_of(tmp_path, {name: default}, {}), name) == default


def test_a_run_that_goes_on_writes_a_page_if_that_was_asked_for(tmp_path):
    """And another answer can be given then, since no model depends on it."""
    for said, is_written in (["--no-page"], False), ([], True):
        parameters, _ = given(said)
        assert parameters["with_page"] == is_written
        resuming.begin(tmp_path, TrainingSettings(with_page=is_written), None)
        assert settings_of(tmp_path, {}, {}).with_page == is_written
        assert settings_of(tmp_path, {"with_page": not is_written}, {}).with_page != is_written


def test_numbers_out_of_bounds_are_no_values():
    share, seed, seconds = (RUN_SETTINGS[name] for name in ("validation_fraction", "seed", "checkpoint_interval"))
    nan = float("nan")
    assert [share.takes(value) for value in (0, 0.5, 1, -0.1, nan, True, "0.1", None)] == [True, True] + [False] * 6
    assert [seed.takes(value) for value in (0, 2**32 - 1, -1, 2**32, 1.0, False)] == [True, True] + [False] * 4
    assert [seconds.takes(value) for value in (0.1, 0, nan)] == [True, False, False]


@pytest.mark.parametrize("name", sorted(TRAINING_CONSTRAINTS))
def test_how_to_train_machines_is_a_setting_of_every_estimator(name, monkeypatch):
    """With one constraint; and what a classifier is told reaches its net, but for what belongs to its own fit."""
    names = {"learning_rate": "pretrain_learning_rate", "n_iter": "pretrain_epochs"}
    names |= {"weight_decay": "pretrain_weight_decay"}
    names |= {"learning_rate_schedule": "pretrain_learning_rate_schedule"}
    own = names.get(name, name)
    for kind, known in ((RBM, name), (DBN, name), (DBNClassifier, own), (DBNRegressor, own)):
        assert kind._parameter_constraints[known] == TRAINING_CONSTRAINTS[name]
        assert known in inspect.signature(kind).parameters
    if name in {"verbose", "warm_start"}:
        return

    made = {}

    class Told(Exception):
        """The net is about to be trained."""

    def learn(net, *_, **__):
        made.update(net.get_params(deep=False))
        raise Told

    monkeypatch.setattr("deepbelief.estimators.net_below.learn_layers", learn)
    special = {"random_state": 5, "device": "numpy", "precision": "highest"}
    value = special[name] if name in special else another(own)
    classifier = DBNClassifier((3,)).set_params(**{own: value})
    with pytest.raises(Told):
        classifier.fit([[0.0, 1.0], [1.0, 0.0]] * 3, [0, 1] * 3)
    assert made[name] == value
