import hashlib

import keras
import numpy as np
import pytest
import tensorflow as tf
from support.routine import check_forms, check_resume, check_two_replicas

import tf_gan
from tf_gan.errors import UserError
from tf_gan.features import vgg19
from tf_gan.models import Batch, super_resolution
from tf_gan.networks import esrgan

SHAPE = (16, 16, 3)
IMAGES = np.random.default_rng(0).uniform(-1, 1, (64, *SHAPE)).astype(np.float32)
LOGS = {
    *("discriminator_loss", "generator_loss", "content_loss", "l1"),
    *("logit(x)", "logit(G(z))"),
}


def generator():
    return esrgan.build_generator(SHAPE, filters=4, blocks=1, growth=2, scale=2)


def small(arguments=None, **compile_arguments):
    keras.utils.set_random_seed(0)
    discriminator = esrgan.build_discriminator(SHAPE, filters=2, units=4)
    model = tf_gan.ESRGAN(
        generator(),
        discriminator,
        SHAPE,
        **({"content": "l1", "moving_average": 0.9} | (arguments or {})),
    )
    # Tracing takes longer than these steps.
    model.compile(**({"run_eagerly": True} | compile_arguments))
    return model


def test_trains():
    model = small()
    weights = [variable for each in model.objectives for variable in each.variables]
    before = [weight.numpy() for weight in weights]
    history = model.fit(IMAGES[:32], batch_size=16, epochs=1, verbose=0).history
    assert set(history) == LOGS
    assert np.isfinite(list(history.values())).all()
    moved = [np.abs(w.numpy() - old).max() for w, old in zip(weights, before, strict=True)]
    still = [w for w, by in zip(weights, moved, strict=True) if by < 1e-5]
    # An offset of all logits changes nothing.
    assert still == [model.discriminator.layers[-1].bias]


def test_defaults_are_those_of_the_paper():
    model = tf_gan.ESRGAN(generator(), esrgan.build_discriminator(SHAPE, filters=2, units=4), SHAPE)
    model.compile()
    assert (model.content, model.adversarial_weight, model.l1_weight) == (
        "vgg54_linear",
        5e-3,
        1e-2,
    )
    assert isinstance(model.adversarial_loss, tf_gan.losses.RelativisticAverage)
    assert float(model.generator_optimizer.learning_rate) == pytest.approx(1e-4)


def softplus(x):
    return np.log1p(np.exp(x))


def test_the_losses_by_hand():
    model = small({"adversarial_weight": 0.5, "l1_weight": 0.25})
    batch, random = Batch(tf.constant(IMAGES[:4])), model.stream(0)
    forward = model.forward(batch, random)
    real, fake = forward.real[0].numpy(), forward.fake[0].numpy()
    l1 = np.abs(IMAGES[:4] - forward.images).mean()
    adversarial = softplus(real - fake.mean()).mean() + softplus(real.mean() - fake).mean()
    loss = model.generator_loss(forward, batch, random)
    assert float(loss.logs["content_loss"]) == pytest.approx(l1, rel=1e-5)
    assert float(loss.logs["l1"]) == pytest.approx(l1 / 2, rel=1e-5)  # Images in [0, 1].
    assert float(loss.value) == pytest.approx(l1 + 0.5 * adversarial + 0.25 * l1 / 2, rel=1e-5)
    judged = softplus(fake.mean() - real).mean() + softplus(fake - real.mean()).mean()
    loss = model.discriminator_loss(forward, batch, random)
    assert float(loss.value) == pytest.approx(judged, rel=1e-5)


def test_features_before_the_activation(tmp_path, monkeypatch):
    images = keras.Input((None, None, 3))
    layer = keras.layers.Conv2D(2, 1, activation="relu", name="block5_conv4")
    network = keras.Model(images, layer(images))
    path = tmp_path / "vgg19.weights.h5"
    network.save_weights(path)
    monkeypatch.setattr(keras.applications, "VGG19", lambda **_: network)
    monkeypatch.setattr(vgg19, "MD5", hashlib.md5(path.read_bytes()).hexdigest())
    model = small({"content": "vgg54_linear", "vgg19_weights": str(path)})
    model._load_features()
    kernel = layer.get_weights()[0][0, 0][::-1]  # Blue first.
    # The means and the biases fall out of a difference of linear features.
    difference = 127.5 * (0.5 * IMAGES[:2]) @ kernel / 12.75
    assert float(model.content_loss(IMAGES[:2], 0.5 * IMAGES[:2])) == pytest.approx(
        np.abs(difference).mean(), rel=1e-4
    )


