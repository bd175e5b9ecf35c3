import contextlib

import keras
import numpy as np
import pytest
import tensorflow as tf
from support.growing import IMAGES, SHAPE, small
from support.networks import dtype_policy
from support.routine import (
    check_forms,
    check_resume,
    check_two_replicas,
    largest_difference,
)

import tf_gan
from tf_gan import distribute, penalties
from tf_gan.errors import UserError
from tf_gan.models import Batch, progressive_gan
from tf_gan.networks import progressive
from tf_gan.training import nonfinite

LOGS = {
    *("discriminator_loss", "generator_loss", "gradient_penalty", "drift"),
    *("logit(x)", "logit(G(z))", "size", "alpha"),
}


@contextlib.contextmanager
def same_bits():
    """Without XLA, TensorFlow's convolutions on CPUs differ by roundings from run to run."""
    with distribute.deterministic(True):
        yield


# === The stages ===


def test_stage_and_alpha_follow_from_the_step():
    model = small(fade_steps=4, stable_steps=3, shape=(16, 16, 1))
    assert [model.start_of(stage) for stage in range(3)] == [0, 3, 10]
    assert [model.stage_at(step) for step in (0, 2, 3, 9, 10, 99)] == [0, 0, 1, 1, 2, 2]
    alphas = [float(model.alpha(1, step)) for step in (0, 3, 4, 7, 8)]
    assert alphas == [0, 0, 0.25, 1, 1]
    assert model.enter_phase() == (0, 3)
    model.step.assign(8)
    assert model.enter_phase() == (1, 2)
    model.step.assign(10)
    assert model.enter_phase() == (2, None)


def test_trains():
    model = small(fade_steps=1, stable_steps=1)
    assert [type(each) for each in model.penalties] == [penalties.WassersteinGradientPenalty]
    networks = (model.generator, model.discriminator)
    before = [weight.numpy() for each in networks for weight in each.trainable_weights]
    history = model.fit(IMAGES, batch_size=32, epochs=2, verbose=0).history
    assert set(history) == LOGS
    assert np.isfinite(list(history.values())).all()
    after = [weight.numpy() for each in networks for weight in each.trainable_weights]
    assert all((a != b).any() for a, b in zip(before, after, strict=True))


def test_a_new_optimizer_is_that_of_keras():
    """Nadam's product of momenta starts at 1, Adagrad's sums at 0.1."""
    variables = [keras.Variable(np.ones(3, np.float32))]
    for name in ("nadam", "adagrad", "adam"):
        optimizer, new = keras.optimizers.get(name), keras.optimizers.get(name)
        for each in (optimizer, new):
            each.build(variables)
        optimizer.apply([tf.ones(3)], variables)
        first = progressive_gan.first_values(optimizer, variables)
        optimizer.learning_rate = 0.5
        progressive_gan.start_anew(optimizer, first)
        for ours, first in zip(optimizer.variables, new.variables, strict=True):
            if ours.name != "learning_rate":
                np.testing.assert_array_equal(ours, first)
        assert float(optimizer.learning_rate) == 0.5


def test_a_stage_moves_its_own_weights_and_restarts_the_optimizers():
    model = small(stable_steps=2)
    new = [
        network.get_layer(name)
        for network, name in (
            (model.generator, "to_image_1"),
            (model.generator, "block_1"),
            (model.discriminator, "from_image_1"),
            (model.discriminator, "block_1"),
        )
    ]
    before = [layer.get_weights() for layer in new]
    logs = model.fit(IMAGES, batch_size=32, epochs=1, verbose=0).history
    assert logs["size"] == [4] and logs["alpha"] == [1]
    for layer, weights in zip(new, before, strict=True):
        np.testing.assert_equal(layer.get_weights(), weights)
    assert int(model.generator_optimizer.iterations) == 2
    logs = model.fit(IMAGES, batch_size=32, epochs=1, verbose=0).history
    assert logs["size"] == [8] and logs["alpha"] == [pytest.approx(0.05)]
    assert int(model.generator_optimizer.iterations) == 2
    assert float(model.generator_optimizer.learning_rate) == pytest.approx(1e-3)
    for layer, weights in zip(new, before, strict=True):
        assert all((a != b).any() for a, b in zip(layer.get_weights(), weights, strict=True))
    alphas = [progressive.fades(each)[0].alpha for each in (model.generator, model.discriminator)]
    average = progressive.fades(model.average_generator)[0].alpha
    assert [float(alpha) for alpha in (*alphas, average)] == [pytest.approx(0.2)] * 3


