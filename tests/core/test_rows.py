"""The same rows, whatever matrix they are kept in and wherever they go."""

import warnings

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st

from deepbelief.core.arrays import to_numpy
from deepbelief.core.rows import ROWS_AT_ONCE, Rows

PIXELS = np.random.default_rng(0).integers(0, 256, (23, 5)).astype(np.uint8)
KINDS = {
    "dense": lambda x: x.astype(np.float64),
    "single": lambda x: x.astype(np.float32),
    "uint8": lambda x: x,
    "column_order": np.asfortranarray,
    "csr_matrix": lambda x: scipy.sparse.csr_matrix(x.astype(np.float64)),
    "csr_array": lambda x: scipy.sparse.csr_array(x.astype(np.float32)),
}


@pytest.fixture(params=KINDS.values(), ids=KINDS.keys())
def kind(request):
    return request.param


class Unreadable(np.ndarray):
    def __getitem__(self, indices):
        raise AssertionError("labels are on the host, and indices may be on a graphics card")


def test_taking_values_does_not_read_labels():
    """Kernels take rows by indices on the device, which labels on the host cannot be taken by."""
    rows = Rows(PIXELS, np.float32, labels=np.arange(23).view(Unreadable))
    assert rows.take(np.arange(4)).shape == (4, 5)
    with pytest.raises(AssertionError, match="labels are on the host"):
        rows.batch(np.arange(4))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_kind_of_matrix_gives_the_same_batches(kind, dtype, device):
    rows = Rows(kind(PIXELS), dtype, device)
    order = np.random.default_rng(1).permutation(23)
    for indices in np.split(order, [10, 20]):
        batch = rows.take(indices)
        assert to_numpy(batch).dtype == dtype
        np.testing.assert_array_equal(to_numpy(batch), PIXELS[indices])
    assert (len(rows), rows.n_features) == (23, 5)


def test_scaling_is_an_affine_map_of_the_values(kind, device):
    """(x − minimum)/span, also where the matrix is sparse and its zeros move."""
    scaled = to_numpy(Rows(kind(PIXELS), np.float64, device, shift=-3.0, scale=510.0).take(slice(None)))
    np.testing.assert_allclose(scaled, (PIXELS.astype(float) + 3.0) / 510.0, rtol=1e-15)


@pytest.mark.parametrize("scale", [(0.0, 1.0), (-3.0, 510.0)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_reader_writes_what_take_returns(kind, dtype, scale):
    """Bit for bit, into a part of a larger array, whose rest it leaves alone; one reader serves batches of any size."""
    rows = Rows(kind(PIXELS), dtype, "numpy", *scale)
    reader = rows.reader(10)
    for indices in (np.array([3, 22, 3, 0]), np.arange(10)):
        out = np.full((len(indices), 6), 7.0, dtype)
        reader.read(indices, out[:, :5])
        np.testing.assert_array_equal(out[:, :5], rows.take(indices))
        assert (out[:, 5] == 7).all()


def test_unsigned_bytes_do_not_wrap_around(device):
    """A minimum above the smallest pixel gives negative numbers, not 255."""
    scaled = to_numpy(Rows(np.array([[0, 255]], dtype=np.uint8), np.float32, device, 1.0, 2.0).take(slice(None)))
    np.testing.assert_array_equal(scaled, [[-0.5, 127.0]])


@given(st.integers(1, 60), st.integers(1, 70))
def test_spread_takes_evenly_spaced_rows_the_same_each_time(n_rows, n_wanted):
    """First and last among them (if there is more than one), none twice, gaps equal to within one row."""
    rows = Rows(np.arange(n_rows, dtype=float)[:, None], np.float64, "numpy", 0.0, 2.0)
    spread, again = (rows.spread(n_wanted).take(slice(None))[:, 0] * 2 for _ in range(2))
    np.testing.assert_array_equal(spread, again)
    assert len(spread) == len(set(spread)) == min(n_rows, n_wanted)
    assert spread[0] == 0
    if len(spread) > 1:
        gaps = np.diff(spread)
        assert spread[-1] == n_rows - 1
        assert gaps.max() - gaps.min() <= 1


@pytest.mark.parametrize("n_rows", [1, ROWS_AT_ONCE - 1, ROWS_AT_ONCE, ROWS_AT_ONCE + 1, 2 * ROWS_AT_ONCE + 7])
def test_chunks_hold_every_row_once_and_in_order(n_rows, device):
    values = np.arange(n_rows, dtype=float)[:, None]
    chunks = [to_numpy(chunk) for chunk in Rows(values, np.float64, device).chunks()]
    assert max(len(chunk) for chunk in chunks) <= ROWS_AT_ONCE
    np.testing.assert_array_equal(np.concatenate(chunks), values)


def test_moments_are_those_of_the_scaled_rows(kind, device):
    mean, variance = Rows(kind(PIXELS), np.float64, device, 10.0, 100.0).moments()
    scaled = (PIXELS.astype(float) - 10.0) / 100.0
    np.testing.assert_allclose(to_numpy(mean), scaled.mean(axis=0), rtol=1e-13)
    np.testing.assert_allclose(to_numpy(variance), scaled.var(axis=0), rtol=1e-13)


def test_moments_of_single_precision_rows_are_accumulated_in_double():
    """5,000 rows of 10,000 ± 0.5: sums of squares at float32 would lose the variance altogether."""
    values = (1e4 + np.random.default_rng(0).choice([-0.5, 0.5], (5000, 2))).astype(np.float32)
    mean, variance = Rows(values, np.float32).moments()
    assert mean.dtype == variance.dtype == np.float32
    np.testing.assert_allclose(mean, values.mean(axis=0, dtype=float), rtol=1e-7)
    np.testing.assert_allclose(variance, values.var(axis=0, dtype=float), rtol=1e-6)


def test_rows_that_may_not_be_written_to_are_read_without_a_warning(device):
    """Memory-mapped data are read-only; nothing here needs to write."""
    values = np.arange(6.0).reshape(3, 2)
    values.setflags(write=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        batch = Rows(values, np.float64, device).take(slice(None))
    np.testing.assert_array_equal(to_numpy(batch), values)
