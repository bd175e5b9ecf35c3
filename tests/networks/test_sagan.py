"""SAGAN's networks: values in NumPy, where attention stands, the start."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from support.networks import outputs, trainable_count
from support.residual_twin import DISCRIMINATOR_32, Twin, randomize

from tf_gan.errors import UserError
from tf_gan.layers import SelfAttention
from tf_gan.networks import sagan

SHAPE = (16, 24, 3)
RANDOM = np.random.default_rng(0)
LATENTS = RANDOM.normal(size=(3, 5)).astype(np.float32)
IMAGES = RANDOM.uniform(-1, 1, (3, *SHAPE)).astype(np.float32)
LABELS = np.array([0, 3, 1], np.int32)


@pytest.mark.parametrize("classes", [None, 4])
def test_networks_match_numpy(classes):
    generator = sagan.build_generator(SHAPE, 5, classes, width=8)
    discriminator = sagan.build_discriminator(SHAPE, classes, width=8)
    labels = [LABELS] if classes else []
    for model in (generator, discriminator):
        randomize(model)
    twin = Twin(generator)
    conditions = [labels[0] if classes else None] * 3
    expected = twin.generated(LATENTS, (2, 3, 8), conditions, attention_after=2)
    np.testing.assert_allclose(outputs(generator, LATENTS, *labels), expected, atol=1e-5)
    assert twin.is_empty()
    twin = Twin(discriminator)
    expected = twin.judged(IMAGES, DISCRIMINATOR_32, *labels, attention_after=1)
    np.testing.assert_allclose(
        outputs(discriminator, IMAGES, *labels), expected, atol=1e-5, rtol=1e-5
    )
    assert twin.is_empty()


def test_parameter_counts():
    """Those of `sngan`, and attention with C^2 (1/8 + 1/8 + 1/2 + 1/2) weights and gamma."""
    generator = sagan.build_generator((32, 32, 3), 128, 10)
    assert trainable_count(generator) == 4_304_387 + 256**2 * 5 // 4 + 1
    discriminator = sagan.build_discriminator((32, 32, 3), 10)
    assert trainable_count(discriminator) == 1_055_104 + 128**2 * 5 // 4 + 1


@pytest.mark.parametrize(("size", "side"), [(32, 16), (64, 32), (128, 32)])
def test_attention_stands_once_in_each_network(size, side):
    shape = (size, size, 3)
    for model in (
        sagan.build_generator(shape, 4, width=16),
        sagan.build_discriminator(shape, width=16),
    ):
        (layer,) = (each for each in model.layers if isinstance(each, SelfAttention))
        assert layer.output.shape[1:3] == (side, side)


def test_at_the_start_attention_changes_nothing():
    model = sagan.build_discriminator(SHAPE, width=8)
    (layer,) = (each for each in model.layers if isinstance(each, SelfAttention))
    around = keras.Model(model.input, [layer.input, layer.output])
    before, after = around(tf.constant(IMAGES))
    np.testing.assert_array_equal(before, after)


def test_a_side_without_maps_is_refused():
    with pytest.raises(UserError, match=r"one of \[4, 8\]. Received: attention=16"):
        sagan.build_discriminator((16, 16, 3), width=8, attention=16)
    without = sagan.build_generator(SHAPE, 4, width=8, attention=0)
    assert not [each for each in without.layers if isinstance(each, SelfAttention)]
