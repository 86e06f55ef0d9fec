import gzip
import hashlib
import os
import stat
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.writers import csv_text, idx_bytes, loaded_or_refused, refusal, write_pair
from deepbelief.datasets import Dataset, load, row_hashes
from deepbelief.errors import DataError

IMAGES = np.arange(36, dtype=np.uint8).reshape(4, 3, 3) * 7
PIXELS = IMAGES.reshape(4, 9)
LABELS = np.array([3, 1, 4, 1], np.uint8)


def test_one_source_in_every_format_is_the_same_data(tmp_path):
    folder = tmp_path / "mnist"
    folder.mkdir()
    write_pair(folder, "train", IMAGES, LABELS)
    (tmp_path / "train.csv").write_text(csv_text(PIXELS, LABELS))
    np.savez(tmp_path / "x.npz", X=PIXELS, y=LABELS)
    datasets = [load(folder), load(tmp_path / "train.csv"), load(str(tmp_path / "x.npz"))]
    assert len({dataset.fingerprint for dataset in datasets}) == 1
    assert [dataset.name for dataset in datasets] == ["mnist", "train", "x"]
    for dataset in datasets:
        np.testing.assert_array_equal(dataset.row_hashes, datasets[0].row_hashes)
        assert dataset.image_shape == (3, 3)
        np.testing.assert_array_equal(dataset.labels, LABELS)


def test_the_extension_does_not_matter(tmp_path):
    np.savez(tmp_path / "x.npz", X=PIXELS)
    contents = {
        "Kaggle CSV": csv_text(PIXELS).encode(),
        "npz": (tmp_path / "x.npz").read_bytes(),
        "MNIST IDX": idx_bytes(IMAGES),
        "MNIST IDX images ": gzip.compress(idx_bytes(IMAGES)),
    }
    for kind, content in contents.items():
        for extension in ("", ".csv", ".npz", ".gz", ".png"):
            path = tmp_path / f"misleading{extension}"
            path.write_bytes(content)
            dataset = load(path)
            assert kind in dataset.source
            np.testing.assert_array_equal(dataset.images, PIXELS.astype(np.float32) / np.float32(255))


