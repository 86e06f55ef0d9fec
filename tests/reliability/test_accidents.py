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

from deepbelief import DBN, RBM, DBNClassifier, DBNRegressor, diagnose, errors, save

RNG = np.random.default_rng(0)
OLD, NEW = RNG.random((30, 6)).astype(np.float32), RNG.random((40, 5)).astype(np.float32)
OLD_NAMES, NEW_NAMES = np.arange(30) % 3, np.array(["a", "b", "c", "d"])[np.arange(40) % 4]
OLD_NUMBERS, NEW_NUMBERS = RNG.normal(5, 3, 30), RNG.normal(-100, 20, 40)
MORE = 1 - OLD  # to go on with
KINDS = [RBM, DBN, DBNClassifier, DBNRegressor]
INTERRUPTS = 20  # of each fit, at lines that lie evenly between its first and its last

pytestmark = pytest.mark.filterwarnings("ignore")


def made(kind, **settings):
    """Return a tiny estimator; it trains for a handful of passes."""
    if kind is RBM:
        return RBM(4, **{"n_iter": 3, "random_state": 0, **settings})
    if kind is DBN:
        return DBN((4, 3), **{"n_iter": 2, "random_state": 0, **settings})
    epochs = {"pretrain_epochs": 1, "finetune_epochs": 2, "random_state": 0}
    if kind is DBNRegressor:
        return DBNRegressor((4, 3), **{**epochs, "output_epochs": 2, "calibration_fraction": 0.3, **settings})
    return DBNClassifier((4, 3), **{**epochs, "softmax_epochs": 2, **settings})


def learned_from(kind, X):
    """Return rows, and with them what a network learns to answer."""
    if kind is DBNClassifier:
        return X, NEW_NAMES if len(X) == len(NEW) else OLD_NAMES
    if kind is DBNRegressor:
        return X, NEW_NUMBERS if len(X) == len(NEW) else OLD_NUMBERS
    return (X,)


def fitted(kind, **settings):
    return made(kind, **settings).fit(*learned_from(kind, OLD))


def told(estimator, folder):
    """Return what every public method answers, as bytes or words."""
    estimator = copy.deepcopy(estimator)  # whoever samples moves on
    is_new = getattr(estimator, "n_features_in_", None) == NEW.shape[1]
    X = NEW if is_new else OLD
    holes = np.where(np.arange(X.size).reshape(X.shape) % 7 == 3, np.nan, X)

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
        "impute": lambda: estimator.impute(holes, n_steps=2),
        "log_partition": lambda: estimator.log_partition(),
        "log_likelihood": lambda: estimator.log_likelihood(X),
        "predict": lambda: estimator.predict(X),
        "predict_proba": lambda: estimator.predict_proba(X),
        "predict_log_proba": lambda: estimator.predict_log_proba(X),
        "predict_interval": lambda: np.array(estimator.predict_interval(X)),
        "score": lambda: estimator.score(*learned_from(type(estimator), X)),
    }
    asked = {name: ask for name, ask in questions.items() if name in dir(type(estimator))}
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
    return learned_from(type(estimator), MORE if goes_on else NEW)


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
    DBNRegressor: {"finetune_learning_rate": 1e30},  # when the linear layer is
}


@every_kind
@pytest.mark.parametrize("is_fitted", [False, True])
@pytest.mark.parametrize("how", ["fit", "fit_epochs", "partial_fit"])
def test_diverged(kind, is_fitted, how, tmp_path):
    def begun():
        settings = {
            **DIVERGING[kind],
            **({"learning_rate": 1e30} if how == "partial_fit" and kind in (RBM, DBN) else {}),
        }
        return (fitted(kind, visible="gaussian") if is_fitted else made(kind)).set_params(**settings)

    data, moments, watched = learned_from(kind, 3 * MORE), [], begun()
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
    "infinity": INFINITE,
    "words": np.full((30, 6), "a"),
    "no rows": OLD[:0],
    "one axis": OLD[0],
    "too large": OLD.astype(float) * 1e300,
}
# What networks are to learn: in any case, the first time, and when they go on.
REFUSED_LABELS = {
    DBNClassifier: (
        {"too few": OLD_NAMES[:-1], "none": None, "fractions": OLD_NAMES + 0.5, "words and numbers": ["a", 1] * 15},
        {"no label": np.full(30, -1), "one class": np.ones(30)},
        {"other classes": OLD_NAMES + 1, "words": np.array(["a", "b"] * 15)},
    ),
    DBNRegressor: (
        {"too few": OLD_NUMBERS[:-1], "none": None, "NaN": [np.nan, 1.0] * 15, "words": ["a", "b"] * 15},
        {},
        {"two numbers": np.ones((30, 2))},
    ),
}


@every_kind
@every_fit
def test_refused(kind, begin, how, goes_on, tmp_path):
    """Data, labels, and settings that cannot be; the scale of the data, which differs, is not taken over either."""
    estimator = begin(kind)
    before = told(estimator, tmp_path)
    rows = REFUSED | ({"other columns": NEW} if goes_on else {})
    refused = {name: learned_from(kind, X) for name, X in rows.items()}
    always, first, later = REFUSED_LABELS.get(kind, ({}, {}, {}))
    refused |= {f"y: {name}": (255 * OLD, y) for name, y in {**always, **(later if goes_on else first)}.items()}
    for name, data in refused.items():
        with pytest.raises((ValueError, TypeError, errors.DivergedError)):
            getattr(estimator, how)(*data)
        assert told(estimator, tmp_path) == before, name
    unfit = {"n_components": 9} if kind is RBM else {"hidden_layer_sizes": (5, 2)}
    unfit = [unfit, *([{"loss": "gaussian"}] if kind is DBNRegressor else [])]
    for settings in [{"device": "abacus"}, {"precision": "high"}, *(unfit if goes_on else [])]:
        as_they_were = estimator.get_params(deep=False)
        estimator.set_params(**settings)
        with pytest.raises(ValueError, match=next(iter(settings))):
            getattr(estimator, how)(*arguments(estimator, goes_on=goes_on))
        if "loss" in settings:  # the fitted network still answers as it did; only a file holds settings too
            assert {**told(estimator, tmp_path), "save": before["save"]} == before
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
        estimator.fit(*learned_from(kind, INFINITE))
    new = learned_from(kind, NEW)
    assert told(estimator.fit(*new), tmp_path) == told(made(kind).fit(*new), tmp_path)
