"""The means of the logs of an epoch: what `GenerativeModel` counts while it trains."""

import keras
import tensorflow as tf

from tf_gan.training.update import log_names


class Logs(keras.Model):
    """The logging half of `GenerativeModel`."""

    def track(self, names, message: tf.Tensor, trains=True) -> dict[str, tf.Tensor]:
        """Adds logs to the means of the epoch, and notes the first step of training
        with one that is not finite.

        Args:
            names: Names of the logs.
            message: Their `log_message`, the mean over the replicas.
            trains: Whether these are logs of training.

        Returns:
            The means over the replicas.
        """
        if not names:
            return {}
        *shares, weight, _ = tf.unstack(message)
        logs = {
            name: tf.math.divide_no_nan(share, weight)
            for name, share in zip(names, shares, strict=True)
        }
        for name, value in logs.items():
            self.trackers[name].update_state(value, sample_weight=weight)
        if trains:
            step, noted = self.step.value, self.nonfinite_step.value
            is_first = ~tf.reduce_all(tf.math.is_finite(message)) & (noted < 0)
            self.nonfinite_step.assign(tf.where(is_first, step, noted))
        return logs

    @property
    def trackers(self) -> dict[str, keras.metrics.Mean]:
        """The means of the logs by name. Their names are those that the losses return
        for a symbolic batch.
        """
        if self._compiled is None:
            return {}
        if self._compiled.trackers is None:
            names = log_names(self)
            with tf.init_scope(), self.distribute_strategy.scope():
                means = {name: keras.metrics.Mean(name=name) for name in names}
            self._compiled.trackers = means
        return self._compiled.trackers

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        return list(self.trackers.values()) if self.objectives else []

    def get_metrics_result(self) -> dict:
        return {name: tracker.result() for name, tracker in self.trackers.items()}

    def reset_metrics(self):
        if not self.clock.keeps_metrics:  # The means of an epoch that `fit` resumes.
            super().reset_metrics()
        self.evaluation_batch.assign(0)


def log_message(logs: dict, count=1, clean=0.0) -> tf.Tensor:
    """Returns what replicas tell each other of their logs: one tensor.

    Args:
        logs: Scalars of this replica by name.
        count: Weight of this replica's share: the number of its examples where shares
            differ. A share of 0 does not count.
        clean: 0, or NaN if an image or a gradient is not finite.
    """
    weight = tf.cast(count, tf.float32)
    shares = [tf.where(weight > 0, weight * value, 0.0) for value in logs.values()]
    return tf.stack([*shares, weight, tf.cast(clean, tf.float32)])


def state(value: float, name: str, dtype: str = "float32") -> keras.Variable:
    """Returns a scalar of the training's state, which all replicas set alike."""
    return keras.Variable(
        value, dtype=dtype, trainable=False, aggregation="only_first_replica", name=name
    )
