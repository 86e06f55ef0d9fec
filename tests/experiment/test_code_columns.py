"""Columns of whole numbers with which the target neither rises nor falls are named, and no others."""

import numpy as np
import pytest

from cli.conftest import done
from deepbelief.experiment.code_columns import like_codes

RNG = np.random.default_rng(0)
N = 800
CODE = RNG.integers(1, 10, N).astype(float)
EFFECT = np.array([1, -1, 1, -1, -1, 1, 1, -1, 1])[CODE.astype(int) - 1]
AMOUNT = RNG.integers(0, 12, N).astype(float)
NOISE = RNG.normal(size=N)


@pytest.mark.parametrize("is_classified", [True, False])
def test_a_code_is_found_and_an_amount_is_not(is_classified):
    """Where the target rises with an amount, steeply or in steps, it is none."""
    steps = np.where(AMOUNT > 5, 1, -1)
    for effect, expected in ((EFFECT, [0]), (AMOUNT - 5.5, []), (steps, []), (abs(AMOUNT - 5.5) - 3, [1]), (0, [])):
        outcome = effect + 0.5 * NOISE
        y = outcome > 0 if is_classified else np.exp(3 * outcome)
        x = np.stack([CODE, AMOUNT, NOISE], axis=1)
        assert like_codes(x, y, is_classified=is_classified) == expected
    several = np.where(EFFECT > 0, 2, 0) + (NOISE > 0)
    assert like_codes(np.stack([NOISE, CODE], axis=1), several, is_classified=True) == [1]


def test_chance_names_no_column():
    """Of 2,000 columns of random codes, hardly one would be named: the limit is one of 10,000 tables."""
    y = RNG.random(200) < 0.3
    assert like_codes(RNG.integers(0, 8, (200, 2000)).astype(float), y, is_classified=True) == []


def test_what_can_be_no_code_is_left_alone():
    y = EFFECT > 0
    fractions, many, two = CODE + 0.5, np.arange(N) % 50 + 50 * y, (EFFECT > 0) * 1.0
    x = np.stack([fractions, many, two], axis=1)
    assert like_codes(x, y, is_classified=True) == []
    holes = CODE.copy()
    holes[::3] = np.nan
    assert like_codes(holes[:, None], y, is_classified=True) == [0]
    assert like_codes(np.full((N, 1), np.nan), y, is_classified=True) == []
    assert like_codes(CODE[:, None], y * 0, is_classified=True) == []


def test_the_note_names_the_option_and_following_it_ends_it(tmp_path):
    table = tmp_path / "t.csv"
    rows = zip(CODE, AMOUNT, EFFECT + 0.3 * NOISE > 0, strict=True)
    table.write_text("region,rooms,bought\n" + "".join(f"{a:.0f},{b:.0f},{'yes' if c else 'no'}\n" for a, b, c in rows))
    quick = ("--layers=5", "--pretrain-epochs=1", "--finetune-epochs=1", "--no-page")
    told = done("train", str(table), *quick, "--out", str(tmp_path / "run")).stderr
    assert (
        "Note: bought neither rises nor falls with region; if these whole numbers are codes, or if single values "
        "matter, train with --categorical=region\n"
    ) in told
    told = done("train", str(table), *quick, "--categorical", "region", "--out", str(tmp_path / "again")).stderr
    assert "neither rises nor falls" not in told
