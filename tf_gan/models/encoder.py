"""What models with an encoder share."""

import numpy as np

from tf_gan.errors import integers
from tf_gan.models.base import GenerativeModel


class EncoderMixin(GenerativeModel):
    """From images to latents and back, for a `GenerativeModel` whose `encoder` returns
    the latents, or their means first. To be named before the model.
    """

    def encode(self, images: np.ndarray, batch_size: int = 256) -> np.ndarray:
        """Returns the latents of images; their means mu(x) if the encoder is
        stochastic.

        Args:
            images: Array in `data_range`, shape `(n, *image_shape)`.
            batch_size: How many to encode at a time.

        Returns:
            float32 array of shape `(n, latent_dim)`.

        Raises:
            ValueError: if the images or `batch_size` do not fit.
        """
        integers(batch_size=batch_size)
        images = np.asarray(images)
        self.check_images(images)
        if not len(images):
            return np.zeros((0, self.latent_dim), np.float32)
        outputs = self.encoder.predict(images, batch_size=batch_size, verbose=0)
        return (outputs[0] if isinstance(outputs, (list, tuple)) else outputs).astype(np.float32)

    def reconstruct(self, images: np.ndarray, batch_size: int = 256) -> np.ndarray:
        """Returns what the generator makes of the latents of images: float32 of shape
        `(n, *image_shape)`.
        """
        return self.images_from(self.encode(images, batch_size), batch_size=batch_size)
