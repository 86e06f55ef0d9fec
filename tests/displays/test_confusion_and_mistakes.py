"""What is taken for what, and how surely."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from deepbelief import DBNClassifier
from deepbelief.displays import ConfusionDisplay, MistakesDisplay


def test_confusion_is_scikit_learns(classifier, digits, ax):
    X, y = digits
    display = ConfusionDisplay.from_estimator(classifier, X, y).plot(ax)
    expected = confusion_matrix(y, classifier.predict(X))
    np.testing.assert_array_equal(display.confusion_matrix, expected)
    assert display.labels.tolist() == list(range(10))
    np.testing.assert_array_equal(ax.images[0].get_array(), expected)
    assert [text.get_text() for text in ax.texts] == [str(count) for count in expected.ravel() if count]
    assert display.frame().rows.sum() == len(y)


def test_rows_without_a_label_are_left_out(classifier, digits):
    X, y = digits
    some = np.where(np.arange(len(y)) < 250, y, -1)
    display = ConfusionDisplay.from_estimator(classifier, X, some)
    np.testing.assert_array_equal(display.confusion_matrix, confusion_matrix(y[:250], classifier.predict(X[:250])))
    mistakes = MistakesDisplay.from_estimator(classifier, X, some)
    assert mistakes.n_rows == 250
    assert (mistakes.rows < 250).all()
    with pytest.raises(ValueError, match="No row of y has a label"):
        ConfusionDisplay.from_estimator(classifier, X, np.full(300, -1))


def test_minus_one_is_a_class_where_the_classifier_knows_it(digits):
    X, y = digits
    signs = np.where(y % 2, 1, -1)
    net = DBNClassifier((10,), pretrain_epochs=1, softmax_epochs=1, finetune_epochs=1, random_state=0).fit(X, signs)
    assert ConfusionDisplay.from_estimator(net, X, signs).labels.tolist() == [-1, 1]
    assert ConfusionDisplay.from_estimator(net, X, np.full(300, -1)).confusion_matrix.sum() == 300


def test_labels_that_the_classifier_does_not_know_are_shown():
    display = ConfusionDisplay.from_predictions(["a", "b", "c"], ["a", "a", "b"])
    assert display.labels.tolist() == ["a", "b", "c"]
    assert display.confusion_matrix.tolist() == [[1, 0, 0], [1, 0, 0], [0, 1, 0]]


def test_names_of_classes_are_no_mathematics(ax):
    ConfusionDisplay.from_predictions(["$a$", "<b>&"], ["<b>&", "$a$"]).plot(ax)
    labels = ax.get_xticklabels()
    assert [label.get_text() for label in labels] == ["$a$", "<b>&"]
    assert not any(label.get_parse_math() for label in labels)


def test_mistakes_are_sorted_by_confidence(classifier, digits, ax, words, mosaic):
    X, y = digits
    display = MistakesDisplay.from_estimator(classifier, X, y, n_images=10).plot(ax)
    probabilities = classifier.predict_proba(X)
    wrong = np.flatnonzero(classifier.predict(X) != y)
    expected = wrong[np.argsort(-probabilities[wrong].max(axis=1), kind="stable")][:10]
    assert display.rows.tolist() == expected.tolist()
    assert display.n_mistakes == len(wrong) > 10
    np.testing.assert_allclose(display.images, X[expected])
    assert words(ax) == [
        f"{y[row]} → {probabilities[row].argmax()} ({probabilities[row].max():.2f})" for row in expected
    ]
    assert np.isfinite(mosaic(ax)).sum() == 10 * 64
    assert display.frame().confidence.tolist() == display.confidences.tolist()


def test_no_mistakes(classifier, digits, ax, words):
    X, _ = digits
    display = MistakesDisplay.from_estimator(classifier, X, classifier.predict(X)).plot(ax)
    assert words(ax) == ["no mistakes among 300 rows"]
    assert len(display.frame()) == 0
    assert min(display.size()) > 0


def test_refusals(classifier, digits):
    X, y = digits
    for display in (ConfusionDisplay, MistakesDisplay):
        with pytest.raises(ValueError, match="300 rows, but y has 299 labels"):
            display.from_estimator(classifier, X, y[1:])
        with pytest.raises(ValueError, match="63 features"):
            display.from_estimator(classifier, X[:, 1:], y)
