"""The handwritten digits that come with scikit-learn."""

import numpy as np
from sklearn.datasets import load_digits

from tf_gan.data.examples import Examples


def load(section, split: str, seed: int) -> Examples:
    """Returns all digits, with values in `section.value_range`."""
    return digits(tuple(section.value_range))


def digits(value_range: tuple[float, float] = (-1.0, 1.0)) -> Examples:
    """Returns 1,797 scans of handwritten digits, 8x8x1, with their labels.

    The test part of the Optical Recognition of Handwritten Digits data (Alpaydin and
    Kaynak, 1998), https://doi.org/10.24432/C50P49. Its 17 grey levels are spread over
    0..255.

    Args:
        value_range: `(low, high)` of the images in training.
    """
    bunch = load_digits()
    images = np.rint(bunch.images * (255 / 16)).astype(np.uint8)[..., None]
    return Examples(
        images,
        bunch.target.astype(np.int32),
        value_range,
        tuple(map(str, range(10))),
        name="digits",
    )
