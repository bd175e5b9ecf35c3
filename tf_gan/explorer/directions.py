"""Directions of latent space that users named on the page, and their file."""

import json
import pathlib

import numpy as np

from tf_gan.errors import UserError

FILE = "directions.json"  # In a run directory.


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
        names = [str(entry["name"]) for entry in content["directions"]]
        rows = [np.array(entry["vector"], np.float32) for entry in content["directions"]]
        vectors = dict(zip(names, rows, strict=True))
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, TypeError, KeyError) as error:
        raise UserError(
            f"Expected {path} to be a file that the page of tf-gan-explore saved. It cannot be"
            f" read: {type(error).__name__}: {error}"
        ) from error
    if len(vectors) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise UserError(f"Expected each direction of {path} to have a name of its own: {twice!r}")
    for name, vector in vectors.items():
        if vector.ndim != 1 or not np.isfinite(vector).all():
            raise UserError(f"Expected numbers for the direction {name!r} of {path}")
        if latent_dim is not None and len(vector) != latent_dim:
            raise UserError(
                f"Expected directions of {latent_dim} numbers, the length of the latents."
                f" Received: {len(vector)} for {name!r} of {path}"
            )
    return vectors
