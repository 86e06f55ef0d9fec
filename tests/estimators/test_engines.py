"""Data as bytes, in files, on devices, and products of lower precision: the same model, or nearly."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from deepbelief import DBN, RBM, DBNClassifier
from deepbelief.core.rows import Rows

PIXELS, LABELS = load_digits(return_X_y=True)
BYTES = (PIXELS[:300] * (255 / 16)).astype(np.uint8)
FLOATS = (BYTES / 255).astype(np.float32)
RESCALED = "ignore:Bernoulli visible units take values"


def small_rbm(**settings):
    return RBM(**{"n_components": 16, "n_iter": 2, "random_state": 0, **settings})


@pytest.mark.filterwarnings(RESCALED)
@pytest.mark.parametrize("place", ["memory", "file"])
def test_bytes_are_scaled_on_the_fly(place, tmp_path):
    """The same machine as from floats scaled beforehand, without a copy of the data as floats."""
    X = BYTES
    if place == "file":
        np.save(tmp_path / "x.npy", BYTES)
        X = np.load(tmp_path / "x.npy", mmap_mode="r")
    rbm, expected = small_rbm().fit(X), small_rbm().fit(FLOATS)
    np.testing.assert_allclose(rbm.components_, expected.components_, atol=1e-5)
    np.testing.assert_allclose(rbm.transform(X), expected.transform(FLOATS), atol=1e-5)
    assert small_rbm()._learn_rows(X, first=True).matrix.dtype == np.uint8


def test_rows_in_a_file_stay_there(tmp_path, torch):
    """They are moved to a device batch by batch; others once, bytes as bytes."""
    np.save(tmp_path / "x.npy", BYTES)
    X = np.asarray(np.load(tmp_path / "x.npy", mmap_mode="r"))
    assert not Rows(X, np.float32, "cpu").moved().on_device
    moved = Rows(BYTES, np.float32, "cpu").moved()
    assert moved.on_device
    assert moved.matrix.dtype == torch.uint8
    assert Rows(FLOATS.astype(np.float64), np.float32, "cpu").moved().matrix.dtype == torch.float32


def test_data_that_a_device_has_no_room_for_stay_where_they_are(torch, monkeypatch):
    def refuse(*_, **__):
        raise torch.OutOfMemoryError("full")

    monkeypatch.setattr(torch, "tensor", refuse)
    assert not Rows(BYTES, np.float32, "cpu").moved().on_device


@pytest.mark.filterwarnings(RESCALED)
@pytest.mark.parametrize("gradient", ["cd", "pcd"])
def test_torch_learns_the_same_machine_at_float64(torch, gradient):
    X = BYTES / 255.0  # float64
    settings = {"gradient": gradient, "visible": "bernoulli"}
    machines = [small_rbm(device=device, **settings).fit(X) for device in ("numpy", "cpu")]
    np.testing.assert_allclose(machines[1].components_, machines[0].components_, atol=1e-9)
    assert isinstance(machines[1].components_, np.ndarray)
    samples = [machine.sample(5, n_steps=3) for machine in machines]
    np.testing.assert_array_equal(samples[1], samples[0])


def test_torch_learns_as_well_at_float32(torch):
    """Its own random numbers: reconstruction errors over five seeds differ by less than their spread allows."""
    errors = {
        device: [
            small_rbm(device=device, random_state=seed, n_iter=5).fit(FLOATS).history_[-1]["reconstruction_error"]
            for seed in range(5)
        ]
        for device in ("numpy", "cpu")
    }
    spread = max(np.std(errors["numpy"], ddof=1), np.std(errors["cpu"], ddof=1))
    assert abs(np.mean(errors["cpu"]) - np.mean(errors["numpy"])) < 4 * spread / np.sqrt(5)


@pytest.mark.filterwarnings(RESCALED)
def test_a_network_trained_on_a_device_is_a_numpy_model(torch, tmp_path):
    """It predicts in NumPy what it predicts on the device, and is saved to the same kind of file."""
    import deepbelief

    net = DBNClassifier((16, 12), pretrain_epochs=2, finetune_epochs=2, random_state=0, device="cpu")
    net.fit(BYTES, LABELS[:300])
    assert all(type(array) is np.ndarray for array in (*net.coefs_, *net.intercepts_))
    on_device = net.predict_proba(BYTES)
    net.set_params(device="numpy")
    np.testing.assert_allclose(net.predict_proba(BYTES), on_device, atol=1e-5)
    deepbelief.save(net, tmp_path / "net.safetensors")
    loaded = deepbelief.load(tmp_path / "net.safetensors")
    np.testing.assert_array_equal(loaded.predict_proba(BYTES), net.predict_proba(BYTES))
    assert loaded.precision == "highest"


@pytest.mark.parametrize("estimator", [RBM(4), DBN((4,)), DBNClassifier((4,))], ids=["rbm", "dbn", "classifier"])
def test_numpy_has_one_precision(estimator):
    with pytest.raises(ValueError, match="precision='medium' needs a torch device"):
        estimator.set_params(precision="medium").fit(FLOATS, LABELS[:300])


def test_lower_precision_is_for_training_only_and_learns_nearly_the_same(torch, monkeypatch):
    """What torch is told is taken back after each step; the machine stays close to the one of full precision."""
    told = []
    tell = torch.set_float32_matmul_precision
    monkeypatch.setattr(torch, "set_float32_matmul_precision", lambda name: (told.append(name), tell(name)))
    before = torch.get_float32_matmul_precision()
    machines = {
        precision: small_rbm(device="cpu", precision=precision).fit(FLOATS) for precision in ("highest", "medium")
    }
    assert set(told) == {"medium", before}
    assert told[0::2] == ["medium"] * (len(told) // 2)
    assert torch.get_float32_matmul_precision() == before
    errors = [machine.history_[-1]["reconstruction_error"] for machine in machines.values()]
    assert abs(errors[1] / errors[0] - 1) < 0.05


def test_a_precision_goes_with_the_net_it_starts_from(torch):
    dbn = DBN((4,), n_iter=1, device="cpu", precision="high", random_state=0).fit(FLOATS)
    assert DBNClassifier.from_dbn(dbn).precision == "high"
