import os
from http.client import IncompleteRead
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest

from deepbelief.datasets import fetch_mnist, load
from deepbelief.errors import DataError


@pytest.fixture(scope="module")
def mnist():
    beside = Path(__file__).resolve().parents[3] / "shared" / "data"
    folder = Path(os.environ.get("DEEPBELIEF_DATA", beside)) / "mnist"
    if not folder.is_dir():
        pytest.skip(f"MNIST's IDX files are not in {folder}; DEEPBELIEF_DATA names the folder that holds mnist/")
    return folder


def test_training_images(mnist):
    dataset = load(mnist)
    assert dataset.images.shape == (60000, 784)
    assert dataset.images.dtype == np.float32
    assert (dataset.images.min(), dataset.images.max()) == (0, 1)
    assert dataset.image_shape == (28, 28)
    assert dataset.labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert np.bincount(dataset.labels).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert dataset.name == "mnist"


def test_test_images(mnist):
    dataset = load(mnist, split="test")
    assert dataset.images.shape == (10000, 784)
    assert dataset.labels[0] == 7
    assert dataset.name == "mnist-test"


def patch_openml(monkeypatch, answer):
    asked = {}

    def fetch_openml(name, **settings):
        asked.update(settings, name=name)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr("sklearn.datasets.fetch_openml", fetch_openml)
    return asked


def test_fetched(monkeypatch, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (6, 784)).astype(np.float64)
    asked = patch_openml(monkeypatch, (pixels, np.array(list("504192"), dtype=object)))
    dataset = fetch_mnist(tmp_path)
    assert (asked["name"], asked["version"], asked["data_home"]) == ("mnist_784", 1, tmp_path)
    np.testing.assert_array_equal(dataset.images, pixels.astype(np.float32) / np.float32(255))
    assert dataset.images.dtype == np.float32
    assert dataset.labels.dtype == np.int64
    assert dataset.labels.tolist() == [5, 0, 4, 1, 9, 2]
    assert dataset.image_shape == (28, 28)
    assert dataset.name == "mnist"


@pytest.mark.parametrize(
    "answer",
    [
        URLError("no route\nto host"),
        TimeoutError(),
        IncompleteRead(b""),
        ValueError("md5 checksum does not match"),
        (np.zeros((2, 3)), np.array(["1", "2"])),
        (np.zeros((2, 784)), np.array(["one", "two"])),
    ],
)
def test_a_fetch_that_fails(monkeypatch, answer):
    patch_openml(monkeypatch, answer)
    with pytest.raises(DataError, match=r"could not be fetched from OpenML .*; check the network") as caught:
        fetch_mnist()
    assert "\n" not in str(caught.value)
