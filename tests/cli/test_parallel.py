"""``torchrun -m deepbelief train``: one run, one voice; and what happens when a process dies or is told to stop."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from safetensors.numpy import load_file

from cli.conftest import done
from deepbelief.cli.stopping import between_steps, saying_how_to_go_on
from deepbelief.errors import ParallelError
from deepbelief.estimators import checkpoint_file

pytestmark = pytest.mark.usefixtures("torch")

TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2", "-m"]
ALONE = [sys.executable, "-m"]
SMALL = ["--layers=20", "--pretrain-epochs=3", "--softmax-epochs=1", "--finetune-epochs=2", "--batch-size=100"]
LONG = ["--layers=200,100", "--pretrain-epochs=2000", "--batch-size=10"]


def start(launcher, *arguments):
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [*launcher, "deepbelief", "train", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def finish(process):
    stdout, stderr = process.communicate(timeout=120)
    return process.returncode, stdout, stderr


def workers(process):
    """Return the process IDs of the job by rank."""
    found = {}
    for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
        variables = Path(f"/proc/{child}/environ").read_bytes().split(b"\0")
        found |= {int(text[5:]): int(child) for text in variables if text.startswith(b"RANK=")}
    return found


def until_it_trains(process):
    """Read its progress up to the end of the first epoch."""
    lines = []
    for line in process.stderr:
        lines.append(line)
        if line.startswith("layer 1, epoch 1/"):
            return
    raise AssertionError("".join(lines))


def test_two_processes_make_one_run(tmp_path):
    """The model of one process to rounding; JSON once on stdout; each epoch once in the metrics and on stderr."""
    together, alone = tmp_path / "together", tmp_path / "alone"
    code, stdout, stderr = finish(start(TORCHRUN, "digits", *SMALL, f"--out={together}", "--json"))
    assert code == 0, stderr
    assert json.loads(stdout)["epochs"] == 6
    assert stderr.count("epoch 1/3") == 1
    assert len((together / "metrics.jsonl").read_text().splitlines()) == 6
    done("train", "digits", *SMALL, "--out", alone)
    arrays, expected = (load_file(run / "model.safetensors") for run in (together, alone))
    assert arrays.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_allclose(arrays[name], array, rtol=0, atol=2e-5, err_msg=name)
    assert (together / "report.html").exists()
    assert not (together / "checkpoint").exists()


def test_processes_that_cannot_share_a_batch(tmp_path):
    """Who was refused says so; the others leave without a word."""
    code, stdout, stderr = finish(start(TORCHRUN, "digits", "--batch-size=25", f"--out={tmp_path / 'run'}"))
    assert code != 0
    assert not stdout
    assert "2 processes cannot have equal shares of batches of 25 rows" in stderr
    assert sum(line.startswith("Error: ") for line in stderr.splitlines()) == 1
    assert not (tmp_path / "run").exists()
    assert "src/deepbelief" not in stderr  # torchrun itself ends with a traceback, of its own lines only


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for the processes in Linux's /proc")
def test_a_process_that_dies_ends_the_job_and_nothing_is_lost(tmp_path):
    """The others say so in a sentence; the newest checkpoint is whole, and one process can go on from it."""
    run = tmp_path / "run"
    process = start(TORCHRUN, "digits", *LONG, f"--out={run}")
    until_it_trains(process)
    os.kill(workers(process)[1], signal.SIGKILL)
    code, _, stderr = finish(process)
    assert code != 0
    assert "Another process of this job has ended" in stderr or "Interrupted. To go on:" in stderr, stderr
    assert "src/deepbelief" not in stderr  # torchrun itself ends with a traceback, of its own lines only
    kept = checkpoint_file.newest(run / "checkpoint")
    assert kept is not None
    assert kept.history
    resumed = start(ALONE, f"--resume={run}")
    until_more = next(line for line in resumed.stderr if line.startswith("layer 1, epoch"))
    assert until_more.startswith(f"layer 1, epoch {len(kept.history) + 1}/2000")
    resumed.kill()
    resumed.communicate()


def test_the_signal_of_the_launcher_does_not_cut_off_what_a_process_has_to_say():
    """When a process dies, torchrun ends the others while they are still on their way to their sentence."""
    previous = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        training = SimpleNamespace(stopping=False)
        with pytest.raises(ParallelError), saying_how_to_go_on(training), between_steps(training, insist=True):
            raise ParallelError("Another process of this job has ended.")
        for number in previous:
            os.kill(os.getpid(), number)  # would end the tests
            assert signal.getsignal(number) is signal.SIG_IGN
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for the processes in Linux's /proc")
def test_a_job_that_is_told_to_stop_keeps_a_checkpoint_and_goes_on(tmp_path):
    """By either signal: all processes stop after the same step; what they say comes from the first one alone."""
    run, n_before = tmp_path / "run", 0
    for number, arguments in (
        (signal.SIGINT, ("digits", *LONG, f"--out={run}")),
        (signal.SIGTERM, (f"--resume={run}",)),
    ):
        process = start(TORCHRUN, *arguments)
        line = next(line for line in process.stderr if line.startswith("layer 1, epoch"))
        assert line.startswith(f"layer 1, epoch {n_before + 1}/2000")
        process.send_signal(number)
        code, _, stderr = finish(process)
        assert code != 0
        assert stderr.count("Interrupted. To go on: deepbelief train --resume") == 1
        assert "Another process" not in stderr
        n_before = len(checkpoint_file.newest(run / "checkpoint").history)
