"""The rules of labels: which rows have one, which classes there are, what is refused, and when a warning is due."""

import re
import warnings
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepbelief.errors import DataError
from deepbelief.estimators.labels import checked_classes, checked_labels, labels_for

NAN = float("nan")


def objects(*labels):
    """Return an array of objects."""
    return np.array(labels, dtype=object)


def doubt(labels):
    """Return the warning that is due, or ""."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        labels.warn_if_doubtful()
    return str(caught[0].message) if caught else ""


def series(labels, dtype):
    """Return a column of pandas, which begins to count at 5."""
    return pd.Series(labels, index=range(5, 5 + len(labels)), dtype=dtype)


FOUND = {
    "-1 among numbers": (np.array([-1, 0, 1, -1]), [1, 2], np.array([0, 1])),
    "-1 among fractions": (np.array([-1.0, 0.0, 3.0]), [1, 2], np.array([0.0, 3.0])),
    "-1 and 1 alone": (np.array([-1, 1]), [0, 1], np.array([-1, 1])),
    "-1 and 1 alone, as objects": (objects(-1, 1), [0, 1], np.array([-1, 1])),
    "-1 and 1, and one missing": (np.array([-1.0, 1.0, NAN]), [0, 1], np.array([-1.0, 1.0])),
    "-1 alone": (np.array([-1, -1]), [], np.array([], int)),
    "-1 and another": (np.array([-1, 2]), [1], np.array([2])),
    "booleans": (np.array([True, False]), [0, 1], np.array([False, True])),
    "booleans in a list, and -1": ([True, False, -1], [0, 1], np.array([False, True])),
    "booleans as objects, and None": (objects(None, True, False), [1, 2], np.array([False, True])),
    "whole numbers as objects": (objects(3, 5, -1), [0, 1], np.array([3, 5])),
    "numbers of two kinds as objects": (objects(3, 5.0), [0, 1], np.array([3.0, 5.0])),
    "NumPy's numbers as objects": (
        objects(np.int8(3), np.float32(5), np.bool_(True)),
        [0, 1, 2],
        np.array([1.0, 3, 5]),
    ),
    "fractions, one missing": (np.array([0.0, NAN, 1.0]), [0, 2], np.array([0.0, 1.0])),
    "words": (np.array(["b", "a"]), [0, 1], np.array(["a", "b"])),
    "words in a list": (["b", "a"], [0, 1], np.array(["a", "b"])),
    "words as objects": (objects("b", "a"), [0, 1], objects("a", "b")),
    "words of NumPy as objects": (objects(np.str_("b"), "a"), [0, 1], objects("a", "b")),
    "words of any length": (np.array(["b", "a"], np.dtypes.StringDType()), [0, 1], objects("a", "b")),
    "words and None": (objects("b", None, "a"), [0, 2], objects("a", "b")),
    "words and NaN": (objects("b", NAN, "a", np.float32("nan")), [0, 2], objects("a", "b")),
    "words and pd.NA": (objects("b", pd.NA, pd.NaT, "a"), [0, 3], objects("a", "b")),
    "words and None in a list": (["b", None, "a"], [0, 2], objects("a", "b")),
    "words and -1 in a list": (["b", -1, "a"], [0, 2], objects("a", "b")),
    "words and -1 as objects": (objects("b", "a", -1), [0, 1], objects("a", "b")),
    "words, and -1 as NumPy writes it": (np.array(["b", "a", -1]), [0, 1], np.array(["a", "b"])),
    "the words -1 and 1 alone": (np.array(["-1", "1"]), [0, 1], np.array(["-1", "1"])),
    "masked": (np.ma.array([1, 2, 3], mask=[0, 1, 0]), [0, 2], np.array([1, 3])),
    "Int64": (series([1, None, 2], "Int64"), [0, 2], np.array([1, 2])),
    "Int64 with -1": (series([1, -1, 2, None], "Int64"), [0, 2], np.array([1, 2])),
    "Int64 without holes": (series([1, 2], "Int64"), [0, 1], np.array([1, 2])),
    "boolean": (series([True, None, False], "boolean"), [0, 2], np.array([False, True])),
    "string": (series(["b", None, "a"], "string[python]"), [0, 2], objects("a", "b")),
    "str": (series(["b", None, "a"], None), [0, 2], objects("a", "b")),
    "category of words": (series(["b", None, "a"], "category"), [0, 2], objects("a", "b")),
    "category of numbers": (series([7, None, 5], "category"), [0, 2], np.array([5, 7])),
    "categorical": (pd.Categorical(["b", None, "a"]), [0, 2], objects("a", "b")),
    "float64": (series([7, None, 5], "float64"), [0, 2], np.array([5.0, 7.0])),
    "a column": (np.array([[3], [-1], [5]]), [0, 2], np.array([3, 5])),
}


@pytest.mark.filterwarnings("ignore:A column-vector y was passed")
@pytest.mark.parametrize("y, known, classes", FOUND.values(), ids=FOUND.keys())
def test_which_rows_have_a_label_and_which_classes_there_are(y, known, classes):
    """−1 and missing values mark the others; a class has the type that its labels have."""
    labels = checked_labels(y, len(y))
    np.testing.assert_array_equal(labels.known, known)
    np.testing.assert_array_equal(labels.classes, classes)
    if len(classes):
        assert labels.classes.dtype.kind == classes.dtype.kind
        np.testing.assert_array_equal(classes[labels.codes(classes)], labels.values)
    assert labels.n_unlabelled == len(y) - len(known)


SETTINGS = {
    "a number": (np.array([-1, 0, 1, 9]), 9, [0, 1, 2]),
    "a number that is not there": (np.array([-1, 0, 1]), 9, [0, 1, 2]),
    "a number, beside -1 and 1": (np.array([-1, 1, 0]), 0, [0, 1]),
    "-1, where 1 is the only other": (np.array([-1, 1]), -1, [1]),
    "a fraction": (np.array([0.5, 1, 2]), 0.5, [1, 2]),
    "a word": (np.array(["a", "?", "-1"]), "?", [0, 2]),
    "a word among objects, and None": (objects("a", "?", None), "?", [0]),
    "a word among numbers as objects": (objects(1, "?", 2), "?", [0, 2]),
    "a number that NumPy made a word": (np.array(["a", 7, "b"]), 7, [0, 2]),
    "a word for numbers": (np.array([1, 2]), "?", [0, 1]),
    "None": (np.array([-1, 0, 1]), None, [0, 1, 2]),
    "None, for words": (np.array(["-1", "a"]), None, [0, 1]),
}


@pytest.mark.parametrize("y, unlabelled, known", SETTINGS.values(), ids=SETTINGS.keys())
def test_users_name_the_mark(y, unlabelled, known):
    """What is named marks rows, and nothing else but a missing value does; nothing is doubtful then."""
    labels = checked_labels(y, len(y), unlabelled)
    np.testing.assert_array_equal(labels.known, known)
    assert not labels.is_doubtful


KNOWN_CLASSES = {
    "marks": (np.array([-1, 1, -1, 1]), np.array([0, 1, 2]), [1, 3]),
    "marks alone": (np.array([-1, -1]), np.array([0, 1, 2]), []),
    "a class": (np.array([-1, -1]), np.array([-1, 1]), [0, 1]),
    "a class of three": (np.array([-1, 0, 1]), np.array([-1, 0, 1]), [0, 1, 2]),
    "a word": (np.array(["-1", "a"]), np.array(["-1", "a"]), [0, 1]),
    "a mark among words": (np.array(["-1", "1"]), np.array(["1", "a"]), [1]),
    "marks where classes are words": (np.array([-1, -1]), np.array(["a", "b"]), []),
}


@pytest.mark.parametrize("y, classes, known", KNOWN_CLASSES.values(), ids=KNOWN_CLASSES.keys())
def test_known_classes_decide_what_minus_one_is(y, classes, known):
    """Not the labels at hand, which may be a small batch; and there is no doubt."""
    labels = checked_labels(y, len(y), "auto", classes)
    np.testing.assert_array_equal(labels.known, known)
    assert not labels.is_doubtful


DOUBTS = {
    "-1, 0 and 1": (
        np.array([-1, 0, 1, -1]),
        "2 rows labelled -1 count as unlabelled, and the classes go from 0 to 1; ",
    ),
    "one row": (np.array([-1, 0, 1]), "1 row labelled -1 counts as unlabelled"),
    "fractions": (
        np.array([-1.0, 0.0, 1.0]),
        "1 row labelled -1 counts as unlabelled, and the classes go from 0.0 to 1.0",
    ),
    "other negative numbers": (np.arange(-2, 3), "the classes go from -2 to 2; if -1 is a class, set unlabelled=None"),
    "the word -1": (
        np.array(["a", "b", -1]),
        "1 row labelled -1 counts as unlabelled, and the classes go from 'a' to 'b'",
    ),
    "a missing one too": (
        np.array([-1, 0, 1, NAN]),
        "leave out the rows whose label is missing and set unlabelled=None",
    ),
    "ten digits": (np.arange(-1, 10), ""),
    "three classes": (np.array([-1, 0, 1, 2]), ""),
    "-1 and 1 alone": (np.array([-1, 1]), ""),
    "no -1": (np.array([0, 1]), ""),
    "no class": (np.array([-1, -1]), ""),
    "a number among words": (objects("a", "b", -1), ""),
    "missing words": (objects("a", "b", None), ""),
    "beside booleans": ([True, False, -1], ""),
}


@pytest.mark.parametrize("y, says", DOUBTS.values(), ids=DOUBTS.keys())
def test_a_warning_where_minus_one_may_be_a_class(y, says):
    """With the number of rows; none where it can hardly be one."""
    said = doubt(checked_labels(y, len(y)))
    assert bool(said) == bool(says)
    assert says in said


@pytest.mark.parametrize("y", [case[0] for case in DOUBTS.values() if case[1]], ids=[k for k in DOUBTS if DOUBTS[k][1]])
def test_the_advice_of_the_warning_works(y):
    """Both ways: one more class without a word, or the same rows unlabelled without a word."""
    labels = checked_labels(y, len(y))
    mark = int(re.search(r"unlabelled=(\S+) ends", doubt(labels))[1])
    meant = checked_labels(y, len(y), mark)
    np.testing.assert_array_equal(meant.known, labels.known)
    assert doubt(meant) == ""
    y = y[y == y]  # without those that are missing, as the advice says
    assert len(checked_labels(y, len(y), None).classes) == len(labels.classes) + 1


REFUSED = {
    "none": (None, "auto", "requires y to be passed, but the target y is None"),
    "too short": (np.array([1]), "auto", "X has 3 rows, but y has 1 labels; give one for each row"),
    "infinity": (np.array([NAN, 1, -np.inf]), "auto", "Input y contains infinity at row 2; correct"),
    "fractions": (np.array([0.5, 1.25, NAN]), "auto", "Unknown label type: continuous"),
    "words and numbers": (
        objects("a", None, 7),
        "auto",
        "y mixes words and numbers, 'a' at row 0 and 7 at row 2; use one",
    ),
    "words and numbers in a list": (["a", 0, "b"], "auto", "y mixes words and numbers, 'a' at row 0 and 0 at row 1"),
    "words and -1, another mark": (["a", "?", -1], "?", "y mixes words and numbers, 'a' at row 0 and -1 at row 2"),
    "bytes": (np.array([b"a", b"b", b"c"]), "auto", r"y holds bytes; make them words with y.astype\(str\)"),
    "complex": (np.array([1j, 2, 3]), "auto", "y holds complex128 values; a label is a whole number"),
    "objects": (objects(1, 2, Decimal(3)), "auto", "y holds a Decimal at row 2; a label is a whole number"),
    "lists": (objects([1], [2, 3], [4]), "auto", "y holds a list at row 0; a label is"),
    "too large": (objects(1, 2**70, 2), "auto", "y holds 1180591620717411303424 at row 1, which 64 bits cannot hold"),
    "too large together": (objects(-1, 2**63 + 1, 5), None, "y holds 9223372036854775809 at row 1, which 64 bits"),
    "missing, though all are labelled": (
        objects("a", None, "b"),
        None,
        "no label at row 1, but unlabelled=None says that",
    ),
    "NaN, though all are labelled": (np.array([1, 2, NAN]), None, "no label at row 2, but unlabelled=None says that"),
    "a matrix": (np.ones((3, 2)), "auto", "y should be a 1d array"),
}


@pytest.mark.parametrize("y, unlabelled, message", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_vector_of_classes_is_refused(y, unlabelled, message):
    """In a sentence that says what and where."""
    with pytest.raises(ValueError, match=message) as error:
        checked_labels(y, 3, unlabelled)
    assert "np." not in str(error.value)


def test_the_advice_for_bytes_works():
    y = np.array([b"a", b"b"])
    assert checked_labels(y.astype(str), 2).classes.tolist() == ["a", "b"]


@pytest.mark.parametrize(
    "y, classes", [(np.array([0, 1]), np.array(["a", "b"])), (objects("a", "b"), np.array([0, 1]))]
)
def test_labels_of_another_kind_than_the_classes(y, classes):
    """Cannot be compared; nothing is turned into words in silence."""
    with pytest.raises(DataError, match="cannot be compared with the model's classes, like"):
        checked_labels(y, 2, "auto", classes)


def test_words_of_both_types_can_be_compared():
    """NumPy's own words, and those that come as objects."""
    for y, classes in ((objects("b", "x"), np.array(["a", "b"])), (np.array(["b", "x"]), objects("a", "b"))):
        labels = checked_labels(y, 2, "auto", classes).among(classes)
        assert labels.known.tolist() == [0]
        assert labels.codes(classes).tolist() == [1]


