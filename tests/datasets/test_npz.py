import io
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from datasets.writers import loaded_or_refused, refusal
from deepbelief.datasets import load

X = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20


def saved(path, **arrays):
    np.savez(path, **arrays)
    return path


def zipped(path, members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def npy(array):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


@given(
    x=hnp.arrays(
        st.sampled_from([np.uint8, np.int16, np.dtype(">i4"), np.int64, np.uint64]),
        hnp.array_shapes(min_dims=2, max_dims=3, max_side=6),
        elements=st.integers(0, 100).map(lambda value: value + 2),
    ),
    fortran=st.booleans(),
    save=st.sampled_from([np.savez, np.savez_compressed]),
)
def test_integers_in_0_to_255_are_divided_by_255(tmp_path_factory, x, fortran, save):
    path = tmp_path_factory.mktemp("npz") / "x.npz"
    save(path, X=np.asfortranarray(x) if fortran else x)
    dataset = load(path)
    assert dataset.images.dtype == np.float32
    assert dataset.images.flags.c_contiguous
    np.testing.assert_array_equal(dataset.images, x.reshape(len(x), -1).astype(np.float32) / np.float32(255))
    assert dataset.image_shape == (x.shape[1:] if x.ndim == 3 else {1: (1, 1), 4: (2, 2)}.get(x.shape[1]))


@given(
    x=hnp.arrays(
        st.sampled_from([np.float16, np.float32, np.float64, np.dtype(">f4")]),
        hnp.array_shapes(min_dims=2, max_dims=2, max_side=6),
        elements=st.sampled_from([0, 0.25, 1 / 3, 0.999, 1]),
    )
)
def test_floats_in_0_to_1_stay(tmp_path_factory, x):
    dataset = load(saved(tmp_path_factory.mktemp("npz") / "x.npz", X=x))
    np.testing.assert_array_equal(dataset.images, x.astype(np.float32))
    assert dataset.images.dtype == np.float32
    assert "values as they are" in dataset.source


def test_bools_stay(tmp_path):
    dataset = load(saved(tmp_path / "x.npz", X=X > 100))
    np.testing.assert_array_equal(dataset.images, X > 100)
    assert dataset.images.dtype == np.float32


def test_integers_0_and_1_are_binary_pixels(tmp_path):
    dataset = load(saved(tmp_path / "x.npz", X=np.eye(3, dtype=np.uint8)))
    np.testing.assert_array_equal(dataset.images, np.eye(3))


@given(
    x=hnp.arrays(
        st.sampled_from([np.float16, np.float32, np.float64, np.int16, np.int32]),
        hnp.array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=6),
        elements=st.integers(-1000, 1000),
    )
)
def test_values_in_no_known_range_are_left_to_the_model(tmp_path_factory, x):
    """Of two files the same row comes out the same, whatever else is in them."""
    x[0, 0], x[0, 1] = -3, 999
    folder = tmp_path_factory.mktemp("npz")
    whole, part = load(saved(folder / "whole.npz", X=x)), load(saved(folder / "part.npz", X=x[:1]))
    np.testing.assert_array_equal(whole.images, x.astype(np.float32))
    np.testing.assert_array_equal(part.images[0], whole.images[0])
    assert "as they are" in whole.source


@pytest.mark.parametrize("values", [[-1e39, 1e39], [-1.7e308, 1.7e308], [0.0, 1e39]])
def test_values_that_float32_cannot_hold(tmp_path, values):
    refusal(saved(tmp_path / "x.npz", X=np.array([values])), "do not fit into float32")


