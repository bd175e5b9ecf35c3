"""Directions of latent space: the ways that change the images most, and the names that
users give them.
"""

import json
import pathlib

import keras
import numpy as np

from tf_gan import compat
from tf_gan.errors import UserError

FILE = "directions.json"  # In a run directory.
COUNT = 10


def singular(network: keras.Model, latent_dim: int, count: int = COUNT) -> dict[str, np.ndarray]:
    """Returns the directions that the first layer of a generator stretches most.

    The left singular vectors of its kernel K: the unit vectors n, orthogonal to each
    other, with the largest |n^T K|. Shen and Zhou, Closed-Form Factorization of Latent
    Semantics in GANs (2020), https://arxiv.org/abs/2007.06600. No samples are needed.

    Args:
        network: Generator from latents, or from latents and labels.
        latent_dim: Length of the latents.
        count: The most that are returned, >= 1.

    Returns:
        Vectors of shape `(latent_dim,)` by their names, `direction 1` and so on; none
        if no layer of the network takes the latents.
    """
    kernel = first_kernel(network, latent_dim)
    if kernel is None or not np.isfinite(kernel).all():
        return {}
    vectors = np.linalg.svd(kernel, full_matrices=False)[0].T[:count]
    # The sign is free: the largest number is positive.
    largest = np.abs(vectors).argmax(axis=1)
    vectors *= np.sign(vectors[np.arange(len(vectors)), largest])[:, None]
    return {f"direction {i + 1}": vector for i, vector in enumerate(vectors)}


def first_kernel(network: keras.Model, latent_dim: int) -> np.ndarray | None:
    """Returns the kernel of the first layer that takes latents, or latents joined to
    something behind them, as `(latent_dim, outputs)`; None if there is none.
    """
    for layer in compat.flatten_layers(network, include_self=False):
        kernel = getattr(layer, "kernel", None)
        if kernel is None:
            continue
        values = keras.ops.convert_to_numpy(kernel).astype(np.float64)
        if values.ndim == 2 and len(values) >= latent_dim:
            return values[:latent_dim]
        if values.ndim == 4:  # (H, W, out, in) of a transposed convolution, or (.., in, out).
            for axis in (3, 2):
                if values.shape[axis] == latent_dim:
                    return np.moveaxis(values, axis, 0).reshape(latent_dim, -1)
        return None
    return None


def read(path, latent_dim: int | None = None) -> dict[str, np.ndarray]:
    """Returns the directions of a file that the page saved.

    Args:
        path: `directions.json`, or the folder that holds it.
        latent_dim: Expected length of the vectors; None for any.

    Returns:
        float32 vectors of shape `(latent_dim,)` by their names.

    Raises:
        UserError: if the file cannot be read, or holds something else.

    Example:

    ```python
    from tf_gan import explorer

    directions = explorer.read_directions("runs/digits")
    gan.images_from(z + 2 * directions["slant"])
    ```
    """
    path = pathlib.Path(path)
    path = path / FILE if path.is_dir() else path
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        vectors = {
            str(entry["name"]): np.array(entry["vector"], np.float32)
            for entry in content["directions"]
        }
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, TypeError, KeyError) as error:
        raise UserError(
            f"Expected {path} to be a file that the page of tf-gan-explore saved. It cannot be"
            f" read: {type(error).__name__}: {error}"
        ) from error
    for name, vector in vectors.items():
        if vector.ndim != 1 or not np.isfinite(vector).all():
            raise UserError(f"Expected numbers for the direction {name!r} of {path}")
        if latent_dim is not None and len(vector) != latent_dim:
            raise UserError(
                f"Expected directions of {latent_dim} numbers, the length of the latents."
                f" Received: {len(vector)} for {name!r} of {path}"
            )
    return vectors
