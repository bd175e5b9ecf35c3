"""Weight clipping of the Wasserstein critic."""

import keras
from keras import ops

from tf_gan.errors import positive


@keras.saving.register_keras_serializable("tf_gan")
class ClipWeights(keras.constraints.Constraint):
    """Clips each weight to [-limit, limit] after every optimizer step.

    Arjovsky et al., Wasserstein GAN (2017), https://arxiv.org/abs/1701.07875. For the
    `kernel_constraint` and `bias_constraint` of layers.

    Args:
        limit: Largest magnitude of a weight, > 0; 0.01 in the paper.

    Raises:
        ValueError: for another limit.
    """

    def __init__(self, limit: float = 0.01):
        positive(limit=limit)
        self.limit = limit

    def __call__(self, value):
        return ops.clip(value, -self.limit, self.limit)

    def get_config(self):
        return {"limit": self.limit}
