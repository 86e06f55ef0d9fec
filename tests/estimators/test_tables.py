"""Tables: columns of numbers, bits, words and codes, from DataFrames and arrays, through the estimators and back."""

import datetime
import json

import numpy as np
import pandas as pd
import pytest

from deepbelief import DBN, RBM, DBNClassifier, diagnose, load, save
from deepbelief.displays import ReconstructionDisplay, UnitProbeDisplay
from deepbelief.errors import DataError, ModelError
from deepbelief.estimators.features import Coding, Feature
from deepbelief.estimators.inputs import to_data
from deepbelief.estimators.machines import layer_of, machine_of, rows_of
from deepbelief.estimators.tables import checked_table, suited_coding
from estimators.saved_models import assert_same

RNG = np.random.default_rng(0)
KIND = RNG.integers(0, 3, 200)
FRAME = pd.DataFrame(
    {
        "age": 40 + 10 * KIND + RNG.normal(0, 3, 200),
        "colour": np.array(["red", "green", "blue"])[KIND],
        "sex": np.where(KIND == 0, "m", "f"),
        "member": KIND > 1,
        "visits": RNG.poisson(2.0 * KIND + 1),
        "shape": pd.Categorical(np.array(["round", "square", "long"])[(KIND + 1) % 3]),
        "code": np.where(KIND == 2, 5, 9),
    }
)
CODES = np.stack([KIND, RNG.integers(3, 7, 200), (KIND + RNG.integers(0, 2, 200)) % 3], axis=1)
TYPES = "gaussian, categorical, bernoulli, bernoulli, poisson, categorical, bernoulli"
SETTINGS = {"mixed": (FRAME, "mixed"), "named": (FRAME, TYPES), "categorical": (CODES, "categorical")}

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(params=SETTINGS.values(), ids=SETTINGS.keys())
def table(request):
    """Return data and a setting of ``visible``."""
    return request.param


def small(kind, visible, **settings):
    if kind is RBM:
        return RBM(6, visible=visible, n_iter=3, random_state=0, **settings)
    if kind is DBN:
        return DBN((6, 4), visible=visible, n_iter=3, random_state=0, **settings)
    epochs = {"pretrain_epochs": 3, "softmax_epochs": 1, "finetune_epochs": 1}
    return DBNClassifier((6, 4), visible=visible, random_state=0, **epochs, **settings)


every = pytest.mark.parametrize("kind", [RBM, DBN, DBNClassifier])


def test_columns_are_what_they_look_like():
    rbm = small(RBM, "mixed").fit(FRAME)
    types = [feature.type for feature in rbm.features_]
    assert types == ["gaussian", "categorical", "bernoulli", "bernoulli", "gaussian", "categorical", "bernoulli"]
    assert [feature.categories for feature in rbm.features_] == [
        None,
        ("blue", "green", "red"),
        ("f", "m"),
        (False, True),
        None,
        ("long", "round", "square"),
        (5, 9),
    ]
    assert rbm.visible_ == "mixed"
    assert list(rbm.feature_names_in_) == list(FRAME)
    assert list(rbm.visible_names_) == [
        "age",
        "visits",
        "colour=blue",
        "colour=green",
        "colour=red",
        "shape=long",
        "shape=round",
        "shape=square",
        "sex",
        "member",
        "code",
    ]
    assert rbm.components_.shape == (6, 11)


def test_a_layer_starts_at_the_shares_of_its_categories():
    """With zero weights: standardised numbers at 0, categories and bits as often as they occur."""
    rbm = RBM(6, visible="mixed", n_iter=0, initial_weight_scale=0.0, random_state=0).fit(FRAME)
    means = dict(
        zip(
            rbm.visible_names_,
            layer_of(rbm).machine.reverse(layer_of(rbm).parameters, np.zeros((1, 6), "f"))[0],
            strict=True,
        )
    )
    for colour in ("red", "green", "blue"):
        assert means[f"colour={colour}"] == pytest.approx((FRAME.colour == colour).mean(), abs=1e-5)
    assert means["sex"] == pytest.approx((FRAME.sex == "m").mean(), abs=1e-5)
    assert means["age"] == pytest.approx(0, abs=1e-5)


