"""The controller of adaptive discriminator augmentation: how p follows overfitting.

Every number that it remembers is in a `State` of tensors, so that a model can keep it
in variables, and a resumed run continues with the same bits.
"""

from typing import NamedTuple

import tensorflow as tf


class State(NamedTuple):
    """What the controller remembers between minibatches.

    Attributes:
        p: Probability of each operation, float32 in [0, 1].
        sign_sum: Sum of sign D(x) since p moved, float32.
        images: Number of real images since p moved, float32.
        batches: Number of minibatches since p moved, int32.
    """

    p: tf.Tensor
    sign_sum: tf.Tensor
    images: tf.Tensor
    batches: tf.Tensor


NAMES = tuple(State.__annotations__)


def initial() -> State:
    """Returns the state before training: p = 0."""
    return State(tf.constant(0.0), tf.constant(0.0), tf.constant(0.0), tf.constant(0))


def update(
    state: State,
    mean_sign,
    batch_size,
    *,
    target: float = 0.6,
    interval: int = 4,
    images_for_one: float = 500_000,
) -> State:
    """Returns the state after one minibatch.

    Every `interval` minibatches, with the mean r_t of sign D(x) over their n images:

    p <- clip(p + sign(r_t - target) n / images_for_one, 0, 1)

    Karras et al., Training Generative Adversarial Networks with Limited Data (2020),
    https://arxiv.org/abs/2006.06676.

    Args:
        state: The state before it.
        mean_sign: Mean of sign D(x) over the minibatch of all replicas, scalar.
        batch_size: Real images in it, of all replicas.
        target: r_t to keep.
        interval: Minibatches between two moves of p.
        images_for_one: Images in which p could go from 0 to 1.
    """
    size = tf.cast(batch_size, tf.float32)
    sign_sum = state.sign_sum + tf.cast(mean_sign, tf.float32) * size
    images, batches = state.images + size, state.batches + 1
    # A product by a constant: XLA would make one of a division, with other bits.
    change = tf.sign(sign_sum / images - target) * (images * (1.0 / images_for_one))
    moved = tf.clip_by_value(state.p + change, 0.0, 1.0)
    due = batches >= interval
    return State(
        tf.where(due, moved, state.p),
        tf.where(due, 0.0, sign_sum),
        tf.where(due, 0.0, images),
        tf.where(due, 0, batches),
    )
