import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import expit as sigmoid
from support.networks import dtype_policy
from support.routine import check_forms, check_resume, largest_difference
from support.small import linear_layer

import tf_gan
from tf_gan.errors import UserError
from tf_gan.models import Batch
from tf_gan.training.rng import Stream

SHAPE = (8, 8, 1)


def networks(generator_activation="tanh", dropout=0.0, normalize=False):
    generator = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(16, use_bias=not normalize)]
    )
    if normalize:
        generator.add(keras.layers.BatchNormalization())
    for layer in (
        keras.layers.LeakyReLU(0.2),
        keras.layers.Dense(64, activation=generator_activation),
        keras.layers.Reshape(SHAPE),
    ):
        generator.add(layer)
    discriminator = keras.Sequential(
        [
            keras.Input(SHAPE),
            keras.layers.Flatten(),
            keras.layers.Dense(16, "relu"),
            keras.layers.Dropout(dropout),
            keras.layers.Dense(1),
        ]
    )
    return generator, discriminator


def compiled(gan_arguments=None, *, seed=0, dropout=0.0, normalize=False, **compile_arguments):
    keras.utils.set_random_seed(seed)
    gan = tf_gan.GAN(
        *networks(dropout=dropout, normalize=normalize), latent_dim=4, **(gan_arguments or {})
    )
    gan.compile(**compile_arguments)
    return gan


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).uniform(-1, 1, (96, *SHAPE)).astype(np.float32)


# === Algorithm 1 ===


def linear_players():
    """G(z) = z W and D(x) = x v."""
    return (
        keras.Sequential([keras.Input((2,)), linear_layer(3, seed=1)]),
        keras.Sequential([keras.Input((3,)), linear_layer(1, seed=2)]),
    )


def test_a_step_of_plain_descent_matches_the_formulas_of_algorithm_1(images):
    """One step with linear players, recomputed here in NumPy: D first, then G against
    the moved D, each with its own noise.
    """
    g, d = linear_players()
    gan = tf_gan.GAN(g, d, latent_dim=2, seed=5, moving_average=0.9)
    gan.compile(keras.optimizers.SGD(0.3), keras.optimizers.SGD(0.2), loss="non_saturating")
    w_g, w_d = g.get_weights()[0].astype(np.float64), d.get_weights()[0].astype(np.float64)
    x = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    latents = [gan.latents_of(6, step=0, substep=substep).numpy() for substep in (0, 1)]

    logs = gan.train_on_batch(x, return_dict=True)
    fakes = latents[0] @ w_g
    value = np.mean(np.log(sigmoid(x @ w_d))) + np.mean(np.log(1 - sigmoid(fakes @ w_d)))
    # Ascends V.
    moved_d = w_d + 0.2 * (x.T @ (1 - sigmoid(x @ w_d)) - fakes.T @ sigmoid(fakes @ w_d)) / 6
    # Of log D(G(z)), with fresh noise and the moved D.
    slopes = 1 - sigmoid(latents[1] @ w_g @ moved_d)
    moved_g = w_g + 0.3 * latents[1].T @ (slopes @ moved_d.T) / 6
    np.testing.assert_allclose(d.get_weights()[0], moved_d, atol=1e-6)
    np.testing.assert_allclose(g.get_weights()[0], moved_g, atol=1e-6)
    # (1 + 0) / (10 + 0) is below the decay.
    np.testing.assert_allclose(
        gan.average_generator.get_weights()[0], 0.1 * w_g + 0.9 * moved_g, atol=1e-6
    )
    assert logs["V(D,G)"] == pytest.approx(value, abs=1e-5)
    assert logs["discriminator_loss"] == pytest.approx(-value, abs=1e-5)
    assert logs["D(x)"] == pytest.approx(np.mean(sigmoid(x @ w_d)), abs=1e-5)
    assert logs["D(G(z))"] == pytest.approx(np.mean(sigmoid(fakes @ w_d)), abs=1e-5)
    assert logs["generator_loss"] == pytest.approx(
        -np.mean(np.log(sigmoid(latents[1] @ w_g @ moved_d))), abs=1e-5
    )


