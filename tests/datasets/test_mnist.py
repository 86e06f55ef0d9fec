import os
from pathlib import Path

import numpy as np
import pytest

from deepbelief.datasets import fetch_mnist, load


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


def test_the_checksums_of_what_is_fetched_are_those_of_these_files(mnist):
    assert fetch_mnist(mnist, mirrors=[]) == mnist
