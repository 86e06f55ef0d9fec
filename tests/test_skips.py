"""The gate for skipped tests: what it counts, what it refuses, and that the tests it kept back can be run alone."""

import pytest

import skips
from skips import Reason

REASONS = {"moon": Reason(r"needs moonlight at .+", 3), "snow": Reason(r"needs snow", 1)}
NIGHT = """
import pytest

@pytest.mark.parametrize("hour", [1, 2, 3])
def test_at_night(hour):
    pytest.skip(f"needs moonlight at {min(hour, 2)}")

def test_by_day():
    pass
"""


@pytest.fixture
def gate(pytester, monkeypatch):
    """A function that runs the text of a test file under the gate, with two reasons of its own."""
    monkeypatch.setattr(skips, "REASONS", REASONS)
    pytester.makeconftest('pytest_plugins = ["skips"]')

    def run(text, *arguments):
        pytester.makepyfile(test_sample=text)
        return pytester.runpytest_inprocess(*arguments)

    return run


def table(result):
    """The lines below the heading of the gate, up to the summary."""
    lines = result.outlines
    start = next((i + 1 for i, line in enumerate(lines) if "= skipped tests =" in line), len(lines))
    return [line.strip() for line in lines[start:] if line and not line.startswith("=")]


def test_listed_reasons_pass_and_are_counted(gate):
    result = gate(NIGHT)
    assert result.ret == pytest.ExitCode.OK
    assert table(result) == ["1  moon        needs moonlight at 1", "2  moon        needs moonlight at 2"]


def test_a_run_without_skips_has_no_table(gate):
    result = gate("def test_by_day(): pass")
    assert result.ret == pytest.ExitCode.OK
    assert table(result) == []


@pytest.mark.parametrize(
    "test",
    [
        "def test_it(): pytest.skip('needs snow, or so')",
        "@pytest.mark.skip(reason='later')\ndef test_it(): pass",
        "@pytest.mark.skip\ndef test_it(): pass",
        "@pytest.mark.skipif(True, reason='needs moonlight')\ndef test_it(): pass",
        "@pytest.mark.xfail(reason='needs snow')\ndef test_it(): assert False",
        "def test_it(): pytest.importorskip('no_such_module')",
        "pytest.importorskip('no_such_module', reason='needs snow')",
        "@pytest.fixture\ndef moon(): pytest.skip('no idea')\ndef test_it(moon): pass",
        "import unittest\ndef test_it(): raise unittest.SkipTest('who knows')",
    ],
    ids=["words", "mark", "bare_mark", "condition", "xfail", "import", "whole_file", "fixture", "unittest"],
)
def test_other_reasons_fail(gate, test):
    result = gate(f"import pytest\n{test}\ndef test_by_day(): pass")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    *_, row, problem = table(result)
    assert row.startswith("1  NOT LISTED")
    assert problem.startswith("Not allowed: 1 skipped for reasons that tests/skips.py does not list: test_sample.py")


def test_a_listed_reason_given_too_often_fails(gate):
    snow = "import pytest\n@pytest.mark.parametrize('day', {})\ndef test_it(day): pytest.skip('needs snow')"
    assert gate(snow.format([1])).ret == pytest.ExitCode.OK
    result = gate(snow.format([1, 2]))
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert table(result) == [
        "2  snow        needs snow",
        "Too many: 2 skipped for snow, at most 1 may be: test_sample.py::test_it[1]",
    ]


def test_a_listed_reason_that_this_machine_has_not_fails(gate):
    assert gate(NIGHT, "--allow-skips=snow,moon").ret == pytest.ExitCode.OK
    for allowed in ("snow", ""):
        result = gate(NIGHT, f"--allow-skips={allowed}")
        assert result.ret == pytest.ExitCode.TESTS_FAILED
        assert table(result)[-1] == (
            "Not allowed: 3 skipped for moon, which --allow-skips leaves out: test_sample.py::test_at_night[1]"
        )


def test_a_name_that_is_not_listed_is_refused(gate):
    result = gate(NIGHT, "--allow-skips=moon,rain")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines("*--allow-skips: there is no rain; there are moon, snow")


def test_a_failure_stays_a_failure(gate):
    assert gate("def test_it(): assert False").ret == pytest.ExitCode.TESTS_FAILED


def test_what_was_skipped_is_run_alone(gate):
    """Once moonlight is there, three of four tests run; after that, nothing is left."""
    gate(NIGHT)
    result = gate(NIGHT.replace('pytest.skip(f"needs moonlight at {min(hour, 2)}")', "pass"), "--last-skipped")
    result.assert_outcomes(passed=3, deselected=1)
    assert gate(NIGHT, "--last-skipped").ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_a_look_at_what_was_skipped_forgets_nothing(gate):
    gate(NIGHT)
    gate(NIGHT, "--last-skipped", "--collect-only")
    gate(NIGHT, "--last-skipped").assert_outcomes(skipped=3, deselected=1)


def test_what_was_skipped_must_still_be_there(gate):
    gate(NIGHT)
    result = gate("def test_by_day(): pass", "--last-skipped")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines("*3 of 3 tests are not here, such as test_sample.py::test_at_night?1?")


def test_before_the_first_run_nothing_was_skipped(gate):
    result = gate(NIGHT, "--last-skipped")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines("*there was no run yet*")


def test_each_pattern_has_its_own_words():
    """No reason of this repository is taken for another, and none allows any words at all."""
    assert all(skips.name_of(text) is None for text in ("", "later", "unconditional skip"))
    assert skips.name_of("the torch backend needs torch, which is not installed") == "torch"
    lacking = "could not import 'deepbelief.core.native.avx512': "
    assert skips.name_of(lacking + "No module named 'deepbelief.core.native.avx512'") == "compiler"
    assert skips.name_of(lacking + "this processor lacks the instructions of avx512") == "processor"
    assert skips.name_of(lacking + "undefined symbol: cblas_sgemm") is None
