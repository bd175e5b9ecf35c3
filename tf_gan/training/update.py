"""One update of one or several objectives: `compute` is pure, `apply` writes."""

import contextlib
import contextvars
from collections.abc import Iterator
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from tf_gan import compat
from tf_gan.errors import UserError
from tf_gan.fast.biases import right_bias_gradients
from tf_gan.fast.layers import fast_layers
from tf_gan.training import xla
from tf_gan.training.rng import Stream

Reading = tuple[keras.Variable, tf.Tensor]
# Weights that are read once a step, with what was read, by their id. Each replica has its
# own: replicas are threads.
_readings: contextvars.ContextVar[dict[int, Reading] | None] = contextvars.ContextVar(
    "_readings", default=None
)


class Parts(NamedTuple):
    """What `compute` returns.

    Args:
        gradients: One list for each objective: the gradient of its loss with respect to each
            of its variables, or None. Their sum over the replicas is the gradient.
        logs: Scalars of this replica by name.
        extras: Batch-first tensors for `GenerativeModel.after_update`.
        statistics: New values of `GenerativeModel.statistics`.
        clean: 0, or NaN if an image, or outside of XLA a gradient, is not finite.
    """

    gradients: list
    logs: dict[str, tf.Tensor]
    extras: tuple
    statistics: list
    clean: tf.Tensor


class LossScope(keras.StatelessScope):
    """A scope in which nothing is written, and which keeps the losses that layers add."""

    def __init__(self, state_mapping) -> None:
        super().__init__(state_mapping, collect_losses=True)
        self.added: list[tuple[Any, tf.Tensor]] = []  # (network that was called, loss).

    def add_loss(self, loss):
        super().add_loss(loss)
        self.added.append((compat.entry_layer(), loss))

    def value(self, variable: keras.Variable) -> tf.Tensor:
        value = self.get_current_value(variable)
        return tf.convert_to_tensor(variable.value) if value is None else value


@contextlib.contextmanager
def read_once(model, objective) -> Iterator[None]:
    """Lets all updates in a context compute with the same reading of an objective's weights,
    which must not move between them.

    Two passes of a network on the same inputs, one in D's update and one in G's, are then the
    same operations on the same tensors, up to its first random numbers, and Grappler makes
    one of them. XLA does so by itself, and eager execution cannot. Weights that another
    objective moves, too, are left out, and so are networks with layers of other packages: they
    may hold variables that are not read through Keras.
    """
    layers = [each for network in objective.networks for each in compat.flatten_layers(network)]
    packages = {type(layer).__module__.partition(".")[0] for layer in layers}
    others = {id(v) for each in model.objectives if each is not objective for v in each.variables}
    merges = not (model.jit_compile or model.run_eagerly) and packages <= {"keras", "tf_gan"}
    variables = [v for v in objective.variables if merges and id(v) not in others]
    token = _readings.set({id(v): (v, tf.convert_to_tensor(v.value)) for v in variables})
    try:
        yield
    finally:
        _readings.reset(token)


