"""Products in C against NumPy at float64: all shapes that tiles and vectors end in, all layouts, and what follows."""

import itertools

import numpy as np
import pytest
from scipy.special import expit

SIZES = [1, 2, 3, 5, 6, 7, 8, 13, 14, 15, 16, 17, 29, 32, 33, 49, 100]
ROWS, DEPTHS = [1, 2, 5, 6, 7, 13, 14, 15, 29, 97, 200], [1, 7, 8, 16, 17, 100, 255, 256, 257, 1100]
EPS = float(np.finfo(np.float32).eps)
SHAPES = [(m, 9, n) for m in ROWS for n in SIZES] + [
    (m, k, n) for m in (1, 7, 100) for k in DEPTHS for n in (1, 16, 50)
]
LAYOUTS = ["w", "w_transposed", "x_transposed", "both_transposed", "parts"]


def factors(shape, layout, seed=0):
    """Return x, (m, k), and w, (k, n), with values from [−1, 1)."""
    m, k, n = shape
    rng = np.random.default_rng(seed)
    x, w = (rng.uniform(-1, 1, size).astype(np.float32) for size in ((m, k), (k, n)))
    if layout in ("w_transposed", "both_transposed"):
        w = np.asfortranarray(w)
    if layout in ("x_transposed", "both_transposed"):
        x = np.asfortranarray(x)
    if layout == "parts":
        x, w = (np.pad(array, ((0, 2), (0, 3)), constant_values=np.nan)[:-2, :-3] for array in (x, w))
    return x, w


def bordered(shape, columns_more=2):
    """Return an array to write to, and the larger one that it is a part of, whose border nobody may touch."""
    whole = np.full((shape[0] + 2, shape[1] + columns_more + 1), 7, np.float32)
    return whole[1:-1, 1 : 1 + shape[1]], whole


def assert_border_is_untouched(whole, shape):
    whole = whole.copy()
    whole[1:-1, 1 : 1 + shape[1]] = 7
    assert (whole == 7).all()


def test_the_module_says_what_it_is_for(loops):
    assert loops.__doc__


@pytest.mark.parametrize("layout", LAYOUTS)
def test_sums_of_all_shapes(loops, layout):
    """Each is off by no more than the sum of its terms, which are at most 1, rounded k times."""
    for shape in SHAPES:
        x, w = factors(shape, layout)
        out, whole = bordered((shape[0], shape[2]))
        loops.linear(x, w, out)
        np.testing.assert_allclose(out, x.astype(float) @ w.astype(float), rtol=0, atol=shape[1] * EPS)
        assert_border_is_untouched(whole, out.shape)


@pytest.mark.parametrize("layout", ["w", "w_transposed"])
@pytest.mark.parametrize("n_threads", [2, 3])
def test_numbers_do_not_depend_on_threads(loops, threads, layout, n_threads):
    for shape in [(100, 784, 50), (10, 3000, 40), (1000, 900, 1), (3, 500, 700)]:
        x, w = factors(shape, layout)
        alone, together = (np.empty((shape[0], shape[2]), np.float32) for _ in range(2))
        threads(1)
        loops.linear(x, w, alone)
        threads(n_threads)
        for _ in range(20):
            together[:] = np.nan
            loops.linear(x, w, together)
            np.testing.assert_array_equal(together, alone)


def test_steps_do_not_depend_on_threads(loops, threads):
    left, right = (factors((700, n, 1), "w", seed=n)[0] for n in (300, 130))
    found = []
    for n_threads in (1, 3):
        threads(n_threads)
        w, velocity = (np.ones((300, 130), np.float32) for _ in range(2))
        for _ in range(5):
            loops.update(left, right, w, velocity, 0.5, 0.01, 299, 130)
        found.append((w, velocity))
    np.testing.assert_array_equal(found[0], found[1])


