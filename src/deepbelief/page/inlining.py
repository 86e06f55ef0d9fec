"""The files of the page, and everything it shows, as one HTML document.

The modules in ``web/`` become one: each is put behind those it imports from, without its imports and exports. The
document allows nothing but that script and that style sheet, which its Content-Security-Policy names by their hashes.
"""

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from deepbelief.annotations import JsonObject

WEB = Path(__file__).parent / "web"
STYLES = ("base", "controls", "views", "tabs", "narrow")
_IMPORT = re.compile(r'^import\s+(?:\{[^}]*\}|\w+)\s+from\s+"\./([\w-]+\.mjs)";\n', re.MULTILINE)
_DECLARED = re.compile(r"^(?:export )?(?:async )?(?:function|const|let|class) (\w+)", re.MULTILINE)


def html_of(packed: JsonObject, live: bool = False) -> str:
    """Return the page that shows what was packed, which must be fit for JSON; a `live` one asks its server for it.

    Returns
    -------
    str
        A whole HTML document that refers to nothing outside itself.
    """
    return document("main.mjs", STYLES, packed, title="deepbelief explore", live=live)


def document(entry: str, styles: Sequence[str], about: JsonObject, *, title: str, live: bool = False) -> str:
    """Return a page of one script, with all that it imports, some style sheets, and what it is about as JSON.

    A `live` page may speak to the server that it comes from; others speak to nobody.
    """
    script = joined(entry)
    style = "".join((WEB / f"{name}.css").read_text(encoding="utf-8") for name in styles)
    parts = {
        "title": title,
        "policy": _policy(script, style) + ("; connect-src 'self'" if live else ""),
        "style": style,
        "script": script,
        "net": as_json(about),
    }
    template = (WEB / "page.html").read_text(encoding="utf-8")
    # In one pass, so that nothing in what is filled in is taken for a place to be filled in.
    return re.sub(r"\{\{ (\w+) \}\}", lambda place: parts[place[1]], template)


@cache
def joined(entry: str) -> str:
    """Return a module and all that it imports as one script.

    Raises
    ------
    ValueError
        If two modules declare the same name at their top.
    """
    order: list[str] = []

    def visit(name: str) -> None:
        if name not in order:
            for imported in _IMPORT.findall((WEB / name).read_text(encoding="utf-8")):
                visit(imported)
            order.append(name)

    visit(entry)
    texts = [(WEB / name).read_text(encoding="utf-8") for name in order]
    names = [found for text in texts for found in _DECLARED.findall(text)]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"the modules of the page declare {', '.join(twice)} twice; name one of them anew")
    return "\n".join(re.sub(r"^export ", "", _IMPORT.sub("", text), flags=re.MULTILINE) for text in texts)


def as_json(value: object) -> str:
    """Return JSON that cannot end the element that it stands in, with names of files that need not be text."""
    text = json.dumps(value, allow_nan=False, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _policy(script: str, style: str) -> str:
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (script, style)]
    return (
        f"default-src 'none'; script-src 'sha256-{hashes[0]}'; style-src 'sha256-{hashes[1]}'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )
