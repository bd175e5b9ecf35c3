"""The documentation site. Build it, and look at it:

    pip install -e '.[docs]'
    sphinx-build -W --keep-going docs build/docs
    python -m http.server -d build/docs

It needs neither TensorFlow nor a network: the API is read from the source, and the tables
of configs and settings come from the configs themselves (docs/tables.py).
"""

import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import jupytext  # noqa: E402
import tables  # noqa: E402
from astroid.exceptions import AstroidImportError  # noqa: E402
from astroid.manager import AstroidManager  # noqa: E402

import tf_gan  # noqa: E402

project, author, version = "tf_gan", "the authors of tf_gan", tf_gan.__version__
extensions = [
    "myst_parser",
    "sphinx.ext.napoleon",
    "autoapi.extension",
    "sphinx_design",
    "sphinx_copybutton",
]
exclude_patterns = ["**/README.md"]
html_theme, html_title = "furo", f"tf_gan {version}"
html_static_path, html_css_files = ["_static"], ["site.css"]
html_show_copyright = html_show_sourcelink = html_copy_source = False
pygments_style, pygments_dark_style = "friendly", "github-dark"

smartquotes = False  # Flags begin with two hyphens.
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4
# Files outside of docs, which pages link to as they lie in the repository, as pages.
OUTSIDE = {
    "../CONTRIBUTING.md": "contributing.md",
    "../CHANGELOG.md": "changelog.md",
    "../export/serving/README.md": "serving_files.md",
}
TUTORIALS = ("getting_started", "plain_keras", "new_model")
copybutton_prompt_text = "$ "

autoapi_dirs, autoapi_root = ["../tf_gan"], "api"
autoapi_options = ["members", "undoc-members", "show-inheritance", "imported-members"]
# What pages of modules show; the others are read for what these import from them.
PUBLIC = {
    *("tf_gan", *tf_gan.MODULES, "augment.controller", "errors"),
    *("training.optimizers", "training.rng"),
}
autoapi_add_toctree_entry, autoapi_keep_files = False, False
autoapi_python_class_content = "class"
suppress_warnings = ["autoapi.python_import_resolution"]  # Of types that are not shown.
napoleon_numpy_docstring = False
napoleon_use_ivar = True


def read_page(app, name: str, source: list[str]) -> None:
    """Fills in the tables, and points links out of docs at the pages of those files."""
    text = re.sub(r"<!-- table: (\w+) -->", lambda match: getattr(tables, match[1])(), source[0])
    for outside, page in OUTSIDE.items():
        text = text.replace(f"]({outside}", f"]({page}")
    # Pages that are not Markdown, as links that open them.
    text = re.sub(
        r"\[([^\]]*)\]\(((?:\w+\.html|notebooks/\w+\.ipynb))\)", r'<a href="\2">\1</a>', text
    )
    source[0] = text


def markdown_to_rest(app, what, name, obj, options, lines: list[str]) -> None:
    """Turns the Markdown of a docstring into reST: `code` and fenced blocks. A bar, as in |x|,
    would be a substitution.
    """
    parts = re.split(r"(^ *```.*?^ *```$|`[^`]+`)", "\n".join(lines), flags=re.M | re.S)
    for number, part in enumerate(parts):
        if number % 2 == 0:
            parts[number] = part.replace("|", r"\|")
        elif part.lstrip().startswith("```"):
            indent = part[: len(part) - len(part.lstrip())]
            code = part.strip().split("\n")[1:-1]
            block = [f"{indent}.. code-block:: python", "", *(f"    {line}" for line in code)]
            parts[number] = "\n".join(block)
        else:
            parts[number] = f"``{' '.join(part[1:-1].split())}``"
            if re.match(r"\w", parts[number + 1]):  # A plural: `Loss`es.
                parts[number] += "\\ "
    lines[:] = "".join(parts).split("\n")


def is_public(name: str) -> bool:
    """Whether a module has a page: those of the package, and in models and networks each file."""
    name = name.removeprefix("tf_gan.")
    return name in PUBLIC or name.partition(".")[0] in ("models", "networks")


def skip_member(app, what: str, name: str, obj, skip: bool, options) -> bool:
    if what in ("module", "package"):
        return not is_public(name)
    return skip or (obj.imported and name.startswith(("tf_gan.networks.", "tf_gan.errors.")))


def read_no_other_package() -> None:
    """Keeps astroid from reading Keras and TensorFlow: it would take half of the time, and
    their docstrings into our pages.
    """
    read = AstroidManager.ast_from_module_name

    def read_ours(self, name, *args, **kwargs):
        if name.partition(".")[0] not in ("tf_gan", *sys.stdlib_module_names):
            raise AstroidImportError("Not read: {modname}", modname=name)
        return read(self, name, *args, **kwargs)

    AstroidManager.ast_from_module_name = read_ours


def write_live_page(app, error) -> None:
    """Writes the page in which a small GAN trains beside the others."""
    if error is None:
        from tf_gan.replay import template

        pathlib.Path(app.outdir, "live.html").write_text(template.live())


def write_notebooks(app, error) -> None:
    """Writes the tutorials as notebooks, whose cells are their blocks of Python."""
    if error is None:
        folder = pathlib.Path(app.outdir, "notebooks")
        folder.mkdir(exist_ok=True)
        for name in TUTORIALS:
            notebook = jupytext.read(HERE / f"{name}.md")
            jupytext.write(notebook, folder / f"{name}.ipynb")


def setup(app) -> None:
    read_no_other_package()
    app.connect("build-finished", write_live_page)
    app.connect("build-finished", write_notebooks)
    app.connect("source-read", read_page)
    app.connect("autoapi-skip-member", skip_member)
    app.connect("autodoc-process-docstring", markdown_to_rest, priority=400)  # Before napoleon.
