"""The surface of the package: which names it shows, that they can be had, and what importing it loads."""

import importlib.resources
import re
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


def test_what_a_change_touches_is_where_contributing_says():
    """A name with a file is defined in that file, and every file of the package is there."""
    guide = (Path(__file__).parent.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = "\n".join(line for line in guide.splitlines() if line.startswith("  | "))
    package = Path(deepbelief.__file__).parent
    defined = re.findall(r"`(\w+)` \(`([\w/]+\.py)`\)", table)
    assert len(defined) >= 8
    for name, path in defined:
        text = (package / path).read_text(encoding="utf-8")
        assert re.search(rf"^(def |class )?{name}\b", text, re.MULTILINE), (name, path)
    assert [path for path in re.findall(r"`([\w/]+\.py)`", table) if not (package / path).is_file()] == []