def test_simultaneous_updates_start_from_the_same_weights_and_noise():
    g, d = linear_players()
    gan = tf_gan.GAN(g, d, latent_dim=2, seed=5)
    gan.compile(keras.optimizers.SGD(0.3), keras.optimizers.SGD(0.2), updates="simultaneous")
    w_g, w_d = g.get_weights()[0].astype(np.float64), d.get_weights()[0].astype(np.float64)
    z = gan.latents_of(6, step=0, substep=0).numpy()
    gan.train_on_batch(np.ones((6, 3), np.float32))
    slopes = 1 - sigmoid(z @ w_g @ w_d)
    np.testing.assert_allclose(
        g.get_weights()[0], w_g + 0.3 * z.T @ (slopes @ w_d.T) / 6, atol=1e-6
    )


def test_k_steps_of_d_for_each_of_g_use_fresh_data(images):
    gan = compiled(discriminator_steps=3)
    seen = []
    original = gan.outputs
    gan.outputs = lambda x, batch, training=True: seen.append(x) or original(x, batch, training)
    gan.compile(discriminator_steps=3, run_eagerly=True)
    gan.fit(images, batch_size=16, epochs=1, verbose=0)
    # 96 images, 3 minibatches of 16 a step.
    assert gan.generator_optimizer.iterations.numpy() == gan.step.numpy() == 2
    assert gan.discriminator_optimizer.iterations.numpy() == 6
    seen = [x.numpy() for x in seen if hasattr(x, "numpy")]  # Not those of the log names.
    real = [x for x in seen if any((x[0] == image).all() for image in images)]
    rows = np.concatenate(real).reshape(-1, 64)
    assert len(real) == 6 and len(np.unique(rows, axis=0)) == 96


def test_each_side_moves_its_own_weights_only(images):
    gan = compiled(normalize=True)
    discriminator, generator = gan.objectives
    for side, still in ((discriminator, generator), (generator, discriminator)):
        before = [v.numpy() for v in side.variables], [v.numpy() for v in still.variables]
        gan.update((side,), Batch(tf.constant(images[:32])), substep=0)
        assert all(
            (a != v.numpy()).any()
            for a, v in zip(before[0], side.variables, strict=True)
            if "bias" not in v.path or "dense" in v.path
        )
        assert all((a == v.numpy()).all() for a, v in zip(before[1], still.variables, strict=True))


@pytest.mark.parametrize("loss", sorted(tf_gan.losses.LOSSES))
def test_every_loss_and_penalty_trains(images, loss):
    penalty = {"wasserstein": "wgan_gp", "hinge": "dragan", "relativistic": ["r1", "r2"]}.get(
        loss, ()
    )
    gan = compiled(loss=loss, penalties=penalty)
    history = gan.fit(images, batch_size=32, epochs=2, verbose=0).history
    seen = {"V(D,G)", "D(x)", "D(G(z))"} if "saturating" in loss or loss == "minimax" else None
    names = {"discriminator_loss", "generator_loss"} | (seen or {"logit(x)", "logit(G(z))"})
    assert set(history) == names | ({"gradient_penalty"} if penalty else set())
    assert np.isfinite([value for values in history.values() for value in values]).all()


def test_learns_the_mean_of_a_gaussian():
    keras.utils.set_random_seed(0)
    data = tf_gan.data.gaussians_1d(4096, means=(3.0,), deviation=0.5)
    points = tf_gan.networks.get("points")
    gan = tf_gan.GAN(
        points.build_generator((1,), 1, units=(16,)),
        points.build_discriminator((1,), units=(16, 16)),
        1,
        moving_average=0.99,
    )
    gan.compile(
        *(keras.optimizers.Adam(2e-3, beta_1=0.5) for _ in range(2)),
        penalties=tf_gan.penalties.R1(0.1),
        steps_per_execution=32,
    )
    gan.fit(data, batch_size=128, epochs=40, verbose=0)
    samples = gan.generate(4000, seed=1)
    assert samples.mean() == pytest.approx(3.0, abs=0.15)
    assert 0.2 < samples.std() < 1.0  # The width takes longer.


# === One step in many forms ===


def test_steps_per_execution_changes_nothing(images):
    one, five = (
        compiled(dropout=0.5, jit_compile=False),
        compiled(dropout=0.5, jit_compile=False, steps_per_execution=4),
    )
    for gan in (one, five):
        # 6 steps an epoch: the second call of 4 must stop at the epoch's end.
        gan.fit(images, batch_size=16, epochs=2, verbose=0)
    assert largest_difference(one, five) == 0
    assert five.step.numpy() == 12


