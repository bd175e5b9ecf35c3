"""Templates, styles and scripts of the pages, without TensorFlow."""

import pathlib

from tf_gan.io import pages

STATIC = pathlib.Path(__file__).with_name("static")


def live() -> str:
    """Returns the page in which a small GAN trains."""
    return fill("live.html", ("game.js", "draw.js", "live.js"))


def fill(template: str, scripts: tuple[str, ...], **values: str) -> str:
    """Returns a page.

    Args:
        template: File of `static/`.
        scripts: Files of `static/` that become its script, in order.
        **values: HTML for the names in the template.
    """
    return pages.fill(
        STATIC / template,
        style=(STATIC / "page.css").read_text(),
        script="\n".join((STATIC / name).read_text() for name in scripts),
        **values,
    )