def test_there_and_back():
    """What the units see stands for the table it came from, value by value."""
    for X, visible in SETTINGS.values():
        rbm = small(RBM, visible).fit(X)
        seen = rows_of(rbm, X).take(slice(None))
        back = pd.DataFrame(to_data(rbm, seen), columns=getattr(X, "columns", None))
        for column in back:
            expected = X[column] if X is FRAME else X[:, column]
            if expected.dtype.kind == "f" or column in ("visits", "code", "member"):
                np.testing.assert_allclose(back[column].astype(float), expected.astype(float), rtol=1e-5, atol=1e-5)
            else:
                assert back[column].tolist() == list(expected)


@every
def test_what_was_learned_comes_back_from_a_file(kind, table, tmp_path):
    X, visible = table
    fitted = small(kind, visible).fit(X, KIND)
    save(fitted, tmp_path / "model")
    assert_same(fitted, load(tmp_path / "model"), X)


def test_codes_come_back_as_codes(table):
    """Reconstructions and samples hold what the columns can hold."""
    X, visible = table
    rbm = small(RBM, visible).fit(X)
    for result in (rbm.reconstruct(X), rbm.sample(30, 3), rbm.gibbs(X, 2), rbm.inverse_transform(rbm.transform(X))):
        assert result.shape[1] == rbm.n_features_in_
        for column, feature in enumerate(rbm.features_):
            if feature.type == "categorical":
                assert set(result[:, column].tolist()) <= set(feature.categories)
    drawn = rbm.sample(30, 3)
    drawn = pd.DataFrame(drawn, columns=FRAME.columns) if X is FRAME else drawn
    assert np.isfinite(rbm.score_samples(drawn)).all()
    if X is CODES:
        assert drawn.dtype.kind == "i"


def test_what_goes_together_is_learned():
    """Three kinds of rows: colour, shape and sex follow from each other, and a net tells the kinds apart."""
    rbm = RBM(12, visible="mixed", n_iter=60, random_state=0).fit(FRAME)
    back = pd.DataFrame(rbm.reconstruct(FRAME), columns=FRAME.columns)
    for column in ("colour", "shape", "sex"):
        assert (back[column] == FRAME[column]).mean() > 0.95
    assert np.corrcoef(back.age.astype(float), FRAME.age)[0, 1] > 0.9
    assert DBNClassifier((12, 8), visible="mixed", random_state=0).fit(FRAME, KIND).score(FRAME, KIND) > 0.95


def test_clamped_features_keep_their_values(table):
    """Of all units of a category, and of no other feature."""
    X, visible = table
    rbm = small(RBM, visible).fit(X)
    clamped = np.arange(rbm.n_features_in_) == 1
    after = rbm.gibbs(X, 3, clamped=clamped)
    expected = X.colour if X is FRAME else X[:, 1]
    assert after[:, 1].tolist() == list(expected)
    assert np.any(after[:, 0] != (X.age if X is FRAME else X[:, 0]))


def test_going_on_keeps_the_columns():
    rbm = small(RBM, TYPES).fit(FRAME)
    rbm.partial_fit(FRAME[:50])
    assert len(rbm.history_) == 4
    rbm.set_params(visible=TYPES.replace("poisson", "gaussian"))
    with pytest.raises(ValueError, match=r"visible=.* does not fit the model"):
        rbm.partial_fit(FRAME)


def test_torch_learns_as_well(table, torch):
    X, visible = table
    here, there = (small(RBM, visible, device=device).fit(X) for device in ("numpy", "cpu"))
    rows = rows_of(here, X).take(slice(None))
    errors = [
        np.mean((machine_of(rbm).reconstruct(layer_of(rbm, "numpy").parameters, rows) - rows) ** 2)
        for rbm in (here, there)
    ]
    assert max(errors) < 1.5 * min(errors)  # each draws its own numbers
    there.transform(there.gibbs(X, 2) if X is CODES else FRAME)
    np.testing.assert_allclose(
        there.set_params(device="numpy").transform(X), there.set_params(device="cpu").transform(X), atol=1e-5
    )


