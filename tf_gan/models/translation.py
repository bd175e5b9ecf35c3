"""What the models share that translate images of one domain into another."""

import numpy as np
import tensorflow as tf

from tf_gan import compat
from tf_gan.data import checks
from tf_gan.data.sources.image_pairs import ImagePairs
from tf_gan.errors import UserError
from tf_gan.models.fitting import unpack
from tf_gan.models.gan import GAN
from tf_gan.models.image_to_image import ImageToImage
from tf_gan.models.objective import Batch


class Translation(ImageToImage, GAN):
    """Base class of the models from a domain A to a domain B: sources stand beside the
    images in the data, where other models have labels.

    `fit`, `evaluate`, `validation_data`, `train_on_batch` and `test_on_batch` take `(x,
    y)`, as Keras has it: sources x and the images y to make of them.

    To be implemented by subclasses: the terms of the losses, and `paired`: whether each
    source belongs to an image.
    """

    paired = True

    def to_batch(self, data) -> Batch:
        sources, images = unpack(data)
        if images is None:  # Refused where the sources are checked.
            return Batch(sources)
        return Batch(images, sources=sources)

    def batch_spec(self, n: int) -> Batch:
        images = tf.TensorSpec([n, *self.image_shape])
        return Batch(images, sources=tf.TensorSpec([n, *self.source_shape]))

    def sources_in(self, images):
        return None

    def source(self, batch: Batch) -> tf.Tensor:
        return batch.sources

    def sources_of(self, examples: ImagePairs, most: int | None = None) -> np.ndarray:
        return examples.source_arrays(most)

    def check_data_labels(self, sources, n):
        name = type(self).__name__
        if sources is None:
            raise UserError(
                f"A {name} translates images: expected source images beside those to make,"
                " `fit(sources, images)`, `tf_gan.data.ImagePairs` or batches (sources, images);"
                " in a config data such as image_pairs. Received: images alone"
            )
        try:
            checks.check_images(sources, self.source_range, self.source_shape)
        except ValueError as error:
            raise UserError(f"The sources do not fit. {error}") from error
        if not self.has_sources:  # The first batch of data in batches.
            self.set_sources(np.asarray(sources)[:64])

    def fit(self, x=None, y=None, *args, **kwargs):
        """Trains on sources and the images to make of them.

        Args:
            x: Sources, an array in `source_range` of shape `(N, *source_shape)`; or
                `tf_gan.data.ImagePairs`; or a `tf.data.Dataset`, a
                `keras.utils.PyDataset` or a generator of batches `(sources, images)`.
            y: Images beside an array of sources, in `data_range`; without pairs their
                number may be another one.
            *args: Further positional arguments of `tf_gan.models.GenerativeModel.fit`.
            **kwargs: Further keyword arguments of it; `validation_data` is `(sources,
                images)`, or data as x.

        Raises:
            ValueError: for data that the model cannot take, and for sources that are
                missing or do not fit.
        """
        if isinstance(x, (np.ndarray, tf.Tensor)) and y is not None:
            sources, images = np.asarray(x), np.asarray(y)
            settings = {"name": "the arrays", "sources": sources, "paired": self.paired}
            x, y = ImagePairs(images, None, None, **settings), None
        if self.paired and isinstance(x, ImagePairs) and not x.paired:
            raise UserError(
                f"A {type(self).__name__} learns from pairs. Received: {x.name}, which are not"
                " paired; for such see tf_gan.CycleGAN"
            )
        if kwargs.get("validation_data") is not None:
            data = kwargs["validation_data"]
            is_pair = isinstance(data, (tuple, list)) and len(data) == 2
            kwargs["validation_data"] = self._same_length(*(data if is_pair else (data, None)))
        return super().fit(x, y, *args, **kwargs)

    def evaluate(self, x=None, y=None, *args, **kwargs):
        """Returns the means of the logs on sources and images; without pairs, of as
        many as there are of the fewer.

        Args:
            x: Sources, an array; or data as `fit` takes them.
            y: Images beside an array of sources.
            *args: Further positional arguments of `keras.Model.evaluate`.
            **kwargs: Further keyword arguments of `keras.Model.evaluate`.
        """
        if not compat.is_validation_of_fit(kwargs):
            x, y = self._same_length(x, y)
        return super().evaluate(x, y, *args, **kwargs)

    def _same_length(self, x, y):
        """Returns sources and images of the same number; other data as they are."""
        if isinstance(x, ImagePairs):
            x, y = x.source_arrays(), x.arrays()
        if y is None:
            return x, None
        if self.paired and len(x) != len(y):
            raise UserError(
                f"A {type(self).__name__} compares pairs: expected as many sources as images."
                f" Received: {len(x)} and {len(y)}"
            )
        count = min(len(x), len(y))
        return x[:count], y[:count]
