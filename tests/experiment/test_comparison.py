"""Comparisons: the same rows for every model, scikit-learn's numbers, and models that fail alone."""

import numpy as np
import pytest
from scipy.stats import t as student_t
from sklearn.datasets import load_diabetes
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import r2_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from cli.conftest import tiny_images
from deepbelief import DBNClassifier
from deepbelief.datasets import load
from deepbelief.errors import DataError
from deepbelief.estimators.fine_tuning import finetuning_passes
from deepbelief.experiment import (
    Comparison,
    ComparisonSettings,
    Failure,
    Measured,
    MeasuredRegression,
    Progress,
    regression_measures,
)
from deepbelief.experiment.contenders import NAMES
from deepbelief.experiment.trials import Trial

TINY = {"hidden_layer_sizes": (16,), "pretrain_epochs": 1, "softmax_epochs": 2, "finetune_epochs": 1}


def compared(**settings):
    comparison = Comparison(ComparisonSettings(network=TINY, **settings))
    events = list(comparison)
    return comparison, events


@pytest.fixture(scope="module")
def whole():
    return compared(seeds=2)


def test_every_model_is_measured(whole):
    comparison, events = whole
    assert [event.model for event in events if isinstance(event, Measured)] == list(NAMES)
    begins = [(event.model, event.run) for event in events if isinstance(event, Progress) and event.seconds == 0]
    assert begins == [*((name, 1) for name in NAMES[:-2]), *((name, run) for name in NAMES[-2:] for run in (1, 2))]
    assert comparison.result.failures == ()
    assert (comparison.result.n_train, comparison.result.n_test, comparison.result.n_skipped) == (898, 899, 0)


def test_the_split_is_even_and_the_same_whatever_is_compared(whole):
    split = whole[0]._split
    np.testing.assert_allclose(np.bincount(split.test_labels), np.bincount(split.train_labels), atol=1)
    other = Comparison(ComparisonSettings(models=("knn",), network={"hidden_layer_sizes": (8, 8)}, seeds=1))._split
    np.testing.assert_array_equal(other.test_images, split.test_images)
    another = Comparison(ComparisonSettings(seed=1))._split
    assert not np.array_equal(another.test_images, split.test_images)
    rows = np.concatenate([split.train_images, split.test_images])
    np.testing.assert_array_equal(np.sort(rows, axis=0), np.sort(load("digits").images, axis=0))


@pytest.mark.parametrize(
    "name, estimator",
    [
        ("knn", KNeighborsClassifier(5)),
        ("logistic-scaled", make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))),
        ("dnn-random", DBNClassifier((16,), pretrain_epochs=0, softmax_epochs=2, finetune_epochs=1, random_state=0)),
        ("dnn", DBNClassifier((16,), pretrain_epochs=1, softmax_epochs=2, finetune_epochs=1, random_state=0)),
    ],
)
def test_accuracies_are_those_of_the_models_themselves(whole, name, estimator):
    split = whole[0]._split
    accuracy = estimator.fit(split.train_images, split.train_labels).score(split.test_images, split.test_labels)
    model = next(model for model in whole[0].result.models if model.model == name)
    assert model.accuracy == pytest.approx(accuracy)
    assert model.interval[0] < accuracy < model.interval[1]
    assert model.classification_report["accuracy"] == pytest.approx(accuracy)
    assert np.trace(model.confusion_matrix) == pytest.approx(accuracy * 899)
    assert np.sum(model.confusion_matrix, axis=1).tolist() == np.bincount(split.test_labels).tolist()


def test_the_ranking_and_what_is_level_with_the_best(whole):
    result = whole[0].result
    accuracy = {model.model: model.accuracy for model in result.models}
    assert list(accuracy.values()) == sorted(accuracy.values(), reverse=True)
    assert len(result.pairs) == 8 * 7 / 2
    for pair in result.pairs:
        assert pair.only_first - pair.only_second == pytest.approx(899 * (accuracy[pair.first] - accuracy[pair.second]))
        assert pair.p_value <= pair.p_corrected <= 1
    best = result.models[0].model
    against_best = {pair.second: pair.p_corrected for pair in result.pairs if pair.first == best}
    assert set(result.level_with_best) == {name for name, p in against_best.items() if p >= 0.05}
    assert result.models[-1].model not in result.level_with_best


def test_random_models_run_with_every_seed(whole):
    for model in whole[0].result.models:
        accuracies = [run.accuracy for run in model.runs]
        if model.model.startswith("dnn"):
            assert [run.seed for run in model.runs] == [0, 1]
            assert model.mean_accuracy == pytest.approx(np.mean(accuracies))
            assert model.spread == pytest.approx(np.std(accuracies, ddof=1))
        else:
            assert (len(accuracies), model.mean_accuracy, model.spread) == (1, model.accuracy, None)


def test_the_same_seed_gives_the_same_comparison(whole):
    again, _ = compared(seeds=1, models=("dnn", "knn", "dnn"))
    accuracy = {model.model: model.accuracy for model in whole[0].result.models}
    assert {model.model: model.accuracy for model in again.result.models} == {
        name: accuracy[name] for name in ("dnn", "knn")
    }