def test_no_label_at_all():
    """The sentence says what stands there instead."""
    for y, unlabelled, found in (
        (np.array([-1, -1]), "auto", "all are -1, which"),
        (objects(None, NAN), "auto", "all are missing, which"),
        (objects(-1, None), "auto", "all are -1 or missing, which"),
        (np.array(["?", "?"]), "?", r"all are '\?', which"),
    ):
        with pytest.raises(DataError, match=rf"No row of y has a label \({found} marks unlabelled rows\)"):
            checked_labels(y, 2, unlabelled).require_classes()
        with pytest.raises(DataError, match=r"data.npz: no row has a label .* label some rows, or not\."):
            checked_labels(y, 2, unlabelled).require_some("data.npz", ", or not")


def test_one_class_beside_minus_one():
    """Says that −1 may be the second one, and how."""
    with pytest.raises(
        DataError, match=r"one class only, 0; .*2 rows labelled -1 count as unlabelled; if -1 is a class"
    ):
        checked_labels(np.array([-1, 0, -1]), 3).require_classes()
    checked_labels(np.array([-1, 0, -1]), 3, None).require_classes()


def test_classes_that_users_name():
    """Sorted, each once; fewer than two, or one that marks rows without a label, are refused."""
    np.testing.assert_array_equal(checked_classes([2, -1, 1, 2], "auto"), [-1, 1, 2])
    np.testing.assert_array_equal(checked_classes(pd.Series(["b", "a"]), None), ["a", "b"])
    for classes, unlabelled, message in (
        ([-1, 0, 1], -1, r"classes holds -1, which marks rows without a label \(unlabelled=-1\)"),
        (["a", "?", "b"], "?", r"classes holds '\?', which marks"),
        ([], "auto", "classes holds no class; a classifier needs"),
        ([3], "auto", "classes holds one class only, 3; .*name all classes"),
        (["a", None], "auto", "classes has no label at row 1"),
        (["a", 1], "auto", "classes mixes words and numbers"),
    ):
        with pytest.raises(DataError, match=message):
            checked_classes(classes, unlabelled)