def test_logistic(loops):
    """Within two roundings of one; nothing overflows, nothing becomes subnormal, NaN stays NaN."""
    z = np.concatenate([np.linspace(-100, 100, 20001), [1e30, -1e30, np.inf, -np.inf, 0.0]]).astype(np.float32)
    out = np.empty((len(z), 1), np.float32)
    loops.logistic(z[:, None], np.ones((1, 1), np.float32), out, 1.0, None, None)
    np.testing.assert_allclose(out[:, 0], expit(z.astype(float)), rtol=0, atol=EPS)
    inside = abs(z) <= 80
    np.testing.assert_allclose(out[inside, 0], expit(z[inside].astype(float)), rtol=8 * EPS)
    assert out.min() > np.finfo(np.float32).tiny
    loops.logistic(np.full((1, 1), np.nan, np.float32), np.ones((1, 1), np.float32), out[:1], 1.0, None, None)
    assert np.isnan(out[0, 0])


@pytest.mark.parametrize("layout", ["w", "w_transposed"])
@pytest.mark.parametrize("scale", [1.0, -0.003])
def test_means_and_states(loops, layout, scale):
    """States are u < p, with the p of the means and the u of the bits; whatever is not asked for changes nothing."""
    for shape in [(1, 5, 3), (7, 17, 16), (20, 30, 33), (60, 100, 129)]:
        x, w = factors(shape, layout)
        m, n = shape[0], shape[2]
        bits = np.random.default_rng(1).integers(0, 2**32, (m, n + n % 2), dtype=np.uint32)
        (means, whole_means), (states, whole_states) = bordered((m, n)), bordered((m, n))
        loops.logistic(x, w, means, scale, states, bits)
        np.testing.assert_allclose(means / scale, expit(x.astype(float) @ w.astype(float)), atol=shape[1] * EPS)
        p = np.empty((m, n), np.float32)
        loops.logistic(x, w, p, 1.0, None, None)
        np.testing.assert_array_equal(states, (bits[:, :n] >> 9) / np.float32(2**23) < p)
        for whole in (whole_means, whole_states):
            assert_border_is_untouched(whole, (m, n))
        again = np.empty((m, n), np.float32)
        loops.logistic(x, w, None, 1.0, again, bits)
        np.testing.assert_array_equal(again, states)


@pytest.mark.parametrize("layout", ["w", "w_transposed"])
def test_slope(loops, layout):
    for shape in [(1, 10, 3), (9, 10, 50), (100, 10, 129)]:
        x, w = factors(shape, layout)
        m = np.random.default_rng(1).uniform(0, 1, (shape[0], shape[2] + 1)).astype(np.float32)
        out, whole = bordered((shape[0], shape[2]))
        loops.slope(x, w, out, 1.0, None, None, m)
        m = m[:, :-1].astype(float)
        expected = (x.astype(float) @ w.astype(float)) * m * (1 - m)
        np.testing.assert_allclose(out, expected, rtol=0, atol=shape[1] * EPS)
        assert_border_is_untouched(whole, out.shape)


@pytest.mark.parametrize("n_rows, n_in, n_out", [(1, 1, 1), (5, 7, 16), (20, 65, 31), (200, 30, 33), (2500, 17, 40)])
@pytest.mark.parametrize("is_last_decaying", [True, False])
def test_update(loops, n_rows, n_in, n_out, is_last_decaying):
    """Two steps, the second with a velocity; the last row, and the last column if it holds biases, do not decay."""
    rng = np.random.default_rng(0)
    shape = (n_in, n_out)
    n_decaying = n_out if is_last_decaying else n_out - 1
    (w, whole_w), (velocity, whole_velocity) = bordered(shape), bordered(shape)
    w[:], velocity[:] = rng.uniform(-1, 1, shape), 0
    expected_w, expected_velocity = w.astype(float), velocity.astype(float)
    for _ in range(2):
        left, right = (rng.uniform(-1, 1, (n_rows, n)).astype(np.float32) for n in shape)
        loops.update(left, right, w, velocity, 0.75, 0.125, n_in - 1, n_decaying)
        decay = np.zeros(shape)
        decay[:-1, :n_decaying] = 0.125
        expected_velocity = 0.75 * expected_velocity - decay * expected_w + left.T.astype(float) @ right.astype(float)
        expected_w = expected_w + expected_velocity
    np.testing.assert_allclose(velocity, expected_velocity, rtol=0, atol=5 * n_rows * EPS)
    np.testing.assert_allclose(w, expected_w, rtol=0, atol=10 * n_rows * EPS)
    assert_border_is_untouched(whole_w, shape)
    assert_border_is_untouched(whole_velocity, shape)


