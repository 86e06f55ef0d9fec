"""What the site needs beside Sphinx's own extensions.

* Mathematics becomes MathML, which browsers draw by themselves: no script, and nothing to load from elsewhere.
* The pages of the reference are written from the lists of public names, so that no name is forgotten.
* The page of `deepbelief explore` on the front page is made from a small net.
* Files that lie beside `docs/` (README, SECURITY, ...) have pages here, to which links in the guides lead.
"""

import inspect
import os
import pkgutil
import re
from importlib import import_module
from pathlib import Path
from typing import Any

from docutils.nodes import SkipNode
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util.console import bold
from sphinx.util.logging import getLogger

DOCS = Path(__file__).resolve().parent.parent
ROOT = DOCS.parent
GENERATED = DOCS / "_generated"

# Files beside docs/, and the pages that show them here.
BESIDE = {
    "SECURITY.md": "security",
    "CONTRIBUTING.md": "contributing",
    "CHANGELOG.md": "changelog",
    "benchmarks/README.md": "benchmarks",
    "benchmarks/results/speed/speed.md": "speed",
    "benchmarks/results/speed/avx2.md": "speed-avx2",
    "ports/README.md": "ports",
}
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")

LITERAL = re.compile(r"(``.+?``|:[\w:]+:`[^`]*`|`[^`]*`_?)")
NAME = re.compile(r"(\w)_(?![\w*])")

PACKAGES = {
    "deepbelief": "Estimators, saving and loading",
    "deepbelief.displays": "Pictures",
    "deepbelief.datasets": "Data",
}


def setup(app: Sphinx) -> dict[str, Any]:
    """Register all of it."""
    app.add_html_math_renderer("mathml", (inline_math, None), (displayed_math, None))
    app.connect("builder-inited", write_reference)
    app.connect("builder-inited", show_files_beside)
    app.connect("builder-inited", make_page)
    app.connect("source-read", lead_to_pages)
    app.connect("autodoc-skip-member", skip_what_is_not_ours)
    app.connect("autodoc-process-docstring", escape_names, priority=900)  # after numpydoc
    return {"parallel_read_safe": True}


def inline_math(writer: Any, node: Any) -> None:
    """Write a formula in a line."""
    writer.body.append(tex2mathml(node.astext(), as_block=False))
    raise SkipNode


def displayed_math(writer: Any, node: Any) -> None:
    """Write a formula of its own."""
    writer.body.append(f'<div class="formula">{tex2mathml(node.astext(), as_block=True)}</div>')
    raise SkipNode


def lead_to_pages(app: Sphinx, name: str, source: list[str]) -> None:
    """Let links from a guide to files beside docs/ lead to their pages."""
    page = DOCS / f"{name}.md"
    if page.exists():
        source[0] = with_links(source[0], page.parent, page)


def with_links(text: str, home: Path, page: Path) -> str:
    """Return Markdown that lies in the folder `home` as it must read on a page of the site."""

    def lead(link: re.Match[str]) -> str:
        target = (home / link[1]).resolve()
        beside = target.relative_to(ROOT).as_posix() if target.is_relative_to(ROOT) else ""
        if beside in BESIDE:
            target = DOCS / "project" / f"{BESIDE[beside]}.md"
        return f"]({os.path.relpath(target, page.parent)}"

    return LINK.sub(lead, text)


def show_files_beside(app: Sphinx) -> None:
    """Write a page for each file beside docs/ that the guides speak of."""
    for file, name in BESIDE.items():
        path, page = ROOT / file, DOCS / "project" / f"{name}.md"
        keep(page, with_links(path.read_text(encoding="utf-8"), path.parent, page))


