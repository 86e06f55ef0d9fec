"""A short version of the kill loop; the long one is ``python tests/reliability/kill_loop.py``."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("kill_loop.py")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the kill loop forks")
def test_nothing_is_lost_when_training_is_killed():
    # In a process of its own: what other tests have loaded may have threads, which do not survive a fork.
    command = [sys.executable, str(SCRIPT), "--kills", "8", "--seed", "1"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    counts = json.loads(done.stdout)
    assert counts["kills"] == 8
    assert counts["models compared"] >= 1
