import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from support.routine import check_two_replicas

import tf_gan
from tf_gan.errors import UserError
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


@pytest.mark.parametrize("training", [False, True])
def test_the_gradient_with_any_u_and_v(training):
    """(G - <G, W / sigma> u v^T) / sigma, G the gradient at W / sigma; also where u and v
    are far from the singular vectors.
    """
    layer = SpectralNormalization(keras.layers.Dense(3, use_bias=False))
    x = np.random.default_rng(0).normal(size=(4, 5)).astype(np.float32)
    layer.build(x.shape)
    w, u = layer.layer.kernel.numpy().astype(np.float64).T, layer.u.numpy()
    v = w.T @ u
    if training:
        u = w @ v
        v = w.T @ u
    u, v = u / np.linalg.norm(u), v / np.linalg.norm(v)
    sigma = u @ w @ v
    assert abs(sigma / np.linalg.svd(w)[1][0] - 1) > 1e-3
    with tf.GradientTape() as tape:
        y = layer(x, training=training)
        loss = tf.reduce_sum(tf.square(y))
    np.testing.assert_allclose(y, x @ w.T / sigma, atol=1e-5)
    slope = 2 * (x @ w.T / sigma).T @ x
    expected = (slope - np.sum(slope * w / sigma) * np.outer(u, v)) / sigma
    gradient = tape.gradient(loss, layer.layer.kernel.value).numpy().T
    np.testing.assert_allclose(gradient, expected, atol=1e-4)


@pytest.mark.parametrize("kind", ["dense", "embedding"])
def test_the_scale_of_the_kernel_does_not_matter(kind):
    if kind == "dense":
        inner, x = keras.layers.Dense(3, use_bias=False), np.ones((2, 4), np.float32)
    else:
        inner, x = keras.layers.Embedding(6, 4), np.array([5, 0, 3], np.int32)
    layer = SpectralNormalization(inner)
    before = layer(x).numpy()
    (weights,) = inner.trainable_weights
    weights.assign(7.0 * weights)
    np.testing.assert_allclose(layer(x), before, rtol=1e-5, atol=1e-6)


def test_an_embedding_is_divided_by_the_norm_of_its_whole_table():
    layer = SpectralNormalization(keras.layers.Embedding(6, 4, "random_normal"))
    labels = np.array([5, 0, 3], np.int32)
    layer(labels)
    table = layer.layer.embeddings.numpy()
    assert layer.u.shape == (6,)
    call = tf.function(lambda: layer(labels, training=True), autograph=False)
    for _ in range(300):
        call()
    expected = table[labels] / np.linalg.svd(table)[1][0]
    np.testing.assert_allclose(layer(labels, training=False), expected, rtol=1e-4)
    np.testing.assert_array_equal(layer.layer.embeddings.numpy(), table)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(labels, training=False))
    gradient = tape.gradient(loss, layer.layer.embeddings.value)
    # Through sigma also in the rows of labels that are not there.
    assert gradient.shape == (6, 4) and np.abs(gradient[1]).max() > 0


def test_each_of_the_three_passes_of_a_step_iterates_once():
    """D sees fakes and images in its own update, and fakes in G's; rates of 0 hold W."""
    gan = spectral_gan(jit_compile=False, run_eagerly=True)
    for optimizer in (gan.generator_optimizer, gan.discriminator_optimizer):
        optimizer.learning_rate = 0.0
    layer = gan.discriminator.get_layer("hidden")
    u, w = layer.u.numpy(), layer.layer.kernel.numpy().T
    gan.train_on_batch(IMAGES[:8])
    for _ in range(3):
        u = w @ (w.T @ u)
        u /= np.linalg.norm(u)
    np.testing.assert_allclose(layer.u.numpy(), u, atol=1e-5)


def test_second_derivatives_by_differences():
    """The gradient of a penalty on D's gradient, in a random direction."""
    discriminator = keras.Sequential(
        [
            keras.Input((4,)),
            SpectralNormalization(keras.layers.Dense(6, "softplus")),
            SpectralNormalization(keras.layers.Dense(1)),
        ]
    )
    x = tf.constant(np.random.default_rng(0).normal(size=(5, 4)), tf.float32)
    kernel = discriminator.layers[0].layer.kernel

    def penalty():
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.reduce_sum(discriminator(x, training=False))
        return tf.reduce_sum(tf.square(tape.gradient(y, x)))

    with tf.GradientTape() as tape:
        value = penalty()
    gradient = tape.gradient(value, kernel.value).numpy()
    start, direction = kernel.numpy(), np.random.default_rng(1).normal(size=kernel.shape)
    sides = []
    for step in (1e-2, -1e-2):
        kernel.assign(start + step * direction)
        sides.append(float(penalty()))
    slope = (sides[0] - sides[1]) / 2e-2
    assert np.sum(gradient * direction) == pytest.approx(slope, rel=0.02)
    assert abs(slope) > 1e-3


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
    make = functools.partial(spectral_gan, penalties="wgan_gp")
    check_two_replicas(make, IMAGES, mirrored)


def test_a_layer_keeps_its_losses():
    dense = keras.layers.Dense(2, kernel_regularizer="l2", activity_regularizer="l1")
    layer = SpectralNormalization(dense)
    outputs = layer(np.ones((3, 4), np.float32), training=True)
    # Of the kernel as it is, and of the outputs for each example.
    expected = [0.01 * np.square(dense.kernel).sum(), 0.01 * np.abs(outputs).sum() / 3]
    assert sorted(map(float, layer.losses)) == pytest.approx(sorted(expected), rel=1e-5)


def test_the_layer_of_keras_is_refused_in_words():
    generator = keras.Sequential([keras.Input((3,)), keras.layers.Dense(8, "tanh")])
    layer = keras.layers.SpectralNormalization(keras.layers.Dense(1))
    gan = tf_gan.GAN(generator, keras.Sequential([keras.Input((8,)), layer]), latent_dim=3)
    with pytest.raises(UserError, match=r"tf_gan\.layers\.SpectralNormalization"):
        gan.compile()


@pytest.mark.parametrize(
    ("layer", "arguments"),
    [(keras.layers.ReLU(), {}), (keras.layers.Dense(1), {"power_iterations": 0})],
)
def test_wrong_arguments(layer, arguments):
    with pytest.raises(UserError, match="Expected"):
        SpectralNormalization(layer, **arguments)


def test_a_kernel_of_zeros_stays_one():
    layer = SpectralNormalization(keras.layers.Dense(2, kernel_initializer="zeros"))
    np.testing.assert_array_equal(layer(np.ones((3, 4), np.float32), training=True), 0.0)


def test_is_made_again_from_its_config():
    layer = SpectralNormalization(keras.layers.Dense(2), power_iterations=3, epsilon=0.5)
    copy = SpectralNormalization.from_config(layer.get_config())
    assert (copy.layer.units, copy.power_iterations, copy.epsilon) == (2, 3, 0.5)
