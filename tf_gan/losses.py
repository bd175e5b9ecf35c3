"""Losses of the two networks, as functions of the discriminator's logits.

A loss is named by a string in `GAN.compile` (`"non_saturating"`), given as an object of
this module (`NonSaturating(label_smoothing=0.1)`), or as any callable `(real_logits,
fake_logits) -> (discriminator_loss, generator_loss)`.

Below, `a = D(x)` are the logits on real images and `b = D(G(z))` those on fakes, `s` is
the logistic sigmoid, and E the mean over all logits: patch-shaped logits `(B, H, W, 1)`
and flat ones `(B, 1)` give the same value for the same numbers.
"""

import numbers
from collections.abc import Callable

import keras
import tensorflow as tf

from tf_gan.errors import UserError, did_you_mean
from tf_gan.training.replicas import batch_mean


def cross_entropy(label: float, logits: tf.Tensor) -> tf.Tensor:
    """Returns E[-label log s(logits) - (1 - label) log(1 - s(logits))], computed
    without ever forming the sigmoid.

    Args:
        label: Target, in [0, 1].
        logits: Any real values, any shape.
    """
    labels = tf.fill(tf.shape(logits), tf.cast(label, logits.dtype))
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits))


def class_loss(labels: tf.Tensor, class_logits: tf.Tensor) -> tf.Tensor:
    """Returns E[-log softmax(class_logits)[label]].

    Args:
        labels: Integers of shape `(B,)`.
        class_logits: Any real values, shape `(B, num_classes)`.
    """
    return tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=tf.cast(labels, tf.int32), logits=class_logits
        )
    )


def mean_absolute_difference(x, y) -> tf.Tensor:
    """Returns E[|x - y|], the mean over images, pixels and channels, in float32."""
    return tf.reduce_mean(tf.abs(tf.cast(x, tf.float32) - tf.cast(y, tf.float32)))


def value_function(real_logits, fake_logits) -> dict[str, tf.Tensor]:
    """Returns V(D, G) = E[log D(x)] + E[log(1 - D(G(z)))] and the mean probabilities
    D(x) and D(G(z)).
    """
    log_real = -tf.reduce_mean(tf.nn.softplus(-real_logits))
    log_fake = -tf.reduce_mean(tf.nn.softplus(fake_logits))
    return {
        "V(D,G)": log_real + log_fake,
        "D(x)": tf.reduce_mean(tf.sigmoid(real_logits)),
        "D(G(z))": tf.reduce_mean(tf.sigmoid(fake_logits)),
    }


def mean_logits(real_logits, fake_logits) -> dict[str, tf.Tensor]:
    """Returns the mean outputs of a critic, whose sigmoids are no probabilities."""
    means = tf.reduce_mean(real_logits), tf.reduce_mean(fake_logits)
    return {"logit(x)": means[0], "logit(G(z))": means[1]}


