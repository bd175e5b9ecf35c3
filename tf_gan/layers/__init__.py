"""Layers that Keras does not have."""

from tf_gan.layers.clip_weights import ClipWeights
from tf_gan.layers.maxout import Maxout, MaxoutConv2D
from tf_gan.layers.pixel_shuffle import PixelShuffle
from tf_gan.layers.untied_bias import UntiedBias
from tf_gan.layers.upsample_conv import UpsampleConv2D

__all__ = ["ClipWeights", "Maxout", "MaxoutConv2D", "PixelShuffle", "UntiedBias", "UpsampleConv2D"]
