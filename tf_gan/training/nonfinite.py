"""Which tensor became NaN or infinite first: a step is a pure function of the weights, the
batch, the seed and its number, so it can be run again and looked at.
"""

import tensorflow as tf

from tf_gan.training.lazy import with_lazy_updates
from tf_gan.training.update import zero_or_nan


class _Found(Exception):
    """A tensor that is not finite."""


def replay(model, batches, step: int) -> str | None:
    """Runs steps again, from the model's present state, and looks at one of them.

    Args:
        model: A compiled `GenerativeModel` on one device, such as from the checkpoint before
            the step. Its weights move.
        batches: Batches for the model's next steps.
        step: Number of the step to look at.

    Returns:
        What was not finite first, such as `"the gradient of generator/dense/kernel"`, or None
        if all was finite.
    """
    programs: dict = {}
    whole_step = with_lazy_updates(model, model.lazy_objectives, model.train_step)
    for data in batches:
        phase, _ = model.enter_phase()
        if int(model.step.numpy()) >= step:
            return origin(model, data)
        if phase not in programs:
            programs[phase] = tf.function(
                whole_step, jit_compile=model.jit_compile, autograph=False
            )
        programs[phase](data)
    return None


def origin(model, data) -> str | None:
    """Runs one step eagerly, and returns what was not finite first, or None.

    Args:
        model: A compiled `GenerativeModel` on one device. Its weights move.
        data: What a dataset yields.
    """
    model.probe = _look
    eager = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)
    try:
        with_lazy_updates(model, model.lazy_objectives, model.train_step)(data)
    except _Found as found:
        return str(found)
    finally:
        model.probe = None
        tf.config.run_functions_eagerly(eager)
    return None


def _look(objectives, batch, parts) -> None:
    """Raises a `_Found` for the first tensor of an update that is not finite."""
    if not _is_finite(batch):
        raise _Found("the images")
    for objective in objectives:
        for variable in objective.variables:
            if not _is_finite(variable.value):
                raise _Found(f"the weight {objective.name}/{variable.path}")
    for name, value in parts.logs.items():
        if not _is_finite(value):
            raise _Found(name)
    for objective, gradients in zip(objectives, parts.gradients, strict=True):
        for variable, gradient in zip(objective.variables, gradients, strict=True):
            if gradient is not None and not _is_finite(getattr(gradient, "values", gradient)):
                raise _Found(f"the gradient of {objective.name}/{variable.path}")


def _is_finite(values) -> bool:
    return bool(tf.math.is_finite(zero_or_nan(values)))
