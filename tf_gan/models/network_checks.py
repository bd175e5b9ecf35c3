"""Do the networks fit each other? One message for each way in which they do not."""

import functools
import inspect
import itertools
import math
import re

import keras
import numpy as np
import tensorflow as tf

from tf_gan import compat
from tf_gan.errors import UserError, integer, one_of, warn

VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
UPDATES = ("alternating", "simultaneous")
# Attributes of layers, and of `one_hot`, that are numbers of classes.
CLASS_COUNTS = ("num_classes", "input_dim", "num_tokens")
KEEPS_VALUES = (
    keras.layers.Reshape,
    keras.layers.Flatten,
    keras.layers.Identity,
    keras.layers.Cropping2D,
)


def check_is_model(name: str, network) -> None:
    """Raises a ValueError if an argument is not a Keras model."""
    if not isinstance(network, keras.Model):
        raise UserError(
            f"Invalid value for argument `{name}`. Expected a keras.Model. Received:"
            f" {type(network).__name__}"
        )


def check_prior(prior):
    """Returns a distribution of the latents, `"normal"` or `(low, high)`.

    Raises:
        ValueError: for anything else.
    """
    if isinstance(prior, str) and prior == "normal":
        return prior
    bounds = _as_pair(prior)
    if bounds is not None:
        return bounds
    raise UserError(
        "Invalid value for argument `prior`. Expected 'normal', or a pair (low, high) of finite"
        f" numbers with low < high for a uniform distribution. Received: prior={prior!r}"
    )


def as_range(bounds, name: str = "data_range") -> tuple[float, float] | None:
    """Returns `(low, high)` as floats, or None where there are no bounds.

    Raises:
        ValueError: for anything else, by the name of the argument.
    """
    pair = _as_pair(bounds)
    if pair is None and bounds is not None:
        raise UserError(
            f"Invalid value for argument `{name}`. Expected a pair (low, high) of finite numbers"
            f" with low < high, such as (-1, 1), or None. Received: {name}={bounds!r}"
        )
    return pair


def _as_pair(bounds) -> tuple[float, float] | None:
    """Returns `(low, high)` as floats, or None if these are no such pair."""
    bounds = bounds.tolist() if isinstance(bounds, np.ndarray) else bounds
    if not isinstance(bounds, (tuple, list)) or len(bounds) != 2:
        return None
    if not all(isinstance(bound, (int, float, np.number)) for bound in bounds):
        return None
    low, high = (float(bound) for bound in bounds)
    return (low, high) if -math.inf < low < high < math.inf else None


def check_second_output(model, further, size: int, what: str) -> None:
    """Raises a ValueError if a model's discriminator has not just one output beside the
    logits, linear and of so many units.
    """
    shapes = [tuple(output.shape) for output in further]
    if shapes != [(None, size)]:
        received = ", ".join(map(str, shapes)) or "no further output"
        raise UserError(
            f"{type(model).__name__}'s discriminator has one output beside the logits: expected"
            f" {what} of shape {(None, size)}. Received: {received}"
        )
    check_is_linear(model.discriminator, 1, what)


def check_arguments(model, unknown) -> None:
    """Raises a ValueError if there are names of arguments that `compile` does not have."""
    if unknown:
        taken = arguments_of(type(model), "compile")
        raise UserError(
            f"{type(model).__name__}.compile has no argument {', '.join(sorted(unknown))}. Expected"
            f" some of {', '.join(sorted(taken))}. Metrics of samples are tf_gan.metrics, and"
            " tf_gan.callbacks.Evaluation during training"
        )


def without_others(compile):
    """Wraps a `compile` without `**kwargs`, which then names arguments that it does not
    have; its signature, which runs read, stays.
    """
    taken = inspect.signature(compile).parameters.keys()

    @functools.wraps(compile)
    def checked(self, *args, **kwargs):
        check_arguments(self, kwargs.keys() - taken)
        return compile(self, *args, **kwargs)

    return checked


def arguments_of(model_class, method: str) -> set[str]:
    """Returns the names of the arguments that a method of a model takes, those that it
    passes on to its base class as `**kwargs` included (not to Keras' classes), but those
    that the model omits.
    """
    names: set[str] = set()
    for base in model_class.__mro__:
        if method in vars(base) and not base.__module__.startswith("keras."):
            named, passes_on = _signature(vars(base)[method])
            names |= named
            if not passes_on:
                break
    return names - set(model_class.omitted)


def _signature(function) -> tuple[set[str], bool]:
    """Returns the names of a method's arguments, and whether it takes `**kwargs`."""
    parameters = inspect.signature(function).parameters
    rest = {p.kind: name for name, p in parameters.items() if p.kind in VARIADIC}
    return parameters.keys() - {"self", *rest.values()}, inspect.Parameter.VAR_KEYWORD in rest