def test_pictures_show_the_units_with_their_names():
    rbm = small(RBM, "mixed").fit(FRAME)
    display = ReconstructionDisplay.from_estimator(rbm, FRAME, n_images=3)
    assert display.originals.shape == (3, 11)
    assert UnitProbeDisplay.from_estimator(rbm).images.shape[1] == 11


def test_diagnosis_takes_tables(table):
    X, visible = table
    names = {finding.name for finding in diagnose(RBM(6, visible=visible, n_iter=30, random_state=0).fit(X), X)}
    assert not names & {"inputs-outside-range", "inputs-not-standardised", "features-of-different-ranges"}


# --- holes ------------------------------------------------------------------------------------------------------------


def with_holes(X):
    """Return a table of which a tenth of the values are missing, marked in all the ways there are."""
    rng, marks = np.random.default_rng(1), (None, np.nan, pd.NA)
    holes = rng.random(X.shape) < 0.1
    holes[holes.all(axis=1)] = False
    frame = pd.DataFrame(X).astype(object)
    for row, column in np.argwhere(holes):
        frame.iat[row, column] = marks[(row + column) % 3]
    return frame, holes


@every
def test_what_is_missing_is_left_out_of_what_is_learned(kind, table):
    """The types are those of the whole table, and all results are finite."""
    X, visible = table
    frame, _ = with_holes(X)
    fitted = small(kind, visible).fit(frame, KIND)
    whole = small(kind, visible).fit(X, KIND)
    assert [feature.type for feature in fitted.features_] == [feature.type for feature in whole.features_]
    assert [feature.categories for feature in fitted.features_] == [feature.categories for feature in whole.features_]
    if kind is DBNClassifier:
        assert np.isfinite(fitted.predict_proba(frame)).all()
    else:
        assert np.isfinite(fitted.transform(frame)).all()


def test_a_category_that_is_missing_is_told_from_the_others():
    """Colour follows from shape: where one is missing, the reconstruction of a machine that saw holes too has it."""
    frame, holes = with_holes(FRAME)
    rbm = RBM(12, visible="mixed", n_iter=100, random_state=0).fit(frame)
    back = pd.DataFrame(rbm.reconstruct(frame), columns=FRAME.columns)
    missing = holes[:, 1]
    assert missing.sum() > 10
    assert (back.colour[missing] == FRAME.colour[missing]).mean() > 0.85


def test_holes_are_filled_with_what_columns_can_hold():
    """Colours follow from shapes; what was known is as it was, and numbers have a standard deviation."""
    frame, holes = with_holes(FRAME)
    rbm = RBM(12, visible="mixed", n_iter=100, random_state=0).fit(FRAME)
    completed, std = rbm.impute(frame, return_std=True)
    completed = pd.DataFrame(completed, columns=FRAME.columns)
    for column, name in enumerate(FRAME):
        known = ~holes[:, column]
        assert completed[name][known].tolist() == FRAME[name][known].tolist()
        assert np.isnan(std[holes[:, column], column]).all() == (name in ("colour", "shape", "sex"))
    assert (completed.colour == FRAME.colour)[holes[:, 1]].mean() > 0.8
    age = holes[:, 0]
    assert np.mean((completed.age - FRAME.age)[age].astype(float) ** 2) < 0.5 * FRAME.age.var()
    assert 0 < std[age, 0].mean() < 20


def test_samples_hold_what_is_given():
    rbm = small(RBM, "mixed").fit(FRAME)
    given = pd.DataFrame([{name: "red" if name == "colour" else None for name in FRAME}])
    drawn = rbm.sample(20, 5, given=given)
    assert drawn[:, 1].tolist() == ["red"] * 20
    assert len(set(drawn[:, 0].tolist())) > 10
    codes = small(RBM, "categorical").fit(CODES)
    drawn = codes.sample(20, 5, given=[[2, np.nan, np.nan]])
    assert drawn.dtype.kind == "i"
    assert np.all(drawn[:, 0] == 2)


