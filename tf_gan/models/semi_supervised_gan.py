"""Semi-supervised GANs: the discriminator is the classifier (Salimans et al., 2016;
Odena, 2016).
"""

import keras
import numpy as np
import tensorflow as tf

from tf_gan.data import Examples, HalfLabelledExamples, checks
from tf_gan.errors import UserError, integer
from tf_gan.layers.weight_normalization import (
    data_dependent_initialization,
    weight_normalized_layers,
)
from tf_gan.models.averages import average_of, check_decay
from tf_gan.models.classifier import ClassifierMixin
from tf_gan.models.gan import GAN, Forward
from tf_gan.models.network_checks import check_is_linear, without_others
from tf_gan.models.objective import Batch, Loss
from tf_gan.models.partly_labelled import fakes_per_batch, is_correct, mean_where, without_label
from tf_gan.training.optimizers import AdamEpsilonInside
from tf_gan.training.replicas import batch_size_of, mean_over_replicas
from tf_gan.training.rng import Fold, Stream

MATCHINGS = ("squared", "absolute")


@keras.saving.register_keras_serializable("tf_gan")
class SemiSupervisedGAN(ClassifierMixin, GAN):
    """A GAN that learns to classify from few labels: D has a logit for each of K
    classes, and real images are those that belong to one of them.

    Z(x) = sum_k exp l_k(x),  D(x) = Z(x) / (Z(x) + 1),  the logit of fakes being fixed
    at 0

    D descends L = -E log p(y|x, real) - 1/2 E log D(x) - 1/2 E log(1 - D(G(z))): the
    first mean is over the labelled images of the minibatch, the second over those
    without a label (over all, where every label is known). There are half as many fakes
    as images in a minibatch. G descends feature matching, ||E f(x) - E f(G(z))||^2 /
    dim f for a hidden layer f of D, or its mean absolute form. Salimans et al.,
    Improved Techniques for Training GANs (2016), https://arxiv.org/abs/1606.03498.

    A discriminator with K + 1 logits, the last one for fakes, is the same model with
    `l_k - l_{K+1}` in place of `l_k`. With `joint=True` the first term is -E log p(y|x),
    over all K + 1 classes, and with `feature_matching=None` G descends -E log D(G(z)): together the
    model of Odena, Semi-Supervised Learning with Generative Adversarial Networks
    (2016), https://arxiv.org/abs/1606.01583.

    Arrays and `Examples` come in minibatches that are half labelled (see
    `tf_gan.data.HalfLabelledExamples`); in data that come in batches, the label -1
    marks images without one. With several replicas each chooses the images that G
    matches out of its share, which makes a difference where shares are not half
    labelled.

    `predict` classifies, by moving averages of D's weights if there are some. The
    accuracy in the logs of `fit` is that of the network in training, on labelled
    images; the one of `evaluate` is that of `predict`.

    Logs: `discriminator_loss`, `labelled_loss`, `unlabelled_loss`, `generator_loss`,
    `V(D,G)`, `D(x)`, `D(G(z))`, `accuracy`.

    Args:
        generator: Keras model from latents `(B, latent_dim)` to images `(B, ...)`.
        discriminator: Keras model from images `(B, ...)` to class logits, any real
            values, `(B, K)` or `(B, K + 1)`, or to `[class logits, features]`, the
            latter of shape `(B, ...)`.
        latent_dim: Length of the latent vector z, >= 1.
        num_classes: K, >= 2.
        feature_matching: `"squared"` or `"absolute"`; None for a G that makes D take
            its images for real ones, without features.
        joint: Whether the labelled images' loss is over all K + 1 classes.
        classifier_average: Decay per step of the moving averages of D's weights, such
            as 0.9999 (the paper's); None for none; it rises to that as in `GAN`, where
            the paper's averages start at 0.
        prior: Distribution of z: `"normal"` for N(0, 1), or a pair `(low, high)` for a
            uniform one. The paper's is uniform on [0, 1].
        **kwargs: `moving_average`, `data_range`, `seed` and `name` of `GAN`.

    Raises:
        ValueError: if the networks do not fit, or for values out of range.

    Example:

    ```python
    gan = tf_gan.SemiSupervisedGAN(
        generator, discriminator, latent_dim=100, num_classes=10
    )
    gan.initialize(
        images[:500]
    )  # Where D has weight-normalised layers; else it raises.
    gan.compile()
    # The label -1 for those that are not known.
    gan.fit(images, labels, batch_size=200, epochs=300)
    gan.predict(new_images).argmax(axis=1)
    ```
    """

    uses_global_batch = True  # Means of features and over the labelled images.

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        latent_dim: int = 100,
        num_classes: int = 10,
        *,
        feature_matching: str | None = "squared",
        joint: bool = False,
        classifier_average: float | None = None,
        prior: str | tuple[float, float] = (0.0, 1.0),
        **kwargs,
    ):
        num_classes = integer("num_classes", num_classes, 2)
        if feature_matching is not None and feature_matching not in MATCHINGS:
            raise UserError(
                f"Invalid value for argument `feature_matching`. Expected one of {MATCHINGS}, or"
                f" None. Received: feature_matching={feature_matching!r}"
            )
        check_decay("classifier_average", classifier_average)
        self.classes = num_classes  # Not `num_classes`: the generator takes no labels.
        self.feature_matching, self.joint, self.classifier_average = (
            feature_matching,
            joint,
            classifier_average,
        )
        super().__init__(generator, discriminator, latent_dim, prior=prior, **kwargs)
        self.average_discriminator = None
        if classifier_average is not None:
            self.average_discriminator = average_of(discriminator, keras.Input(self.image_shape))

    def check_outputs(self, class_logits, *further):
        k = self.classes
        if tuple(class_logits.shape) not in ((None, k), (None, k + 1)):
            raise UserError(
                f"Expected class logits of shape (None, {k}), for num_classes={k}, or (None,"
                f" {k + 1}), with one for fakes. Received: {tuple(class_logits.shape)}"
            )
        if self.feature_matching is not None and len(further) != 1:
            raise UserError(
                "Feature matching compares a hidden layer of the discriminator: expected one that"
                " returns [class logits, features], or feature_matching=None. Received: one with"
                f" {1 + len(further)} output{'s' if further else ''}"
            )
        check_is_linear(self.discriminator, 0, "class logits")

    def averages(self):
        if self.average_discriminator is None:
            return super().averages()
        return [
            *super().averages(),
            (self.average_discriminator, self.discriminator, self.classifier_average),
        ]

    def initialize(self, images: np.ndarray) -> None:
        """Sets the weight-normalised layers of both networks, D's from images and G's
        from as many latents: see `data_dependent_initialization`.

        Args:
            images: Some hundreds of images, in `data_range`.

        Raises:
            ValueError: if the images do not fit, or no layer of D is weight-normalised.
        """
        images = np.asarray(images)
        self.check_images(images)
        data_dependent_initialization(self.discriminator, images)
        if weight_normalized_layers(self.generator):
            data_dependent_initialization(
                self.generator, self.sample_latents(len(images), self.stream(Fold.INITIALIZATION))
            )
        for average, live, _ in self.averages():
            average.set_weights(live.get_weights())

    gives_logits = False  # D has the logits of classes.

    @without_others
    def compile(
        self,
        generator_optimizer: keras.optimizers.Optimizer | str | None = None,
        discriminator_optimizer: keras.optimizers.Optimizer | str | None = None,
        discriminator_steps: int = 1,
        *,
        augment=None,
        updates: str = "alternating",
        run_eagerly: bool = False,
        steps_per_execution: int | str = "auto",
        jit_compile: bool | str = "auto",
    ) -> None:
        """Sets how the networks are trained: as `GAN.compile`, without a loss, penalties,
        `penalty_interval`, `generator_batch_factor` and `"ada"`. Optimizers are the authors'
        Adam by default, with 1e-8 inside of the square root:
        `tf_gan.training.optimizers.AdamEpsilonInside(3e-3, beta_1=0.5)`. With a smaller
        epsilon pixels that are nearly always black drift to white.

        Raises:
            ValueError: for unknown names, k < 1, or one optimizer object for both networks.
        """
        super().compile(
            generator_optimizer,
            discriminator_optimizer,
            discriminator_steps=discriminator_steps,
            augment=augment,
            updates=updates,
            run_eagerly=run_eagerly,
            steps_per_execution=steps_per_execution,
            jit_compile=jit_compile,
        )

    def default_optimizer(self) -> keras.optimizers.Optimizer:
        return AdamEpsilonInside(3e-3, beta_1=0.5)

    # === The data ===

    def batch_spec(self, n: int) -> Batch:
        return super().batch_spec(n)._replace(labels=tf.TensorSpec([n], tf.int32))

    def training_view(self, examples: Examples) -> Examples:
        return HalfLabelledExamples.of(examples)

    def check_data_labels(self, labels, n):
        values = checks.check_labels(labels, n, self.classes, lowest=-1)
        if not (values >= 0).any():
            raise UserError(
                "Expected some images with a label other than -1, in data that come in batches in"
                " each of them. Received: none. Images in memory come in minibatches that are half"
                " labelled, however few the labels are"
            )

    def check_evaluation_labels(self, labels, n):
        checks.check_labels(labels, n, self.classes)

    # === The two objectives ===

    def fake_inputs(self, batch: Batch, random: Stream):
        count = fakes_per_batch(batch_size_of(batch.images))
        return self.generator_inputs(self.sample_latents(count, random.fold(0)), batch.labels)

    def log_z(self, class_logits: tf.Tensor) -> tf.Tensor:
        """Returns log Z, the logit of D(x), `(B,)`; of K + 1 logits log sum_k exp(l_k -
        l_{K+1}).
        """
        log_z = tf.reduce_logsumexp(class_logits[:, : self.classes], axis=1)
        return (
            log_z
            if class_logits.shape[1] == self.classes
            else log_z - class_logits[:, self.classes]
        )

    def discriminator_terms(self, real, fake, labels):
        """Returns L_labelled + L_unlabelled from `[class logits, features]` of real
        images and fakes, and the logs.
        """
        labels = tf.cast(labels, tf.int32)  # Those of keras.datasets are uint8.
        log_z, fake_log_z = self.log_z(real[0]), self.log_z(fake[0])
        labelled, unlabelled = labels >= 0, without_label(labels)
        class_logits = real[0][:, : self.classes]
        errors = tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=tf.maximum(labels, 0), logits=class_logits
        )
        labelled_loss = mean_where(
            labelled, errors + tf.nn.softplus(-log_z) if self.joint else errors
        )
        # E log D(x) and E log(1 - D(G(z))).
        log_real, log_fake = (
            -mean_where(unlabelled, tf.nn.softplus(-log_z)),
            -tf.reduce_mean(tf.nn.softplus(fake_log_z)),
        )
        unlabelled_loss = -0.5 * (log_real + log_fake)
        loss = labelled_loss + unlabelled_loss
        return loss, {
            "discriminator_loss": loss,
            "labelled_loss": labelled_loss,
            "unlabelled_loss": unlabelled_loss,
            "V(D,G)": log_real + log_fake,
            "D(x)": mean_where(unlabelled, tf.sigmoid(log_z)),
            "D(G(z))": tf.reduce_mean(tf.sigmoid(fake_log_z)),
            "accuracy": mean_where(labelled, tf.cast(is_correct(class_logits, labels), tf.float32)),
        }

    def build_objectives(self):
        discriminator, generator = super().build_objectives()
        generator.needs_real = False  # It runs D on as many images as there are fakes.
        return discriminator, generator

    def generator_loss(self, forward: Forward, batch: Batch, random: Stream) -> Loss:
        """Returns G's loss: D's features on as many images as fakes, those without a
        label first, as labelled ones would only be left out of the mean.
        """
        if self.feature_matching is None:
            return super().generator_loss(forward, batch, random)
        count = fakes_per_batch(batch_size_of(batch.images))
        chosen = tf.argsort(tf.cast(batch.labels >= 0, tf.int32), stable=True)[:count]
        labels = tf.gather(batch.labels, chosen)
        if forward.real[0] is None:
            images = self.augmented(batch.images, Fold.REAL, random)
            real = self.outputs(tf.gather(images, chosen), Batch(None, labels))
        else:  # Simultaneous updates: D has seen them.
            real = [tf.gather(output, chosen) for output in forward.real]
        return Loss(*self.generator_terms(real, forward.fake, labels))

    def generator_terms(self, real, fake, labels):
        if self.feature_matching is None:
            loss = tf.reduce_mean(tf.nn.softplus(-self.log_z(fake[0])))
        else:
            fakes = mean_over_replicas(tf.reduce_mean(fake[1], axis=0))
            difference = mean_where(without_label(labels), real[1]) - fakes
            loss = tf.reduce_mean(
                tf.square(difference) if self.feature_matching == "squared" else tf.abs(difference)
            )
        return loss, {"generator_loss": loss}

    def evaluation_logs(self, batch: Batch, random: Stream):
        logs = super().evaluation_logs(batch, random)
        images, labels = batch.images, batch.labels
        return logs | {
            "accuracy": tf.reduce_mean(
                tf.cast(is_correct(self.probabilities(images), labels), tf.float32)
            )
        }

    # === Saving ===

    def get_config(self):
        own = {
            "feature_matching": self.feature_matching,
            "joint": self.joint,
            "classifier_average": keras.saving.serialize_keras_object(self.classifier_average),
        }
        return super().get_config() | {"num_classes": self.classes} | own
