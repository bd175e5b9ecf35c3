"""What the models share that translate images of one domain into another."""

import keras
import numpy as np
import tensorflow as tf

from tf_gan.data import checks
from tf_gan.data.examples import Examples
from tf_gan.data.sources.image_pairs import ImagePairs
from tf_gan.errors import UserError
from tf_gan.models.gan import GAN
from tf_gan.models.image_to_image import ImageToImage
from tf_gan.models.objective import Batch


class Translation(ImageToImage, GAN):
    """Base class of the models from a domain A to a domain B: sources stand beside the
    images in the data, where other models have labels.

    `fit`, `evaluate`, `validation_data`, `train_on_batch` and `test_on_batch` take what
    is Keras' habit, `(x, y)`: sources x and the images y to make of them. Inside, and
    in the batches of `tf_gan.data.ImagePairs`, the images come first.

    To be implemented by subclasses: the terms of the losses, and `paired`: whether each
    source belongs to an image.
    """

    paired = True

    def to_batch(self, data) -> Batch:
        images, sources, _ = keras.utils.unpack_x_y_sample_weight(data)
        return Batch(images, sources=sources)

    def batch_spec(self, n: int) -> Batch:
        images = tf.TensorSpec([n, *self.image_shape])
        return Batch(images, sources=tf.TensorSpec([n, *self.source_shape]))

    def sources_in(self, images):
        return None

    def source(self, batch: Batch) -> tf.Tensor:
        return batch.sources

    def sources_of(self, examples: ImagePairs) -> np.ndarray:
        return examples.source_arrays()

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
        """Trains as `GAN.fit` does.

        Args:
            x: Sources, an array in `source_range` of shape `(N, *source_shape)`; or
                `tf_gan.data.ImagePairs`; or a `tf.data.Dataset`, a
                `keras.utils.PyDataset` or a generator of batches `(sources, images)`.
            y: Images beside an array of sources, in `data_range`; without pairs their
                number may be another one.
            *args: As in `GAN.fit`.
            **kwargs: The same.

        Raises:
            ValueError: as in `GAN.fit`, and for sources that are missing, or do not
                fit.
        """
        if isinstance(x, (np.ndarray, tf.Tensor)) and y is not None:
            x, y = (
                ImagePairs(
                    np.asarray(y),
                    None,
                    None,
                    name="the arrays",
                    sources=np.asarray(x),
                    paired=self.paired,
                ),
                None,
            )
        elif not isinstance(x, (Examples, np.ndarray, tf.Tensor, tf.distribute.DistributedDataset)):
            x = swap_pairs(x)
        if self.paired and isinstance(x, ImagePairs) and not x.paired:
            raise UserError(
                f"A {type(self).__name__} learns from pairs. Received: {x.name}, which are not"
                " paired; for such see tf_gan.CycleGAN"
            )
        if kwargs.get("validation_data") is not None:
            data = kwargs["validation_data"]
            images, sources = self._evaluated(
                *(data if isinstance(data, (tuple, list)) and len(data) == 2 else (data, None))
            )
            kwargs["validation_data"] = images if sources is None else (images, sources)
        return super().fit(x, y, *args, **kwargs)

    def evaluate(self, x=None, y=None, *args, **kwargs):
        """Returns the means of the logs, as `GAN.evaluate` does, for data as in `fit`;
        without pairs, of as many as there are of the fewer.
        """
        if not kwargs.get("_use_cached_eval_dataset"):
            x, y = self._evaluated(x, y)
        return super().evaluate(x, y, *args, **kwargs)

    def train_on_batch(self, x, y=None, *args, **kwargs):
        """Makes one step, as `keras.Model.train_on_batch` does, on sources x and images
        y.
        """
        return super().train_on_batch(y, x, *args, **kwargs)

    def test_on_batch(self, x, y=None, *args, **kwargs):
        """Returns the logs, as `keras.Model.test_on_batch` does, for sources x and
        images y.
        """
        return super().test_on_batch(y, x, *args, **kwargs)

    def _evaluated(self, x, y):
        """Returns what `GAN.evaluate` takes for sources x and images y, or other data
        as in `fit`.
        """
        if isinstance(x, ImagePairs):
            x, y = x.source_arrays(), x.arrays()
        elif not isinstance(x, (np.ndarray, tf.Tensor, Examples)):
            return swap_pairs(x), None
        if y is None:
            return x, None  # Refused where the sources are checked.
        if self.paired and len(x) != len(y):
            raise UserError(
                f"A {type(self).__name__} compares pairs: expected as many sources as images."
                f" Received: {len(x)} and {len(y)}"
            )
        count = min(len(x), len(y))
        return y[:count], x[:count]


def swap_pairs(data):
    """Returns data of batches `(images, sources)` for data whose batches are `(sources,
    images)`; others are refused where they are checked.
    """
    if isinstance(data, tf.data.Dataset):
        pairs = isinstance(data.element_spec, tuple) and len(data.element_spec) == 2
        return data.map(lambda sources, images: (images, sources)) if pairs else data
    if isinstance(data, keras.utils.PyDataset):
        return SwappedPairs(data)
    return (swap_pair(batch) for batch in data) if hasattr(data, "__next__") else data


def swap_pair(batch):
    return tuple(batch)[::-1] if isinstance(batch, (tuple, list)) and len(batch) == 2 else batch


class SwappedPairs(keras.utils.PyDataset):
    def __init__(self, data: keras.utils.PyDataset):
        super().__init__(
            workers=data.workers,
            use_multiprocessing=data.use_multiprocessing,
            max_queue_size=data.max_queue_size,
        )
        self.data = data

    @property
    def num_batches(self):
        return self.data.num_batches

    def __getitem__(self, index):
        return swap_pair(self.data[index])

    def on_epoch_end(self):
        self.data.on_epoch_end()
