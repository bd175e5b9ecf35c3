import contextlib
import functools
import io
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from support.networks import dtype_policy
from support.small import IMAGES, gan, networks

import tf_gan
from tf_gan.errors import UserError
from tf_gan.training import loop


class Evaluates(keras.callbacks.Callback):
    """Evaluates wherever a callback may."""

    def __init__(self, where):
        super().__init__()
        self.where = where

    def on_train_begin(self, logs=None):
        if self.where == "begin":
            self.model.evaluate(IMAGES[:32], verbose=0)

    def on_train_batch_end(self, batch, logs=None):
        if self.where == "batch":
            self.model.evaluate(IMAGES[:32], verbose=0)


@pytest.mark.parametrize("where", [pytest.param("begin", marks=pytest.mark.slow), "batch"])
def test_callbacks_that_evaluate_do_not_change_the_epoch(where):
    """10 steps an epoch, 4 a call; resumed after 4 of them: it ends at 10, with the same means."""
    quiet, noisy = (gan(steps_per_execution=4) for _ in range(2))
    histories = []
    for model, callbacks in ((quiet, []), (noisy, [Evaluates(where)])):
        history = model.fit(IMAGES[:40], batch_size=4, epochs=2, callbacks=callbacks, verbose=0)
        assert int(model.step.numpy()) == 20
        histories.append(history.history)
    assert histories[0] == histories[1]
    resumed = gan(steps_per_execution=4)
    for batch in tf_gan.data.Examples(IMAGES[:40], None, None).batches(4, seed=0).take(4):
        resumed.train_on_batch(batch)
    model_callbacks = [Evaluates(where)]
    resumed.fit(
        IMAGES[:40], batch_size=4, initial_epoch=0, epochs=1, callbacks=model_callbacks, verbose=0
    )
    assert int(resumed.step.numpy()) == 10
    first = gan(steps_per_execution=4)
    first.fit(IMAGES[:40], batch_size=4, verbose=0)
    for a, b in zip(first.networks, resumed.networks, strict=True):
        for weight, other in zip(a.get_weights(), b.get_weights(), strict=True):
            np.testing.assert_allclose(weight, other, atol=1e-6)


@pytest.mark.parametrize("kind", ["array", "dataset", "endless", "validation"])
def test_evaluate_runs_the_steps_that_were_asked_for(kind):
    """After `fit`, whose calls have several steps, as before."""
    model = gan(steps_per_execution=4)
    data = tf.data.Dataset.from_tensor_slices(IMAGES[:40]).batch(4, drop_remainder=True)
    if kind == "validation":
        model.fit(data, epochs=2, validation_data=data, validation_steps=3, verbose=0)
    else:
        model.fit(data, verbose=0)
        x, size = (IMAGES[:40], {"batch_size": 4}) if kind == "array" else (data, {})
        model.evaluate(x.repeat() if kind == "endless" else x, **size, steps=3, verbose=0)
    assert int(model.evaluation_batch.numpy()) == 3
    model.evaluate(data, verbose=0)
    assert int(model.evaluation_batch.numpy()) == 10


def test_predict_loses_no_images_after_fit():
    model = gan(steps_per_execution=4)
    latents = model.sample_inputs(100, 0)[0].numpy()
    before = model.predict(latents, verbose=0)
    model.fit(IMAGES[:40], batch_size=4, verbose=0)
    after = model.predict(latents, verbose=0)
    assert before.shape == after.shape and model.steps_per_execution == 4
    np.testing.assert_allclose(after, model.images_from(latents), atol=1e-6)
    data = tf.data.Dataset.from_tensor_slices(latents).batch(8)
    assert len(model.predict(data, steps=3, verbose=0)) == 24


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("steps", [5, 7, 15])
def test_a_dataset_that_ends_begins_again(steps, whole):
    """Keras counted 4 steps a call, and lost those of the last one of an epoch."""
    model = gan(steps_per_execution=4)
    data = tf.data.Dataset.from_tensor_slices(IMAGES[:42]).batch(4, drop_remainder=whole)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(data, steps_per_epoch=steps, epochs=3, verbose=0)
    assert int(model.step.numpy()) == 3 * steps


