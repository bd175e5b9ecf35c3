"""Sheets of pictures for pages whose generator cannot run in the browser."""

import base64
import itertools

import numpy as np

from tf_gan.data.ranges import to_uint8, to_unit
from tf_gan.explorer.subject import Subject
from tf_gan.plots import render

WALL = 8  # Rows and columns.
PLANE = 9
STEPS = 9  # Of a direction.
ROWS = 10  # The most directions, classes and categories.


def sheets(subject: Subject, seed: int) -> list[dict]:
    """Returns sheets of pictures: the wall, the plane between its first four pictures,
    directions, classes and codes; for models that make images from images, sources and
    what is made of them.

    Args:
        subject: What the page shows.
        seed: Integer that fixes the latents.

    Returns:
        For each sheet its `title` and `help`, how many `rows` and `columns` it has, the
        `names` of its pictures, row by row, `(height, width)` of a `tile`, and the
        whole as base64 of a `png`.
    """
    if subject.takes_images:
        return _translations(subject, seed)
    model = subject.model
    latents, labels = model.sample_inputs(256, seed)
    latents = latents.numpy()
    label = None if labels is None else labels.numpy()[0]

    def sheet(title, text, points, rows, columns, classes=None):
        inputs = {"latents": points.reshape(-1, model.latent_dim).astype(np.float32)}
        if label is not None:
            classes = np.broadcast_to(label, len(inputs["latents"])) if classes is None else classes
            inputs["labels"] = classes.astype(np.int32)
        return _sheet(title, text, subject.images(inputs), rows, columns)

    count = WALL * WALL
    made = [
        sheet(
            "Wall",
            f"The first {count} pictures of seed {seed}: each is made of latents, random numbers"
            " that the seed fixes.",
            latents[:count],
            [f"picture {i}" for i in range(count)],
            [""],
            None if labels is None else labels.numpy()[:count],
        ),
        sheet(
            "Plane",
            "The pictures between 0 (top left), 1 (top right), 2 and 3: mixtures of their latents.",
            plane(
                latents[:4],
                PLANE,
                normal=model.prior == "normal",
                noise=model.latent_dim - getattr(model, "code_dim", 0),
            ),
            [f"down {i / (PLANE - 1):.2f}" for i in range(PLANE)],
            [f"right {i / (PLANE - 1):.2f}" for i in range(PLANE)],
        ),
    ]
    first = latents[0]
    if subject.directions:
        names = list(subject.directions)[:ROWS]
        amounts = np.linspace(-5, 5, STEPS) * deviation(model.prior)
        points = [first + amount * subject.directions[name] for name in names for amount in amounts]
        made.append(
            sheet(
                "Directions",
                "Picture 0, moved along each direction: a change of all latents at once. These"
                " are the ones that the generator's first layer stretches most (SeFa).",
                np.stack(points),
                names,
                [f"{amount:.2g}" for amount in amounts],
            )
        )
    if model.num_classes:
        kinds = range(min(model.num_classes, ROWS))
        made.append(
            sheet(
                "Classes",
                f"{_each(model.num_classes, 'class', 'classes')}, from the same latents.",
                np.tile(latents[:WALL], (len(kinds), 1)),
                [model.class_name(kind) for kind in kinds],
                [f"picture {i}" for i in range(WALL)],
                np.repeat(kinds, WALL),
            )
        )
    if getattr(model, "categorical", ()):
        kinds = range(min(model.categorical[0], ROWS))
        points = [model.with_codes(latents[:WALL], np.full(WALL, kind)) for kind in kinds]
        made.append(
            sheet(
                "Categories",
                f"{_each(model.categorical[0], 'category', 'categories')} of the first code, with"
                " the same noise.",
                np.stack(points),
                [f"category {kind}" for kind in kinds],
                [f"picture {i}" for i in range(WALL)],
            )
        )
    return made


def _each(count: int, word: str, plural: str) -> str:
    return f"Each {word}" if count <= ROWS else f"The first {ROWS} {plural}"


def deviation(prior) -> float:
    """Returns the standard deviation of a number of the latents."""
    return 1.0 if prior == "normal" else float((prior[1] - prior[0]) / np.sqrt(12.0))


def plane(corners: np.ndarray, side: int, normal: bool, noise: int | None = None) -> np.ndarray:
    """Returns a grid of points between four, as the page makes them: means with weights
    w; for a normal prior the noise of each is divided by sqrt(sum w^2).

    Args:
        corners: Latents of shape `(4, latent_dim)`: top left, top right, bottom left,
            bottom right.
        side: Points along a side, >= 2.
        normal: Whether the prior is normal.
        noise: How many of the first numbers are noise, the others codes; None for all.

    Returns:
        Array of shape `(side, side, latent_dim)`.
    """
    y, x = np.meshgrid(*[np.linspace(0, 1, side)] * 2, indexing="ij")
    weights = np.stack([(1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y], axis=-1)
    points = weights @ corners
    if normal:
        points[..., :noise] /= np.linalg.norm(weights, axis=-1, keepdims=True)
    return points


def _translations(subject: Subject, seed: int) -> list[dict]:
    sources = sources_of(subject.model, 8, seed)
    if sources is None:
        return []
    made = subject.images({"images": sources})
    small = sources.shape[1:3] != made.shape[1:3]
    if small:  # Super-resolution: shown enlarged, pixel by pixel.
        factor = made.shape[1] // sources.shape[1]
        sources = sources.repeat(factor, axis=1).repeat(factor, axis=2)
    pictures = render.interleaved((sources, (0.0, 1.0)), (made, _range(subject)))
    rows = [f"source {i}" for i in range(len(sources))]
    text = "Sources of the data, and beside each what is made of it."
    return [_sheet("Before and after", text, pictures, rows, ["before", "after"])]


def sources_of(model, n: int, seed: int) -> np.ndarray | None:
    """Returns source images of a model's data, in [0, 1]; None if it has none, or does
    not know their range.
    """
    if not model.has_sources or model.source_range is None:
        return None
    return np.asarray(to_unit(model.sample_inputs(n, seed)[0].numpy(), model.source_range))


def _range(subject: Subject) -> tuple[float, float] | None:
    return None if subject.model.data_range is None else (0.0, 1.0)


def _sheet(title, text, images, rows, columns) -> dict:
    bounded = images.min() >= 0.0 and images.max() <= 1.0
    pixels = render.opaque(to_uint8(images, (0.0, 1.0) if bounded else None))
    height, width, channels = pixels.shape[1:]
    # The wall has names for its pictures, not for its rows and columns.
    shape = (len(rows), len(columns)) if len(columns) > 1 else (WALL, WALL)
    pixels = pixels.reshape(*shape, height, width, channels).swapaxes(1, 2)
    pixels = pixels.reshape(shape[0] * height, shape[1] * width, channels)
    return {
        "title": title,
        "help": text,
        "rows": shape[0],
        "columns": shape[1],
        "names": [", ".join(filter(None, pair)) for pair in itertools.product(rows, columns)],
        "tile": [height, width],
        "png": base64.b64encode(render.png(pixels[..., 0] if channels == 1 else pixels)).decode(),
    }