def test_likelihoods_of_documents_are_of_one_length():
    counts = RNG.poisson(2.0, (30, 6)).astype(float)
    rbm = RBM(3, visible="replicated-softmax", n_iter=2, random_state=0).fit(counts)
    length = round(rbm.data_length_)
    typical = np.eye(6)[[0, 3]] * length
    assert np.all(rbm.log_likelihood(typical) < 0)
    with pytest.raises(ValueError, match=f"that of {length} words is the one that is known"):
        rbm.log_likelihood(typical + 1)


def test_rows_count_as_often_as_they_are_told_to():
    weights = np.arange(200) % 3
    weighted = small(RBM, "mixed").fit(FRAME, sample_weight=weights)
    repeated = small(RBM, "mixed").fit(FRAME.iloc[np.repeat(np.arange(200), weights)])
    assert weighted.features_[1] == repeated.features_[1]
    assert weighted.components_.shape == repeated.components_.shape
    with pytest.raises(DataError, match="sample_weight is -1 at row 0"):
        small(RBM, "mixed").fit(FRAME, sample_weight=weights - 1)


def test_scores_are_of_whole_rows():
    frame, holes = with_holes(FRAME)
    rbm = small(RBM, "mixed").fit(frame)
    row, column = np.argwhere(holes)[0]
    with pytest.raises(DataError, match=rf"contains NaN at row {row}, column '{FRAME.columns[column]}'"):
        rbm.score_samples(frame)


@pytest.mark.parametrize("axis, place", [(0, "row of column 'colour'"), (1, "column of row 7")])
def test_nothing_but_holes_is_refused(axis, place):
    frame = FRAME.astype(object)
    if axis == 0:
        frame["colour"] = None
    else:
        frame.iloc[7] = None
    with pytest.raises(DataError, match=f"contains no value in every {place}; leave that"):
        RBM(3, visible="mixed").fit(frame)


def test_documents_are_whole():
    counts = RNG.poisson(2.0, (30, 8)).astype(float)
    counts[4, 2] = np.nan
    with pytest.raises(DataError, match="contains NaN at row 4, column 2, but replicated-softmax units take whole doc"):
        RBM(3, visible="replicated-softmax").fit(counts)


# --- what is refused --------------------------------------------------------------------------------------------------


def changed(column, value, row=23):
    frame = FRAME.astype(object)
    frame.loc[row, column] = value
    return frame


@pytest.mark.parametrize(
    "column, value, sentence",
    [
        ("colour", "pink", "holds 'pink' at row 23, column 'colour', a category that the training data did not have"),
        ("code", 7, r"holds 7 at row 23, column 'code', a category that .* \(they have 5, 9\); leave that row out"),
        ("visits", -1, "holds -1 at row 23, column 'visits', but poisson units take whole numbers from 0 on; correct"),
        ("age", "old", "holds 'old' at row 23, column 'age', a column of numbers; correct that value"),
        ("age", np.inf, "holds infinity at row 23, column 'age'"),
        ("sex", [1], r"holds \[1\] at row 23, column 'sex', which is neither a number nor a word"),
        ("sex", datetime.date(2020, 1, 1), "which is neither a number nor a word"),
    ],
)
@every
def test_a_value_that_a_column_cannot_have_is_refused(kind, column, value, sentence):
    fitted = small(kind, TYPES).fit(FRAME, KIND)
    look = fitted.predict if kind is DBNClassifier else fitted.transform
    with pytest.raises(DataError, match=sentence):
        look(changed(column, value))


def test_an_unseen_code_is_named_with_row_and_column():
    X = CODES.copy()
    X[17, 1] = 8
    rbm = small(RBM, "categorical").fit(CODES)
    for way in (rbm.transform, rbm.partial_fit, rbm.score_samples, rbm.gibbs):
        with pytest.raises(DataError) as error:
            way(X)
        assert str(error.value) == (
            "Input X holds 8 at row 17, column 1, a category that the training data did not have there (they have "
            "3, 4, 5, 6); leave that row out, or train with it."
        )


