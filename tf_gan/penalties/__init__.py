"""Penalties on the discriminator, added to its loss.

A penalty is named by a string in `GAN.compile` (`penalties="r1"`, or a list), given as
an object of this module (`R1(weight=1.0)`), or as any callable `(discriminator,
real_images, fake_images, random) -> scalar`: `discriminator` maps images to logits, and
`random` is a `tf_gan.training.rng.Stream`.
"""

from collections.abc import Callable, Iterable

from tf_gan.errors import UserError, did_you_mean
from tf_gan.penalties.base import Penalty
from tf_gan.penalties.consistency import BalancedConsistency, Consistency
from tf_gan.penalties.gradient import (
    DRAGAN,
    R1,
    R2,
    WassersteinGradientPenalty,
    input_gradient,
    squared_norm,
)
from tf_gan.penalties.lecam import LeCam
from tf_gan.training.replicas import batch_size_of

__all__ = [
    "DRAGAN",
    "R1",
    "R2",
    "BalancedConsistency",
    "Consistency",
    "LeCam",
    "Penalty",
    "WassersteinGradientPenalty",
    "batch_size_of",
    "get",
    "get_all",
    "input_gradient",
    "squared_norm",
]

PENALTIES = {
    "wgan_gp": WassersteinGradientPenalty,
    "dragan": DRAGAN,
    "r1": R1,
    "r2": R2,
    "cr": Consistency,
    "bcr": BalancedConsistency,
    "lecam": LeCam,
}


def get(identifier: "str | Callable") -> Callable:
    """Returns the penalty for a name, a `Penalty` or a callable.

    Raises:
        ValueError: for an unknown name (the known ones are listed) or another kind of
            object.
    """
    if isinstance(identifier, str) and identifier in PENALTIES:
        return PENALTIES[identifier]()
    if callable(identifier) and not isinstance(identifier, type):
        return identifier
    meant = did_you_mean({"gp": "wgan_gp"}.get(str(identifier), identifier), PENALTIES)
    raise UserError(
        f"Invalid value for argument `penalties`. Expected names out of {sorted(PENALTIES)},"
        " objects of `tf_gan.penalties`, or callables (discriminator, real_images, fake_images,"
        f" random) -> scalar. Received: {identifier!r}.{meant}"
    )


def get_all(identifiers) -> tuple:
    """Returns the penalties for one identifier, a list of them, or None."""
    if isinstance(identifiers, str) or callable(identifiers):
        identifiers = [identifiers]
    if isinstance(identifiers, dict) or not isinstance(identifiers or (), Iterable):
        get(identifiers)  # Says what is wrong.
    return tuple(get(identifier) for identifier in identifiers or ())
