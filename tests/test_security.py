"""What SECURITY.md promises, where no other test does."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "src").rglob("*.py"))
RUNS_CODE = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "runpy", "code", "ctypes"}
CONNECTS = {"socket", "urllib", "http", "ssl", "ftplib", "smtplib", "requests", "urllib3", "asyncio", "webbrowser"}
CALLS = {"eval", "exec", "compile", "__import__", "system", "popen", "Popen", "fetch_openml", "urlopen"}

# In a process of its own, as such a hook can never be taken off again.
WITHOUT_A_NETWORK = """
import sys

def refuse(event, arguments):
    if event.startswith("socket."):
        raise AssertionError(f"{event} {arguments}")

sys.addaudithook(refuse)
from click.testing import CliRunner
from deepbelief import report
from deepbelief.cli.main import deepbelief

report.blocks.svg = lambda display, prefix: "<svg/>"  # the same is drawn as a PNG

tiny = ["--layers", "8", "--pretrain-epochs", "1", "--softmax-epochs", "1", "--finetune-epochs", "1"]
for command in (["train", "digits", *tiny, "--out", "run"], ["predict", "run", "digits"]):
    CliRunner().invoke(deepbelief, command, catch_exceptions=False)
"""


def imported(tree: ast.Module) -> set[str]:
    """The packages that a module imports, at its top or inside a function."""
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    return {name.partition(".")[0] for name in names}


def called(tree: ast.Module) -> set[str]:
    """The last part of the name of whatever a module calls."""
    functions = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {function.id if isinstance(function, ast.Name) else getattr(function, "attr", "") for function in functions}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT / "src" / "deepbelief")))
def test_no_module_can_run_what_it_reads(path):
    """None imports what unpickles or loads code, none calls what evaluates or starts something."""
    text = path.read_text()
    tree = ast.parse(text)
    assert imported(tree) & RUNS_CODE == set()
    allowed = {"compile"} if imported(tree) & {"re", "torch"} else set()  # re.compile, torch.compile
    assert called(tree) & (CALLS - {"urlopen"} - allowed) == set()
    assert "allow_pickle=True" not in text
    assert "torch.load" not in text


def test_only_fetch_mnist_can_connect():
    """The servers of ``watch/`` listen; their own tests say to whom they answer."""
    connecting = set()
    for path in MODULES:
        tree = ast.parse(path.read_text())
        if imported(tree) & CONNECTS or called(tree) & {"fetch_openml", "urlopen"}:
            connecting.add(str(path.relative_to(ROOT / "src" / "deepbelief")))
    commands = {"cli/explore.py", "cli/watching.py"}
    servers = {f"watch/{name}.py" for name in ("board", "guarding", "net_server", "server", "watching")}
    assert connecting - commands - servers == {"datasets/fetching.py"}


def test_commands_open_no_connection(tmp_path):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", WITHOUT_A_NETWORK], check=True, env=environment, cwd=tmp_path)
    assert (tmp_path / "submission.csv").exists()


def test_every_test_that_backs_a_promise_exists():
    backing = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (ROOT / "SECURITY.md").read_text())
    assert len(backing) >= 10
    for path, name in backing:
        assert f"def {name}(" in (ROOT / path).read_text(), name


def test_the_lower_bounds_are_those_that_are_explained():
    project = (ROOT / "pyproject.toml").read_text()
    bounds = re.findall(r"^\| ([\w-]+)[^|]* \| ([\d.]+) \|", (ROOT / "SECURITY.md").read_text(), flags=re.MULTILINE)
    assert len(bounds) == 5
    for package, version in bounds:
        assert f'"{package}>={version}"' in project
