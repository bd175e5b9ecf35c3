"""What D says of images that it has not seen, and how near samples are."""

import types

import keras
import numpy as np
import pytest
import tensorflow as tf

import tf_gan
from tf_gan.callbacks import DiscriminatorGap
from tf_gan.errors import UserError
from tf_gan.metrics import sliced_wasserstein
from tf_gan.networks import mlp


def small() -> tf_gan.GAN:
    networks = mlp.build_generator((8, 8, 1), 4, units=(8,)), mlp.build_discriminator((8, 8, 1))
    gan = tf_gan.GAN(*networks, 4)
    gan.compile()
    return gan


def test_distance_of_samples():
    gan = small()
    digits = tf_gan.data.digits()
    gap = DiscriminatorGap(digits[:40], digits[40:60])
    history = gan.fit(digits[:40], batch_size=20, epochs=1, verbose=0, callbacks=[gap])
    samples = gan.generate(40, seed=0).reshape(40, -1)
    expected = sliced_wasserstein(digits[:40].arrays().reshape(40, -1), samples, projections=256)
    assert history.history["distance(samples)"] == [pytest.approx(expected, rel=1e-5)]


def test_arrays_serve_as_well(tmp_path):
    images = tf_gan.data.digits().arrays()[:60]
    callbacks = [
        DiscriminatorGap(images[:40], images[40:]),
        tf_gan.callbacks.Health(training=images[:40]),
        tf_gan.callbacks.Report(tmp_path, images[:40]),
    ]
    logs = small().fit(images[:40], batch_size=20, verbose=0, callbacks=callbacks).history
    assert set(DiscriminatorGap.LOGS) <= set(logs)
    assert (tmp_path / "real.png").exists() and (tmp_path / "neighbours.png").exists()
    with pytest.raises(UserError, match=r"an array of images, or .*Examples.*BatchDataset"):
        DiscriminatorGap(tf.data.Dataset.from_tensor_slices(images).batch(2), images)


def constant(pixel: float, deviation: float = 0.0) -> tf_gan.data.Examples:
    """Forty images of one pixel value each, half of them above `pixel`, half below."""
    values = pixel + deviation * (-1.0) ** np.arange(40)
    images = values[:, None, None, None] * np.ones((8, 8, 1))
    return tf_gan.data.Examples(images.astype(np.float32), value_range=(-1, 1))


@pytest.mark.parametrize(
    ("deviation", "r_v"),
    [(0.4, 0.25), (2.5, 0.0)],  # D(train) - D(samples) is 16 and 2.5 standard errors.
)
def test_logs_by_hand(deviation, r_v):
    """D is the mean pixel: 0.5 of training images, 0.25 of held-out ones, -0.5 of samples."""
    gan = small()
    gan.generator.set_weights([0 * weight for weight in gan.generator.get_weights()])
    gan.generator.layers[-2].bias.assign(np.full(64, np.arctanh(-0.5)))
    layers = [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(1)]
    gan = tf_gan.GAN(gan.generator, keras.Sequential(layers), 4)
    gan.discriminator.set_weights([np.full((64, 1), 1 / 64), np.zeros(1)])
    gan.compile()
    gap = DiscriminatorGap(constant(0.5, deviation), constant(0.25), every=3)
    gap.set_model(gan)
    gap.set_params({"epochs": 4})
    looks = []
    for epoch in range(4):
        logs = {}
        gap.on_epoch_end(epoch, logs)
        looks.append(logs)
    assert looks[:2] == [{}, {}] and looks[2] == looks[3] and list(looks[2]) == [*gap.LOGS]
    expected = {"logit(train)": 0.5, "logit(held_out)": 0.25, "logit(samples)": -0.5, "r_v": r_v}
    assert {name: looks[2][name] for name in expected} == pytest.approx(expected, abs=1e-6)


def test_images_are_judged_in_full_parts():
    """D sees the images of a minibatch beside one another; fifty are no fewer than 64."""

    class Counting(keras.layers.Layer):
        def call(self, inputs):
            return 0 * inputs + tf.cast(tf.shape(inputs)[0], inputs.dtype)

    discriminator = keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(1), Counting()]
    )
    gan = tf_gan.GAN(mlp.build_generator((8, 8, 1), 4, units=(8,)), discriminator, 4)
    gan.compile()
    digits = tf_gan.data.digits()
    gap = DiscriminatorGap(digits[:100], digits[100:150])
    gap.set_model(gan)
    for images, labels in gap._parts:
        real, fake = gap._outputs(images, labels)
        assert len(real) == len(fake) == len(images)
        assert set(real) == set(fake) == {64.0}


def test_each_part_has_other_samples():
    gan = small()
    digits = tf_gan.data.digits()
    gap = DiscriminatorGap(digits[:200], digits[200:400])
    gap.set_model(gan)
    _, fake = gap._outputs(*gap._parts[0])
    assert len(np.unique(fake)) == len(fake) == 200
    np.testing.assert_array_equal(gap._outputs(*gap._parts[0])[1], fake)


@pytest.mark.parametrize("num_classes", [10, None])
def test_samples_have_the_classes_of_the_training_images(num_classes):
    digits, given = tf_gan.data.digits(), []

    def generate(n, seed, **classes):
        given.append(classes)
        return np.zeros((n, 8, 8, 1), np.float32)

    gap = DiscriminatorGap(digits[:40], digits[40:60])
    gap.set_model(
        types.SimpleNamespace(gives_logits=True, num_classes=num_classes, generate=generate)
    )
    assert gap._distance() > 0
    (classes,) = given
    assert list(classes) == ["labels"] * bool(num_classes)
    np.testing.assert_array_equal(classes.get("labels", digits.labels[:40]), digits.labels[:40])


def test_large_images_are_made_small_by_means():
    from tf_gan.callbacks.gap import _small

    images = np.random.default_rng(0).uniform(-1, 1, (3, 64, 96, 2)).astype(np.float32)
    expected = images.reshape(3, 32, 2, 32, 3, 2).mean((2, 4)).reshape(3, -1)
    np.testing.assert_allclose(_small(images), expected, atol=1e-6)
    assert _small(np.ones((5, 2))).shape == (5, 2)


def test_what_cannot_be_looked_at():
    digits = tf_gan.data.digits()
    with pytest.raises(UserError, match=r"Expected images to look at. Received: none"):
        DiscriminatorGap(digits[:40], digits[:0])
    with pytest.raises(UserError, match=r"`n`. Expected an integer >= 1"):
        DiscriminatorGap(digits[:40], digits[40:60], n=0)
    networks = tf_gan.networks.get("vae_mlp")
    vae = tf_gan.VAE(
        networks.build_encoder((8, 8, 1), 4),
        networks.build_generator((8, 8, 1), 4),
        4,
        likelihood="gaussian",
    )
    with pytest.raises(UserError, match=r"Expected a model that has them.*Received: a VAE"):
        DiscriminatorGap(digits[:40], digits[40:60]).set_model(vae)