@pytest.mark.parametrize("error, says", [(ValueError("too\n  odd"), "too odd"), (MemoryError(), "MemoryError")])
def test_a_model_that_fails_fails_alone(monkeypatch, error, says):
    def failing(self, *_):
        raise error

    monkeypatch.setattr(KNeighborsClassifier, "predict", failing)
    comparison, events = compared(models=("knn", "logistic", "knn-scaled", "svm"))
    assert [event.model for event in events if isinstance(event, Failure)] == ["knn", "knn-scaled"]
    assert {failure.reason for failure in comparison.result.failures} == {says}
    assert {model.model for model in comparison.result.models} == {"logistic", "svm"}
    assert len(comparison.result.pairs) == 1


def test_if_all_fail_there_is_a_result_all_the_same(monkeypatch):
    monkeypatch.setattr(KNeighborsClassifier, "fit", None)
    result = compared(models=("knn",))[0].result
    assert (result.models, result.level_with_best, result.pairs) == ((), (), ())
    assert len(result.failures) == 1


def test_rows_without_a_label_are_left_out(tmp_path):
    images, labels = tiny_images(90)
    labels[60:] = -1
    np.savez(tmp_path / "half.npz", X=images, y=labels)
    result = compared(data=str(tmp_path / "half.npz"), models=("knn", "svm-scaled"), test_fraction=0.2)[0].result
    assert (result.n_train, result.n_test, result.n_skipped, result.classes) == (48, 12, 30, [0, 1, 2])


def test_rows_that_are_measured_and_learned_from(tmp_path):
    """A third of the rows is there twice: some of these pairs are split."""
    images, labels = tiny_images(90)
    images = np.random.default_rng(0).integers(0, 256, images.shape, np.uint8)  # nothing to be learned but by heart
    np.savez(tmp_path / "twice.npz", X=np.concatenate([images, images[:30]]), y=np.concatenate([labels, labels[:30]]))
    comparison, _ = compared(data=str(tmp_path / "twice.npz"), models=("knn", "logistic"))
    split, result = comparison._split, comparison.result
    known = {row.tobytes() for row in split.train_images}
    others = np.array([row.tobytes() not in known for row in split.test_images])
    assert 0 < result.n_duplicates == (~others).sum() < 30
    for model in result.models:
        estimator = KNeighborsClassifier(5) if model.model == "knn" else LogisticRegression(max_iter=1000)
        estimator.fit(split.train_images, split.train_labels)
        assert model.accuracy_on_others == estimator.score(split.test_images[others], split.test_labels[others])
        assert model.accuracy == estimator.score(split.test_images, split.test_labels)
    assert result.models[0].accuracy > result.models[0].accuracy_on_others


def test_without_such_rows_the_others_are_all(whole):
    assert whole[0].result.n_duplicates == 0
    assert all(model.accuracy_on_others == pytest.approx(model.accuracy) for model in whole[0].result.models)


def test_names_as_classes(tmp_path):
    images, labels = tiny_images()
    np.savez(tmp_path / "names.npz", X=images, y=np.array(["ant", "bee", "cat"])[labels])
    result = compared(data=str(tmp_path / "names.npz"), seeds=1)[0].result
    assert (len(result.models), result.classes) == (8, ["ant", "bee", "cat"])


@pytest.mark.parametrize("network", [{}, {"softmax_epochs": 3, "batch_size": 7}])
def test_an_estimate_on_few_rows_makes_as_many_passes_as_all_rows_get(network):
    """And steps as large: "auto" is settled by the number of all rows, as the network itself would settle it."""
    comparison = Comparison(ComparisonSettings(models=("dnn",), network={**network, "hidden_layer_sizes": (2,)}))
    pretrained, random = (comparison._contenders()[name].make(0) for name in ("dnn", "dnn-random"))
    split = comparison._split
    alone = DBNClassifier((2,), **network, random_state=0).fit(split.train_images, split.train_labels)
    done = {entry["phase"]: entry["n_epochs"] for entry in alone.history_}
    for phase, n_epochs in done.items():
        assert getattr(pretrained, f"{phase}_epochs") == n_epochs
        assert getattr(random, f"{phase}_epochs") == (0 if phase == "pretrain" else n_epochs)
    assert pretrained.batch_size == network.get("batch_size", 17)
    assert comparison._network["pretrain_epochs"] == DBNClassifier().pretrain_epochs  # what the result says


@pytest.mark.filterwarnings("ignore:20 rows labelled -1 count as unlabelled")
@pytest.mark.parametrize("unlabelled, n_rows", [("auto", 40), (None, 60), (1, 40)])
def test_which_rows_have_a_label_is_a_setting_too(tmp_path, unlabelled, n_rows):
    images, labels = tiny_images()
    np.savez(tmp_path / "signs.npz", X=images, y=labels - 1)
    settings = {"data": str(tmp_path / "signs.npz"), "models": ("knn", "dnn"), "seeds": 1}
    comparison = Comparison(ComparisonSettings(**settings, network={**TINY, "unlabelled": unlabelled}))
    list(comparison)
    assert comparison.result.n_train + comparison.result.n_test == n_rows
    assert len(comparison.result.models) == 2
    assert comparison.result.settings["unlabelled"] == unlabelled