@pytest.mark.parametrize(
    "X, visible, sentence",
    [
        (CODES + 0.5, "categorical", r"holds \d\.5 at row \d+, column 0, but categories are whole numbers or words"),
        (changed("colour", 3), "mixed", "holds words and numbers in column 'colour'; make all of its categories words"),
        (FRAME, "gaussian, categorical", "names the types of 2 columns, but X has 7; name one for each"),
        (changed("visits", 0.5), TYPES, r"holds 0\.5 at row 23, column 'visits', but poisson units take whole"),
        (
            FRAME.assign(age=3.0 * KIND),
            TYPES.replace("gaussian", "bernoulli"),
            "but bernoulli units take numbers from 0",
        ),
        (FRAME.assign(age=pd.Timestamp("2020-01-01")), "mixed", "holds dates or times in column 'age'; make numbers"),
        (pd.DataFrame({"a": [str(n) for n in range(1500)]}), "mixed", "holds 1500 different categories in column 'a'"),
        (CODES[0], "categorical", "Expected 2D array, got 1D array"),
        (CODES[:0], "categorical", "at least 1 is required"),
    ],
)
def test_a_table_that_cannot_be_learned_is_refused(X, visible, sentence):
    with pytest.raises(ValueError, match=sentence):
        RBM(3, visible=visible).fit(X)


@pytest.mark.parametrize(
    "visible", ["gaussian,", "gaussian,spam", "gaussian,replicated-softmax", "mixed,gaussian", ","]
)
def test_types_must_be_known(visible):
    with pytest.raises(ValueError, match="The 'visible' parameter of RBM must be a str among"):
        RBM(3, visible=visible).fit(FRAME)


def test_columns_of_other_names_are_refused():
    rbm = small(RBM, "mixed").fit(FRAME)
    with pytest.raises(ValueError, match="feature names should match"):
        rbm.transform(FRAME.rename(columns={"age": "years"}))


@pytest.mark.parametrize(
    "change",
    [
        {"type": "nothing"},
        {"type": "replicated-softmax"},
        {"categories": ["red", "blue"]},
        {"categories": []},
        {"categories": ["a", 1]},
        {"categories": None},
        {"scale": -1.0},
        {"shift": "x"},
        {"number": 3.0},
        {"more": 1},
    ],
)
def test_files_with_features_that_no_model_has_are_refused(change, tmp_path, monkeypatch):
    from deepbelief.estimators import model_description

    ordinary = model_description._feature

    def altered(feature):
        return ordinary(feature) | (change if feature.type == "categorical" else {})

    monkeypatch.setattr(model_description, "_feature", altered)
    with pytest.raises(ModelError):
        save(small(RBM, "mixed").fit(FRAME), tmp_path / "model")


# --- the coding by itself ---------------------------------------------------------------------------------------------


def test_units_of_one_type_stand_side_by_side():
    coding = Coding(
        (
            Feature("categorical", (1, 2)),
            Feature("gaussian"),
            Feature("categorical", (1, 2, 3)),
            Feature("categorical", (0, 4)),
        )
    )
    assert coding.columns == [slice(0, 2), slice(4, 5), slice(5, 8), slice(2, 4)]
    assert coding.n_units == 8
    assert [size for _, size in coding.units.blocks] == [4, 1, 3]
    np.testing.assert_array_equal(coding.spread(np.array([9, 8, 7, 6])), [9, 9, 6, 6, 8, 7, 7, 7])
    json.dumps(coding.names("abcd"))


def test_a_column_that_never_changes_is_seen_as_nothing():
    frame = pd.DataFrame({"a": [0.1, 0.1, 0.1], "b": ["x", "x", "x"], "c": [True, True, True], "d": [1.0, 2.0, 3.0]})
    table = checked_table(RBM(), frame, reset=True)
    coding = suited_coding(table, "mixed")
    seen = coding.rows(table, np.float32, "numpy").take(slice(None))
    np.testing.assert_allclose(seen[:, coding.columns[0]], 0)
    np.testing.assert_allclose(seen[:, coding.columns[1]], 1)
    np.testing.assert_allclose(seen[:, coding.columns[2]], 1)
    assert coding.undone(seen)[0].tolist()[1] == "x"
