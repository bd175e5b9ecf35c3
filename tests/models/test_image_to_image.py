import keras
import numpy as np
import pytest
import tensorflow as tf
from support.routine import check_forms, check_resume, check_trains, check_two_replicas

import tf_gan
from tf_gan import models
from tf_gan.errors import UserError
from tf_gan.models import Batch, ImageToImage

IMAGES = np.random.default_rng(0).uniform(-1, 1, (96, 6, 6, 1)).astype(np.float32)


@keras.saving.register_keras_serializable("tests")
class Negative(ImageToImage, tf_gan.GAN):
    """Translates images from their negatives."""

    def source(self, batch):
        return -batch.images


def small(**compile_arguments):
    keras.utils.set_random_seed(0)
    layers = keras.layers
    generator = keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            layers.Conv2D(4, 3, padding="same"),
            layers.Conv2D(1, 1, activation="tanh"),
        ]
    )
    discriminator = keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            layers.Conv2D(4, 3, strides=2),
            layers.LeakyReLU(0.2),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    model = Negative(generator, discriminator, moving_average=0.9)
    model.compile(**compile_arguments)
    return model


@pytest.mark.slow
def test_trains_in_all_forms():
    check_trains(
        small, IMAGES, ("discriminator_loss", "generator_loss", "V(D,G)", "D(x)", "D(G(z))")
    )
    check_forms(small, IMAGES)


def test_goes_on(tmp_path):
    check_resume(small, IMAGES, tmp_path)


@pytest.mark.slow
def test_two_replicas(mirrored):
    check_two_replicas(small, IMAGES, mirrored)


def test_the_fakes_are_translations_of_the_sources():
    model = small()
    fakes = model.forward(Batch(IMAGES[:3]), model.stream(0), training=False).fakes
    np.testing.assert_allclose(fakes, model.generator(-IMAGES[:3]), atol=1e-6)
    model.set_sources(-IMAGES.astype(np.float64))
    np.testing.assert_allclose(model.translate(-IMAGES[:3]), model.images_from(-IMAGES[:3]))
    sources = model.sample_inputs(96, 1)[0].numpy()  # As many as there are.
    assert (
        len(np.unique(sources, axis=0)) == 96
        and (sources[:, None] == -IMAGES[None]).all((2, 3, 4)).any(1).all()
    )
    np.testing.assert_allclose(model.generate(96, seed=1), model.translate(sources), atol=1e-6)
    assert (model.sample_inputs(96, 2)[0].numpy() != sources).any()
    assert model.generate(200, seed=1).shape == (200, 6, 6, 1)


def test_it_remembers_the_images_it_was_trained_on():
    model = small()
    with pytest.raises(UserError, match="Expected `set_sources"):
        model.generate(1, seed=0)
    model.fit(
        tf_gan.data.Examples((IMAGES * 127.5 + 127.5).astype(np.uint8)),
        batch_size=32,
        epochs=1,
        verbose=0,
    )
    assert model.generate(3, seed=0).shape == (3, 6, 6, 1)


def test_sources_that_it_was_given_stay():
    model = small(run_eagerly=True)
    model.fit(IMAGES[:8], batch_size=8, verbose=0)
    np.testing.assert_array_equal(model.sources, -IMAGES[:8])
    model.set_sources(IMAGES[:3])
    model.fit(IMAGES[:8], batch_size=8, verbose=0)
    np.testing.assert_array_equal(model.sources, IMAGES[:3])


def test_it_remembers_the_sources_of_the_first_batch():
    model = small(run_eagerly=True)
    model.fit(tf.data.Dataset.from_tensor_slices(IMAGES[:32]).batch(16), verbose=0)
    np.testing.assert_array_equal(model.sources, -IMAGES[:16])


def test_the_export_gives_the_same_images(tmp_path):
    report = small().export(tmp_path / "exported")
    assert {row["signature"] for row in report.rows} == {"serving_default", "translate_png"}


def test_sources_without_bounds_are_exported_as_they_are(tmp_path):
    """The proof of the export asks for the images of what the model remembers."""
    generator = keras.Sequential([keras.Input((6, 6, 1)), keras.layers.Conv2D(1, 1)])
    model = Negative(generator, small().discriminator)
    model.set_sources(3 * IMAGES)
    assert {row["signature"] for row in model.export(tmp_path / "exported").rows} == {
        "serving_default"
    }


def test_every_name_of_a_model_is_one():
    assert {"gan", "pix2pix", "srgan"} <= set(models.names())
    assert all(issubclass(models.get(name), models.GenerativeModel) for name in models.names())


def test_sources_are_forgotten_with_data_that_are_refused_alone():
    model = small()

    def stop(*_):
        raise ValueError("of a callback")

    with pytest.raises(UserError):
        model.fit(3 * IMAGES)
    assert not model.has_sources
    with pytest.raises(ValueError, match="of a callback"):
        model.fit(
            IMAGES,
            batch_size=8,
            callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=stop)],
            verbose=0,
        )
    assert model.has_sources


def test_other_sources_for_a_while():
    model = small()
    model.set_sources(IMAGES)
    with model.other_sources(IMAGES[:3]):
        assert len(model.sources) == 3
    assert len(model.sources) == len(IMAGES)


@pytest.mark.parametrize(
    "images, message",
    [
        (IMAGES[:, :5], "shape"),
        (3 * IMAGES, r"\[-1, 1\]"),
        (IMAGES / np.nan, "NaN"),
        (IMAGES.astype(np.uint8), "uint8"),
    ],
)
def test_sources_that_do_not_fit(images, message):
    with pytest.raises(UserError, match=message):
        small().translate(images)
    with pytest.raises(UserError, match=message):
        small().set_sources(images)
    for method in (small().predict, small().images_from):
        with pytest.raises(UserError, match=message):
            method(images)


def test_latents_are_not_what_it_takes():
    with pytest.raises(UserError, match="from images, not from latents"):
        small().sample_latents(3, None)
    with pytest.raises(UserError, match="source_shape"):
        Negative(keras.Sequential([keras.layers.Conv2D(1, 1)]), small().discriminator)