def test_xla_eager_and_graph_agree(images):
    def make(**form):
        return compiled({"moving_average": 0.9}, normalize=True, penalties="r1", **form)

    check_forms(make, images)


def test_stopping_and_going_on_is_the_same_run(images, tmp_path):
    check_resume(lambda: compiled({"moving_average": 0.9}, dropout=0.5), images, tmp_path)


@pytest.mark.slow
def test_seed_decides(images):
    gans = [compiled({"seed": seed}) for seed in (1, 1, 2)]
    for gan in gans:
        gan.fit(images, batch_size=32, epochs=1, verbose=0)
    assert largest_difference(gans[0], gans[1]) == 0
    assert largest_difference(gans[0], gans[2]) > 1e-5


# === fit, evaluate, predict, generate ===


class Batches(keras.utils.PyDataset):
    def __init__(self, images):
        super().__init__()
        self.images = images

    def __len__(self):
        return 3

    def __getitem__(self, index):
        return self.images[32 * index : 32 * index + 32]


def generator_of(images):
    while True:
        for start in range(0, 96, 32):
            yield images[start : start + 32]


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("array", {"batch_size": 32}),
        ("examples", {"batch_size": 32}),
        ("dataset", {}),
        ("labelled dataset", {}),
        ("PyDataset", {}),
        ("generator", {"steps_per_epoch": 3}),
    ],
)
def test_fit_takes_all_kinds_of_data(images, kind, arguments):
    labels = np.arange(96) % 10
    data = {
        "array": images,
        "examples": tf_gan.data.Examples(tf_gan.data.to_uint8(images, (-1, 1)), labels),
        "dataset": tf.data.Dataset.from_tensor_slices(images).batch(32),
        "labelled dataset": tf.data.Dataset.from_tensor_slices((images, labels)).batch(32),
        "PyDataset": Batches(images),
        "generator": generator_of(images),
    }[kind]
    gan = compiled(steps_per_execution=2)
    gan.fit(data, epochs=2, verbose=0, **arguments)
    assert gan.step.numpy() == 6


def test_a_partial_last_batch_of_a_dataset_is_left_out(images):
    gan = compiled()
    gan.fit(tf.data.Dataset.from_tensor_slices(images[:90]).batch(32), epochs=2, verbose=0)
    assert gan.step.numpy() == 4


def test_sides_that_move_at_once_share_their_passes(images, monkeypatch):
    passes = []
    original = tf_gan.GAN.forward
    monkeypatch.setattr(
        tf_gan.GAN,
        "forward",
        lambda *arguments, **options: passes.append(1) or original(*arguments, **options),
    )
    counts = []
    for updates in ("simultaneous", "alternating"):
        gan = compiled()
        gan.compile(updates=updates, run_eagerly=True)
        gan.make_train_function()  # Runs the losses once, on symbols.
        passes.clear()
        gan.train_on_batch(images[:16])
        counts.append(len(passes))
    assert counts == [1, 2]


def test_an_epoch_that_is_no_continuation_has_all_its_steps(images):
    gan = compiled()
    gan.fit(images, batch_size=32, steps_per_epoch=2, verbose=0)
    gan.fit(images, batch_size=32, steps_per_epoch=5, verbose=0)
    assert gan.step.numpy() == 7
    gan.fit(images, batch_size=32, steps_per_epoch=10, initial_epoch=0, verbose=0)
    assert gan.step.numpy() == 10


def test_no_retracing_after_the_first_epoch(images):
    gan = compiled(steps_per_execution=2)
    traces = []
    original = gan.discriminator_loss
    gan.discriminator_loss = lambda *arguments: traces.append(1) or original(*arguments)
    gan.compile(steps_per_execution=2)
    gan.fit(images, batch_size=16, epochs=1, verbose=0)
    first = len(traces)
    gan.fit(images, batch_size=16, epochs=5, initial_epoch=1, verbose=0)
    assert first > 0 and len(traces) == first


def test_validation_data_and_callbacks(images):
    gan = compiled()
    stops = keras.callbacks.EarlyStopping(
        "val_discriminator_loss", patience=0, min_delta=100.0, mode="min"
    )
    history = gan.fit(
        images, batch_size=32, epochs=5, verbose=0, validation_data=images[:32], callbacks=[stops]
    ).history
    assert len(history["val_generator_loss"]) == 2


