import keras
import numpy as np
import pytest
import tensorflow as tf

import tf_gan
from tf_gan.layers import SpectralNormalization, UpsampleConv2D


def matrix(kernel, units=-1):
    kernel = np.moveaxis(np.asarray(kernel, np.float64), units, 0)
    return kernel.reshape(len(kernel), -1)


def converged(layer, shape, passes=400):
    x = np.random.default_rng(0).normal(size=(4, *shape)).astype(np.float32)
    layer.build(x.shape)
    call = tf.function(lambda: layer(x, training=True), autograph=False)
    for _ in range(passes):
        call()
    return x


@pytest.mark.parametrize(
    ("layer", "shape", "units"),
    [
        (lambda: keras.layers.Dense(5), (7,), -1),
        (lambda: keras.layers.Conv2D(5, 3, padding="same"), (6, 6, 3), -1),
        (lambda: keras.layers.Conv2DTranspose(5, 4, strides=2, padding="same"), (4, 4, 3), -2),
        (lambda: UpsampleConv2D(5), (4, 4, 3), -1),
    ],
)
def test_outputs_are_those_of_the_kernel_over_its_largest_singular_value(layer, shape, units):
    normalized = SpectralNormalization(layer())
    x = converged(normalized, shape)
    kernel = normalized.layer.kernel.numpy()
    sigma = np.linalg.svd(matrix(kernel, units))[1][0]
    assert float(normalized.singular_value(normalized.layer.kernel)[0]) == pytest.approx(
        sigma, rel=1e-4
    )
    plain = layer()
    plain.build((None, *shape))
    plain.set_weights([kernel / sigma, *normalized.layer.get_weights()[1:]])
    for training in (True, False):
        np.testing.assert_allclose(normalized(x, training=training), plain(x), rtol=2e-3, atol=1e-4)
    np.testing.assert_array_equal(normalized.layer.kernel.numpy(), kernel)  # Never written.


def test_the_gradient_flows_through_sigma():
    """With u and v held, d(W / sigma) = dW / sigma - W (u^T dW v) / sigma^2; Miyato et al.,
    equation 12.
    """
    layer = SpectralNormalization(keras.layers.Dense(3, use_bias=False))
    x = converged(layer, (4,))
    w = layer.layer.kernel.numpy().astype(np.float64)
    left, values, right = np.linalg.svd(w.T)
    u, v, sigma = left[:, 0], right[0], values[0]
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.square(layer(x, training=False)))
    gradient = tape.gradient(loss, layer.layer.kernel.value).numpy()
    slope = 2 * x.T @ (x @ w / sigma)  # Of the loss, at W / sigma.
    expected = slope / sigma - np.outer(v, u) * (slope * w).sum() / sigma**2
    np.testing.assert_allclose(gradient, expected, rtol=2e-3, atol=2e-3)


def test_second_derivatives():
    layer = SpectralNormalization(keras.layers.Dense(1, use_bias=False))
    x = tf.constant(converged(layer, (4,)))
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = tf.reduce_sum(layer(x, training=False))
        norm = tf.reduce_sum(tf.square(inner.gradient(y, x)))
    # ||W / sigma|| is 1 whatever W is: nothing is left of the penalty's gradient.
    np.testing.assert_allclose(norm, 4.0, rtol=1e-3)
    gradient = outer.gradient(norm, layer.layer.kernel.value)
    np.testing.assert_allclose(gradient, np.zeros((4, 1)), atol=1e-3)


def test_each_pass_in_training_is_a_step_of_the_power_iteration():
    layer = SpectralNormalization(keras.layers.Dense(3))
    x = np.ones((2, 4), np.float32)
    layer(x)
    u, w = layer.u.numpy(), layer.layer.kernel.numpy().T
    layer(x, training=False)
    np.testing.assert_array_equal(layer.u.numpy(), u)
    for _ in range(2):
        v = w.T @ u / np.linalg.norm(w.T @ u)
        u = w @ v / np.linalg.norm(w @ v)
        layer(x, training=True)
        np.testing.assert_allclose(layer.u.numpy(), u, atol=1e-5)


def spectral_gan(**compile_arguments):
    keras.utils.set_random_seed(0)
    generator = keras.Sequential([keras.Input((3,)), keras.layers.Dense(8, "tanh")])
    discriminator = keras.Sequential(
        [
            keras.Input((8,)),
            SpectralNormalization(keras.layers.Dense(12), name="hidden"),
            keras.layers.LeakyReLU(),
            SpectralNormalization(keras.layers.Dense(1), name="logits"),
        ]
    )
    kernel = discriminator.get_layer("hidden").layer.kernel
    kernel.assign(3.0 * kernel)
    gan = tf_gan.GAN(generator, discriminator, latent_dim=3)
    gan.compile(keras.optimizers.SGD(0.01), keras.optimizers.SGD(0.01), **compile_arguments)
    return gan


IMAGES = np.random.default_rng(0).uniform(-1, 1, (64, 8)).astype(np.float32)


def test_training_and_inference_see_the_same_discriminator():
    gan = spectral_gan(jit_compile=False)
    gan.fit(IMAGES, batch_size=16, epochs=10, verbose=0)
    layer = gan.discriminator.get_layer("hidden")
    normalized = layer.layer.kernel.numpy() / float(layer.singular_value(layer.layer.kernel)[0])
    assert np.linalg.svd(normalized)[1][0] == pytest.approx(1.0, abs=1e-2)
    np.testing.assert_allclose(
        gan.discriminator(IMAGES, training=True),
        gan.discriminator(IMAGES, training=False),
        atol=1e-3,
    )


def test_saves_and_loads(tmp_path):
    gan = spectral_gan(jit_compile=False)
    gan.fit(IMAGES, batch_size=16, verbose=0)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.saving.load_model(tmp_path / "gan.keras")
    np.testing.assert_array_equal(loaded.discriminator(IMAGES), gan.discriminator(IMAGES))


def test_two_replicas(mirrored):
    one = spectral_gan(jit_compile=False, penalties="wgan_gp")
    with mirrored.scope():
        two = spectral_gan(jit_compile=False, penalties="wgan_gp")
    for gan in (one, two):
        gan.fit(IMAGES, batch_size=32, epochs=3, verbose=0)
    for a, b in zip(one.get_weights(), two.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_the_layer_of_keras_is_refused_in_words():
    generator = keras.Sequential([keras.Input((3,)), keras.layers.Dense(8, "tanh")])
    layer = keras.layers.SpectralNormalization(keras.layers.Dense(1))
    gan = tf_gan.GAN(generator, keras.Sequential([keras.Input((8,)), layer]), latent_dim=3)
    with pytest.raises(ValueError, match=r"tf_gan\.layers\.SpectralNormalization"):
        gan.compile()


@pytest.mark.parametrize(
    ("layer", "arguments"),
    [(keras.layers.ReLU(), {}), (keras.layers.Dense(1), {"power_iterations": 0})],
)
def test_wrong_arguments(layer, arguments):
    with pytest.raises(ValueError, match="Expected"):
        SpectralNormalization(layer, **arguments)
