import keras
import numpy as np
import pytest
import tensorflow as tf
from support.routine import check_resume, check_trains, check_two_replicas

import tf_gan
from tf_gan.errors import UserError
from tf_gan.networks import tied_mlp
from tf_gan.training.rng import Stream

IMAGES = np.random.default_rng(0).uniform(0, 1, (96, 8, 8, 1)).astype(np.float32)
NAMES = [f"{name}_{layer}" for name in ("reconstruction", "contraction") for layer in (1, 2)]


def small(arguments=None, **compile_arguments):
    keras.utils.set_random_seed(0)
    generator = tied_mlp.build_generator((8, 8, 1), 6, units=(12,))
    model = tf_gan.CAE(generator, 6, **({"chain_steps": 3} | (arguments or {})))
    model.compile(**({"optimizer": keras.optimizers.SGD(0.01)} | compile_arguments))
    return model


def encode(model, x):
    for layer in model.stack:
        x = tf.sigmoid(layer.up(x))
    return x


def jacobian(function, x):
    """dh/dx for each row: `(B, hidden, visible)`."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        h = function(x)
    return tape.batch_jacobian(h, x).numpy()


def test_a_layer_has_the_cross_entropy_and_the_jacobian_of_the_paper():
    model = small({"contraction": 0.3})
    layer = model.stack[0]
    x = tf.constant(IMAGES[:5].reshape(5, -1))
    h = model.means(layer, x)
    squares = np.sum(jacobian(lambda v: model.means(layer, v), x) ** 2, axis=(1, 2))
    y = layer(h).numpy()
    entropy = -np.sum(x * np.log(y) + (1 - x) * np.log(1 - y), axis=1).mean()
    value, logs, _ = model.layer_loss(0, x, Stream(0))
    assert float(logs["contraction"]) == pytest.approx(squares.mean(), rel=1e-5)
    assert float(logs["reconstruction"]) == pytest.approx(entropy, rel=1e-5)
    assert float(value) == pytest.approx(entropy + 0.3 * squares.mean(), rel=1e-5)


def test_a_step_of_the_chain_moves_the_code_by_j_jt_e():
    model = small({"noise": 0.7})
    for layer in model.stack:
        layer.kernel.assign(4 * layer.kernel)
    x = tf.constant(IMAGES[:5].reshape(5, -1))
    images, codes = model.transition((x, None), Stream(4))
    noise = 0.7 * Stream(4).normal([5, 6]).numpy()
    j = jacobian(lambda v: encode(model, v), x)
    moved = np.einsum("bhv,bgv,bg->bh", j, j, noise)
    assert np.abs(moved).max() > 0.05
    expected = encode(model, x).numpy() + moved
    np.testing.assert_allclose(codes, expected, atol=1e-5)
    np.testing.assert_allclose(images, model.images_from(expected).reshape(5, -1), atol=1e-5)


def test_a_chain_starts_at_images_of_random_bits():
    images, _ = small().start(2000, Stream(3))
    assert set(np.unique(images)) == {0, 1}
    assert np.mean(images) == pytest.approx(0.5, abs=0.01)


@pytest.mark.slow
def test_contraction_makes_codes_move_less():
    squares = []
    for contraction in (0.0, 3.0):
        model = small({"contraction": contraction}, optimizer=keras.optimizers.Adam(0.03))
        model.fit(IMAGES, batch_size=32, epochs=4, verbose=0)
        squares.append(model.evaluate(IMAGES, verbose=0, return_dict=True)["contraction_1"])
    assert squares[1] < 0.7 * squares[0]


def test_samples():
    model = small()
    images = model.generate(5, seed=1)
    assert images.shape == (5, 8, 8, 1) and images.min() >= 0 and images.max() <= 1
    np.testing.assert_allclose(model.walk(5, 2, seed=1)[0], images, atol=1e-6)


def test_trains():
    check_trains(small, IMAGES, NAMES)


def test_stopping_and_going_on_is_the_same_run(tmp_path):
    check_resume(lambda: small({"seed": 3}, layer_steps=9), IMAGES, tmp_path)


@pytest.mark.parametrize("arguments", [{"contraction": -1.0}, {"noise": -0.1}])
def test_bad_arguments(arguments):
    with pytest.raises(UserError, match=rf"a number >= 0\. Received: {next(iter(arguments))}="):
        small(arguments)


@pytest.mark.slow
def test_two_replicas_do_what_one_does(mirrored):
    check_two_replicas(small, IMAGES, mirrored)
