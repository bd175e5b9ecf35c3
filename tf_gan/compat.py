"""The private names of TensorFlow, Keras and TFDS that this library uses, one function
for each. A new version may move them: an `IncompatibleVersion` then says which one.
"""

import contextlib
import importlib
from typing import Any

# setup.py installs these versions.
VERSIONS = {
    "tensorflow": ">=2.21,<2.22",
    "keras": ">=3.15,<3.16",
    "tensorflow_datasets": ">=4.9.10,<4.10",
}


class IncompatibleVersion(RuntimeError):
    """A private name is missing in the installed version of a library."""


def _incompatible(library: str, name: str) -> IncompatibleVersion:
    version = getattr(importlib.import_module(library), "__version__", "?")
    return IncompatibleVersion(
        f"{library} {version} has no `{name}`: expected {library}{VERSIONS[library]}. Install such"
        " a version, or repair `tf_gan.compat`."
    )


def _attribute(owner, name: str, library: str, shown: str):
    """Returns `owner.name`, which the message calls `shown`."""
    try:
        return getattr(owner, name)
    except AttributeError as error:
        raise _incompatible(library, shown) from error


def _module(name: str, library: str):
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise _incompatible(library, name) from error


# === Keras: layers ===


def seed_generators(layer) -> list:
    """Returns the random states of a layer (`keras.random.SeedGenerator`), such as those
    of dropout and noise layers; without the states of the layers inside.
    """
    return list(_attribute(layer, "_seed_generators", "keras", "layer._seed_generators"))


def flatten_layers(model, include_self: bool = True) -> list:
    """Returns the layers of a model, with those inside its layers at all depths, in no
    order.

    Args:
        model: Keras model or layer.
        include_self: Whether the model itself is the first of them.
    """
    method = _attribute(model, "_flatten_layers", "keras", "layer._flatten_layers")
    return list(method(include_self=include_self))


def layers_in_order(model) -> list:
    """Returns the layers inside a model at all depths, each behind the one before it.
    `flatten_layers` has those inside a layer the other way round.
    """
    found: dict[int, object] = {}

    def walk(layer) -> None:
        method = _attribute(layer, "_flatten_layers", "keras", "layer._flatten_layers")
        for each in method(include_self=False, recursive=False):
            if id(each) not in found:
                found[id(each)] = each
                walk(each)

    walk(model)
    return list(found.values())


def operations(model) -> list:
    """Returns the layers and the functions, such as `keras.ops.mean`, of which a functional
    or a sequential model consists, each behind those that it takes its inputs from.
    """
    if is_sequential(model):
        return list(model.layers)
    return list(_attribute(model, "operations", "keras", "Functional.operations"))


def is_elementwise(operation) -> bool:
    """Returns whether an operation is one of those that `x + y`, `0.2 * x`, `keras.ops.tanh(x)`
    and their like become, of which each output depends on the inputs in its place.
    """
    names = (
        *("Add", "Subtract", "Multiply", "TrueDivide", "Divide", "Negative", "Maximum", "Minimum"),
        *("Clip", "Tanh", "Sigmoid", "Relu", "LeakyRelu", "Silu", "Gelu", "Elu"),
    )
    kind = type(operation)
    return kind.__module__.startswith("keras.src.ops.") and kind.__name__ in names


def number_of_calls(layer) -> int:
    """Returns how often a layer was called on symbols, at least 1."""
    return max(1, len(_attribute(layer, "_inbound_nodes", "keras", "layer._inbound_nodes")))


def is_functional(model) -> bool:
    """Returns whether a model is a graph of layers: `keras.Model(inputs, outputs)`."""
    module = _module("keras.src.models.functional", "keras")
    name = "keras.src.models.functional.Functional"
    return type(model) is _attribute(module, "Functional", "keras", name)


def is_sequential(model) -> bool:
    """Returns whether a model is a `keras.Sequential`, and not a subclass."""
    import keras

    return type(model) is keras.Sequential


def producer(tensor) -> tuple:
    """Returns `(layer, index)` of a symbolic tensor: the tensor is output number `index`
    of the layer.
    """
    history = _attribute(tensor, "_keras_history", "keras", "KerasTensor._keras_history")
    return history.operation, history.tensor_index


def inbound_tensors(tensor) -> list:
    """Returns the symbolic tensors from which the layer of a symbolic tensor computes it;
    an empty list for an input.
    """
    history = _attribute(tensor, "_keras_history", "keras", "KerasTensor._keras_history")
    nodes = _attribute(history.operation, "_inbound_nodes", "keras", "layer._inbound_nodes")
    return list(nodes[history.node_index].input_tensors)


