"""Two runs of the tests on one machine: the second one, when more is installed, does not repeat what cannot differ.

``--passed-to FILE`` writes the names of the tests that passed. A later run with ``--passed-in FILE`` leaves them out,
but for those in ``tests/core`` and ``tests/conformance`` whose file speaks of float32: they run again, since the loops
in C, which know no other numbers, now take the steps that NumPy took before.
"""

from pathlib import Path

import pytest

REPEATED = ("tests/core/", "tests/conformance/")


def pytest_addoption(parser):
    group = parser.getgroup("two runs")
    group.addoption("--passed-to", metavar="FILE", type=Path, help="write the names of the tests that passed")
    group.addoption("--passed-in", metavar="FILE", type=Path, help="leave out what passed in the run that wrote FILE")


def pytest_configure(config):
    writes = config.getoption("passed_to") and not hasattr(config, "workerinput")  # one of several processes: not it
    if writes:
        config.pluginmanager.register(Passed(config.getoption("passed_to")))


def pytest_collection_modifyitems(config, items):
    if config.getoption("passed_in") is None:
        return
    passed = set(config.getoption("passed_in").read_text(encoding="utf-8").splitlines())
    of_float32 = {path for path in {item.path for item in items} if "float32" in path.read_text(encoding="utf-8")}

    def is_repeated(item):
        return item.nodeid.startswith(REPEATED) and item.path in of_float32

    left_out = [item for item in items if one_line(item.nodeid) in passed and not is_repeated(item)]
    config.hook.pytest_deselected(items=left_out)
    gone = set(map(id, left_out))
    items[:] = [item for item in items if id(item) not in gone]


def one_line(name):
    return name.encode("unicode_escape").decode("ascii")


class Passed:
    """The tests of one run that passed."""

    def __init__(self, path):
        self.path = path
        self.names = []

    def pytest_runtest_logreport(self, report):
        if report.when == "call" and report.passed:
            self.names.append(one_line(report.nodeid))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self):
        self.path.write_text("".join(f"{name}\n" for name in self.names), encoding="utf-8")