def test_evaluate_is_deterministic_and_matches_its_formula(images):
    gan = compiled()
    first, second = (
        gan.evaluate(images, batch_size=32, verbose=0, return_dict=True) for _ in range(2)
    )
    assert first == second
    assert first["V(D,G)"] == pytest.approx(-first["discriminator_loss"], abs=1e-6)
    assert gan.step.numpy() == 0


def test_generate_predict_and_call_use_the_average(images):
    gan = compiled({"moving_average": 0.5})
    gan.fit(images, batch_size=32, epochs=1, verbose=0)
    samples = gan.generate(10, seed=3, batch_size=4)
    latents = gan.sample_latents(10, Stream(3, -2)).numpy()
    np.testing.assert_allclose(
        samples, gan.average_generator.predict(latents, verbose=0), atol=1e-6
    )
    np.testing.assert_allclose(gan.predict(latents, verbose=0), samples, atol=1e-6)
    assert np.abs(samples - gan.generator.predict(latents, verbose=0)).max() > 1e-4
    assert samples.shape == (10, *SHAPE) and samples.dtype == np.float32
    assert np.abs(samples).max() <= 1
    np.testing.assert_array_equal(samples, gan.generate(10, seed=3, batch_size=4))
    assert (gan.generate(4) != gan.generate(4)).any()
    assert (gan.generate(4, seed=1) != gan.generate(4, seed=2)).any()


@pytest.mark.parametrize("shape", [(5, *SHAPE), (5, 7), (4,)])
def test_what_is_no_latents_is_refused(shape):
    """Such as images, by those who look for a classifier."""
    gan, message = compiled(), r"Expected latents of shape \(n, 4\).*`generate\(n\)`"
    for images in (gan.predict, gan.images_from):
        with pytest.raises(UserError, match=message):
            images(np.zeros(shape, np.float32))


def test_samples_follow_the_weights_after_more_training(images):
    gan = compiled()
    before = gan.generate(4, seed=0)
    gan.fit(images, batch_size=32, epochs=1, verbose=0)
    assert (before != gan.generate(4, seed=0)).any()


@pytest.mark.parametrize(
    ("prior", "low", "high"), [("normal", -6, 6), ((-1, 1), -1, 1), ((0.0, 3.0), 0, 3)]
)
def test_priors(prior, low, high):
    gan = compiled({"prior": prior})
    z = gan.sample_latents(4000, Stream(0)).numpy()
    assert z.shape == (4000, 4) and z.min() > low and z.max() < high
    expected = 1.0 if prior == "normal" else (high - low) / 12**0.5
    assert z.std() == pytest.approx(expected, rel=0.03)


def test_summary_has_all_networks():
    lines = []
    gan = compiled({"moving_average": 0.9})
    gan.summary(print_fn=lambda line, **_: lines.append(line))
    text = "\n".join(lines)
    for network in (gan.generator, gan.discriminator, gan.average_generator):
        assert network.name in text and f"{network.count_params():,}" in text


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.slow
def test_mixed_precision(images, policy):
    with dtype_policy(policy):
        gan = compiled({"moving_average": 0.9}, penalties="r1")
    scaled = [
        isinstance(o, keras.optimizers.LossScaleOptimizer)
        for o in (gan.generator_optimizer, gan.discriminator_optimizer)
    ]
    assert scaled == [policy == "mixed_float16"] * 2
    before = gan.get_weights()
    history = gan.fit(images, batch_size=32, epochs=2, verbose=0).history
    assert np.isfinite(list(history.values())).all()
    moved = [
        np.abs(a - b).max()
        for a, b in zip(before, gan.get_weights(), strict=True)
        if a.dtype == np.float32 and a.ndim == 2
    ]
    assert all(0 < distance < 0.1 for distance in moved)
    assert gan.generate(2, seed=0).dtype == np.float32


# === Saving ===


