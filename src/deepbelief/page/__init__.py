"""The page in which a net is opened: one HTML file that computes by itself.

Rules of this room:

* The page is a leaf: it takes a :class:`Contents` of plain arrays and layers of the core, and returns text. It knows
  neither estimators nor files of users.
* What the page computes is written twice: in the core, and in ``web/net.mjs`` and ``web/units.mjs``. Golden vectors,
  which the core writes, hold the two together (``tests/page``).
* Text that comes from a model or from data reaches the page as JSON and is shown as text, never as markup.
"""

from deepbelief.page.contents import Contents
from deepbelief.page.packing import Page, page_of

__all__ = ["Contents", "Page", "page_of"]