@pytest.mark.slow
def test_calls_that_cross_a_stage_are_single_steps_of_a_program_for_each(monkeypatch):
    traced, train_step = [], tf_gan.ProgressiveGAN.train_step

    def counted(self, data):
        traced.append(self)
        return train_step(self, data)

    monkeypatch.setattr(tf_gan.ProgressiveGAN, "train_step", counted)
    with same_bits():
        graph = {"run_eagerly": False, "jit_compile": False}
        models = [small(**graph), small(**graph, steps_per_execution=4)]
        for model in models:
            model.fit(IMAGES, batch_size=16, epochs=2, verbose=0)
        assert largest_difference(*models) == 0
    assert [traced.count(model) for model in models] == [2, 2]


def test_what_the_discriminator_sees_of_real_images():
    model = small(fade_steps=4, stable_steps=2)
    means = IMAGES[:8].reshape(8, 4, 2, 4, 2, 1).mean((2, 4))

    def seen():
        model.enter_phase()
        return model.real_inputs(Batch(tf.constant(IMAGES[:8])), model.stream(0))

    np.testing.assert_allclose(seen(), means, atol=1e-6)
    model.step.assign(3)
    coarse = means.repeat(2, axis=1).repeat(2, axis=2)
    np.testing.assert_allclose(seen(), 0.75 * coarse + 0.25 * IMAGES[:8], atol=1e-6)
    model.step.assign(9)
    np.testing.assert_array_equal(seen(), IMAGES[:8])


def test_the_loss_by_hand():
    model = small(penalties=())
    model.drift_weight = 0.5
    model.step.assign(5)
    model.enter_phase()
    batch, random = Batch(tf.constant(IMAGES[:8])), model.stream(0)
    forward = model.forward(batch, random)
    assert forward.images.shape == (8, *SHAPE)
    loss = model.discriminator_loss(forward, batch, random)
    real, fake = forward.real[0].numpy(), forward.fake[0].numpy()
    expected = fake.mean() - real.mean() + 0.5 * (real**2).mean()
    assert float(loss.value) == pytest.approx(expected, rel=1e-5)


def test_predict_follows_the_stage():
    model = small(fade_steps=1, stable_steps=1)
    latents = np.random.default_rng(0).normal(size=(4, model.latent_dim)).astype(np.float32)
    for step in (0, 2, 9):
        model.step.assign(step)
        predicted = model.predict(latents, verbose=0)
        np.testing.assert_allclose(predicted, model.images_from(latents), atol=1e-5)


# === Resume, forms, replicas ===


@pytest.mark.parametrize(
    "stable_steps",
    [
        pytest.param(1, id="in a fade"),
        pytest.param(2, id="between two stages", marks=pytest.mark.slow),
    ],
)
def test_goes_on(stable_steps, tmp_path):
    """The run is saved after two of four steps: alpha is 0.5, or the next stage is about to
    begin.
    """
    with same_bits():
        check_resume(lambda: small(2, stable_steps), IMAGES[:16], tmp_path)


@pytest.mark.slow
def test_forms_agree():
    def make(**form):
        return small(
            generator_optimizer=keras.optimizers.SGD(0.01),
            discriminator_optimizer=keras.optimizers.SGD(0.01),
            stable_steps=2,
            fade_steps=3,
            **({"run_eagerly": False} | form),
        )

    check_forms(make, IMAGES)


