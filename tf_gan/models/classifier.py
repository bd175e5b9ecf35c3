"""What a discriminator does that is a classifier."""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from tf_gan.data import Examples
from tf_gan.errors import UserError, integers
from tf_gan.models.base import GenerativeModel


class ClassifierMixin(GenerativeModel):
    """From images to the probabilities of classes, for a `GenerativeModel` whose
    discriminator returns class logits first, `(B, classes)` or more. To be named before
    the model.
    """

    classes: int
    discriminator: keras.Model
    average_discriminator: keras.Model | None
    _classify_function: Callable | None = None

    def compile(self, *args, **kwargs) -> None:
        super().compile(*args, **kwargs)
        self._classify_function = None

    def probabilities(self, images) -> tf.Tensor:
        """Returns p(y|x, real) of images, by the averaged weights if there are some:
        float32 of shape `(n, num_classes)`.
        """
        network = (
            self.discriminator if self.average_discriminator is None else self.average_discriminator
        )
        class_logits = keras.tree.flatten(network(images, training=False))[0]
        return keras.ops.softmax(keras.ops.cast(class_logits[:, : self.classes], "float32"))

    def classify(self, images: np.ndarray, batch_size: int = 256) -> np.ndarray:
        """Returns the probabilities of the classes for images.

        Args:
            images: Float array in `data_range`, shape `(n, *image_shape)`.
            batch_size: How many at a time.

        Returns:
            float32 array of shape `(n, num_classes)`.

        Raises:
            ValueError: if the images or `batch_size` do not fit.
        """
        integers(batch_size=batch_size)
        if isinstance(images, tf.data.Dataset):
            raise UserError(
                "Expected an array of images, or for `predict` tf_gan.data.Examples. Received: a"
                " tf.data.Dataset"
            )
        images = np.asarray(images)
        self.check_images(images)
        if self._classify_function is None:
            self._classify_function = tf.function(
                lambda x: self.probabilities(x), reduce_retracing=True
            )
        starts = range(0, len(images), batch_size)
        parts = [
            self._classify_function(
                tf.constant(images[start : start + batch_size], tf.float32)
            ).numpy()
            for start in starts
        ]
        return np.concatenate([np.zeros((0, self.classes), np.float32), *parts])

    def predict(
        self, x: np.ndarray | Examples, batch_size: int | None = None, **kwargs
    ) -> np.ndarray:
        """Returns `classify(x)`, under the name that classifiers have in Keras;
        `verbose` and other arguments change nothing.
        """
        images = x.arrays() if isinstance(x, Examples) else x
        return self.classify(images, 256 if batch_size is None else batch_size)
