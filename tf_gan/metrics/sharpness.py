"""How sharp images are."""

import numpy as np

from tf_gan.errors import UserError
from tf_gan.metrics.arrays import images

BATCH = 256  # Images that are differentiated at once.


def sharpness(pictures) -> np.ndarray:
    """Returns the variance of the Laplacian of each image.

    The Laplacian is x(i-1, j) + x(i+1, j) + x(i, j-1) + x(i, j+1) - 4 x(i, j) wherever
    all of it exists; the variance goes over places and channels. It falls with blur and
    grows with edges, with noise, and with the square of the contrast.

    Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy (2000),
    https://doi.org/10.1109/ICPR.2000.903548.

    Args:
        pictures: Images of shape `(N, H, W, C)`, H and W >= 3, in any range.

    Returns:
        float64 array of shape `(N,)`.

    Raises:
        ValueError: for other shapes, smaller images, NaN or infinite values.
    """
    x = images("pictures", pictures)
    if min(x.shape[1:3]) < 3:
        raise UserError(f"Expected images of at least 3 x 3. Received: {x.shape[1]} x {x.shape[2]}")
    variances = []
    for first in range(0, len(x), BATCH):
        y = x[first : first + BATCH]
        sides = y[:, :-2, 1:-1] + y[:, 2:, 1:-1] + y[:, 1:-1, :-2] + y[:, 1:-1, 2:]
        laplacian = sides - 4 * y[:, 1:-1, 1:-1]
        variances.append(laplacian.var(axis=(1, 2, 3), dtype=np.float64))
    return np.concatenate(variances)


def relative_sharpness(pictures, reference) -> float:
    """Returns the mean sharpness of images over that of reference images: 1 if they are
    as sharp, less if they are blurred, more if they are noisy.

    Args:
        pictures: Images of shape `(N, H, W, C)`.
        reference: Images of shape `(M, H, W, C)` in the same range.

    Raises:
        ValueError: for images smaller than 3 x 3 or of two sizes, NaN or infinite
            values, and for a reference without any edge.
    """
    if np.shape(pictures)[1:] != np.shape(reference)[1:]:
        raise UserError(
            f"Expected images and reference of one size. Received: {np.shape(pictures)[1:]} and"
            f" {np.shape(reference)[1:]}"
        )
    return ratio(sharpness(pictures), sharpness(reference))


def ratio(values: np.ndarray, reference: np.ndarray) -> float:
    """Returns the mean of values of `sharpness` over that of those of the reference.

    Raises:
        ValueError: for a reference without any edge.
    """
    base = reference.mean()
    if base == 0:
        raise UserError("Expected a reference with edges in it. Received: images without any")
    return float(values.mean() / base)
