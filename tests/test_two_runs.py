"""A second run of the tests leaves out what passed in the first one, and nothing else."""

import pytest

FIRST = """
import pytest

@pytest.mark.parametrize("text", ["one\\ntwo", "@three"])
def test_that_passes(text):
    pass

def test_that_fails():
    assert 0

def test_that_skips():
    pytest.skip("no snow")
"""


@pytest.fixture
def outcomes(pytester):
    """A function that runs the tests in a folder and returns how many ended in which way."""
    pytester.makeconftest('pytest_plugins = ["two_runs"]')
    pytester.makeini("[pytest]")

    def run(folder, *arguments, says=""):
        path = pytester.path / "tests" / folder / "test_sample.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {says}\n{FIRST}")
        return pytester.runpytest_inprocess(str(path), *arguments).parseoutcomes()

    return run


def test_the_second_run_leaves_out_what_passed(outcomes):
    assert outcomes("cli", "--passed-to=passed.txt") == {"passed": 2, "failed": 1, "skipped": 1}
    assert outcomes("cli", "--passed-in=passed.txt") == {"deselected": 2, "failed": 1, "skipped": 1}


def test_what_passed_in_other_processes_is_known_again(outcomes):
    outcomes("cli", "--passed-to=passed.txt", "-n1", "--dist=loadfile")
    assert outcomes("cli", "--passed-in=passed.txt") == {"deselected": 2, "failed": 1, "skipped": 1}


def test_the_core_is_tested_again_where_the_loops_in_c_may_take_part(outcomes):
    outcomes("core", "--passed-to=passed.txt")
    assert outcomes("core", "--passed-in=passed.txt", says="float32") == {"passed": 2, "failed": 1, "skipped": 1}
    assert outcomes("core", "--passed-in=passed.txt", says="float64") == {"deselected": 2, "failed": 1, "skipped": 1}
