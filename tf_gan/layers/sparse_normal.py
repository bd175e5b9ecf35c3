"""Sparse initial weights (Martens, 2010)."""

import keras
from keras import ops

from tf_gan.errors import UserError, integer


@keras.saving.register_keras_serializable("tf_gan")
class SparseNormal(keras.initializers.Initializer):
    """A few weights into each unit from N(0, stddev^2), all others 0.

    Units do not saturate, however many inputs they have. Martens, Deep Learning via
    Hessian-Free Optimization (2010), section 5.

    Args:
        inputs: Weights into each unit that are not 0, >= 1; of a layer with fewer inputs
            all.
        stddev: Their standard deviation.
        seed: Seed of the choice and of the values; None takes a new one.

    Raises:
        UserError: for `inputs` < 1, and when it is called for a shape other than
            `(inputs, units)`.
    """

    def __init__(self, inputs: int, stddev: float = 1.0, seed: int | None = None):
        self.inputs, self.stddev, self.seed = integer("inputs", inputs), stddev, seed
        self.places = keras.initializers.RandomUniform(seed=seed)
        self.values = keras.initializers.RandomNormal(
            stddev=stddev, seed=None if seed is None else seed + 1
        )

    def __call__(self, shape, dtype=None):
        if len(shape) != 2:
            raise UserError(
                f"Expected the kernel of a dense layer, (inputs, units). Received: {tuple(shape)}"
            )
        # The rank of a random number in its column: the places of the lowest are chosen.
        ranks = ops.argsort(ops.argsort(self.places(shape), axis=0), axis=0)
        values = self.values(shape, dtype)
        return ops.where(ranks < self.inputs, values, ops.zeros_like(values))

    def get_config(self):
        return {"inputs": self.inputs, "stddev": self.stddev, "seed": self.seed}