class Loss:
    """Base class of the losses.

    To be implemented by subclasses:

    - `discriminator_loss(real_logits, fake_logits)`: scalar that D descends.
    - `generator_loss(real_logits, fake_logits)`: scalar that G descends.
    - `needs_real_logits`: True if the generator's loss uses `real_logits`; where it
      does not, it receives None.
    - `log_odds`: True if D's logits tend to log-odds, so that their sigmoid is a
      probability.
    - `joint_loss(real_logits, fake_logits)`: scalar that G and an encoder descend
      together, where D judges pairs of an image and its latents. By default D's loss
      with real and fake exchanged.
    - `uses_global_batch`: True if a value depends on the logits of all replicas, by
      `tf_gan.training.replicas`; XLA then does not compile the replicas' programs.
    - `get_config()`: constructor arguments, if there are any.
    """

    needs_real_logits = False
    uses_global_batch = False
    log_odds = False

    def discriminator_loss(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
        raise NotImplementedError

    def generator_loss(self, real_logits: tf.Tensor | None, fake_logits: tf.Tensor) -> tf.Tensor:
        raise NotImplementedError

    def joint_loss(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
        return self.discriminator_loss(fake_logits, real_logits)

    def get_config(self) -> dict:
        return {}

    @classmethod
    def from_config(cls, config: dict) -> "Loss":
        return cls(**config)


class _CrossEntropy(Loss):
    log_odds = True

    def __init__(self, label_smoothing: float = 0.0):
        if not isinstance(label_smoothing, numbers.Real) or not 0.0 <= label_smoothing < 0.5:
            raise UserError(
                "Invalid value for argument `label_smoothing`. Expected a number in [0, 0.5), such"
                f" as 0.1 for real targets of 0.9. Received: label_smoothing={label_smoothing!r}"
            )
        self.label_smoothing = label_smoothing

    def discriminator_loss(self, real_logits, fake_logits):
        return cross_entropy(1.0 - self.label_smoothing, real_logits) + cross_entropy(
            0.0, fake_logits
        )

    def get_config(self):
        return {"label_smoothing": self.label_smoothing}


@keras.saving.register_keras_serializable("tf_gan")
class Minimax(_CrossEntropy):
    """The saturating loss of the minimax game.

    D descends E[-log s(a)] + E[-log(1 - s(b))], which is -V(D, G); G descends E[log(1 -
    s(b))]. G's gradient with respect to b is -s(b): it vanishes while D rejects the
    fakes with confidence. `joint_loss`: E[log s(a)] + E[log(1 - s(b))].

    Goodfellow et al., Generative Adversarial Nets (2014), equation 1,
    https://arxiv.org/abs/1406.2661.

    Args:
        label_smoothing: One-sided label smoothing: D's target on real images is `1 -
            label_smoothing`, the one on fakes stays 0. In [0, 0.5). Salimans et al.
            (2016), https://arxiv.org/abs/1606.03498.
    """

    def generator_loss(self, real_logits, fake_logits):
        return -cross_entropy(0.0, fake_logits)

    def joint_loss(self, real_logits, fake_logits):
        return -cross_entropy(1.0, real_logits) - cross_entropy(0.0, fake_logits)


@keras.saving.register_keras_serializable("tf_gan")
class NonSaturating(_CrossEntropy):
    """The non-saturating loss.

    D descends E[-log s(a)] + E[-log(1 - s(b))]; G descends E[-log s(b)], whose gradient
    with respect to b is -(1 - s(b)). `joint_loss`: E[-log(1 - s(a))] + E[-log s(b)].

    Goodfellow et al., Generative Adversarial Nets (2014), section 3,
    https://arxiv.org/abs/1406.2661.

    Args:
        label_smoothing: One-sided label smoothing: D's target on real images is `1 -
            label_smoothing`, the one on fakes stays 0. In [0, 0.5). Salimans et al.
            (2016), https://arxiv.org/abs/1606.03498.
    """

    def generator_loss(self, real_logits, fake_logits):
        return cross_entropy(1.0, fake_logits)

    def joint_loss(self, real_logits, fake_logits):
        return cross_entropy(0.0, real_logits) + cross_entropy(1.0, fake_logits)


@keras.saving.register_keras_serializable("tf_gan")
class LeastSquares(Loss):
    """The least-squares loss.

    D descends E[(a - 1)^2] / 2 + E[b^2] / 2; G descends E[(b - 1)^2] / 2.

    Mao et al., Least Squares Generative Adversarial Networks (2016),
    https://arxiv.org/abs/1611.04076.
    """

    def discriminator_loss(self, real_logits, fake_logits):
        return 0.5 * (
            tf.reduce_mean(tf.square(real_logits - 1.0)) + tf.reduce_mean(tf.square(fake_logits))
        )

    def generator_loss(self, real_logits, fake_logits):
        return 0.5 * tf.reduce_mean(tf.square(fake_logits - 1.0))


@keras.saving.register_keras_serializable("tf_gan")
class Wasserstein(Loss):
    """The Wasserstein loss. Use it with a penalty (`"wgan_gp"`) or
    `tf_gan.layers.ClipWeights` on the critic's weights.

    D descends -E[a] + E[b]; G descends -E[b].

    Arjovsky et al., Wasserstein GAN (2017), https://arxiv.org/abs/1701.07875.
    """

    def discriminator_loss(self, real_logits, fake_logits):
        return tf.reduce_mean(fake_logits) - tf.reduce_mean(real_logits)

    def generator_loss(self, real_logits, fake_logits):
        return -tf.reduce_mean(fake_logits)


@keras.saving.register_keras_serializable("tf_gan")
class Hinge(Loss):
    """The hinge loss.

    D descends E[max(0, 1 - a)] + E[max(0, 1 + b)]; G descends -E[b]. `joint_loss`: E[a] -
    E[b].

    Lim and Ye, Geometric GAN (2017), https://arxiv.org/abs/1705.02894; Miyato et al.
    (2018), https://arxiv.org/abs/1802.05957.
    """

    def discriminator_loss(self, real_logits, fake_logits):
        return tf.reduce_mean(tf.nn.relu(1.0 - real_logits)) + tf.reduce_mean(
            tf.nn.relu(1.0 + fake_logits)
        )

    def generator_loss(self, real_logits, fake_logits):
        return -tf.reduce_mean(fake_logits)

    def joint_loss(self, real_logits, fake_logits):
        return tf.reduce_mean(real_logits) - tf.reduce_mean(fake_logits)


@keras.saving.register_keras_serializable("tf_gan")
class Relativistic(Loss):
    """The relativistic pairing loss (RpGAN): each real image is compared with one fake.

    D descends E[softplus(-(a - b))]; G descends E[softplus(-(b - a))].

    Jolicoeur-Martineau, The relativistic discriminator (2018),
    https://arxiv.org/abs/1807.00734.
    """

    needs_real_logits = True

    def discriminator_loss(self, real_logits, fake_logits):
        return tf.reduce_mean(tf.nn.softplus(fake_logits - real_logits))

    def generator_loss(self, real_logits, fake_logits):
        return tf.reduce_mean(tf.nn.softplus(real_logits - fake_logits))


@keras.saving.register_keras_serializable("tf_gan")
class RelativisticAverage(Loss):
    """The relativistic average loss (RaGAN): each image is compared with the mean of
    the other kind.

    D descends E[softplus(-(a - E[b]))] + E[softplus(b - E[a])]; G descends the same
    with real and fake exchanged. The inner
    means are over the batch of all replicas.

    Jolicoeur-Martineau, The relativistic discriminator (2018),
    https://arxiv.org/abs/1807.00734; its code halves both sums.
    """

    needs_real_logits = True
    uses_global_batch = True

    def discriminator_loss(self, real_logits, fake_logits):
        real_advantage = real_logits - batch_mean(fake_logits)
        fake_advantage = fake_logits - batch_mean(real_logits)
        return tf.reduce_mean(tf.nn.softplus(-real_advantage)) + tf.reduce_mean(
            tf.nn.softplus(fake_advantage)
        )

    def generator_loss(self, real_logits, fake_logits):
        return self.discriminator_loss(fake_logits, real_logits)


@keras.saving.register_keras_serializable("tf_gan")
class LossFunction(Loss):
    """A user's callable as a loss.

    Args:
        function: Callable `(real_logits, fake_logits) -> (discriminator_loss,
            generator_loss)`, both scalars. To be loaded again from a `.keras` file it
            must be registered with `keras.saving.register_keras_serializable`.
    """

    needs_real_logits = True

    def __init__(self, function):
        self.function = function

    def discriminator_loss(self, real_logits, fake_logits):
        return self.values(real_logits, fake_logits)[0]

    def generator_loss(self, real_logits, fake_logits):
        return self.values(real_logits, fake_logits)[1]

    def values(self, real_logits, fake_logits) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns both losses, once they are two scalars."""
        values = self.function(real_logits, fake_logits)
        if isinstance(values, (tuple, list)) and len(values) == 2:
            values = [tf.convert_to_tensor(value) for value in values]
            if all(value.shape.rank == 0 for value in values):
                return tuple(values)
            values = [f"shape {value.shape}" for value in values]
        raise UserError(
            "A loss function returns (discriminator_loss, generator_loss), two scalars, such as"
            f" means over the logits. Received: {values}"
        )

    def get_config(self):
        return {"function": keras.saving.serialize_keras_object(self.function)}

    @classmethod
    def from_config(cls, config):
        return cls(keras.saving.deserialize_keras_object(config["function"]))


LOSSES = {
    "minimax": Minimax,
    "non_saturating": NonSaturating,
    "least_squares": LeastSquares,
    "wasserstein": Wasserstein,
    "hinge": Hinge,
    "relativistic": Relativistic,
    "relativistic_average": RelativisticAverage,
}


OTHER_NAMES = {
    "wgan": "wasserstein",
    "lsgan": "least_squares",
    "mse": "least_squares",
    "bce": "non_saturating",
    "vanilla": "non_saturating",
    "ragan": "relativistic_average",
    "rpgan": "relativistic",
}


def get(identifier: "str | Loss | Callable") -> Loss:
    """Returns the loss for a name, a `Loss` or a callable.

    Raises:
        ValueError: for an unknown name (the known ones are listed) or another kind of
            object.
    """
    if isinstance(identifier, Loss):
        return identifier
    if isinstance(identifier, str) and identifier in LOSSES:
        return LOSSES[identifier]()
    if callable(identifier) and not isinstance(identifier, type):
        return LossFunction(identifier)
    meant = did_you_mean(OTHER_NAMES.get(str(identifier), identifier), LOSSES)
    raise UserError(
        f"Invalid value for argument `loss`. Expected one of {sorted(LOSSES)}, a"
        " `tf_gan.losses.Loss`, or a callable (real_logits, fake_logits) -> (discriminator_loss,"
        f" generator_loss). Received: loss={identifier!r}.{meant}"
    )
