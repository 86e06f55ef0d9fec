"""After a fit that was refused, diverged or interrupted, an estimator answers as before or as far as the fit came.

Every public method is asked before the fit, after each pass of it, and after the accident, and must then answer what
it answered at one of those moments, bit for bit: old weights under new names, or a new history over old weights, answer
what was never answered before. What is not fitted may say so; no other error than the library's own may come.
"""

import contextlib
import copy
import sys

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from deepbelief import DBN, RBM, DBNClassifier, diagnose, errors, save

RNG = np.random.default_rng(0)
OLD, NEW = RNG.random((30, 6)).astype(np.float32), RNG.random((40, 5)).astype(np.float32)
OLD_NAMES, NEW_NAMES = np.arange(30) % 3, np.array(["a", "b", "c", "d"])[np.arange(40) % 4]
MORE = 1 - OLD  # to go on with
KINDS = [RBM, DBN, DBNClassifier]
INTERRUPTS = 20  # of each fit, at lines that lie evenly between its first and its last

pytestmark = pytest.mark.filterwarnings("ignore")


def made(kind, **settings):
    """Return a tiny estimator; it trains for a handful of passes."""
    if kind is RBM:
        return RBM(4, **{"n_iter": 3, "random_state": 0, **settings})
    if kind is DBN:
        return DBN((4, 3), **{"n_iter": 2, "random_state": 0, **settings})
    epochs = {"pretrain_epochs": 1, "softmax_epochs": 2, "finetune_epochs": 2}
    return DBNClassifier((4, 3), **{**epochs, "random_state": 0, **settings})


def fitted(kind, **settings):
    return made(kind, **settings).fit(OLD, OLD_NAMES)


def told(estimator, folder):
    """Return what every public method answers, as bytes or words."""
    estimator = copy.deepcopy(estimator)  # whoever samples moves on
    is_new = getattr(estimator, "n_features_in_", None) == NEW.shape[1]
    X, names = (NEW, NEW_NAMES) if is_new else (OLD, OLD_NAMES)

    def in_a_file(estimator):
        save(estimator, folder / "model", overwrite=True)
        return (folder / "model").read_bytes()

    questions = {
        "transform": lambda: estimator.transform(X),
        "inverse_transform": lambda: estimator.inverse_transform(
            np.full((2, 4 if isinstance(estimator, RBM) else 3), 0.5)
        ),
        "reconstruct": lambda: estimator.reconstruct(X),
        "free_energy": lambda: estimator.free_energy(X),
        "score_samples": lambda: estimator.score_samples(X),
        "gibbs": lambda: estimator.gibbs(X, 2),
        "sample": lambda: estimator.sample(3, 2),
        "get_feature_names_out": lambda: list(estimator.get_feature_names_out()),
        "predict": lambda: estimator.predict(X),
        "predict_proba": lambda: estimator.predict_proba(X),
        "score": lambda: estimator.score(X, names),
    }
    asked = {name: ask for name, ask in questions.items() if hasattr(type(estimator), name)}
    asked |= {"save": lambda: in_a_file(estimator), "diagnose": lambda: diagnose(estimator, X)}
    answers = {}
    for name, ask in asked.items():
        try:
            answer = ask()
            answers[name] = answer.tobytes() if isinstance(answer, np.ndarray) else repr(answer)
        except (NotFittedError, errors.DataError, errors.ModelError) as error:
            answers[name] = type(error).__name__
    return answers


def arguments(estimator, *, goes_on):
    X, names = (MORE, OLD_NAMES) if goes_on else (NEW, NEW_NAMES)
    return (X, names) if isinstance(estimator, DBNClassifier) else (X,)


def course(estimator, how, folder, *, goes_on):
    """Return what is told before a fit that nothing happens to, after each pass, and in the end."""
    moments = [told(estimator, folder)]
    if how == "fit":
        for _ in estimator.fit_epochs(*arguments(estimator, goes_on=goes_on)):
            moments.append(told(estimator, folder))
    else:
        estimator.partial_fit(*arguments(estimator, goes_on=goes_on))
    return [*moments, told(estimator, folder)]


