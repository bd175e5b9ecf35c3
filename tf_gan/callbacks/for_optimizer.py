"""A callback of Keras for one of a model's optimizers."""

import keras

from tf_gan.errors import UserError


class _Single:
    """A model as a callback sees it that knows one optimizer."""

    def __init__(self, model, optimizer):
        vars(self).update(whole=model, optimizer=optimizer)

    def __getattr__(self, name):
        return getattr(self.whole, name)

    def __setattr__(self, name, value):
        setattr(self.whole, name, value)


class ForOptimizer(keras.callbacks.Callback):
    """Lets a callback that moves `model.optimizer.learning_rate` act on one optimizer alone.

    Without it, `keras.callbacks.LearningRateScheduler` and `ReduceLROnPlateau` act on the
    optimizers of all networks alike.

    Args:
        callback: The Keras callback.
        name: Whose optimizer: the name of an objective, such as `"generator"` or
            `"discriminator"`.

    Example:

    ```python
    halve = keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.5 * rate)
    gan.fit(
        images, callbacks=[tf_gan.callbacks.ForOptimizer(halve, "discriminator")]
    )
    ```
    """

    def __init__(self, callback: keras.callbacks.Callback, name: str):
        super().__init__()
        self.callback, self.name = callback, name

    def set_model(self, model):
        super().set_model(model)
        optimizers = {objective.name: objective.optimizer for objective in model.objectives}
        if self.name not in optimizers:
            raise UserError(
                f"Expected the name of an optimizer out of {sorted(optimizers)}. Received:"
                f" {self.name!r}"
            )
        self.callback.set_model(_Single(model, optimizers[self.name]))

    def set_params(self, params):
        super().set_params(params)
        self.callback.set_params(params)

    def on_train_begin(self, logs=None):
        self.callback.on_train_begin(logs)

    def on_train_end(self, logs=None):
        self.callback.on_train_end(logs)

    def on_epoch_begin(self, epoch, logs=None):
        self.callback.on_epoch_begin(epoch, logs)

    def on_epoch_end(self, epoch, logs=None):
        self.callback.on_epoch_end(epoch, logs)

    def on_train_batch_begin(self, batch, logs=None):
        self.callback.on_train_batch_begin(batch, logs)

    def on_train_batch_end(self, batch, logs=None):
        self.callback.on_train_batch_end(batch, logs)
