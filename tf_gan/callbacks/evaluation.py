"""Metrics of samples during training."""

import contextlib
import functools

import keras
import numpy as np

from tf_gan.data import ImagePairs
from tf_gan.errors import UserError, integer
from tf_gan.evaluation import Reference, evaluate
from tf_gan.evaluation.samples import of_model
from tf_gan.models import ImageToImage
from tf_gan.models.translation import Translation

CHECKED = 100  # Samples measured before training: enough for every metric.


class Evaluation(keras.callbacks.Callback):
    """Adds metrics of the samples to the logs of every `every`-th epoch, under names
    that say how few samples they come from.

    List it before the callbacks that read the logs. Before the first step it measures a
    few samples, so that a metric that cannot be measured shows at once.

    Args:
        reference: The images and the features that the samples are compared with.
        metrics: Names of metrics: see `tf_gan.evaluation.names()`.
        every: Epochs between evaluations, >= 1. The last of `epochs` always makes one.
        samples: How many samples to make, such as 2,000.
        seed: Fixes their latents.

    Example:

    ```python
    reference = tf_gan.evaluation.Reference.of(examples[:-50], examples[-50:])
    evaluation = tf_gan.callbacks.Evaluation(reference, ["kernel"], every=10)
    gan.fit(examples[:-50], epochs=100, callbacks=[evaluation])
    ```
    """

    def __init__(
        self,
        reference: Reference,
        metrics=("frechet",),
        every: int = 1,
        samples: int = 2000,
        seed: int = 0,
    ):
        super().__init__()
        every = integer("every", every)
        if not isinstance(reference, Reference):
            raise UserError(
                "Expected reference=tf_gan.evaluation.Reference.of(training, held_out). Received:"
                f" {type(reference).__name__}"
            )
        self.reference, self.metrics, self.every, self.samples, self.seed = (
            reference,
            metrics,
            every,
            samples,
            seed,
        )

    def on_train_begin(self, logs=None):
        try:
            self._measure(min(self.samples, CHECKED))
        except UserError as error:
            raise UserError(
                f"The evaluations during training would fail. {str(error).rstrip('.')}. In a config"
                " the flags --extractor, --extractor_range, --inception_weights, --held_out and"
                " --validation are the fields evaluate_extractor, and so on"
            ) from error

    def _measure(self, count: int):
        model = self.model
        sources: contextlib.AbstractContextManager = contextlib.nullcontext()
        if isinstance(model, ImageToImage) and self._sources is not None:
            sources = model.other_sources(self._sources)
        with sources:
            samples = of_model(model, count=count, seed=self.seed)
            return evaluate(samples, self.reference, self.metrics)

    @functools.cached_property
    def _sources(self) -> np.ndarray | None:
        """Sources that the run has not seen, as in `tf-gan-evaluate`; None if the images that
        samples are compared with have none.
        """
        images = self.reference.held_out_or_train
        if isinstance(self.model, Translation) and not isinstance(images, ImagePairs):
            return None
        return self.model.sources_of(images, self.samples)

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every == 0 or epoch + 1 == self.params.get("epochs"):
            logs.update({score.name: float(score.value) for score in self._measure(self.samples)})
