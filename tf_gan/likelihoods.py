"""Likelihoods p(x|z) of a decoder whose output is the mean of x: what a variational
auto-encoder scores reconstructions with.

A likelihood is named by a string (`"bernoulli"`) or given as an object of this module
(`Gaussian(variance=0.1)`).
"""

import math

import keras
import tensorflow as tf

from tf_gan.errors import UserError, positive


class Likelihood(keras.layers.Layer):
    """Base class of the likelihoods. They compute in float32, whatever the networks do.

    To be implemented by subclasses: `call(images, means)`, the log-likelihood of each
    image in nats, shape `(B,)`.
    """

    def __init__(self, **kwargs):
        super().__init__(**({"dtype": "float32"} | kwargs))


@keras.saving.register_keras_serializable("tf_gan")
class Bernoulli(Likelihood):
    """log p(x|z) = sum over the pixels of x log m + (1 - x) log(1 - m), for images and
    means in [0, 1].

    Grey pixels are taken for probabilities, as is usual for MNIST; the sum is then no
    normalised density. Means are clipped to [1e-7, 1 - 1e-7].
    """

    def call(self, images, means):
        means = tf.clip_by_value(means, 1e-7, 1.0 - 1e-7)
        return sum_over_pixels(images * tf.math.log(means) + (1.0 - images) * tf.math.log1p(-means))


@keras.saving.register_keras_serializable("tf_gan")
class Gaussian(Likelihood):
    """log p(x|z) = -1/2 sum over the pixels of (x - m)^2 / s^2 + log(2 pi s^2), with
    one variance s^2 for all pixels.

    Args:
        variance: s^2, > 0; the first value if it is learned.
        learned: Whether s^2 is a parameter, trained with the networks, as by Dai and
            Wipf, Diagnosing and Enhancing VAE Models (2019),
            https://arxiv.org/abs/1903.05789.
        **kwargs: Arguments of every Keras layer, such as `name`.

    Raises:
        ValueError: for another variance.
    """

    def __init__(self, variance: float = 1.0, learned: bool = False, **kwargs):
        super().__init__(**kwargs)
        positive(variance=variance)
        self.variance, self.learned = variance, learned
        if learned:
            self.log_variance = self.add_weight(
                shape=(),
                initializer=keras.initializers.Constant(math.log(variance)),
                name="log_variance",
            )

    def call(self, images, means):
        log_variance = (
            tf.convert_to_tensor(self.log_variance) if self.learned else math.log(self.variance)
        )
        return -0.5 * sum_over_pixels(
            tf.square(images - means) * tf.exp(-log_variance) + log_variance + math.log(2 * math.pi)
        )

    def get_config(self):
        return super().get_config() | {"variance": self.variance, "learned": self.learned}


def sum_over_pixels(values: tf.Tensor) -> tf.Tensor:
    """Returns the sum of each row, shape `(B,)`."""
    return tf.reduce_sum(values, axis=list(range(1, len(values.shape))))


LIKELIHOODS = {
    "bernoulli": Bernoulli,
    "gaussian": Gaussian,
    "learned_gaussian": lambda: Gaussian(learned=True),
}


def get(identifier: "str | Likelihood") -> Likelihood:
    """Returns the likelihood for a name or a `Likelihood`.

    Raises:
        ValueError: for an unknown name (the known ones are listed) or another kind of
            object.
    """
    if isinstance(identifier, Likelihood):
        return identifier
    if isinstance(identifier, str) and identifier in LIKELIHOODS:
        return LIKELIHOODS[identifier]()
    raise UserError(
        f"Invalid value for argument `likelihood`. Expected one of {sorted(LIKELIHOODS)} or a"
        f" `tf_gan.likelihoods.Likelihood`. Received: likelihood={identifier!r}"
    )