@pytest.mark.slow
def test_two_replicas(mirrored):
    # The deviation of a minibatch is that of each replica's share: groups of one here.
    def make(**form):
        model = small(stable_steps=2, fade_steps=3)
        model.discriminator.get_layer("block_0").layers[1].group_size = 1
        model.compile(**form)  # Not eagerly.
        return model

    check_two_replicas(make, IMAGES, mirrored, forms=(False, True), tolerance=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision(precision):
    with dtype_policy(precision):
        model = small(2, 1)
        history = model.fit(IMAGES[:32], batch_size=16, epochs=1, verbose=0).history
    assert np.isfinite(list(history.values())).all() and history["size"] == [6]
    assert model.generate(2, seed=0).dtype == np.float32


@pytest.mark.slow
def test_a_step_is_run_again_across_a_stage():
    model = small(run_eagerly=False, jit_compile=False)
    batches = [IMAGES[:16]] * 6
    assert nonfinite.replay(model, batches, 5) is None
    assert model.enter_phase()[0] == 1 and int(model.step) == 6


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"fade_steps": 0}, "`fade_steps`"),
        ({"stable_steps": 1.5}, "`stable_steps`"),
        ({"drift_weight": -1}, "`drift_weight`"),
    ],
    ids=str,
)
def test_bad_arguments(arguments, message):
    with pytest.raises(UserError, match=message):
        tf_gan.ProgressiveGAN(
            progressive.build_generator(SHAPE, 4, width=4),
            progressive.build_discriminator(SHAPE, width=4),
            4,
            **arguments,
        )


def test_networks_that_do_not_fit():
    with pytest.raises(UserError, match="Received: 2 and 3 stages"):
        tf_gan.ProgressiveGAN(
            progressive.build_generator(SHAPE, 4, width=4),
            progressive.build_discriminator((16, 16, 1), width=4),
            4,
        )


def test_images_are_halved_by_means():
    np.testing.assert_allclose(
        progressive_gan.down(tf.constant(IMAGES[:2]), 2),
        IMAGES[:2].reshape(2, 2, 4, 2, 4, 1).mean((2, 4)),
        atol=1e-6,
    )


# === A minibatch for each stage ===


def sgd(rate):
    return {
        f"{name}_optimizer": keras.optimizers.SGD(rate) for name in ("generator", "discriminator")
    }


def test_a_stage_with_half_the_images_makes_two_iterations_a_step():
    model = small(2, 1, batch_sizes=(16, 8), **sgd(0.0))
    model.step.assign(1)  # The second stage.
    model.enter_phase()
    seen, losses = [], []

    def look(objectives, batch, parts):
        seen.append(batch.images.numpy())
        losses.extend(parts.logs[name] for name in parts.logs if name == "generator_loss")

    model.probe = look
    batch = IMAGES[:16]
    model.train_on_batch(batch)
    assert int(model.generator_optimizer.iterations) == 2 and int(model.step) == 2
    # D and G of an iteration see the same images, each image is in one iteration.
    for images, part in zip(seen, (batch[::2], batch[::2], batch[1::2], batch[1::2]), strict=True):
        np.testing.assert_array_equal(images, part)
    assert len({float(loss) for loss in losses}) == 2  # Of the same networks: other noise.


@pytest.mark.slow
def test_goes_on_with_a_minibatch_for_each_stage(tmp_path):
    with same_bits():
        check_resume(lambda: small(2, 2, batch_sizes=(16, 8)), IMAGES[:16], tmp_path)


@pytest.mark.slow
def test_forms_and_replicas_agree_with_a_minibatch_for_each_stage(mirrored):
    def make(**form):
        model = small(2, 2, batch_sizes=(16, 8))
        model.discriminator.get_layer("block_0").layers[1].group_size = 1
        model.compile(**sgd(0.01), **form)
        return model

    check_forms(make, IMAGES)
    check_two_replicas(make, IMAGES, mirrored, forms=(False, True), tolerance=1e-3)


def test_bad_minibatches():
    for sizes in ((16,), (16, 0)):
        with pytest.raises(UserError, match="for each of the 2 stages"):
            small(batch_sizes=sizes)
    model = small(batch_sizes=(5, 5))
    with pytest.raises(UserError, match=r"batch_sizes=5 .* Received: minibatches of 16 images"):
        model.train_on_batch(IMAGES[:16])
    with pytest.raises(UserError, match="Expected penalty_interval=1"):
        model.compile(penalty_interval=2)


def test_iterations_of_a_step_have_noise_of_their_own():
    model, seen = small(2, 1, batch_sizes=(16, 8)), []
    model.step.assign(1)
    model.enter_phase()
    update = model.update

    def noted(objectives, batch, substep):
        seen.append(int(substep))
        return update(objectives, batch, substep)

    model.update = noted
    model.train_on_batch(IMAGES[:16])
    assert seen == [0, 1, 2, 3]
