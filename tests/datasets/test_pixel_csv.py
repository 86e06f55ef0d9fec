import io
import re

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from datasets.writers import csv_text, refusal
from deepbelief.datasets import load, pixel_csv

PIXELS = np.array([[0, 7, 42, 255], [100, 99, 10, 9], [1, 20, 200, 0]])
LABELS = np.array([5, -1, 12])
PIXEL_TABLES = hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=12))


@given(pixels=PIXEL_TABLES, end=st.sampled_from(["\n", "\r\n"]), data=st.data())
def test_round_trip(tmp_path_factory, pixels, end, data):
    n_rows, n_pixels = pixels.shape
    labels = data.draw(st.none() | hnp.arrays(np.int64, n_rows, elements=st.integers(-1, 10**18 - 1)))
    text = csv_text(pixels, labels, data.draw(st.integers(0, n_pixels)), end)
    tail = data.draw(st.sampled_from(["", end, 3 * end]))
    path = tmp_path_factory.mktemp("csv") / "train.csv"
    path.write_bytes((text.removesuffix(end) + tail).encode())
    if "," not in text:
        return  # a single column is no table
    dataset = load(path)
    pixels = pixels.astype(np.float32) / np.float32(255 if pixels.max() > 1 else 1)  # 0 and 1 are no dark greys
    assert dataset.images.dtype == np.float32
    assert dataset.images.flags.c_contiguous
    np.testing.assert_array_equal(dataset.images, pixels)
    if labels is None:
        assert dataset.labels is None
    else:
        assert dataset.labels.dtype == np.int64
        np.testing.assert_array_equal(dataset.labels, labels)


@given(pixels=PIXEL_TABLES, block=st.integers(1, 40), end=st.sampled_from(["\n", "\r\n"]))
def test_the_size_of_a_block_does_not_matter(tmp_path_factory, pixels, block, end):
    path = tmp_path_factory.mktemp("csv") / "train.csv"
    path.write_text(csv_text(pixels, np.arange(len(pixels)), end=end) + end, newline="")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pixel_csv, "_BLOCK", block)
        dataset = load(path)
    np.testing.assert_array_equal(dataset.images, load(path).images)
    np.testing.assert_array_equal(dataset.labels, np.arange(len(pixels)))


@given(body=st.text("0125-,,\n\n\r a", max_size=40), block=st.integers(1, 50))
@example(body="0" * 200, block=8)
@example(body="1,2,3\n\n" + "1,2,3\n" * 3, block=7)
@example(body="1,2,3\n" + "\n" * 99, block=7)
def test_the_fast_way_reads_what_the_rules_allow(body, block):
    """What is read is what the plain rules make of it, and nothing else is read."""
    lines = body.replace("\r\n", "\n").rstrip("\n").split("\n")
    row = re.compile(r"(-1|[0-9]{1,18})(,0*([0-9]{1,2}|1[0-9]{2}|2[0-4][0-9]|25[0-5])){2}")
    good = all(row.fullmatch(line) and max(map(len, line.split(",")[1:])) <= 3 for line in lines)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pixel_csv, "_BLOCK", block)
        found = pixel_csv.read_whole_numbers(io.BytesIO(body.encode()), 3, 0)
    if found is None:
        assert not good or body.endswith("\n" * 30)
    else:
        assert good
        cells = np.array([line.split(",") for line in lines], dtype=np.int64)
        np.testing.assert_array_equal(found[1], cells[:, 0])
        np.testing.assert_array_equal(found[0], cells[:, 1:])