def test_logs_of_lazy_losses_are_those_of_epochs_in_which_they_were_due():
    model = gan(penalties="r1", penalty_interval=4)
    seen = []
    lines = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(logs))
    history = model.fit(IMAGES[:12], batch_size=4, epochs=5, callbacks=[lines], verbose=0)
    # 3 steps an epoch; due in steps 0, 4, 8 and 12.
    assert ["gradient_penalty" in logs for logs in seen] == [True, True, True, False, True]
    assert len(history.history["gradient_penalty"]) == 4
    assert min(history.history["gradient_penalty"]) > 0
    assert len(history.history["generator_loss"]) == 5


class Phases(tf_gan.GAN):
    """A GAN whose programs are for three steps each, and log which one ran."""

    phase, traced = 0, 0

    def enter_phase(self):
        step = int(self.step.numpy())
        self.phase = step // 3
        return self.phase, 3 - step % 3

    def end_step(self, logs):
        self.traced += not tf.executing_eagerly()
        return {"phase": tf.constant(float(self.phase))}


@pytest.mark.parametrize("steps_per_execution", [1, 4])
def test_a_program_for_each_phase(steps_per_execution):
    """Two epochs of 4 steps: phases 0 0 0 1, and 1 1 2 2."""
    model = Phases(*networks(), latent_dim=3)
    model.compile(jit_compile=False, steps_per_execution=steps_per_execution)
    history = model.fit(IMAGES[:16], batch_size=4, epochs=2, verbose=0).history
    assert history["phase"] == [0.25, 1.5]
    assert model.traced == 1 + 3  # Once for the names of the logs.
    assert "phase" not in model.evaluate(IMAGES[:8], verbose=0, return_dict=True)


class Batches(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.seen = []

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append(batch)


def test_no_bar_runs_beyond_the_epoch():
    batches, model = Batches(), gan(steps_per_execution=5)
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        model.fit(IMAGES, batch_size=8, epochs=1, callbacks=[batches], verbose=1)
    assert batches.seen == [4, 9, 11]
    assert "12/12" in output.getvalue() and "15/12" not in output.getvalue()


class Numbered(keras.utils.PyDataset):
    def __len__(self):
        return 5

    def __getitem__(self, index):
        return IMAGES[8 * index : 8 * index + 8]


@pytest.mark.parametrize(
    ("kind", "steps", "a_call"),
    [
        ("whole", 5, 5),
        ("partial", None, 6),
        ("numbered", None, 5),
        ("filtered", None, 100),
        ("two a step", 2, 2),
    ],
)
def test_callbacks_see_the_steps_of_data_that_end_within_a_call(kind, steps, a_call):
    images = tf.data.Dataset.from_tensor_slices(IMAGES[:42])
    data = {
        "partial": images.batch(8),
        "numbered": Numbered(),
        "filtered": images.batch(8).filter(lambda batch: len(batch) == 8),
    }.get(kind, images.batch(8, drop_remainder=True))
    model = gan(discriminator_steps=2 if kind == "two a step" else 1)
    batches, output, at_end = Batches(), io.StringIO(), []
    end = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: at_end.append(model.at_epoch_end)
    )
    with contextlib.redirect_stdout(output):
        model.fit(data, epochs=2, callbacks=[batches, end], verbose=1)
    made = 2 if kind == "two a step" else 5
    assert batches.seen == [made - 1, made - 1] and int(model.step.numpy()) == 2 * made
    assert f"{made}/{made}" in output.getvalue() and "/100" not in output.getvalue()
    assert (batches.params["steps"], model.steps_per_execution) == (steps, a_call)
    assert at_end == [kind == "whole"] * 2


@pytest.mark.parametrize("kind", ["scheduler", "plateau"])
def test_learning_rate_callbacks_of_keras_act_on_both_optimizers(kind):
    model = gan()
    callback = {
        "scheduler": keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.5 * rate),
        "plateau": keras.callbacks.ReduceLROnPlateau(
            "discriminator_loss", factor=0.5, patience=1, min_delta=1e9, mode="min"
        ),
    }[kind]
    history = model.fit(IMAGES, batch_size=32, epochs=3, callbacks=[callback], verbose=0).history
    expected = 0.05 * 0.5 ** (3 if kind == "scheduler" else 2)
    for optimizer in (model.generator_optimizer, model.discriminator_optimizer):
        assert float(optimizer.learning_rate) == pytest.approx(expected)
        assert history[f"learning_rate_{optimizer.name}"][0] == pytest.approx(
            0.025 if kind == "scheduler" else 0.05
        )