@pytest.mark.parametrize("network", [{}, {"batch_normalization": True}, {"batch_normalization": True, "n_networks": 2}])
def test_a_network_makes_as_many_passes_as_a_fit(network):
    comparison = Comparison(ComparisonSettings("digits", seeds=1, network=network))
    split, contender = comparison._split, comparison._contenders()["dnn-random"]
    passes = finetuning_passes(DBNClassifier(**network), len(split.train_labels))
    assert contender.make(0).finetune_epochs == passes


@pytest.fixture(scope="module")
def regressed(tmp_path_factory):
    """Diabetes with holes, 14 of its rows twice."""
    X, y = load_diabetes(return_X_y=True)
    X, y = X[:140].copy(), y[:140]
    X[::9, 2] = np.nan
    path = tmp_path_factory.mktemp("numbers") / "x.npz"
    np.savez(path, X=np.concatenate([X, X[:14]]), y=np.concatenate([y, y[:14]]))
    network = {"hidden_layer_sizes": (8,), "pretrain_epochs": 2, "output_epochs": 2, "finetune_epochs": 2}
    comparison = Comparison(ComparisonSettings(str(path), seeds=2, network=network, reading={"task": "regress"}))
    assert {type(event) for event in comparison} == {Progress, MeasuredRegression}
    return comparison


def test_regressors_are_measured_as_scikit_learn_does(regressed):
    split, result = regressed._split, regressed.result
    assert (result.task, len(result.models), result.classes) == ("regress", 5, [])
    assert [model.r2 for model in result.models] == sorted((model.r2 for model in result.models), reverse=True)
    known = {row.tobytes() for row in split.train_images}
    others = np.array([row.tobytes() not in known for row in split.test_images])
    assert 0 < result.n_duplicates == (~others).sum()
    ridge = make_pipeline(SimpleImputer(), StandardScaler(), Ridge()).fit(split.train_images, split.train_labels)
    found = next(model for model in result.models if model.model == "ridge")
    assert found.r2 == pytest.approx(ridge.score(split.test_images, split.test_labels), rel=1e-4)
    of_others = ridge.score(split.test_images[others], split.test_labels[others])
    assert found.r2_on_others == pytest.approx(of_others, rel=1e-4)
    errors = ridge.predict(split.test_images) - split.test_labels
    assert (found.rmse, found.mae) == pytest.approx((np.sqrt((errors**2).mean()), abs(errors).mean()), rel=1e-4)
    net = next(model for model in result.models if model.model == "dnn")
    assert net.spread == pytest.approx(np.std([run.r2 for run in net.runs], ddof=1))
    assert net.mean_r2 == pytest.approx(np.mean([run.r2 for run in net.runs]))


def test_intervals_of_r2_and_tests_of_errors():
    """The interval of a good model is about as wide as theory has it; p is that of a t-test of mean differences."""
    generator = np.random.default_rng(0)
    truth = generator.normal(size=400)
    good, better = (truth + generator.normal(size=400) * scale for scale in (0.5, 0.4))
    trial = Trial(good, 0.0, 0.0)
    measured = regression_measures.measure_regression("good", [trial], 0, truth, np.ones(400, bool))
    assert measured.r2 == pytest.approx(r2_score(truth, good))
    low, high = measured.interval
    assert low < measured.r2 < high
    # R² = 1 − a / b, whose logarithm has the variance (2 + 2) / 400 for normal errors and targets: 0.1 of a / b.
    assert high - low == pytest.approx(2 * 1.96 * 0.1 * (1 - measured.r2), rel=0.2)
    errors = {"better": (better - truth) ** 2, "good": (good - truth) ** 2, "same": (good - truth) ** 2}
    by_pair = {(pair.first, pair.second): pair for pair in regression_measures.tested_regressions(errors)}
    difference = errors["better"] - errors["good"]
    t = difference.mean() / (difference.std(ddof=1) / np.sqrt(400))
    assert by_pair["better", "good"].p_value == pytest.approx(2 * student_t.sf(abs(t), 399))
    assert by_pair["good", "same"].p_value == 1.0
    assert by_pair["better", "good"].p_corrected == pytest.approx(3 * by_pair["better", "good"].p_value)


def test_unknown_models_and_devices_are_refused_at_once():
    with pytest.raises(ValueError, match="no model 'forest'; choose among logistic, "):
        Comparison(ComparisonSettings(data="missing", models=("knn", "forest")))
    with pytest.raises(ValueError, match="abacus"):
        Comparison(ComparisonSettings(data="missing", network={"device": "abacus"}))
    with pytest.raises(DataError, match="missing"):
        Comparison(ComparisonSettings(data="missing"))