@given(pixels=PIXEL_TABLES, labels=st.booleans())
def test_both_ways_read_the_same(tmp_path_factory, pixels, labels):
    path = tmp_path_factory.mktemp("csv") / "train.csv"
    path.write_text(csv_text(pixels, np.arange(len(pixels)) if labels else None))
    if pixels.shape[1] + labels < 2:
        return  # a single column is no table
    fast = load(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("deepbelief.datasets.csv_table.read_whole_numbers", lambda *_: None)
        slow = load(path)
    assert fast.fingerprint == slow.fingerprint
    assert fast.image_shape == slow.image_shape
    np.testing.assert_array_equal(fast.labels, slow.labels)


def test_shape_name_and_source(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text(csv_text(PIXELS, LABELS))
    dataset = load(path)
    assert dataset.image_shape == (2, 2)
    assert dataset.name == "train"
    assert dataset.source == f"{path} (Kaggle CSV with labels, pixels divided by 255)"
    path.write_text(csv_text(PIXELS[:, :3]))
    assert load(path).image_shape is None
    assert load(path).source == f"{path} (Kaggle CSV without labels, pixels divided by 255)"


def test_quoted_and_capital_header(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text('"pixel0","Label"\n3,7\n')
    assert load(path).labels.tolist() == [7]


@pytest.mark.parametrize("cell", ["x", "2x"])
def test_a_cell_that_is_no_number(tmp_path, cell):
    path = tmp_path / "train.csv"
    path.write_text(f"label,pixel0,pixel1\n1,2,3\n4,5,{cell}\n6,7,8\n", encoding="utf-8")
    refusal(path, f"row 3, column 3 (pixel1): {cell!a} among numbers")


@pytest.mark.parametrize("cell, number", [("256", "256"), ("-1", "-1"), ("255.5", "255.5")])
def test_a_number_that_is_no_pixel(tmp_path, cell, number):
    path = tmp_path / "train.csv"
    path.write_text(f"label,pixel0,pixel1\n1,2,3\n4,5,{cell}\n6,7,8\n")
    refusal(path, f"row 3, column 3 (pixel1): {number} is no pixel, which is a number from 0 to 255")


@pytest.mark.parametrize(
    "cell, value", [("1.0", 1), ("1e2", 100), (" 7", 7), ('"7"', 7), ("", np.nan), ("nan", np.nan)]
)
def test_a_pixel_written_in_another_way(tmp_path, cell, value):
    path = tmp_path / "train.csv"
    path.write_text(f"label,pixel0,pixel1\n1,2,3\n4,5,{cell}\n6,7,8\n")
    expected = np.float32([[2, 3], [5, value], [7, 8]]) / np.float32(255)
    np.testing.assert_array_equal(load(path).images, expected)


@pytest.mark.parametrize("row, says", [("1,2", "2 values"), ("1,2,3,4", "more values"), ("1,2,3,4,5", "5 values")])
def test_a_ragged_row(tmp_path, row, says):
    path = tmp_path / "train.csv"
    path.write_text(f"label,pixel0,pixel1\n1,2,3\n{row}\n1,2,3\n")
    refusal(path, f"row 3: {says} where the header names 3 columns")


def test_ragged_rows_that_make_up_for_each_other(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text("label,pixel0,pixel1\n1,2,3,4\n1,2\n")
    refusal(path, "row 2: more values")


def test_a_blank_line_between_rows_is_left_out(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text("label,pixel0\n1,2\n\n3,4\n")
    assert load(path).labels.tolist() == [1, 3]
    assert load(path).notes[0] == "left out: 1 blank row"


def test_an_offence_far_down_names_its_row(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text("label,pixel0\n" + "1,22\n" * 600_000 + "1,256\n" + "1,2\n" * 10)
    refusal(path, "row 600002, column 2 (pixel0): 256")


@pytest.mark.parametrize("text", ["label,pixel0", "label,pixel0\n", "label,pixel0\r\n\r\n\n"])
def test_no_rows(tmp_path, text):
    path = tmp_path / "train.csv"
    path.write_text(text, newline="")
    refusal(path, "row 2: the file ends after its header")


def test_labels_without_images(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text("label\n1\n")
    refusal(path, "labels without images")


@pytest.mark.parametrize("header, column", [("label,pixel0,label", "3 (label)"), ("label,pixel0,pixel0", "3 (pixel0)")])
def test_a_column_twice(tmp_path, header, column):
    path = tmp_path / "train.csv"
    path.write_text(header + "\n1,2,3\n")
    refusal(path, f"row 1, column {column}: the name is taken by column")
