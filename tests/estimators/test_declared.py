"""The settings that ``DBNClassifier`` declares, as whoever lets users choose them sees them."""

import inspect
from numbers import Integral, Real

import pytest
from sklearn.utils._param_validation import Interval, InvalidParameterError, StrOptions

from deepbelief import DBNClassifier, DBNRegressor
from deepbelief.command_line import written
from deepbelief.estimators import declared
from deepbelief.estimators.declared import (
    DEFAULTS,
    OF_A_RUN,
    allowed,
    arguments,
    changed,
    parsed,
    require,
    unknown,
    used,
    words,
)

COUNT = Interval(Integral, 0, None, closed="left")
SHARE = Interval(Real, 0, 1, closed="left")
MADE_UP = {
    "count or auto": [StrOptions({"auto"}), COUNT],
    "share": [SHARE],
    "rate": [Interval(Real, 0, None, closed="neither")],
    "between": [Interval(Real, -1, 1, closed="both")],
    "word": [StrOptions({"b", "a", "c"})],
    "truth": ["boolean"],
    "truth or auto": [StrOptions({"auto"}), "boolean"],
    "name": [str],
    "name or none": [None, str],
    "number": [Real],
    "list": ["array-like"],
    "anything": "no_validation",
}


@pytest.fixture
def made_up(monkeypatch):
    """Settings that an estimator of another day could have."""
    monkeypatch.setattr(DBNClassifier, "_parameter_constraints", MADE_UP)
    monkeypatch.setattr(declared, "DEFAULTS", dict.fromkeys(MADE_UP))


def test_the_settings_are_those_of_the_estimators():
    """A setting that several have has one default and takes the same; a net's has the name that a network gives it."""
    kinds = (DBNClassifier, DBNRegressor)
    assert DEFAULTS.keys() | OF_A_RUN == set().union(*(kind().get_params(deep=False) for kind in kinds))
    assert not DEFAULTS.keys() & OF_A_RUN
    for name, value in DEFAULTS.items():
        own = [kind for kind in kinds if name in inspect.signature(kind).parameters]
        assert {inspect.signature(kind).parameters[name].default for kind in own} == {value}
        assert all(kind._parameter_constraints[name] == own[0]._parameter_constraints[name] for kind in own)


def test_a_task_takes_its_own_settings_only():
    assert arguments({"loss": "absolute"}, "regress")["loss"] == "absolute"
    assert arguments({"pretrain_epochs": 3}, "features")["n_iter"] == 3
    assert arguments({"loss": "squared"}, "classify").keys() | OF_A_RUN == DBNClassifier().get_params(deep=False).keys()
    with pytest.raises(
        ValueError, match="loss is no setting of a DBNClassifier, which is trained because the target hol"
    ):
        arguments({"loss": "absolute"}, "classify")
    with pytest.raises(ValueError, match="dropout is no setting of a DBN, which is trained because there is no target"):
        arguments({"dropout": 0.5}, "features")


@pytest.mark.parametrize("name", DEFAULTS)
def test_every_default_can_be_written_and_read(name):
    value = parsed(name, written(DEFAULTS[name]))
    assert (value, type(value)) == (DEFAULTS[name], type(DEFAULTS[name]))
    assert allowed(name)


