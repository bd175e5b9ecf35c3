import types

import keras
import numpy as np
import pytest
import tensorflow as tf
from support.networks import dtype_policy
from support.small import points_gan

import tf_gan
from tf_gan.callbacks.health import NonFiniteError
from tf_gan.data import Examples
from tf_gan.errors import UserError
from tf_gan.training import nonfinite


@pytest.mark.parametrize(
    ("name", "value", "least"),
    [("patience", 0, 1), ("every", 0, 1), ("samples", 1, 2), ("steps", -1, 0), ("every", 2.5, 1)],
)
def test_numbers_out_of_range_are_refused(name, value, least):
    with pytest.raises(UserError, match=f"`{name}`. Expected an integer >= {least}.*={value}"):
        tf_gan.callbacks.Health(**{name: value})


@pytest.mark.usefixtures("automatic_xla")
@pytest.mark.parametrize("steps_per_execution", [1, 8])
@pytest.mark.slow
def test_the_first_value_that_is_not_finite_stops_the_run_with_its_name_and_step(
    steps_per_execution,
):
    """Data that are NaN from the third batch on, past the check of the first one."""
    batches = np.zeros((8, 4, 2), np.float32)
    batches[3:] = np.nan
    gan = points_gan(steps_per_execution=steps_per_execution)
    with pytest.raises(
        NonFiniteError, match=r"discriminator_loss.* became NaN or infinite at step 3\."
    ):
        gan.fit(
            tf.data.Dataset.from_tensor_slices(batches),
            epochs=1,
            verbose=0,
            callbacks=[tf_gan.callbacks.Health()],
        )


def poison(gan, name, which, at):
    """Puts a NaN into the gradient of variable `which` of an objective at step `at`."""
    compute = gan.compute

    def poisoned(objectives, batch, random):
        parts = compute(objectives, batch, random)
        for objective, gradients in zip(objectives, parts.gradients, strict=True):
            if objective.name == name:
                bad = tf.equal(gan.step.value, at)
                gradients[which] = tf.where(bad, np.nan, gradients[which])
        return parts

    gan.compute = poisoned


@pytest.mark.parametrize(
    ("name", "which", "at", "variable", "jit_compile", "steps_per_execution"),
    [
        ("discriminator", 0, 3, "kernel", True, 4),
        ("discriminator", 0, 3, "kernel", False, 1),
        ("generator", 3, 3, "bias", False, 4),
    ],
)
@pytest.mark.slow
def test_a_gradient_that_is_not_finite_stops_the_run_and_is_found_by_running_the_step_again(
    name, which, at, variable, jit_compile, steps_per_execution
):
    """The losses tell in the same step, or in the next one."""
    data = np.random.default_rng(0).normal(size=(32, 2)).astype(np.float32)
    gan = points_gan(steps_per_execution=steps_per_execution, jit_compile=jit_compile)
    before = gan.get_weights()
    poison(gan, name, which, at)
    with pytest.raises(NonFiniteError, match="became NaN or infinite at step") as error:
        gan.fit(data, batch_size=4, epochs=1, verbose=0, callbacks=[tf_gan.callbacks.Health()])
    assert error.value.step in (at, at + 1)
    again = points_gan(jit_compile=jit_compile)
    again.set_weights(before)
    poison(again, name, which, at)
    batches = tf_gan.data.Examples(data, value_range=None).batches(4, seed=0)
    found = nonfinite.replay(again, batches, at)
    assert found.startswith(f"the gradient of {name}/") and found.endswith(variable)


def test_weights_tell_of_a_gradient_in_the_last_step():
    gan = points_gan()
    poison(gan, "generator", 0, at=7)
    with pytest.raises(NonFiniteError, match=r"of generator/\w+/kernel.* step 7 or"):
        gan.fit(
            np.zeros((32, 2), np.float32),
            batch_size=4,
            epochs=1,
            verbose=0,
            callbacks=[tf_gan.callbacks.Health()],
        )


@pytest.mark.slow
def test_images_that_are_not_finite_are_named():
    batches = np.zeros((4, 4, 2), np.float32)
    batches[2, 1, 0] = np.inf
    gan = points_gan()
    with pytest.raises(NonFiniteError, match=r"at step 2\.") as error:
        gan.fit(
            tf.data.Dataset.from_tensor_slices(batches),
            epochs=1,
            verbose=0,
            callbacks=[tf_gan.callbacks.Health()],
        )
    assert error.value.step == 2
    gan = points_gan()
    data = tf.data.Dataset.from_tensor_slices(batches)
    assert nonfinite.replay(gan, data, 2) == "the images"
    assert nonfinite.replay(points_gan(), data, 1) is None


