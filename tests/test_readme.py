"""What the README promises exists: its commands, its files, its Python names."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

import deepbelief
from deepbelief.cli.main import deepbelief as command

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def test_every_linked_file_exists():
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert len(links) >= 4
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=lambda page: page.stem)
def test_every_file_linked_from_the_documentation_exists(page):
    text = page.read_text()
    links = re.findall(r"\]\(([^)#]+)\)", text)
    assert [link for link in links if not (page.parent / link).exists()] == []
    assert re.findall(r"^[A-Z]{4,}$|\bTODO\b|\bEXPECTED\b", text, flags=re.MULTILINE) == []


def test_every_command_shown_exists():
    shown = set(re.findall(r"^deepbelief (\w+)", README, flags=re.MULTILINE))
    assert {"train", "evaluate", "predict", "compare"} <= shown
    for name in shown:
        assert CliRunner().invoke(command, [name, "--help"]).exit_code == 0


def test_every_make_target_shown_exists():
    targets = set(re.findall(r"`?make (\w+)`?\s+#", README))
    assert targets == {"demo", "test"}
    makefile = (ROOT / "Makefile").read_text()
    assert all(re.search(rf"^{target}:", makefile, flags=re.MULTILINE) for target in targets)


def test_every_public_name_resolves():
    for name in deepbelief.__all__:
        assert getattr(deepbelief, name) is not None
    assert re.search(r"from deepbelief import RBM, DBN, DBNClassifier", README)
