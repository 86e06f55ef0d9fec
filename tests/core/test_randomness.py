"""Named streams: numbers depend on the seed and the name, and on nothing else."""

import json

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from deepbelief.core.arrays import to_numpy
from deepbelief.core.randomness import RandomStreams, Share
from oracles.machines import place

names = st.lists(st.one_of(st.integers(-5, 5), st.sampled_from(["layer", "order", "0", "1"])), min_size=1, max_size=3)
N_DRAWS = 200_000


def first_numbers(streams, name):
    return streams.stream(*name).uniform((8,), np.zeros(1))


@given(st.integers(0, 2**70), names)
def test_a_name_gives_the_same_numbers_each_time(seed, name):
    """However many other streams were opened, and drawn from, in between."""
    streams = RandomStreams(seed)
    before = first_numbers(streams, name)
    first_numbers(streams, (*name, "other"))
    np.testing.assert_array_equal(first_numbers(streams, name), before)


@given(names, names)
@example([1], ["1"])
@example(["layer", 1, 2], ["layer", 12])
@example(["a", "b"], ["ab"])
def test_different_names_give_different_numbers(name, other):
    """The number 1 and the text "1" are different names too."""
    streams = RandomStreams(0)
    is_same = np.array_equal(first_numbers(streams, name), first_numbers(streams, other))
    assert is_same == (name == other)


def test_different_seeds_give_different_numbers():
    first = {tuple(first_numbers(RandomStreams(seed), ("a",))) for seed in [0, 1, 2, 2**32, 2**32 + 1, 2**64]}
    assert len(first) == 6


@given(names, names)
def test_a_scope_is_the_beginning_of_a_name(beginning, rest):
    streams = RandomStreams(3)
    scoped = first_numbers(streams.scope(*beginning), rest)
    np.testing.assert_array_equal(scoped, first_numbers(streams, (*beginning, *rest)))


def test_an_index_names_the_same_stream_whatever_integer_type_holds_it():
    """Layer np.int64(3) is layer 3."""
    streams = RandomStreams(0)
    np.testing.assert_array_equal(first_numbers(streams, ("layer", np.int64(3))), first_numbers(streams, ("layer", 3)))


def test_streams_of_neighbouring_names_and_seeds_are_uncorrelated():
    """Correlations of n pairs are within 6/√n of zero."""
    shape, like = (N_DRAWS,), np.zeros(1)
    draws = [RandomStreams(seed).stream("epoch", number).normal(shape, like) for seed in (0, 1) for number in (0, 1, 2)]
    correlations = np.corrcoef(draws) - np.eye(6)
    assert np.abs(correlations).max() <= 6 / np.sqrt(N_DRAWS)


def test_uniform_numbers_are_uniform():
    """Mean ½ and variance 1/12 within 6 standard errors, √(1/12n) and √(1/180n); all in [0, 1)."""
    x = RandomStreams(1).stream("uniform").uniform((N_DRAWS,), np.zeros(1))
    assert x.min() >= 0
    assert x.max() < 1
    assert abs(x.mean() - 0.5) <= 6 * np.sqrt(1 / (12 * N_DRAWS))
    assert abs(np.mean((x - 0.5) ** 2) - 1 / 12) <= 6 * np.sqrt(1 / (180 * N_DRAWS))


def test_normal_numbers_are_normal():
    """Mean 0, variance 1, fourth moment 3 within 6 standard errors, √(1/n), √(2/n), √(96/n)."""
    x = RandomStreams(1).stream("normal").normal((N_DRAWS,), np.zeros(1))
    for power, moment, variance in [(1, 0, 1), (2, 1, 2), (4, 3, 96)]:
        assert abs(np.mean(x**power) - moment) <= 6 * np.sqrt(variance / N_DRAWS)


def test_a_permutation_holds_every_index_once_and_favours_none():
    """Each of 10 indices comes first in a tenth of 20,000 orders, within 6 standard errors √(0.09/n)."""
    stream = RandomStreams(2).stream("order")
    orders = np.array([stream.permutation(10) for _ in range(20_000)])
    assert np.all(np.sort(orders, axis=1) == np.arange(10))
    shares = np.bincount(orders[:, 0], minlength=10) / 20_000
    assert np.abs(shares - 0.1).max() <= 6 * np.sqrt(0.09 / 20_000)


@pytest.mark.parametrize("kind", ["uniform", "normal"])
def test_every_backend_and_dtype_draws_the_same_numbers(kind, device):
    """All but float32 tensors, which their device fills: see below."""
    for dtype in (np.float32, np.float64) if device == "numpy" else (np.float64,):
        other = place(np.zeros(1, dtype=dtype), device)
        drawn = getattr(RandomStreams(4).stream("same"), kind)((50, 3), other)
        reference = getattr(RandomStreams(4).stream("same"), kind)((50, 3), np.zeros(1))
        assert drawn.dtype == other.dtype
        assert type(drawn) is type(other)
        np.testing.assert_array_equal(to_numpy(drawn), reference)


