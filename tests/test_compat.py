"""Each private name does what the library takes it for, and fails by name if it moves."""

import importlib
import re
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from support.command import python
from support.small import gan

from tf_gan import compat

VERSION = {"keras": keras.__version__, "tensorflow": tf.__version__}


@pytest.fixture
def model():
    inner = keras.Sequential([keras.Input((3,)), keras.layers.Dropout(0.5, name="dropout")])
    return keras.Sequential([keras.Input((3,)), inner, keras.layers.Dense(2, name="dense")])


def fails_by_name(library, name):
    message = f"{library} {VERSION[library]} has no `{name}`: expected {library}"
    return pytest.raises(compat.IncompatibleVersion, match=re.escape(message))


class Nothing:
    """An object of a version that has none of the names."""

    extended = object()


@pytest.mark.parametrize(
    ("function", "library", "name"),
    [
        (compat.seed_generators, "keras", "layer._seed_generators"),
        (compat.flatten_layers, "keras", "layer._flatten_layers"),
        (compat.producer, "keras", "KerasTensor._keras_history"),
        (compat.inbound_tensors, "keras", "KerasTensor._keras_history"),
        (lambda x: compat.variable_index(x, 0), "keras", "optimizer._get_variable_index"),
        (lambda x: compat.moments(x, 0), "keras", "Adam._momentums"),
        (
            lambda x: compat.summed_gradients(x).__enter__(),
            "keras",
            "optimizer._all_reduce_sum_gradients",
        ),
        (lambda x: compat.assert_compiled(x, "fit"), "keras", "Model._assert_compile_called"),
        (compat.remove_loss_tracker, "keras", "Model._loss_tracker"),
        (compat.in_multi_worker_mode, "tensorflow", "strategy.extended._in_multi_worker_mode"),
    ],
)
def test_a_missing_attribute_is_named_with_the_version(function, library, name):
    with fails_by_name(library, name):
        function(Nothing())


@pytest.mark.parametrize(
    ("function", "module"),
    [
        (compat.is_op_determinism_enabled, "tensorflow.python.framework.config"),
        (compat.disable_op_determinism, "tensorflow.python.framework.config"),
        (compat.without_deprecations, "tensorflow.python.util.deprecation"),
        (lambda: compat.philox_state([1, 2]), "tensorflow.python.ops.random_ops_util"),
        (
            lambda: compat.configure_coordination_service({"worker": 1}, "", 1, 1, 1),
            "tensorflow.python.eager.context",
        ),
        (compat.tflite_schema, "tensorflow.lite.python.schema_py_generated"),
        (compat.flatbuffer_utils, "tensorflow.lite.tools.flatbuffer_utils"),
    ],
)
def test_a_missing_module_is_named_with_the_version(monkeypatch, function, module):
    monkeypatch.setitem(sys.modules, module, None)
    with fails_by_name("tensorflow", module):
        function()


def test_the_versions_are_those_of_setup():
    text = (Path(__file__).parents[1] / "setup.py").read_text()
    for library, bounds in compat.VERSIONS.items():
        assert f'"{library.replace("_", "-")}{bounds}"' in text


# === Keras ===


def test_seed_generators_are_those_of_the_layer_itself(model):
    dropout = model.layers[0].layers[0]
    (generator,) = compat.seed_generators(dropout)
    assert isinstance(generator, keras.random.SeedGenerator)
    assert compat.seed_generators(model) == compat.seed_generators(model.layers[1]) == []
    generator.state.assign(np.array([3, 4], generator.state.dtype))
    first = dropout(np.ones((1, 3)), training=True)
    generator.state.assign(np.array([3, 4], generator.state.dtype))
    np.testing.assert_array_equal(first, dropout(np.ones((1, 3)), training=True))


def test_flatten_layers_goes_through_all_depths(model):
    layers = compat.flatten_layers(model)
    assert layers[0] is model
    assert {"dropout", "dense"} < {layer.name for layer in layers}
    assert compat.flatten_layers(model, include_self=False) == layers[1:]


def test_layers_in_order_go_in_where_a_layer_has_others(model):
    found = compat.layers_in_order(model)
    inner, dense = model.layers
    places = [found.index(layer) for layer in (inner, inner.layers[0], dense)]
    assert places == sorted(places) and len(set(map(id, found))) == len(found)


def test_elementwise_operations_are_those_of_keras():
    class Tanh(keras.layers.Layer):
        pass

    x = keras.Input((3,))
    made = (x + x, 0.2 * x, keras.ops.tanh(x), keras.ops.mean(x, axis=-1), keras.ops.softmax(x))
    found = [compat.is_elementwise(compat.producer(each)[0]) for each in made]
    assert found == [True, True, True, False, False] and not compat.is_elementwise(Tanh())