@pytest.mark.parametrize(
    "name, text, value",
    [
        ("count or auto", "auto", "auto"),
        ("count or auto", "0", 0),
        ("share", "0", 0),
        ("share", " 0.25 ", 0.25),
        ("rate", "1e-3", 0.001),
        ("between", "-1", -1),
        ("word", "b", "b"),
        ("truth", "True", True),
        ("truth or auto", "false", False),
        ("name", "cuda:1", "cuda:1"),
        ("name", "none", "none"),
        ("name", "7", "7"),
        ("name or none", "none", None),
        ("number", "-3", -3),
        ("list", "5", (5,)),
        ("list", "5,6.5", (5, 6.5)),
        ("anything", "none", None),
        ("anything", "true", True),
        ("anything", "-1", -1),
        ("anything", "0.5", 0.5),
        ("anything", "cat", "cat"),
    ],
)
def test_a_text_is_read_by_what_its_setting_takes(made_up, name, text, value):
    found = parsed(name, text)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    "name, text, says",
    [
        ("count or auto", "-1", "takes auto or a whole number of at least 0, not '-1'"),
        ("count or auto", "true", "takes auto or a whole number of at least 0, not 'true'"),
        ("count or auto", "1.5", "takes auto or a whole number of at least 0, not '1.5'"),
        ("count or auto", str(2**63), "takes auto or a whole number"),
        ("share", "1", "takes a number of at least 0 and below 1, not '1'"),
        ("share", "nan", "takes a number of at least 0 and below 1, not 'nan'"),
        ("rate", "0", "takes a number above 0, not '0'"),
        ("rate", "inf", "takes a number above 0, not 'inf'"),
        ("rate", "9" * 5000, "takes a number above 0, not '999"),
        ("between", "1.1", "takes a number of at least -1 and of at most 1, not '1.1'"),
        ("word", "A", "takes a, b or c, not 'A'"),
        ("truth", "1", "takes true or false, not '1'"),
        ("truth or auto", "maybe", "takes auto, true or false, not 'maybe'"),
        ("number", "x", "takes a number, not 'x'"),
        ("list", "5,", "takes positive whole numbers separated by commas, such as 500,500, not '5,'"),
    ],
)
def test_a_text_that_its_setting_does_not_take(made_up, name, text, says):
    with pytest.raises(ValueError, match="takes") as refusal:
        parsed(name, text)
    assert says in str(refusal.value)
    assert len(str(refusal.value)) < 200


@pytest.mark.parametrize("text", ["0", "-5", "5,0", "1.5", "none", "", "5,,5", "a"])
def test_sizes_of_layers_are_positive_whole_numbers(text):
    with pytest.raises(ValueError, match="hidden_layer_sizes takes positive whole numbers"):
        parsed("hidden_layer_sizes", text)
    assert parsed("hidden_layer_sizes", "5, 7") == (5, 7)


def test_words_are_those_with_a_meaning(made_up):
    assert words("count or auto") == {"auto"}
    assert words("word") == {"a", "b", "c"}
    assert words("name") == set()


def test_a_name_that_does_not_exist():
    assert unknown("momentm").startswith("there is no setting 'momentm'; the nearest are momentum and ")
    assert unknown("finetune_epoch").startswith("there is no setting 'finetune_epoch'; the nearest are finetune_epochs")
    assert unknown("earlystopping") == "there is no setting 'earlystopping'; the nearest is early_stopping"
    assert unknown("xyz") == "there is no setting 'xyz'"
    for name in ("momentm", "random_state", ""):
        with pytest.raises(ValueError, match="there is no setting"):
            parsed(name, "1")
        with pytest.raises(ValueError, match="there is no setting"):
            require({name: 1})


VALUES = [None, True, False, 0, 1, 2, -1, 0.5, 1.0, float("nan"), float("inf"), "", "auto", "gaussian", "cpu", [], {}]


@pytest.mark.parametrize("name", DEFAULTS)
@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_what_is_refused_is_what_the_estimator_refuses(name, value):
    """Only truth values in place of numbers, which Python takes for 0 and 1, and empty sizes are refused here alone."""
    kind = DBNClassifier if name in inspect.signature(DBNClassifier).parameters else DBNRegressor
    try:
        kind(**{name: value})._validate_params()
        fits = not isinstance(value, bool) or "boolean" in kind._parameter_constraints[name]
    except InvalidParameterError:
        fits = False
    if name == "hidden_layer_sizes" and not isinstance(value, int):
        fits = False  # of these values none is a list of sizes
    if fits:
        require({name: value})
    else:
        with pytest.raises(ValueError, match=f"{name} takes "):
            require({name: value})


def test_a_list_in_lists_is_no_list_of_sizes():
    deep: list = []
    for _ in range(2000):
        deep = [deep]
    for sizes in (deep, [[1], [2]], [{}], [True]):
        with pytest.raises((ValueError, RecursionError)):
            require({"hidden_layer_sizes": sizes})


def test_used_and_changed_settings():
    given = {"hidden_layer_sizes": (8,), "momentum": 0.9, "dropout": 0.5}
    assert used(given).keys() == DEFAULTS.keys()
    assert used(given)["hidden_layer_sizes"] == [8]
    assert used(given)["early_stopping"] is False
    assert changed(given) == {"hidden_layer_sizes": [8], "dropout": 0.5}
    assert changed(used({})) == {}
