"""Small data, small classifiers on them, and what makes two fitted estimators the same."""

import numpy as np

from deepbelief import DBNClassifier

X = np.random.default_rng(0).random((40, 6)).astype(np.float32)
Y = np.arange(40) % 3


def classifier(**settings):
    settings = {
        "hidden_layer_sizes": (5, 4),
        "pretrain_epochs": 1,
        "softmax_epochs": 1,
        "finetune_epochs": 2,
    } | settings
    return DBNClassifier(**({"random_state": 0} | settings))


def assert_same(left, right, X=X):
    """Every public attribute and every result is the same to the last bit, of the same type."""
    assert type(left) is type(right)
    names, others = (
        {name for name in vars(estimator) if name.endswith("_") and not name.startswith("_")}
        - {"dbn_", "rbms_", "coefs_", "intercepts_", "metadata_"}
        for estimator in (left, right)
    )
    assert names == others
    for name in names:
        assert_identical(getattr(left, name), getattr(right, name))
    for method in ("transform", "reconstruct", "free_energy", "score_samples", "predict", "predict_proba"):
        if hasattr(left, method):
            assert_identical(getattr(left, method)(X), getattr(right, method)(X))
    if hasattr(left, "transform"):
        H = left.transform(X)
        assert_identical(left.inverse_transform(H), right.inverse_transform(H))
        assert_identical(clone_stream(left).sample(5, 3), clone_stream(right).sample(5, 3))
        assert list(left.get_feature_names_out()) == list(right.get_feature_names_out())
    for layer, (one, other) in enumerate(zip(getattr(left, "rbms_", []), getattr(right, "rbms_", []), strict=True)):
        assert_same(one, other, np.ones((3, one.n_features_in_), left._dtype_) if layer else X)
    for one, other in zip(getattr(left, "coefs_", []), getattr(right, "coefs_", []), strict=True):
        assert_identical(one, other)
    if hasattr(left, "dbn_"):
        assert_same(left.dbn_, right.dbn_, X)


def assert_identical(left, right):
    assert type(left) is type(right)
    if isinstance(left, np.ndarray):
        assert left.dtype == right.dtype
    np.testing.assert_array_equal(left, right)


def clone_stream(estimator):
    """Let the next random draws be the first ones of the seed."""
    for machine in [estimator, *getattr(estimator, "rbms_", [])]:
        vars(machine).pop("_sampling_", None)
    return estimator
