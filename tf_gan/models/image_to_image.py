"""What models share whose generator takes an image where others take latents."""

import contextlib
from collections.abc import Callable, Iterator

import keras
import numpy as np
import tensorflow as tf

from tf_gan.data import Examples, checks
from tf_gan.errors import UserError, integer
from tf_gan.models.base import GenerativeModel
from tf_gan.models.network_checks import as_range
from tf_gan.models.objective import Batch
from tf_gan.training.rng import Stream
from tf_gan.training.update import read_once


class ImageToImage(GenerativeModel):
    """Base class of the models that make images from images: G(s) makes an image from a
    source image s. Those with a discriminator name `GAN` behind it.

    To be implemented by subclasses: `source(batch)`, the source images of a minibatch.

    `generate`, sample pictures and evaluations take source images that the model
    remembers: those of its data, or what `set_sources` is given.

    Args:
        generator: Keras model from source images to images.
        *networks: Further networks of the class behind this one.
        source_shape: Shape of the source images in training, `(H, W, C)`; by default
            what the generator says of its input.
        source_range: `(low, high)` of the source images; by default that of the images.
        **kwargs: Arguments of the class behind this one: `moving_average`,
            `data_range`, `seed`, `name`.

    Raises:
        ValueError: if the networks do not fit each other or the sources.
    """

    # A step ends without its batch, so the live BatchNormalization statistics count.
    average_inputs = None  # type: ignore[assignment]
    omitted: tuple[str, ...] = ("latent_dim", "prior")  # Sources stand for the latents.
    prior = None
    free_generator_batch = False  # An image is made of each source.

    def __init__(
        self,
        generator: keras.Model,
        *networks: keras.Model,
        source_shape: tuple[int, int, int] | None = None,
        source_range: tuple[float, float] | None = None,
        **kwargs,
    ):
        shape = tuple(source_shape or (getattr(generator, "input_shape", None) or (None,))[1:])
        if len(shape) != 3 or not all(isinstance(size, int) and size > 0 for size in shape):
            raise UserError(
                "Invalid value for argument `source_shape`. Expected the (height, width, channels)"
                f" of the sources. Received: {shape}"
            )
        self.source_shape = shape
        super().__init__(generator, *networks, **kwargs)
        self.latent_dim = None  # Sources stand for the latents.
        given = self.data_range if source_range is None else source_range
        self.source_range = as_range(given, "source_range")
        self._sources: np.ndarray | Callable[[], np.ndarray] | None = None

    def symbols(self):
        """Returns symbolic sources: what the generator takes, and what both networks
        see.
        """
        source = keras.Input(self.source_shape, name="sources")
        return source, source

    def source(self, batch: Batch) -> tf.Tensor:
        """Returns the source images of a minibatch, in `source_range`."""
        raise NotImplementedError

    def shared_passes(self):
        return read_once(self, self.objectives[-1])

    def fake_inputs(self, batch: Batch, random: Stream):
        return self.source(batch)

    def sample_latents(self, n: int, random: Stream) -> tf.Tensor:
        ways = "`translate(images)`, or --kind=translations"
        if hasattr(self, "upscale"):
            ways = "`upscale(images)`, or --kind=upscale"
        raise UserError(
            f"A {type(self).__name__} makes images from images, not from latents: {ways}"
        )

    # === Sources ===

    def fit(self, x=None, *args, **kwargs):
        """Trains, and remembers source images of the data for `generate`, where the model
        has none yet.

        Args:
            x: Data, as `tf_gan.models.GenerativeModel.fit` takes them.
            *args: Further positional arguments of `tf_gan.models.GenerativeModel.fit`.
            **kwargs: Further keyword arguments of it.
        """
        if self._sources is not None or not isinstance(x, (Examples, np.ndarray)):
            return super().fit(x, *args, **kwargs)
        examples = x if isinstance(x, Examples) else Examples(x, value_range=self.data_range)
        # Before the callbacks, which draw pictures.
        self.set_sources(lambda: self.sources_of(examples, 1024))
        first = int(self.step.numpy())
        try:
            return super().fit(x, *args, **kwargs)
        except ValueError:
            if int(self.step.numpy()) == first:
                self._sources = None  # Data that were refused.
            raise

    def check_latents(self, latents: np.ndarray | tf.Tensor) -> None:
        """Checks source images, of which those of a generator with free sizes have any."""
        images = np.asarray(latents)
        is_free = None in self.generator.input_shape[1:]
        shape = images.shape[1:] if is_free else self.source_shape
        checks.check_images(images, self.source_range, shape)

    def set_sources(self, sources: np.ndarray | Callable[[], np.ndarray]) -> None:
        """Gives the model the source images that `generate` starts from.

        Args:
            sources: Array in `source_range`, shape `(N, *source_shape)`, or a function
                without arguments that returns it, called when it is needed first.

        Raises:
            ValueError: if the images do not fit.
        """
        if not callable(sources):
            sources = np.asarray(sources)
            checks.check_images(sources, self.source_range, self.source_shape)
            sources = sources.astype(np.float32)
        self._sources = sources

    @contextlib.contextmanager
    def other_sources(self, sources: np.ndarray | Callable[[], np.ndarray]) -> Iterator[None]:
        """Takes other source images while the context lasts."""
        before = self._sources
        self.set_sources(sources)
        try:
            yield
        finally:
            self._sources = before

    def check_images(self, images: np.ndarray, first: int = 0) -> None:
        super().check_images(images, first)
        if self._sources is None and len(images):  # The first batch of data in batches.
            self._sources = self.sources_in(images)

    def sources_in(self, images: np.ndarray) -> np.ndarray | None:
        """Returns the sources of images that come alone, or None where others come with
        them.
        """
        return np.asarray(self.source(Batch(tf.constant(images[:64]))))

    def sources_of(self, examples: Examples, most: int | None = None) -> np.ndarray:
        """Returns the source images of examples, or the first `most`, in `source_range`."""
        return np.asarray(self.source(Batch(tf.constant(examples[:most].arrays()))))

    @property
    def has_sources(self) -> bool:
        """Whether there are sources for `generate`."""
        return self._sources is not None

    @property
    def sources(self) -> np.ndarray:
        """The source images of `set_sources` or `fit`.

        Raises:
            ValueError: if there are none.
        """
        if self._sources is None:
            raise UserError(
                f"A {type(self).__name__} makes images from images. Expected `set_sources(images)`"
                " or `fit` before. Received: none so far"
            )
        if callable(self._sources):
            self.set_sources(self._sources())
        assert isinstance(self._sources, np.ndarray)
        return self._sources

    def sample_inputs(self, n, seed) -> tuple[tf.Tensor, None]:
        """Returns source images of `set_sources` or `fit`: none twice where there are
        enough.

        Args:
            n: Number of images.
            seed: Integer >= 0 that chooses them.

        Raises:
            ValueError: if there are none.
        """
        generator = np.random.default_rng(integer("seed", seed, 0))
        count = len(self.sources)
        enough = n <= count
        rows = generator.permutation(count)[:n] if enough else generator.integers(count, size=n)
        return tf.convert_to_tensor(self.sources[rows]), None

    def translate(self, images: np.ndarray, batch_size: int = 64) -> np.ndarray:
        """Returns G(s) for source images.

        Args:
            images: Array in `source_range`, shape `(n, *source_shape)`.
            batch_size: How many images to make at a time.

        Returns:
            float32 array in `data_range`, shape `(n, *image_shape)`; a generator without
            a last activation may leave the range.

        Raises:
            ValueError: if the images do not fit.
        """
        images = np.asarray(images)
        checks.check_images(images, self.source_range, self.source_shape)
        return self.images_from(images, batch_size=batch_size)

    def get_config(self):
        config = super().get_config()
        config |= {"source_shape": self.source_shape, "source_range": self.source_range}
        return {key: value for key, value in config.items() if key not in self.omitted}
