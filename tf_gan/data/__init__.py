"""Image sets: all of them become `Examples`, images in memory with a stated range."""

from tf_gan.data.catalog import UnknownSplitError, catalog
from tf_gan.data.digits import digits
from tf_gan.data.examples import Examples, scale, to_uint8
from tf_gan.data.image_folder import image_folder
from tf_gan.data.load import load
from tf_gan.data.npz import npz
from tf_gan.data.toy import gaussians_1d, grid, ring

__all__ = [
    "Examples",
    "UnknownSplitError",
    "catalog",
    "digits",
    "gaussians_1d",
    "grid",
    "image_folder",
    "load",
    "npz",
    "ring",
    "scale",
    "to_uint8",
]