@right_bias_gradients()
def compute(model, objectives, batch, random: Stream) -> Parts:
    """Runs the forward pass that the objectives share, their losses and their gradients.

    A pure function of the weights, as `read_once` has read them or as they are, the batch and
    the random numbers: nothing is written, so that XLA may have it whole. Seeds of dropout and
    statistics of BatchNormalization go in and out as values.

    Args:
        model: A compiled `GenerativeModel`.
        objectives: Those that move, all from the same weights, batch and noise.
        batch: This replica's `Batch`.
        random: Its random numbers for this update.
    """
    seeds, random = seed_states(model.networks, random.fold(0)), random.fold(1)
    readings = _readings.get() or {}
    sources = [
        [readings[id(v)][1] if id(v) in readings else v.value for v in objective.variables]
        for objective in objectives
    ]
    with contextlib.ExitStack() as stack:
        tapes = []
        for variables in sources:
            # One tape for each objective: its gradient does not go back through the networks
            # of another one.
            tapes.append(stack.enter_context(tf.GradientTape(watch_accessed_variables=False)))
            tapes[-1].watch(variables)
        scope = stack.enter_context(LossScope([*seeds, *readings.values()]))
        if not model.jit_compile:
            layers = [each for net in model.networks for each in compat.flatten_layers(net)]
            stack.enter_context(fast_layers(layers))
        values, logs, extras = run_losses(model, objectives, batch, random, scope)
        # An update sums gradients over the replicas.
        shares = [
            objective.optimizer.scale_loss(value) / random.replicas
            for objective, value in zip(objectives, values, strict=True)
        ]
        statistics = [scope.value(variable) for variable in model.statistics]
        refuse_assigned(model, scope)
    none = tf.UnconnectedGradients.NONE
    # What a lazy loss says nothing of, such as a last bias, is no mistake.
    missing = [
        tf.UnconnectedGradients.ZERO if objective in model.lazy_objectives else none
        for objective in objectives
    ]
    gradients = [
        tape.gradient(share, variables, unconnected_gradients=each)
        for tape, share, variables, each in zip(tapes, shares, sources, missing, strict=True)
    ]
    # XLA computes with NaN as arithmetic does, so a bad gradient shows in the next logs. Outside
    # of it ReLU makes zeros of NaN: gradients are read, except overflows of loss scaling.
    scaled = any(
        isinstance(objective.optimizer, keras.optimizers.LossScaleOptimizer)
        for objective in objectives
    )
    clean = zero_or_nan(batch if model.jit_compile or scaled else (batch, gradients))
    return Parts(gradients, logs, extras, statistics, clean)


def run_losses(model, objectives, batch, random: Stream, scope: LossScope):
    """Runs the forward pass and the losses of objectives, those of their layers included.

    Returns:
        `(values, logs, extras)`: a scalar for each objective, float32 scalars by name, and
        the tensors for `GenerativeModel.after_update`.
    """
    need_real = any(objective.needs_real for objective in objectives)
    forward = model.forward(batch, random, need_real=need_real)
    values: list[tf.Tensor] = []
    logs: dict[str, tf.Tensor] = {}
    extras: tuple = ()
    for objective in objectives:
        loss = objective.loss(forward, batch, random)
        if not hasattr(loss, "extras"):
            raise UserError(
                f"Expected the loss of the {objective.name} to be a"
                f" tf_gan.models.Loss(value, logs). Received: {loss!r}"
            )
        logs |= loss.logs
        extras += tuple(loss.extras)
        value = loss.value
        lazy = objective in model.lazy_objectives
        if not lazy and (terms := regularization(objective, scope)):
            logs[f"{objective.name}_regularization"] = tf.add_n(terms)
            value += logs[f"{objective.name}_regularization"]
        values.append(value)
    return values, {name: tf.cast(value, tf.float32) for name, value in logs.items()}, extras


def log_names(model) -> list[str]:
    """Returns the names of all logs of a model, from one symbolic batch."""
    names: list[str] = []

    @tf.function(autograph=False)
    def trace(batch):
        random = Stream(0)
        with LossScope([]) as scope:
            logs = run_losses(model, model.objectives, batch, random, scope)[1]
            logs |= run_losses(model, model.lazy_objectives, batch, random, scope)[1]
            evaluated = model.evaluation_logs(batch, random)
        names.extend(logs | model.end_step(logs) | evaluated)

    trace.get_concrete_function(model.batch_spec(8))
    return names


def compute_function(model, objectives: tuple):
    """Returns `compute` as a function of a batch and a stream, compiled by XLA where that is
    for the replicas to do.
    """
    if not xla.xla_per_replica(model):
        return lambda batch, random: compute(model, objectives, batch, random)

    @tf.function(jit_compile=True, autograph=False)
    def compiled(batch, key, replica):
        replicas = model.distribute_strategy.num_replicas_in_sync
        return compute(model, objectives, batch, Stream(key, replica=replica, replicas=replicas))

    return lambda batch, random: compiled(batch, random.key, tf.cast(random.replica, tf.int32))


