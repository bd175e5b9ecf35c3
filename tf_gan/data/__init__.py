"""Image sets: all of them become `Examples`, images in memory with a stated range."""

from tf_gan.data.examples import Examples, scale, to_uint8
from tf_gan.data.half_labelled import HalfLabelledExamples, keep_labels
from tf_gan.data.load import load, splits
from tf_gan.data.sources.catalog import UnknownSplitError, catalog
from tf_gan.data.sources.digits import digits
from tf_gan.data.sources.image_folder import image_folder
from tf_gan.data.sources.image_pairs import ImagePairs, image_pairs
from tf_gan.data.sources.npz import npz
from tf_gan.data.sources.outlines import outlines
from tf_gan.data.sources.photographs import RandomCrops, photographs
from tf_gan.data.sources.toy import gaussians_1d, grid, ring

__all__ = [
    "Examples",
    "HalfLabelledExamples",
    "ImagePairs",
    "RandomCrops",
    "UnknownSplitError",
    "catalog",
    "digits",
    "gaussians_1d",
    "grid",
    "image_folder",
    "image_pairs",
    "keep_labels",
    "load",
    "npz",
    "outlines",
    "photographs",
    "ring",
    "scale",
    "splits",
    "to_uint8",
]
