"""The inception score."""

import itertools

import keras
import numpy as np
import tensorflow as tf

from tf_gan.errors import UserError, integer
from tf_gan.metrics.arrays import Estimate, in_numpy, rows


def inception_score(predictions, *, splits: int = 10, from_logits: bool = False) -> Estimate:
    """Returns exp(E_x KL(p(y|x) || p(y))), p(y) = E_x p(y|x): mean and standard
    deviation over consecutive splits.

    From 1 (all images get the same prediction) to the number of classes (each image is
    certain, all classes are equally frequent). It looks at samples alone, so it cannot
    see whether they resemble the data.

    Salimans et al., Improved Techniques for Training GANs (2016),
    https://arxiv.org/abs/1606.03498: 50,000 samples, 10 splits.

    Args:
        predictions: Class probabilities of samples in random order, shape `(N,
            classes)`, each row >= 0 with sum 1; or logits.
        splits: Parts in which to score, 1 <= splits <= N.
        from_logits: Whether to apply a softmax first.

    Raises:
        ValueError: for fewer samples than splits, NaN, or rows that are no
            probabilities.
    """
    integer("splits", splits)
    p = rows("predictions", predictions, splits).astype(np.float64, copy=False)
    if from_logits:
        p = np.exp(p - p.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
    elif p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise UserError(
            "Expected rows of `predictions` to be >= 0 with sum 1; logits need from_logits=True."
            f" Received: values from {p.min():g}, sums from {p.sum(axis=1).min():g} to"
            f" {p.sum(axis=1).max():g}"
        )
    edges = np.arange(splits + 1) * len(p) // splits
    parts = [p[start:end] for start, end in itertools.pairwise(edges)]
    scores = np.exp([_entropy(part.mean(axis=0)) - _entropy(part).mean() for part in parts])
    return Estimate(float(scores.mean()), float(scores.std()))


def _entropy(p: np.ndarray) -> np.ndarray:
    return -np.sum(p * np.log(np.where(p > 0, p, 1)), axis=-1)


def _score_of_sums(count, entropy, probabilities) -> np.float64:
    if count == 0:
        raise UserError("Expected at least one prediction. Received: none")
    # The logarithm of a negative number is NaN.
    if not np.isfinite(entropy) or abs(probabilities.sum() / count - 1) > 1e-3:
        mean = probabilities.sum() / count
        raise UserError(
            "Expected predictions >= 0 with sum 1; logits need from_logits=True. Received: others,"
            f" of mean sum {mean:g}"
        )
    return np.exp(_entropy(probabilities / count) - entropy / count)


@keras.saving.register_keras_serializable("tf_gan")
class InceptionScore(keras.metrics.Metric):
    """The inception score of all samples seen so far, as one split.

    Args:
        classes: Number of classes.
        from_logits: Whether the predictions are logits.
        name: Name in logs.
    """

    def __init__(self, classes: int, from_logits: bool = False, name: str = "inception_score"):
        super().__init__(name=name, dtype="float64")
        self.classes, self.from_logits = classes, from_logits
        self.count, self.entropy = (
            self.add_weight((), "zeros", "float64", name=what) for what in ("count", "entropy")
        )
        self.probabilities = self.add_weight((classes,), "zeros", "float64", name="probabilities")

    def update_state(self, predictions):
        """Adds predictions of shape `(B, classes)`."""
        p = tf.cast(predictions, tf.float64)
        if p.shape.rank != 2 or p.shape[1] != self.classes:
            raise UserError(
                f"Expected predictions of shape (B, {self.classes}). Received: shape {p.shape}"
            )
        p = tf.nn.softmax(p) if self.from_logits else p
        self.count.assign_add(tf.cast(tf.shape(p)[0], tf.float64))
        self.entropy.assign_add(-tf.reduce_sum(tf.math.xlogy(p, p)))
        self.probabilities.assign_add(tf.reduce_sum(p, axis=0))

    def result(self):
        return in_numpy(
            _score_of_sums,
            *map(keras.ops.convert_to_tensor, (self.count, self.entropy, self.probabilities)),
        )

    def get_config(self):
        return {"classes": self.classes, "from_logits": self.from_logits, "name": self.name}
