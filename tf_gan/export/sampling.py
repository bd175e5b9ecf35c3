"""What the one-file formats export, and what they are compared with."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

from tf_gan.errors import UserError
from tf_gan.export.signatures import to_unit


@dataclasses.dataclass(frozen=True)
class Sampling:
    """Calls of a sampler: arrays by input name, and the live model's images for them.

    Args:
        inputs: One array for each input, such as `latents`; all of the same length.
        images: float32 array in [0, 1], or in the model's own scale where it has no
            range.
    """

    inputs: dict[str, np.ndarray]
    images: np.ndarray

    @classmethod
    def of(cls, model, n: int, seed: int = 0) -> "Sampling":
        """Makes `n` calls from `model.export_inputs`."""
        inputs = model.export_inputs(n, seed)
        images = model(model.sampler_inputs(argument(inputs)), training=False)
        return cls(inputs, to_unit(tf.cast(images, tf.float32), model.data_range).numpy())

    def first(self, n: int) -> "Sampling":
        return Sampling({name: values[:n] for name, values in self.inputs.items()}, self.images[:n])

    def difference(self, images: np.ndarray) -> float:
        """Returns the largest difference of images from the live ones, relative to the
        largest value if that is above 1.
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
        """Returns 10 log10(peak^2 / mean squared error) in dB; the peak is 1, or for
        images without bounds the spread of the live ones.
        """
        peak = 1.0 if bounded else float(np.ptp(self.images))
        error = np.square(images.astype(np.float64) - self.images).mean()
        return float("inf") if error == 0 else float(10.0 * np.log10(peak**2 / error))


def argument(inputs: dict):
    """Returns inputs by name as a Keras model takes them: a list, or the only one."""
    values = list(inputs.values())
    return values if len(values) > 1 else values[0]


def picture_model(model, sampler: keras.Model | None = None) -> keras.Model:
    """Returns the model's sampler, or a twin of it, as a functional model of the inputs
    of `model.export_inputs`, with images in [0, 1].
    """
    shapes = {name: values[0] for name, values in model.export_inputs(1, 0).items()}
    inputs = argument(
        {
            name: keras.Input(value.shape, dtype=value.dtype.name, name=name)
            for name, value in shapes.items()
        }
    )
    images = (sampler or model.sampler)(model.sampler_inputs(inputs), training=False)
    if model.data_range is not None:
        low, high = model.data_range
        images = keras.layers.Rescaling(1.0 / (high - low), -low / (high - low), dtype="float32")(
            images
        )
        # Names of tensors in one model differ.
        name = "translations" if model.exported_output in shapes else model.exported_output
        images = keras.layers.ReLU(max_value=1.0, dtype="float32", name=name)(images)
    return keras.Model(inputs, images, name=(sampler or model.sampler).name)
