"""The fuzz targets of ``make fuzz``, for a short time and with hypothesis's choices, which it can make smaller."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hostile.fuzz import fuzz
from hostile.targets import TARGETS, read

pytestmark = pytest.mark.filterwarnings("ignore:.*rescaled from:UserWarning")


@pytest.mark.parametrize("target", TARGETS)
@settings(max_examples=150)
@given(rng=st.randoms(use_true_random=False))
def test_a_file_is_read_or_refused_in_a_sentence(tmp_path_factory, target, rng):
    path = tmp_path_factory.getbasetemp() / "fuzzed"
    path.write_bytes(TARGETS[target](rng))
    read(target, path)


@pytest.mark.parametrize("target", TARGETS)
def test_seeded_files_reach_both_ends(target):
    """Neither is every file refused, nor is every file read; and nothing fails."""
    counts = fuzz(target, range(200))
    assert counts["failures"] == 0
    assert counts["read"] > 0
    assert counts["refused"] > 0
