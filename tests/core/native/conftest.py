"""The loops in C, for each instruction set that they were compiled for and this processor has."""

import pytest

from deepbelief.core import native


@pytest.fixture(
    params=native.instructions() or ["none"]
)  # a module that is missing, so that all is skipped and counted
def loops(request):
    """The module; both must agree with NumPy, whichever of them is used here."""
    return pytest.importorskip(f"deepbelief.core.native.{request.param}", exc_type=ImportError)


@pytest.fixture
def threads(loops):
    """A function that sets how many threads share the work; afterwards there are as many as before."""
    yield loops.set_threads
    loops.set_threads(native.n_threads())
