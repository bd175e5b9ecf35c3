"""`fit` and `evaluate`: what Keras' loops are given, and the clock of the epochs."""

import contextlib
import warnings

import keras
import numpy as np
import tensorflow as tf

from tf_gan import compat
from tf_gan.data import Examples, adapter, checks
from tf_gan.errors import UserError, integer, warn
from tf_gan.training import calls, loop

# Callbacks of Keras that would do nothing here, or something wrong, and what to do instead.
REFUSED = {
    keras.callbacks.SwapEMAWeights: (
        "swaps the moving average of one optimizer, which this model does not have. The averaged"
        " generator is the model's own: give the constructor `moving_average=0.999`; `generate`,"
        " `predict` and exports then use it"
    ),
    keras.callbacks.TerminateOnNaN: (
        "looks at a log `loss`, which this model does not have. Expected"
        " tf_gan.callbacks.Health(): it stops at the first value that is not finite, and names it"
    ),
    keras.callbacks.BackupAndRestore: (
        "restores the count of steps after the order of the data was fixed by it: a resumed run"
        " would see other batches. Expected tf_gan.callbacks.Checkpoints(directory), and before"
        " `fit` tf_gan.callbacks.checkpoints.restore_latest(model, directory)"
    ),
}


class EpochClock(keras.callbacks.Callback):
    """Counts the steps of an epoch: nothing that other callbacks do, such as `evaluate`, can
    disturb it.

    Args:
        steps: Steps in an epoch, or None where nobody knows.
        is_endless: Whether the data have a batch for each step that is asked for.
        resumes_in: Epoch of `fit` in which training resumes, or None where each epoch has all
            its steps.
    """

    def __init__(self, steps: int | None = None, is_endless=False, resumes_in: int | None = None):
        super().__init__()
        self.steps, self.is_endless, self.resumes_in = steps, is_endless, resumes_in
        self.keeps_metrics = resumes_in is not None  # Until the epoch begins.
        self.position = 0  # Steps of the epoch that are done.
        self.goal = None  # Steps that are done when the running call ends.
        self.is_running = False

    def on_train_begin(self, logs=None):
        self.is_running = True

    def on_epoch_begin(self, epoch, logs=None):
        self.first_step, self.keeps_metrics = int(self.model.step.numpy()), False
        self.has_run = False
        self.position = self.first_step % self.steps if epoch == self.resumes_in else 0

    def on_train_batch_begin(self, batch, logs=None):
        if self.steps is not None:
            self.goal = min(batch + self.model.steps_per_execution, self.steps)

    def on_train_batch_end(self, batch, logs=None):
        self.has_run = True

    def on_epoch_end(self, epoch, logs=None):
        if int(self.model.step.numpy()) == self.first_step:
            if self.has_run:
                raise UserError(
                    "train_step ran, and no step was counted. Expected a train_step of your own to"
                    " end with `return self.finish_step(logs)`, logs that of"
                    " `self.update(...)`; logs of your own come from discriminator_terms,"
                    " generator_terms or end_step"
                )
            raise UserError(
                "The data ended before the first step of an epoch. A step takes"
                " discriminator_steps batches; a Python generator cannot start again for a second"
                " epoch: let it run for ever and set `steps_per_epoch`."
            )

    def on_train_end(self, logs=None):
        if name := nonfinite_variable(self.model):
            warn(
                f"Training ended with weights that are NaN or infinite ({name}). A callback such"
                " as tf_gan.callbacks.Health() stops at the first such step and names it."
            )

    def next_steps(self) -> int:
        """Returns how many steps the next call of the train function runs: an endless dataset
        does not carry it over the end of the epoch, and the calls for steps that are done run
        none.
        """
        if self.goal is None:
            return self.model.steps_per_execution
        steps = max(0, self.goal - self.position)
        self.position += steps
        return steps


class StepCallbacks(keras.callbacks.CallbackList):
    """Callbacks that never see a step beyond the end of the epoch, where its last call runs
    fewer steps than `steps_per_execution`, and no log of a lazy loss that was not due in the
    epoch.
    """

    def on_train_batch_end(self, batch, logs=None):
        steps, model = self.params["steps"], self.model
        if steps is None:  # Data may end within a call.
            steps = int(model.step.numpy()) - model.clock.first_step
        super().on_train_batch_end(min(batch, steps - 1), logs)

    def on_epoch_end(self, epoch, logs=None):
        never = {name for name, mean in self.model.trackers.items() if not mean.count.numpy()}
        super().on_epoch_end(epoch, {k: v for k, v in (logs or {}).items() if k not in never})