def interrupted(call, at=None):
    """Interrupt a call at a line of the estimators, the `at`-th that it comes to; return how many it came to."""
    n_lines = 0

    def look(frame, event, _):
        nonlocal n_lines
        if event == "call" and "estimators" not in frame.f_code.co_filename:
            return None
        if event == "line":
            n_lines += 1
            if n_lines == at:
                raise KeyboardInterrupt
        return look

    before = sys.gettrace()
    sys.settrace(look)
    try:
        call()
    except KeyboardInterrupt:
        pass
    finally:
        sys.settrace(before)
    return n_lines


FITS = {
    "first": (lambda kind, **settings: made(kind, **settings), "fit", False),
    "again": (lambda kind, **settings: fitted(kind, **settings), "fit", False),
    "going on": (lambda kind, **settings: fitted(kind, warm_start=True, **settings), "fit", True),
    "first part": (lambda kind, **settings: made(kind, **settings), "partial_fit", False),
    "next part": (lambda kind, **settings: fitted(kind, **settings), "partial_fit", True),
}
every_fit = pytest.mark.parametrize("begin, how, goes_on", FITS.values(), ids=FITS)
every_kind = pytest.mark.parametrize("kind", KINDS)


@every_kind
@every_fit
def test_interrupted_at_any_line(kind, begin, how, goes_on, tmp_path):
    moments = course(begin(kind), how, tmp_path, goes_on=goes_on)

    def fit(estimator):
        return lambda: getattr(estimator, how)(*arguments(estimator, goes_on=goes_on))

    n_lines = interrupted(fit(begin(kind)))
    assert n_lines > 100
    for line in np.linspace(1, n_lines, INTERRUPTS).astype(int):
        estimator = begin(kind)
        interrupted(fit(estimator), line)
        assert told(estimator, tmp_path) in moments, f"interrupted at line {line} of {n_lines}"


class Closing:
    """An output that is closed after some lines."""

    def __init__(self, n_lines):
        self.n_lines = n_lines

    def write(self, text):
        self.n_lines -= text.count("\n")
        if self.n_lines < 0:
            raise BrokenPipeError


@every_kind
@every_fit
def test_interrupted_while_a_pass_is_announced(kind, begin, how, goes_on, tmp_path):
    with contextlib.redirect_stdout(Closing(1000)):
        moments = course(begin(kind, verbose=1), how, tmp_path, goes_on=goes_on)
        estimators = [begin(kind, verbose=1) for _ in range(len(moments) - 2 if how == "fit" else 1)]
    for n_passes, estimator in enumerate(estimators):
        with contextlib.redirect_stdout(Closing(n_passes)), pytest.raises(BrokenPipeError):
            getattr(estimator, how)(*arguments(estimator, goes_on=goes_on))
        assert told(estimator, tmp_path) in moments[: n_passes + 1]


@every_kind
@pytest.mark.parametrize("begin, goes_on", [(FITS[name][0], FITS[name][2]) for name in ("first", "again", "going on")])
def test_left_after_any_pass(kind, begin, goes_on, tmp_path):
    """What is left is exactly what there was after that pass."""
    moments = course(begin(kind), "fit", tmp_path, goes_on=goes_on)
    for n_passes in range(len(moments) - 1):
        estimator = begin(kind)
        epochs = estimator.fit_epochs(*arguments(estimator, goes_on=goes_on))
        for _ in range(n_passes):
            next(epochs)
        epochs.close()
        assert told(estimator, tmp_path) == moments[n_passes]


@pytest.mark.parametrize("is_fitted", [False, True])
def test_a_classifier_is_up_to_date_from_the_first_pass_of_its_softmax_layer(is_fitted):
    """It answers with the layer as that pass has left it, not with one that finds all classes equally probable."""
    classifier = (fitted if is_fitted else made)(DBNClassifier)
    epochs = classifier.fit_epochs(MORE, OLD_NAMES)
    assert [next(epochs).phase for _ in range(3)] == ["pretrain", "pretrain", "softmax"]
    assert len(classifier.history_) == 3
    assert np.ptp(classifier.predict_proba(MORE), axis=1).min() > 1e-5
    answers = {classifier.predict_proba(MORE).tobytes()} | {classifier.predict_proba(MORE).tobytes() for _ in epochs}
    assert len(answers) == 4


