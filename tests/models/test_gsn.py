import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import expit as sigmoid
from support.routine import check_resume, check_trains, check_two_replicas

import tf_gan
from tf_gan.errors import UserError
from tf_gan.networks import tied_mlp
from tf_gan.training.rng import Stream

IMAGES = np.random.default_rng(0).uniform(0, 1, (96, 8, 8, 1)).astype(np.float32)


def small(arguments=None, **compile_arguments):
    keras.utils.set_random_seed(0)
    defaults = {"upper_units": (5,), "walk_back": 2, "chain_steps": 3}
    model = tf_gan.GSN(tied_mlp.build_generator((8, 8, 1), 7), 7, **(defaults | (arguments or {})))
    model.compile(**({"optimizer": keras.optimizers.SGD(0.1)} | compile_arguments))
    return model


def test_a_step_renews_odd_layers_then_even_ones():
    model = small({"upper_units": (5, 4), "noise": 0.3, "salt_and_pepper": 0.25})
    for layer in (*model.stack, *model.upper):
        layer.hidden_bias.assign(np.linspace(-1, 1, layer.hidden))
    w, c = zip(
        *((x.kernel.numpy(), x.hidden_bias.numpy()) for x in (*model.stack, *model.upper)),
        strict=True,
    )
    x = IMAGES[:3].reshape(3, -1)
    random, stream = np.random.default_rng(1), Stream(2)
    h2, h3 = (random.normal(size=(3, size)).astype(np.float32) for size in (5, 4))
    state = (tf.constant(x), tf.zeros([3, 7]), tf.constant(h2), tf.constant(h3))
    (image, *hidden), logits = model.step_from(state, stream)

    def noisy(total, number):
        before, after = (
            0.3 * stream.fold(0, number).fold(side).normal(total.shape).numpy() for side in (0, 1)
        )
        return np.tanh(total + before) + after

    h1 = np.tanh(x @ w[0] + c[0] + h2 @ w[1].T)  # Without noise, from the old h_2.
    h3 = noisy(h2 @ w[2] + c[2], 3)
    h2 = noisy(h1 @ w[1] + c[1] + h3 @ w[2].T, 2)
    for each, expected in zip(hidden, (h1, h2, h3), strict=True):
        np.testing.assert_allclose(each, expected, atol=1e-5)
    np.testing.assert_allclose(logits, h1 @ w[0].T, atol=1e-5)
    bits = stream.fold(1).uniform([3, 64]).numpy() < sigmoid(h1 @ w[0].T)
    np.testing.assert_array_equal(image, model.corrupted(bits.astype(np.float32), stream.fold(2)))


def test_salt_and_pepper_replace_a_share_of_the_pixels():
    model = small({"salt_and_pepper": 0.4})
    grey = tf.fill([200, 64], 0.5)
    values = model.corrupted(grey, Stream(0)).numpy()
    shares = [(values == each).mean() for each in (0.0, 0.5, 1.0)]
    np.testing.assert_allclose(shares, [0.2, 0.6, 0.2], atol=0.02)


def test_the_loss_sums_the_steps_of_the_walk_back():
    model = small()
    batch = tf_gan.models.Batch(tf.constant(IMAGES[:6]))
    logits = model.forward(batch, Stream(1))
    x = IMAGES[:6].reshape(6, -1)
    entropies = [
        -np.mean(x * np.log(sigmoid(a)) + (1 - x) * np.log(1 - sigmoid(a)))
        for a in (each.numpy().astype(float) for each in logits)
    ]
    loss, logs, _ = model.walk_back_loss(logits, batch, Stream(0))
    assert len(entropies) == 2 and entropies[0] != entropies[1]
    assert float(loss) == pytest.approx(sum(entropies), rel=1e-5)
    assert float(logs["reconstruction"]) == pytest.approx(entropies[1], rel=1e-5)


def test_the_walk_back_starts_at_corrupted_images_and_each_step_has_noise_of_its_own():
    """Where all pixels are replaced the images are forgotten, and steps differ by their bits."""
    model = small({"upper_units": (), "salt_and_pepper": 1.0, "walk_back": 3})
    first, second = (
        model.forward(tf_gan.models.Batch(tf.constant(images)), Stream(1))
        for images in (IMAGES[:6], IMAGES[6:12])
    )
    np.testing.assert_array_equal(first, second)
    assert all(np.any(a != b) for a, b in itertools.combinations(first, 2))


def test_every_layer_is_trained():
    model = small()
    layers = (*model.stack, *model.upper)
    trained = {each.path for each in model.objectives[0].variables}
    assert trained == {each.path for layer in layers for each in layer.weights}


def test_a_chain_starts_at_random_bits_and_keeps_its_hidden_layers():
    model = small()
    image, *hidden = model.start(2000, Stream(3))
    assert set(np.unique(image)) == {0, 1}
    assert np.mean(image) == pytest.approx(0.5, abs=0.01)
    assert not any(np.any(layer) for layer in hidden)
    state, _ = model.step_from(model.start(3, Stream(0)), Stream(1))
    after, _ = model.step_from(state, Stream(2))
    for found, expected in zip(model.transition(state, Stream(2)), after, strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.slow
def test_learns_two_patterns():
    keras.utils.set_random_seed(0)
    patterns = np.repeat(np.eye(2, dtype=np.float32), 8, axis=1)
    model = tf_gan.GSN(
        tied_mlp.build_generator((16,), 12), 12, upper_units=(6,), noise=0.5, chain_steps=20
    )
    model.compile(keras.optimizers.Adam(0.01), steps_per_execution=20)
    model.fit(np.tile(patterns, (200, 1)), batch_size=20, epochs=6, verbose=0)
    images = model.generate(200, seed=0)
    counts = [(np.abs(images - each).max(1) < 0.5).mean() for each in patterns]
    assert sum(counts) > 0.8 and min(counts) > 0.2


def test_samples():
    model = small()
    images = model.generate(5, seed=1)
    assert images.shape == (5, 8, 8, 1) and images.min() >= 0 and images.max() <= 1
    np.testing.assert_allclose(model.walk(5, 2, seed=1)[0], images, atol=1e-6)


def test_trains():
    check_trains(lambda: small({"noise": 0.1}), IMAGES, ["loss", "reconstruction"])


@pytest.mark.slow
def test_stopping_and_going_on_is_the_same_run(tmp_path):
    check_resume(lambda: small({"seed": 3}), IMAGES, tmp_path)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"walk_back": 0}, "walk_back=0"),
        ({"noise": -1.0}, r"noise=-1\.0"),
        ({"salt_and_pepper": 1.5}, r"salt_and_pepper=1\.5"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(UserError, match=message):
        small(arguments)


def test_the_generator_has_one_layer():
    with pytest.raises(UserError, match=r"one layer.*upper_units=\(1500,\)\. Received: 2 layers"):
        tf_gan.GSN(tied_mlp.build_generator((6,), 4, units=(5,)), 4)


@pytest.mark.slow
def test_two_replicas_do_what_one_does(mirrored):
    check_two_replicas(small, IMAGES, mirrored)
