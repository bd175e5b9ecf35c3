"""Two replicas do what one does, with every loss and every penalty."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from support.routine import all_reduces, check_two_replicas
from support.small import IMAGES, gan, networks

import tf_gan
from tf_gan import compat, losses, penalties
from tf_gan.errors import UserError
from tf_gan.networks import tied_mlp
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
    check_two_replicas(functools.partial(gan, **arguments), IMAGES, mirrored, logs=1e-4)


def test_regularization_is_counted_once(mirrored):
    def dense(units):
        return keras.layers.Dense(units, kernel_regularizer="l2")

    check_two_replicas(functools.partial(gan, dense=dense), IMAGES, mirrored, tolerance=1e-6)


@pytest.mark.parametrize("arguments", [{"loss": "relativistic_average"}, {"penalties": "dragan"}])
def test_xla_is_refused_where_a_loss_looks_at_the_whole_batch(mirrored, arguments):
    with mirrored.scope():
        assert not gan(jit_compile="auto", **arguments).jit_compile
        with pytest.raises(UserError, match="exchange values"):
            gan(jit_compile=True, **arguments)


def test_an_update_of_two_networks_is_one_all_reduce(mirrored):
    def dense(units):  # With statistics.
        return tf_gan.layers.SpectralNormalization(keras.layers.Dense(units))

    with mirrored.scope():
        model = gan(dense=dense, updates="simultaneous")
    data = tf.data.Dataset.from_tensor_slices(IMAGES).batch(16)
    batch = next(iter(mirrored.experimental_distribute_dataset(data)))
    assert model.statistics
    assert all_reduces(mirrored, model, batch) == 1


def test_what_is_exchanged(mirrored):
    def values():
        number = tf.cast(tf.distribute.get_replica_context().replica_id_in_sync_group, tf.float32)
        row = tf.reshape(1.0 + number, [1, 1])
        sparse = tf.IndexedSlices(row, tf.constant([2]), tf.constant([5, 1]))
        gradients = [[sparse, None], [number + [1.0, 2.0], tf.cast(number, tf.float16)]]
        return replicas.exchange(gradients, (number, [number + tf.eye(2)]))

    step = tf.function(lambda: mirrored.run(values), autograph=False)
    ((sparse, none), (dense, half)), (mean, (matrix,)) = step()
    assert none is None
    expected = {
        "sparse": (sparse, [[0.0], [0.0], [3.0], [0.0], [0.0]]),
        "dense": (dense, [3.0, 5.0]),
        "half": (half, np.float16(1.0)),
        "mean": (mean, 0.5),
        "matrix": (matrix, 0.5 + np.eye(2)),
    }
    for name, (values, value) in expected.items():
        for local in mirrored.experimental_local_results(values):
            np.testing.assert_array_equal(tf.convert_to_tensor(local), value, err_msg=name)


def test_the_mean_of_uneven_shares(mirrored):
    """0 and 1 on one replica, 1 on the other."""

    def mean():
        number = tf.distribute.get_replica_context().replica_id_in_sync_group
        return replicas.batch_mean(tf.cast(tf.range(number, 2), tf.float32))

    means = tf.function(lambda: mirrored.run(mean), autograph=False)()
    for local in mirrored.experimental_local_results(means):
        assert float(local) == pytest.approx(2 / 3)


def test_clipping_looks_at_the_sum_over_the_replicas(mirrored):
    with mirrored.scope():
        variable = keras.Variable([0.0, 0.0])
        optimizer = keras.optimizers.SGD(1.0, global_clipnorm=1.0)
        optimizer.build([variable])

    def step():
        first = tf.equal(tf.distribute.get_replica_context().replica_id_in_sync_group, 0)
        gradients, _ = replicas.exchange([tf.where(first, [3.0, 0.0], [0.0, 4.0])], ())
        with compat.summed_gradients(optimizer):
            optimizer.apply(gradients, [variable])

    tf.function(lambda: mirrored.run(step), autograph=False)()
    np.testing.assert_allclose(variable, [-0.6, -0.8], rtol=1e-6)
    assert "_all_reduce_sum_gradients" not in vars(optimizer)


def test_accumulated_gradients_are_refused_on_several_replicas(mirrored):
    optimizer = keras.optimizers.SGD(0.1, gradient_accumulation_steps=2)
    gan().compile(optimizer)
    with mirrored.scope():
        model = gan()
    for each in (optimizer, keras.optimizers.LossScaleOptimizer(optimizer)):
        with pytest.raises(UserError, match=r"several replicas\. .*accumulation_steps=2"):
            model.compile(each)


def test_what_is_made_outside_of_the_scope(mirrored):
    inner, outer = keras.optimizers.SGD(0.1), networks()
    with mirrored.scope():
        model = tf_gan.GAN(*networks(), latent_dim=3)
        mixed = tf_gan.GAN(*outer, latent_dim=3)
        dbn = tf_gan.DBN(tied_mlp.build_generator((8, 8, 1), 6, units=(12,)), 6)
    dbn.compile()
    model.compile()  # Makes its optimizers in the scope.
    model.fit(IMAGES, batch_size=32, verbose=0)
    with pytest.raises(UserError, match=r"optimizers that are made inside .* Received: 'sgd"):
        model.compile(inner, "sgd")
    with pytest.raises(UserError, match=r"networks that are made inside .* 'discriminator'"):
        mixed.compile()


def test_the_moving_average_of_an_optimizer_is_refused():
    with pytest.raises(UserError, match=r"moving_average=0\.999"):
        gan().compile(keras.optimizers.SGD(0.1, use_ema=True))