def nonfinite_variable(model) -> str | None:
    """Returns the name of a trainable weight that is NaN or infinite, or None."""
    for network in model.networks:
        for variable in network.trainable_variables:
            if not np.isfinite(np.asarray(variable.numpy(), np.float32)).all():
                return f"{network.name}/{variable.path}"
    return None


def train_function(model):
    """Returns the function of an iterator that `fit` calls: a program for each phase of the
    model.
    """
    programs = {}
    steps = 0  # Of the next program.

    def program():
        return loop.make_function(
            model,
            model.train_step,
            lambda: steps,
            is_long_enough=lambda: model.clock.is_running and model.clock.is_endless,
            lazy=True,
        )

    def function(iterator):
        nonlocal steps
        clock, logs = model.clock, None
        total = clock.next_steps() if clock.is_running else model.steps_per_execution
        while total > 0:
            phase, left = model.enter_phase()
            steps = total if left is None else min(total, left)
            if phase not in programs:
                programs[phase] = program()
            try:
                logs = programs[phase](iterator)
            except StopIteration:
                if logs is None:
                    raise
                break
            total -= steps
        return model.get_metrics_result() if logs is None else logs

    return function


def test_function(model):
    """Returns the function of an iterator that `evaluate` calls: it ends at the steps that
    were asked for.
    """
    programs = {}

    def next_steps():
        steps, asked = model.steps_per_execution, model.evaluation_steps
        return steps if asked is None else min(steps, asked - int(model.evaluation_batch.numpy()))

    def function(iterator):
        phase, _ = model.enter_phase()
        if phase not in programs:
            programs[phase] = loop.make_function(model, model.test_step, next_steps)
        return programs[phase](iterator)

    return function


def fit(model, keras_fit, x, y, *, batch_size, shuffle, steps_per_epoch, **kwargs):
    """Trains a model by Keras' own loop. For the arguments see `GenerativeModel.fit`.

    Args:
        model: A compiled `GenerativeModel`.
        keras_fit: `keras.Model.fit` of it.
    """
    compat.assert_compiled(model, "fit")
    _refuse(kwargs)
    if steps_per_epoch is not None:
        steps_per_epoch = integer("steps_per_epoch", steps_per_epoch)
    callbacks = kwargs.pop("callbacks", None)
    if kwargs.get("validation_data") is not None:
        size = kwargs.get("validation_batch_size")
        kwargs["validation_data"] = _validation_data(model, kwargs["validation_data"], size)
    _check_range(model, x)
    dataset, steps = adapter.training_batches(
        model,
        x,
        y,
        batch_size=64 if batch_size is None else batch_size,
        shuffle=shuffle,
        steps_per_epoch=steps_per_epoch,
    )
    is_endless, cardinality = steps is not None, -1
    steps = steps if steps_per_epoch is None else steps_per_epoch
    if isinstance(dataset, tf.data.Dataset) and not is_endless:
        cardinality = int(dataset.cardinality())
        is_endless = steps is not None and cardinality == tf.data.INFINITE_CARDINALITY
    initial_epoch, step = kwargs.get("initial_epoch"), int(model.step.numpy())
    resumes = is_endless and initial_epoch == step // steps and step % steps > 0
    if isinstance(x, tf.data.Dataset) and steps is not None and not is_endless:
        # Keras counts whole calls, and takes their sum for the end of the data.
        dataset, is_endless = dataset.repeat(), True
    counted = cardinality if steps is None and cardinality >= 0 else steps  # By Keras.
    model.clock = EpochClock(counted, is_endless, initial_epoch if resumes else None)
    known, is_certain = adapter.steps_of(x, model.discriminator_steps)
    shown = counted or (known if is_certain else None)
    if model.requested_steps_per_execution == "auto" and not model.run_eagerly:
        spec = getattr(dataset, "element_spec", None)
        most = calls.automatic(model, spec, model.discriminator_steps, shown or known)
        model.steps_per_execution = calls.divisor(most, callbacks)
    try:
        with warnings.catch_warnings():
            if steps is None:
                # Keras takes the end of data of unknown length for a shortage.
                warnings.filterwarnings("ignore", message="Your input ran out of data")
            return keras_fit(
                dataset,
                shuffle=False,
                steps_per_epoch=steps,
                callbacks=_callback_list(model, callbacks, shown, kwargs),
                **kwargs,
            )
    finally:
        model.clock = EpochClock()