@pytest.mark.slow
def test_goes_on(tmp_path):
    with tf_gan.distribute.deterministic(True):
        check_resume(small, IMAGES[:16], tmp_path)


@pytest.mark.slow
def test_forms_agree():
    def make(**form):
        # One small step: D normalises maps of 1x1, where roundings grow fast.
        sgd = {
            f"{name}_optimizer": keras.optimizers.SGD(1e-4)
            for name in ("generator", "discriminator")
        }
        return small(**sgd, **({"run_eagerly": False} | form))

    check_forms(make, IMAGES[:16], tolerance=1e-5)


@pytest.mark.slow
def test_between_two_stages():
    model = small()
    keras.utils.set_random_seed(1)
    first = tf_gan.SRResNet(generator(), SHAPE, content="l1")
    image = np.random.default_rng(0).uniform(0, 1, (6, 5, 3)).astype(np.float32)
    ends = [model.interpolated(first, weight).upscale(image) for weight in (0.0, 1.0)]
    np.testing.assert_allclose(ends[0], first.upscale(image), atol=1e-6)
    np.testing.assert_allclose(ends[1], model.upscale(image), atol=1e-6)
    between = model.interpolated(first, 0.25)
    triples = (each.sampler.get_weights() for each in (between, first, model))
    for middle, a, b in zip(*triples, strict=True):
        np.testing.assert_allclose(middle, 0.75 * a + 0.25 * b, atol=1e-6)
    with pytest.raises(UserError, match="weight=2"):
        model.interpolated(first, 2)
    other = esrgan.build_generator(SHAPE, filters=4, blocks=2, growth=2, scale=2)
    with pytest.raises(UserError, match="the same layers"):
        model.interpolated(tf_gan.SRResNet(other, SHAPE))


def test_a_model_between_two_is_nearer_to_the_average_generator_and_keeps_its_step():
    model = small({"data_range": (0, 1)})
    model.step.assign(7)
    weights = model.generator.get_weights()
    model.average_generator.set_weights([2 * each for each in weights])
    between = model.interpolated(tf_gan.SRResNet(model.generator, SHAPE, data_range=(0, 1)))
    assert int(between.step) == 7 and between.data_range == (0, 1)
    for found, each in zip(between.generator.get_weights(), weights, strict=True):
        np.testing.assert_allclose(found, 0.2 * each + 0.8 * (2 * each), atol=1e-6)


def test_a_pixel_sees_a_part_of_the_image():
    """Also with the sums and products of the residual blocks, which are no layers: 3x3
    convolutions, one first, 15 of the block, one behind it, two that double, and two last.
    """
    assert super_resolution.receptive_radius(esrgan.build_generator(blocks=1, filters=8)) == 21


def test_tiles_leave_no_seam():
    model = small({"moving_average": None})
    image = np.random.default_rng(1).uniform(0, 1, (60, 37, 3)).astype(np.float32)
    whole = model.upscale(image, tile=64)
    assert whole.shape == (120, 74, 3)
    np.testing.assert_allclose(model.upscale(image, tile=13), whole, atol=1e-5)


def test_bad_arguments():
    with pytest.raises(UserError, match="`l1_weight`"):
        small({"l1_weight": -1.0})
    with pytest.raises(UserError, match="'l1', 'vgg22', 'vgg54', 'vgg54_linear'"):
        small({"content": "vgg19"})


@pytest.mark.slow
def test_two_replicas_do_what_one_does(mirrored):
    """A discriminator without BatchNormalization, which replicas have each for themselves."""

    def make(**form):
        keras.utils.set_random_seed(0)
        images = keras.Input(SHAPE)
        logits = keras.layers.Conv2D(1, 5, strides=4)(images)
        model = tf_gan.ESRGAN(generator(), keras.Model(images, logits), SHAPE, content="l1")
        model.compile(*(keras.optimizers.SGD(0.01) for _ in range(2)), **form)
        return model

    check_two_replicas(make, IMAGES, mirrored, tolerance=1e-4)


def test_content_is_that_of_images_that_are_not_augmented():
    model = small(augment=lambda x, random: -x)
    batch, random = Batch(tf.constant(IMAGES[:4])), model.stream(0)
    loss = model.generator_loss(model.forward(batch, random), batch, random)
    made = model.generator(model.source(batch), training=True)
    expected = np.abs(IMAGES[:4] - made).mean()
    assert float(loss.logs["content_loss"]) == pytest.approx(expected, rel=1e-5)
