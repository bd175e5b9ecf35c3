"""Image sets: all of them become `Examples`, images with a stated range."""

from tf_gan.data.examples import Examples
from tf_gan.data.half_labelled import HalfLabelledExamples, keep_labels
from tf_gan.data.load import holds_out, load, names, reads_path, splits
from tf_gan.data.ranges import on_white, scale, to_uint8
from tf_gan.data.sources.catalog import catalog
from tf_gan.data.sources.digits import digits
from tf_gan.data.sources.folder_facts import FolderFacts
from tf_gan.data.sources.folder_facts import inspect as inspect_folder
from tf_gan.data.sources.gaussians_1d import gaussians_1d
from tf_gan.data.sources.grid import grid
from tf_gan.data.sources.image_folder import image_folder
from tf_gan.data.sources.image_pairs import ImagePairs, image_pairs
from tf_gan.data.sources.npz import npz
from tf_gan.data.sources.outlines import outlines
from tf_gan.data.sources.photographs import RandomCrops, photographs
from tf_gan.data.sources.ring import ring
from tf_gan.data.sources.stacked_mnist import stacked_mnist
from tf_gan.data.split import UnknownSplitError, overlaps
from tf_gan.data.stored import StoredImages, read_errors_named

__all__ = [
    "Examples",
    "FolderFacts",
    "HalfLabelledExamples",
    "ImagePairs",
    "RandomCrops",
    "StoredImages",
    "UnknownSplitError",
    "catalog",
    "digits",
    "gaussians_1d",
    "grid",
    "holds_out",
    "image_folder",
    "image_pairs",
    "inspect_folder",
    "keep_labels",
    "load",
    "names",
    "npz",
    "on_white",
    "outlines",
    "overlaps",
    "photographs",
    "read_errors_named",
    "reads_path",
    "ring",
    "scale",
    "splits",
    "stacked_mnist",
    "to_uint8",
]
