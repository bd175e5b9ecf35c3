import contextlib

import keras
import numpy as np
import pytest
import tensorflow as tf
from support.small import IMAGES, gan
from tensorflow.python.eager import context

from tf_gan import CycleGAN, FastGAN, Pix2Pix, ProgressiveGAN, StyleGAN2, compat, networks
from tf_gan.errors import UserError
from tf_gan.models import Batch, image_to_image
from tf_gan.training import update
from tf_gan.training.rng import Stream


def regularized(units):
    return keras.layers.Dense(units, kernel_regularizer=keras.regularizers.L2(0.3))


def test_regularization_of_weights_is_that_of_a_plain_keras_loop():
    """Two steps of D alone against the same noise: loss + 0.3 ||W||^2."""
    model = gan(dense=regularized)
    model.retry = 1  # As after a rollback, which changes the noise.
    kernel = model.discriminator.layers[0].kernel
    for step in range(2):
        fakes = model.generator(model.latents_of(96, step, 0))
        norm = float(np.square(kernel.numpy()).sum())
        with tf.GradientTape() as tape:
            loss = tf.add_n(
                [
                    tf.reduce_mean(tf.nn.softplus(-model.discriminator(IMAGES))),
                    tf.reduce_mean(tf.nn.softplus(model.discriminator(fakes))),
                    *model.discriminator.losses,
                ]
            )
        expected = kernel.numpy() - 0.05 * tape.gradient(loss, kernel.value).numpy()
        logs = model.train_on_batch(IMAGES, return_dict=True)
        np.testing.assert_allclose(kernel.numpy(), expected, atol=1e-6)
        model.reset_metrics()
        assert logs["discriminator_regularization"] == pytest.approx(0.3 * norm, rel=1e-5)
        assert "generator_regularization" not in logs


class Added(keras.layers.Layer):
    """Adds the mean square of what passes."""

    def call(self, inputs):
        self.add_loss(0.7 * keras.ops.mean(keras.ops.square(inputs)))
        return inputs


@pytest.mark.parametrize("updates", ["alternating", "simultaneous"])
def test_losses_that_layers_add_belong_to_the_network_that_was_called(updates):
    """Both passes of D count, for D alone; that of a penalty does not."""
    model = gan(dense=lambda units: Added(), rate=0.0, updates=updates, penalties="r1")
    fakes = model.generator(model.latents_of(96, 0, 0)).numpy()
    logs = model.train_on_batch(IMAGES, return_dict=True)
    expected = 0.7 * (np.square(IMAGES).mean() + np.square(fakes).mean())
    assert logs["discriminator_regularization"] == pytest.approx(expected, rel=1e-5)
    assert "generator_regularization" not in logs


@pytest.mark.parametrize(
    "kind",
    ["progressive", *(pytest.param(k, marks=pytest.mark.slow) for k in ("fastgan", "stylegan2"))],
)
def test_losses_that_layers_add_count_where_parts_of_a_network_are_called(kind):
    """D without its decoders, networks of a stage, mapping and synthesis."""
    shape, width = (16, 16, 1), {"width": 2}
    if kind == "stylegan2":
        width = {"base_width": 32, "max_width": 4}
    module = networks.get(kind)
    generator = module.build_generator(shape, 4, **width)
    discriminator = module.build_discriminator(shape, **width)
    for network in (generator, discriminator):
        for layer in compat.flatten_layers(network):
            if hasattr(layer, "kernel"):
                layer.activity_regularizer = keras.regularizers.L2(0.1)
    models = {"fastgan": FastGAN, "progressive": ProgressiveGAN, "stylegan2": StyleGAN2}
    model = models[kind](generator, discriminator, 4)
    model.compile(jit_compile=False)
    images = np.random.default_rng(0).uniform(-1, 1, (4, *shape)).astype(np.float32)
    logs = model.train_on_batch(images, return_dict=True)
    assert logs["discriminator_regularization"] > 0 and logs["generator_regularization"] > 0


def test_penalties_leave_no_statistics():
    """BatchNormalization moves by the two passes of D's loss, with and without a penalty."""
    means = []
    for penalties in ((), "r1"):
        model = gan(
            dense=lambda units: keras.layers.BatchNormalization(), rate=0.0, penalties=penalties
        )
        model.update(model.objectives[:1], Batch(tf.constant(IMAGES)), substep=0)
        means.append(model.discriminator.layers[0].moving_mean.numpy())
    np.testing.assert_array_equal(means[0], means[1])
    assert np.abs(means[0]).max() > 0


class Writes(keras.layers.Dense):
    """Halves its kernel in each pass."""

    def call(self, inputs, training=None):
        self.kernel.assign(0.5 * self.kernel)
        return super().call(inputs)


def test_a_layer_that_writes_a_trained_weight_is_refused():
    model = gan(dense=Writes)
    with pytest.raises(UserError, match="assigns a weight that is trained"):
        model.train_on_batch(IMAGES)


def test_compute_writes_nothing():
    model = gan(dense=lambda units: keras.layers.BatchNormalization())
    before = model.get_weights()
    parts = update.compute(model, model.objectives, Batch(tf.constant(IMAGES)), Stream(0))
    np.testing.assert_equal(before, model.get_weights())
    pairs = zip(model.statistics, parts.statistics, strict=True)
    assert any((variable.numpy() != value.numpy()).any() for variable, value in pairs)