def warn_of_untrained(model, objectives) -> None:
    """Warns of networks with trainable weights that neither an objective nor an average
    moves.
    """
    moved = {id(v) for o in objectives for n in o.networks for v in n.trainable_variables}
    moved |= {id(v) for average, *_ in model.averages() for v in average.trainable_variables}
    for network in model.layers:
        weights = network.trainable_variables if isinstance(network, keras.Model) else []
        if weights and not any(id(weight) in moved for weight in weights):
            warn(
                f"No objective moves the network {network.name!r}. Name it in an Objective of"
                " build_objectives; if it is not to be trained, set its trainable = False"
            )


def warn_of_forgotten(model) -> None:
    """Warns of arguments that a model's own class names and a saved file does not have."""
    configs = {"__init__": "get_config", "compile": "get_compile_config"}
    for method, config in configs.items():
        if method == "compile" and not model.compiled:
            continue
        named, _ = _signature(getattr(type(model), method))
        # Names of classes are in a file where there are any.
        forgotten = named - {"class_names"} - getattr(model, config)().keys()
        if forgotten:
            names = ", ".join(sorted(forgotten))
            warn(
                f"The saved file has no {names}, which {type(model).__name__}.{method} takes: a"
                f" loaded model has the default. Return {names} from {config} too"
            )


def _fits(expected: tuple, given: tuple) -> bool:
    """Returns whether a network takes a shape; Keras adds or drops a last axis of 1."""
    expected, given = (shape[:-1] if shape[-1:] == (1,) else shape for shape in (expected, given))
    pairs = zip(expected, given, strict=False)
    return len(expected) == len(given) and all(a == b or None in (a, b) for a, b in pairs)


def symbolic_call(network, name: str, inputs, what: str):
    """Runs a network on symbols, which builds it.

    Raises:
        ValueError: that names the network and says what it was given.
    """
    given = [tuple(tensor.shape) for tensor in tf.nest.flatten(inputs)]
    shapes = " and ".join(map(str, given))
    expected = getattr(network, "input_shape", None) if network.built else None
    in_another_order = (
        isinstance(expected, list)
        and not all(map(_fits, expected, given))
        and any(all(map(_fits, expected, order)) for order in itertools.permutations(given))
    )
    if isinstance(expected, dict) or in_another_order:
        raise UserError(
            f"Expected the {name} to have a list of inputs in this order: the {what}, of shapes"
            f" {shapes}. Received: inputs of shapes {expected}"
        )
    wrong = isinstance(expected, tuple) and len(given) == 1 and not _fits(expected, given[0])
    hint = f"Expected latent_dim={expected[-1]}. " if expected and what == "latents" else ""
    try:
        outputs = network(inputs)
    except (ValueError, TypeError) as error:
        raise UserError(
            f"The {name} does not take the {what}, of shape {shapes}"
            + (f": it expects {expected}" if expected else "")
            + ". "
            + (hint if wrong else "")
            # Where the shape is the reason, Keras' own message adds none; it writes in bold.
            + ("" if wrong else re.sub(r"\x1b\[[0-9;]*m", "", str(error)))
        ) from error
    if isinstance(outputs, dict):
        raise UserError(
            f"Expected the {name} to have one output or a list, whose order says what they are."
            f" Received: one with outputs by name, {sorted(outputs)}"
        )
    return outputs


def single_output(outputs, name: str):
    """Returns the one output of a network.

    Raises:
        ValueError: if there are several.
    """
    outputs = tf.nest.flatten(outputs)
    if len(outputs) != 1:
        raise UserError(
            f"Expected the {name} to have one output, the images. Received: {len(outputs)}"
        )
    return outputs[0]


def check_classes(network: keras.Model, name: str, num_classes: int) -> None:
    """Raises a ValueError if a layer that labels go into knows fewer classes, where a graph
    of layers shows it.
    """
    for model in compat.flatten_layers(network):
        for operation in getattr(model, "operations", ()):
            counts = (getattr(operation, each, None) for each in CLASS_COUNTS)
            count = next((each for each in counts if isinstance(each, int)), num_classes)
            if count < num_classes and _reads_labels(operation):
                raise UserError(
                    f"Expected a {name} for num_classes={num_classes}. Received: one whose layer"
                    f" {operation.name!r} is for {count} classes. Set num_classes={count}, or build"
                    f" the {name} for {num_classes} classes"
                )


def _reads_labels(operation) -> bool:
    """Returns whether a layer takes an input of a model with one number for each image."""
    return any(
        tuple(tensor.shape) in ((None,), (None, 1))
        and isinstance(compat.producer(tensor)[0], keras.layers.InputLayer)
        for tensor in tf.nest.flatten(getattr(operation, "input", []))
    )


