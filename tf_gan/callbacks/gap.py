"""Does D know the training images by heart? Its outputs on images that it has seen, on
images that it has not, and on samples.
"""

import keras
import numpy as np
import tensorflow as tf

from tf_gan.data import Examples
from tf_gan.errors import UserError
from tf_gan.training.rng import Fold, Stream


class DiscriminatorGap(keras.callbacks.Callback):
    """Adds to the logs of every `every`-th epoch the means of D's first output on
    training images, held-out images and samples, in inference mode and without
    augmentation: `logit(train)`, `logit(held_out)`, `logit(samples)`, and

    r_v = (E[D(train)] - E[D(held_out)]) / (E[D(train)] - E[D(samples)]),

    0 where D judges both kinds of real images alike, 1 where held-out images are to it
    what samples are: it has learnt the training images by heart. Karras et al.,
    Training Generative Adversarial Networks with Limited Data (2020),
    https://arxiv.org/abs/2006.06676, section 3.

    List it before the callbacks that read the logs.

    Args:
        training: The training images.
        held_out: Images that training does not see.
        every: Epochs between looks, >= 1. The last epoch always has one.
        n: How many images of each kind to look at, at most.
    """

    def __init__(self, training: Examples, held_out: Examples, every: int = 1, n: int = 256):
        super().__init__()
        if every < 1:
            raise UserError(
                "Invalid value for argument `every`. Expected an integer >= 1. Received:"
                f" every={every}"
            )
        self.every, self.n = every, n
        self._parts = [_spread(examples, n) for examples in (training, held_out)]

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every and epoch + 1 != self.params.get("epochs"):
            return
        train, held_out = (self._outputs(images, labels) for images, labels in self._parts)
        real, unseen, fake = train[0], held_out[0], train[1]
        apart = real - fake
        logs |= {
            "logit(train)": real,
            "logit(held_out)": unseen,
            "logit(samples)": fake,
            "r_v": (real - unseen) / apart if apart else 0.0,
        }

    def _outputs(self, images: np.ndarray, labels) -> tuple[float, float]:
        """Returns the means of D's first output on images and on as many samples."""
        model = self.model
        data = tf.constant(images) if labels is None else (tf.constant(images), labels)
        with keras.StatelessScope([]):  # Nothing is written.
            forward = model.forward(
                model.to_batch(data), Stream(model.seed, Fold.EVALUATION), training=False
            )
        real, fake = (tf.reduce_mean(outputs[0]) for outputs in (forward.real, forward.fake))
        return float(real), float(fake)


def _spread(examples: Examples, n: int) -> tuple[np.ndarray, tf.Tensor | None]:
    """Returns at most `n` images, evenly spaced, and their labels."""
    rows = np.unique(np.linspace(0, len(examples) - 1, min(n, len(examples))).astype(int))
    chosen = examples[rows]
    labels = None if chosen.labels is None else tf.constant(chosen.labels, tf.int32)
    return chosen.arrays(), labels
