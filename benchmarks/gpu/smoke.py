#!/usr/bin/env python3
"""Does everything work on a graphics card? Tests see torch on the processor only, where some mistakes do not show.

    python benchmarks/gpu/smoke.py [--device cuda]

Each line is one use of the library on small data. A use that fails is shown with the end of its traceback, and the
script ends with 1.
"""

import argparse
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse
from sklearn.datasets import load_diabetes, load_digits

from deepbelief import DBN, RBM, DBNClassifier, DBNRegressor, diagnose, load, save

IMAGES, LABELS = load_digits(return_X_y=True)
X, Y = (IMAGES[:1200] / 16).astype(np.float32), LABELS[:1200]
COUNTS = IMAGES[:600].astype(np.float32)
HOLES = np.where(np.random.default_rng(0).random(X.shape) < 0.2, np.nan, X)[:300].astype(np.float32)
FEW = np.where(np.arange(len(Y)) < 100, Y, -1)
WEIGHTS = np.random.default_rng(1).integers(0, 3, len(Y)).astype(float)
TABLE, TARGETS = load_diabetes(return_X_y=True)
NET = {"pretrain_epochs": 2, "softmax_epochs": 2, "finetune_epochs": 3, "random_state": 0}
ACCURATE = {"adversarial_radius": "auto", "batch_normalization": True, "finetune_optimizer": "adam"}


def machine(device: str, rows: Any = X, **settings: Any) -> None:
    """Fit a machine, and ask it everything."""
    rbm = RBM(40, n_iter=3, device=device, random_state=0, **settings).fit(rows)
    some = rows[:20]
    answers = [rbm.transform(some), rbm.sample(5, n_steps=3, random_state=0)]
    if rows is not HOLES:
        answers.append(rbm.score_samples(some))
    for answer in answers:
        assert np.isfinite(np.asarray(answer)).all()
    if not scipy.sparse.issparse(rows):
        covered = np.array(some, copy=True)
        covered[:, :4] = np.nan
        assert np.isfinite(rbm.impute(covered, random_state=0)).all()
    rbm.partial_fit(rows[:100])
    saved_and_loaded(rbm, some, "transform")


def network(device: str, y: Any = Y, estimator: type = DBNClassifier, rows: Any = X, **settings: Any) -> None:
    """Fit a network, and ask it everything."""
    weights = settings.pop("sample_weight", None)
    settings = {name: value for name, value in (NET | settings).items() if name in estimator().get_params()}
    net = estimator((30, 20), device=device, **settings).fit(rows, y, sample_weight=weights)
    assert np.isfinite(np.asarray(net.predict(rows[:20]), dtype=float)).all()
    assert net.score(rows, y) > 0.2
    diagnose(net, rows)
    saved_and_loaded(net, rows[:20], "predict")


def stack(device: str) -> None:
    """Fit a net without labels, and ask it everything."""
    net = DBN((30, 20), n_iter=2, device=device, random_state=0).fit(X)
    assert np.isfinite(net.transform(X[:20])).all()
    assert np.isfinite(net.sample(3, random_state=0)).all()
    assert np.isfinite(net.reconstruct(X[:20])).all()
    saved_and_loaded(net, X[:20], "transform")


def saved_and_loaded(estimator: Any, rows: Any, question: str) -> None:
    """Refuse a model that answers something else when it comes back from its file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        save(estimator, path)
        again = getattr(load(path), question)(rows)
    np.testing.assert_allclose(again, getattr(estimator, question)(rows), rtol=1e-3, atol=1e-3)


USES: dict[str, Callable[[str], None]] = {
    "RBM": machine,
    "RBM, persistent": lambda device: machine(device, gradient="pcd"),
    "RBM, tempered": lambda device: machine(device, gradient="tempered"),
    "RBM, sparse rows": lambda device: machine(device, scipy.sparse.csr_matrix(X)),
    "RBM, holes": lambda device: machine(device, HOLES),
    "RBM, drawn anew, averaged": lambda device: machine(device, binarize=True, n_averaged=2),
    "RBM, Adam": lambda device: machine(device, optimizer="adam", l1=1e-4),
    "RBM, counts": lambda device: machine(device, COUNTS, visible="poisson"),
    "RBM, numbers": lambda device: machine(device, visible="gaussian"),
    "RBM, rectified": lambda device: machine(device, hidden="relu"),
    "DBN": stack,
    "classifier": network,
    "classifier, early stopping": lambda device: network(device, early_stopping=True),
    "classifier, weights": lambda device: network(device, sample_weight=WEIGHTS, class_weight="balanced"),
    "classifier, dropout": lambda device: network(device, dropout=0.1, input_dropout=0.1, finetune_max_norm=3.0),
    "classifier, accurate": lambda device: network(device, **ACCURATE),
    "classifier, accurate, distorted": lambda device: network(device, augment="8x8", **ACCURATE),
    "classifier, few labels": lambda device: network(device, FEW),
    "classifier, few labels, accurate": lambda device: network(device, FEW, **ACCURATE),
    "classifier, several labels": lambda device: network(device, (Y[:, None] % [2, 3] == 0).astype(int)),
    "regressor": lambda device: network(device, TARGETS, DBNRegressor, TABLE, finetune_epochs=20),
    "regressor, normalised": lambda device: network(
        device, TARGETS, DBNRegressor, TABLE, finetune_epochs=20, batch_normalization=True, finetune_optimizer="adam"
    ),
}


def main() -> None:
    """Try each use."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda")
    device, n_failed = parser.parse_args().device, 0
    for name, use in USES.items():
        begin = time.perf_counter()
        try:
            use(device)
            said = "works"
        except Exception:  # whatever it is, the others are tried too
            n_failed += 1
            said = "FAILS\n" + "\n".join(traceback.format_exc().splitlines()[-8:])
        print(f"{name}: {said}, {time.perf_counter() - begin:.1f} s", flush=True)
    sys.exit(min(n_failed, 1))


if __name__ == "__main__":
    main()
