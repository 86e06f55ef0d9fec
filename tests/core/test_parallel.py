"""Several processes that train one model: who has which rows, and that together they do what one does."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepbelief.core import parallel
from deepbelief.core.parallel import ALONE, Group, current_group, joining
from deepbelief.errors import ParallelError

JOB = Path(__file__).parents[1] / "oracles" / "group_job.py"


@given(st.integers(1, 200), st.integers(1, 20))
def test_parts_are_all_rows_once(total, size):
    """In order, as equal as can be; who has none takes the last row, but it does not count."""
    parts = [Group(rank, size).part(total) for rank in range(size)]
    counted = [row for part in parts if part.weight for row in range(part.first, part.last)]
    assert counted == list(range(total))
    assert all(len(part) >= 1 and part.total == total and part.last <= total for part in parts)
    assert max(map(len, parts)) <= -(-total // size)


def test_one_process_is_a_group(torch):
    x = np.arange(3.0)
    ALONE.add_up(x)
    np.testing.assert_array_equal(x, [0, 1, 2])
    assert ALONE.joined(x, 3) is x
    assert ALONE.same(x) is x
    assert ALONE.agreed(True)
    assert not ALONE.agreed(False)
    assert current_group() == ALONE
    with joining("numpy") as group:
        assert group == ALONE


def run_job(n_processes, folder):
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "torch.distributed.run", f"--nproc-per-node={n_processes}", JOB, folder]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(np.load(folder / f"{n_processes}.npz"))


@pytest.fixture(scope="module")
def alone(torch, tmp_path_factory):
    return run_job(1, tmp_path_factory.mktemp("alone"))


@pytest.mark.parametrize("n_processes", [2, 3])
def test_many_processes_learn_what_one_learns(n_processes, alone, tmp_path):
    """Parameters, chains and metrics within rounding, also where a batch is shorter than there are processes.

    Machines and networks, on NumPy and torch, with and without kernels.
    """
    together = run_job(n_processes, tmp_path)
    assert together.keys() == alone.keys()
    assert len(alone) > 80
    refusals = [str(text) for text in together.pop("refusals")]
    for name, array in together.items():
        atol = 1e-5 if array.dtype == np.float32 else 1e-10
        np.testing.assert_allclose(array, alone[name], rtol=0, atol=atol, err_msg=name)
    assert len(refusals) == 5
    assert f"multiple of {n_processes}, such as {9 if n_processes == 3 else 8}." in refusals[0]
    assert "set random_state to an integer" in refusals[1]
    assert all("use gradient='cd', or one process" in refusal for refusal in refusals[2:4])
    assert f"{n_processes - 1} of {n_processes} processes were given other data" in refusals[4]


def test_who_cannot_reach_the_others_says_so(torch, monkeypatch):
    """Neither a first process that nobody joins, nor another one that finds no first."""
    monkeypatch.setattr(parallel, "PATIENCE", timedelta(seconds=1))
    variables = {"WORLD_SIZE": "2", "RANK": "0", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "0"}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ParallelError, match="cannot be reached"), joining("numpy"):
        pass
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("MASTER_PORT", "9")
    with pytest.raises(ParallelError, match=r"MASTER_ADDR, MASTER_PORT"), joining("cpu"):
        pass
    monkeypatch.delenv("MASTER_PORT")
    with pytest.raises(ParallelError, match=r"start all of them with torchrun"), joining("cpu"):
        pass
