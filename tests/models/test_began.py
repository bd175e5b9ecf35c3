import keras
import numpy as np
import pytest
import tensorflow as tf
from support.routine import check_forms, check_resume, check_trains, check_two_replicas

import tf_gan
from tf_gan.errors import UserError
from tf_gan.training.rng import Stream

SHAPE = (8, 8, 1)
IMAGES = np.random.default_rng(0).uniform(-1, 1, (96, *SHAPE)).astype(np.float32)


def small(arguments=None, **compile_arguments):
    keras.utils.set_random_seed(0)
    layers = keras.layers
    generator = keras.Sequential(
        [keras.Input((4,)), layers.Dense(16, "elu"), layers.Dense(64), layers.Reshape(SHAPE)]
    )
    encoder = [keras.Input(SHAPE), layers.Flatten(), layers.Dense(16, "elu"), layers.Dense(6)]
    discriminator = keras.Sequential([*encoder, layers.Dense(64), layers.Reshape(SHAPE)])
    # A large gain, so that k moves within a few steps; M over two steps.
    gan = tf_gan.BEGAN(
        generator,
        discriminator,
        4,
        **({"lambda_k": 0.5, "patience": 2, "moving_average": 0.9} | (arguments or {})),
    )
    gan.compile(
        **(
            {
                "generator_optimizer": keras.optimizers.Adam(2e-3),
                "discriminator_optimizer": keras.optimizers.Adam(2e-3),
            }
            | compile_arguments
        )
    )
    return gan


def linear(eta=1, **compile_arguments):
    """Three pixels, two latents, linear players."""
    normal = keras.initializers.RandomNormal
    g = keras.Sequential(
        [
            keras.Input((2,)),
            keras.layers.Dense(3, use_bias=False, kernel_initializer=normal(seed=1)),
        ]
    )
    d = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(3, use_bias=False, kernel_initializer=normal(seed=2)),
        ]
    )
    gan = tf_gan.BEGAN(g, d, 2, gamma=0.5, lambda_k=0.1, eta=eta, patience=None, seed=5)
    gan.compile(keras.optimizers.SGD(0.3), keras.optimizers.SGD(0.2), **compile_arguments)
    return gan, g.get_weights()[0].astype(np.float64), d.get_weights()[0].astype(np.float64)


@pytest.mark.parametrize("eta", [1, 2])
def test_a_step_matches_the_formulas_of_the_paper(eta):
    """Recomputed in NumPy: D descends L(x) - k L(G(z)), then G descends L(G(z)) of
    fresh noise, then k follows.
    """
    gan, w_g, w_d = linear(eta)
    gan.k.assign(0.4)
    x = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    z_d, z_g = (
        gan.sample_latents(6, Stream(5, 0, draw).fold(1).fold(0)).numpy() for draw in (0, 1)
    )
    logs = gan.train_on_batch(x, return_dict=True)

    def error(v, w):
        return np.mean(np.abs(v - v @ w) ** eta)

    def slope(v, w):  # Of the error with respect to v - v @ w.
        difference = v - v @ w
        return (np.sign(difference) if eta == 1 else 2 * difference) / difference.size

    fakes = z_d @ w_g
    moved_d = w_d - 0.2 * (-(x.T @ slope(x, w_d)) + 0.4 * fakes.T @ slope(fakes, w_d))
    fakes_g = z_g @ w_g
    slope_g = slope(fakes_g, moved_d)
    # The error depends on v through v and through D(v).
    moved_g = w_g - 0.3 * z_g.T @ (slope_g - slope_g @ moved_d.T)
    np.testing.assert_allclose(gan.discriminator.get_weights()[0], moved_d, atol=1e-5)
    np.testing.assert_allclose(gan.generator.get_weights()[0], moved_g, atol=1e-5)
    real, fake = error(x, w_d), error(fakes_g, moved_d)
    assert logs["L(x)"] == pytest.approx(real, abs=1e-5)
    assert logs["generator_loss"] == pytest.approx(fake, abs=1e-5)
    assert logs["discriminator_loss"] == pytest.approx(real - 0.4 * error(fakes, w_d), abs=1e-5)
    assert logs["k"] == pytest.approx(0.4)
    assert logs["M"] == pytest.approx(real + abs(0.5 * real - fake), abs=1e-5)
    assert gan.k.numpy() == pytest.approx(np.clip(0.4 + 0.1 * (0.5 * real - fake), 0, 1), abs=1e-5)