def device_draws(torch, stream, kind, n_draws):
    return [to_numpy(getattr(stream, kind)((4, 3), torch.zeros(1))) for _ in range(n_draws)]


@pytest.mark.parametrize("kind", ["uniform", "normal"])
def test_a_device_draws_its_own_numbers_repeatably(torch, kind):
    """The same for a name each time, others at each draw and for each seed; to go on, the number of draws is enough."""
    first = device_draws(torch, RandomStreams(4).stream("a"), kind, 3)
    again = RandomStreams(4).stream("a")
    np.testing.assert_array_equal(first[0], device_draws(torch, again, kind, 1)[0])
    later = RandomStreams(4).stream("a")
    later.state = again.state
    np.testing.assert_array_equal(first[1:], device_draws(torch, later, kind, 2))
    others = device_draws(torch, RandomStreams(5).stream("a"), kind, 1) + device_draws(
        torch, RandomStreams(4).stream("b"), kind, 1
    )
    assert len({array.tobytes() for array in first + others}) == 5


def test_numbers_of_a_device_are_uniform_over_many_short_draws(torch):
    """Each draw has a seed of its own: mean ½ within 6 standard errors over draws, and no correlation between them."""
    stream = RandomStreams(1).stream("uniform")
    x = np.array([to_numpy(stream.uniform((50,), torch.zeros(1))) for _ in range(2000)])
    assert abs(x.mean() - 0.5) <= 6 * np.sqrt(1 / (12 * x.size))
    assert abs(np.corrcoef(x[:-1].ravel(), x[1:].ravel())[0, 1]) <= 6 / np.sqrt(x.size)


@pytest.mark.parametrize("kind", ["uniform", "normal"])
@pytest.mark.parametrize("like", ["numpy", "float64", "float32"])
@pytest.mark.parametrize("n_columns", [4, 5])
def test_shares_are_the_rows_of_the_whole(kind, like, n_columns, request):
    """Three processes with 4, 0 + 1 borrowed, and 5 of 10 rows draw what one draws, batch after batch."""
    other = np.zeros(1)
    if like != "numpy":
        torch = request.getfixturevalue("torch")
        other = torch.zeros(1, dtype=getattr(torch, like))
    whole = RandomStreams(1).stream("x")
    streams = [RandomStreams(1).stream("x") for _ in range(3)]
    for stream in (whole, *streams):
        stream.generator.integers(10, dtype=np.uint32)  # half a word is left over, and must stay so
    for _ in range(3):
        expected = to_numpy(getattr(whole, kind)((10, n_columns), other))
        for stream, (first, last) in zip(streams, [(0, 4), (9, 10), (5, 10)], strict=True):
            share = Share(stream, first, 10 - last)
            drawn = to_numpy(getattr(share, kind)((last - first, n_columns), other))
            np.testing.assert_array_equal(drawn, expected[first:last])
    assert [stream.state for stream in streams] == [whole.state] * 3


@pytest.mark.parametrize("shape", [(3, 7), (700, 7), (1001, 6)])
def test_many_bits_are_the_words_of_the_generator(shape):
    """However they are drawn, and with half a word left over: the same words, and the same ones after them."""
    stream, reference = RandomStreams(1).stream("x"), RandomStreams(1).stream("x")
    for one in (stream, reference):
        one.generator.integers(10, dtype=np.uint32)
    bits = stream.random_bits(*shape)
    words = reference.generator.bit_generator.random_raw(shape[0] * ((shape[1] + 1) // 2))
    np.testing.assert_array_equal(bits.ravel(), words.view(np.uint32))
    assert stream.state == reference.state
    uniform = np.empty(shape, np.float32)
    RandomStreams(1).stream("y").fill_uniform(uniform)
    fraction = RandomStreams(1).stream("y").random_bits(*shape)[:, : shape[1]] >> 9
    np.testing.assert_array_equal(uniform, fraction / 2.0**23)


def test_a_stream_goes_on_from_its_state():
    stream = RandomStreams(1).stream("x")
    stream.uniform((3, 5), np.zeros(1))
    stream.generator.integers(10, dtype=np.uint32)
    other = RandomStreams(2).stream("y")
    other.state = json.loads(json.dumps(stream.state))
    assert other.state == stream.state
    for draw in (lambda s: s.uniform((4, 3), np.zeros(1)), lambda s: s.permutation(9), lambda s: s.choice(5, 4)):
        np.testing.assert_array_equal(draw(other), draw(stream))
