import keras
import numpy as np
import pytest
from support.configs import small_config
from support.routine import check_forms, check_resume, check_trains, check_two_replicas

import tf_gan
from tf_gan import losses
from tf_gan.errors import UserError
from tf_gan.runs import directory

IMAGES = np.random.default_rng(0).uniform(-1, 1, (320, 6)).astype(np.float32)
LOGS = {"discriminator_loss", "generator_loss", "logit(x)", "logit(G(z))"}


def small(clip=0.1, **compile_arguments):
    """A WGAN of 6 numbers, 2 critic steps a step."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    generator = keras.Sequential(
        [keras.Input((3,)), layers.Dense(8, "relu"), layers.Dense(6, "tanh")]
    )
    critic = keras.Sequential(
        # A bias of the last layer would not move: it is in both means.
        [keras.Input((6,)), layers.Dense(8, "tanh"), layers.Dense(1, use_bias=False)]
    )
    gan = tf_gan.WGAN(generator, critic, 3, clip=clip)
    gan.compile(
        *(keras.optimizers.SGD(0.05) for _ in range(2)),
        **{"discriminator_steps": 2, "jit_compile": False} | compile_arguments,
    )
    return gan


def largest_weight(network) -> float:
    return max(np.abs(weight).max() for weight in network.get_weights())


def test_the_defaults_are_the_papers():
    gan = tf_gan.WGAN(*(small().generator, small().discriminator), 3)
    gan.compile()
    assert gan.clip == 0.01
    assert gan.discriminator_steps == 5
    assert isinstance(gan.adversarial_loss, losses.Wasserstein)
    for optimizer in (gan.generator_optimizer, gan.discriminator_optimizer):
        assert isinstance(optimizer, keras.optimizers.RMSprop)
        assert float(optimizer.learning_rate) == pytest.approx(5e-5)


def test_a_step_matches_the_formulas_of_algorithm_1():
    """One step of plain descent with linear networks, recomputed in NumPy: two critic
    steps, each with a minibatch and noise of its own and a clip, then one of G.
    """
    networks = [
        keras.Sequential(
            [
                keras.Input((inputs,)),
                keras.layers.Dense(
                    units,
                    use_bias=False,
                    kernel_initializer=keras.initializers.RandomNormal(0.0, 0.3, seed=units),
                ),
            ]
        )
        for inputs, units in ((2, 3), (3, 1))
    ]
    gan = tf_gan.WGAN(*networks, 2, clip=0.2, seed=5)
    gan.compile(keras.optimizers.SGD(0.5), keras.optimizers.SGD(0.1), discriminator_steps=2)
    w_g, w_f = (network.get_weights()[0].astype(np.float64) for network in networks)
    x = np.random.default_rng(0).normal(size=(12, 3)).astype(np.float32)
    noise = [gan.latents_of(6, step=0, substep=substep).numpy() for substep in range(3)]
    gan.train_on_batch(x)
    unclipped = []
    for images, z in zip(np.split(x, 2), noise, strict=False):
        unclipped.append(w_f + 0.1 * (images.mean(axis=0) - (z @ w_g).mean(axis=0))[:, None])
        w_f = np.clip(unclipped[-1], -0.2, 0.2)
    w_g = w_g + 0.5 * noise[2].mean(axis=0)[:, None] @ w_f.T
    # Some weights are clipped, and some are not, in each critic step.
    assert all(0 < (np.abs(weights) > 0.2).sum() < 3 for weights in unclipped)
    np.testing.assert_allclose(gan.discriminator.get_weights()[0], w_f, atol=1e-6)
    np.testing.assert_allclose(gan.generator.get_weights()[0], w_g, atol=1e-6)


def test_only_the_critic_is_clipped():
    gan = small()
    assert largest_weight(gan.discriminator) > 0.1  # As it is initialized.
    gan.fit(IMAGES, batch_size=32, epochs=3, verbose=0)
    assert largest_weight(gan.discriminator) == pytest.approx(0.1)
    assert largest_weight(gan.generator) > 0.2


def test_trains():
    check_trains(small, IMAGES, LOGS)


@pytest.mark.slow
def test_forms_agree():
    check_forms(small, IMAGES)


@pytest.mark.slow
def test_resume_save_and_load(tmp_path):
    check_resume(small, IMAGES, tmp_path)
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.clip == 0.1 and loaded.discriminator_steps == 2
    loaded.fit(IMAGES, batch_size=32, verbose=0)
    assert largest_weight(loaded.discriminator) <= np.float32(0.1)


def test_two_replicas_do_what_one_does(mirrored):
    check_two_replicas(small, IMAGES, mirrored)


def test_its_name_alone_makes_a_run_one(tmp_path):
    """`default_config()` has another loss, and R1."""
    model = tf_gan.train(config := small_config(**{"model.name": "wgan", "epochs": 1}), tmp_path)
    assert isinstance(model.adversarial_loss, losses.Wasserstein) and not model.penalties
    written = directory.read_config(tmp_path).objective
    assert (written.loss, written.penalties) == ("", "")
    config.objective.loss = "hinge"
    with pytest.raises(UserError, match=r"'wgan' has no setting 'loss'.*Received: 'hinge'"):
        tf_gan.train(config, tmp_path)


@pytest.mark.parametrize("clip", [0, -0.01, float("nan"), "0.01", None])
def test_a_wrong_clip_is_refused(clip):
    with pytest.raises(UserError, match=r"`clip`\. Expected a number > 0"):
        small(clip)