def test_a_gradient_of_one_replica_is_enough(mirrored):
    with mirrored.scope():
        gan = points_gan(jit_compile=False)
    compute = gan.compute

    def poisoned(objectives, batch, random):
        parts = compute(objectives, batch, random)
        bad = tf.equal(tf.cast(random.replica, tf.int64), 1) & tf.equal(gan.step.value, 2)
        parts.gradients[0][0] = tf.where(bad, np.nan, parts.gradients[0][0])
        return parts

    gan.compute = poisoned
    with pytest.raises(NonFiniteError, match=r"at step 2\."):
        gan.fit(
            np.zeros((16, 2), np.float32),
            batch_size=4,
            epochs=1,
            verbose=0,
            callbacks=[tf_gan.callbacks.Health()],
        )


def test_a_translation_of_data_in_batches_is_not_ended_by_the_look_at_samples():
    """Its sources come from the first batch; without any, nothing is said."""
    keras.utils.set_random_seed(0)
    images = np.random.default_rng(0).uniform(-1, 1, (8, 8, 8, 1)).astype(np.float32)
    generator = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(1, 1)])
    inputs = [keras.Input((8, 8, 1)), keras.Input((8, 8, 1))]
    logits = keras.layers.Dense(1)(keras.layers.Flatten()(keras.layers.Concatenate()(inputs)))
    pix2pix = tf_gan.Pix2Pix(generator, keras.Model(inputs, logits))
    pix2pix.compile()
    data = tf.data.Dataset.from_tensor_slices((images, -images)).batch(4)
    pix2pix.fit(data, verbose=0, callbacks=[tf_gan.callbacks.Health(every=1)])
    sources = pix2pix.sample_inputs(4, 0)[0].numpy()
    assert all((source == images).all(axis=(1, 2, 3)).any() for source in sources)


def test_overflows_under_loss_scaling_are_no_faults():
    with dtype_policy("mixed_float16"):
        gan = points_gan()
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
    assert gan.nonfinite_step.numpy() == -1


def test_weights_that_are_not_finite_are_not_saved(tmp_path):
    gan = points_gan()
    saved = tf_gan.callbacks.Checkpoints(tmp_path)
    saved.set_model(gan)
    saved.save()
    gan.step.assign(5)
    gan.generator.trainable_variables[0].assign(
        np.full(gan.generator.trainable_variables[0].shape, np.inf)
    )
    with pytest.raises(
        NonFiniteError, match=r"gradient of generator/\w+/kernel became NaN or infinite, at step 4"
    ):
        saved.save()
    assert tf_gan.callbacks.checkpoints.steps(tmp_path) == [0]


def epochs(callback, logs, count):
    callback.on_train_begin()
    for epoch in range(count):
        callback.on_epoch_end(epoch, logs)


def test_a_discriminator_that_has_won_is_told_once(caplog):
    health = tf_gan.callbacks.Health(patience=3, every=100, steps=0)
    health.set_model(points_gan())
    epochs(health, {"D(x)": 0.999, "D(G(z))": 0.001}, 2)
    assert not caplog.records
    epochs(health, {"D(x)": 0.999, "D(G(z))": 0.001}, 6)
    assert len(caplog.records) == 1 and "generator learns almost nothing" in caplog.text


