"""Two replicas do what one does, with every loss and every penalty."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from support.small import IMAGES, gan

from tf_gan import losses, penalties
from tf_gan.training import replicas

# Each loss and each penalty, and the orders of the updates, in few programs.
CASES = [
    {"loss": "minimax", "penalties": ["r1"]},
    {"loss": "non_saturating", "penalties": ["dragan"], "discriminator_steps": 2},
    {"loss": "least_squares", "penalties": ["r2"]},
    {"loss": "wasserstein", "penalties": ["wgan_gp"]},
    {"loss": "wasserstein", "penalties": ["lecam"]},
    {"loss": "hinge", "penalties": ["dragan"], "updates": "simultaneous"},
    {"loss": "relativistic"},
    {"loss": "relativistic_average"},
    {"loss": "relativistic_average", "penalties": ["r1", "r2"], "updates": "simultaneous"},
]


def test_no_loss_and_no_penalty_is_left_out():
    assert {case["loss"] for case in CASES} == set(losses.LOSSES)
    named = {name for case in CASES for name in case.get("penalties", [])}
    of_images = {"cr", "bcr"}  # See tests/penalties/test_consistency.py.
    assert named == set(penalties.PENALTIES) - of_images


@pytest.mark.parametrize("arguments", CASES, ids=str)
def test_two_replicas_are_one(mirrored, arguments):
    one = gan(**arguments)
    with mirrored.scope():
        two = gan(**arguments)
    histories = [
        model.fit(IMAGES, batch_size=16, epochs=4, verbose=0).history for model in (one, two)
    ]
    for a, b in zip(one.get_weights(), two.get_weights(), strict=True):
        # Of a bias that nothing moves only rounding is left.
        np.testing.assert_allclose(a, b, atol=1e-5 * max(np.abs(a).max(), 0.01))
    for name, values in histories[0].items():
        np.testing.assert_allclose(histories[1][name], values, rtol=1e-4, atol=1e-6, err_msg=name)


def test_regularization_is_counted_once(mirrored):
    def dense(units):
        return keras.layers.Dense(units, kernel_regularizer="l2")

    one = gan(dense=dense)
    with mirrored.scope():
        two = gan(dense=dense)
    for model in (one, two):
        model.fit(IMAGES, batch_size=16, epochs=3, verbose=0)
    for a, b in zip(one.get_weights(), two.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


@pytest.mark.parametrize("arguments", [{"loss": "relativistic_average"}, {"penalties": "dragan"}])
def test_xla_is_refused_where_a_loss_looks_at_the_whole_batch(mirrored, arguments):
    with mirrored.scope():
        assert not gan(jit_compile="auto", **arguments).jit_compile
        with pytest.raises(ValueError, match="exchange values"):
            gan(jit_compile=True, **arguments)


def test_an_overflow_of_sparse_gradients_reaches_all_replicas(mirrored):
    def overflow():
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        value = tf.where(tf.equal(replica, 1), np.inf, 1.0)
        sparse = tf.IndexedSlices(tf.reshape(value, [1, 1]), tf.constant([2]), tf.constant([5, 1]))
        gradients = replicas.agree_on_overflow([sparse, None, tf.ones(2)])
        return gradients[0].values, gradients[2]

    for values in mirrored.run(overflow):
        for local in mirrored.experimental_local_results(values):
            assert not np.isfinite(local.numpy()).any()


def test_clipping_is_refused_under_loss_scaling_too(mirrored):
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1, clipnorm=1.0))
    with mirrored.scope(), pytest.raises(ValueError, match="clipnorm=1"):
        gan().compile(optimizer)


def test_the_moving_average_of_an_optimizer_is_refused():
    with pytest.raises(ValueError, match=r"moving_average=0\.999"):
        gan().compile(keras.optimizers.SGD(0.1, use_ema=True))
