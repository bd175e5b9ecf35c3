"""What `tf-gan-evaluate` measures, one protocol a file, found by its name:
`--metrics=parzen` is `tf_gan/evaluation/scores/parzen.py`.

A metric is a function of arrays (`tf_gan.metrics`); a protocol says of which: how many
samples, which images of the data set, which features. Each module has `score(samples,
reference)`, which returns a list of `Score`s. The first line of its docstring is its
help; `USES_MODEL = True` marks one that looks at more of a model than its samples.
"""

import dataclasses
import importlib
import pkgutil

from tf_gan.errors import UserError
from tf_gan.evaluation import scores
from tf_gan.evaluation.reference import Reference
from tf_gan.evaluation.samples import Samples

__all__ = ["Reference", "Samples", "Score", "evaluate", "get", "names", "thousands", "uses_model"]


@dataclasses.dataclass(frozen=True)
class Score:
    """A value and how it came about.

    Args:
        name: What it is called, the protocol's marks included, such as
            `fid_mnist_classifier_10k`.
        value: The value.
        protocol: The sentence that says what was compared with what.
        error: Its standard error or spread, or None; the protocol says which.
        details: Further numbers.
    """

    name: str
    value: float
    protocol: str
    error: float | None = None
    details: dict = dataclasses.field(default_factory=dict)


def thousands(n: int) -> str:
    """Returns a count as metric names carry it: 10000 -> "10k", 1797 -> "1797"."""
    return f"{n // 1000}k" if n % 1000 == 0 and n else str(n)


def names() -> list[str]:
    """Returns the names of the protocols."""
    return sorted(module.name for module in pkgutil.iter_modules(scores.__path__))


def get(name: str):
    """Returns the module of a protocol.

    Raises:
        ValueError: for an unknown name; the known ones are listed.
    """
    if name not in names():
        raise UserError(f"Unknown metric. Expected some of {names()}. Received: {name!r}")
    return importlib.import_module(f"{scores.__name__}.{name}")


def uses_model(name: str) -> bool:
    """Returns whether a protocol looks at more of a model than its samples."""
    return getattr(get(name.strip()), "USES_MODEL", False)


def evaluate(samples: Samples, reference: Reference, metrics) -> list[Score]:
    """Returns the scores of some samples.

    Args:
        samples: The images.
        reference: What they are judged by.
        metrics: Names of protocols: the modules of this package.

    Raises:
        ValueError: for unknown names, which are listed, and for metrics that the data
            do not allow.
    """
    modules = [get(name.strip()) for name in metrics]
    return [score for module in modules for score in module.score(samples, reference)]
