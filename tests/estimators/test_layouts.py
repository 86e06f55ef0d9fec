"""However an array lies in memory, the numbers in it are what counts."""

import numpy as np
import pytest

from deepbelief import DBN, RBM, DBNClassifier, DBNRegressor

X = np.random.default_rng(0).random((300, 50)).astype(np.float32)
LABELS = np.arange(300) % 3
LAYOUTS = ["file", "packed", "rows backwards", "columns backwards"]


def laid_out(layout, folder):
    """Return X in another layout: beginning at an odd byte, or with such steps; or read from the end."""
    if layout == "file":
        (folder / "data").write_bytes(b"\0" + X.tobytes())
        return np.memmap(folder / "data", np.float32, "r", offset=1, shape=X.shape)
    if layout == "packed":
        records = np.zeros(len(X), np.dtype([("label", np.uint8), ("values", np.float32, X.shape[1])]))
        records["values"] = X
        return records["values"]
    if layout == "rows backwards":
        return X[::-1].copy()[::-1]
    return X[:, ::-1].copy()[:, ::-1]


def answers(estimator, X):
    """Return what every method that takes rows makes of them."""
    if isinstance(estimator, DBNClassifier):
        return [estimator.predict_proba(X)]
    if isinstance(estimator, DBNRegressor):
        return [estimator.predict(X), *estimator.predict_interval(X)]
    made = [getattr(estimator, name)(X) for name in ("transform", "reconstruct", "free_energy", "score_samples")]
    return [*made, estimator.gibbs(X), estimator.inverse_transform(X)]  # there are as many hidden units as features


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    "made",
    [
        lambda **settings: RBM(50, n_iter=1, **settings),
        lambda **settings: RBM(50, n_iter=1, visible="gaussian-learned-variance", **settings),
        lambda **settings: DBN((60, 50), n_iter=1, **settings),
        lambda **settings: DBNClassifier((60,), pretrain_epochs=1, softmax_epochs=1, finetune_epochs=1, **settings),
        lambda **settings: DBNRegressor((60,), pretrain_epochs=1, output_epochs=1, finetune_epochs=1, **settings),
    ],
    ids=["rbm", "plain steps", "dbn", "classifier", "regressor"],
)
@pytest.mark.filterwarnings("ignore")
def test_any_layout_gives_the_same_numbers(made, layout, device, tmp_path):
    there = laid_out(layout, tmp_path)
    np.testing.assert_array_equal(there, X)
    assert not there.flags.aligned or min(there.strides) < 0
    one = made(device=device, random_state=0).fit(X, LABELS)
    other = made(device=device, random_state=0).fit(there, LABELS)
    for own, others in zip(answers(one, X), answers(other, there), strict=True):
        np.testing.assert_allclose(own, others, rtol=1e-4, atol=1e-5)
