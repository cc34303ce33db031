"""
The configuration of Sphinx; `tox -e docs` builds.
"""

import sys
from importlib import metadata
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "extensions"))

project = "wandaemon"
author = "the wandaemon authors"
release = version = metadata.version("wandaemon")

extensions = [
    "api_table",
    "configuration_table",
    "counters_table",
    "events_table",
    "layers_table",
    "myst_parser",
    "pydoctor.sphinx_ext.build_apidocs",
    "sphinx.ext.intersphinx",
    "sphinx_copybutton",
    "sphinx_design",
]
exclude_patterns = [
    "_build",
    "benchmarks-figures.md",
    "benchmarks-costs.md",
    "benchmarks-first.md",
    "benchmarks-everything.md",
    "scale-figures.md",
    "scale-figures-10000.md",
    "scale-figures-clamour.md",
    "scale-figures-storms.md",
    "scale-goals.md",
]
nitpicky = True
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = "wandaemon"
html_static_path = ["static"]
html_css_files = ["wide.css"]

# Of a console block only the commands are copied.
copybutton_prompt_text = r"(?:[a-z-]+)?[$#] "
copybutton_prompt_is_regexp = True

# No inventories of other projects are fetched: the documentation builds without a network.
intersphinx_mapping: dict[str, tuple[str, str | None]] = {}

_root = Path(__file__).resolve().parent.parent
pydoctor_args = [
    "--quiet",
    "--project-name=wandaemon",
    f"--config={_root / 'pyproject.toml'}",
    f"--project-base-dir={_root}",
    "--docformat=epytext",
    "--intersphinx-cache-path=",
    # Without these two the same pages take three times as long, nearly all of it for lists that repeat on every page.
    "--no-sidebar",
    "--privacy=HIDDEN:**._*",
    "--html-output={outdir}/api",
    str(_root / "wand"),
]
pydoctor_url_path = "/api/"