def test_log_names_are_those_of_the_losses():
    names = set(gan(penalties=["r1", "r2"], loss="hinge").trackers)
    assert names == {
        *("discriminator_loss", "generator_loss", "gradient_penalty", "logit(x)", "logit(G(z))")
    }


def test_each_gradient_waits_for_all():
    """Grappler drops the barrier that Keras' optimizers have, not the control inputs of this
    one.
    """

    @tf.function
    def function(x):
        sparse = tf.IndexedSlices(3.0 * x, tf.constant([0]), tf.constant([4, 1]))
        return update.after_all([[2.0 * x, None], [sparse]])

    graph = function.get_concrete_function(tf.TensorSpec([1, 1])).graph
    products = {op.name for op in graph.get_operations() if op.type == "Mul"}
    waiting = [op for op in graph.get_operations() if op.type == "Identity" and op.control_inputs]
    assert len(products) == 2 and len(waiting) >= 2
    for op in waiting:
        before = [*op.control_inputs, *(tensor.op for tensor in op.inputs)]
        assert products <= {each.name for each in before}
    (doubled, nothing), (sparse,) = function(tf.ones([1, 1]))
    assert doubled.numpy().tolist() == [[2.0]] and nothing is None
    np.testing.assert_array_equal(tf.convert_to_tensor(sparse), [[3.0], [0.0], [0.0], [0.0]])


class Own(keras.layers.Layer):
    """Holds a variable of TensorFlow, which Keras' scopes do not see."""

    def build(self, input_shape):
        self.gain = self.add_weight(shape=(), initializer="ones", name="gain")

    def call(self, inputs):
        return inputs * self.gain._value


def translation(kind, dropout=0.0, shared=False, own=False):
    """A generator whose passes can be counted: nothing else computes arctangents."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    sources, images = keras.Input((6, 6, 1)), keras.Input((6, 6, 1))
    first = layers.Conv2D(2, 3, padding="same")
    x = layers.BatchNormalization()(keras.ops.arctan(first(sources)))
    x = Own()(x) if own else x
    made = layers.Conv2D(1, 1, activation="tanh")(layers.Dropout(dropout)(x))
    if kind == "cycle_gan":
        twin = keras.models.clone_model(keras.Model(sources, layers.Conv2D(1, 3)(sources)))
        model = CycleGAN(keras.Model(sources, made), twin, history_size=4)
    else:
        judged = layers.Concatenate()([first(images) if shared else images, sources])
        logits = layers.Conv2D(1, 3)(judged)
        model = Pix2Pix(keras.Model(sources, made), keras.Model([images, sources], logits))
    model.compile(*(keras.optimizers.SGD(0.1) for _ in range(2)), steps_per_execution=1)
    return model


@pytest.mark.filterwarnings("ignore:.*share")
@pytest.mark.parametrize(
    ("arguments", "share"),
    [
        ({"kind": "pix2pix"}, 1 / 2),
        ({"kind": "pix2pix", "dropout": 0.5}, 1 / 2),  # What comes before.
        ({"kind": "pix2pix", "own": True}, 1),
        ({"kind": "pix2pix", "shared": True}, 1),
        ({"kind": "cycle_gan"}, 4 / 6),  # There, and there and back.
    ],
    ids=["pix2pix", "dropout", "own", "shared", "cycle_gan"],
)
def test_passes_without_noise_are_made_once(arguments, share, monkeypatch):
    """Three steps: the weights are those of separate passes, to the bit. With weights that D
    moves, too, or that Keras' scopes do not see, the passes stay separate.
    """
    random = np.random.default_rng(0)
    pair = [random.uniform(-1, 1, (8, 6, 6, 1)).astype(np.float32) for _ in range(2)]

    def trained(apart):
        if apart:
            monkeypatch.setattr(image_to_image, "read_once", lambda *_: contextlib.nullcontext())
        model = translation(**arguments)
        context.context().enable_graph_collection()
        for _ in range(3):
            model.train_on_batch(*pair)
        graphs = context.context().export_run_metadata().function_graphs
        context.context().disable_graph_collection()
        monkeypatch.undo()
        nodes = [
            node
            for graph in graphs
            for body in (
                graph.post_optimization_graph,
                *graph.post_optimization_graph.library.function,
            )
            for node in (body.node if hasattr(body, "node") else body.node_def)
        ]
        return model.get_weights(), sum(node.op == "Atan" for node in nodes)

    weights, passes = trained(apart=False)
    expected, twice = trained(apart=True)
    assert passes == pytest.approx(share * twice) and passes > 0
    for a, b in zip(weights, expected, strict=True):
        np.testing.assert_array_equal(a, b)


def test_layers_of_dropout_have_masks_of_their_own():
    layers = [keras.layers.Dropout(0.5), keras.layers.Dropout(0.5)]
    network = keras.Sequential([keras.Input((4,)), *layers])
    (_, first), (_, second) = update.seed_states([network], Stream(0))
    assert (first.numpy() != second.numpy()).any()
