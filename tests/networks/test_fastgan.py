import keras
import numpy as np
import pytest

import tf_gan
from tf_gan.errors import UserError
from tf_gan.networks import fastgan


@pytest.mark.parametrize(
    ("shape", "stages"), [((16, 16, 3), 2), ((64, 48, 1), 3), ((64, 64, 4), 4), ((448, 448, 3), 6)]
)
def test_sizes(shape, stages):
    assert fastgan.halvings(shape) == stages


@pytest.mark.parametrize("shape", [(16, 16, 3), (32, 48, 1), (64, 64, 4)])
def test_shapes_and_saving(shape, tmp_path):
    generator = fastgan.build_generator(shape, 8, width=2)
    discriminator = fastgan.build_discriminator(shape, width=2)
    latents = np.random.default_rng(0).normal(size=(2, 8)).astype(np.float32)
    images = generator(latents)
    assert images.shape == (2, *shape)
    logits, *rebuilt = discriminator(images)
    assert logits.shape[-1] == 1 and len(rebuilt) == 2
    assert all(each.shape == (2, *shape) for each in rebuilt)
    generator.save(tmp_path / "generator.keras")
    loaded = keras.saving.load_model(tmp_path / "generator.keras")
    np.testing.assert_allclose(loaded(latents), images, atol=1e-6)


def test_every_layer_with_a_kernel_is_spectrally_normalised():
    kinds = (keras.layers.Dense, keras.layers.Conv2D, tf_gan.layers.UpsampleConv2D)
    for network in (
        fastgan.build_generator((64, 64, 3), 8, width=2),
        fastgan.build_discriminator((64, 64, 3), width=2),
    ):
        assert not any(isinstance(layer, kinds) for layer in network.layers)


def test_the_two_paths_of_the_discriminator_are_averaged():
    discriminator = fastgan.build_discriminator((32, 32, 1), width=2)
    images = np.random.default_rng(0).uniform(-1, 1, (2, 32, 32, 1)).astype(np.float32)
    means = [each for each in discriminator.layers if isinstance(each, keras.layers.Average)]
    assert len(means) == 2
    for layer in means:
        around = keras.Model(discriminator.input, [*layer.input, layer.output])
        deep, pooled, outputs = around(images)
        np.testing.assert_allclose(outputs, (deep + pooled) / 2, atol=1e-6)


def test_patches_of_the_discriminator():
    discriminator = fastgan.build_discriminator((64, 64, 3), width=2)
    assert discriminator.output_shape[0] == (None, 5, 5, 1)


@pytest.mark.parametrize("shape", [(8, 8, 3), (30, 30, 3), (512, 512, 3)])
def test_sizes_that_do_not_fit(shape):
    with pytest.raises(UserError, match=r"multiples of 4,|of 16 or more and below 512\."):
        fastgan.build_generator(shape)


@pytest.mark.slow
def test_it_trains():
    gan = tf_gan.FastGAN(
        fastgan.build_generator((16, 16, 1), 4, width=2),
        fastgan.build_discriminator((16, 16, 1), width=2),
        4,
    )
    gan.compile(jit_compile=False)
    images = np.random.default_rng(0).uniform(-1, 1, (16, 16, 16, 1)).astype(np.float32)
    history = gan.fit(images, batch_size=8, epochs=2, verbose=0).history
    assert np.isfinite(list(history.values())).all()
