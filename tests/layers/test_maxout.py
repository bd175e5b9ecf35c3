"""Maxout layers against NumPy and against Keras's convolution."""

import keras
import numpy as np
import pytest

from tf_gan.errors import UserError
from tf_gan.layers import ClipWeights, Maxout, MaxoutConv2D

RANDOM = np.random.default_rng(0)


def randomize(layer):
    layer.set_weights(
        [RANDOM.normal(size=weight.shape).astype("float32") for weight in layer.weights]
    )


def test_maxout_by_hand():
    layer = Maxout(2, pieces=2)
    layer.build((None, 1))
    # Unit 0 is max(x + 1, -x), unit 1 max(3 x, 2).
    layer.set_weights([np.array([[1.0, -1.0, 3.0, 0.0]]), np.array([1.0, 0.0, 0.0, 2.0])])
    np.testing.assert_array_equal(
        layer(np.array([[2.0], [-4.0]], "float32")), [[3.0, 6.0], [4.0, 2.0]]
    )


def test_maxout_matches_numpy():
    layer, x = Maxout(3, pieces=4), RANDOM.normal(size=(7, 5)).astype("float32")
    layer.build((None, 5))
    randomize(layer)
    kernel, bias = layer.get_weights()
    assert (kernel.shape, bias.shape) == ((5, 12), (12,))
    expected = np.stack(
        [
            np.max([x @ kernel[:, 4 * i + j] + bias[4 * i + j] for j in range(4)], axis=0)
            for i in range(3)
        ],
        axis=1,
    )
    np.testing.assert_allclose(layer(x), expected, atol=1e-5)  # Sums of six float32 terms near 1.
    assert layer.compute_output_shape((None, 5)) == (None, 3)


@pytest.mark.parametrize("pieces", [1, 2, 3])
def test_maxout_conv_matches_keras(pieces):
    layer, x = MaxoutConv2D(2, 3, pieces=pieces), RANDOM.normal(size=(4, 6, 5, 3)).astype("float32")
    layer.build((None, 6, 5, 3))
    randomize(layer)
    conv = keras.layers.Conv2D(2 * pieces, 3, padding="valid")
    conv.build((None, 6, 5, 3))
    conv.set_weights(layer.get_weights())
    maps = conv(x).numpy()
    expected = np.stack(
        [maps[..., pieces * i : pieces * (i + 1)].max(axis=-1) for i in range(2)], axis=-1
    )
    np.testing.assert_allclose(layer(x), expected, atol=1e-5)
    assert expected.shape == (4, 4, 3, 2)
    assert layer.compute_output_shape((None, 6, 5, 3)) == (None, 4, 3, 2)


def test_maxout_conv_with_strides_and_kernels_that_are_not_square():
    layer, x = (
        MaxoutConv2D(2, (3, 2), pieces=2, strides=2, use_bias=False),
        RANDOM.normal(size=(4, 8, 5, 3)).astype("float32"),
    )
    layer.build((None, 8, 5, 3))
    (kernel,) = layer.get_weights()
    assert kernel.shape == (3, 2, 3, 4)
    patches = np.stack(
        [
            [x[:, 2 * row : 2 * row + 3, 2 * column : 2 * column + 2] for column in range(2)]
            for row in range(3)
        ]
    )
    maps = np.einsum("rcbhwi,hwio->brco", patches, kernel)
    np.testing.assert_allclose(layer(x), maps.reshape(4, 3, 2, 2, 2).max(axis=-1), atol=1e-5)
    copy = MaxoutConv2D.from_config(layer.get_config())
    assert (copy.conv.strides, copy.conv.use_bias, tuple(copy.kernel_size)) == (
        (2, 2),
        False,
        (3, 2),
    )


def test_maxout_without_biases():
    layer = Maxout(2, pieces=2, use_bias=False)
    layer.build((None, 1))
    layer.set_weights([np.array([[1.0, -1.0, 3.0, 0.0]])])
    np.testing.assert_array_equal(
        layer(np.array([[2.0], [-4.0]], "float32")), [[2.0, 6.0], [4.0, 0.0]]
    )
    assert not Maxout.from_config(layer.get_config()).dense.use_bias


def test_trainable_weights_and_initializers():
    ones, twos = keras.initializers.Constant(1.0), keras.initializers.Constant(2.0)
    dense, conv = (
        Maxout(4, 3, kernel_initializer=ones, bias_initializer=twos),
        MaxoutConv2D(4, 2, 3, kernel_initializer=ones),
    )
    dense.build((None, 5))
    conv.build((None, 6, 6, 5))
    assert [weight.shape for weight in dense.trainable_weights] == [(5, 12), (12,)]
    assert [weight.shape for weight in conv.trainable_weights] == [(2, 2, 5, 12), (12,)]
    # 5 ones and a bias of 2; 2 * 2 * 5 ones and no bias.
    assert np.unique(dense(np.ones((2, 5)))).tolist() == [7.0]
    assert np.unique(conv(np.ones((2, 6, 6, 5)))).tolist() == [20.0]


def test_a_constraint_of_the_kernel():
    layer = Maxout(2, pieces=2, kernel_constraint=ClipWeights(0.25))
    for each in (layer, Maxout.from_config(layer.get_config())):
        each.build((None, 3))
        assert each.dense.kernel.constraint.limit == 0.25


def test_saved_model_gives_the_same(tmp_path):
    images = x = keras.Input((6, 6, 2))
    x = MaxoutConv2D(
        3, 3, pieces=2, kernel_initializer=keras.initializers.RandomUniform(-1, 1), name="conv"
    )(x)
    x = keras.layers.Flatten()(x)
    model = keras.Model(
        images,
        Maxout(2, pieces=3, bias_initializer=keras.initializers.Constant(0.5), name="maxout")(x),
    )
    randomize(model)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    x = RANDOM.normal(size=(5, 6, 6, 2)).astype("float32")
    np.testing.assert_array_equal(loaded(x), model(x))
    # The initializers are the same too, for a copy that starts anew.
    assert loaded.get_layer("conv").conv.kernel_initializer.maxval == 1
    assert loaded.get_layer("maxout").dense.bias_initializer.value == 0.5


def test_config_round_trip():
    dense, conv = Maxout(4, pieces=3, name="a"), MaxoutConv2D(4, 5, pieces=3, name="b")
    dense, conv = (
        Maxout.from_config(dense.get_config()),
        MaxoutConv2D.from_config(conv.get_config()),
    )
    assert (dense.units, dense.pieces, dense.name) == (4, 3, "a")
    assert (conv.filters, conv.kernel_size, conv.pieces, conv.name) == (4, 5, 3, "b")


@pytest.mark.parametrize("value", [0, -1, 2.0, "3", None])
@pytest.mark.parametrize(
    ("argument", "build"),
    [
        ("units", lambda value: Maxout(value)),
        ("pieces", lambda value: Maxout(2, value)),
        ("filters", lambda value: MaxoutConv2D(value, 3)),
        ("kernel_size", lambda value: MaxoutConv2D(2, value)),
        ("pieces", lambda value: MaxoutConv2D(2, 3, value)),
    ],
)
def test_bad_sizes_raise(argument, build, value):
    with pytest.raises(
        UserError, match=f"`{argument}`. Expected an integer >= 1. Received: {argument}={value!r}"
    ):
        build(value)


def test_maps_must_be_flat():
    """A place of a map would be an example of its own."""
    with pytest.raises(UserError, match=r"put a Flatten layer before. Received: shape .*8, 8, 3"):
        Maxout(7, 2)(np.zeros((4, 8, 8, 3), np.float32))
