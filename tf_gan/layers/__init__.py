"""Layers that Keras does not have."""

from tf_gan.layers.clip_weights import ClipWeights
from tf_gan.layers.gaussian_noise import GaussianNoise
from tf_gan.layers.image_conv import ImageConv2D, ImageConv2DTranspose
from tf_gan.layers.image_history import ImageHistory
from tf_gan.layers.maxout import Maxout, MaxoutConv2D
from tf_gan.layers.minibatch_discrimination import MinibatchDiscrimination
from tf_gan.layers.pixel_shuffle import PixelShuffle
from tf_gan.layers.resample import BinomialDownsample2D, BinomialUpsample2D
from tf_gan.layers.spectral_normalization import SpectralNormalization
from tf_gan.layers.tied_dense import TiedDense
from tf_gan.layers.untied_bias import UntiedBias
from tf_gan.layers.upsample_conv import UpsampleConv2D
from tf_gan.layers.weight_normalization import WeightNormalization, data_dependent_initialization

__all__ = [
    "BinomialDownsample2D",
    "BinomialUpsample2D",
    "ClipWeights",
    "GaussianNoise",
    "ImageConv2D",
    "ImageConv2DTranspose",
    "ImageHistory",
    "Maxout",
    "MaxoutConv2D",
    "MinibatchDiscrimination",
    "PixelShuffle",
    "SpectralNormalization",
    "TiedDense",
    "UntiedBias",
    "UpsampleConv2D",
    "WeightNormalization",
    "data_dependent_initialization",
]
