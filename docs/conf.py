"""Settings of the website; tools/make_site.py puts this folder and the notebooks together."""

import re

project = "Image to Image"
author = "Image to Image contributors"
copyright = "Image to Image contributors. Code: MIT. Prose and pictures: CC BY 4.0"
language = "en"
extensions = ["myst_nb", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]

nb_execution_mode = "off"  # the notebooks were executed once, by make run
nb_merge_streams = True
nb_ipywidgets_js = {"require.js": {}, "embed-amd.js": {"data-jupyter-widgets-cdn-only": "true"}}
myst_enable_extensions = ["amsmath", "colon_fence", "dollarmath"]
myst_heading_anchors = 3

html_theme = "sphinx_book_theme"
html_title = project
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "use_download_button": False,  # the notebooks need the package beside them: see the front page
    "use_fullscreen_button": False,
    "navbar_persistent": [],  # search stands in the side bar already
    "show_toc_level": 2,
    "show_navbar_depth": 1,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
mathjax_path = "mathjax.js"

autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_default_options = {"members": True}


def plain_docstring(app, what, name, obj, options, lines):
    """Show docstrings as they are written: no markup but `code`, and formulas keep their lines."""
    shown = []
    for line in lines:
        text = re.sub(r"([\\*_|])", r"\\\1", line.strip())
        text = re.sub(r"`+([^`]+)`+", lambda code: f" ``{code[1]}`` ".replace("\\", ""), text)
        text = text.replace("::", ":\\:").replace("`` .", "``.").replace("`` ,", "``,")
        continues = shown and shown[-1] and len(shown[-1]) > 82 and line[:1] != " "
        if continues and text:
            shown[-1] += " " + text
        else:
            indent = " " * (len(line) - len(line.lstrip()))
            shown.append(f"| {indent}{text}" if text else "")
    lines[:] = shown


def setup(app):
    app.connect("autodoc-process-docstring", plain_docstring)