@pytest.mark.parametrize("n_rows, n_in, n_out", [(1, 1, 1), (20, 65, 31), (200, 30, 33), (600, 17, 40)])
def test_adam(loops, n_rows, n_in, n_out):
    """Two steps with decay; sums of more than 256 terms come in pieces, and Adam must see them whole."""
    rng, shape = np.random.default_rng(0), (n_in, n_out)
    arrays, wholes = zip(*(bordered(shape) for _ in range(4)), strict=True)
    w, mean, square, gradient = arrays
    w[:], mean[:], square[:] = rng.uniform(-1, 1, shape), 0, 0
    expected = [array.astype(float) for array in (w, mean, square)]
    for step in (1, 2):
        left, right = (rng.uniform(-1, 1, (n_rows, n)).astype(np.float32) for n in shape)
        rate, scale = 0.1 / (1 - 0.75**step), (1 - 0.875**step) ** -0.5
        loops.adam(left, right, w, mean, square, gradient, 0.75, 0.875, rate, scale, 0.5, 0.125)
        g = left.T.astype(float) @ right.astype(float) - 0.125 * expected[0]
        expected[1] = 0.75 * expected[1] + 0.25 * g
        expected[2] = 0.875 * expected[2] + 0.125 * g * g
        expected[0] = expected[0] + rate * expected[1] / (scale * np.sqrt(expected[2]) + 0.5)
    for found, numbers in zip((w, mean, square), expected, strict=True):
        np.testing.assert_allclose(found, numbers, rtol=20 * EPS, atol=10 * n_rows * EPS)
    for whole in wholes:
        assert_border_is_untouched(whole, shape)


def float32(*shape):
    return np.ones(shape, np.float32)


