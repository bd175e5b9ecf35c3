"""The network of the one-file formats, and the values that the files are compared with."""

import dataclasses
import math

import keras
import numpy as np
import tensorflow as tf

from tf_gan.data.ranges import to_unit
from tf_gan.errors import UserError
from tf_gan.export.targets import ExportTarget


@dataclasses.dataclass(frozen=True)
class Calls:
    """Calls of a network: arrays by input name, and the live outputs for them.

    Args:
        inputs: One array for each input, such as `latents`; all of the same length.
        images: float32 array in [0, 1], or in the model's own scale where it has no
            range.
    """

    inputs: dict[str, np.ndarray]
    images: np.ndarray

    @classmethod
    def of(cls, target: ExportTarget, n: int | None = None, seed: int = 0) -> "Calls":
        """Makes `n` calls from `target.inputs(n, seed)`: by default 64, and 16 of pictures of
        1024x1024, whose maps take the memory of a laptop.
        """
        if n is None:
            pixels = math.prod(target.model.image_shape[:2])
            n = max(16, min(64, 2**24 // pixels))
        return cls.at(target, target.inputs(n, seed))

    @classmethod
    def at(cls, target: ExportTarget, inputs: dict[str, np.ndarray]) -> "Calls":
        """Makes the calls of given inputs."""
        images = target.network(target.network_inputs(argument(inputs)), training=False)
        return cls(inputs, to_unit(tf.cast(images, tf.float32), target.data_range).numpy())

    def first(self, n: int) -> "Calls":
        """Returns the first `n` calls."""
        return Calls({name: values[:n] for name, values in self.inputs.items()}, self.images[:n])

    def difference(self, images: np.ndarray) -> float:
        """Returns max |images - live| / max(1, max |live|); infinity for NaN.

        Raises:
            ValueError: if the shapes differ.
        """
        if images.shape != self.images.shape:
            raise UserError(
                f"The exported model makes images of shape {images.shape}, the live one"
                f" {self.images.shape}, so nothing is written."
            )
        far = np.abs(images.astype(np.float64) - self.images).max() / max(
            1.0, np.abs(self.images).max()
        )
        return float(far) if np.isfinite(far) else float("inf")

    def psnr(self, images: np.ndarray, bounded: bool) -> float:
        """Returns 10 log10(peak^2 / mean squared error) in dB.

        Args:
            images: Outputs of an exported file.
            bounded: Whether images are in [0, 1]: the peak is 1. Otherwise the peak is
                the range of the live images.
        """
        peak = 1.0 if bounded else float(np.ptp(self.images))
        error = np.square(images.astype(np.float64) - self.images).mean()
        return float("inf") if error == 0 else float(10.0 * np.log10(peak**2 / error))


def argument(inputs: dict):
    """Returns inputs by name as a Keras model takes them: a list, or the only input."""
    values = list(inputs.values())
    return values if len(values) > 1 else values[0]


def check_difference(difference: float, bound: float) -> None:
    """Raises a ValueError if a difference from the live model is above `bound` or not a
    number.
    """
    if not difference <= bound:
        raise UserError(
            f"The exported model differs from the live one by {difference:.2g}, so nothing is"
            f" written. Expected at most {bound:.2g}."
        )


def picture_model(
    target: ExportTarget, network: keras.Model | None = None, free: bool = False
) -> keras.Model:
    """Returns a functional model from the inputs of exported files to outputs in [0, 1].

    Args:
        target: What is exported.
        network: A twin of `target.network` with the same values; None for the network
            itself.
        free: Whether source images may have any height and width, where the target
            takes such.
    """
    network = network or target.network
    shapes = {name: values[0] for name, values in target.inputs(1, 0).items()}
    inputs = argument(
        {
            name: keras.Input(
                getattr(target, "source_shape", value.shape)
                if free and value.ndim == 3
                else value.shape,
                dtype=value.dtype.name,
                name=name,
            )
            for name, value in shapes.items()
        }
    )
    images = network(target.network_inputs(inputs), training=False)
    if target.data_range is not None:
        low, high = target.data_range
        images = keras.layers.Rescaling(1.0 / (high - low), -low / (high - low), dtype="float32")(
            images
        )
        # Tensors in one model need different names.
        name = "translations" if target.output in shapes else target.output
        images = keras.layers.ReLU(max_value=1.0, dtype="float32", name=name)(images)
    return keras.Model(inputs, images, name=network.name)