def test_a_rate_of_zero_holds_the_named_network_inside_the_compiled_step():
    model = gan(jit_compile=True, steps_per_execution=3)
    scheduler = keras.callbacks.LearningRateScheduler(lambda epoch: 0.0)
    callback = tf_gan.callbacks.ForOptimizer(scheduler, "generator")
    before = [network.get_weights() for network in (model.generator, model.discriminator)]
    model.fit(IMAGES, batch_size=32, callbacks=[callback], verbose=0)
    moved = [
        any((a != b).any() for a, b in zip(weights, network.get_weights(), strict=True))
        for weights, network in zip(before, (model.generator, model.discriminator), strict=True)
    ]
    assert moved == [False, True]
    with pytest.raises(UserError, match=r"'discriminator', 'generator'"):
        model.fit(IMAGES, callbacks=[tf_gan.callbacks.ForOptimizer(scheduler, "gen")], verbose=0)


def test_a_callback_of_one_optimizer_hears_of_all_that_happens():
    hooks = [
        *("on_train_begin", "on_epoch_begin", "on_train_batch_begin"),
        *("on_train_batch_end", "on_epoch_end", "on_train_end"),
    ]
    heard = []
    calls = {hook: lambda *_, hook=hook: heard.append(hook) for hook in hooks}
    only = tf_gan.callbacks.ForOptimizer(keras.callbacks.LambdaCallback(**calls), "generator")
    gan(jit_compile=False).fit(IMAGES[:32], batch_size=32, callbacks=[only], verbose=0)
    assert heard == hooks


def test_a_callback_of_one_optimizer_knows_the_training_and_the_model():
    class Half(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch + 1 == self.params["epochs"] // 2:
                self.model.stop_training = True
                self.model.optimizer.learning_rate = 1e-9

    model = gan(jit_compile=False)
    only = tf_gan.callbacks.ForOptimizer(Half(), "generator")
    history = model.fit(IMAGES, batch_size=32, epochs=6, callbacks=[only], verbose=0)
    assert history.epoch == [0, 1, 2]
    rates = [model.generator_optimizer.learning_rate, model.discriminator_optimizer.learning_rate]
    assert float(rates[0]) == pytest.approx(1e-9) and float(rates[1]) > 1e-6


@pytest.mark.parametrize(
    ("callback", "message"),
    [
        (keras.callbacks.SwapEMAWeights(), r"moving_average=0\.999"),
        (keras.callbacks.TerminateOnNaN(), r"tf_gan\.callbacks\.Health\(\)"),
        (keras.callbacks.BackupAndRestore("backup"), r"tf_gan\.callbacks\.Checkpoints"),
        (keras.callbacks.EarlyStopping(patience=1), r"'val_loss'.*'generator_loss'.*mode='min'"),
        (keras.callbacks.ReduceLROnPlateau("loss"), r"follows the log 'loss'"),
        (keras.callbacks.ModelCheckpoint("best.keras", save_best_only=True), "'val_loss'"),
    ],
)
def test_callbacks_of_keras_without_an_effect_are_refused_in_words(callback, message):
    with pytest.raises(UserError, match=f"{type(callback).__name__}.*{message}"):
        gan().fit(IMAGES, callbacks=[callback], verbose=0)


def test_a_callback_does_not_train_within_fit():
    model = gan()
    train = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: model.train_on_batch(IMAGES[:8])
    )
    with pytest.raises(UserError, match="`train_on_batch` outside of `fit`"):
        model.fit(IMAGES, callbacks=[train], verbose=0)
    step = int(model.step.numpy())
    model.train_on_batch(IMAGES[:8])
    assert int(model.step.numpy()) == step + 1


