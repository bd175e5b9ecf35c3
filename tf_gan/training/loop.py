"""Many steps a call, on one device or on replicas.

On one device the loop is a single program, compiled by XLA where that pays: the batches of
a call are gathered first, then all steps run without leaving it. With replicas, each step
runs under `tf.distribute.Strategy.run`; the compute part of each update is a program of its
own and the sums over replicas stand outside it, because collectives inside XLA programs do
not exist for every device.
"""

import itertools

import tensorflow as tf

from tf_gan.errors import UserError
from tf_gan.training.lazy import with_lazy_updates
from tf_gan.training.replicas import is_replicated


def make_function(model, step, next_steps, is_long_enough=lambda: False, lazy=False):
    """Returns the function of an iterator that `keras.Model.fit` and `evaluate` call.

    Args:
        model: A compiled model; `run_eagerly`, `jit_compile`, `steps_per_execution` and its
            strategy decide the form.
        step: `model.train_step` or `model.test_step`.
        next_steps: Function that returns how many steps the next call runs, from 0 to
            `steps_per_execution`.
        is_long_enough: Function that returns whether the data are known to have as many
            batches; replicas run several steps a call only then.
        lazy: Whether the model's lazy updates come before the steps.
    """
    strategy = model.distribute_strategy

    objectives = model.lazy_objectives if lazy else ()
    on_replicas = with_lazy_updates(
        model, objectives, step, lambda function, batch: strategy.run(function, args=(batch,))
    )
    step = with_lazy_updates(model, objectives, step)

    def run(batch):
        logs = on_replicas(batch)
        return tf.nest.map_structure(
            lambda value: strategy.experimental_local_results(value)[0], logs
        )

    many_steps = replicated_steps = None
    if model.run_eagerly:  # `train_on_batch` brings arrays.

        def one_step(batch):
            return run(tf.nest.map_structure(_tensor, batch))

    elif is_replicated(model):
        one_step = tf.function(run, autograph=False)
        replicated_steps = _many_replicated_steps(model, run)
    else:
        one_step = tf.function(step, jit_compile=model.jit_compile, autograph=False)
        many_steps = _many_steps(model, step)

    def function(iterator):
        steps = next_steps()
        if steps == 0:
            return model.get_metrics_result()
        logs = None
        many = many_steps or (replicated_steps if is_long_enough() else None)
        if many and model.steps_per_execution > 1 and _has_static_shapes(iterator):
            logs = many(iterator, tf.constant(steps))
        else:
            for batch in itertools.islice(iterator, steps):
                logs = one_step(batch)
        if logs is None:
            raise StopIteration
        return logs

    return function


def _results(model, names) -> dict:
    """Returns the means of the logs of these names."""
    trackers = model.trackers
    if unknown := [name for name in names if name not in trackers]:
        raise UserError(
            f"train_step returned the logs {unknown}, which no loss of the model has. Expected logs"
            " of one's own to come from discriminator_terms, generator_terms or end_step"
        )
    return {name: trackers[name].result() for name in names}


def _tensor(array):
    return array if array is None else tf.convert_to_tensor(array)


def _many_steps(model, step):
    """Returns a function of an iterator of equal batches that runs the given number of steps
    in one program.
    """

    @tf.function(jit_compile=model.jit_compile, autograph=False)
    def run(batches, count):
        names = []

        def body(index):
            names[:] = step(tf.nest.map_structure(lambda batch: batch[index], batches))
            return [index + 1]

        tf.while_loop(lambda index: index < count, body, [0], parallel_iterations=1)
        return _results(model, names)

    @tf.function(autograph=False)
    def gather(iterator, steps, most):
        """Returns up to `steps` batches as the first of `most` rows, zeros behind them, and
        their number.
        """
        spec = iterator.element_spec

        def take(index, arrays, _):
            batch = iterator.get_next_as_optional()

            def write():
                values = tf.nest.flatten(batch.get_value())
                written = [
                    array.write(index, value) for array, value in zip(arrays, values, strict=True)
                ]
                return index + 1, written, True

            return tf.cond(batch.has_value(), write, lambda: (index, arrays, False))

        arrays = [
            tf.TensorArray(s.dtype, most, element_shape=s.shape) for s in tf.nest.flatten(spec)
        ]
        count, arrays, _ = tf.while_loop(
            lambda index, _, more: tf.logical_and(more, index < steps),
            take,
            [0, arrays, True],
            parallel_iterations=1,
        )
        return tf.nest.pack_sequence_as(spec, [array.stack() for array in arrays]), count

    def function(iterator, steps):
        batches, count = gather(iterator, steps, model.steps_per_execution)
        return run(batches, count) if count > 0 else None

    return function


def _many_replicated_steps(model, run):
    """Returns a function that does the same on replicas: a loop around `Strategy.run`. The
    data must have as many batches as are asked for.
    """

    @tf.function(autograph=False)
    def loop(iterator, steps):
        names = []

        def body(index):
            names[:] = run(iterator.get_next())
            return [index + 1]

        tf.while_loop(lambda index: index < steps, body, [0], parallel_iterations=1)
        return _results(model, names)

    return loop


def _has_static_shapes(iterator) -> bool:
    """Returns whether all batches of an iterator have one known shape. Where several replicas
    live in this process, a batch is a structure of one tensor for each.
    """
    spec = getattr(iterator, "element_spec", None)
    return spec is not None and all(
        isinstance(s, tf.TensorSpec) and s.shape.is_fully_defined()
        for s in tf.nest.flatten(spec, expand_composites=True)
    )