def test_a_compiled_gan_comes_back_whole(images, tmp_path):
    gan = compiled(
        {"moving_average": 0.9, "prior": (-1, 1), "seed": 7},
        loss=tf_gan.losses.NonSaturating(label_smoothing=0.1),
        penalties=[tf_gan.penalties.R1(0.5), "dragan"],
        discriminator_steps=2,
    )
    gan.fit(images, batch_size=16, epochs=1, verbose=0)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.saving.load_model(tmp_path / "gan.keras")
    assert largest_difference(gan, loaded) == 0
    assert json.dumps(loaded.get_compile_config()) == json.dumps(gan.get_compile_config())
    assert (loaded.prior, loaded.seed, loaded.data_range) == ((-1.0, 1.0), 7, (-1.0, 1.0))
    np.testing.assert_array_equal(gan.generate(3, seed=0), loaded.generate(3, seed=0))


@keras.saving.register_keras_serializable("tests")
def custom_loss(real_logits, fake_logits):
    return tf.reduce_mean(fake_logits - real_logits), -tf.reduce_mean(fake_logits)


@pytest.mark.slow
def test_a_registered_callable_loss_comes_back(images, tmp_path):
    gan, named = compiled(loss=custom_loss), compiled(loss="wasserstein")
    for each in (gan, named):
        each.fit(images, batch_size=32, epochs=1, verbose=0)
    assert largest_difference(gan, named) < 1e-6
    gan.save(tmp_path / "gan.keras")
    keras.saving.load_model(tmp_path / "gan.keras").fit(images, batch_size=32, epochs=1, verbose=0)


# === Errors ===


def test_players_must_fit():
    generator, discriminator = networks()
    with pytest.raises(
        UserError,
        match=r"generator does not take the latents, of shape \(None, 5\).*expects \(None, 4\)",
    ):
        tf_gan.GAN(generator, discriminator, latent_dim=5)
    other = keras.Sequential(
        [keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(1)]
    )
    with pytest.raises(
        UserError,
        match=(
            r"discriminator does not take the images of the generator, of shape \(None, 8, 8,"
            r" 1\).*\(None, 28, 28, 1\)"
        ),
    ):
        tf_gan.GAN(generator, other, latent_dim=4)
    with pytest.raises(UserError, match="end in a sigmoid"):
        probability = keras.Sequential(
            [
                keras.Input(SHAPE),
                keras.layers.Flatten(),
                keras.layers.Dense(1, activation="sigmoid"),
            ]
        )
        tf_gan.GAN(generator, probability, latent_dim=4)
    with pytest.raises(UserError, match="one logit"):
        tf_gan.GAN(
            generator,
            keras.Sequential([keras.Input(SHAPE), keras.layers.Flatten(), keras.layers.Dense(10)]),
            latent_dim=4,
        )
    with pytest.raises(UserError, match=r"`generator`.*keras\.Model.*str"):
        tf_gan.GAN("generator", discriminator, latent_dim=4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"latent_dim": 0}, "latent_dim=0"),
        ({"moving_average": 1.0}, "moving_average=1.0"),
        ({"prior": "gaussian"}, "prior='gaussian'"),
        ({"prior": (1, 0)}, r"prior=\(1, 0\)"),
        ({"prior": np.array([1, 0])}, r"prior=array\(\[1, 0\]\)"),
    ],
)
def test_bad_constructor_arguments(arguments, message):
    with pytest.raises(UserError, match=message):
        tf_gan.GAN(*networks(), **({"latent_dim": 4} | arguments))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"loss": "hing"}, r"Expected one of \['hinge'.*loss='hing'"),
        ({"discriminator_steps": 0}, "discriminator_steps=0"),
        ({"penalties": "r3"}, r"\['bcr', 'cr', .*'r2', 'wgan_gp'\].*'r3'"),
        ({"updates": "together"}, "updates='together'"),
        ({"updates": "simultaneous", "discriminator_steps": 2}, "discriminator_steps=2"),
    ],
)
def test_bad_compile_arguments(arguments, message):
    with pytest.raises(UserError, match=message):
        compiled(**arguments)


def test_one_optimizer_for_both_is_refused():
    adam = keras.optimizers.Adam()
    with pytest.raises(UserError, match="two optimizers"):
        compiled(generator_optimizer=adam, discriminator_optimizer=adam)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda x: np.where(np.arange(96)[:, None, None, None] == 50, np.nan, x),
            "NaN or infinity in image 50",
        ),
        (lambda x: tf.data.Dataset.from_tensor_slices(x[:0]).batch(32), "without a batch"),
        (lambda x: x[:, :-1], r"shape \(N, 8, 8, 1\)"),
        (lambda x: 1.5 * x, r"\[-1, 1\]"),
    ],
)
def test_bad_data_are_refused_before_training(images, change, message):
    gan = compiled()
    with pytest.raises(UserError, match=message):
        gan.fit(change(images), batch_size=32, verbose=0)
    assert gan.step.numpy() == 0


