"""Keras' methods for training and evaluation, and the data that they take."""

import keras
import numpy as np
import tensorflow as tf

from tf_gan.data import Examples, checks
from tf_gan.errors import UserError
from tf_gan.fast import onednn
from tf_gan.fast.convolutions import only_cpus
from tf_gan.models.logs import log_message
from tf_gan.models.objective import Batch
from tf_gan.training import fit as training
from tf_gan.training import replicas
from tf_gan.training.rng import Fold, Stream
from tf_gan.training.update import LossScope
from tf_gan.training.xla import has_convolutions


def unpack(data) -> tuple:
    """Returns the two parts of what a dataset yields, the second of which may be None.

    Raises:
        UserError: for weights of images.
    """
    x, y, weights = keras.utils.unpack_x_y_sample_weight(data)
    if weights is not None:
        raise training.unsupported("sample_weight")
    return x, y


class Fitting(keras.Model):
    """The half of `GenerativeModel` that users of Keras know: `fit` and `evaluate`."""

    num_classes: int | None
    image_shape: tuple[int, ...]
    data_range: tuple[float, float] | None

    def to_batch(self, data) -> Batch:
        """Returns the `Batch` of what a dataset yields: images, or `(images, labels)`."""
        return Batch(*unpack(data))

    def batch_spec(self, n: int) -> Batch:
        """Returns the `tf.TensorSpec`s of a batch of `n` images."""
        labels = tf.TensorSpec([n], tf.int32) if self.num_classes else None
        return Batch(tf.TensorSpec([n, *self.image_shape]), labels)

    def training_view(self, examples: Examples) -> Examples:
        """Returns images in memory as the minibatches of `fit` see them."""
        return examples

    def check_images(self, images: np.ndarray, first: int = 0) -> None:
        """Checks images, of which the first has the number `first`.

        Raises:
            ValueError: that says what is wrong with them.
        """
        checks.check_images(images, self.data_range, self.image_shape, first)

    def check_data_labels(self, labels, n: int) -> None:
        """Checks the labels of `n` images to train on, if the model has classes.

        Raises:
            ValueError: that says what is wrong with them.
        """
        if self.num_classes:
            checks.check_labels(labels, n, self.num_classes)

    def check_evaluation_labels(self, labels, n: int) -> None:
        """Checks the labels of `n` images to evaluate on.

        Raises:
            ValueError: that says what is wrong with them.
        """
        self.check_data_labels(labels, n)

    # === Keras ===

    def fit(
        self,
        x=None,
        y=None,
        batch_size: int | None = None,
        epochs: int = 1,
        *,
        shuffle: bool = True,
        steps_per_epoch: int | None = None,
        **kwargs,
    ) -> keras.callbacks.History:
        """Trains, as `keras.Model.fit` does, on `discriminator_steps` minibatches a
        step.

        Args:
            x: Images in `data_range`: an array of shape `(N, ...)`,
                `tf_gan.data.Examples`, a `tf.data.Dataset` of batches, a
                `keras.utils.PyDataset` or a Python generator of batches. The order of
                arrays and of `Examples` depends on the seed and the epoch alone, and
                training resumes where the count of steps stands.
            y: Labels, integers of shape `(N,)`, for models that use them and for arrays
                only; other data carry their own.
            batch_size: Images in a minibatch, over all replicas; for arrays. Defaults
                to 64. Datasets have batches of their own.
            shuffle: Whether to shuffle arrays. Datasets, generators and `PyDataset`s come in
                their own order.
            epochs: The epoch at whose end training ends.
            steps_per_epoch: Steps that make an epoch; by default as many as the data
                have full batches for. What is left over is not used: shuffle a dataset of
                your own. With them a `tf.data.Dataset` that ends begins again.
            **kwargs: `callbacks`, `validation_data`, `validation_freq`,
                `verbose` and `initial_epoch` of `keras.Model.fit`. With arrays and
                `Examples`, a given `initial_epoch` in which the count of steps stands
                resumes in the middle of that epoch.

        Returns:
            The `keras.callbacks.History`.

        Raises:
            ValueError: if the images do not fit the networks or the range, hold NaN, or
                are fewer than a batch; if the model has classes and the labels are
                missing or do not fit. Of data that come in batches the first one is
                looked at.
        """
        if not self.jit_compile and only_cpus() and has_convolutions(self):
            onednn.warn_if_off()
        y = self._used_labels(x, y)
        settings = {
            "batch_size": batch_size,
            "epochs": epochs,
            "shuffle": shuffle,
            "steps_per_epoch": steps_per_epoch,
        }
        return training.fit(self, super().fit, x, y, **settings, **kwargs)

    def evaluate(self, x=None, y=None, *args, **kwargs):
        """Returns the means of the logs on images: networks in inference mode, the live
        generator, seeded noise. Where replicas share a last batch unevenly, their noise
        is not that of one device.

        Args:
            x: Images in `data_range`: an array, `tf_gan.data.Examples`, or a
                `tf.data.Dataset` of batches.
            y: Labels of an array, for models that use them.
            *args: Further positional arguments of `keras.Model.evaluate`.
            **kwargs: `batch_size`, `steps`, `verbose`, `callbacks` and `return_dict` of
                `keras.Model.evaluate`.

        Raises:
            ValueError: if the images do not fit the model, or would leave a partial
                batch on a TPU.
        """
        y = self._used_labels(x, y)
        return training.evaluate(self, super().evaluate, x, y, *args, **kwargs)

    def train_on_batch(self, *args, **kwargs):
        """Trains one step, as `keras.Model.train_on_batch` does, outside of `fit`."""
        if self.clock.is_running:
            raise UserError(
                "Expected `train_on_batch` outside of `fit`, which counts the steps of its epochs"
                " itself. Received: a call while `fit` runs, such as by a callback. For further"
                " updates in a step override `train_step`"
            )
        return super().train_on_batch(*args, **kwargs)

    def _used_labels(self, x, y):
        """Returns the labels of an array if the model has a use for them."""
        spec, is_array = self.batch_spec(1), isinstance(x, np.ndarray) or tf.is_tensor(x)
        return None if is_array and spec.labels is None and spec.sources is None else y

    def test_step(self, data) -> dict[str, tf.Tensor]:
        batch = self.to_batch(data)
        random = self.stream(Fold.EVALUATION, self.evaluation_batch.value)
        with LossScope([]):  # Nothing is written, and no layer keeps a loss.
            logs = self.evaluation_logs(batch, random)
        message = log_message(logs, count=tf.shape(batch.images)[0])
        self.track(logs, replicas.mean_over_replicas(message), trains=False)
        self.evaluation_batch.assign_add(1)
        return {name: self.trackers[name].result() for name in logs}

    def evaluation_logs(self, batch: Batch, random: Stream) -> dict[str, tf.Tensor]:
        """Returns the logs of a batch, networks in inference mode."""
        raise NotImplementedError

    def make_train_function(self, force=False):
        if self.train_function is None or force:
            self.trackers  # noqa: B018, before a program is traced.
            self.train_function = training.train_function(self)
        return self.train_function

    def make_test_function(self, force=False):
        if self.test_function is None or force:
            self.trackers  # noqa: B018
            self.test_function = training.test_function(self)
        return self.test_function

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Does nothing: a model is built from the start, and Keras' way of finding that
        out fails for labelled batches on several workers.
        """
