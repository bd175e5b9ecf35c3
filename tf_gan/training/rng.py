"""Random numbers as functions of a seed and of nothing else.

A step of training draws all its noise from `Stream(seed, step, substep)`. There is no
generator state to carry, so a run can be stopped anywhere and resume with the same
numbers; and N replicas draw together what one replica would have drawn, because each
starts the generator's counter where its own rows begin.

Integers come from the counter-based Philox generator (Salmon et al., 2011,
https://doi.org/10.1145/2063384.2063405). They are turned into floats here, because
TensorFlow's float distributions give other numbers inside XLA than outside it.
"""

import enum

import tensorflow as tf

from tf_gan import compat

_LARGEST = 2**31 - 1


class Fold(enum.IntEnum):
    """Numbers that are folded into a seed where a training step folds in its own number,
    which is >= 0. Each use has one, so that no two uses see the same noise.
    """

    EVALUATION = -1
    GENERATION = -2
    INITIALIZATION = -3
    AVERAGE = -4
    INVERSION = -5
    ENCODER = -6
    REAL = -8
    FAKE = -9
    STYLES = -10


def _key(seed) -> tf.Tensor:
    """Returns the key of an integer seed, of Python's or in an integer tensor of shape
    `()`: the same for both.
    """
    if not tf.is_tensor(seed):
        seed = int(seed)
        return tf.constant([seed % _LARGEST, seed // _LARGEST % _LARGEST], tf.int32)
    seed = tf.cast(seed, tf.int64)
    return tf.cast(tf.stack([seed % _LARGEST, seed // _LARGEST % _LARGEST]), tf.int32)


@tf.function(
    input_signature=[tf.TensorSpec([2], tf.int32), tf.TensorSpec([], tf.int32)], autograph=False
)
def _folded(key, data):
    return tf.random.experimental.stateless_fold_in(key, data, alg="philox")


def _fold_in(key: tf.Tensor, data) -> tf.Tensor:
    return _folded(key, tf.cast(data, tf.int32))


class Stream:
    """A source of random numbers, fixed by a seed and by what was folded into it.

    Args:
        seed: Integer, an integer tensor of shape `()`, or a key: a tensor of shape
            `(2,)` and dtype int32.
        *folds: Integers or scalar tensors (a step, the number of a draw): each gives an
            independent stream.
        replica: Number of this replica, 0 <= replica < replicas. Integer or scalar
            tensor.
        replicas: How many replicas share the batch.

    Example:

    ```python
    from tf_gan.training.rng import Stream

    z = Stream(0, step).normal((64, 100))
    ```
    """

    def __init__(self, seed, *folds, replica=0, replicas: int = 1):
        self.key = seed if tf.is_tensor(seed) and seed.shape.rank == 1 else _key(seed)
        for fold in folds:
            self.key = _fold_in(self.key, fold)
        self.replica = replica
        self.replicas = replicas

    def fold(self, *folds) -> "Stream":
        """Returns an independent stream of the same replica."""
        return Stream(self.key, *folds, replica=self.replica, replicas=self.replicas)

    def layer_seed(self, number: int) -> tf.Tensor:
        """Returns a Keras seed state for the `number`-th random layer, different on
        each replica.

        Returns:
            int32 tensor of shape `(2,)`, for `keras.random.SeedGenerator.state`.
        """
        return _fold_in(_fold_in(self.key, number), self.replica)

    def uniform(self, shape, low: float = 0.0, high: float = 1.0) -> tf.Tensor:
        """Draws from U(low, high); of U(0, 1) and U(-1, 1) both ends are left out.

        Args:
            shape: This replica's shape; the first dimension is the batch.
            low: Lower end.
            high: Upper end.

        Returns:
            float32 tensor of the given shape.
        """
        bits = self._bits(shape)
        # 23 bits and a half: symmetric about one half, and neither 0 nor 1.
        unit = (
            tf.cast(tf.bitwise.right_shift(bits, tf.constant(9, tf.uint32)), tf.float32) + 0.5
        ) * 2.0**-23
        return low + (high - low) * unit

    def integers(self, shape, count: int) -> tf.Tensor:
        """Draws from {0 ... count - 1}, each with the same probability: int32.

        Args:
            shape: This replica's shape; the first dimension is the batch.
            count: Number of values, >= 1.
        """
        # The product of a draw just below 1 is rounded up to `count`.
        return tf.minimum(tf.cast(self.uniform(shape) * count, tf.int32), count - 1)

    def _bits(self, shape) -> tf.Tensor:
        """Returns this replica's rows of the draw for the whole batch, and draws no others."""
        if self.replicas == 1:
            return tf.random.stateless_uniform(
                shape, self.key, minval=None, maxval=None, dtype=tf.uint32, alg="philox"
            )
        # Philox makes four integers of each count.
        key, counter = compat.philox_state(self.key)
        size = tf.reduce_prod(tf.cast(shape, tf.int64))
        first = tf.cast(self.replica, tf.int64) * size
        integers = tf.raw_ops.StatelessRandomUniformFullIntV2(
            shape=[size + 3],
            key=key,
            counter=counter + tf.cast(tf.stack([first // 4, 0]), tf.uint64),
            alg=1,
            dtype=tf.uint32,
        )
        return tf.reshape(tf.slice(integers, [first % 4], [size]), shape)

    def normal(self, shape) -> tf.Tensor:
        """Draws from N(0, 1) by the inverse of its distribution function; magnitudes
        stay below 5.3.

        Args:
            shape: This replica's shape; the first dimension is the batch.

        Returns:
            float32 tensor of the given shape.
        """
        return 2.0**0.5 * tf.math.erfinv(self.uniform(shape, -1.0, 1.0))
