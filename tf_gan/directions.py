"""Directions of latent space, or of a StyleGAN's w: the ways that change images most, and
those that separate labelled samples.
"""

import keras
import numpy as np

from tf_gan import compat
from tf_gan.errors import UserError, integer, positive
from tf_gan.layers import TiedDense
from tf_gan.models.base import GenerativeModel
from tf_gan.models.styles import Styles

COUNT = 10


def codes_of(model: GenerativeModel, latents, labels=None) -> np.ndarray:
    """Returns the points in which a model's directions are: the w of latents for a
    generator with styles, the latents themselves for others; `(n, length)`.

    Args:
        model: A model that makes images from latents.
        latents: Shape `(n, latent_dim)`.
        labels: Integers of shape `(n,)` for models with classes, else None.
    """
    if isinstance(model, Styles):
        return model.styles_of(latents, labels)
    return np.asarray(latents, np.float32)


def images_of(model: GenerativeModel, codes, labels=None) -> np.ndarray:
    """Returns the images of what `codes_of` returned, `(n, *image_shape)`."""
    if isinstance(model, Styles):
        return model.images_from_styles(codes)
    return model.images_from(codes, labels)


def largest(model: GenerativeModel, count: int = COUNT) -> dict[str, np.ndarray]:
    """Returns the directions that change a model's images most, without a look at any:
    those that the first layer behind the codes stretches most (`singular`), for a
    generator with styles all layers that take w together.

    Args:
        model: A model that makes images from latents.
        count: The most that are returned, >= 1.

    Returns:
        Unit vectors, orthogonal to each other, by their names, `direction 1` and so on.

    Raises:
        ValueError: if no layer takes the latents, or for a smaller `count`.
    """
    if isinstance(model, Styles):
        kernels = [
            layer.scaled_kernel().numpy()
            for layer in model.sampler.get_layer("synthesis").layers
            if layer.name.endswith("_style")
        ]
        return singular_vectors(np.concatenate(kernels, axis=1), count)
    found = singular(model.sampler, model.latent_dim, count, codes=getattr(model, "code_dim", 0))
    if not found:
        raise UserError(
            "Directions are those that the first layer behind the latents stretches most. Expected"
            f" a generator with such a layer, dense or a convolution. Received: a"
            f" {type(model).__name__} without"
        )
    return found


def of_labels(codes: np.ndarray, labels: list[str], ridge: float = 1.0) -> dict[str, np.ndarray]:
    """Returns a direction for each label of labelled samples: the unit normal of the
    plane that separates them from the others by ridge regression.

    n ~ (X^T X / N + ridge var I)^-1 X^T y / N, X the codes less their mean, y 1 for the
    label and 0 for others, less its mean, var the mean variance of the codes. Shen et
    al., Interpreting the Latent Space of GANs for Semantic Face Editing (2020),
    https://arxiv.org/abs/1907.10786, separate them by a support vector machine.

    Args:
        codes: What `codes_of` returned, `(n, length)`.
        labels: A label for each.
        ridge: > 0; more of it is for few samples, whose difference of means it tends to.

    Returns:
        Vectors of length 1 by their labels; of two labels one, named by the second in
        order.

    Raises:
        ValueError: for fewer than two labels, and codes that do not tell them apart.
    """
    positive(ridge=ridge)
    kinds = sorted(set(labels))
    if len(kinds) < 2 or len(labels) != len(codes):
        raise UserError(
            f"Expected {len(codes)} labels of two kinds or more. Received: {len(labels)} of {kinds}"
        )
    centred = np.asarray(codes, np.float64) - np.mean(codes, axis=0)
    square = centred.T @ centred / len(centred)
    differ = np.ptp(codes, axis=0).any()
    square += ridge * np.trace(square) / len(square) * np.eye(len(square))
    found = {}
    for kind in kinds[1:] if len(kinds) == 2 else kinds:
        is_kind = np.array([label == kind for label in labels], np.float64)
        slope = centred.T @ (is_kind - is_kind.mean()) / len(centred)
        if not (differ and slope.any()):
            raise UserError(
                "Expected codes that differ from label to label. Received: the same mean for"
                f" {kind!r} and for others"
            )
        normal = np.linalg.solve(square, slope)
        found[kind] = (normal / np.linalg.norm(normal)).astype(np.float32)
    return found