REFUSED = {
    "float64": lambda loops: loops.linear(np.ones((2, 3)), float32(3, 4), float32(2, 4)),
    "integers": lambda loops: loops.linear(np.ones((2, 3), np.int32), float32(3, 4), float32(2, 4)),
    "one axis": lambda loops: loops.linear(float32(3), float32(3, 4), float32(2, 4)),
    "other depth": lambda loops: loops.linear(float32(2, 3), float32(4, 4), float32(2, 4)),
    "too few rows": lambda loops: loops.linear(float32(2, 3), float32(3, 4), float32(1, 4)),
    "too few columns": lambda loops: loops.linear(float32(2, 3), float32(3, 4), float32(2, 3)),
    "written by columns": lambda loops: loops.linear(float32(2, 3), float32(3, 4), float32(4, 2).T),
    "columns of the left apart": lambda loops: loops.update(
        float32(2, 6)[:, ::2], float32(2, 4), float32(3, 4), float32(3, 4), 0.0, 0.0, 3, 4
    ),
    "every other column": lambda loops: loops.linear(float32(2, 3), float32(3, 8)[:, ::2], float32(2, 4)),
    "backwards": lambda loops: loops.linear(float32(2, 3)[::-1], float32(3, 4), float32(2, 4)),
    "broadcast": lambda loops: loops.linear(float32(2, 3), np.broadcast_to(float32(4), (3, 4)), float32(2, 4)),
    "bits without states": lambda loops: loops.logistic(
        float32(2, 3), float32(3, 4), float32(2, 4), 1.0, None, np.ones((2, 4), np.uint32)
    ),
    "too few bits": lambda loops: loops.logistic(
        float32(2, 3), float32(3, 4), None, 1.0, float32(2, 4), np.ones((2, 3), np.uint32)
    ),
    "nothing to write": lambda loops: loops.logistic(float32(2, 3), float32(3, 4), None, 1.0, None, None),
    "other means": lambda loops: loops.slope(
        float32(2, 3), float32(3, 4), float32(2, 4), 1.0, None, None, float32(2, 3)
    ),
    "no means": lambda loops: loops.slope(float32(2, 3), float32(3, 4), float32(2, 4)),
    "states of sums": lambda loops: loops.linear(
        float32(2, 3), float32(3, 4), None, 1.0, float32(2, 4), np.ones((2, 4), np.uint32)
    ),
    "no velocity": lambda loops: loops.update(float32(2, 3), float32(2, 4), float32(3, 4), None, 0.0, 0.0, 3, 4),
    "no indices": lambda loops: loops.gather(float32(5, 3), None, 0.0, 1.0, float32(2, 3)),
    "other offsets": lambda loops: loops.centre(float32(2, 4), np.ones(4, np.float32)),
    "no offsets": lambda loops: loops.centre(float32(2, 4), None),
    "offsets apart": lambda loops: loops.centre(float32(2, 4), np.ones(6, np.float32)[::2]),
    "offsets of float64": lambda loops: loops.centre(float32(2, 4), np.ones(3)),
    "columns apart": lambda loops: loops.centre(float32(4, 8)[:, ::2], np.ones(3, np.float32)),
    "no targets": lambda loops: loops.softmax_errors(float32(2, 3), None, 1.0),
    "other velocity": lambda loops: loops.update(
        float32(2, 3), float32(2, 4), float32(3, 4), float32(3, 3), 0.0, 0.0, 3, 4
    ),
    "no rows": lambda loops: loops.update(float32(0, 3), float32(0, 4), float32(3, 4), float32(3, 4), 0.0, 0.0, 3, 4),
    "no square": lambda loops: loops.adam(
        float32(2, 3), float32(2, 4), float32(3, 4), float32(3, 4), None, float32(3, 4), 0.9, 0.9, 0.1, 1.0, 0.1, 0.0
    ),
    "other mean": lambda loops: loops.adam(
        *(float32(2, 3), float32(2, 4), float32(3, 4), float32(2, 4), float32(3, 4), float32(3, 4)),
        *(0.9, 0.9, 0.1, 1.0, 0.1, 0.0),
    ),
    "too few means": lambda loops: loops.normalise(float32(2, 3), float32(2), float32(3)),
    "no errors": lambda loops: loops.normal_errors(None, float32(2, 3), float32(3), float32(3), float32(3)),
    "no values": lambda loops: loops.normal_errors(float32(2, 3), None, float32(3), float32(3), float32(3)),
    "too few offsets": lambda loops: loops.scaled_units(float32(2, 3), float32(3), float32(2), float32(2, 3)),
    "nowhere to write": lambda loops: loops.scaled_units(float32(2, 3), float32(3), float32(3), None),
    "matrix too wide": lambda loops: loops.update(
        float32(2, 3), float32(2, 4), float32(3, 5), float32(3, 5), 0.0, 0.0, 3, 4
    ),
}


@pytest.mark.parametrize("call", REFUSED.values(), ids=REFUSED.keys())
def test_what_memory_depends_on_is_refused(loops, call):
    with pytest.raises(ValueError, match=r"array|factors|bits|write|means|index|offsets"):
        call(loops)


def test_a_caller_who_rounds_subnormal_numbers_to_0_gets_that_from_all_threads(loops, threads, torch):
    """What counts is the mode of the calling thread, whoever does the work."""
    x, w = np.full((64, 1000), 1e-30, np.float32), np.full((1000, 256), 1e-12, np.float32)
    out = float32(64, 256)
    loops.linear(x, w, out)  # the threads are at work
    assert out.view(np.int32).all()
    torch.set_flush_denormal(True)
    try:
        for _ in range(20):
            loops.linear(x, w, out)
            assert not out.view(np.int32).any()
    finally:
        torch.set_flush_denormal(False)


def test_nothing_is_written_to_what_may_only_be_read(loops):
    out = float32(2, 4)
    out.flags.writeable = False
    with pytest.raises((ValueError, BufferError), match="read-only"):
        loops.linear(float32(2, 3), float32(3, 4), out)


@pytest.mark.parametrize("empty", list(itertools.product([0, 2], [0, 3], [0, 4])))
def test_empty_factors(loops, empty):
    """A sum of nothing is 0."""
    m, k, n = empty
    out = np.full((m, n), 7, np.float32)
    loops.linear(float32(m, k), float32(k, n), out)
    assert (out == k).all()
    loops.linear(float32(m, k), float32(n, k).T, out)
    assert (out == k).all()
