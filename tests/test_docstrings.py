"""Docstrings: numpydoc's checks of every public function, class and module, and examples that run.

Files are read, not imported: some need torch. What a protocol or an abstract class says of a method holds for all that
implement it, so an implementation need not say it again.
"""

import ast
import doctest
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from numpydoc.hooks.validate_docstrings import AstValidator
from numpydoc.validate import validate

import deepbelief

PACKAGE = Path(deepbelief.__file__).parent
ROOMS = ["core", "estimators", "datasets", "displays", "experiment"]
# What numpydoc reports: nothing is said (GL08, SS01), parameters are missing, unknown or out of order (PR01, PR02,
# PR03), the name of a type is misspelled (PR06), and no word on what is returned or yielded (RT01, YD01).
CHECKED = {"GL08", "SS01", "PR01", "PR02", "PR03", "PR06", "RT01", "YD01"}
EXAMPLES = sorted(
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
    for room in ("core", "estimators")
    for path in (PACKAGE / room).rglob("*.py")
    if re.search(r"\n +>>> ", path.read_text())
)
NOT_OF_A_PROPERTY = {"RT01"}
Node = ast.ClassDef | ast.FunctionDef


def is_contract(node: ast.ClassDef) -> bool:
    return any(ast.unparse(base) in {"Protocol", "ABC"} for base in node.bases)


def names(node: ast.ClassDef) -> list[str]:
    """Return what a protocol or an abstract class asks for: methods, and values by their annotations."""
    methods = [child.name for child in node.body if isinstance(child, ast.FunctionDef)]
    return methods + [ast.unparse(child.target) for child in node.body if isinstance(child, ast.AnnAssign)]


CLASSES = [
    node
    for path in PACKAGE.rglob("*.py")
    for node in ast.walk(ast.parse(path.read_text()))
    if isinstance(node, ast.ClassDef)
]
AGREED = {name for node in CLASSES if is_contract(node) for name in names(node)}


class Validator(AstValidator):
    """numpydoc's validator, which knows that the parameters of a dataclass are its fields."""

    @property
    def signature_parameters(self) -> tuple[str, ...]:
        if self.is_class and any("dataclass" in ast.unparse(decorator) for decorator in self.node.decorator_list):
            return tuple(fields(self.node))
        return super().signature_parameters


def fields(node: ast.ClassDef) -> list[str]:
    """Return the fields of a dataclass, those of its bases first."""
    bases = [base for base in CLASSES for name in node.bases if base.name == ast.unparse(name)]
    own = [
        child.target.id
        for child in node.body
        if isinstance(child, ast.AnnAssign)
        and "ClassVar" not in ast.unparse(child.annotation)
        and "init=False" not in ast.unparse(child)
    ]
    return [name for base in bases for name in fields(base)] + own


def is_property(node: Node) -> bool:
    return any("property" in ast.unparse(decorator) for decorator in node.decorator_list)


def is_setter(node: Node) -> bool:
    return any(ast.unparse(decorator).endswith(".setter") for decorator in node.decorator_list)


def public(nodes: list[ast.stmt], outer: str = "") -> Iterator[tuple[str, Node, list[ast.AST]]]:
    """Yield what has a public name, with that name and its ancestors."""
    for node in nodes:
        if not isinstance(node, Node) or node.name.startswith("_") or is_setter(node):
            continue
        yield f"{outer}{node.name}", node
        if isinstance(node, ast.ClassDef):
            yield from (
                (name, child)
                for name, child in public(node.body, f"{outer}{node.name}.")
                if is_contract(node) or child.name not in AGREED
            )


def problems(path: Path) -> list[str]:
    tree = ast.parse(path.read_text())
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    found = []
    for name, node in public(tree.body):
        said = validate(name, Validator, ast_node=node, filename=path, ancestry=[parents[node]])["errors"]
        checked = CHECKED - NOT_OF_A_PROPERTY if is_property(node) else CHECKED
        found += [f"{name}: {code} {text}" for code, text in said if code in checked]
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_docstrings_are_complete(room):
    paths = sorted((PACKAGE / room).rglob("*.py"))
    assert len(paths) > 10
    assert {str(path.relative_to(PACKAGE)): found for path in paths if (found := problems(path))} == {}


def test_an_incomplete_docstring_would_be_noticed(tmp_path):
    path = tmp_path / "module.py"
    path.write_text(
        'def f(x, y):\n    """Add.\n\n    Parameters\n    ----------\n    x : int\n    """\n    return x + y\n'
    )
    assert [line.partition(" Par")[0] for line in problems(path)] == ["f: PR01", "f: RT01 No Returns section found"]


@pytest.mark.parametrize("module", EXAMPLES)
def test_examples_in_docstrings_run(module):
    outcome = doctest.testmod(importlib.import_module(f"deepbelief.{module}"))
    assert outcome.attempted > 0
    assert outcome.failed == 0


def test_every_module_says_what_it_is_for():
    modules = list(PACKAGE.rglob("*.py"))
    assert len(modules) > 100
    assert [path for path in modules if not ast.get_docstring(ast.parse(path.read_text()))] == []