def singular(
    network: keras.Model, latent_dim: int, count: int = COUNT, codes: int = 0
) -> dict[str, np.ndarray]:
    """Returns the directions that the first layer of a generator stretches most.

    The left singular vectors of its kernel K: the unit vectors n, orthogonal to each
    other, with the largest |n^T K|. Shen and Zhou, Closed-Form Factorization of Latent
    Semantics in GANs (2020), https://arxiv.org/abs/2007.06600. No samples are needed.

    Args:
        network: Generator from latents, or from latents and labels.
        latent_dim: Length of the latents.
        count: The most that are returned, >= 1.
        codes: How many of the last latents are codes (InfoGAN), in which no direction goes.

    Returns:
        Vectors of shape `(latent_dim,)` by their names, `direction 1` and so on; none
        if no layer of the network takes the latents.
    """
    kernel = first_kernel(network, latent_dim)
    if kernel is None or not np.isfinite(kernel).all():
        return {}
    found = singular_vectors(kernel[: latent_dim - codes], count)
    return {name: np.pad(vector, (0, codes)) for name, vector in found.items()}


def singular_vectors(kernel: np.ndarray, count: int = COUNT) -> dict[str, np.ndarray]:
    """Returns the left singular vectors of a kernel `(length, outputs)` with the largest
    singular values, by their names.
    """
    count = integer("count", count)
    vectors = np.linalg.svd(kernel, full_matrices=False)[0].T[:count]
    # The sign is free: the largest number is positive.
    largest = np.abs(vectors).argmax(axis=1)
    vectors *= np.sign(vectors[np.arange(len(vectors)), largest])[:, None]
    return {f"direction {i + 1}": vector for i, vector in enumerate(vectors)}


def first_kernel(network: keras.Model, latent_dim: int) -> np.ndarray | None:
    """Returns the kernel of the first layer that takes latents, or latents joined to
    something else, as `(latent_dim, outputs)`; None if there is none.
    """
    found = _first_layer(network)
    if found is None:
        return None
    layer, start = found
    values = keras.ops.convert_to_numpy(layer.kernel).astype(np.float64)
    if isinstance(layer, TiedDense):  # It multiplies by the transposed kernel.
        values = values.T
    if values.ndim == 2 and len(values) >= start + latent_dim:
        return values[start : start + latent_dim]
    if values.ndim == 4:
        # (H, W, in, out), of a transposed convolution, perhaps in a wrapper, (H, W, out, in).
        convolution = getattr(layer, "layer", layer)
        axis = 3 if isinstance(convolution, keras.layers.Conv2DTranspose) else 2
        if values.shape[axis] == latent_dim:
            return np.moveaxis(values, axis, 0).reshape(latent_dim, -1)
    return None


def _first_layer(operation, number: int = 0, start: int = 0) -> tuple | None:
    """Returns the first layer with a kernel that the latents reach, and where they start in
    what it takes; None if there is none.

    Args:
        operation: Model, layer or function of a model.
        number: Which of its inputs holds the latents.
        start: Where they start in that input.
    """
    if not getattr(operation, "outputs", None):  # No graph of layers.
        inside = compat.layers_in_order(operation) if isinstance(operation, keras.Layer) else []
        kernels = (
            each for each in (operation, *inside) if getattr(each, "kernel", None) is not None
        )
        first = next(kernels, None)
        return None if first is None else (first, start)
    starts: dict[int, int | None] = {id(operation.inputs[number]): start}
    reached: dict[int, tuple[int, int]] = {}

    def find(tensor) -> int | None:
        """Returns where the latents start in a tensor; None if they do not reach it."""
        if id(tensor) not in starts:
            maker, given = compat.producer(tensor)[0], compat.inbound_tensors(tensor)
            starts[id(tensor)] = None
            for place, at in enumerate([find(each) for each in given]):
                if at is not None and starts[id(tensor)] is None:
                    reached[id(maker)] = (place, at)
                    if type(maker).__name__ == "Concatenate":  # A layer, or a function.
                        at += sum(each.shape[-1] for each in given[:place])
                    starts[id(tensor)] = at
        return starts[id(tensor)]

    for output in operation.outputs:
        find(output)
    for each in compat.operations(operation):
        if id(each) in reached and (found := _first_layer(each, *reached[id(each)])):
            return found
    return None
