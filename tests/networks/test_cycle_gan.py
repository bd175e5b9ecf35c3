"""The residual generator: parameters counted by hand, reflected edges, sizes."""

import re

import keras
import numpy as np
import pytest
from support.networks import check_copy, dtype_policy, trainable_count

from tf_gan.errors import UserError
from tf_gan.models.network_checks import last_activation
from tf_gan.networks import cycle_gan


def test_the_papers_networks():
    """11,378,179 and 2,764,737 parameters with all biases, as in the authors' code,
    less those that a normalisation cancels.
    """
    maps = (
        49 * 3 * 64
        + 9 * (64 * 128 + 128 * 256)
        + 9 * 2 * 9 * 256 * 256
        + 9 * (256 * 128 + 128 * 64)
        + 49 * 64 * 3
    )
    cancelled = 64 + 128 + 256 + 9 * 2 * 256 + 128 + 64
    assert maps + cancelled + 3 == 11_378_179
    generator, discriminator = cycle_gan.build_generator(), cycle_gan.build_discriminator()
    assert trainable_count(generator) == 11_378_179 - cancelled
    assert trainable_count(discriminator) == 2_764_737 - 896
    assert generator.output_shape == (None, 256, 256, 3) and discriminator.output_shape == (
        None,
        30,
        30,
        1,
    )
    assert last_activation(generator) == "tanh"
    # 128x128 has six blocks, of 2 x 9 x 256 x 256 each.
    smaller = cycle_gan.build_generator((128, 128, 3), blocks=6)
    assert trainable_count(generator) - trainable_count(smaller) == 3 * 2 * 9 * 256 * 256


@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (12, 20, 3)])
def test_shapes_copies_and_types(shape):
    with dtype_policy("mixed_bfloat16" if shape[0] == 8 else "float32"):
        generator = cycle_gan.build_generator(
            shape, source_shape=(*shape[:2], 2), width=2, blocks=1
        )
        discriminator = cycle_gan.build_discriminator(shape, width=2, stages=1)
    sources = np.random.default_rng(0).uniform(-1, 1, (2, *shape[:2], 2)).astype(np.float32)
    images = generator(sources)
    assert (
        images.shape == (2, *shape)
        and images.dtype == discriminator(images).dtype == "float32"
        and np.abs(images).max() <= 1
    )
    check_copy(generator, sources)


@pytest.mark.parametrize(("shape", "near"), [((29, 2, 1), (28, 8)), ((4, 4, 3), (8, 8))])
def test_sizes_that_do_not_fit(shape, near):
    message = f"multiples of 4 from 8 on, such as {near}. Received: image_shape={shape}"
    with pytest.raises(UserError, match=re.escape(message)):
        cycle_gan.build_generator(shape)


def test_the_first_layer_sees_reflected_edges():
    """A 7x7 mean over an image that is the number of its column: at the left edge of 3,
    2, 1, 0, 1, 2, 3.
    """
    generator = cycle_gan.build_generator((8, 8, 1), width=1, blocks=0)
    first = next(layer for layer in generator.layers if isinstance(layer, keras.layers.Conv2D))
    first.set_weights([np.full((7, 7, 1, 1), 1 / 49, np.float32)])
    columns = np.tile(np.arange(8.0, dtype=np.float32)[None, None, :, None], (1, 8, 1, 1))
    means = keras.Model(generator.input, first.output)(columns).numpy()[0, :, :, 0]
    np.testing.assert_allclose(
        means, np.tile([12 / 7, 13 / 7, 16 / 7, 3, 4, 33 / 7, 36 / 7, 37 / 7], (8, 1)), atol=1e-5
    )


def test_the_blocks_add_to_their_maps():
    """A block whose last convolution is 0 changes nothing."""
    generator = cycle_gan.build_generator((8, 8, 1), width=2, blocks=1)
    convolutions = [layer for layer in generator.layers if isinstance(layer, keras.layers.Conv2D)]
    convolutions[4].set_weights([0 * convolutions[4].get_weights()[0]])
    add = next(layer for layer in generator.layers if isinstance(layer, keras.layers.Add))
    before, after = keras.Model(generator.input, [add.input[0], add.output])(
        np.random.default_rng(0).normal(size=(1, 8, 8, 1))
    )
    np.testing.assert_array_equal(before, after)


def test_a_block_adds_negative_numbers_too():
    """Its second convolution has no ReLU behind it."""
    generator = cycle_gan.build_generator((8, 8, 1), width=2, blocks=1)
    add = next(layer for layer in generator.layers if isinstance(layer, keras.layers.Add))
    change = keras.Model(generator.input, add.input[1])(
        np.random.default_rng(0).normal(size=(1, 8, 8, 1))
    )
    assert np.min(change) < 0 < np.max(change)
