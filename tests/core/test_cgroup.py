"""What control groups of both versions leave to a process, from files as the kernel writes them."""

import numpy as np
import pytest

from deepbelief.core import memory
from deepbelief.core.cgroup import granted_memory


def group(folder, *, names, limit, use, stat="anon 5\n"):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in zip((*names, "memory.stat"), (limit, use, stat), strict=True):
        (folder / name).write_text(content)


FIRST = "memory.limit_in_bytes", "memory.usage_in_bytes"
SECOND = "memory.max", "memory.current"


def granted(tmp_path, listed):
    (tmp_path / "listed").write_text(listed)
    return granted_memory(tmp_path / "listed", tmp_path)


def test_the_second_version(tmp_path):
    group(tmp_path / "a/b", names=SECOND, limit="1000\n", use="700\n", stat="anon 5\ninactive_file 50\n")
    assert granted(tmp_path, "0::/a/b\n") == 350


def test_a_group_around_it_limits_it_too(tmp_path):
    group(tmp_path / "a/b", names=SECOND, limit="max\n", use="700\n")
    group(tmp_path / "a", names=SECOND, limit="1000\n", use="900\n")
    assert granted(tmp_path, "0::/a/b\n") == 100


def test_the_first_version_beside_the_second(tmp_path):
    group(tmp_path / "memory/a", names=FIRST, limit="1000\n", use="1100\n", stat="total_inactive_file 300\n")
    assert granted(tmp_path, "5:cpu,cpuacct:/x\n4:memory:/a\n0::/y\n") == 200


def test_in_a_container_the_outermost_group_is_its_own(tmp_path):
    group(tmp_path / "memory", names=FIRST, limit="1000\n", use="100\n")
    assert granted(tmp_path, "4:memory:/docker/of-the-host\n") == 900


@pytest.mark.parametrize("listed", ["", "0::/\n", "no group"])
def test_where_there_is_no_limit(tmp_path, listed):
    assert granted(tmp_path, listed) is None
    assert granted_memory(tmp_path / "missing", tmp_path) is None


def test_layers_larger_than_what_is_granted_are_refused(monkeypatch):
    monkeypatch.setattr(memory, "granted_memory", lambda: 300 * 2**20)
    with pytest.raises(MemoryError, match=r"Layer 2, 4000 units above 4000, takes about 0\.\d GiB to train, and 0\.3"):
        memory.require_room([64, 4000, 4000], 1000, np.float32, "numpy")