def test_other_ranges_of_examples_are_refused(images):
    with pytest.raises(UserError, match=r"images in \(-1.0, 1.0\), the data are in \(0.0, 1.0\)"):
        compiled().fit(
            tf_gan.data.Examples(tf_gan.data.to_uint8(images, (-1, 1)), value_range=(0.0, 1.0)),
            batch_size=32,
        )


@pytest.mark.parametrize("n", [0, -1, 2.5])
def test_generate_wants_a_number_of_images(n):
    with pytest.raises(UserError, match=r"`n`.*>= 1"):
        compiled().generate(n)


# === What users also do ===


@keras.saving.register_keras_serializable("tests")
class SubclassedGenerator(keras.Model):
    def __init__(self, units=8, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.hidden, self.output_layer = (
            keras.layers.Dense(units, "relu"),
            keras.layers.Dense(64, "tanh"),
        )

    def call(self, z):
        return keras.ops.reshape(self.output_layer(self.hidden(z)), (-1, *SHAPE))

    def get_config(self):
        return {"units": self.units}


def test_a_subclassed_generator_with_an_average(images):
    gan = tf_gan.GAN(
        SubclassedGenerator(), networks()[1], latent_dim=4, moving_average=0.9, data_range=(-1, 1)
    )
    gan.compile()
    gan.fit(images, batch_size=32, epochs=1, verbose=0)
    assert gan.generate(3, seed=0).shape == (3, *SHAPE)


def test_evaluation_weighs_images_not_batches(images):
    gan = compiled()
    uneven = gan.evaluate(images[:40], batch_size=32, verbose=0, return_dict=True)
    logits = gan.discriminator.predict(images[:40], verbose=0)
    assert uneven["D(x)"] == pytest.approx(float(np.mean(sigmoid(logits))), abs=1e-5)


def test_evaluation_takes_examples_and_refuses_what_training_refuses(images):
    gan = compiled()
    examples = tf_gan.data.Examples(tf_gan.data.to_uint8(images, (-1, 1)))
    values = gan.evaluate(examples, batch_size=32, verbose=0, return_dict=True)
    assert np.isfinite(list(values.values())).all()
    gan.fit(examples, batch_size=32, epochs=1, verbose=0, validation_data=examples)
    with pytest.raises(UserError, match="uint8"):
        gan.evaluate(examples.images, verbose=0)
    with pytest.raises(UserError, match=r"in \[-1, 1\]"):
        gan.evaluate(images * 3, verbose=0)


def test_a_generator_that_has_ended_is_not_an_epoch(images):
    gan = compiled()
    with pytest.raises(UserError, match="ended before the first step of an epoch"):
        gan.fit(iter([images[:32], images[32:64]]), epochs=2, verbose=0)
    assert gan.step.numpy() == 2
    with pytest.raises(UserError, match="ended before the first step"):
        compiled(discriminator_steps=3).fit(iter([images[:32], images[32:64]]), epochs=1, verbose=0)


@pytest.mark.usefixtures("automatic_xla")
def test_what_was_asked_of_xla_is_saved_not_what_it_came_to(tmp_path):
    gan = compiled()
    gan.save(tmp_path / "gan.keras")
    assert gan.jit_compile is True  # Dense layers.
    assert (
        keras.saving.load_model(tmp_path / "gan.keras").get_compile_config()["jit_compile"]
        == "auto"
    )


def test_no_range_is_guessed_behind_layers_that_change_values():
    generator = keras.Sequential([*networks()[0].layers, keras.layers.Rescaling(127.5, 127.5)])
    assert tf_gan.GAN(generator, networks()[1], latent_dim=4).data_range is None


def test_compiling_again_keeps_the_optimizers(images):
    gan = compiled()
    gan.fit(images, batch_size=32, epochs=1, verbose=0)
    gan.compile(gan.generator_optimizer, gan.discriminator_optimizer, loss="hinge")
    assert gan.generator_optimizer.iterations.numpy() == 3
    gan.fit(images, batch_size=32, epochs=2, initial_epoch=1, verbose=0)
    assert gan.generator_optimizer.iterations.numpy() == 6
