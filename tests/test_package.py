"""The surface of the package: which names it shows, that they can be had, and what importing it loads."""

import importlib.resources
import subprocess
import sys
from pathlib import Path

import deepbelief


def test_dir_shows_the_public_names_without_importing_them():
    code = (
        "import deepbelief, sys; print(*dir(deepbelief)); print(*{'sklearn', 'torch', 'matplotlib'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    shown, loaded = ran.stdout.splitlines()
    assert shown.split() == sorted(deepbelief.__all__)
    assert loaded == ""


def test_every_public_name_can_be_imported():
    scope = {}
    exec("from deepbelief import *", scope)
    assert set(deepbelief.__all__) <= set(scope)
    assert not hasattr(deepbelief, "DBQ")


def test_type_checkers_are_told_that_there_are_types():
    assert importlib.resources.files(deepbelief).joinpath("py.typed").is_file()


def test_the_citation_names_this_version():
    citation = Path(__file__).parent.parent / "CITATION.cff"
    assert f"\nversion: {deepbelief.__version__}\n" in citation.read_text(encoding="utf-8")