@pytest.mark.parametrize("bad", [np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_value_that_is_not_finite(tmp_path, bad, dtype):
    x = np.zeros((3, 4), dtype)
    x[1, 2] = bad
    refusal(saved(tmp_path / "x.npz", X=x), f"X, row 2, column 3: {bad} is no number")


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_labels_may_be_missing_but_not_infinite(tmp_path, dtype):
    labels = load(saved(tmp_path / "x.npz", X=X, y=np.array([1, np.nan, 2], dtype))).labels
    np.testing.assert_array_equal(labels, np.array([1, np.nan, 2], dtype))
    for bad in (np.inf, -np.inf):
        refusal(saved(tmp_path / "x.npz", X=X, y=np.array([1, np.nan, bad], dtype)), f"y, row 3: {bad} is no label")


def test_a_column_of_nan_is_named_as_one(tmp_path):
    x = np.array([[0.5, np.nan, np.inf], [0.5, np.nan, 0.5]])
    refusal(saved(tmp_path / "x.npz", X=x), "x.npz, X, column 2: every value is nan; leave this column out")


@pytest.mark.parametrize(
    "x, says",
    [
        (
            [["1", "2.5"], ["3", "red"]],
            "X, row 2, column 2: 'red' is no number; write numbers in this column, or leave",
        ),
        ([[b"1", b"2"], [b"n/a", b"4"]], "X, row 2, column 1: 'n/a' is no number"),
        ([["1", ""], ["3", "4"]], "X, row 1, column 2: '' is no number"),
        ([["1", "2.5"], ["nan", "4"]], "X: the numbers are written as text; save X.astype(float)"),
    ],
)
def test_text_where_numbers_are_needed(tmp_path, x, says):
    refusal(saved(tmp_path / "x.npz", X=np.array(x)), says)


def test_following_the_advice_about_numbers_as_text_works(tmp_path):
    x = np.array([["1", "2.5"], ["3", "4e-1"]])
    np.testing.assert_array_equal(
        load(saved(tmp_path / "x.npz", X=x.astype(float))).images, np.float32([[1, 2.5], [3, 0.4]])
    )


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64, np.uint32])
def test_integer_labels_become_int64(tmp_path, dtype):
    labels = load(saved(tmp_path / "x.npz", X=X, y=np.array([0, 5, 9], dtype))).labels
    assert labels.dtype == np.int64
    assert labels.tolist() == [0, 5, 9]


@pytest.mark.parametrize("y", [["cat", "dog", "δ"], [b"a", b"b", b"c"], [True, False, True]])
def test_other_labels_are_kept(tmp_path, y):
    labels = load(saved(tmp_path / "x.npz", X=X, y=np.array(y))).labels
    assert labels.dtype == np.array(y).dtype
    assert labels.tolist() == y


def test_a_missing_number_stays_missing(tmp_path):
    x = np.array([[0.5, np.nan], [1.0, 0.25]])
    np.testing.assert_array_equal(load(saved(tmp_path / "x.npz", X=x)).images, x.astype(np.float32))


@pytest.mark.parametrize("y", [np.array([[2], [0], [1]]), np.eye(3)[[2, 0, 1]]])
def test_labels_in_a_column_and_one_of_several(tmp_path, y):
    assert load(saved(tmp_path / "x.npz", X=X, y=y)).labels.tolist() == [2, 0, 1]


LAYOUTS = {
    "Keras": ("x_train", "y_train", "x_test", "y_test"),
    "scikit-learn": ("X_train", "y_train", "X_test", "y_test"),
    "MedMNIST": ("train_images", "train_labels", "test_images", "test_labels"),
}


@pytest.mark.parametrize("names", LAYOUTS.values(), ids=LAYOUTS)
def test_the_names_of_others_with_two_splits(tmp_path, names):
    path = saved(tmp_path / "x.npz", **dict(zip(names, (X, np.arange(3), X[:2], np.arange(2)), strict=True)))
    assert load(path).labels.tolist() == [0, 1, 2]
    assert load(path, split="test").images.shape == (2, 4)
    assert names[0] in load(path).source


@pytest.mark.parametrize("names", [("data", "target"), ("images", "labels"), ("arr_0", "arr_1")])
def test_the_names_of_others(tmp_path, names):
    assert load(saved(tmp_path / "x.npz", **{names[0]: X, names[1]: [7, 8, 9]})).labels.tolist() == [7, 8, 9]
    assert load(saved(tmp_path / "x.npz", **{names[0]: X})).labels is None


