"""Layers that Keras does not have."""

from tf_gan.layers.blur import Blur2D
from tf_gan.layers.clip_weights import ClipWeights
from tf_gan.layers.conditional_batch_normalization import ConditionalBatchNormalization
from tf_gan.layers.equalized import EqualizedConv2D, EqualizedDense
from tf_gan.layers.fade_in import FadeIn
from tf_gan.layers.gaussian_noise import GaussianNoise
from tf_gan.layers.grouped_conv import GroupedConv2D
from tf_gan.layers.image_conv import ImageConv2D, ImageConv2DTranspose
from tf_gan.layers.image_history import ImageHistory
from tf_gan.layers.learned_map import LearnedConstant, LearnedMap
from tf_gan.layers.maxout import Maxout, MaxoutConv2D
from tf_gan.layers.minibatch_discrimination import MinibatchDiscrimination
from tf_gan.layers.minibatch_stddev import MinibatchStddev
from tf_gan.layers.modulated_conv import ModulatedConv2D
from tf_gan.layers.noise_map import NoiseMap
from tf_gan.layers.orthogonal_regularizer import OffDiagonalRegularizer
from tf_gan.layers.pixel_norm import PixelNorm
from tf_gan.layers.pixel_shuffle import PixelShuffle
from tf_gan.layers.reflection_padding import ReflectionPadding2D
from tf_gan.layers.resample import BinomialDownsample2D, BinomialUpsample2D
from tf_gan.layers.scaled_leaky_relu import ScaledLeakyReLU
from tf_gan.layers.self_attention import SelfAttention
from tf_gan.layers.sparse_normal import SparseNormal
from tf_gan.layers.spectral_normalization import SpectralNormalization
from tf_gan.layers.tied_dense import TiedDense
from tf_gan.layers.tracked_mean import TrackedMean
from tf_gan.layers.untied_bias import UntiedBias
from tf_gan.layers.upsample_conv import UpsampleConv2D
from tf_gan.layers.weight_normalization import WeightNormalization, data_dependent_initialization

__all__ = [
    "BinomialDownsample2D",
    "BinomialUpsample2D",
    "Blur2D",
    "ClipWeights",
    "ConditionalBatchNormalization",
    "EqualizedConv2D",
    "EqualizedDense",
    "FadeIn",
    "GaussianNoise",
    "GroupedConv2D",
    "ImageConv2D",
    "ImageConv2DTranspose",
    "ImageHistory",
    "LearnedConstant",
    "LearnedMap",
    "Maxout",
    "MaxoutConv2D",
    "MinibatchDiscrimination",
    "MinibatchStddev",
    "ModulatedConv2D",
    "NoiseMap",
    "OffDiagonalRegularizer",
    "PixelNorm",
    "PixelShuffle",
    "ReflectionPadding2D",
    "ScaledLeakyReLU",
    "SelfAttention",
    "SparseNormal",
    "SpectralNormalization",
    "TiedDense",
    "TrackedMean",
    "UntiedBias",
    "UpsampleConv2D",
    "WeightNormalization",
    "data_dependent_initialization",
]
