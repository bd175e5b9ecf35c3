"""The explorer: a page with the generator inside, which runs in the browser.

One HTML file, opened by a double click, without Python, a server or a network. ONNX
Runtime Web runs the networks.
"""

import pathlib

from tf_gan.errors import UserError
from tf_gan.explorer import page, sprites
from tf_gan.explorer.directions import read as read_directions
from tf_gan.explorer.files import of_file
from tf_gan.explorer.page import files_beside
from tf_gan.explorer.runtime import Unavailable, fetch
from tf_gan.explorer.subject import Subject, of_model, of_run
from tf_gan.export.report import Report
from tf_gan.io.paths import check_path

__all__ = [
    "Subject",
    "explore",
    "explore_model",
    "explore_run",
    "files_beside",
    "of_file",
    "of_model",
    "of_run",
    "read_directions",
]
LIMIT = 100_000_000  # Bytes of networks above which the page has pictures made before.


def explore(
    subject: Subject, path, *, seed: int = 0, weights: str = "auto", tarball=None
) -> tuple[Report, str]:
    """Writes the page of a subject.

    Args:
        subject: What the page shows.
        path: HTML file to write; it may exist.
        seed: Integer that fixes the wall: picture i is `gan.generate(256, seed)[i]`.
        weights: How the networks are stored: `"float32"`, `"float16"`, which is half as
            large, or `"auto"`: float16 where it moves pictures by at most 1e-4.
        tarball: File of ONNX Runtime Web; see
            `tf_gan.explorer.runtime.fetch`.

    Returns:
        What was written, and why the generator does not run in the page: empty if it
        does.

    Raises:
        UserError: if the path cannot be written, or for other `weights`.
    """
    check_path(path, "argument `path`", written=True)
    path = pathlib.Path(path)
    if path.suffix != ".html":
        raise UserError(f"The explorer is an .html file. Received: path={str(path)!r}")
    data = page.facts(subject, seed)
    try:
        networks = subject.networks(weights)
        size = sum(len(network.content) for network in networks.values())
        if size > LIMIT:
            raise Unavailable(
                f"The generator has {size / 1e6:.0f} MB, too many for a page: at most"
                f" {LIMIT / 1e6:.0f} MB run in one."
            )
        parts = page.parts(networks, fetch(tarball))
    except Unavailable as error:
        reason = str(error)
        data |= {"networks": [], "reason": reason, "sheets": sprites.sheets(subject, seed)}
        page.write(path, data, {}, inline=True)
        row = {"network": "pictures made before", "weights": "-", "difference": "-"}
        return Report([path], [row]), reason
    page.write(path, data | {"networks": list(networks)}, parts, inline=size <= page.INLINE)
    rows = [
        {
            "network": name,
            "weights": f"{network.weights}, {len(network.content) / 1e6:.2f} MB",
            "difference": f"{network.difference:.1e}",
        }
        for name, network in networks.items()
    ]
    return Report([path], rows), ""


def explore_model(model, path, **options):
    """Writes the page of a model, and returns it for a notebook.

    Args:
        model: A `tf_gan.models.GenerativeModel`.
        path: HTML file to write; it may exist.
        **options: `seed`, `weights` and `tarball` of `explore`.

    Returns:
        An `IPython.display.IFrame` of the page if IPython is installed, else the path.
    """
    return _shown(of_model(model, type(model).__name__, []), path, options)


def explore_run(workdir, path=None, **options):
    """Writes the page of a run, and returns it for a notebook.

    Args:
        workdir: Run directory.
        path: HTML file to write; it may exist. None for `explorer.html` in the run.
        **options: `seed`, `weights` and `tarball` of `explore`.

    Returns:
        As `explore_model`.
    """
    return _shown(of_run(workdir), path or pathlib.Path(workdir, "explorer.html"), options)


def _shown(subject: Subject, path, options):
    _, reason = explore(subject, path, **options)
    if reason:
        print(f"The generator does not run in the page: {reason}")
    try:
        from IPython.display import IFrame
    except ImportError:
        return pathlib.Path(path)
    return IFrame(str(path), width="100%", height=800)
