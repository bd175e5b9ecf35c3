"""The page of a run, or of several side by side: one HTML file that needs no server."""

import pathlib
import time
from collections.abc import Callable

from tf_gan.errors import UserError
from tf_gan.io import atomic, pages
from tf_gan.reports import pictures, read
from tf_gan.version import __version__

STATIC = pathlib.Path(__file__).parent / "static"
SCRIPTS = ("chart", "base", "head", "samples", "curves", "scores", "report")
NAME = "report.html"
EMBEDDED = "report_embedded.html"
COMPARISON = "comparison.html"
RELOAD = 10.0  # Seconds from one look at a run that is training to the next.
BUDGET = 12e6  # Bytes of pictures in an embedded page; as text they take a third more.
# Nothing is loaded but what is in the page, and pictures beside it; it asks its server alone.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src {0}data:;"
    " connect-src {0}; base-uri 'none'; form-action 'none'"
)


def render(workdirs, link: Callable[[pathlib.Path], str] | None, reload: float = 0.0) -> str:
    """Returns the page of runs as HTML.

    Args:
        workdirs: Run directories, one or more.
        link: The address in the page of a picture's path; None embeds the pictures, as
            many as fit.
        reload: Seconds after which the page loads itself again while a run lasts; 0 for
            never.

    Raises:
        UserError: for what is no run directory.
    """
    begin = time.perf_counter()
    runs = [read.facts(workdir) for workdir in workdirs]
    if not runs:
        raise UserError("Expected one run directory or more. Received: none")
    _name_apart(runs)
    for run in runs:
        _set_sources(run, link, BUDGET / len(runs))
    facts = {
        "runs": runs,
        "written": time.time(),
        "reload": reload,
        "seconds": round(time.perf_counter() - begin, 3),
        "version": __version__,
        "embedded": link is None,
    }
    title = runs[0]["name"] if len(runs) == 1 else f"{len(runs)} runs"
    return document(title, {"facts": facts}, "" if link is None else "'self' file: ")


def document(title: str, data: dict, sources: str = "") -> str:
    """Returns the HTML of a page: template, style and scripts of `static/`, and values
    for them.

    Args:
        title: The title, any text.
        data: Values that JSON knows, by the id of the element that holds them.
        sources: What the page may load, as a Content-Security-Policy has it.
    """
    blocks = "\n".join(
        f'<script type="application/json" id="{name}">{pages.script_json(value)}</script>'
        for name, value in data.items()
    )
    return pages.fill(
        STATIC / "report.html",
        policy=POLICY.format(sources),
        title=f"{pages.escaped(title)} - tf_gan",
        style=(STATIC / "report.css").read_text(),
        data=blocks,
        script="\n".join((STATIC / f"{name}.js").read_text() for name in SCRIPTS),
    )


def write(workdirs, output=None, embed: bool = False, reload: float = 0.0) -> pathlib.Path:
    """Writes the page of runs; returns its path.

    Args:
        workdirs: Run directories, one or more.
        output: The file; by default `report.html`, or `report_embedded.html`, in the
            directory of a single run, and `comparison.html` here for several.
        embed: Whether the pictures are in the file.
        reload: Seconds after which the page loads itself again; 0 for never.

    Raises:
        UserError: for what is no run directory, or if the file cannot be written.
    """
    if output is None:
        name = EMBEDDED if embed else NAME
        output = pathlib.Path(workdirs[0], name) if len(workdirs) == 1 else COMPARISON
    output = pathlib.Path(output)
    link = None if embed else pictures.relative_to(output.absolute().parent)
    text = render(workdirs, link, reload)
    atomic.make_parent(output)
    with atomic.atomic_file(output) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return output


def _name_apart(runs: list[dict]) -> None:
    """Puts folders before names that several runs have, as many as make them differ."""
    parts = [pathlib.Path(run["folder"]).absolute().parts for run in runs]
    names = [run["name"] for run in runs]
    for run, own in zip(runs, parts, strict=True):
        same = [each for each, name in zip(parts, names, strict=True) if name == run["name"]]
        depth = 1
        while depth < len(own) and [each[-depth:] for each in same].count(own[-depth:]) > 1:
            depth += 1
        if len(same) > 1:
            run["name"] = str(pathlib.PurePath(*own[-depth:]))


def _set_sources(run: dict, link: Callable[[pathlib.Path], str] | None, budget: float) -> None:
    """Replaces the paths of a run's pictures by their addresses in the page."""
    run["samples_of"], run["left_out"] = len(run["samples"]), 0
    if link is None:
        single = [*filter(None, [run["real"]]), *run["pictures"]]
        run["left_out"] = len(single)
        single = pictures.within(single, budget / 3)
        run["left_out"] -= len(single)
        run["real"] = run["real"] if run["real"] in single else None
        run["pictures"] = [each for each in run["pictures"] if each in single]
        run["samples"] = pictures.spread(run["samples"], budget * 2 / 3)
    for each in (*run["samples"], *run["pictures"], *filter(None, [run["real"]])):
        path = each.pop("path")
        each["src"] = pictures.embedded(path) if link is None else link(path)