# === Keras: training ===


def stateless_scope():
    """Returns the innermost `keras.StatelessScope` that is entered, or None."""
    name = "keras.src.backend.common.stateless_scope"
    return _attribute(_module(name, "keras"), "get_stateless_scope", "keras", name)()


def entry_layer():
    """Returns the network that was called and whose layers are running, or None."""
    name = "keras.src.backend.common.global_state"
    get = _attribute(_module(name, "keras"), "get_global_attribute", "keras", name)
    context = get("current_call_ctx")
    return None if context is None else context.entry_layer


def variable_index(optimizer, variable) -> int:
    """Returns the place of a variable in the optimizer's lists, such as `momentums`."""
    name = "_get_variable_index"
    return _attribute(optimizer, name, "keras", f"optimizer.{name}")(variable)


def strategy_of(optimizer):
    """Returns the strategy under which an optimizer was made."""
    name = "_distribution_strategy"
    return _attribute(optimizer, name, "keras", f"Optimizer.{name}")


def moments(adam, variable) -> tuple:
    """Returns the variables in which Adam keeps the two moments of a variable's gradient."""
    names = ("_momentums", "_velocities")
    lists = [_attribute(adam, name, "keras", f"Adam.{name}") for name in names]
    index = variable_index(adam, variable)
    return tuple(values[index] for values in lists)


@contextlib.contextmanager
def summed_gradients(optimizer):
    """Lets an optimizer take gradients that are sums over the replicas already, while the
    context lasts: it sums no more.
    """
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)  # Of loss scaling.
    name = "_all_reduce_sum_gradients"
    _attribute(optimizer, name, "keras", f"optimizer.{name}")
    vars(optimizer)[name] = lambda gradients_and_variables: gradients_and_variables
    try:
        yield
    finally:
        # Replicas are threads here, which take turns: another one may have been first.
        vars(optimizer).pop(name, None)


def assert_compiled(model, method: str) -> None:
    """Raises Keras' ValueError if a model is not compiled.

    Args:
        model: Keras model.
        method: Name of the method that the user called, for the message.
    """
    name = "_assert_compile_called"
    _attribute(model, name, "keras", f"Model.{name}")(method)


def remove_loss_tracker(model) -> None:
    """Removes the mean of the loss that Keras keeps after `compile`."""
    _attribute(model, "_loss_tracker", "keras", "Model._loss_tracker")
    model._loss_tracker = None


def check_training_hooks() -> None:
    """Checks that Keras' `fit` and `evaluate` still call the methods which
    `tf_gan.models.GenerativeModel` overrides.

    Raises:
        IncompatibleVersion: if Keras would call others.
    """
    import keras

    for name in ("make_train_function", "make_test_function", "_maybe_symbolic_build"):
        _attribute(keras.Model, name, "keras", f"Model.{name}")
        if name not in _names(keras.Model.fit) | _names(keras.Model.evaluate):
            raise _incompatible("keras", f"call of Model.{name} in Model.fit")


def is_validation_of_fit(arguments: dict) -> bool:
    """Returns whether `fit` called `evaluate`, with validation data that have been
    prepared before.

    Args:
        arguments: The keyword arguments of `evaluate`.
    """
    import keras

    name = "_use_cached_eval_dataset"
    if name not in _names(keras.Model.fit):
        raise _incompatible("keras", f"argument {name} of Model.evaluate")
    return bool(arguments.get(name))


def _names(function) -> set[str]:
    """Returns the names of the methods and of the keywords that a function's code has."""
    while hasattr(function, "__wrapped__"):  # Keras hides its own lines in tracebacks.
        function = function.__wrapped__
    names = set(function.__code__.co_names)
    for constant in function.__code__.co_consts:
        names |= {constant} if isinstance(constant, str) else set()
        names |= set(constant) if isinstance(constant, tuple) else set()
    return names


# === TensorFlow ===


def gradient_functions() -> dict[str, dict]:
    """Returns TensorFlow's table of gradients: for the name of an operation its function, the
    value of the key `"type"`, among others.
    """
    module, name = "tensorflow.python.framework.ops", "gradient_registry"
    registry = _attribute(_module(module, "tensorflow"), name, "tensorflow", f"{module}.{name}")
    table = _attribute(registry, "_registry", "tensorflow", f"{module}.{name}._registry")
    if not callable(table.get("BiasAdd", {}).get("type")):
        raise _incompatible("tensorflow", f"{module}.{name}._registry['BiasAdd']['type']")
    return table