DIVERGING = {
    RBM: {"learning_rate": 100.0, "visible": "gaussian"},  # in its third pass
    DBN: {"learning_rate": 1000.0, "visible": "gaussian"},
    DBNClassifier: {"finetune_learning_rate": 1e30},  # when the softmax layer is trained
}


@every_kind
@pytest.mark.parametrize("is_fitted", [False, True])
@pytest.mark.parametrize("how", ["fit", "fit_epochs", "partial_fit"])
def test_diverged(kind, is_fitted, how, tmp_path):
    def begun():
        settings = {
            **DIVERGING[kind],
            **({"learning_rate": 1e30} if how == "partial_fit" and kind is not DBNClassifier else {}),
        }
        return (fitted(kind, visible="gaussian") if is_fitted else made(kind)).set_params(**settings)

    X, moments, watched = 3 * MORE, [], begun()
    data = (X, OLD_NAMES) if kind is DBNClassifier else (X,)
    moments.append(told(watched, tmp_path))
    with contextlib.suppress(errors.DivergedError):
        for _ in watched.fit_epochs(*data):
            moments.append(told(watched, tmp_path))
    estimator = begun()
    fit = getattr(estimator, how)
    with pytest.raises(errors.DivergedError):
        list(fit(*data))
    assert told(estimator, tmp_path) == moments[0 if how == "partial_fit" else -1]


INFINITE = np.where(np.arange(180).reshape(30, 6) == 7, np.inf, OLD)
REFUSED = {
    "NaN": (INFINITE, OLD_NAMES),
    "words": (np.full((30, 6), "a"), OLD_NAMES),
    "no rows": (OLD[:0], OLD_NAMES[:0]),
    "one axis": (OLD[0], OLD_NAMES),
    "too large": (OLD.astype(float) * 1e300, OLD_NAMES),
}
REFUSED_LABELS = {
    "too few labels": (255 * OLD, OLD_NAMES[:-1]),
    "no labels": (255 * OLD, None),
    "fractions": (255 * OLD, OLD_NAMES + 0.5),
    "words and numbers": (255 * OLD, ["a", 1] * 15),
}
REFUSED_FIRST_LABELS = {"no label": (255 * OLD, np.full(30, -1)), "one class": (255 * OLD, np.ones(30))}
REFUSED_LATER_LABELS = {"other classes": (255 * OLD, OLD_NAMES + 1), "words": (255 * OLD, np.array(["a", "b"] * 15))}


@every_kind
@every_fit
def test_refused(kind, begin, how, goes_on, tmp_path):
    """Data, labels, and settings that cannot be; the scale of the data, which differs, is not taken over either."""
    estimator = begin(kind)
    before = told(estimator, tmp_path)
    refused = REFUSED | ({"other columns": (NEW, NEW_NAMES)} if goes_on else {})
    if kind is DBNClassifier:
        refused |= REFUSED_LABELS | (REFUSED_LATER_LABELS if goes_on else REFUSED_FIRST_LABELS)
    for name, data in refused.items():
        with pytest.raises((ValueError, TypeError, errors.DivergedError)):
            getattr(estimator, how)(*data)
        assert told(estimator, tmp_path) == before, name
    unfit = {"n_components": 9} if kind is RBM else {"hidden_layer_sizes": (5, 2)}
    for settings in [{"device": "abacus"}, {"precision": "high"}, *([unfit] if goes_on else [])]:
        as_they_were = estimator.get_params(deep=False)
        estimator.set_params(**settings)
        with pytest.raises(ValueError, match=next(iter(settings))):
            getattr(estimator, how)(*arguments(estimator, goes_on=goes_on))
        estimator.set_params(**{name: as_they_were[name] for name in settings})
        assert told(estimator, tmp_path) == before, settings


@every_kind
def test_a_fit_after_an_accident_is_as_if_there_had_been_none(kind, tmp_path):
    estimator = fitted(kind)
    epochs = estimator.fit_epochs(*arguments(estimator, goes_on=True))
    for _ in range(2):
        next(epochs)
    epochs.close()
    with pytest.raises(ValueError, match="contains infinity at row 1, column 1"):
        estimator.fit(INFINITE, OLD_NAMES)
    assert told(estimator.fit(NEW, NEW_NAMES), tmp_path) == told(made(kind).fit(NEW, NEW_NAMES), tmp_path)