def test_an_estimator_without_classes_has_the_rules_of_auto():
    """An RBM, whose units are looked at for each class."""
    assert labels_for(object(), np.array([-1, 0, 2]), 3).known.tolist() == [1, 2]


CLASSES = st.one_of(
    st.lists(st.integers(0, 50), min_size=2, max_size=5, unique=True),
    st.lists(st.booleans(), min_size=2, max_size=2, unique=True),
    st.lists(st.text("abc?ü ", min_size=1, max_size=4), min_size=2, max_size=5, unique=True),
)
CONTAINERS = {
    "list": list,
    "objects": lambda labels: objects(*labels),
    "pandas objects": lambda labels: pd.Series(labels, dtype=object),
    "category": lambda labels: pd.Series(labels, dtype="category"),
    "pandas guesses": lambda labels: pd.Series(labels).convert_dtypes(),
}


@settings(max_examples=300, deadline=None)
@given(CLASSES, st.data())
def test_what_is_hidden_is_unlabelled_and_nothing_else(classes, data):
    """Classes of any kind, in any container, hidden by any mark: known are those that are not hidden."""
    truth = classes + data.draw(st.lists(st.sampled_from(classes), max_size=12))
    hidden = data.draw(st.lists(st.booleans(), min_size=len(truth), max_size=len(truth)))
    hidden[: len(classes)] = [False] * len(classes)  # so that each class remains
    container, mark = data.draw(st.sampled_from(sorted(CONTAINERS))), data.draw(st.sampled_from([None, NAN, pd.NA, -1]))
    if mark is not pd.NA and mark == -1:
        container = data.draw(st.sampled_from(["list", "objects", "pandas objects"]))  # those that change no number
    y = CONTAINERS[container]([mark if hide else label for label, hide in zip(truth, hidden, strict=True)])
    labels = checked_labels(y, len(truth))
    np.testing.assert_array_equal(labels.known, np.flatnonzero(~np.array(hidden)))
    assert labels.values.tolist() == [label for label, hide in zip(truth, hidden, strict=True) if not hide]
    assert labels.classes.tolist() == sorted(classes)
    again = checked_labels(y, len(truth), "auto", labels.classes)
    np.testing.assert_array_equal(again.known, labels.known)


@pytest.mark.parametrize("kind", [np.array, lambda labels: np.array(labels, object), list])
def test_classes_that_differ_in_case_or_spaces_only_are_doubtful(kind):
    said = "The classes 'No' and 'no' differ in upper and lower case or in spaces only"
    assert doubt(checked_labels(kind(["no", "yes", "No"]), 3)).startswith(said)
    assert doubt(checked_labels(kind(["red wine", "white", "redwine"]), 3)).startswith("The classes 'red wine' and")
    assert doubt(checked_labels(kind(["a", "A", "b"]), 3)) == ""  # letters may be what is told apart
    assert doubt(checked_labels(kind(["no", "yes", "none"]), 3)) == ""
