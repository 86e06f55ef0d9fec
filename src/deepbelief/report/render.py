"""A summary becomes a page: the template places what it is given and escapes it."""

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from deepbelief.report.blocks import Block, Summary


def render(summary: Summary) -> str:
    """Return the page.

    Parameters
    ----------
    summary : dict
        See :func:`deepbelief.report.summarise`.

    Returns
    -------
    str
        A whole HTML document that refers to nothing outside itself.
    """
    environment = Environment(
        loader=PackageLoader("deepbelief.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["drawing"] = _drawing
    page = environment.get_template("report.html").render(summary)
    return page.encode(errors="backslashreplace").decode()  # file names need not be text


def _drawing(drawing: Block) -> Markup:
    """Let the SVG of a drawing through as it is: matplotlib wrote it and escaped its text. Nothing else comes here."""
    return Markup(drawing["svg"])
