import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from support.routine import check_resume, check_trains, check_two_replicas

import tf_gan
from tf_gan.errors import UserError
from tf_gan.models import Batch
from tf_gan.networks import info_gan_mlp
from tf_gan.training.rng import Stream

SHAPE = (8, 8, 1)
IMAGES = np.random.default_rng(0).uniform(-1, 1, (96, *SHAPE)).astype(np.float32)
# Of a continuous code, whose Gaussian has variance 1.
LIMIT = math.log(2) - 0.5 * math.log(2 * math.pi)


def small(arguments=None, **compile_arguments):
    """Three numbers of noise, codes of 2 and 3 categories, one continuous code."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    generator = keras.Sequential(
        [
            keras.Input((9,)),
            layers.Dense(16, "relu"),
            layers.Dense(64, "tanh"),
            layers.Reshape(SHAPE),
        ]
    )
    discriminator = info_gan_mlp.build_discriminator(SHAPE, code_dim=6, units=(16, 8), code_units=8)
    gan = tf_gan.InfoGAN(
        generator,
        discriminator,
        9,
        **({"categorical": (2, 3), "continuous": 1} | (arguments or {})),
    )
    gan.compile(**compile_arguments)
    return gan


# === The codes ===


def test_latents_are_noise_then_categories_then_continuous_codes():
    gan = small({"prior": (2.0, 3.0)})
    z = gan.sample_latents(3000, Stream(0)).numpy()
    noise, two, three, continuous = np.split(z, [3, 5, 8], axis=1)
    assert noise.min() > 2 and noise.max() < 3
    for code in (two, three):
        assert set(np.unique(code)) == {0, 1}
        np.testing.assert_array_equal(code.sum(axis=1), 1)
        # 4 standard errors are 0.036 and 0.034.
        np.testing.assert_allclose(code.mean(axis=0), 1 / code.shape[1], atol=0.04)
    assert -1 < continuous.min() < -0.99 and 0.99 < continuous.max() < 1
    # Independent of each other: 4 standard errors of a correlation are 0.073.
    assert (
        np.abs(
            np.corrcoef(np.stack([noise[:, 0], two[:, 0], three[:, 0], continuous[:, 0]]))
            - np.eye(4)
        ).max()
        < 0.073
    )


def test_with_codes():
    gan = small()
    latents = gan.sample_latents(3, Stream(0)).numpy()
    changed = gan.with_codes(latents, [1, 0, 1], {0: [-2.0, 0.0, 2.0]})
    np.testing.assert_array_equal(changed[:, 3:5], [[0, 1], [1, 0], [0, 1]])
    np.testing.assert_array_equal(changed[:, 8], [-2, 0, 2])
    for kept in (slice(0, 3), slice(5, 8)):
        np.testing.assert_array_equal(changed[:, kept], latents[:, kept])
    np.testing.assert_array_equal(gan.with_codes(latents), latents)
    np.testing.assert_array_equal(gan.with_codes(latents, 0)[:, 3:5], [[1, 0]] * 3)


# === The bound ===


def codes_of(gan, n=1000):
    return gan.sample_latents(n, Stream(1))[:, -6:]


def test_q_that_knows_nothing_and_q_that_knows_all():
    gan = small()
    codes = codes_of(gan)
    nothing = gan.information(tf.zeros_like(codes), codes)
    assert float(nothing["categorical_information"]) == pytest.approx(0.0, abs=1e-5)
    # The mean square of U(-1, 1) is 1/3.
    assert float(nothing["continuous_information"]) == pytest.approx(
        LIMIT - 0.5 * float(tf.reduce_mean(codes[:, -1] ** 2)), abs=1e-5
    )
    everything = gan.information(tf.concat([100.0 * codes[:, :5], codes[:, 5:]], axis=1), codes)
    assert float(everything["categorical_information"]) == pytest.approx(
        math.log(2) + math.log(3), abs=1e-5
    )
    assert (
        float(everything["continuous_information"])
        == pytest.approx(LIMIT, abs=1e-5)
        == pytest.approx(-0.2258, abs=1e-4)
    )


def test_the_bound_is_the_mutual_information_for_the_true_posterior_and_lower_for_others():
    """A channel that flips a bit in one of ten cases: I(c; x) = log 2 - H(0.1)."""
    gan = small({"categorical": (2,), "continuous": 4})
    bits = np.random.default_rng(0).integers(0, 2, 20_000)
    seen = np.where(np.random.default_rng(1).uniform(size=bits.size) < 0.1, 1 - bits, bits)
    codes = np.concatenate([np.eye(2)[bits], np.zeros((bits.size, 4))], axis=1).astype(np.float32)

    def bound(belief):  # Q gives the bit that was seen this probability.
        outputs = np.zeros_like(codes)
        outputs[:, :2] = np.log(np.where(np.eye(2)[seen] > 0, belief, 1 - belief))
        return float(
            gan.information(tf.constant(outputs), tf.constant(codes))["categorical_information"]
        )

    information = math.log(2) + 0.1 * math.log(0.1) + 0.9 * math.log(0.9)
    # The standard error is log 9 (0.09 / 20,000)^0.5 = 0.005.
    assert bound(0.9) == pytest.approx(information, abs=0.02)
    assert bound(0.9) > bound(0.8) > bound(0.5) == pytest.approx(0.0, abs=1e-6)
    assert bound(0.9) > bound(0.97)


def test_both_sides_descend_the_bound():
    """The losses are those of the GAN, minus the weighted bounds, on the codes that the
    fakes were made from.
    """
    gan, plain = (
        small({"categorical_weight": 2.0, "continuous_weight": 0.5}),
        small({"categorical_weight": 0.0, "continuous_weight": 0.0}),
    )
    random = Stream(3)
    latents = gan.sample_latents(96, random.fold(0))
    logits, outputs = gan.discriminator(gan.generator(latents))
    bounds = gan.information(outputs, latents[:, -6:])
    for loss in ("discriminator_loss", "generator_loss"):
        batch = Batch(tf.constant(IMAGES))
        with_bound, logs, _ = getattr(gan, loss)(gan.forward(batch, random), batch, random)
        without = getattr(plain, loss)(plain.forward(batch, random), batch, random).value
        expected = 2.0 * bounds["categorical_information"] + 0.5 * bounds["continuous_information"]
        assert float(without - with_bound) == pytest.approx(float(expected), abs=1e-5)
    assert float(logs["categorical_information"]) == pytest.approx(
        float(bounds["categorical_information"]), abs=1e-5
    )
    assert float(without) == pytest.approx(float(tf.reduce_mean(tf.nn.softplus(-logits))), abs=1e-5)


def test_q_moves_with_d_and_g_does_not():
    gan = small()
    discriminator, generator = gan.objectives
    head = [v.numpy() for v in gan.discriminator.layers[-1].trainable_variables]
    g = [v.numpy() for v in generator.variables]
    gan.update((discriminator,), Batch(tf.constant(IMAGES[:32])), substep=0)
    assert all(
        (a != v.numpy()).any()
        for a, v in zip(head, gan.discriminator.layers[-1].trainable_variables, strict=True)
    )
    assert all((a == v.numpy()).all() for a, v in zip(g, generator.variables, strict=True))
    d = [v.numpy() for v in discriminator.variables]
    gan.update((generator,), Batch(tf.constant(IMAGES[:32])), substep=1)
    assert all((a != v.numpy()).any() for a, v in zip(g, generator.variables, strict=True))
    assert all((a == v.numpy()).all() for a, v in zip(d, discriminator.variables, strict=True))


def test_learns_to_say_the_code():
    """Three tight clusters, one code of three categories: nearly all of log 3 = 1.1
    nats comes through.
    """
    keras.utils.set_random_seed(0)
    means = np.array([[1.0, 0.0], [-0.5, 0.9], [-0.5, -0.9]])
    data = (
        means[np.random.default_rng(0).integers(0, 3, 4096)]
        + 0.05 * np.random.default_rng(1).normal(size=(4096, 2))
    ).astype(np.float32)
    generator = tf_gan.networks.get("points").build_generator((2,), 5, units=(32, 32))
    discriminator = info_gan_mlp.build_discriminator(
        (2,), code_dim=3, units=(32, 32), code_units=16
    )
    gan = tf_gan.InfoGAN(
        generator, discriminator, 5, categorical=(3,), continuous=0, moving_average=0.9
    )
    gan.compile(
        *(keras.optimizers.Adam(1e-3, 0.5) for _ in range(2)),
        penalties=tf_gan.penalties.R1(0.1),
        steps_per_execution=32,
    )
    history = gan.fit(data, batch_size=128, epochs=15, verbose=0).history
    assert history["categorical_information"][-1] > 0.95 * math.log(3)
    points = gan.images_from(
        gan.with_codes(
            np.tile(gan.sample_latents(200, Stream(2)), (3, 1)), np.repeat([0, 1, 2], 200)
        )
    )
    nearest = np.argmin(((points[:, None] - means) ** 2).sum(-1), axis=1).reshape(3, 200)
    # Each category keeps to one cluster.
    assert all(np.bincount(row, minlength=3).max() > 190 for row in nearest)


# === What every model can do ===

NAMES = {
    "discriminator_loss",
    "generator_loss",
    "V(D,G)",
    "D(x)",
    "D(G(z))",
    "categorical_information",
    "continuous_information",
}


def test_trains():
    check_trains(
        lambda: small(penalties="r1", discriminator_steps=2), IMAGES, NAMES | {"gradient_penalty"}
    )


@pytest.mark.slow
def test_stopping_and_going_on_is_the_same_run(tmp_path):
    check_resume(
        lambda: small({"moving_average": 0.9, "seed": 3, "continuous_weight": 0.2}),
        IMAGES,
        tmp_path,
    )


@pytest.mark.slow
def test_two_replicas_do_what_one_does(mirrored):
    check_two_replicas(small, IMAGES, mirrored)


def test_evaluate_has_the_bounds():
    logs = small().evaluate(IMAGES, batch_size=32, verbose=0, return_dict=True)
    assert set(logs) == NAMES


# === Errors ===


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"categorical": (1,)}, r"integer >= 2\. Received: categorical=1"),
        ({"continuous": -1}, "continuous=-1"),
        (
            {"categorical": (), "continuous": 0},
            r"from 1 to latent_dim=9 .*Received: 0, of categorical=\(\) and continuous=0",
        ),
        ({"categorical": (10,)}, "Received: 11"),
        ({"categorical_weight": -1.0}, "categorical_weight=-1"),
        ({"categorical": 10, "continuous": 0}, "Received: 10"),
        (
            {"continuous": 2},
            (
                r"codes of categorical=\(2, 3\) and continuous=2 of shape \(None, 7\)\. Received:"
                r" \(None, 6\)"
            ),
        ),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(UserError, match=message):
        small(arguments)


@pytest.mark.parametrize(
    ("width", "arguments", "message"),
    [
        (8, {}, r"shape \(n, 9\)"),
        (9, {"categories": -1}, "categories from 0 to 1"),
        (9, {"categories": [0, 2]}, "categories from 0 to 1"),
        (9, {"continuous": {1: 0.0}}, r"out of \[0\]"),
    ],
)
def test_codes_that_there_are_not(width, arguments, message):
    with pytest.raises(UserError, match=message):
        small().with_codes(np.zeros((2, width)), **arguments)


def test_no_categories_without_categorical_codes():
    gan = small({"categorical": (), "continuous": 6})
    with pytest.raises(UserError, match="has no categorical codes"):
        gan.with_codes(np.zeros((2, 9)), categories=0)


def test_the_codes_are_not_normalised():
    images = keras.Input(SHAPE)
    x = keras.layers.Flatten()(images)
    outputs = [keras.layers.Dense(1)(x), keras.layers.Dense(6, "softmax")(x)]
    with pytest.raises(UserError, match=r"codes of .* end in a softmax"):
        tf_gan.InfoGAN(
            small().generator, keras.Model(images, outputs), 9, categorical=(2, 3), continuous=1
        )


def test_a_discriminator_without_the_second_output():
    gan = small()
    single = keras.Sequential([keras.Input(SHAPE), keras.layers.Flatten(), keras.layers.Dense(1)])
    with pytest.raises(UserError, match=r"InfoGAN.*one output beside the logits.*no further"):
        tf_gan.InfoGAN(gan.generator, single, 9, categorical=(2, 3), continuous=1)
