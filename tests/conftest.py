"""What every test shares: the backends, pairs of unit types, property tests that draw the same examples each time."""

import os
import shutil

import pytest
from hypothesis import settings

from oracles.machines import MACHINES

pytest_plugins = ["skips", "two_runs", "pytester"]

settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def torch():
    """torch on one thread: for a handful of numbers, threads that wait for each other on a busy machine cost 100×."""
    torch = pytest.importorskip("torch", reason="the torch backend needs torch, which is not installed")
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield torch
    torch.set_num_threads(n_threads)


@pytest.fixture(scope="session")
def browser():
    """Chromium, for the tests that look at a page. There can be only one Playwright at a time."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="looking at the page needs playwright, which is not installed"
    )
    found = os.environ.get("DEEPBELIEF_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("looking at the page needs chromium, which is not installed")
    with playwright.sync_playwright() as engine:
        chromium = engine.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(params=["numpy", "cpu"], ids=["on_numpy", "on_torch"])
def device(request):
    """Where the arrays live; the exact comparisons run at float64 on both backends."""
    if request.param != "numpy":
        request.getfixturevalue("torch")
    return request.param


@pytest.fixture(params=MACHINES.values(), ids=MACHINES.keys())
def machine(request):
    """One of the pairs of unit types."""
    return request.param
