"""Weight normalisation by hand, against Keras' layers with the normalised kernel, and
its data-dependent initialisation.
"""

import keras
import numpy as np
import pytest

import tf_gan
from tf_gan.errors import UserError
from tf_gan.layers import GaussianNoise, WeightNormalization, data_dependent_initialization

RANDOM = np.random.default_rng(0)
layers = keras.layers


def test_by_hand():
    layer = WeightNormalization(layers.Dense(1, use_bias=False), "relu")
    layer.build((None, 2))
    # v = (3, 4) has the length 5; g = 10, b = -1: y = relu(6 x_1 + 8 x_2 - 1).
    layer.set_weights([np.array([10.0]), np.array([-1.0]), np.array([[3.0], [4.0]])])
    np.testing.assert_allclose(
        layer(np.array([[1.0, 0.0], [0.5, 0.5], [-1.0, 0.0]], "float32")),
        [[5.0], [6.0], [0.0]],
        rtol=1e-6,
    )


@pytest.mark.parametrize(
    ("make", "shape", "summed"),
    [
        (lambda **k: layers.Dense(3, **k), (5,), 0),
        (lambda **k: layers.Conv1D(3, 2, **k), (6, 2), (0, 1)),
        (lambda **k: layers.Conv2D(3, 3, strides=2, padding="same", **k), (6, 6, 2), (0, 1, 2)),
        (
            lambda **k: layers.Conv2DTranspose(3, 5, strides=2, padding="same", **k),
            (4, 4, 2),
            (0, 1, 3),
        ),
    ],
)
def test_it_is_the_layer_with_the_kernel_g_v_over_its_norm(make, shape, summed):
    normalized, plain = WeightNormalization(make(use_bias=False), "tanh"), make(activation="tanh")
    x = RANDOM.normal(size=(4, *shape)).astype("float32")
    normalized(x), plain(x)
    kernel = normalized.kernel.numpy()
    scale, bias = RANDOM.uniform(0.5, 2.0, 3), RANDOM.normal(size=3)
    normalized.scale.assign(scale), normalized.bias.assign(bias)
    norm = np.sqrt(np.square(kernel).sum(axis=summed))
    # A transposed convolution has its filters before its channels.
    by_unit = (scale / norm)[:, None] if kernel.shape[-1] != 3 else scale / norm
    plain.set_weights([kernel * by_unit, bias])
    np.testing.assert_allclose(normalized(x), plain(x), atol=2e-6)
    assert normalized.compute_output_shape((None, *shape)) == plain.compute_output_shape(
        (None, *shape)
    )


def test_the_length_of_v_changes_nothing_and_g_may_be_left_alone():
    layer = WeightNormalization(layers.Dense(4, use_bias=False), train_scale=False, use_bias=False)
    x = RANDOM.normal(size=(3, 5)).astype("float32")
    before = layer(x).numpy()
    layer.kernel.assign(7.0 * layer.kernel)
    np.testing.assert_allclose(layer(x), before, rtol=1e-5)
    assert [weight.path for weight in layer.trainable_weights] == [layer.kernel.path]


# === Data-dependent initialisation ===


def network(deviation=1.0, noise=0.0):
    keras.utils.set_random_seed(0)
    inputs = x = keras.Input((6, 6, 2))
    first = WeightNormalization(
        layers.Conv2D(5, 3, use_bias=False), train_scale=False, name="first"
    )(x)
    x = GaussianNoise(noise)(layers.Flatten()(layers.ReLU()(first)))
    second = WeightNormalization(
        layers.Dense(7, use_bias=False), deviation=deviation, name="second"
    )(x)
    return keras.Model(inputs, [first, second])


def test_afterwards_what_goes_into_the_activations_has_mean_0_and_the_deviation():
    model, images = (
        network(deviation=0.1),
        RANDOM.uniform(2.0, 5.0, (300, 6, 6, 2)).astype("float32"),
    )
    assert np.abs(np.mean(model(images)[0], axis=(0, 1, 2))).min() > 0.1  # Not before.
    data_dependent_initialization(model, images)
    first, second = (np.array(output, np.float64) for output in model(images))
    np.testing.assert_allclose(first.mean(axis=(0, 1, 2)), 0, atol=1e-4)
    np.testing.assert_allclose(first.std(axis=(0, 1, 2)), 1, rtol=1e-3)
    np.testing.assert_allclose(second.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(second.std(axis=0), 0.1, rtol=1e-3)


def test_it_is_over_afterwards():
    model, images = network(), RANDOM.uniform(2.0, 5.0, (50, 6, 6, 2)).astype("float32")
    data_dependent_initialization(model, images)
    weights = model.get_weights()
    model(2.0 * images, training=True)
    for before, after in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)


def test_noise_is_on_while_it_initialises():
    """1 / g^2 is the variance of the products: noise of deviation 1 on what goes in
    adds 1 to it, as the directions have length 1.
    """
    images = RANDOM.uniform(0.0, 1.0, (500, 6, 6, 2)).astype("float32")
    variances = []
    for noise in (0.0, 1.0):
        model = network(noise=noise)
        data_dependent_initialization(model, images)
        variances.append(model.get_layer("second").scale.numpy() ** -2.0)
    assert np.mean(variances[1] - variances[0]) == pytest.approx(1.0, abs=0.15)


def test_a_layer_can_be_left_out():
    model, images = (
        network(deviation=None),
        RANDOM.uniform(2.0, 5.0, (50, 6, 6, 2)).astype("float32"),
    )
    data_dependent_initialization(model, images)
    np.testing.assert_array_equal(model.get_layer("second").scale, np.ones(7))
    assert (model.get_layer("first").scale.numpy() != 1).all()


def test_a_network_without_such_layers():
    with pytest.raises(
        UserError,
        match=r"WeightNormalization layers to initialise\. Received: 'plain', which has none",
    ):
        data_dependent_initialization(
            keras.Sequential([keras.Input((2,)), layers.Dense(1)], name="plain"), np.zeros((2, 2))
        )


# === Files, errors ===


def test_saved_model_gives_the_same(tmp_path):
    model, images = network(), RANDOM.normal(size=(40, 6, 6, 2)).astype("float32")
    data_dependent_initialization(model, images)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(images)[1], model(images)[1])
    assert (
        not loaded.get_layer("first").scale.trainable and loaded.get_layer("second").scale.trainable
    )


def test_is_made_again_from_its_config():
    dense = layers.Dense(2, use_bias=False)
    layer = WeightNormalization(dense, "relu", False, train_scale=False, deviation=None)
    copy = WeightNormalization.from_config(layer.get_config())
    assert (copy.activation, copy.use_bias) == (keras.activations.relu, False)
    assert (copy.train_scale, copy.deviation) == (False, None)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: WeightNormalization(layers.Dense(2)), "Received: Dense with use_bias=True"),
        (lambda: WeightNormalization(layers.Dense(2, "relu", use_bias=False)), "activation=relu"),
        (lambda: WeightNormalization(layers.ReLU()), "Received: ReLU"),
        (
            lambda: WeightNormalization(layers.Dense(2, use_bias=False), deviation=0.0),
            "a number > 0. Received: deviation=0.0",
        ),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(UserError, match=message):
        make()


def test_layers_without_an_activation_of_their_own():
    layer = WeightNormalization(tf_gan.layers.UpsampleConv2D(4, use_bias=False))
    assert layer(np.ones((2, 3, 3, 2), np.float32)).shape == (2, 6, 6, 4)
    with pytest.raises(UserError, match=r"with use_bias=False and without.*Received: TiedDense"):
        WeightNormalization(tf_gan.layers.TiedDense(4))