def _callback_list(model, callbacks, steps, kwargs) -> keras.callbacks.CallbackList:
    """Returns the user's callbacks behind the clock."""
    if isinstance(callbacks, keras.callbacks.CallbackList):
        raise UserError(
            "Expected `callbacks` to be a list. Received: a keras.callbacks.CallbackList"
        )
    callbacks = keras.tree.flatten(callbacks) if callbacks else []
    for callback in callbacks:
        for kind, reason in REFUSED.items():
            if isinstance(callback, kind):
                raise UserError(f"{kind.__name__} {reason}")
        monitor = getattr(callback, "monitor", None)
        follows = getattr(callback, "save_best_only", True)  # Of ModelCheckpoint.
        if monitor in ("loss", "val_loss") and follows and monitor not in model.trackers:
            raise UserError(
                f"{type(callback).__name__} follows the log {monitor!r}, which this model does not"
                f" have. Expected monitor= one of {sorted(model.trackers)}, with val_ before it for"
                " that of validation_data, or a log of tf_gan.callbacks.Evaluation; and mode='min'"
                " or 'max'"
            )
    verbose = kwargs.get("verbose", "auto")
    return StepCallbacks(
        [model.clock, *callbacks],
        add_history=True,
        add_progbar=verbose != 0,
        verbose=verbose,
        epochs=kwargs.get("epochs", 1),
        steps=steps,
        model=model,
    )


def _refuse(kwargs: dict) -> None:
    """Raises a ValueError for arguments of Keras' loops that have no meaning here."""
    if kwargs.get("validation_split"):
        raise UserError(
            "`validation_split` is not supported: split the images yourself and pass"
            " `validation_data`."
        )
    for name in ("class_weight", "sample_weight"):
        if kwargs.get(name) is not None:
            raise unsupported(name)


def unsupported(name: str) -> UserError:
    """Returns the error for weights of images or of classes."""
    return UserError(
        f"`{name}` is not supported: the losses of a GAN are means over all images of a batch."
        " Give the images that count more to `fit` more often."
    )


def _validation_data(model, data, batch_size):
    pair = data if isinstance(data, (tuple, list)) and len(data) == 2 else (data, None)
    images, labels = _evaluation_data(model, *pair, batch_size)
    return images if labels is None else (images, labels)


def _evaluation_data(model, x, y, batch_size):
    """Returns what Keras' `evaluate` takes, checked."""
    x, y = adapter.evaluation_data(model, x, y)
    if isinstance(model.distribute_strategy, tf.distribute.TPUStrategy):
        checks.check_full_batches(x, batch_size or 32)
    return x, y


def _check_range(model, x) -> None:
    if not isinstance(x, Examples) or None in (x.value_range, model.data_range):
        return
    if x.value_range != model.data_range:
        raise UserError(
            f"The generator makes images in {model.data_range}, the data are in {x.value_range}."
            f" Expected the same range: give the data `value_range={model.data_range}`, or the"
            " generator another last activation (tanh: (-1, 1), sigmoid: (0, 1))."
        )


def evaluate(
    model,
    keras_evaluate,
    x,
    y,
    batch_size=None,
    verbose="auto",
    sample_weight=None,
    steps=None,
    *args,
    **kwargs,
):
    """Evaluates a model by Keras' own loop. For the arguments see
    `GenerativeModel.evaluate`.

    Args:
        model: A compiled `GenerativeModel`.
        keras_evaluate: `keras.Model.evaluate` of it.
    """
    _refuse({"sample_weight": sample_weight})
    if not compat.is_validation_of_fit(kwargs):  # Otherwise checked by `fit`.
        x, y = _evaluation_data(model, x, y, batch_size)
    model.evaluation_steps = steps
    with _training_means_kept(model):
        return keras_evaluate(x, y, batch_size, verbose, None, steps, *args, **kwargs)


@contextlib.contextmanager
def _training_means_kept(model):
    """Keeps the means of an epoch that has begun while a callback evaluates."""
    variables = [variable for metric in model.metrics for variable in metric.variables]
    values = [variable.numpy() for variable in variables]
    keeps, model.clock.keeps_metrics = model.clock.keeps_metrics, False
    try:
        yield
    finally:
        model.clock.keeps_metrics = keeps
        if keeps or model.clock.is_running:
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