def adapt(gan, real, fake):
    gan.end_step({"L(x)": tf.constant(real), "generator_loss": tf.constant(fake)})
    gan.step.assign_add(1)
    return float(gan.k.numpy())


def test_k_saturates_at_both_ends():
    gan = small({"lambda_k": 0.3, "gamma": 0.5})
    # 0.3 (0.5 1 - 0.1) = 0.12 a step.
    assert [adapt(gan, 1.0, 0.1) for _ in range(9)] == pytest.approx(
        [0.12, 0.24, 0.36, 0.48, 0.6, 0.72, 0.84, 0.96, 1.0], abs=1e-6
    )
    assert adapt(gan, 1.0, 0.5) == 1.0  # In balance.
    # 0.3 (0.5 1 - 1.5) = -0.3 a step.
    assert [adapt(gan, 1.0, 1.5) for _ in range(5)] == pytest.approx(
        [0.7, 0.4, 0.1, 0.0, 0.0], abs=1e-6
    )


def test_k_goes_to_the_equilibrium_of_a_linear_answer():
    """Where the error of the fakes answers by 0.1 + 0.8 k, gamma L(x) = 0.5 is met at k =
    0.5, and k_t = 0.5 (1 - (1 - 0.8 lambda_k)^t).
    """
    gan = small({"lambda_k": 0.25, "gamma": 0.5})
    found = [adapt(gan, 1.0, 0.1 + 0.8 * float(gan.k.numpy())) for _ in range(20)]
    expected = [0.5 * (1 - 0.8**t) for t in range(1, 21)]
    assert found == pytest.approx(expected, abs=1e-6)


def test_k_in_training_follows_the_logs_of_each_step():
    gan = small({"lambda_k": 0.3, "gamma": 0.9})
    k = 0.0
    for _ in range(12):
        gan.reset_metrics()
        logs = gan.train_on_batch(IMAGES[:32], return_dict=True)
        assert logs["k"] == pytest.approx(k, abs=1e-5)
        k = np.clip(k + 0.3 * (0.9 * logs["L(x)"] - logs["generator_loss"]), 0, 1)
    assert k > 0.01


def test_the_measure_is_at_least_the_error_of_real_images():
    gan = small({"gamma": 0.7})
    for real, fake in np.random.default_rng(0).uniform(0, 2, (20, 2)):
        balance, measure = gan.convergence({"L(x)": real, "generator_loss": fake})
        assert float(measure) >= real
        assert float(measure) == pytest.approx(real + abs(0.7 * real - fake), abs=1e-6)
        assert float(balance) == pytest.approx(0.7 * real - fake, abs=1e-6)
    assert float(gan.convergence({"L(x)": 1.0, "generator_loss": 0.7})[1]) == pytest.approx(1.0)


def test_both_rates_are_halved_when_the_measure_stalls():
    gan = small({"gamma": 0.5, "patience": 2, "smallest_rate": 3e-4})
    rates = []
    # In balance M is the error of the real images. Means over two steps: 1, 0.8
    # (lower), 0.9 (not), 0.7 (lower), 0.7 (not), 2 (not), 3 (not).
    for real in (1.2, 0.8, 0.8, 0.8, 1.0, 0.8, 0.7, 0.7, 0.7, 0.7, 2.0, 2.0, 3.0, 3.0):
        adapt(gan, real, 0.5 * real)
        rates.append([float(side.optimizer.learning_rate.numpy()) for side in gan.objectives])
    # The floor is above a quarter of a thousandth.
    expected = [2e-3] * 5 + [1e-3] * 4 + [5e-4] * 2 + [3e-4] * 3
    np.testing.assert_allclose(rates, np.array([expected, expected]).T, rtol=1e-6)


def test_a_rate_below_the_floor_stays():
    gan = small({"patience": 1, "smallest_rate": 1.0})
    for _ in range(3):
        adapt(gan, 1.0, 0.5)
    assert float(gan.generator_optimizer.learning_rate.numpy()) == pytest.approx(2e-3)


NAMES = {"discriminator_loss", "generator_loss", "L(x)", "k", "M", "learning_rate"}


def test_trains():
    check_trains(
        lambda: small(penalties="r1", discriminator_steps=2), IMAGES, NAMES | {"gradient_penalty"}
    )