def test_a_victory_takes_steps_as_well_as_epochs(caplog):
    health = tf_gan.callbacks.Health(patience=2, every=100, steps=30)
    gan = points_gan()
    health.set_model(gan)
    health.on_train_begin()
    won, told = {"D(x)": 0.999, "D(G(z))": 0.001}, []
    for step in range(10, 90, 10):
        gan.step.assign(step)
        health.on_epoch_end(step // 10 - 1, {} if step == 20 else won)
        told.append(len(caplog.records))
    assert told == [0, 0, 0, 0, 1, 1, 1, 1]
    assert "correctly for 3 epochs (30 steps)" in caplog.text


def test_a_victory_of_a_resumed_run_counts_from_where_it_resumes(caplog):
    gan = points_gan()
    gan.step.assign(1000)
    health = tf_gan.callbacks.Health(patience=2, every=100, steps=30)
    health.set_model(gan)
    health.on_train_begin()
    told = []
    for step in (1010, 1020, 1030):
        gan.step.assign(step)
        health.on_epoch_end(step // 10 - 1, {"D(x)": 0.999, "D(G(z))": 0.001})
        told.append(len(caplog.records))
    assert told == [0, 0, 1] and "correctly for 3 epochs (30 steps)" in caplog.text


def test_learning_by_heart_is_told_after_three_looks_in_a_row(caplog):
    health = tf_gan.callbacks.Health(every=100)
    health.set_model(points_gan())
    health.on_train_begin()
    told = []
    for epoch, r_v in enumerate((0.6, 0.6, 0.4, 0.6, None, 0.6, None, 0.6)):
        health.on_epoch_end(epoch, {} if r_v is None else {"r_v": r_v})
        told.append("memorized the training images" in caplog.text)
    assert told == [False] * 7 + [True]


@pytest.mark.parametrize("loss", ["wasserstein", lambda real, fake: (real, fake)])
def test_a_critic_whose_logits_are_no_log_odds_has_not_won(loss, caplog):
    health = tf_gan.callbacks.Health(patience=3, every=100, steps=0)
    health.set_model(points_gan(loss=loss))
    logs = {"logit(x)": 90.0, "logit(G(z))": -90.0, "D(x)": 0.999, "D(G(z))": 0.001}
    epochs(health, logs, 6)
    assert not caplog.records


def test_identical_samples_are_told(caplog):
    health = tf_gan.callbacks.Health(every=1)
    gan = points_gan()
    health.set_model(gan)
    epochs(health, {}, 1)
    assert "look the same" not in caplog.text
    gan.generator.set_weights([np.zeros_like(weight) for weight in gan.generator.get_weights()])
    gan.data_range = (-1.0, 1.0)
    epochs(health, {}, 1)
    assert "All samples look the same" in caplog.text
    assert "Try the relativistic loss with R1 and R2" in caplog.text


@pytest.mark.parametrize(("high", "told"), [(255.0, True), (100.0, False)])
def test_samples_within_a_hundredth_of_the_range_are_the_same(caplog, high, told):
    gan = points_gan()
    gan.data_range = (0.0, high)
    gan.generate = lambda n, seed: np.linspace(0.0, 2.0, n)[:, None] * np.ones((1, 2))
    health = tf_gan.callbacks.Health(every=1)
    health.set_model(gan)
    epochs(health, {}, 1)
    assert ("All samples look the same" in caplog.text) == told


def test_samples_of_the_last_epoch_are_looked_at(caplog):
    gan = points_gan()
    gan.generate = lambda n, seed: np.zeros((n, 2))
    health = tf_gan.callbacks.Health(every=100)
    health.set_model(gan)
    health.set_params({"epochs": 3})
    epochs(health, {}, 2)
    assert not caplog.records
    health.on_epoch_end(2, {})
    assert "All samples look the same after epoch 3" in caplog.text


def test_a_second_collapse_is_told_again(caplog):
    """Samples are alike in the first epochs of many runs, and that says little."""
    images = np.random.default_rng(0).normal(scale=5.0, size=(64, 2)).astype(np.float32)
    health = tf_gan.callbacks.Health(training=Examples(images, value_range=None), every=1)
    gan = points_gan()
    health.set_model(gan)
    weights = gan.generator.get_weights()
    health.on_train_begin()
    health.on_epoch_end(0, {})
    assert not caplog.records  # Before the second epoch all samples are alike.
    for factor, count in ((1.0, 1), (1.0, 1), (9.0, 1), (1.0, 2)):
        gan.generator.set_weights([factor * weight for weight in weights])
        health.on_epoch_end(1, {})
        assert caplog.text.count("Samples are alike") == count


def test_a_model_with_a_loss_of_its_own_is_not_told_to_take_another(caplog):
    generator = keras.Sequential([keras.Input((2,)), keras.layers.Dense(6)])
    encoder = keras.Sequential([keras.Input((6,)), keras.layers.Dense(6)])
    began = tf_gan.BEGAN(generator, encoder, 2, data_range=(-1.0, 1.0))
    generator.set_weights([np.zeros_like(weight) for weight in generator.get_weights()])
    health = tf_gan.callbacks.Health(every=1)
    health.set_model(began)
    epochs(health, {}, 1)
    assert "All samples look the same" in caplog.text and "relativistic" not in caplog.text


# === Small runs that are made to fail ===

SHAPE = (8, 8, 1)


def pictures(n, seed=0):
    """Returns random checkerboards, all different, for which 32 are few."""
    blocks = np.random.default_rng(seed).uniform(-1, 1, (n, 4, 4, 1))
    return blocks.repeat(2, axis=1).repeat(2, axis=2).astype(np.float32)


def picture_gan(rates=(1e-3, 1e-3), loss="non_saturating", units=((64,), (128,)), **arguments):
    keras.utils.set_random_seed(0)
    mlp = tf_gan.networks.get("mlp")
    gan = tf_gan.GAN(
        mlp.build_generator(SHAPE, 16, units=units[0]),
        mlp.build_discriminator(SHAPE, units=units[1]),
        16,
    )
    optimizers = [keras.optimizers.Adam(rate, beta_1=0.5) for rate in rates]
    gan.compile(*optimizers, loss, jit_compile=False, **arguments)
    return gan


def trained(gan, epochs, training, held_out=None, **health):
    """Trains with the callbacks of a run; returns the logs of the last epoch."""
    examples = [
        tf_gan.data.Examples(images) for images in (training, held_out) if images is not None
    ]
    gap = [tf_gan.callbacks.DiscriminatorGap(*examples, every=10)] if held_out is not None else []
    watch = tf_gan.callbacks.Health(training=examples[0], **health)
    history = gan.fit(
        training, batch_size=16, epochs=epochs, verbose=0, callbacks=[*gap, watch]
    ).history
    return {name: values[-1] for name, values in history.items()}


@pytest.mark.slow
def test_a_discriminator_that_learns_by_heart_is_told(caplog):
    gan = picture_gan(units=((128, 128), (256, 256)))
    logs = trained(gan, 240, pictures(32), pictures(64, seed=1))
    assert logs["r_v"] > 0.5 and logs["logit(train)"] > logs["logit(held_out)"]
    assert "has memorized the training images" in caplog.text


def test_with_many_images_nothing_is_learnt_by_heart(caplog):
    logs = trained(picture_gan(), 5, pictures(1024), pictures(64, seed=1))
    assert abs(logs["r_v"]) < 0.4
    assert "memorized" not in caplog.text


def test_a_generator_that_stands_still_has_lost(caplog):
    logs = trained(picture_gan(rates=(1e-7, 1e-3)), 150, pictures(32), patience=3)
    assert logs["D(x)"] > 0.9 and logs["D(G(z))"] < 0.1
    assert "generator learns almost nothing" in caplog.text


@pytest.mark.parametrize("loss", ["relativistic", "relativistic_average"])
def test_losses_of_pairs_are_won_by_a_distance_of_logits(loss):
    health = tf_gan.callbacks.Health()
    health.set_model(types.SimpleNamespace(adversarial_loss=tf_gan.losses.get(loss)))
    assert health._has_won({"logit(x)": 4.0, "logit(G(z))": -2.0})
    assert not health._has_won({"logit(x)": 4.0, "logit(G(z))": 0.0})


@pytest.mark.parametrize(
    ("loss", "has_won"),
    [
        ("relativistic", lambda logs: logs["logit(x)"] - logs["logit(G(z))"] > 5),
        ("hinge", lambda logs: logs["discriminator_loss"] < 0.25),
    ],
)
def test_a_discriminator_with_other_logs_has_won_as_well(loss, has_won, caplog):
    gan = picture_gan(rates=(1e-7, 1e-3), loss=loss)
    logs = trained(gan, 150, pictures(32), patience=3, steps=50)
    assert has_won(logs), logs
    assert "generator learns almost nothing" in caplog.text


def test_a_generator_that_makes_one_kind_is_told(caplog):
    """D stands still, and G makes what it takes for the most real."""
    gan = picture_gan(rates=(1e-2, 1e-7))
    trained(gan, 30, pictures(256), every=5)
    assert "Samples are alike" in caplog.text or "All samples look the same" in caplog.text


def test_a_run_that_goes_well_is_told_nothing(caplog):
    gan = picture_gan(loss="relativistic", penalties=["r1", "r2"])
    trained(gan, 30, pictures(512), pictures(64, seed=1), every=5)
    assert not caplog.records
