"""What `tf-gan-evaluate` measures: which samples against which images.

A metric is a function of arrays (`tf_gan.metrics`). A file of `tf_gan/evaluation/scores`
chooses the arrays: how many samples, which images of the data set, which features. It is
found by its name: `--metrics=parzen` is `scores/parzen.py`, and
`--metrics=my_package.my_score` is a module of the user's own. Each has a function
`score(samples, reference)`, which returns a list of `Score`s. The first line of its
docstring is its help; `USES_MODEL = True` marks a score that needs the model and not only
its samples.
"""

from tf_gan import registry
from tf_gan.errors import UserError
from tf_gan.evaluation import scores
from tf_gan.evaluation.reference import Reference
from tf_gan.evaluation.samples import Samples
from tf_gan.evaluation.score import Score, thousands

__all__ = [
    "Reference",
    "Samples",
    "Score",
    "evaluate",
    "get",
    "measure",
    "names",
    "thousands",
]


OTHER_NAMES = {
    "kid": "kernel",
    "fid": "frechet",
    "precision": "precision_recall",
    "recall": "precision_recall",
    "density": "density_coverage",
    "coverage": "density_coverage",
    "inception": "inception_score",
    "is": "inception_score",
    "ppl": "perceptual_path_length",
    "swd": "sliced_wasserstein",
    "nearest_neighbour_ratio": "memorization",
    "psnr": "super_resolution",
    "ssim": "super_resolution",
}


def names() -> list[str]:
    """Returns the names of the metrics."""
    return registry.names(scores)


def get(name: str):
    """Returns the module of a metric.

    Args:
        name: One of `names()`, or the dotted path of a module with a function
            `score(samples, reference)`.

    Raises:
        UserError: for an unknown name; the known ones are listed.
    """
    module = registry.get(scores, name.strip(), "metric", others=OTHER_NAMES)
    if not hasattr(module, "score"):
        raise UserError(
            f"Expected a module with a function score(samples, reference). Received: {name!r}"
        )
    return module


def measure(
    samples: Samples, reference: Reference, metrics
) -> tuple[dict[str, list[Score]], dict[str, str]]:
    """Measures some metrics, each of them for itself.

    Args:
        samples: The images.
        reference: The images and the features that the samples are compared with.
        metrics: Names of metrics. Those that need a model are left out for samples
            without one.

    Returns:
        The scores of each metric that could be measured, and the reason for each that
        could not.

    Raises:
        UserError: for unknown names; the known ones are listed.
    """
    measured, reasons = {}, {}
    for name, module in {name.strip(): get(name) for name in metrics}.items():
        if samples.model is None and getattr(module, "USES_MODEL", False):
            continue
        try:
            measured[name] = module.score(samples, reference)
        except UserError as error:
            reasons[name] = str(error).rstrip(".")
    return measured, reasons


def evaluate(samples: Samples, reference: Reference, metrics) -> list[Score]:
    """Returns the scores of some samples, of all metrics or of none.

    Args:
        samples: The images.
        reference: The images and the features that the samples are compared with.
        metrics: Names of metrics.

    Raises:
        UserError: for unknown names, and for metrics that cannot be measured; all of
            them are named, each with its reason.
    """
    wanted = [name.strip() for name in metrics]
    measured, reasons = measure(samples, reference, wanted)
    for name in wanted:
        if name not in measured:
            reasons.setdefault(name, "needs the model of the samples, which have none")
    if reasons:
        raise UserError("; ".join(f"{name}: {reason}" for name, reason in reasons.items()))
    return [score for part in measured.values() for score in part]
