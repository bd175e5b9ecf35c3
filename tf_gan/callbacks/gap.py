"""Does D know the training images by heart, and do samples come nearer to them? D's
outputs on images that it has seen, on images that it has not, and on samples.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tf_gan.data.examples import Examples, as_examples
from tf_gan.errors import UserError, integer
from tf_gan.metrics import sliced_wasserstein
from tf_gan.training.rng import Fold, Stream
from tf_gan.training.update import LossScope

PART = 64  # Images that D sees at a time.


class DiscriminatorGap(keras.callbacks.Callback):
    """Adds to the logs of every `every`-th epoch the means of D's first output on
    training images, held-out images and samples, in inference mode and without
    augmentation: `logit(train)`, `logit(held_out)`, `logit(samples)`, and

    r_v = (E[D(train)] - E[D(held_out)]) / (E[D(train)] - E[D(samples)]),

    0 where D judges both kinds of real images alike, and where it does not yet tell
    training images from samples (their means are within three standard errors); 1 where
    held-out images are to it what samples are: it has learnt the training images by
    heart. Karras et al., Training Generative Adversarial Networks with Limited Data (2020),
    https://arxiv.org/abs/2006.06676, section 3.

    `distance(samples)` is the sliced Wasserstein distance between training images and as
    many samples, both reduced to 32 to 63 pixels a side and in the range of the data: a cheap
    number that falls while a training gets better. Its samples have the same latents at every
    look.

    List it before the callbacks that read the logs.

    Args:
        training: The training images: a float array, or `tf_gan.data.Examples`.
        held_out: Images that training does not see, the same.
        every: Epochs between looks, >= 1. The last of `epochs` always has one.
        n: How many images of each kind to look at, at most, >= 1.

    Raises:
        UserError: for no images, and in `fit` of a model whose D has no logits, such as
            `BEGAN`.
    """

    LOGS = ("logit(train)", "logit(held_out)", "logit(samples)", "r_v", "distance(samples)")

    def __init__(
        self,
        training: np.ndarray | Examples,
        held_out: np.ndarray | Examples,
        every: int = 1,
        n: int = 256,
    ):
        super().__init__()
        self.every, self.n = integer("every", every), integer("n", n)
        self._functions: dict[Any, Callable] = {}  # By the model's phase.
        self._small: np.ndarray | None = None  # The training images, for the distance.
        self._parts = [_spread(examples, n) for examples in (training, held_out)]

    def set_model(self, model):
        super().set_model(model)
        if not getattr(model, "gives_logits", False):
            raise UserError(
                "DiscriminatorGap compares logits of one discriminator. Expected a model that has"
                f" them, such as tf_gan.GAN. Received: a {type(model).__name__}"
            )

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every and epoch + 1 != self.params.get("epochs"):
            return
        (real, fake), (unseen, _) = (self._outputs(*part) for part in self._parts)
        apart = real.mean() - fake.mean()
        error = np.sqrt(real.var() / len(real) + fake.var() / len(fake))
        logs |= {
            "logit(train)": float(real.mean()),
            "logit(held_out)": float(unseen.mean()),
            "logit(samples)": float(fake.mean()),
            # Early in a training D tells nothing apart, and the share would be noise.
            "r_v": float((real.mean() - unseen.mean()) / apart) if apart > 3 * error else 0.0,
            "distance(samples)": self._distance(),
        }

    def _distance(self) -> float:
        images, labels = self._parts[0]
        if self._small is None:
            self._small = _small(images)
        classes = {}
        if labels is not None and self.model.num_classes:
            classes["labels"] = labels.numpy()
        samples = self.model.generate(len(images), seed=0, **classes)
        return sliced_wasserstein(self._small, _small(samples), projections=256)

    def _outputs(self, images: np.ndarray, labels) -> tuple[np.ndarray, np.ndarray]:
        """Returns D's first outputs on images and on as many samples, `(n,)` each."""
        phase, _ = self.model.enter_phase()
        if phase not in self._functions:
            self._functions[phase] = tf.function(
                self._forward, reduce_retracing=True, autograph=False
            )
        parts, count = [], len(images)
        for number, start in enumerate(range(0, count, PART)):
            # All parts are full, for layers that compare images with one another.
            rows = np.arange(start, start + PART) % count
            part = None if labels is None else tf.gather(labels, rows)
            inputs = tf.constant(images[rows]), part, tf.constant(number)
            parts.append(self._functions[phase](*inputs))
        real, fake = (
            np.concatenate([part[side].numpy() for part in parts])[:count] for side in (0, 1)
        )
        return real.astype(np.float64), fake.astype(np.float64)

    def _forward(self, images, labels, number):
        """Returns D's first outputs on images and on samples, others for each number."""
        model = self.model
        batch = model.to_batch(images if labels is None else (images, labels))
        with LossScope([]):  # Nothing is written, and no layer keeps a loss.
            random = Stream(model.seed, Fold.EVALUATION, number)
            forward = model.forward(batch, random, training=False)
        return [
            tf.reduce_mean(tf.reshape(outputs[0], [tf.shape(outputs[0])[0], -1]), axis=1)
            for outputs in (forward.real, forward.fake)
        ]


def _small(images: np.ndarray) -> np.ndarray:
    """Returns images of at most about 32x32, made small by means, as rows."""
    images = np.asarray(images, np.float32)
    if images.ndim == 4:
        height, width = (max(1, side // 32) for side in images.shape[1:3])
        images = tf.nn.avg_pool2d(images, (height, width), (height, width), "VALID").numpy()
    return images.reshape(len(images), -1)


def _spread(images: np.ndarray | Examples, n: int) -> tuple[np.ndarray, tf.Tensor | None]:
    """Returns at most `n` images, evenly spaced, and their labels."""
    chosen = as_examples(images).spread(n)
    if not len(chosen):
        raise UserError("Expected images to look at. Received: none")
    labels = None if chosen.labels is None else tf.constant(chosen.labels, tf.int32)
    return chosen.arrays(), labels