@pytest.mark.parametrize("name", ["class_weight", "sample_weight", "validation_split"])
def test_arguments_without_a_meaning_are_refused(name):
    value = {"class_weight": {0: 1.0}, "sample_weight": np.ones(96), "validation_split": 0.2}[name]
    with pytest.raises(UserError, match=name):
        gan().fit(IMAGES, **{name: value}, verbose=0)


@pytest.mark.parametrize("method", ["evaluate", "train_on_batch", "test_on_batch"])
@pytest.mark.parametrize("kind", ["gan", "translation"])
def test_weights_of_images_are_refused(method, kind):
    model, y = gan(), None
    if kind == "translation":
        model.to_batch, y = functools.partial(tf_gan.Pix2Pix.to_batch, model), IMAGES
    with pytest.raises(UserError, match="`sample_weight` is not supported"):
        getattr(model, method)(IMAGES, y, sample_weight=np.ones(96, np.float32))


def test_partial_batches_of_evaluations_are_refused_on_a_tpu(monkeypatch):
    model = gan()
    monkeypatch.setattr(tf.distribute, "TPUStrategy", type(tf.distribute.get_strategy()))
    for evaluate in (
        lambda: model.evaluate(IMAGES, None, 36),
        lambda: model.evaluate(IMAGES, batch_size=36),
        lambda: model.fit(IMAGES, validation_data=IMAGES, validation_batch_size=36),
        lambda: model.fit(IMAGES, validation_data=IMAGES[:20]),
    ):
        with pytest.raises(UserError, match="On a TPU every batch has the same size"):
            evaluate()


def test_weights_that_became_nan_are_told_of_without_health():
    model = gan(rate=1e30)
    with pytest.warns(UserWarning, match=r"NaN or infinite \(discriminator/") as seen:
        model.fit(IMAGES, batch_size=32, epochs=3, verbose=0)
    assert seen[0].filename == __file__