def test_digits():
    dataset = load("digits")
    assert dataset.images.shape == (1797, 64)
    assert dataset.images.dtype == np.float32
    assert dataset.images.flags.c_contiguous
    assert (dataset.images.min(), dataset.images.max()) == (0, 1)
    assert dataset.labels.dtype == np.int64
    assert np.bincount(dataset.labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert dataset.image_shape == (8, 8)
    assert dataset.name == "digits"
    assert dataset.source.startswith("digits")


def test_digits_means_the_bundled_digits_even_beside_a_file_of_that_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("digits").write_text(csv_text(PIXELS))
    assert load("digits").images.shape == (1797, 64)
    assert load("./digits").images.shape == (4, 9)
    assert load(Path("digits")).images.shape == (4, 9)


def test_fingerprint_tells_values_and_shapes_apart():
    images = np.linspace(0, 1, 12, dtype=np.float32)

    def fingerprint(values):
        return Dataset(values, None, None, "here", "x").fingerprint

    assert fingerprint(images.reshape(3, 4)) == fingerprint(images.reshape(3, 4).copy())
    assert fingerprint(images.reshape(3, 4)) != fingerprint(images.reshape(4, 3))
    assert fingerprint(images.reshape(3, 4)) != fingerprint(images.reshape(3, 4) ** 2)
    assert fingerprint(images.reshape(3, 4)) == hashlib.sha256(b"(3, 4)" + images.tobytes()).hexdigest()


def test_a_hash_is_of_the_values_of_a_row():
    """Model files hold these hashes: another way to make them would find none of their rows."""
    rows = np.random.default_rng(0).random((2500, 3), np.float32)
    digests = [hashlib.blake2b(struct.pack("<3f", *row), digest_size=8).digest() for row in rows]
    expected = [int.from_bytes(digest, "little") for digest in digests]
    hashes = row_hashes(rows)
    assert hashes.dtype == np.uint64
    assert hashes.tolist() == expected
    assert row_hashes(np.asfortranarray(rows)).tolist() == expected
    assert row_hashes(rows.astype(np.float64)).tolist() == expected


def test_hashes_tell_rows_apart_that_differ_in_one_pixel():
    rows = np.zeros((65, 64), np.float32)
    rows[np.arange(64), np.arange(64)] = np.finfo(np.float32).smallest_subnormal
    assert len(set(row_hashes(rows).tolist())) == 65


def test_minus_zero_is_zero_for_a_hash():
    rows = np.array([[0.0, 1.0], [-0.0, 1.0], [0.0, -1.0]], np.float32)
    zero, minus_zero, other = row_hashes(rows)
    assert zero == minus_zero != other
    assert np.signbit(rows[1, 0])  # the data stay as they are


def test_unknown_split():
    with pytest.raises(ValueError, match="split must be"):
        load("digits", split="validation")


def test_a_missing_file(tmp_path):
    refusal(tmp_path / "train.csv", "no such file or folder; check the path")


def test_an_empty_file(tmp_path):
    path = tmp_path / "train.csv"
    path.touch()
    refusal(path, "the file is empty")


def test_a_folder_with_nothing_recognisable(tmp_path):
    (tmp_path / "train.csv").write_text(csv_text(PIXELS))
    refusal(tmp_path, "no MNIST files in this folder", "train-images-idx3-ubyte")


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR,",
        bytes(np.random.default_rng(0).integers(1, 256, 5000, np.uint8)),
        b"a\x00,b",
        "plain words — nothing else".encode(),
    ],
)
def test_content_that_is_not_recognised(tmp_path, content):
    path = tmp_path / "train.csv"
    path.write_bytes(content)
    refusal(path, "; ")


def test_a_pipe_is_not_waited_for(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    assert stat.S_ISFIFO(path.stat().st_mode)
    refusal(path, "neither a file nor a folder")


def test_a_name_with_a_line_break_keeps_the_message_on_one_line(tmp_path):
    with pytest.raises(DataError, match=r"two\\nlines") as caught:
        load(tmp_path / "two\nlines")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), OSError("odd")])
def test_a_file_that_the_system_does_not_give(tmp_path, monkeypatch, error):
    path = tmp_path / "train.csv"
    path.write_text(csv_text(PIXELS))

    def refuse(*args):
        raise error

    monkeypatch.setattr("deepbelief.datasets.loading.first_bytes", refuse)
    refusal(path, (error.strerror or "it cannot be read").lower())


def test_data_that_do_not_fit_into_memory(tmp_path, monkeypatch):
    path = tmp_path / "train.csv"
    path.write_text(csv_text(PIXELS))

    def fill_up(*args):
        raise MemoryError

    monkeypatch.setattr("deepbelief.datasets.csv_table.read", fill_up)
    refusal(path, "do not fit into memory")


@given(
    content=st.binary(max_size=200),
    head=st.sampled_from(
        [b"", b"\x00\x00\x08\x03", b"\x1f\x8b\x08", b"PK\x03\x04", b"PK\x05\x06", b"label,p0\n", b"\xff\xfe"]
    ),
)
def test_any_bytes_raise_nothing_but_data_errors(tmp_path_factory, head, content):
    path = tmp_path_factory.mktemp("any") / "file"
    path.write_bytes(head + content)
    result = loaded_or_refused(path)
    if isinstance(result, str):
        assert "\n" not in result
    else:
        assert result.images.dtype == np.float32


def test_what_is_slow_is_not_imported_before_it_is_needed():
    code = "import sys, deepbelief.datasets; assert not {'sklearn', 'pandas', 'PIL', 'pyarrow'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})
