"""The page: data, networks and scripts in one HTML file."""

import base64
import gzip
import os
import pathlib
import urllib.parse
from collections.abc import Mapping

import numpy as np

from tf_gan.explorer import runtime, sprites
from tf_gan.explorer.networks import Network
from tf_gan.explorer.subject import Subject
from tf_gan.io import atomic, pages
from tf_gan.version import __version__

STATIC = pathlib.Path(__file__).with_name("static")
SCRIPTS = (
    *("bytes", "network", "latents", "dom", "pictures"),
    *("stage", "wall", "ways", "sliders", "images", "sprites", "main"),
)
COUNT = 256  # Pictures of the wall.
MOST = 256  # Height and width of pictures that are enlarged.
INLINE = 20_000_000  # Bytes of networks above which they lie in files beside the page.


def write(path: pathlib.Path, data: dict, parts: Mapping[str, bytes], inline: bool) -> None:
    """Writes a page.

    Args:
        path: The HTML file; it may exist.
        data: What the scripts read, values that JSON can hold.
        parts: Gzip files by name.
        inline: Whether they are in the page, or else in the folder `<stem>_files`
            beside it, each in a script of its own: a page of a file cannot read others.
    """
    folder = files_beside(path)
    data = data | {"folder": folder.name}
    texts = {
        name: f'explorerParts["{name}"] = "{base64.b64encode(part).decode()}";'
        for name, part in parts.items()
    }
    atomic.make_parent(path)
    if inline:
        tags = [f"<script>{text}</script>" for text in texts.values()]
    else:
        with atomic.naming_errors(folder):
            folder.mkdir(exist_ok=True)
        address = urllib.parse.quote(os.fsencode(folder.name))
        for name, text in texts.items():
            with atomic.atomic_file(folder / f"{name}.js") as temporary:
                temporary.write_text(text)
        tags = [f'<script src="{address}/{name}.js"></script>' for name in texts]
    page = pages.fill(
        STATIC / "page.html",
        css=(STATIC / "explorer.css").read_text(encoding="utf-8"),
        data=pages.script_json(data),
        parts="\n".join(tags),
        script=script(),
    )
    with atomic.atomic_file(path) as temporary:
        temporary.write_text(page, encoding="utf-8")


def files_beside(path) -> pathlib.Path:
    """Returns the folder beside a page that holds its large files."""
    path = pathlib.Path(path)
    return path.with_name(f"{path.stem}_files")


def script() -> str:
    """Returns the scripts of the page as one, in which all functions know each other."""
    texts = [(STATIC / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS]
    head = 'const data = JSON.parse(document.getElementById("data").textContent);'
    return "\n".join(['(() => {\n"use strict";', head, *texts, "})();"])


def facts(subject: Subject, seed: int) -> dict:
    """Returns what the scripts know of a subject."""
    model, card = subject.model, subject.card["model"]
    height, width, channels = model.image_shape
    size = "any size" if subject.takes_images and _free(model) else f"{width} x {height} pixels"
    data = {
        "title": subject.title,
        "facts": (
            f"{card['name']}, {card['parameters']:,} parameters, {card['steps']:,} steps; {size}"
        ),
        "footer": f"Made by tf_gan {__version__}.",
        "kind": "images" if subject.takes_images else "latents",
        "shape": [height, width, channels],
        "bounded": model.data_range is not None,
        "load": ["import numpy as np", *subject.load],
        "call": subject.call,
        "labelCall": subject.labels,
        "seeded": subject.seeded,
        "seed": seed,
    }
    return data | (_images(model, seed) if subject.takes_images else _latents(subject, seed))


def _latents(subject: Subject, seed: int) -> dict:
    model = subject.model
    latents, labels = model.sample_inputs(COUNT, seed)
    categorical, continuous = getattr(model, "categorical", ()), getattr(model, "continuous", 0)
    codes = {
        "categorical": list(categorical),
        "continuous": continuous,
        "start": model.latent_dim - sum(categorical) - continuous,
    }
    return {
        "latentDim": model.latent_dim,
        "prior": model.prior,
        "truncates": not model.normalizes_latents,
        "deviation": sprites.deviation(model.prior),
        "count": COUNT,
        # float16 would move pictures by more than 1e-4.
        "latents": base64.b64encode(latents.numpy().astype("<f4").tobytes()).decode(),
        "classes": [model.class_name(number) for number in range(model.num_classes or 0)],
        "labels": None if labels is None else labels.numpy().tolist(),
        "codes": codes if categorical or continuous else None,
        "directions": [
            {"name": name, "vector": vector.astype(np.float32).tolist()}
            for name, vector in subject.directions.items()
        ],
    }


def _images(model, seed: int) -> dict:
    sources = sprites.sources_of(model, 8, seed)
    examples = np.rint(255.0 * np.array([] if sources is None else sources)).astype(np.uint8)
    return {
        "sourceShape": [None, None, model.source_shape[-1]]
        if _free(model)
        else list(model.source_shape),
        "most": MOST,
        "examples": [
            {"bytes": base64.b64encode(image.tobytes()).decode(), "shape": list(image.shape)}
            for image in examples
        ],
    }


def _free(model) -> bool:
    """Returns whether a model takes images of any size."""
    return hasattr(model, "upscale")


def parts(networks: Mapping[str, Network], runner: Mapping[str, bytes]) -> dict[str, bytes]:
    """Returns the parts of a page whose generator runs: the runtime, its licences, and
    the networks.
    """
    packed = {name: network.content for name, network in networks.items()}
    packed["licences"] = runtime.licences().encode()
    return dict(runner) | {
        name: gzip.compress(content, 6, mtime=0) for name, content in packed.items()
    }
