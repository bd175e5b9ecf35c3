"""Perceptual path length: how far features move per step of z, and of w for models with
styles; low is smooth, and only values of the same features compare.
"""

import numpy as np
import tensorflow as tf

from tf_gan import compat
from tf_gan.errors import UserError
from tf_gan.evaluation import Reference, Samples, Score, thousands
from tf_gan.features import FeatureExtractor
from tf_gan.metrics import perceptual_path_lengths
from tf_gan.models.base import GenerativeModel
from tf_gan.models.styles import Styles
from tf_gan.training.rng import Fold, Stream

USES_MODEL = True
PAIRS = 1000  # At most: each takes two images and their features.
BATCH = 64


def score(samples: Samples, reference: Reference) -> list[Score]:
    model = samples.model
    assert model is not None
    check(model)
    extractor = reference.extractor
    n = min(samples.count, PAIRS)
    scores = []
    for space, (path, values) in lengths(model, extractor, n, samples.seed).items():
        protocol = (
            f"E ||F(G(p(t + 1e-4))) - F(G(p(t)))||^2 / 1e-8 over {n:,} pairs of {space}, {path}"
            f" way p, t uniform in [0, 1]; features F: {extractor.describe()}; error: standard"
            " error"
        )
        name = f"path_length_{space}_{extractor.name}_{thousands(n)}"
        error = float(values.std() / n**0.5)
        trimmed = float(without_outliers(values).mean())
        details = {"extractor": extractor.protocol(), "without_outliers": trimmed}
        scores.append(Score(name, float(values.mean()), protocol, error, details))
    return scores


def without_outliers(values: np.ndarray) -> np.ndarray:
    """Returns the values from the first percentile to the 99th, which the code of the
    paper's authors averages.
    """
    low = np.percentile(values, 1, method="lower")
    high = np.percentile(values, 99, method="higher")
    return values[(values >= low) & (values <= high)]


def check(model: GenerativeModel) -> None:
    """Raises a UserError for a model without path lengths, before a network is trained."""
    if not model.latents_are_alike:
        raise UserError(
            "Path lengths are of latents that are all normal, or all uniform. Received: a"
            f" {type(model).__name__}. Leave the metric out"
        )
    if model.data_range is None or len(model.image_shape) != 3:
        raise UserError(
            "Path lengths are of images (H, W, C) with a range. Received: a model of"
            f" {model.image_shape}, data_range={model.data_range}. Leave the metric out"
        )
    if any(layer.compute_dtype != "float32" for layer in compat.flatten_layers(model.sampler)):
        raise UserError(
            "Path lengths are differences of images whose latents differ by 1e-4, which the half"
            " precision of this run rounds away. Expected config.precision='float32'"
        )


def lengths(
    model: GenerativeModel, extractor: FeatureExtractor, n: int, seed: int
) -> dict[str, tuple[str, np.ndarray]]:
    """Returns the path and the lengths of n random pieces of ways, in `"z"`, and in `"w"`
    for models with styles.

    Args:
        model: A model whose latents are all normal, or all uniform.
        extractor: The network F.
        n: Number of pairs, >= 1; the two latents of a pair have the same class.
        seed: Fixes the latents and t.

    Raises:
        UserError: for a model without such latents, or images without a range.
    """
    check(model)
    random = Stream(seed, Fold.GENERATION)
    start, end = np.split(model.sample_latents(2 * n, random).numpy(), 2)
    t = random.fold(1).uniform([n]).numpy()
    labels = model.sample_labels(n, random.fold(0)).numpy() if model.num_classes else None
    data_range = model.data_range

    def measured(images_of, start, end, path):
        values = []
        for first in range(0, n, BATCH):
            rows = slice(first, first + BATCH)

            def features(points, rows=rows):
                images = images_of(points, None if labels is None else labels[rows])
                return extractor.smooth_features(tf.constant(images), data_range)

            part = start[rows], end[rows], t[rows]
            values.append(perceptual_path_lengths(features, *part, path=path))
        return path, np.concatenate(values)

    path = "spherical" if model.prior == "normal" else "linear"
    found = {"z": measured(model.images_from, start, end, path)}
    if isinstance(model, Styles):
        start, end = model.styles_of(start, labels), model.styles_of(end, labels)
        found["w"] = measured(lambda w, _: model.images_from_styles(w), start, end, "linear")
    return found