def test_colour_pictures(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 4, 6, 3), dtype=np.uint8)
    last, first = (
        load(saved(tmp_path / "a.npz", x=pixels)),
        load(saved(tmp_path / "b.npz", x=np.moveaxis(pixels, 3, 1))),
    )
    assert last.image_shape == first.image_shape == (4, 6, 3)
    assert last.fingerprint == first.fingerprint
    refusal(saved(tmp_path / "c.npz", x=np.ones((5, 4, 6, 2))), "have neither 1 nor 3 channels")


def test_numbers_to_be_predicted_are_no_classes(tmp_path):
    path = saved(tmp_path / "x.npz", X=np.tile(X, (9, 1)), y=np.linspace(0, 1, 27))
    assert load(path).labels is None
    np.testing.assert_array_equal(load(path).targets, np.linspace(0, 1, 27))
    assert load(path, task="classify").targets is None
    few = saved(tmp_path / "few.npz", X=np.tile(X, (9, 1)), y=np.tile([0.5, 1.5, 2.0], 9))
    assert load(few).targets.tolist() == [0.5, 1.5, 2.0] * 9
    assert load(few, task="classify").labels.tolist() == ["0.5", "1.5", "2.0"] * 9
    assert load(path, task="features").targets is None


def test_labels_absent(tmp_path):
    dataset = load(saved(tmp_path / "fish.npz", X=X))
    assert dataset.labels is None
    assert dataset.name == "fish"
    assert dataset.source == f"{tmp_path / 'fish.npz'} (npz without labels, integers divided by 255)"


def test_an_image_shape_that_is_said(tmp_path):
    assert load(saved(tmp_path / "x.npz", X=X, image_shape=(1, 4))).image_shape == (1, 4)
    assert load(saved(tmp_path / "x.npz", X=X.reshape(3, 1, 4), image_shape=(1, 4))).image_shape == (1, 4)


@pytest.mark.parametrize("image_shape", [(3, 3), (-2, -2), (4,), (2.0, 2.0), ("2", "2")])
def test_an_image_shape_that_does_not_fit(tmp_path, image_shape):
    refusal(saved(tmp_path / "x.npz", X=X, image_shape=image_shape), "image_shape: ")


def test_an_image_shape_that_contradicts_x(tmp_path):
    refusal(saved(tmp_path / "x.npz", X=X.reshape(3, 2, 2), image_shape=(1, 4)), "image_shape: 1 × 4 does not fit")


def test_no_x(tmp_path):
    refusal(saved(tmp_path / "x.npz", pictures=X), "a zip without X (it holds 'pictures')")
    refusal(zipped(tmp_path / "digit-recognizer.zip", {"train.csv": "label,pixel0"}), "it holds 'train.csv'")
    refusal(zipped(tmp_path / "empty.zip", {}), "it holds nothing")


@pytest.mark.parametrize("name", ["X", "y"])
def test_pickled_objects_are_never_opened(tmp_path, name):
    arrays = {"X": X, "y": np.arange(3)} | {name: np.array([[print], [None], [1]], dtype=object)}
    refusal(saved(tmp_path / "x.npz", **arrays), f"{name}: values of type object are not read")


@pytest.mark.parametrize("x", [X.astype("M8[s]"), X.astype(complex), X.astype([("a", "u1")])])
def test_types_that_are_no_numbers(tmp_path, x):
    refusal(saved(tmp_path / "x.npz", X=x), "X: values of type")


@pytest.mark.parametrize(
    "x", [X[0], X[:0], X[:, :0], X[None, None, None], X[None].astype(str), X.astype(np.longdouble)]
)
def test_arrays_that_cannot_be_images(tmp_path, x):
    refusal(saved(tmp_path / "x.npz", X=x), "X: ", "cannot be images")


def test_counts_that_differ(tmp_path):
    refusal(saved(tmp_path / "x.npz", X=X, y=np.arange(2)), "y: 2 labels for the 3 rows of X")


def test_labels_of_two_dimensions(tmp_path):
    refusal(saved(tmp_path / "x.npz", X=X, y=np.ones((3, 3))), "y: labels of shape (3, 3)", "DBNClassifier")


