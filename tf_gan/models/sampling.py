"""New images from a trained model: what `GenerativeModel` offers once it is trained."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tf_gan.data import checks
from tf_gan.errors import UserError, integer, integers
from tf_gan.models import averages
from tf_gan.training.rng import Fold, Stream


class Sampling(keras.Model):
    """The sampling half of `GenerativeModel`."""

    num_classes: int | None
    latent_dim: Any = None  # An integer; None where images are made from images.
    prior: Any = "normal"  # Or `(low, high)` of a uniform one; None where there is none.
    image_shape: tuple[int, ...]
    class_names: tuple[str, ...] = ()  # Of a run, where its data have names for the classes.
    generator: keras.Model
    average_generator: keras.Model | None
    _images_function: Any = None  # A `tf.function`.

    @property
    def sampler(self) -> keras.Model:
        """The generator of pictures, metrics and exports: the averaged one if there is
        one.
        """
        return self.generator if self.average_generator is None else self.average_generator

    @property
    def latents_are_alike(self) -> bool:
        """Whether all numbers of the latents are normal, or all uniform."""
        has_codes = hasattr(self, "code_dim")
        return isinstance(self.latent_dim, int) and self.prior is not None and not has_codes

    def call(self, inputs, training=False):
        """Returns images for latents, or for `[latents, labels]`; outside of training
        from the averaged generator, if there is one.
        """
        if training:
            return self.generator(inputs, training=True)
        return self.sampler(inputs, training=False)

    def class_name(self, label: int) -> str:
        """Returns what to call a class: its name in the data, where these have names."""
        name = self.class_names[label] if label < len(self.class_names) else str(label)
        return f"class {name}" if name.isdecimal() else name

    def predict(self, x, *args, **kwargs) -> np.ndarray:
        """Returns the images for latents, as `keras.Model.predict` does, from the
        averaged generator if there is one.

        Args:
            x: Latents of shape `(n, latent_dim)`, or `[latents, labels]` for models
                with classes; source images for models that make images from images.
            *args: Further positional arguments of `keras.Model.predict`.
            **kwargs: Further keyword arguments of it.

        Raises:
            ValueError: if an array is not of that shape, or the labels do not fit.
        """
        first, *others = x if isinstance(x, (list, tuple)) and x else (x,)
        if hasattr(first, "shape"):  # A `tf.data.Dataset` has none.
            self.check_latents(first)
            labels = self.needed_labels(others[0] if others else None, len(first))
            x = x if labels is None else [first, labels, *others[1:]]
        # Keras keeps the function of the first call, which reads one batch a call or several.
        steps: int = self.steps_per_execution  # type: ignore[has-type]
        self.steps_per_execution = 1
        try:
            return super().predict(x, *args, **kwargs)
        finally:
            self.steps_per_execution = steps

    def check_latents(self, latents: np.ndarray | tf.Tensor) -> None:
        """Raises a ValueError if what the model makes images from are latents, and these
        have another shape than `(n, latent_dim)`.
        """
        shape = tuple(latents.shape)
        if self.latent_dim is not None and (len(shape) != 2 or shape[1] != self.latent_dim):
            raise UserError(
                f"Expected latents of shape (n, {self.latent_dim}), from which the generator makes"
                f" images. Received: shape {shape}. `generate(n)` draws the latents of n images"
                " itself"
            )

    def sample_latents(self, n: int, random: Stream) -> tf.Tensor:
        """Draws the latents z of `n` images from the prior."""
        raise NotImplementedError

    def sample_labels(self, n: int, random: Stream) -> tf.Tensor:
        """Draws labels, each class with the same probability: int32 of shape `(n,)`."""
        assert self.num_classes is not None, "the model has no classes"
        return random.integers([n], self.num_classes)

    def check_truncation(self, truncation: float | None) -> None:
        """Raises a ValueError if samples cannot be truncated so: `truncation` must be a
        number > 0, and the latents must be normal.
        """
        if truncation is None:
            return
        if not self.truncates:
            raise UserError(
                f"truncation={truncation!r} needs latents from N(0, 1), of which it takes the"
                " middle, and a generator that sees their length. Expected truncation=None for this"
                f" {type(self).__name__}"
            )
        is_number = isinstance(truncation, (int, float, np.number))
        if not is_number or not 0 < truncation < float("inf"):
            raise UserError(
                "Invalid value for argument `truncation`. Expected a number > 0, or None."
                f" Received: truncation={truncation!r}"
            )

    # Whether the generator divides latents by their length: to scale them changes nothing.
    normalizes_latents = False

    @property
    def truncates(self) -> bool:
        """Whether `truncation` is defined: whether the latents are normal, and the generator
        sees their length.
        """
        return False

    def truncated(self, latents, truncation) -> tf.Tensor:
        """Returns latents of the truncated prior: N(0, 1) given |z| <= truncation.

        Args:
            latents: Draws of the prior, `(n, latent_dim)`.
            truncation: Number > 0, or a scalar tensor.
        """
        return truncate_normal(latents, truncation)

    def images_of(self, inputs, truncation=None) -> tf.Tensor:
        """Returns the sampler's images of what it takes, truncated or not."""
        if truncation is not None:
            if isinstance(inputs, (list, tuple)):
                inputs = [self.truncated(inputs[0], truncation), *inputs[1:]]
            else:
                inputs = self.truncated(inputs, truncation)
        return self(inputs, training=False)

    def sample_inputs(self, n, seed) -> tuple[tf.Tensor, tf.Tensor | None]:
        """Returns the latents of `generate(n, seed)`, and the labels, or None for a
        model without classes.

        Args:
            n: Number of images: an integer, or an integer tensor of shape `()`.
            seed: Integer, or an integer tensor of shape `()`.
        """
        stream = Stream(seed, Fold.GENERATION)
        labels = self.sample_labels(n, stream.fold(0)) if self.num_classes else None
        return self.sample_latents(n, stream), labels

    def generate(
        self,
        n: int,
        seed: int | None = None,
        batch_size: int = 256,
        *,
        labels=None,
        truncation: float | None = None,
    ) -> np.ndarray:
        """Returns `n` new images.

        Args:
            n: Number of images, >= 1.
            seed: Integer; the same seed gives the same images. None takes another seed
                at each call.
            batch_size: How many images to make at a time.
            labels: For models with classes: `n` integers in [0, num_classes), or one
                for all. None draws them.
            truncation: For normal latents: the images of the same latents, moved into
                [-truncation, truncation], as draws of the truncated normal are. Smaller
                numbers, such as 0.5, give better images that differ less (Brock et al.,
                2018, https://arxiv.org/abs/1809.11096). For a generator with styles it is
                psi of w' = mean + psi (w - mean). None leaves them.

        Returns:
            float32 array of shape `(n, *image_shape)`, in `data_range`; a generator
            without a last activation may leave the range.

        Raises:
            ValueError: if `n` or `batch_size` is not an integer >= 1, the labels do not
                fit, or the images cannot be truncated so.
        """
        n = integer("n", n)
        seed = int(np.random.default_rng().integers(2**31)) if seed is None else int(seed)
        inputs, sampled_labels = self.sample_inputs(n, seed)
        labels = self.check_labels(labels, n)
        labels = sampled_labels if labels is None else labels
        return self.images_from(inputs, labels, batch_size, truncation=truncation)

    def check_labels(self, labels, n: int) -> np.ndarray | None:
        """Returns labels for `n` images as int32 of shape `(n,)`, or None for None.

        Raises:
            ValueError: if the model has no classes, or the labels are of another type
                or count, or outside [0, num_classes).
        """
        if labels is None:
            return None
        if not self.num_classes:
            raise UserError(
                "This model has no classes: expected labels=None. For images by class train a"
                " model that takes labels, such as tf_gan.ConditionalGAN"
            )
        values = np.asarray(labels)
        all_values = values if values.ndim else np.broadcast_to(values, (n,))
        checks.check_labels(all_values, n, self.num_classes)
        return all_values.astype(np.int32)

    def needed_labels(self, labels, n: int) -> np.ndarray | None:
        """Returns `check_labels(labels, n)`, where a model with classes must be given some.

        Raises:
            ValueError: as `check_labels`, and if they are missing.
        """
        if labels is None and self.num_classes:
            raise UserError(
                f"This model has {self.num_classes} classes. Expected labels from 0 to"
                f" {self.num_classes - 1}, {n} of them or one for all. Received: none"
            )
        return self.check_labels(labels, n)

    def images_from(
        self,
        latents: np.ndarray | tf.Tensor,
        labels=None,
        batch_size: int = 256,
        *,
        truncation: float | None = None,
    ) -> np.ndarray:
        """Returns the images for given latents.

        Args:
            latents: Shape `(n, latent_dim)`; source images for models that make images
                from images.
            labels: For models with classes: `n` integers in [0, num_classes), or one
                for all; else None.
            batch_size: How many images to make at a time.
            truncation: As for `generate`.

        Returns:
            float32 array of shape `(n, *image_shape)`, in `data_range`; a generator
            without a last activation may leave the range.

        Raises:
            ValueError: for latents of another shape, labels that do not fit or a wrong
                `batch_size`, or if the images cannot be truncated so.
        """
        integers(batch_size=batch_size)
        self.check_truncation(truncation)
        latents = latents if tf.is_tensor(latents) else np.asarray(latents)
        self.check_latents(latents)
        inputs = [tf.cast(latents, tf.float32)]
        n = inputs[0].shape[0]
        labels = self.needed_labels(labels, n)
        if labels is not None:
            inputs.append(tf.constant(labels))
        if not n:
            return np.zeros((0, *self.image_shape), np.float32)
        batch_size = min(batch_size, n)
        if self._images_function is None:

            def images(*inputs, truncation=None):
                inputs = list(inputs) if len(inputs) > 1 else inputs[0]
                return tf.cast(self.images_of(inputs, truncation), tf.float32)

            self._images_function = tf.function(images, reduce_retracing=True)
        bound = None if truncation is None else tf.constant(truncation, tf.float32)
        result: np.ndarray | None = None
        for start in range(0, n, batch_size):
            part = slice(start, start + batch_size)
            given = [tensor[part] for tensor in inputs]
            try:
                batch = self._images_function(*given, truncation=bound)
            except tf.errors.OperatorNotAllowedInGraphError:
                # A layer needs to know the size, as Keras' UpSampling2D to interpolate.
                self._images_function = tf.function(self._images_function.python_function)
                batch = self._images_function(*given, truncation=bound)
            if result is None:
                result = np.empty((n, *batch.shape[1:]), np.float32)
            result[part] = batch.numpy()  # So that a GPU holds one batch.
        assert result is not None
        return result

    def set_standing_statistics(self, batches: int = 16, batch_size: int = 128, seed: int = 0):
        """Sets the statistics of BatchNormalization in the sampler to those of minibatches
        that pass it in training mode, for `generate`, metrics and exports.

        Brock et al., Large Scale GAN Training for High Fidelity Natural Image Synthesis
        (2018), https://arxiv.org/abs/1809.11096. The averaged generator keeps such
        statistics of its own in training; this is for a generator without an average,
        or for more exact ones.

        Args:
            batches: Number of minibatches, >= 1.
            batch_size: Images in one, >= 2.
            seed: Fixes their latents.

        Raises:
            ValueError: for wrong numbers, or a generator without BatchNormalization.
        """
        batches, batch_size = integer("batches", batches), integer("batch_size", batch_size, 2)

        def inputs(number):
            latents, labels = self.sample_inputs(batch_size, seed + number)
            return latents if labels is None else [latents, labels]

        # Not `self.sampler`, which may be a part of the generator, as in `ProgressiveGAN`.
        average = self.generator if self.average_generator is None else self.average_generator
        averages.set_standing_statistics(self.generator, average, inputs, batches)


def truncate_normal(latents, bound) -> tf.Tensor:
    """Moves draws of N(0, 1) to draws of N(0, 1) given |z| <= bound, each by the same
    rising function: z -> F^-1(F(z)), with the distribution functions of both.

    In closed form sqrt 2 erfinv(erf(z / sqrt 2) erf(bound / sqrt 2)). Draws of one seed
    stay alike under all bounds, unlike with the usual way, which draws the entries
    beyond the bound anew.

    Args:
        latents: Float tensor.
        bound: Number > 0, or a scalar tensor.
    """
    latents, root = tf.cast(latents, tf.float32), 2.0**0.5
    bound = tf.cast(bound, tf.float32)
    # No draw moves outwards, but far out, where erf is 1 in float32, erfinv is infinite.
    moved = root * tf.math.erfinv(tf.math.erf(latents / root) * tf.math.erf(bound / root))
    return tf.where(
        tf.abs(latents) < tf.abs(moved), latents, tf.clip_by_value(moved, -bound, bound)
    )
