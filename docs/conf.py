"""How Sphinx makes the site: `make docs`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "extensions"))

from deepbelief import __version__

(Path(__file__).parent / "_generated" / "page").mkdir(parents=True, exist_ok=True)  # the extension fills it

project = "deepbelief"
author = "The deepbelief developers"
version = release = __version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx_click",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "site_of_deepbelief",
]
smartquotes_action = "q"  # quotation marks only: --json keeps its two hyphens
exclude_patterns = ["_build", "gallery/**/*.ipynb", "gallery/**/*.json"]

# Markdown: the guides also read well on a code host, so links between them are relative paths
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
myst_links_external_new_tab = True

# The reference
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # types stand in the docstrings, with shapes
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

# Examples: each is run, and an error or a warning of Sphinx in one of them ends the build
sphinx_gallery_conf = {
    "examples_dirs": ["../examples", "tutorial_source"],
    "gallery_dirs": ["gallery", "tutorial"],
    "capture_repr": (),
    "download_all_examples": False,
    "min_reported_time": 60,
    "remove_config_comments": True,
    "show_memory": False,
    "write_computation_times": False,
}

# How it looks
html_theme = "pydata_sphinx_theme"
html_title = "deepbelief"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_extra_path = ["_generated/page"]
html_show_sourcelink = False
html_copy_source = False
html_math_renderer = "mathml"
html_sidebars = {"index": [], "mathematics": [], "tutorial/*": []}
html_theme_options = {
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
    "show_prev_next": False,
    "show_toc_level": 2,
    "header_links_before_dropdown": 7,
    "footer_start": ["copyright"],
    "footer_end": [],
}
copyright = "the deepbelief developers. MIT licence"
