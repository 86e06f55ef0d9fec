"""A short version of the kill loop; the long one is ``python tests/reliability/kill_loop.py``."""

import os

import pytest

from reliability.kill_loop import kill_loop


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the kill loop forks")
def test_nothing_is_lost_when_training_is_killed():
    counts = kill_loop(kills=8, seed=1)
    assert counts["kills"] == 8
    assert counts["models compared"] >= 1