def check_layers(networks: list[keras.Model]) -> None:
    """Warns of a layer that two networks share: Keras saves it once, and cannot load
    it.

    Raises:
        ValueError: for Keras' spectral normalization, which writes its kernel in
            training alone.
    """
    owner: dict[int, str] = {}
    for network in networks:
        for layer in compat.flatten_layers(network, include_self=False):
            if isinstance(layer, keras.layers.SpectralNormalization):
                raise UserError(
                    f"The layer {layer.name!r} of the {network.name} normalizes its kernel by"
                    " writing it in training passes, so that inference would see another network."
                    " Expected tf_gan.layers.SpectralNormalization, which takes the same layer.",
                )
            if owner.setdefault(id(layer), network.name) != network.name and layer.weights:
                warn(
                    f"The layer {layer.name!r} is in the {owner[id(layer)]} and in the"
                    f" {network.name}. Training works, but Keras cannot load a .keras file of two"
                    " networks that share a layer. Save weights with `save_weights`, or give each"
                    " network a layer of its own."
                )
                return


def range_of(generator: keras.Model) -> tuple[float, float] | None:
    """Returns the range of a generator's images that its last activation shows, or
    None.
    """
    return {"tanh": (-1.0, 1.0), "sigmoid": (0.0, 1.0)}.get(last_activation(generator) or "")


def last_activation(model, output: int = 0) -> str | None:
    """Returns the name of the activation at one of a model's outputs, or None if there
    is none or nobody can know: the order of a subclassed model's layers says nothing.
    """
    if not getattr(model, "outputs", None):
        return _last_of(list(model.layers)) if isinstance(model, keras.Sequential) else None
    tensor = model.outputs[output]
    layer, index = compat.producer(tensor)
    while _keeps_values(layer):
        tensor = compat.inbound_tensors(tensor)[0]
        layer, index = compat.producer(tensor)
    return last_activation(layer, index) if isinstance(layer, keras.Model) else _last_of([layer])


def _last_of(layers: list) -> str | None:
    for layer in reversed(layers):
        if isinstance(layer, keras.Model):
            return last_activation(layer)
        if not _keeps_values(layer):
            return _activation_of(layer)
    return None


def _keeps_values(layer) -> bool:
    """Returns whether a layer has the values of its inputs at its output: also the linear
    activation by which a network in half precision ends in float32.
    """
    is_linear = getattr(layer, "activation", None) is keras.activations.linear
    return isinstance(layer, KEEPS_VALUES) or (
        isinstance(layer, keras.layers.Activation) and is_linear
    )


def _activation_of(layer) -> str | None:
    """Returns the name of the activation of a layer, or of a function such as
    `keras.ops.tanh`.
    """
    if getattr(layer, "activation", None) is not None:
        return getattr(layer.activation, "__name__", None)
    name = type(layer).__name__.lower()
    return name if name in ("tanh", "sigmoid", "softmax") else None


def check_is_linear(discriminator, output: int, name: str) -> None:
    """Raises a ValueError if an output of a discriminator, called `name` in the
    message, ends in a sigmoid or a softmax.
    """
    activation = last_activation(discriminator, output)
    if activation in ("sigmoid", "softmax"):
        raise UserError(
            f"The discriminator's {name} end in a {activation}. Expected any real values: the"
            f" losses apply the {activation} themselves. Remove the activation of that layer."
        )


def check_steps(discriminator_steps, updates) -> int:
    """Returns the steps of D.

    Raises:
        ValueError: for arguments of `compile` that are no order of updates.
    """
    discriminator_steps = integer("discriminator_steps", discriminator_steps)
    one_of("updates", updates, UPDATES)
    if updates == "simultaneous" and discriminator_steps != 1:
        raise UserError(
            "Simultaneous updates move both networks from one minibatch: expected"
            f" discriminator_steps=1. Received: discriminator_steps={discriminator_steps}"
        )
    return discriminator_steps


def check_generator_batch(model) -> None:
    """Raises a ValueError if the generator of a compiled `GAN` cannot have so many fakes."""
    factor = model.generator_batch_factor
    uses_real = not model.free_generator_batch or model.objectives[1].needs_real
    if factor > 1 and (uses_real or model.updates == "simultaneous"):
        raise UserError(
            f"generator_batch_factor={factor} gives G's step more fakes than there are images."
            " Expected a model from latents to images, a loss of G without real images (no"
            " relativistic one), and updates='alternating'; or generator_batch_factor=1."
            f" Received: a {type(model).__name__}, loss {type(model.adversarial_loss).__name__},"
            f" updates={model.updates!r}"
        )
