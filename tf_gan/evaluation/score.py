"""A measured value and how it came about."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Score:
    """A value and the protocol behind it.

    Args:
        name: Name of the value, the protocol's marks included, such as
            `fid_mnist_classifier_10k`.
        value: The value.
        protocol: The sentence that says what was compared with what.
        error: Its standard error or spread, or None; the protocol says which.
        details: Further numbers by name, as values that JSON knows.
    """

    name: str
    value: float
    protocol: str
    error: float | None = None
    details: dict = dataclasses.field(default_factory=dict)


def thousands(n: int) -> str:
    """Returns a count as metric names carry it: 10000 -> "10k", 1797 -> "1797"."""
    return f"{n // 1000}k" if n % 1000 == 0 and n else str(n)
