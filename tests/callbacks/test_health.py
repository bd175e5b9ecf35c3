import keras
import numpy as np
import pytest
import tensorflow as tf

import tf_gan
from tf_gan.callbacks.health import NonFiniteError


def model(**arguments):
    points = tf_gan.networks.get("points")
    gan = tf_gan.GAN(
        points.build_generator((2,), 2, units=(8,)), points.build_discriminator((2,), units=(8,)), 2
    )
    gan.compile(**arguments)
    return gan


@pytest.mark.usefixtures("automatic_xla")
@pytest.mark.parametrize("steps_per_execution", [1, 8])
def test_the_first_value_that_is_not_finite_stops_the_run_with_its_name_and_step(
    steps_per_execution,
):
    """Data that are NaN from the third batch on, past the check of the first one."""
    batches = np.zeros((8, 4, 2), np.float32)
    batches[3:] = np.nan
    gan = model(steps_per_execution=steps_per_execution)
    with pytest.raises(
        NonFiniteError, match=r"discriminator_loss.* became NaN or infinite at step 3\."
    ):
        gan.fit(
            tf.data.Dataset.from_tensor_slices(batches),
            epochs=1,
            verbose=0,
            callbacks=[tf_gan.callbacks.Health()],
        )


def poison(gan, side, which, at):
    """Puts a NaN into the gradients of a side's variable `which` where they leave the
    tape at step `at`.
    """
    gradients_of = gan._gradients

    def gradients(objectives, images, labels, random):
        results = gradients_of(objectives, images, labels, random)
        for this, (found, *_) in zip(objectives, results, strict=True):
            if this.networks[0] is side:
                found[which] = tf.where(tf.equal(gan.step.value, at), np.nan, found[which])
        return results

    gan._gradients = gradients


@pytest.mark.parametrize(
    ("role", "which", "at", "name", "jit_compile", "steps_per_execution"),
    [
        ("discriminator", 0, 3, "kernel", True, 4),
        ("discriminator", 0, 3, "kernel", False, 1),
        ("generator", 3, 3, "bias", False, 4),
        ("generator", 0, 7, "kernel", True, 1),
    ],
)
def test_a_gradient_that_is_not_finite_is_named_with_its_step(
    role, which, at, name, jit_compile, steps_per_execution
):
    """With and without XLA, which has a NaN pass through a ReLU; at the last step,
    after which no loss tells, too.
    """
    gan = model(steps_per_execution=steps_per_execution, jit_compile=jit_compile)
    poison(gan, getattr(gan, role), which, at)
    data = np.random.default_rng(0).normal(size=(32, 2)).astype(np.float32)
    with pytest.raises(NonFiniteError, match=rf"gradient of {role}/\w+/{name}") as error:
        gan.fit(data, batch_size=4, epochs=1, verbose=0, callbacks=[tf_gan.callbacks.Health()])
    assert f"at step {at}." in str(error.value)


def test_images_that_are_not_finite_are_named():
    batches = np.zeros((4, 4, 2), np.float32)
    batches[2, 1, 0] = np.inf
    with pytest.raises(NonFiniteError, match=r"at step 2\. It came from the images\."):
        model().fit(
            tf.data.Dataset.from_tensor_slices(batches),
            epochs=1,
            verbose=0,
            callbacks=[tf_gan.callbacks.Health()],
        )


def test_a_gradient_of_one_replica_is_enough(mirrored):
    with mirrored.scope():
        gan = model(jit_compile=False)
    gradients_of = gan._gradients

    def gradients(objectives, images, labels, random):
        results = gradients_of(objectives, images, labels, random)
        bad = tf.equal(tf.cast(random.replica, tf.int64), 1) & tf.equal(gan.step.value, 2)
        results[0][0][0] = tf.where(bad, np.nan, results[0][0][0])
        return results

    gan._gradients = gradients
    with pytest.raises(NonFiniteError, match=r"gradient of discriminator/\w+/kernel.* at step 2\."):
        gan.fit(
            np.zeros((16, 2), np.float32),
            batch_size=4,
            epochs=1,
            verbose=0,
            callbacks=[tf_gan.callbacks.Health()],
        )


def test_overflows_under_loss_scaling_are_no_faults():
    keras.config.set_dtype_policy("mixed_float16")
    try:
        gan = model()
    finally:
        keras.config.set_dtype_policy("float32")
    # Beyond float16: the first gradients overflow.
    gan.discriminator_optimizer.dynamic_scale.assign(2.0**40)
    gan.fit(
        np.ones((16, 2), np.float32),
        batch_size=4,
        epochs=1,
        verbose=0,
        callbacks=[tf_gan.callbacks.Health()],
    )
    assert gan.discriminator_optimizer.dynamic_scale.numpy() < 2.0**40
    assert gan.nonfinite_step.numpy() == -1 and gan.nonfinite_origin is None


def test_weights_that_are_not_finite_are_not_saved(tmp_path):
    gan = model()
    saved = tf_gan.callbacks.Checkpoints(tmp_path)
    saved.set_model(gan)
    saved.save()
    gan.step.assign(5)
    gan.generator.trainable_variables[0].assign(
        np.full(gan.generator.trainable_variables[0].shape, np.inf)
    )
    with pytest.raises(
        NonFiniteError, match=r"gradient of generator/\w+/kernel became NaN or infinite at step 4"
    ):
        saved.save()
    assert tf_gan.callbacks.checkpoints.steps(tmp_path) == [0]


def epochs(callback, logs, count):
    callback.on_train_begin()
    for epoch in range(count):
        callback.on_epoch_end(epoch, logs)


def test_a_discriminator_that_has_won_is_told_once(caplog):
    health = tf_gan.callbacks.Health(patience=3, every=100)
    health.set_model(model())
    epochs(health, {"D(x)": 0.999, "D(G(z))": 0.001}, 2)
    assert not caplog.records
    epochs(health, {"D(x)": 0.999, "D(G(z))": 0.001}, 6)
    assert len(caplog.records) == 1 and "generator learns next to nothing" in caplog.text


def test_a_critic_whose_logits_are_no_log_odds_has_not_won(caplog):
    health = tf_gan.callbacks.Health(patience=3, every=100)
    health.set_model(model(loss="wasserstein"))
    epochs(health, {"D(x)": 0.999, "D(G(z))": 0.001}, 6)
    assert not caplog.records


def test_identical_samples_are_told(caplog):
    health = tf_gan.callbacks.Health(every=1)
    gan = model()
    health.set_model(gan)
    epochs(health, {}, 1)
    assert not caplog.records
    gan.generator.set_weights([np.zeros_like(weight) for weight in gan.generator.get_weights()])
    gan.data_range = (-1.0, 1.0)
    epochs(health, {}, 1)
    assert "All samples look the same" in caplog.text