def test_a_header_that_promises_more_or_less_than_the_member_holds(tmp_path):
    refusal(zipped(tmp_path / "x.npz", {"X.npy": npy(X)[:-1]}), "X: the array's header promises 12 bytes", "holds 11")
    refusal(
        zipped(tmp_path / "x.npz", {"X.npy": npy(X) + b"\0"}), "X: the array's header promises 12 bytes", "holds 13"
    )


def test_an_absurd_promise_is_refused_without_allocating_it(tmp_path):
    content = npy(X).replace(b"(3, 4), }" + b" " * 10, b"(3000000, 40000), }")
    assert content != npy(X)
    refusal(zipped(tmp_path / "x.npz", {"X.npy": content}), "promises 120000000000 bytes")


def test_a_header_of_absurd_length(tmp_path):
    content = b"\x93NUMPY\x02\x00" + struct.pack("<I", 1 << 31) + b" " * 100
    refusal(zipped(tmp_path / "x.npz", {"X.npy": content}), "X: the array's header claims 2147483648 bytes")


@pytest.mark.parametrize(
    "header",
    [b"{", b"{'descr': '|u1'}", b"(" * 5000, b"\xff", b"{'descr': '|u1', 'fortran_order': False, 'shape': (-1,)}"],
)
def test_a_damaged_header(tmp_path, header):
    content = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header
    refusal(zipped(tmp_path / "x.npz", {"X.npy": content}), "X: the array's header is damaged")


def test_a_member_that_is_no_array(tmp_path):
    refusal(zipped(tmp_path / "x.npz", {"X": b"hello, hello"}), "X: no NumPy array (it starts with 'hello, h')")


def test_a_compression_that_numpy_does_not_write(tmp_path):
    refusal(zipped(tmp_path / "x.npz", {"X.npy": npy(X)}, zipfile.ZIP_LZMA), "X: a compression")


@given(data=st.data())
def test_damage_anywhere_raises_nothing_but_data_errors(tmp_path_factory, data):
    path = saved(tmp_path_factory.mktemp("npz") / "x.npz", X=X, y=np.arange(3))
    content = bytearray(path.read_bytes())
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(4, len(content) - 1)) :]
    for position in data.draw(st.lists(st.integers(4, max(4, len(content) - 1)), max_size=4)):
        if position < len(content):
            content[position] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    result = loaded_or_refused(path)
    if isinstance(result, str):
        assert "\n" not in result
    else:
        assert result.images.min() >= 0
        assert result.images.max() <= 1


def test_compressed_black_and_white_images_are_no_bomb(tmp_path):
    """As 64-bit floats they are read at any size; what holds next to nothing is refused, with a way out."""
    lines = np.random.default_rng(0).random((4000, 784)) < 0.02
    strokes = (lines | np.roll(lines, 1, axis=1) | np.roll(lines, 2, axis=1)).astype(np.float64)
    np.savez_compressed(tmp_path / "strokes.npz", X=strokes)
    np.testing.assert_array_equal(load(tmp_path / "strokes.npz").images, strokes)
    np.savez_compressed(tmp_path / "nothing.npz", X=np.zeros_like(strokes))
    refusal(tmp_path / "nothing.npz", "more than 200 times", "save it with numpy.savez")
    assert load(saved(tmp_path / "nothing.npz", X=np.zeros_like(strokes))).images.max() == 0


def test_a_nan_with_a_payload_is_missing(tmp_path):
    """NumPy's fmin and fmax let some of them through."""
    x = np.ones((3, 4), np.float32)
    x[2, 3] = np.array(0x7F800001, np.uint32).view(np.float32)
    assert np.isnan(load(saved(tmp_path / "x.npz", X=x)).images).sum() == 1


def test_text_in_columns_is_read_like_text_in_rows(tmp_path):
    refusal(saved(tmp_path / "x.npz", X=np.asfortranarray([["1", "2"], ["3", "red"]])), "row 2, column 2: 'red'")
