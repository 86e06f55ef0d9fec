"""Tiny estimators, and what every public method of one says."""

import numpy as np
from sklearn.exceptions import NotFittedError

from deepbelief import DBN, RBM, DBNClassifier, DBNRegressor, diagnose, save

RNG = np.random.default_rng(0)
X = RNG.random((60, 6)).astype(np.float32)
Y = np.arange(60) % 3
OTHERS = np.array(["a", "b", "c", "d", "e"])[np.arange(60) % 5]


def made(kind, **settings):
    """Return a tiny estimator; its training has six passes in all."""
    if kind is RBM:
        return RBM(4, n_iter=6, random_state=0, **settings)
    if kind is DBN:
        return DBN((4, 3), n_iter=3, random_state=0, **settings)
    epochs = {"pretrain_epochs": 1, "finetune_epochs": 2, "random_state": 0}
    if kind is DBNRegressor:
        return DBNRegressor((4, 3), **epochs, output_epochs=2, calibration_fraction=0.3, **settings)
    return DBNClassifier((4, 3), **epochs, softmax_epochs=2, **settings)


def answers(estimator, folder):
    """Return what every public method says: numbers, or that the estimator is not fitted. Nothing else may come."""
    n_units = 4 if isinstance(estimator, RBM) else 3
    calls = {
        "transform": lambda: estimator.transform(X),
        "inverse_transform": lambda: estimator.inverse_transform(np.full((2, n_units), 0.5)),
        "reconstruct": lambda: estimator.reconstruct(X),
        "free_energy": lambda: estimator.free_energy(X),
        "score_samples": lambda: estimator.score_samples(X),
        "sample": lambda: estimator.sample(3, 2).shape,
        "gibbs": lambda: estimator.gibbs(X, 2).shape,
        "predict": lambda: estimator.predict(X),
        "predict_proba": lambda: estimator.predict_proba(X),
        "predict_interval": lambda: np.array(estimator.predict_interval(X)),
        "score": lambda: estimator.score(X, OTHERS if "a" in getattr(estimator, "classes_", Y).tolist() else Y),
        "names": lambda: list(estimator.get_feature_names_out()),
        "diagnose": lambda: [finding.name for finding in diagnose(estimator, X)],
        "save": lambda: save(estimator, folder / "model", overwrite=True),
    }
    found = {}
    for name, call in calls.items():
        method = name if name not in ("names", "diagnose", "save") else "fit"
        if not hasattr(estimator, method) or (name == "names" and not hasattr(estimator, "transform")):
            continue
        try:
            found[name] = call()
        except NotFittedError:
            found[name] = None
    return found