def test_a_layer_was_called_once_or_more():
    layer, x = keras.layers.Dense(3), keras.Input((3,))
    assert compat.number_of_calls(layer) == 1
    layer(layer(x))
    assert compat.number_of_calls(layer) == 2


def test_gradients_of_a_scaled_loss_are_summed_no_more():
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD())
    summed = [(1.0, "variable")]
    with compat.summed_gradients(optimizer):
        assert optimizer.inner_optimizer._all_reduce_sum_gradients(summed) is summed
    assert "_all_reduce_sum_gradients" not in vars(optimizer.inner_optimizer)


def test_functional_and_sequential_models_are_told_from_subclasses(model):
    class Network(keras.Sequential):
        pass

    inputs = keras.Input((3,))
    graph = keras.Model(inputs, keras.layers.Dense(1)(inputs))
    assert [compat.is_sequential(x) for x in (model, graph, Network())] == [True, False, False]
    assert [compat.is_functional(x) for x in (model, graph, Network())] == [False, True, False]


def test_functional_is_named_if_it_moves(monkeypatch, model):
    monkeypatch.delattr(importlib.import_module("keras.src.models.functional"), "Functional")
    with fails_by_name("keras", "keras.src.models.functional.Functional"):
        compat.is_functional(model)


def test_producer_and_inbound_tensors_walk_back_through_a_graph():
    inputs = keras.Input((4,))
    double = keras.Model(inputs, [inputs + 1.0, inputs * 2.0])
    other = keras.Input((4,))
    _, times = double(other)
    outputs = keras.layers.Dense(3)(times)
    layer, index = compat.producer(outputs)
    assert (layer.units, index) == (3, 0)
    (source,) = compat.inbound_tensors(outputs)
    assert source is times
    assert compat.producer(source) == (double, 1)
    assert compat.inbound_tensors(other) == []


def test_variable_index_is_the_place_in_the_optimizers_lists():
    variables = [keras.Variable([0.0]), keras.Variable([0.0])]
    optimizer = keras.optimizers.SGD(1.0, momentum=0.5)
    optimizer.build(variables)
    assert [compat.variable_index(optimizer, variable) for variable in variables] == [0, 1]
    optimizer.apply([tf.constant([1.0]), tf.constant([2.0])])
    momentum = optimizer.momentums[compat.variable_index(optimizer, variables[1])]
    assert float(momentum[0]) == -2.0


def test_moments_are_those_of_the_variable():
    variables = [keras.Variable([0.0]), keras.Variable([0.0])]
    adam = keras.optimizers.Adam(beta_1=0.5, beta_2=0.75)
    adam.build(variables)
    adam.apply([tf.constant([1.0]), tf.constant([2.0])])
    assert [float(moment[0]) for moment in compat.moments(adam, variables[1])] == [1.0, 1.0]


def test_gradient_functions_are_those_that_tapes_call(monkeypatch):
    entry = compat.gradient_functions()["Square"]
    doubled = {"type": lambda operation, upstream: 100 * upstream}
    monkeypatch.setitem(compat.gradient_functions(), "Square", entry | doubled)
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.square(x)
    assert float(tape.gradient(y, x)) == 100.0


def test_assert_compiled_is_kerass_own_check(model):
    with pytest.raises(ValueError, match="compile"):
        compat.assert_compiled(model, "fit")
    model.compile(loss="mse")
    compat.assert_compiled(model, "fit")


def test_a_removed_loss_tracker_is_no_metric(model):
    model.compile(loss="mse")
    assert [metric.name for metric in model.metrics] == ["loss"]
    compat.remove_loss_tracker(model)
    assert model.metrics == []


