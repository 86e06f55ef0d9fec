import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from datasets.writers import idx_bytes, refusal, write_pair
from deepbelief.datasets import load

IMAGES = np.arange(24, dtype=np.uint8).reshape(4, 2, 3) * 11
LABELS = np.array([3, 1, 4, 1], np.uint8)


@given(
    images=hnp.arrays(np.uint8, hnp.array_shapes(min_dims=3, max_dims=3, max_side=6)),
    compressed=st.booleans(),
)
def test_round_trip(tmp_path_factory, images, compressed):
    folder = tmp_path_factory.mktemp("idx")
    labels = np.arange(len(images), dtype=np.uint8)
    write_pair(folder, "train", images, labels, compressed)
    dataset = load(folder)
    assert dataset.images.dtype == np.float32
    assert dataset.images.flags.c_contiguous
    assert dataset.labels.dtype == np.int64
    assert dataset.image_shape == images.shape[1:]
    scale = np.float32(255 if images.max() > 1 else 1)  # 0 and 1 are no dark greys
    np.testing.assert_array_equal(dataset.images * scale, images.reshape(len(images), -1).astype(np.float32))
    np.testing.assert_array_equal(dataset.labels, labels)


@pytest.mark.parametrize("compressed", [False, True])
def test_a_folder_with_both_splits(tmp_path, compressed):
    write_pair(tmp_path, "train", IMAGES, LABELS, compressed)
    write_pair(tmp_path, "t10k", IMAGES[:2], LABELS[:2], compressed)
    train, test = load(tmp_path), load(tmp_path, split="test")
    assert (len(train.images), len(test.images)) == (4, 2)
    assert test.name == train.name + "-test"
    assert "train-images" in train.source
    assert "t10k-images" in test.source


@pytest.mark.parametrize("prefix", ["train", "t10k"])
@pytest.mark.parametrize("split", ["train", "test"])
def test_a_folder_with_one_split_gives_it_for_either(tmp_path, prefix, split):
    write_pair(tmp_path, prefix, IMAGES, LABELS)
    np.testing.assert_array_equal(load(tmp_path, split=split).labels, LABELS)


def test_the_spelling_with_a_dot(tmp_path):
    (tmp_path / "train-images.idx3-ubyte").write_bytes(idx_bytes(IMAGES))
    (tmp_path / "train-labels.idx1-ubyte").write_bytes(idx_bytes(LABELS))
    np.testing.assert_array_equal(load(tmp_path).labels, LABELS)
    np.testing.assert_array_equal(load(tmp_path / "train-images.idx3-ubyte").labels, LABELS)


@pytest.mark.parametrize("compressed", [False, True])
def test_a_single_file_finds_its_labels(tmp_path, compressed):
    path = write_pair(tmp_path, "t10k", IMAGES, LABELS, compressed)
    dataset = load(path)
    np.testing.assert_array_equal(dataset.labels, LABELS)
    assert dataset.name == "t10k-images-idx3-ubyte"


def test_images_without_labels(tmp_path):
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(idx_bytes(IMAGES))
    assert load(path).labels is None
    assert load(tmp_path).labels is None


def test_compression_is_recognised_by_content(tmp_path):
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(idx_bytes(IMAGES))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(gzip.compress(idx_bytes(LABELS)))
    np.testing.assert_array_equal(load(tmp_path).labels, LABELS)


def test_labels_without_images(tmp_path):
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx_bytes(LABELS))
    refusal(tmp_path, "train-labels-idx1-ubyte: labels without images", "train-images-idx3-ubyte")


def test_a_file_of_labels_in_place_of_images(tmp_path):
    path = tmp_path / "anything"
    path.write_bytes(idx_bytes(LABELS))
    refusal(path, "an IDX file of labels where images are needed")


@pytest.mark.parametrize("magic", [b"\x00\x00\x0a\x03", b"\x00\x00\x08\x09", b"\x00\x00\x00\x00"])
def test_wrong_magic_number(tmp_path, magic):
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(magic + idx_bytes(IMAGES)[4:])
    refusal(path, "wrong magic number 0x" + magic.hex())


def test_an_empty_file_in_a_folder(tmp_path):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(b"")
    refusal(tmp_path, "train-images-idx3-ubyte: the file is empty")


def test_a_header_cut_short(tmp_path):
    path = tmp_path / "images"
    path.write_bytes(idx_bytes(IMAGES)[:9])
    refusal(path, "header is cut short")


def test_a_header_that_declares_nothing(tmp_path):
    path = tmp_path / "images"
    path.write_bytes(idx_bytes(IMAGES[:0]))
    refusal(path, "declares no images")


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_header_that_promises_more_than_the_file_holds(tmp_path, pack):
    path = tmp_path / "images"
    path.write_bytes(pack(idx_bytes(IMAGES)[:-1]))
    refusal(path, "promises 24 bytes of images but the file holds only 23")


def test_an_absurd_promise_is_refused_without_allocating_it(tmp_path):
    path = tmp_path / "images"
    path.write_bytes(b"\x00\x00\x08\x03" + b"\xff" * 12 + b"few bytes")
    refusal(path, "holds only 9")


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_file_that_holds_more_than_its_header_promises(tmp_path, pack):
    path = tmp_path / "images"
    path.write_bytes(pack(idx_bytes(IMAGES) + b"\x00"))
    refusal(path, "promises 24 bytes of images but the file holds more")


@pytest.mark.parametrize("keep", [2, 11, -9, -1])
def test_truncated_gzip(tmp_path, keep):
    path = tmp_path / "images.gz"
    path.write_bytes(gzip.compress(idx_bytes(IMAGES))[:keep])
    refusal(path, "truncated")


def test_a_damaged_gzip_checksum(tmp_path):
    path = tmp_path / "images.gz"
    content = bytearray(gzip.compress(idx_bytes(IMAGES)))
    content[-5] ^= 1
    path.write_bytes(content)
    refusal(path, "gzip data are damaged")


def test_labels_in_a_gzip_that_is_no_labels_file(tmp_path):
    write_pair(tmp_path, "train", IMAGES, LABELS, compressed=True)
    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(b"some text"))
    refusal(tmp_path, "train-labels-idx1-ubyte.gz: no IDX file of labels", "'some'")


def test_counts_that_differ(tmp_path):
    write_pair(tmp_path, "train", IMAGES, LABELS[:3])
    refusal(tmp_path, "3 labels for the 4 images", "train-images-idx3-ubyte")


def test_source_names_the_path_as_given(tmp_path, monkeypatch):
    write_pair(tmp_path, "train", IMAGES, LABELS)
    monkeypatch.chdir(tmp_path)
    assert load(".").source.startswith(". (MNIST IDX")
    assert load(".").name == tmp_path.name.split(".")[0]
    assert load(tmp_path / "train-images-idx3-ubyte").fingerprint == load(".").fingerprint
