"""Numbers that misbehave: training ends finite, with the non-finite finding, or with a sentence about the data.

pytest turns NumPy's own floating-point warnings into errors, so none of them may come out on any of these ways.
"""

import itertools

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from deepbelief import DBN, RBM, DBNClassifier
from deepbelief.core.units import UNITS
from deepbelief.errors import DataError, DivergedError
from deepbelief.estimators.settings import HIDDEN

DTYPES = [np.float64, np.float32, np.float16, np.int64, np.int8, np.uint8, bool]
RATES = st.floats(-8, 4).map(lambda exponent: 10.0**exponent)
SUBNORMAL = 5e-324

# Most of what is drawn is extreme, and rescaling it is announced.
pytestmark = pytest.mark.filterwarnings("ignore:.*rescaled by its overall:UserWarning")


def magnitudes(draw, shape, generator):
    """Return numbers of one of the kinds that break programs."""
    kind = draw(st.sampled_from(["unit", "constant", "constant column", "one power", "any powers", "subnormal"]))
    X = generator.random(shape) - draw(st.sampled_from([0, 0.5, 1]))
    if kind == "constant":
        return np.full(shape, draw(st.sampled_from([0, 1, -3, 1e38, -1e300, 1.7e308])))
    if kind == "constant column":
        X[:, 0] = draw(st.sampled_from([0, 1, 7, 1e300]))
    if kind == "one power":
        X *= 10.0 ** draw(st.sampled_from([-300, -38, 5, 19, 38, 154, 300]))
    if kind == "any powers":
        X *= 10.0 ** generator.integers(-300, 301, shape)
    if kind == "subnormal":
        X = np.rint(4 * X) * SUBNORMAL
    return X


@st.composite
def matrices(draw):
    """Draw a matrix of any type, layout and magnitude, down to one row and one feature."""
    shape = draw(st.sampled_from([1, 2, 7, 25])), draw(st.sampled_from([1, 2, 5]))
    X = magnitudes(draw, shape, np.random.default_rng(draw(st.integers(0, 2**32))))
    with np.errstate(all="ignore"):
        X = X.astype(draw(st.sampled_from(DTYPES)))
    layout = draw(st.sampled_from(["C", "Fortran", "every second row", "read-only"]))
    if layout == "Fortran":
        X = np.asfortranarray(X)
    elif layout == "every second row":
        X = np.repeat(X, 2, axis=0)[::2]
    elif layout == "read-only":
        X.flags.writeable = False
    return X


def rbms(draw):
    """Draw the settings of an RBM."""
    visible, hidden = draw(st.sampled_from(sorted(UNITS))), draw(st.sampled_from(sorted(HIDDEN[0].options)))
    pairs = itertools.permutations([UNITS[visible].fitted(9.0), UNITS[hidden]])
    assume(all(other.is_bounded or not one.needs_bounded for one, other in pairs))
    gradients = ["cd", "pcd", "exact"] if "bernoulli" in (visible, hidden) else ["cd", "pcd"]
    return RBM(3, n_iter=3, visible=visible, hidden=hidden, gradient=draw(st.sampled_from(gradients)))


def dbns(draw):
    """Draw the settings of a DBN."""
    return DBN((3, 2), n_iter=2, visible=draw(st.sampled_from(sorted(UNITS))))


def classifiers(draw):
    """Draw the settings of a classifier."""
    return DBNClassifier(
        (3, 2),
        pretrain_epochs=1,
        softmax_epochs=2,
        finetune_epochs=2,
        visible=draw(st.sampled_from(sorted(UNITS))),
        softmax_learning_rate=draw(RATES),
        finetune_learning_rate=draw(RATES),
        semi_supervised=draw(st.booleans()),
    )


def taken(X, visible):
    """Return numbers that the units can be, as extreme; some are left as they are, and refused."""
    with np.errstate(all="ignore"):
        if visible == "spin":
            return np.where(X > 0, 1, -1)
        X = np.abs(X) if visible in ("relu", "poisson", "binomial") else X
        return np.rint(X.astype(float)) if visible in ("poisson", "binomial") else X


@pytest.mark.parametrize("kind", [rbms, dbns, classifiers])
@settings(max_examples=150)
@given(X=matrices(), data=st.data())
def test_training_ends_finite_or_in_a_sentence(kind, X, data):
    estimator = kind(data.draw)
    X = taken(X, estimator.visible) if data.draw(st.booleans()) else X
    rate = {"pretrain_learning_rate" if isinstance(estimator, DBNClassifier) else "learning_rate": data.draw(RATES)}
    batch_size = data.draw(st.sampled_from([1, 3, 100, "auto"]))
    estimator.set_params(**rate, batch_size=batch_size, random_state=0)
    before = X.copy()
    try:
        estimator.fit(X, np.arange(len(X)) % 3 - (len(X) > 3))  # with rows that have no label
    except (DataError, DivergedError) as error:
        sentence = str(error)
    else:
        sentence = ""
        for look in ("transform", "reconstruct", "free_energy", "predict_proba"):
            if hasattr(estimator, look):
                assert np.isfinite(getattr(estimator, look)(X)).all()
    assert "\n" not in sentence
    np.testing.assert_array_equal(X, before)


@pytest.mark.parametrize("kind", [RBM, DBN])
@pytest.mark.parametrize(
    "X, visible, says",
    [
        (np.array([[-3e38, 3e38]], np.float32), "bernoulli", "more than a float can hold; rescale it first"),
        (np.full((5, 2), 1e19, np.float32), "gaussian", "squares are more than float32 can hold; rescale"),
        (np.full((5, 2), -1e300), "gaussian-learned-variance", "squares are more than float64 can hold; rescale"),
    ],
)
def test_numbers_too_large_to_learn_from_are_refused(kind, X, visible, says):
    with pytest.raises(DataError, match=says):
        kind(visible=visible).fit(X)


@pytest.mark.parametrize("side", ["visible", "hidden"])
def test_a_learned_precision_that_vanishes_is_divergence(side):
    """It used to be a division by zero in the measurements after the epoch."""
    machine = RBM(3, **{side: "gaussian-learned-variance"}, learning_rate=1200.0, gradient="pcd", random_state=0)
    with pytest.raises(DivergedError):
        machine.fit(np.array([[0.7, 0.5]]))
