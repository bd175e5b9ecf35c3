"""Statistics of real images, computed once for each protocol and kept on disk."""

from collections.abc import Callable, Mapping

import numpy as np

from tf_gan.data import Examples
from tf_gan.features import cache
from tf_gan.features.extractor import FeatureExtractor


def reference_protocol(examples: Examples, extractor: FeatureExtractor, **details) -> dict:
    """Returns what the statistics of a set of images depend on: the set and its size,
    its bytes, the resizing, the network and its weights.

    Args:
        examples: The images, all of which are used.
        extractor: What turns them into features.
        **details: What else the statistics depend on, as values that JSON knows, such
            as how many features are kept.
    """
    images = {
        "data": examples.name,
        "count": len(examples),
        "image_shape": list(examples.image_shape),
        "images": cache.checksum(examples),
    }
    return images | extractor.protocol() | details


def reference_statistics(
    protocol: Mapping, compute: Callable[[], Mapping[str, np.ndarray]]
) -> dict[str, np.ndarray]:
    """Returns the arrays of a protocol from the cache, or computes them and keeps them.

    A file that is damaged is reported as a warning and written anew.

    Args:
        protocol: What `reference_protocol` returned.
        compute: Function without arguments that returns the arrays by name, such as a
            mean, a covariance, a count, and features for the metrics that compare them
            one by one.

    Example:

    ```python
    protocol = tf_gan.features.reference_protocol(examples, extractor)
    arrays = tf_gan.features.reference_statistics(
        protocol, lambda: {"features": extractor.features(examples)}
    )
    ```
    """
    return cache.cached(
        "reference",
        f"{protocol['data']}-{protocol['count']}-{protocol['extractor']}",
        protocol,
        compute,
    )
