"""Work with the styles of a generator that has a mapping and a synthesis."""

import keras
import numpy as np
import tensorflow as tf

from tf_gan.errors import UserError, integers
from tf_gan.models.base import GenerativeModel


class Styles(GenerativeModel):
    """The half of `StyleGAN2` that is there once it is trained: w, truncation, mixing."""

    truncates = True  # Of w.
    normalizes_latents = True

    def check_networks(self) -> None:
        names = {layer.name for layer in self.generator.layers if isinstance(layer, keras.Model)}
        if not {"mapping", "synthesis"} <= names:
            raise UserError(
                "Expected a generator with two models among its layers, 'mapping' and 'synthesis',"
                " as tf_gan.networks.stylegan2.build_generator makes it. Received: one with"
                f" {sorted(names) or 'none'}"
            )
        mapping = self.generator.get_layer("mapping")
        if "mean" not in {layer.name for layer in mapping.layers}:
            raise UserError(
                "Expected a mapping with a layer 'mean', for truncation: a"
                " tf_gan.layers.TrackedMean(name='mean') at its end. Received: layers"
                f" {[layer.name for layer in mapping.layers]}"
            )
        super().check_networks()

    @property
    def style_shape(self) -> tuple[int, int]:
        """Layers of the synthesis that take a w, and its length."""
        _, layers, size = self.generator.get_layer("synthesis").input_shape
        return layers, size

    @property
    def style_layers(self) -> int:
        return self.style_shape[0]

    @property
    def mean_style(self) -> np.ndarray:
        """The mean of w over the training, `(n,)`."""
        return self.sampler.get_layer("mapping").get_layer("mean").mean.numpy()

    def styles_of(self, latents, labels=None, *, truncation: float | None = None) -> np.ndarray:
        """Returns the w of given latents.

        Args:
            latents: Shape `(n, latent_dim)`.
            labels: For models with classes: `n` integers in [0, num_classes), or one
                for all; else None.
            truncation: psi of w' = mean + psi (w - mean), or None for w.

        Returns:
            float32 array `(n, style_dim)`.

        Raises:
            ValueError: for latents, labels or a truncation that do not fit.
        """
        latents = tf.cast(latents, tf.float32)
        self.check_latents(latents)
        self.check_truncation(truncation)
        labels = self.needed_labels(labels, latents.shape[0])
        inputs = latents if labels is None else [latents, tf.constant(labels)]
        return self._truncated_styles(inputs, truncation).numpy()

    def images_from_styles(self, styles, batch_size: int = 256) -> np.ndarray:
        """Returns the images of given w.

        Args:
            styles: w, `(n, style_dim)`, the same for all layers, or `(n, layers,
                style_dim)`.
            batch_size: How many images to make at a time.

        Returns:
            float32 array of shape `(n, *image_shape)`.

        Raises:
            ValueError: for arrays of another shape, or a wrong `batch_size`.
        """
        integers(batch_size=batch_size)
        styles = np.asarray(styles, np.float32)
        if styles.ndim == 2:
            styles = np.repeat(styles[:, None], self.style_layers, axis=1)
        if styles.ndim != 3 or styles.shape[1:] != self.style_shape:
            raise UserError(
                f"Expected styles of shape (n, {self.style_shape[1]}) or (n, {self.style_shape[0]},"
                f" {self.style_shape[1]}). Received: shape {styles.shape}"
            )
        synthesis = self.sampler.get_layer("synthesis")
        parts = [
            tf.cast(synthesis(styles[start : start + batch_size], training=False), tf.float32)
            for start in range(0, len(styles), batch_size)
        ]
        none = np.zeros((0, *self.image_shape), np.float32)
        return np.concatenate([none, *(part.numpy() for part in parts)])

    def images_of(self, inputs, truncation=None) -> tf.Tensor:
        if truncation is None:
            return super().images_of(inputs)
        w = self._truncated_styles(inputs, truncation)
        styles = tf.tile(w[:, None], [1, self.style_layers, 1])
        return self.sampler.get_layer("synthesis")(styles, training=False)

    def truncated(self, latents, truncation):
        raise NotImplementedError("w is truncated, not the latents: see `images_of`")

    def _truncated_styles(self, inputs, truncation=None) -> tf.Tensor:
        mapping = self.sampler.get_layer("mapping")
        w = tf.cast(mapping(inputs, training=False), tf.float32)
        if truncation is None:
            return w
        mean = tf.convert_to_tensor(mapping.get_layer("mean").mean)
        return mean + tf.cast(truncation, tf.float32) * (w - mean)
