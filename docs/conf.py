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

extensions = ["configuration_table", "myst_parser", "pydoctor.sphinx_ext.build_apidocs", "sphinx.ext.intersphinx"]
exclude_patterns = ["_build", "benchmarks-figures.md", "benchmarks-costs.md"]
nitpicky = True
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = "wandaemon"

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
    "--html-output={outdir}/api",
    str(_root / "wand"),
]
pydoctor_url_path = "/api/"
