"""Where XLA is the faster choice."""

import keras
import pytest
from support import small

from tf_gan import layers
from tf_gan.training import xla


@pytest.mark.parametrize(
    "layer",
    [
        keras.layers.Conv2D(2, 3),
        keras.layers.DepthwiseConv2D(3),
        layers.EqualizedConv2D(2, 3),
        layers.GroupedConv2D(2, 3, groups=2),
        layers.MaxoutConv2D(2, 3),
        layers.SpectralNormalization(keras.layers.Conv2D(2, 3)),
        layers.UpsampleConv2D(2),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_networks_with_convolutions_are_told_from_others(layer):
    assert xla.has_convolutions(keras.Sequential([keras.Input((6, 6, 2)), layer]))
    assert not xla.has_convolutions(keras.Sequential([keras.Input((6,)), keras.layers.Dense(2)]))


def test_the_synthesis_of_a_stylegan2_has_convolutions():
    assert xla.has_convolutions(small.style_gan().generator)