def escape_names(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Keep reStructuredText from taking ``n_features_`` for a link and ``|x|`` for a substitution."""
    for number, line in enumerate(lines):
        parts = LITERAL.split(line)
        parts[::2] = [NAME.sub(r"\1\\_", part).replace("|", r"\|") for part in parts[::2]]
        lines[number] = "".join(parts)


def skip_what_is_not_ours(app: Sphinx, what: str, name: str, member: Any, skip: bool, options: Any) -> bool | None:
    """Leave out what scikit-learn's base classes bring along: its own pages explain it."""
    home = getattr(inspect.unwrap(member) if callable(member) else member, "__module__", "deepbelief") or ""
    return True if home.partition(".")[0] != "deepbelief" else None


def write_reference(app: Sphinx) -> None:
    """Write a page for each public name, and one for each module of the core."""
    folder = DOCS / "reference" / "generated"
    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    for package, title in PACKAGES.items():
        names = public_names(package)
        parts.append(section(title, f"``{package}``", [f"{package}.{name}" for name in names]))
        for name in names:
            keep(folder / f"{package}.{name}.rst", page_of_object(package, name))
    core = sorted(m.name for m in pkgutil.iter_modules(import_module("deepbelief.core").__path__, "deepbelief.core."))
    core = [name for name in core if not import_module(name).__name__.endswith(("kernels", "native"))]
    about = "The mathematics, on NumPy arrays. :doc:`The formulas and their functions </mathematics>` are on one page."
    parts.append(section("The core", about, core))
    have_pages = {getattr(import_module("deepbelief"), name).__name__ for name in public_names("deepbelief")}
    for name in core:
        others = ", ".join(sorted(have_pages & vars(import_module(name)).keys()))
        but = f"   :exclude-members: {others}\n" if others else ""
        keep(folder / f"{name}.rst", f"{heading(name, '=')}\n.. automodule:: {name}\n   :members:\n{but}")
    keep(folder / "index.rst", heading("Classes and functions", "=") + "\n" + "\n".join(parts))


def public_names(package: str) -> list[str]:
    """Return the classes and functions that a package exports."""
    home = import_module(package)
    return [name for name in home.__all__ if callable(getattr(home, name))]


def section(title: str, about: str, names: list[str]) -> str:
    """Return a list of names that lead to their pages, each with the first sentence that is said of it."""
    rows = [
        f"   * - :doc:`{name.removeprefix('deepbelief.')} <{name}>`\n     - {first_sentence(name)}" for name in names
    ]
    table = ".. list-table::\n   :widths: 30 70\n\n" + "\n".join(rows)
    tree = ".. toctree::\n   :hidden:\n\n" + "\n".join(
        f"   {name.removeprefix('deepbelief.')} <{name}>" for name in names
    )
    return f"{heading(title, '-')}\n{about}\n\n{table}\n\n{tree}\n"


def first_sentence(name: str) -> str:
    """Return the first paragraph of what is said of a name, on one line."""
    try:
        said = import_module(name)
    except ImportError:
        package, _, attribute = name.rpartition(".")
        said = getattr(import_module(package), attribute)
    return " ".join((inspect.getdoc(said) or "").partition("\n\n")[0].split())


def page_of_object(package: str, name: str) -> str:
    """Return the page of a class or a function."""
    thing = getattr(import_module(package), name)
    if inspect.isclass(thing):
        members = "   :members:\n" + ("" if issubclass(thing, BaseException) else "   :inherited-members:\n")
        directive = f".. autoclass:: {package}.{name}\n{members}"
    else:
        directive = f".. autofunction:: {package}.{name}\n"
    return f"{heading(name, '=')}\n{directive}"


def heading(text: str, line: str) -> str:
    """Return a heading in reStructuredText."""
    return f"{text}\n{line * len(text)}\n"


def keep(path: Path, text: str) -> None:
    """Write a file, but only if it changes, so that Sphinx reads again only what is new."""
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def make_page(app: Sphinx) -> None:
    """Train a small net on scikit-learn's digits, and write the page in which it can be opened."""
    path = GENERATED / "page" / "net.html"
    if path.exists():
        return
    getLogger(__name__).info(bold("training the net on the front page..."))
    from sklearn.datasets import load_digits

    from deepbelief import DBN, DBNClassifier

    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype("float32")
    dbn = DBN((128, 128), n_iter=40, batch_size=50, n_gibbs_steps=3, learning_rate_schedule="linear", random_state=0)
    net = DBNClassifier.from_dbn(dbn.fit(X), finetune_epochs=20, random_state=0).fit(X, y)
    path.parent.mkdir(parents=True, exist_ok=True)
    net.explore(X, y, title="a net that learned 1,797 digits of 8 × 8 pixels").save(path)
