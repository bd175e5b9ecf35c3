"""Log-likelihood of test images under Parzen windows around samples, in nats: the
protocol of the 2014 paper.
"""

from tf_gan.evaluation import Reference, Samples, Score, thousands
from tf_gan.metrics import parzen_log_likelihood


def score(samples: Samples, reference: Reference) -> list[Score]:
    validation, test = reference.need("validation"), reference.need("test")
    count = min(1000, len(validation))
    result = parzen_log_likelihood(
        samples.images,
        reference.unit(validation[:count]),
        reference.unit(test),
        validation_images=count,
        value_range=None,
    )
    protocol = (
        f"{samples.count:,} samples, sigma from the 10-point grid by the first {count:,} images of"
        f" {validation.name}, mean over {len(test):,} images of {test.name}; error: standard error"
        " over them"
    )
    return [
        Score(
            f"parzen_{thousands(samples.count)}",
            result.log_likelihood,
            protocol,
            result.standard_error,
            {"sigma": result.sigma},
        )
    ]
