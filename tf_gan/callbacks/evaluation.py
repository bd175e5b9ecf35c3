"""Metrics of samples during training."""

import keras

from tf_gan.protocols import Reference, evaluate
from tf_gan.protocols.samples import of_game


class Evaluation(keras.callbacks.Callback):
    """Adds metrics of the samples to the logs of every `every`-th epoch, under names that say how few samples they come from.

    List it before the callbacks that read the logs.

    Args:
        reference: What the samples are judged by.
        metrics: Names of protocols: see `tf_gan.protocols`.
        every: Epochs between evaluations, >= 1. The last epoch always makes one.
        samples: How many samples to make, such as 2,000.
        seed: Fixes their latents.
    """

    def __init__(self, reference: Reference, metrics=("frechet",), every: int = 1, samples: int = 2000, seed: int = 0):
        super().__init__()
        if every < 1:
            raise ValueError(f"Invalid value for argument `every`. Expected an integer >= 1. Received: every={every}")
        self.reference, self.metrics, self.every, self.samples, self.seed = reference, metrics, every, samples, seed

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every == 0 or epoch + 1 == self.params.get("epochs"):
            samples = of_game(self.model, count=self.samples, seed=self.seed)
            logs.update({score.name: float(score.value) for score in evaluate(samples, self.reference, self.metrics)})
