"""How samples spread over the classes, by a classifier: KL divergence from the shares
of the data, in nats.
"""

import numpy as np

from tf_gan.evaluation import Reference, Samples, Score, thousands


def score(samples: Samples, reference: Reference) -> list[Score]:
    fake, real = reference.probabilities_of(samples), reference.features[1]
    assert real is not None
    shares, expected = (
        np.bincount(part.argmax(axis=1), minlength=part.shape[1]) / len(part)
        for part in (fake, real)
    )
    # A class that the reference lacks counts as one image of it.
    floored = np.maximum(expected, 1 / len(real))
    floored /= floored.sum()
    present = shares > 0
    divergence = float(np.sum(shares[present] * np.log(shares[present] / floored[present])))
    protocol = (
        f"KL of the classes of {samples.count:,} samples from those of {reference.describe()}"
    )
    name = f"class_kl_{reference.extractor.name}_{thousands(samples.count)}"
    details = {
        "shares": shares.round(4).tolist(),
        "expected": expected.round(4).tolist(),
        "reference": reference.protocol,
    }
    return [Score(name, divergence, protocol, details=details)]