def has_onednn() -> bool:
    """Returns whether TensorFlow computes with oneDNN's kernels on CPUs."""
    module = "tensorflow.python.util._pywrap_util_port"
    shown = f"{module}.IsMklEnabled"
    return bool(_attribute(_module(module, "tensorflow"), "IsMklEnabled", "tensorflow", shown)())


def in_multi_worker_mode(strategy) -> bool:
    """Returns whether the replicas of a `tf.distribute` strategy are spread over several
    processes.
    """
    name = "_in_multi_worker_mode"
    return _attribute(strategy.extended, name, "tensorflow", f"strategy.extended.{name}")()


def philox_state(seed):
    """Returns the `(key, counter)` of the Philox generator from which
    `tf.random.stateless_uniform(..., alg="philox")` draws: uint64 tensors of shape `(1,)` and
    `(2,)`. The counter begins at zero in its lower half.

    Args:
        seed: Integer tensor of shape `(2,)`.
    """
    module, name = "tensorflow.python.ops.random_ops_util", "get_key_counter_alg"
    function = _attribute(_module(module, "tensorflow"), name, "tensorflow", f"{module}.{name}")
    return function(seed, "philox")[:2]


def is_op_determinism_enabled() -> bool:
    """Returns whether `tf.config.experimental.enable_op_determinism` has been called."""
    return _framework_config("is_op_determinism_enabled")()


def without_deprecations():
    """Returns a context in which TensorFlow logs no warning that a function of it is
    deprecated.
    """
    module = "tensorflow.python.util.deprecation"
    silence = _attribute(
        _module(module, "tensorflow"), "silence", "tensorflow", f"{module}.silence"
    )
    return silence()


def disable_op_determinism() -> None:
    """Takes `tf.config.experimental.enable_op_determinism` back."""
    _framework_config("disable_op_determinism")()


def _framework_config(name: str):
    module = "tensorflow.python.framework.config"
    return _attribute(_module(module, "tensorflow"), name, "tensorflow", f"{module}.{name}")


def configure_coordination_service(
    jobs: dict[str, int],
    leader: str,
    register_timeout_s: float,
    heartbeat_s: float,
    shutdown_timeout_s: float,
) -> None:
    """Sets the time limits with which the workers of a cluster wait for each other. To be
    called before TensorFlow is used.

    Args:
        jobs: Number of tasks of each job, such as `{"chief": 1, "worker": 3}`.
        leader: Device string of the task that coordinates, such as
            `"/job:chief/replica:0/task:0"`.
        register_timeout_s: Seconds to wait for the others at the start.
        heartbeat_s: Seconds without a sign of life after which a task counts as lost.
        shutdown_timeout_s: Seconds to wait for the others at the end.
    """
    library, name = "tensorflow", "tensorflow.python.eager.context"
    context = _attribute(_module(name, library), "context", library, f"{name}.context")()
    method = "configure_coordination_service"
    configure = _attribute(context, method, library, f"{name}.context().{method}")
    protos = _module("tensorflow.compiler.xla.tsl.protobuf.coordination_config_pb2", library)
    try:
        configure(
            "standalone",
            service_leader=leader,
            coordinated_jobs=[
                protos.CoordinatedJob(name=job, num_tasks=tasks) for job, tasks in jobs.items()
            ],
            cluster_register_timeout_in_ms=round(1000 * register_timeout_s),
            heartbeat_timeout_in_ms=round(1000 * heartbeat_s),
            shutdown_barrier_timeout_in_ms=round(1000 * shutdown_timeout_s),
        )
    except (AttributeError, TypeError) as error:
        raise _incompatible(library, f"{name}.context().{method}(...): {error}") from error


def tf_lite():
    """Returns `tf.lite`, which TensorFlow will move out of itself."""
    import tensorflow as tf

    return _attribute(tf, "lite", "tensorflow", "tf.lite")


def tflite_schema():
    """Returns the module with the classes of a TFLite file's tables (`BufferT`, ...)."""
    return _module("tensorflow.lite.python.schema_py_generated", "tensorflow")


def flatbuffer_utils():
    """Returns the module that reads and writes TFLite files as Python objects."""
    return _module("tensorflow.lite.tools.flatbuffer_utils", "tensorflow")


# === TFDS ===


@contextlib.contextmanager
def tfds_max_retries(n: int):
    """Lets tensorflow-datasets try downloads only `n` times while the context lasts,
    where its version has such a number; otherwise does nothing.
    """
    try:
        downloader: Any = importlib.import_module("tensorflow_datasets.core.download.downloader")
        before = downloader.MAX_RETRIES
    except (ImportError, AttributeError):
        yield
        return
    downloader.MAX_RETRIES = n
    try:
        yield
    finally:
        downloader.MAX_RETRIES = before
