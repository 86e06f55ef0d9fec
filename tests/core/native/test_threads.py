"""How the loops in C share their work: with callers at once, in child processes, and without a word beyond an array."""

import os
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from deepbelief.core import native


def test_callers_at_once_get_their_own_products(loops, threads):
    """One of them has the threads, the others do their work alone."""
    threads(3)
    x, w = (np.random.default_rng(seed).normal(size=(100, 100)).astype(np.float32) for seed in (0, 1))

    def multiplied(number):
        out = np.empty((100, 100), np.float32)
        for _ in range(50):
            loops.linear(x, number * w, out)
        return out

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(multiplied, range(8)))
    for number, result in enumerate(results):
        np.testing.assert_allclose(result, number * (x.astype(float) @ w), atol=1e-3)


def in_process(loops, text):
    """Run Python text in a process of its own, where `loops` is the module, with 3 threads; return what it prints."""
    begin = f"import importlib, os\nimport numpy as np\nloops = importlib.import_module({loops.__name__!r})\n"
    begin += "loops.set_threads(3)\n"
    command = [sys.executable, "-c", begin + textwrap.dedent(text)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_child_processes_have_threads_of_their_own(loops):
    """A fork has none of its parent's; without new ones it would wait for ever."""
    said = in_process(
        loops,
        """
        x, out = np.ones((200, 200), np.float32), np.zeros((200, 200), np.float32)
        for generation in range(3):
            loops.linear(x, x, out)
            assert (out == 200).all()
            child = os.fork()
            if child:
                _, status = os.waitpid(child, 0)
                os._exit(os.waitstatus_to_exitcode(status))
            out[:] = 0
        print("done", flush=True)
        """,
    )
    assert said == "done\n"


@pytest.mark.skipif(sys.platform != "linux", reason="pages are taken away with Linux's mprotect")
def test_no_number_beyond_an_array_is_touched(loops):
    """Behind each array lies a page that nobody may read: a process that looks there is killed."""
    said = in_process(
        loops,
        """
        import ctypes, mmap
        libc = ctypes.CDLL(None, use_errno=True)

        def at_the_end(*shape, dtype=np.float32, fill=0):
            count = int(np.prod(shape)) * np.dtype(dtype).itemsize
            pages = -(-count // mmap.PAGESIZE)
            memory = mmap.mmap(-1, (pages + 1) * mmap.PAGESIZE)
            start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
            assert libc.mprotect(ctypes.c_void_p(start + pages * mmap.PAGESIZE), mmap.PAGESIZE, 0) == 0
            array = np.frombuffer(memory, np.uint8)[pages * mmap.PAGESIZE - count : pages * mmap.PAGESIZE]
            array = array.view(dtype).reshape(shape)
            array[...] = fill
            return array

        new = at_the_end
        for m, k, n in [(1, 1, 1), (7, 5, 3), (13, 17, 31), (14, 33, 33), (20, 100, 15), (100, 500, 50), (10, 2001, 9)]:
            bits = new(m, n, dtype=np.uint32)
            loops.linear(new(m, k), new(k, n), new(m, n))
            loops.linear(new(m, k), new(n, k).T, new(m, n))
            loops.linear(new(k, m).T, new(k, n), new(m, n))
            for w in (new(k, n), new(n, k).T):
                loops.logistic(new(m, k), w, new(m, n), 1.0, new(m, n), bits)
                loops.slope(new(m, k), w, new(m, n), 1.0, None, None, new(m, n))
            loops.update(new(k, m), new(k, n), new(m, n), new(m, n), 0.5, 0.1, m - 1, n)
            arrays = [new(m, n) for _ in range(4)]
            loops.adam(new(k, m), new(k, n), *arrays, 0.9, 0.99, 0.1, 1.0, 1e-8, 0.1)
            vectors = [new(n) for _ in range(2)]
            loops.normalise(new(m, n), *vectors)
            loops.normal_errors(new(m, n), new(m, n), new(n), *vectors)
            loops.scaled_units(new(m, n), *vectors, new(m, n))
            for dtype in (np.uint8, np.float32):
                loops.gather(new(m, k, dtype=dtype), new(m, dtype=np.int64, fill=m - 1), 0.0, 2.0, new(m, k))
            loops.softmax_errors(new(m, n), new(m, dtype=np.int64, fill=n - 1), 1.0)
        print("done")
        """,
    )
    assert said == "done\n"


@pytest.mark.parametrize(
    "said, expected", [("3", 3), ("2,1", 2), (" 4 ", 4), ("0" * 30 + "5", 5), ("9" * 20, 256), ("9" * 5000, 256)]
)
def test_as_many_threads_as_are_asked_for(monkeypatch, said, expected):
    monkeypatch.setenv("OMP_NUM_THREADS", said)
    assert native.n_threads() == expected


@pytest.mark.parametrize("nothing", ["", "0", "many", None])
@pytest.mark.parametrize("quota, expected", [("max 100000", 8), ("250000 100000", 3), ("2000000 100000", 8), (None, 8)])
def test_or_one_for_each_core_that_may_be_used(monkeypatch, tmp_path, nothing, quota, expected):
    """A container's share of the processor counts too."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if nothing is not None:
        monkeypatch.setenv("OMP_NUM_THREADS", nothing)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr(native, "QUOTA", tmp_path / "cpu.max")
    if quota is not None:
        (tmp_path / "cpu.max").write_text(quota + "\n")
    assert native.n_threads() == expected


@pytest.mark.parametrize("said", ["9" * 20, "9" * 5000])
def test_more_threads_than_any_number_holds_are_as_many_as_there_may_be(said):
    """The loops are loaded, and keep what they may."""
    code = "from deepbelief.core import native; print(native.n_threads(), native.kernels())"
    environment = {**os.environ, "OMP_NUM_THREADS": said, "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert ran.stdout == f"{native.MOST_THREADS} {native.kernels()}\n", ran.stderr
