"""What the models share whose generator takes an image where others take latents."""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from tf_gan.data import adapter
from tf_gan.data.examples import Examples
from tf_gan.errors import UserError
from tf_gan.export.image_signatures import image_signatures
from tf_gan.export.signatures import Signature, to_unit
from tf_gan.models.gan import GAN
from tf_gan.training.rng import Stream


class ImageToImage(GAN):
    """Base class of the models that translate images: G(s) makes an image from a source
    image s, and D judges it.

    To be implemented by subclasses:

    - `source(images, labels)`: the source images of a minibatch. Labels are what stands
      beside the images in the data.
    - `discriminator_inputs(images, labels)`, if D sees the source too.
    - `generator_terms(real, fake, labels)` or `generator_loss(...)`: what G descends
      beside the adversarial loss.

    `generate`, sample pictures and evaluations translate images that the model
    remembers: those of its data, or what `remember` is given.

    Args:
        generator: Keras model from source images to images.
        discriminator: As in `GAN`.
        source_shape: Shape of the source images in training, `(H, W, C)`; by default
            what the generator says of its input.
        source_range: `(low, high)` of the source images; by default that of the images.
        moving_average: As in `GAN`.
        data_range: The same.
        seed: The same.
        name: Name of the model.

    Raises:
        ValueError: if the networks do not fit each other or the sources.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        source_shape: tuple[int, int, int] | None = None,
        source_range: tuple[float, float] | None = None,
        moving_average: float | None = None,
        data_range: tuple[float, float] | None = None,
        seed: int = 0,
        name: str | None = None,
    ):
        shape = tuple(source_shape or (getattr(generator, "input_shape", None) or (None,))[1:])
        if len(shape) != 3 or not all(isinstance(size, int) and size > 0 for size in shape):
            raise UserError(
                "Invalid value for argument `source_shape`. Expected the (height, width, channels)"
                f" of the sources. Received: {shape}"
            )
        self.source_shape = shape
        super().__init__(
            generator,
            discriminator,
            latent_dim=None,
            moving_average=moving_average,
            data_range=data_range,
            seed=seed,
            name=name,
        )
        self.source_range = (
            self.data_range
            if source_range is None
            else tuple(float(bound) for bound in source_range)
        )
        self._sources = None

    def _symbols(self):
        source = keras.Input(self.source_shape, name="sources")
        return source, source

    def source(self, images, labels):
        """Returns the source images of a minibatch, in `source_range`."""
        raise NotImplementedError

    def fake_inputs(self, images, labels, random: Stream):
        return self.source(images, labels)

    def sample_latents(self, n: int, random: Stream) -> tf.Tensor:
        instead = (
            "`upscale(images)`, or --kind=upscale"
            if hasattr(self, "upscale")
            else "`translate(images)`, or --kind=translations"
        )
        raise UserError(
            f"A {type(self).__name__} makes images from images, not from latents: {instead}"
        )

    average_inputs = None  # Images of the data are not at hand where a step ends.

    # === Translations ===

    def fit(self, x=None, *args, **kwargs):
        """Trains as `GAN.fit` does, and remembers source images of arrays and examples
        for `generate`.
        """
        if self._sources is not None or not isinstance(x, (Examples, np.ndarray)):
            return super().fit(x, *args, **kwargs)
        examples = x if isinstance(x, Examples) else Examples(x, value_range=self.data_range)
        # Before the callbacks, which draw pictures.
        self.set_sources(lambda: self.sources_of(examples[:1024]))
        try:
            return super().fit(x, *args, **kwargs)
        except ValueError:
            self._sources = None  # Data that were refused.
            raise

    def set_sources(self, sources: np.ndarray | Callable[[], np.ndarray]) -> None:
        """Gives the model the source images that `generate` starts from.

        Args:
            sources: Array in `source_range`, shape `(N, *source_shape)`, or a function
                of nothing that returns it, called when it is needed first.

        Raises:
            ValueError: if the images do not fit.
        """
        if not callable(sources):
            sources = np.asarray(sources)
            adapter.check_images(sources, self.source_range, self.source_shape)
            sources = sources.astype(np.float32)
        self._sources = sources

    def sources_of(self, examples: Examples) -> np.ndarray:
        """Returns the source images of examples, in `source_range`."""
        return np.asarray(self.source(tf.constant(examples.arrays()), None))

    def sample_inputs(self, n, seed) -> tuple[tf.Tensor, None]:
        """Returns `n` source images that the model remembers, chosen by the seed: none
        twice where there are enough of them.
        """
        if self._sources is None:
            raise UserError(
                f"A {type(self).__name__} makes images from images. Expected `remember(images)` or"
                " `fit` before. Received: none so far"
            )
        if callable(self._sources):
            self.set_sources(self._sources())
        generator = np.random.default_rng(seed)
        rows = (
            generator.permutation(len(self._sources))[:n]
            if n <= len(self._sources)
            else generator.integers(len(self._sources), size=n)
        )
        return tf.convert_to_tensor(self._sources[rows]), None

    def translate(self, images: np.ndarray, batch_size: int = 64) -> np.ndarray:
        """Returns G(s) for source images.

        Args:
            images: Array in `source_range`, shape `(n, *source_shape)`.
            batch_size: How many at a time.

        Returns:
            float32 array in `data_range`, shape `(n, *image_shape)`.

        Raises:
            ValueError: if the images do not fit.
        """
        images = np.asarray(images)
        adapter.check_images(images, self.source_range, self.source_shape)
        return self.images_from(images, batch_size=batch_size)

    @property
    def exported_source_shape(self) -> tuple[int | None, int | None, int]:
        """Shape of the source images that an exported generator takes; None for sizes
        that it leaves open.
        """
        return self.source_shape

    def export_signatures(self, max_batch: int, jit_compile: bool) -> dict[str, Signature]:
        return image_signatures(self, jit_compile)

    def export_inputs(self, n: int, seed: int) -> dict[str, np.ndarray]:
        """Returns source images in [0, 1]: some that the model remembers, or noise."""
        if self._sources is None:
            return {"images": Stream(seed).uniform([n, *self.source_shape]).numpy()}
        return {"images": to_unit(self.sample_inputs(n, seed)[0], self.source_range).numpy()}

    def sampler_inputs(self, images):
        if self.source_range is None:
            return images
        low, high = self.source_range
        return keras.layers.Rescaling(high - low, low, dtype="float32")(images)

    def get_config(self):
        config = super().get_config() | {
            "source_shape": self.source_shape,
            "source_range": self.source_range,
        }
        del config["latent_dim"], config["prior"]
        return config