def after_all(gradients: list) -> list:
    """Returns the gradients, each of them once all are there.

    Outside of XLA, Grappler drops the barrier that Keras' optimizers put before their updates.
    A weight then moves while the gradient of another one still reads it: in one of some thirty
    first steps on a CPU a gradient was wrong.
    """
    tensors = [t for t in tf.nest.flatten(gradients, expand_composites=True) if t is not None]
    with tf.control_dependencies(tensors):
        return tf.nest.map_structure(
            lambda tensor: None if tensor is None else tf.identity(tensor),
            gradients,
            expand_composites=True,
        )


def apply_function(model, objective):
    """Returns a function of gradients, sums over the replicas, that moves the variables of an
    objective.
    """

    def apply(gradients):
        with compat.summed_gradients(objective.optimizer):
            objective.optimizer.apply(gradients, objective.variables)

    if xla.xla_optimizer(model):
        return tf.function(apply, jit_compile=True, autograph=False)
    return apply


def seed_states(networks, random: Stream) -> list:
    """Returns values for the seed variables of dropout and noise layers."""
    states = [state for network in networks for state in _seeds_of(network)]
    return [(state, random.layer_seed(number)) for number, state in enumerate(states)]


def _seeds_of(network) -> list[keras.Variable]:
    return [
        generator.state
        for layer in compat.flatten_layers(network)
        for generator in compat.seed_generators(layer)
    ]


def regularization(objective, scope: LossScope) -> list[tf.Tensor]:
    """Returns the losses of an objective's own layers: those of weights, and those that
    layers added in the forward pass, all passes of a network together.
    """
    weights = [
        variable.regularizer(tf.convert_to_tensor(variable.value))
        for variable in objective.variables
        if variable.regularizer is not None
    ]
    own = {id(layer) for network in objective.networks for layer in compat.flatten_layers(network)}
    # What was called may be a part of a network, or another model of its layers.
    added = [
        loss
        for called, loss in scope.added
        if called and not own.isdisjoint(map(id, compat.flatten_layers(called)))
    ]
    return [tf.cast(loss, tf.float32) for loss in [*weights, *added]]


@contextlib.contextmanager
def side_pass(network: keras.Model):
    """Runs a further forward pass of a network that leaves no statistics and adds no losses,
    such as those of penalties.
    """
    outer = compat.stateless_scope()
    if not isinstance(outer, LossScope):
        yield
        return
    held = [*network.non_trainable_variables, *_seeds_of(network)]
    variables = {id(each): each for each in held}
    with keras.StatelessScope([(each, outer.value(each)) for each in variables.values()]):
        yield


def refuse_assigned(model, scope: LossScope) -> None:
    """Raises a ValueError if a forward pass assigned a variable that is trained: the gradient
    would be that of another value.
    """
    readings = _readings.get() or {}
    for network in model.networks:
        for variable in network.trainable_variables:
            _, before = readings.get(id(variable), (variable, None))
            if scope.get_current_value(variable) is not before:
                raise UserError(
                    f"A layer of the {network.name} assigns a weight that is trained,"
                    f" {variable.path}, in its forward pass. Expected layers that compute with a"
                    " changed weight and leave the weight itself alone; for spectral"
                    " normalization see tf_gan.layers.SpectralNormalization"
                )


def zero_or_nan(values) -> tf.Tensor:
    """Returns 0, or NaN if a float of a structure of tensors is not finite."""
    tensors = [
        tf.convert_to_tensor(value) for value in tf.nest.flatten(values) if value is not None
    ]
    finite = [tf.reduce_all(tf.math.is_finite(t)) for t in tensors if t.dtype.is_floating]
    return tf.where(tf.reduce_all([True, *finite]), 0.0, float("nan"))
