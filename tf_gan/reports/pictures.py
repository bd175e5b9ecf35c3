"""The pictures of a run directory, and how a page refers to them."""

import base64
import os
import pathlib
import re
from collections.abc import Callable
from urllib.parse import quote

from PIL import Image

GRID = re.compile(r"epoch_(\d{1,12})(?:_step_(\d{1,12}))?\.png")
REAL = "real.png"
SHOWN = (REAL, "samples.gif")  # Elsewhere in the page, the GIF by its single pictures.
# What the kinds of `tf-gan-sample` show.
CAPTIONS = {
    "neighbours": "Samples, and beyond the yellow line the training image nearest to the last of"
    " each row. Copies would look the same.",
    "interpolation": "From one sample to another. Good models change smoothly.",
    "classes": "Samples of each class.",
    "codes": "What each code of the latents changes.",
    "reconstructions": "Images, and what encoder and generator make of them.",
    "translations": "Sources, and what is made of them.",
    "manifold": "Samples over a plane of latents.",
    "density": "Densities of data and samples, and D between them.",
    "augmentations": "Training images, and what D sees of them.",
    "inversion": "Images, and the samples nearest to them.",
}
TYPES = {".png": "image/png", ".gif": "image/gif", ".webp": "image/webp"}


def grids(workdir) -> list[dict]:
    """Returns the pictures of samples by their time: `{"path", "epoch", "step", "width",
    "height"}`; `step` of those within an epoch, else None.
    """
    found = []
    for path in _files(pathlib.Path(workdir, "samples")):
        match = GRID.fullmatch(path.name)
        if match and (size := _size(path)):
            step = None if match[2] is None else int(match[2])
            found.append({"path": path, "epoch": int(match[1]), "step": step} | size)
    return sorted(found, key=lambda each: (each["epoch"], each["step"] or -1))


def real(workdir) -> dict | None:
    """Returns the picture of training images, or None."""
    path = pathlib.Path(workdir, REAL)
    size = None if path.is_symlink() else _size(path)  # As `_files`.
    return {"path": path} | size if size else None


def others(workdir) -> list[dict]:
    """Returns the further pictures in a run directory, as `tf-gan-sample` leaves them,
    that of the nearest training images first: `{"path", "name", "text", "width", "height"}`.
    """
    found = []
    for path in _files(pathlib.Path(workdir)):
        if path.name in SHOWN or path.suffix.lower() not in TYPES:
            continue
        if size := _size(path):
            text = CAPTIONS.get(path.stem, "")
            found.append({"path": path, "name": path.name, "text": text} | size)
    return sorted(found, key=lambda each: (each["path"].stem != "neighbours", each["name"]))


def all_of(workdir) -> list[dict]:
    """Returns the pictures that the page of a run shows."""
    return [*grids(workdir), *others(workdir), *filter(None, [real(workdir)])]


def _files(folder: pathlib.Path) -> list[pathlib.Path]:
    """Returns the files of a folder, without links that lead out of it."""
    try:
        return sorted(path for path in folder.iterdir() if path.is_file() and not path.is_symlink())
    except OSError:
        return []


def _size(path: pathlib.Path) -> dict | None:
    """Returns `{"width", "height"}` of a PNG, a GIF or a WebP file, None for what is none of
    them.
    """
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None  # Nothing is decoded here.
    try:
        with Image.open(path, formats=("PNG", "GIF", "WEBP")) as image:
            return {"width": image.width, "height": image.height}
    except (OSError, ValueError):
        return None
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def relative_to(folder) -> Callable[[pathlib.Path], str]:
    """Returns the function that gives the address of a picture in a page in a folder."""
    folder = os.path.abspath(folder)
    return lambda path: quote(os.fsencode(os.path.relpath(path, folder)))


def embedded(path: pathlib.Path) -> str:
    """Returns a picture as an address that holds it."""
    content = base64.b64encode(path.read_bytes()).decode()
    return f"data:{TYPES[path.suffix.lower()]};base64,{content}"


def spread(found: list[dict], budget: float) -> list[dict]:
    """Returns pictures, evenly spaced in time, the last of them included, whose files
    have at most `budget` bytes together; one at least.
    """
    sizes = [each["path"].stat().st_size for each in found]
    count = len(found)
    while count > 1:
        rows = [round(index * (len(found) - 1) / (count - 1)) for index in range(count)]
        if sum(sizes[row] for row in rows) <= budget:
            return [found[row] for row in rows]
        count = min(count - 1, int(count * 0.9))
    return found[-1:]


def within(found: list[dict], budget: float) -> list[dict]:
    """Returns the first pictures whose files have at most `budget` bytes together, without
    those that are too large for what is left of it.
    """
    kept = []
    for each in found:
        size = each["path"].stat().st_size
        if size <= budget:
            budget -= size
            kept.append(each)
    return kept