class Hooks(keras.Model):
    """Notes which hooks Keras calls, in their order."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def call(self, inputs):
        return inputs

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        self.calls.append("build")

    def reset_metrics(self):
        self.calls.append("reset")

    def get_metrics_result(self):
        return {"loss": 0.0}

    def make_train_function(self, force=False):
        def function(iterator):
            self.calls.append("step")
            for _ in range(self.steps_per_execution):
                next(iterator)
            return {"loss": 0.0}

        self.train_function = function

    def evaluate(self, *args, **kwargs):
        self.calls.append(("evaluate", compat.is_validation_of_fit(kwargs)))
        return {"loss": 0.0}


def test_keras_calls_the_hooks_in_the_order_that_training_relies_on():
    model = Hooks()
    model.compile(loss="mse", steps_per_execution=3)
    data = tf.data.Dataset.from_tensors((np.zeros(1), np.zeros(1))).repeat()
    model.fit(data, steps_per_epoch=7, epochs=2, verbose=0, shuffle=False, validation_data=data)
    # ceil(7 / 3) calls an epoch, the metrics are reset where it begins.
    epoch = ["reset", "step", "step", "step", ("evaluate", True)]
    assert model.calls == ["build", *epoch, *epoch]
    compat.check_training_hooks()
    assert not compat.is_validation_of_fit({"verbose": 0})


def test_hooks_that_keras_no_longer_calls_are_named(monkeypatch):
    monkeypatch.setattr(keras.Model, "fit", lambda self: None)
    monkeypatch.setattr(keras.Model, "evaluate", lambda self: None)
    with fails_by_name("keras", "call of Model.make_train_function in Model.fit"):
        gan()  # `compile` checks them.
    with fails_by_name("keras", "argument _use_cached_eval_dataset of Model.evaluate"):
        compat.is_validation_of_fit({})


# === TensorFlow ===


def test_one_process_is_no_cluster(mirrored):
    assert not compat.in_multi_worker_mode(tf.distribute.get_strategy())
    assert not compat.in_multi_worker_mode(mirrored)


def test_philox_state_is_that_of_tensorflows_draws():
    seed, kind = tf.constant([3, -4]), {"alg": 1, "dtype": tf.uint32}
    key, counter = compat.philox_state(seed)
    ints = tf.random.stateless_uniform([8], seed, None, None, dtype=tf.uint32, alg="philox")
    for first in (0, 1):  # Four integers a count.
        rest = tf.raw_ops.StatelessRandomUniformFullIntV2(
            shape=[4], key=key, counter=counter + tf.constant([first, 0], tf.uint64), **kind
        )
        np.testing.assert_array_equal(rest, ints[4 * first : 4 * first + 4])
    assert int(counter[0]) == 0


def test_op_determinism_can_be_looked_up_and_taken_back():
    assert not compat.is_op_determinism_enabled()
    tf.config.experimental.enable_op_determinism()
    assert compat.is_op_determinism_enabled()
    compat.disable_op_determinism()
    assert not compat.is_op_determinism_enabled()


def test_the_coordination_service_gets_its_time_limits():
    code = """
from tf_gan import compat
from tensorflow.python.eager import context

compat.configure_coordination_service(
    {"chief": 1, "worker": 3}, "/job:chief/replica:0/task:0", 1.5, 20, 60
)
config = context.context().config.experimental.coordination_config
print(config.service_leader, {job.name: job.num_tasks for job in config.coordinated_job_list})
print(config.cluster_register_timeout_in_ms, config.heartbeat_timeout_in_ms)
print(config.shutdown_barrier_timeout_in_ms)
"""
    result = python(code)
    assert result.stdout.splitlines()[-3:] == [
        "/job:chief/replica:0/task:0 {'chief': 1, 'worker': 3}",
        "1500 20000",
        "60000",
    ], result.stderr[-2000:]


def test_a_coordination_service_with_other_arguments_is_named(monkeypatch):
    from tensorflow.python.eager import context

    monkeypatch.setattr(
        type(context.context()), "configure_coordination_service", lambda self, kind: None
    )
    with pytest.raises(compat.IncompatibleVersion, match=r"_coordination_service.*leader"):
        compat.configure_coordination_service({"worker": 2}, "/job:worker", 1, 1, 1)


def test_tf_lite_and_its_modules_have_what_the_export_uses():
    assert compat.tf_lite().TFLiteConverter and compat.tf_lite().OpsSet.TFLITE_BUILTINS_INT8
    buffer = compat.tflite_schema().BufferT()
    buffer.data = np.zeros(3, np.uint8)
    tree = compat.tflite_schema().ModelT()
    tree.version, tree.buffers = 3, [buffer]
    tools = compat.flatbuffer_utils()
    again = tools.convert_bytearray_to_object(bytearray(tools.convert_object_to_bytearray(tree)))
    assert list(again.buffers[0].data) == [0, 0, 0]


def test_tf_lite_is_named_if_it_moves(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", type("tf", (), {"__version__": tf.__version__}))
    with fails_by_name("tensorflow", "tf.lite"):
        compat.tf_lite()


# === TFDS ===


def test_tfds_retries_are_limited_while_the_context_lasts():
    from tensorflow_datasets.core.download import downloader

    before = downloader.MAX_RETRIES
    with pytest.raises(KeyError), compat.tfds_max_retries(2):
        assert downloader.MAX_RETRIES == 2
        raise KeyError
    assert downloader.MAX_RETRIES == before == 10


def test_tfds_without_a_number_of_retries_is_left_alone(monkeypatch):
    from tensorflow_datasets.core.download import downloader

    monkeypatch.delattr(downloader, "MAX_RETRIES")
    with compat.tfds_max_retries(2):
        assert not hasattr(downloader, "MAX_RETRIES")
    assert not hasattr(downloader, "MAX_RETRIES")
