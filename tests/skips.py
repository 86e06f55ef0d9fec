"""A gate for skipped tests: counts them by reason, shows the counts, and fails the run for any reason not listed here.

A reason may be listed only if it names something that a machine lacks, or a method that no estimator needs to have, and
that scikit-learn would check. Any machine may lack all of it, so that ``make test`` passes everywhere.
``--allow-skips`` says what the one at hand may lack, and .ci/run uses it where all is there.
"""

import re
from collections import Counter
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Reason:
    """The words of one reason, as a pattern, and how many tests may be skipped for it where it is allowed."""

    pattern: str
    at_most: int


# A bound that new tests have outgrown is raised together with them.
REASONS = {
    "torch": Reason(r"the torch backend needs torch, which is not installed", 4400),
    "pyarrow": Reason(r"Parquet and Feather need pyarrow, which is not installed", 10),
    "playwright": Reason(r"looking at the page needs playwright, which is not installed", 120),
    "chromium": Reason(r"looking at the page needs chromium, which is not installed", 120),
    "node": Reason(r"the page's arithmetic needs node, which is not installed", 40),
    "serve": Reason(r"the live page needs \w+, which is not installed", 60),
    "notebook": Reason(r"the widget needs anywidget, which is not installed", 5),
    "onnx": Reason(r"graphs are computed by onnxruntime, which is not installed", 20),
    "ecosystem": Reason(r"the recipe of the guide needs [\w.]+, which is not installed", 7),
    "callbacks": Reason(r"this scikit-learn has no callbacks: 1\.9 is the first", 15),
    "compiler": Reason(
        r"could not import 'deepbelief\.core\.native\.\w+': No module named .+|torch finds no compiler here", 900
    ),
    "processor": Reason(r"could not import 'deepbelief\.core\.native\.\w+': this processor lacks .+", 420),
    "mnist": Reason(r"MNIST's IDX files are not (in|here).+", 4),
    "disk": Reason(r"mounting a small disk needs root and the command mount", 30),
    "array-api": Reason(r"SCIPY_ARRAY_API is not set: not checking array_api input", 4),
    "method": Reason(r"DBNClassifier does not have a decision_function method\.", 1),
    "bash": Reason(r"pastes into the shell Bash", 1),
    "linux": Reason(
        r"looks for the processes in Linux's /proc|pages are taken away with Linux's mprotect"
        r"|looks for the device /dev/full|looks for names that are no UTF-8, as Linux has them",
        20,
    ),
    "posix": Reason(
        r"the kill loop forks|needs a pseudo-terminal"
        r"|(pipes close|signals|locks|permissions) differ(ently)? on Windows",
        40,
    ),
}


def pytest_addoption(parser):
    parser.getgroup("skipped tests").addoption(
        "--allow-skips",
        metavar="NAMES",
        type=names,
        default=list(REASONS),
        help=f"what this machine may lack, separated by commas, of {', '.join(REASONS)}; default: all of them",
    )


def names(text):
    """Return the names of reasons in a list with commas."""
    found = [name for name in text.split(",") if name]
    if unknown := sorted(set(found) - set(REASONS)):
        raise pytest.UsageError(f"--allow-skips: there is no {', '.join(unknown)}; there are {', '.join(REASONS)}")
    return found


def pytest_configure(config):
    config.pluginmanager.register(Gate(config))


class Gate:
    """What one run has skipped."""

    def __init__(self, config):
        self.config = config
        self.skipped = {}

    def pytest_runtest_logreport(self, report):
        if report.skipped:
            self.skipped[report.nodeid] = f"xfail: {report.wasxfail}" if hasattr(report, "wasxfail") else words(report)

    def pytest_collectreport(self, report):
        """Refuse a file that skips itself: nobody knows how many tests it holds."""
        if report.skipped:
            self.skipped[report.nodeid] = f"the whole file: {words(report)}"

    def pytest_sessionfinish(self, session):
        if self.problems() and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter):
        if not self.skipped:
            return
        terminalreporter.section("skipped tests")
        rows = Counter((name_of(text) or "NOT LISTED", text) for text in self.skipped.values())
        for (name, text), count in sorted(rows.items()):
            terminalreporter.line(f"{count:5}  {name:<11} {text}")
        for problem in self.problems():
            terminalreporter.line(problem, red=True)

    def problems(self):
        """Return a sentence for each reason that is not listed, not allowed here, or given too often."""
        allowed = self.config.getoption("allow_skips")
        found = []
        for name, count in Counter(map(name_of, self.skipped.values())).items():
            example = next(node for node, text in self.skipped.items() if name_of(text) == name)
            if name is None:
                found.append(f"Not allowed: {count} skipped for reasons that tests/skips.py does not list: {example}")
            elif name not in allowed:
                found.append(f"Not allowed: {count} skipped for {name}, which --allow-skips leaves out: {example}")
            elif count > REASONS[name].at_most:
                found.append(f"Too many: {count} skipped for {name}, at most {REASONS[name].at_most} may be: {example}")
        return found


def words(report):
    """Return the reason of a skip in one line."""
    return " ".join(report.longrepr[2].removeprefix("Skipped: ").split())


def name_of(text):
    """Return the name of the listed reason with these words; None if there is none."""
    return next((name for name, reason in REASONS.items() if re.fullmatch(reason.pattern, text)), None)
