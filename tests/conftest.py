"""What every test shares: the backends, the nine unit pairs, property tests that draw the same examples each time."""

import pytest
from hypothesis import settings

from oracles.machines import MACHINES

settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.load_profile("repeatable")


@pytest.fixture(params=["numpy", "cpu"], ids=["on_numpy", "on_torch"])
def device(request):
    """Where the arrays live; the exact comparisons run at float64 on both backends."""
    if request.param != "numpy":
        pytest.importorskip("torch", reason="the torch backend needs torch, which is not installed")
    return request.param


@pytest.fixture(params=MACHINES.values(), ids=MACHINES.keys())
def machine(request):
    """One of the nine pairs of unit types."""
    return request.param