def test_simultaneous_updates_take_both_errors_from_one_draw():
    gan, w_g, w_d = linear(updates="simultaneous")
    x = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    fakes = gan.sample_latents(6, Stream(5, 0, 0).fold(1).fold(0)).numpy() @ w_g
    gan.train_on_batch(x)
    balance = 0.5 * np.abs(x - x @ w_d).mean() - np.abs(fakes - fakes @ w_d).mean()
    assert gan.k.numpy() == pytest.approx(np.clip(0.1 * balance, 0, 1), abs=1e-6)


@pytest.mark.slow
def test_forms_agree():
    check_forms(small, IMAGES)


@pytest.mark.slow
def test_stopping_and_going_on_is_the_same_run(tmp_path):
    # 12 steps: in the middle of a mean.
    check_resume(lambda: small({"patience": 5}), IMAGES, tmp_path)
    # What survived is not what it started from.
    part = keras.saving.load_model(tmp_path / "model.keras")
    assert part.k.numpy() > 0 and part.measure_sum.numpy() > 0
    assert np.isfinite(part.lowest_measure.numpy())


@pytest.mark.parametrize("jit_compile", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_two_replicas_do_what_one_does(mirrored, jit_compile):
    check_two_replicas(small, IMAGES, mirrored, forms=(jit_compile,))


@pytest.mark.slow
def test_the_error_falls_on_digits():
    keras.utils.set_random_seed(0)
    began = tf_gan.networks.get("began")
    gan = tf_gan.BEGAN(
        began.build_generator(SHAPE, 8, filters=8),
        began.build_discriminator(SHAPE, filters=8, code_dim=8),
        8,
        data_range=(-1, 1),
    )
    gan.compile(keras.optimizers.Adam(2e-3), keras.optimizers.Adam(2e-3), steps_per_execution=28)
    history = gan.fit(tf_gan.data.digits(), batch_size=64, epochs=8, verbose=0).history
    assert history["L(x)"][-1] < 0.5 * history["L(x)"][0]
    images = tf_gan.data.digits()[:50].arrays()
    error = np.abs(gan.reconstruct(images) - images).mean()
    assert error == pytest.approx(history["L(x)"][-1], rel=0.25)


def test_evaluate_has_the_measure():
    gan = small()
    logs = gan.evaluate(IMAGES, batch_size=96, verbose=0, return_dict=True)
    assert set(logs) == {"discriminator_loss", "generator_loss", "L(x)", "M"}
    assert logs["L(x)"] == pytest.approx(np.abs(gan.reconstruct(IMAGES) - IMAGES).mean(), abs=1e-5)
    assert logs["M"] == pytest.approx(
        logs["L(x)"] + abs(0.5 * logs["L(x)"] - logs["generator_loss"]), abs=1e-5
    )


def test_the_discriminator_must_be_an_auto_encoder():
    layers = keras.layers
    generator = keras.Sequential([keras.Input((4,)), layers.Dense(64), layers.Reshape(SHAPE)])
    logit = keras.Sequential([keras.Input(SHAPE), layers.Flatten(), layers.Dense(1)])
    with pytest.raises(
        UserError,
        match=r"auto-encoder: expected one output .* \(None, 8, 8, 1\)\. Received: \(None, 1\)",
    ):
        tf_gan.BEGAN(generator, logit, 4)
    smaller = keras.Sequential([keras.Input(SHAPE), layers.Conv2D(1, 3)])
    with pytest.raises(UserError, match=r"Received: \(None, 6, 6, 1\)"):
        tf_gan.BEGAN(generator, smaller, 4)


@pytest.mark.parametrize(
    "arguments",
    [
        {"gamma": 0.0},
        {"gamma": 1.5},
        {"lambda_k": 0.0},
        {"eta": 3},
        {"patience": 0},
        {"patience": 1.5},
        {"smallest_rate": -1.0},
    ],
    ids=str,
)
def test_bad_arguments(arguments):
    ((name, value),) = arguments.items()
    with pytest.raises(UserError, match=f"`{name}`.*Received: {name}={value}"):
        small(arguments)


def test_a_rate_on_a_schedule_cannot_be_halved():
    schedule = keras.optimizers.schedules.ExponentialDecay(1e-3, 10, 0.9)
    with pytest.raises(UserError, match="patience=None"):
        small(generator_optimizer=keras.optimizers.Adam(schedule))
    small({"patience": None}, generator_optimizer=keras.optimizers.Adam(schedule)).fit(
        IMAGES, batch_size=32, epochs=1, verbose=0
    )


def test_images_to_reconstruct_must_fit():
    with pytest.raises(UserError, match="8, 8, 1"):
        small().reconstruct(IMAGES[:, :4])