def test_steps_of_a_call_run_in_one_program_on_two_replicas(mirrored, monkeypatch):
    """12 steps, 3 a call: 4 calls of the program of several steps."""
    calls, original = [], loop._many_replicated_steps

    def counted(model, run):
        steps_of = original(model, run)
        return lambda iterator, steps: calls.append(int(steps)) or steps_of(iterator, steps)

    monkeypatch.setattr(loop, "_many_replicated_steps", counted)
    with mirrored.scope():
        model = gan(steps_per_execution=3)
    model.fit(IMAGES, batch_size=16, epochs=2, verbose=0)
    assert int(model.step.numpy()) == 12 and calls == [3, 3, 3, 3]
    one = gan()
    one.fit(IMAGES, batch_size=16, epochs=2, verbose=0)
    for a, b in zip(one.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


# === compile ===


def test_steps_per_execution_is_checked():
    for value in (0, True, 2.0):
        with pytest.raises(UserError, match=f"steps_per_execution={value}"):
            gan(steps_per_execution=value)
    assert gan(steps_per_execution=np.int64(2)).steps_per_execution == 2


@pytest.mark.parametrize("arguments", [{"optimizer": "adam"}, {"metrics": ["mse"]}])
def test_arguments_of_other_keras_models_are_refused_in_words(arguments):
    model = tf_gan.GAN(*networks(), latent_dim=3)
    with pytest.raises(UserError, match="generator_optimizer"):
        model.compile(**arguments)


def test_an_optimizer_of_other_variables_is_refused():
    model = gan()
    model.discriminator.layers[0].trainable = False
    model.compile(keras.optimizers.SGD(0.1), optimizer := keras.optimizers.SGD(0.1))
    model.discriminator.layers[0].trainable = True
    with pytest.raises(UserError, match="built for other variables"):
        model.compile(keras.optimizers.SGD(0.1), optimizer)


def test_a_frozen_network_is_warned_of():
    model = gan()
    model.discriminator.trainable = False
    with pytest.warns(UserWarning, match="discriminator has no weights that are trained") as seen:
        model.compile()
    assert seen[0].filename == __file__


def test_shared_layers_are_warned_of():
    shared = keras.layers.Dense(6, activation="tanh")
    generator = keras.Sequential([keras.Input((6,)), shared])
    discriminator = keras.Sequential([keras.Input((6,)), shared, keras.layers.Dense(1)])
    model = tf_gan.GAN(generator, discriminator, latent_dim=6)
    with pytest.warns(UserWarning, match="cannot load a .keras file") as seen:
        model.compile()
    assert seen[0].filename == __file__


def test_float64_with_a_moving_average():
    with dtype_policy("float64"):
        model = gan(arguments={"moving_average": 0.9})
    model.fit(IMAGES.astype(np.float64), batch_size=32, verbose=0)
    assert np.isfinite(model.generate(3, seed=0)).all()


def test_integers_of_numpy():
    one, two = gan(discriminator_steps=2), gan(discriminator_steps=np.int64(2))
    one.fit(IMAGES, batch_size=16, verbose=0)
    two.fit(IMAGES, batch_size=np.int64(16), verbose=0)
    np.testing.assert_array_equal(one.generate(3, seed=0), two.generate(3, seed=0))
    for wrong in ({"batch_size": 7.5}, {"batch_size": 0}, {"steps_per_epoch": 0}):
        with pytest.raises(UserError, match=rf"`{next(iter(wrong))}`\. Expected an integer >= 1"):
            one.fit(IMAGES, verbose=0, **wrong)


class Old(tf_gan.GAN):
    @classmethod
    def from_config(cls, config):
        return cls(**keras.saving.deserialize_keras_object(config))


def test_names_of_classes_are_saved(tmp_path):
    model = gan()
    model.save(tmp_path / "gan.keras")
    custom = {"GAN": Old, "tf_gan>GAN": Old}
    again = keras.saving.load_model(tmp_path / "gan.keras", custom_objects=custom)
    assert again.class_names == ()
    model.class_names = ("cat", "dog")
    model.save(tmp_path / "gan.keras")
    assert keras.saving.load_model(tmp_path / "gan.keras").class_names == ("cat", "dog")


class Unregistered(keras.layers.Dense):
    """A layer that a .keras file cannot bring back by itself."""


def test_saving_warns_of_classes(tmp_path, recwarn):
    gan().save(tmp_path / "gan.keras")
    assert not [each for each in recwarn.list if "by its name" in str(each.message)]
    with pytest.warns(UserWarning, match="Unregistered'> is saved by its name alone"):
        gan(dense=Unregistered).save(tmp_path / "gan.keras")


def test_saving_warns_of_functions(tmp_path):
    def critic(real, fake):
        return tf.reduce_mean(fake - real), -tf.reduce_mean(fake)

    model = gan(loss=critic)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.save(tmp_path / "gan.keras")
    assert any("register_keras_serializable" in str(warning.message) for warning in caught)


@pytest.mark.parametrize(
    "loss", [lambda real, fake: (real, fake), lambda real, fake: tf.reduce_mean(real)]
)
def test_a_loss_function_returns_two_scalars(loss):
    with pytest.raises(UserError, match="two scalars"):
        gan(loss=loss).train_on_batch(IMAGES)


def test_a_generator_with_two_outputs_is_refused():
    inputs = keras.Input((3,))
    outputs = [keras.layers.Dense(6)(inputs) for _ in range(2)]
    with pytest.raises(UserError, match=r"the generator to have one output.*Received: 2"):
        tf_gan.GAN(keras.Model(inputs, outputs), networks()[1], latent_dim=3)


class Extra(tf_gan.GAN):
    """The example of CONTRIBUTING.md."""

    def generator_terms(self, real, fake, labels):
        loss, logs = super().generator_terms(real, fake, labels)
        extra = 0.1 * tf.reduce_mean(tf.square(fake[0]))
        return loss + extra, {**logs, "extra": extra}


def test_a_new_term_needs_nothing_but_its_hook():
    model = Extra(*networks(), latent_dim=3)
    model.compile()
    assert np.isfinite(model.fit(IMAGES, verbose=0).history["extra"]).all()


def test_each_batch_of_an_evaluation_has_its_own_latents():
    model = gan()
    one, two = (
        model.evaluate(np.tile(IMAGES[:32], (n, 1)), batch_size=32, verbose=0, return_dict=True)
        for n in (1, 2)
    )
    assert one["D(x)"] == pytest.approx(two["D(x)"], rel=1e-6)
    assert one["D(G(z))"] != pytest.approx(two["D(G(z))"], rel=1e-6)
