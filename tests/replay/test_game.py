"""The game in the live page is that of this library, and its presets do what they say."""

import itertools
import json
import pathlib
import shutil
import subprocess

import keras
import numpy as np
import pytest
import tensorflow as tf

import tf_gan
from tf_gan import losses
from tf_gan.networks import points
from tf_gan.replay import template

pytestmark = pytest.mark.skipif(
    not shutil.which("node"), reason="The page's game runs in Node here: expected `node` in PATH"
)

BATCH, STEPS, UNITS = 16, 2, (8, 8)
# Large rates and an epsilon of the size of the gradients: a wrong gradient shows in the
# weights, which with Keras' epsilon move by their signs alone at first.
RATES, ADAM = (0.125, 0.25), {"beta_1": 0.5, "beta_2": 0.75, "epsilon": 0.0625}
CASES = [
    *itertools.product(losses.LOSSES, (0.0, 0.5), (1, 2), ("adam",)),
    ("non_saturating", 0.5, 1, "sgd"),
]


def play(cases: list[dict]) -> list[dict]:
    """Returns what games of the page end with, played by Node."""
    script = pathlib.Path(__file__).with_name("play.js")
    command = ["node", str(script), str(template.STATIC / "game.js")]
    result = subprocess.run(
        command, input=json.dumps(cases), capture_output=True, text=True, timeout=300
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def flat(arrays) -> list[float]:
    return np.concatenate([np.ravel(array) for array in arrays]).astype(float).tolist()


def optimizers(name: str) -> list[keras.optimizers.Optimizer]:
    if name == "sgd":
        return [keras.optimizers.SGD(rate) for rate in RATES]
    return [keras.optimizers.Adam(rate, **ADAM) for rate in RATES]


@pytest.fixture(scope="module")
def start():
    """Weights of both networks, data and latents of all steps, the numbers of float32."""
    generator = np.random.default_rng(0)
    networks = [
        points.build_generator((2,), 2, units=UNITS),
        points.build_discriminator((2,), units=UNITS),
    ]
    weights = [
        [generator.normal(0, 0.5, weight.shape).astype(np.float32) for weight in network.weights]
        for network in networks
    ]
    return weights, generator.normal(size=(2 * STEPS * BATCH, 2)).astype(np.float32)


def gan_of(start, loss, r1, k, optimizer) -> tf_gan.GAN:
    networks = [
        points.build_generator((2,), 2, units=UNITS),
        points.build_discriminator((2,), units=UNITS),
    ]
    for network, weights in zip(networks, start[0], strict=True):
        network.set_weights(weights)
    gan = tf_gan.GAN(*networks, latent_dim=2)
    gan.compile(
        *optimizers(optimizer),
        loss=loss,
        discriminator_steps=k,
        penalties=[tf_gan.penalties.R1(r1)] if r1 else (),
        run_eagerly=True,
    )
    return gan


def draws(start, k) -> list[dict]:
    """Returns the data and the latents of each step of a `GAN` with seed 0."""
    gan = gan_of(start, "wasserstein", 0.0, 1, "sgd")
    real = start[1][: STEPS * k * BATCH].reshape(STEPS, k, BATCH, 2)
    return [
        {
            "real": real[step],
            "latents": [gan.latents_of(BATCH, step, substep).numpy() for substep in range(k + 1)],
        }
        for step in range(STEPS)
    ]


@pytest.fixture(scope="module")
def played(start):
    """The page's games of all cases."""
    numbers = {k: draws(start, k) for k in (1, 2)}
    cases = [
        {
            "settings": {
                "loss": loss,
                "r1": r1,
                "k": k,
                "optimizer": optimizer,
                "batch": BATCH,
                "units": UNITS,
                **dict(zip(("generatorRate", "discriminatorRate"), RATES, strict=True)),
                **{name.replace("_", ""): value for name, value in ADAM.items()},
            },
            "weights": {"G": flat(start[0][0]), "D": flat(start[0][1])},
            "draws": [
                {name: [np.ravel(x).tolist() for x in each] for name, each in step.items()}
                for step in numbers[k]
            ],
        }
        for loss, r1, k, optimizer in CASES
    ]
    return dict(zip(CASES, play(cases), strict=True)), numbers


def outputs(weights, x):
    """A network of `points`, in the type of its weights."""
    for kernel, bias in zip(weights[:-2:2], weights[1:-2:2], strict=True):
        x = tf.nn.relu(x @ kernel + bias)
    return x @ weights[-2] + weights[-1]


def by_tape(start, numbers, name, r1, k, optimizer):
    """Algorithm 1 in float64 with this library's losses and penalty."""
    loss = losses.get(name)
    networks = [
        [keras.Variable(weight, dtype="float64") for weight in weights] for weights in start[0]
    ]
    both, logs = optimizers(optimizer), []
    for step in numbers:
        real = tf.constant(step["real"], tf.float64)
        latents = [tf.constant(z, tf.float64) for z in step["latents"]]
        generator, discriminator = (
            lambda x, weights=[w.value for w in network]: outputs(weights, x)
            for network in networks
        )
        for x, z in zip(real, latents[:k], strict=True):
            with tf.GradientTape() as tape:
                value = loss.discriminator_loss(discriminator(x), discriminator(generator(z)))
                total = value
                if r1:
                    penalty = tf_gan.penalties.R1(r1)(discriminator, x, None, None)
                    total += tf.cast(penalty, tf.float64)
            gradients = tape.gradient(
                total, [w.value for w in networks[1]], unconnected_gradients="zero"
            )
            both[1].apply(gradients, networks[1])
        with tf.GradientTape() as tape:
            g_value = loss.generator_loss(
                discriminator(real[k - 1]), discriminator(generator(latents[k]))
            )
        both[0].apply(tape.gradient(g_value, [w.value for w in networks[0]]), networks[0])
        logs.append((float(value), float(g_value), float(penalty) if r1 else 0.0))
    return logs, *(flat(w.numpy() for w in network) for network in networks)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_steps_are_those_of_the_losses_in_float64(start, played, case):
    results, numbers = played
    logs, generator, discriminator = by_tape(start, numbers[case[2]], *case)
    # `penalties` computes in float32; all else is float64.
    near = {"rtol": 1e-6, "atol": 1e-6} if case[1] else {"rtol": 1e-12, "atol": 1e-12}
    result = results[case]
    found = [[log[name] for name in ("discriminator", "generator", "penalty")]
             for log in result["logs"]]  # fmt: skip
    np.testing.assert_allclose(found, logs, **near)
    np.testing.assert_allclose(result["G"], generator, **near)
    np.testing.assert_allclose(result["D"], discriminator, **near)
    # They have moved: the comparison says something.
    assert np.abs(np.subtract(result["D"], flat(start[0][1]))).max() > 0.01


@pytest.mark.parametrize(
    "case",
    [
        # Without marks each loss once with R1 and k = 2, once with neither.
        pytest.param(case, marks=[] if (case[1] > 0) == (case[2] == 2) else [pytest.mark.slow])
        for case in CASES
    ],
    ids=str,
)
def test_steps_are_those_of_fit_in_float32(start, played, case):
    gan = gan_of(start, *case)
    k = case[2]
    history = gan.fit(
        start[1][: STEPS * k * BATCH], batch_size=BATCH, shuffle=False, epochs=1, verbose=0
    ).history
    result = played[0][case]
    np.testing.assert_allclose(result["G"], flat(gan.generator.get_weights()), 1e-6, 1e-6)
    np.testing.assert_allclose(result["D"], flat(gan.discriminator.get_weights()), 1e-6, 1e-6)
    if k == 1:  # Logs of an epoch are means of its steps, of k substeps the last one's.
        assert np.mean([log["generator"] for log in result["logs"]]) == pytest.approx(
            history["generator_loss"][0], rel=1e-6, abs=1e-6
        )


# === Presets: looks at 1,000 fakes after each eighth of the steps ===


@pytest.fixture(scope="module")
def presets():
    names = ("works", "collapses", "circles", "spirals")
    cases = [
        {"preset": "works", "settings": {"seed": 0}, "steps": 1000},
        {"preset": "collapses", "settings": {"seed": 0}, "steps": 800},
        {"preset": "circles", "settings": {}, "steps": 4000},
        {"preset": "circles", "settings": {"r1": 0.3}, "steps": 800},
    ]
    return {name: result["looks"] for name, result in zip(names, play(cases), strict=True)}


def test_works_finds_all_modes_and_draws_near(presets):
    looks = presets["works"]
    assert [look["count"] for look in looks[2:]] == [8] * 6
    assert looks[1]["share"] < 0.25 and looks[-1]["share"] > 0.45


def test_collapses_holds_few_modes(presets):
    assert max(look["count"] for look in presets["collapses"][2:]) <= 3


def test_circles_neither_shrinks_nor_grows_without_r1(presets):
    radii, with_r1 = (
        [np.hypot(look["theta"], look["psi"]) for look in presets[name]]
        for name in ("circles", "spirals")
    )
    # Alternating steps of 0.1 go round an ellipse that is a circle to 5%.
    np.testing.assert_allclose(radii, 1, atol=0.05)
    assert with_r1[-1] < 0.01
