import re

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from datasets.writers import csv_text, loaded_or_refused, refusal
from deepbelief.datasets import kaggle_csv, load
from deepbelief.errors import DataError

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
    assert dataset.images.dtype == np.float32
    assert dataset.images.flags.c_contiguous
    np.testing.assert_array_equal(dataset.images, pixels.astype(np.float32) / np.float32(255))
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
        patch.setattr(kaggle_csv, "_BLOCK", block)
        dataset = load(path)
    np.testing.assert_array_equal(dataset.images, load(path).images)
    np.testing.assert_array_equal(dataset.labels, np.arange(len(pixels)))


@given(body=st.text("0125-,,\n\n\r a", max_size=40), block=st.integers(1, 50))
@example(body="0" * 200, block=8)
@example(body="1,2,3\n\n" + "1,2,3\n" * 3, block=7)
@example(body="1,2,3\n" + "\n" * 99, block=7)
def test_fast_and_slow_reading_agree(tmp_path_factory, body, block):
    """What is refused is refused with its place, and what is read is what the plain rules make of it."""
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    path.write_bytes(b"label,p0,p1\n" + body.encode())
    lines = body.replace("\r\n", "\n").rstrip("\n").split("\n")
    row = re.compile(r"(-1|[0-9]{1,18})(,0*([0-9]{1,2}|1[0-9]{2}|2[0-4][0-9]|25[0-5])){2}")
    good = all(row.fullmatch(line) and max(map(len, line.split(",")[1:])) <= 3 for line in lines)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kaggle_csv, "_BLOCK", block)
        result = loaded_or_refused(path)
    if isinstance(result, str):
        assert not good or body.endswith("\n" * 30)
        assert re.search(r"x\.csv, row \d+", result)
    else:
        assert good
        cells = np.array([line.split(",") for line in lines], dtype=np.int64)
        np.testing.assert_array_equal(result.labels, cells[:, 0])
        np.testing.assert_array_equal(np.rint(result.images * 255), cells[:, 1:])


def test_shape_name_and_source(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text(csv_text(PIXELS, LABELS))
    dataset = load(path)
    assert dataset.image_shape == (2, 2)
    assert dataset.name == "train"
    assert dataset.source == f"{path} (Kaggle CSV with labels)"
    path.write_text(csv_text(PIXELS[:, :3]))
    assert load(path).image_shape is None
    assert load(path).source == f"{path} (Kaggle CSV without labels)"


def test_quoted_and_capital_header(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text('"pixel0","Label"\n3,7\n')
    assert load(path).labels.tolist() == [7]


@pytest.mark.parametrize("cell", ["x", "256", "-1", "nan", "NaN", "1.0", "1e2", " 7", "+7", "0255", '"7"', "²"])
def test_a_cell_that_is_no_pixel(tmp_path, cell):
    path = tmp_path / "train.csv"
    path.write_text(f"label,pixel0,pixel1\n1,2,3\n4,5,{cell}\n6,7,8\n", encoding="utf-8")
    refusal(path, f"row 3, column 3 (pixel1): {cell!a} is not a whole number from 0 to 255")


@pytest.mark.parametrize("cell", ["x", "-2", "1.0", "nan", "1" * 19])
def test_a_cell_that_is_no_label(tmp_path, cell):
    path = tmp_path / "train.csv"
    path.write_text(f"pixel0,label,pixel1\n1,2,3\n4,{cell},5\n")
    refusal(path, f"row 3, column 2 (label): {cell!a} is not a whole number from 0, or -1")


@pytest.mark.parametrize("row, column, name", [(",2,3", 1, "label"), ("1,,3", 2, "pixel0"), ("1,2,", 3, "pixel1")])
def test_an_empty_cell(tmp_path, row, column, name):
    path = tmp_path / "train.csv"
    path.write_text(f"label,pixel0,pixel1\n1,2,3\n{row}\n")
    refusal(path, f"row 3, column {column} ({name}): the cell is empty")


@pytest.mark.parametrize("row, n_values", [("1,2", 2), ("1,2,3,4", 4), ("1", 1)])
def test_a_ragged_row(tmp_path, row, n_values):
    path = tmp_path / "train.csv"
    path.write_text(f"label,pixel0,pixel1\n1,2,3\n{row}\n1,2,3\n")
    refusal(path, f"row 3: {n_values} values where the header names 3 columns")


def test_ragged_rows_that_make_up_for_each_other(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text("label,pixel0,pixel1\n1,2,3,4\n1,2\n")
    refusal(path, "row 2: 4 values")


def test_a_blank_line_between_rows(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text("label,pixel0\n1,2\n\n1,2\n")
    refusal(path, "row 3: the row is blank")


def test_an_offence_after_the_first_block_names_its_row(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text("label,pixel0\n" + "1,22\n" * 200_000 + "1,256\n" + "1,2\n" * 10)
    refusal(path, "row 200002, column 2 (pixel0): '256'")


def test_an_endless_row(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text("label,pixel0\n1,2\n" + "1" * 1_000_000)
    refusal(path, "row 3: the row is longer than 2 numbers can be")


@pytest.mark.parametrize("text", ["label,pixel0", "label,pixel0\n", "label,pixel0\r\n\r\n\n"])
def test_no_rows(tmp_path, text):
    path = tmp_path / "train.csv"
    path.write_text(text, newline="")
    refusal(path, "row 2: the file ends after its header")


@pytest.mark.parametrize("first", ["5,0,255", "0.5,1.0,-3e-2", "5,,nan"])
def test_no_header(tmp_path, first):
    path = tmp_path / "train.csv"
    path.write_text(f"{first}\n5,0,255\n")
    refusal(path, "row 1: a header line is needed")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark(tmp_path, encoding):
    path = tmp_path / "train.csv"
    path.write_text(csv_text(PIXELS, LABELS), encoding=encoding)
    refusal(path, "row 1, column 1: the file starts with a byte-order mark; save it as UTF-8 without")


def test_a_header_in_another_encoding(tmp_path):
    path = tmp_path / "train.csv"
    path.write_bytes("label,pixél0\n1,2\n".encode("latin-1"))
    refusal(path, "row 1, column 2: the header is not UTF-8")


def test_an_endless_header(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text("label," * 200_000)
    refusal(path, "row 1: the header is longer")


@pytest.mark.parametrize("header, column", [("label,pixel0,label", "3 (label)"), ("label,pixel0,pixel0", "3 (pixel0)")])
def test_a_column_twice(tmp_path, header, column):
    path = tmp_path / "train.csv"
    path.write_text(header + "\n1,2,3\n")
    refusal(path, f"row 1, column {column}: the name is taken by column")


@pytest.mark.parametrize("header, column", [("ImageId,pixel0", "1 (ImageId)"), ("label,pixel0,", "3 ()")])
def test_a_column_that_is_no_pixel(tmp_path, header, column):
    path = tmp_path / "test.csv"
    path.write_text(header + "\n" + "1," * header.count(",") + "1\n")
    refusal(path, f"row 1, column {column}: neither label nor a pixel")


def test_labels_without_images(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text("label\n1\n")
    with pytest.raises(DataError, match=r"row 1: labels without images"):
        kaggle_csv.read_kaggle_csv(path)
