"""Image sets of tensorflow-datasets."""

import contextlib
import difflib
import logging
import pathlib
import shutil

import numpy as np
import tensorflow as tf

from tf_gan import compat
from tf_gan.data.examples import Examples
from tf_gan.data.keep import Example, keep
from tf_gan.data.pictures import Size, height_and_width
from tf_gan.data.split import UnknownSplitError
from tf_gan.errors import UserError

SPLITS = None  # Those of the set, and any part of them.


def load(section, split: str, seed: int) -> Examples:
    """Returns a split of the set `section.name`."""
    examples = catalog(
        section.name,
        split,
        image_size=section.image_size or None,
        value_range=tuple(section.value_range),
        cache=section.cache,
    )
    if section.labels and examples.labels is None:
        raise UserError(
            "Expected a set with labels, since config.data.labels=True. Received:"
            f" {section.name!r}, which has no feature `label` that is one integer"
        )
    return examples


def _library(name: str):
    """Returns tensorflow-datasets.

    Raises:
        UserError: if it is not installed.
    """
    try:
        import tensorflow_datasets
    except ImportError as error:
        from tf_gan.data import names  # Which imports this module.

        raise UserError(
            f"No data set {name!r} in tf_gan, which has {names()}. Others are those of"
            " tensorflow-datasets, which is not installed: pip install 'tf_gan[datasets]'"
        ) from error
    return tensorflow_datasets


def catalog(
    name: str,
    split: str = "train",
    *,
    image_size: Size | None = None,
    value_range=(-1.0, 1.0),
    cache: str = "",
) -> Examples:
    """Loads an image set by its name in tensorflow-datasets, downloading it where it is
    not prepared yet.

    Args:
        name: Such as `"mnist"`, `"cifar10"`, `"celeb_a"`.
        split: Such as `"train"`, `"train[:50000]"`, `"test"`.
        image_size: Height and width, or a pair `(height, width)`, to which images are
            cropped at the centre and resized, with antialiasing; None keeps them as
            they are, and they must then be of one size.
        value_range: `(low, high)` of the images in training.
        cache: Folder for the images if they take more than a quarter of the memory: see
            `tf_gan.data.keep`.

    Returns:
        Examples of uint8 images `(N, H, W, C)`; with labels if the set has a feature
        `label` that is one integer.

    Raises:
        UnknownSplitError: if the set has no such split.
        UserError: if the name is unknown, the set has no uint8 images, or it cannot be
            downloaded.
    """
    with _without_deprecations():
        return _catalog(name, split, image_size, value_range, cache)


def _catalog(name: str, split: str, image_size: Size | None, value_range, cache: str) -> Examples:
    tfds = _library(name)
    builder = _builder(name)
    features = builder.info.features
    label = _label(features)
    _prepare(builder)
    try:
        wanted = tfds.decode.PartialDecoding(
            {"image": True} if label is None else {"image": True, "label": True}
        )
        dataset = builder.as_dataset(split=split, decoders=wanted, shuffle_files=False)
    except ValueError as error:
        if split.partition("[")[0] in builder.info.splits:
            raise UserError(f"The split {split!r} of {name!r} cannot be read. {error}") from error
        raise UnknownSplitError(
            f"{name!r} has no split {split!r}. Its splits are {sorted(builder.info.splits)}."
            f" {error}"
        ) from error
    shape = tuple(features["image"].shape)
    if image_size is None and None in shape:
        raise UserError(
            f"The images of {name!r} have different sizes. Set the size to train on:"
            " config.data.image_size"
        )
    height, width = shape[:2] if image_size is None else height_and_width(image_size)
    if image_size is not None:
        dataset = dataset.map(
            lambda example: example | {"image": central(example["image"], height, width)},
            num_parallel_calls=tf.data.AUTOTUNE,
        )

    def read(numbers):
        for number, example in enumerate(dataset.prefetch(tf.data.AUTOTUNE).as_numpy_iterator()):
            yield Example(number, example["image"], 0 if label is None else int(example["label"]))

    images, _, labels = keep(
        read,
        list(range(len(dataset))),
        len(dataset),
        (height, width, shape[-1]),
        name=f"{name} {split}",
        protocol=lambda: {"set": builder.info.full_name, "split": split, "crop": bool(image_size)},
        folder=cache,
    )
    if label is None:
        return Examples(images, None, value_range, name=f"{name} {split}")
    class_names = tuple(getattr(label, "names", ())) or None
    return Examples(images, labels, value_range, class_names, name=f"{name} {split}")


def _label(features):
    """Returns the feature `label` if it is one integer, not such as a text or a list."""
    found = dict(features).get("label")
    is_class = found is not None and found.shape == () and np.issubdtype(found.np_dtype, np.integer)
    return found if is_class else None


def central(image: tf.Tensor, height: int, width: int) -> tf.Tensor:
    """Crops a uint8 image at the centre to the proportions of a size, and resizes it
    with antialiasing.
    """
    rows, columns = tf.shape(image)[0], tf.shape(image)[1]
    cut = tf.image.resize_with_crop_or_pad(
        image,
        tf.minimum(rows, tf.maximum(1, columns * height // width)),
        tf.minimum(columns, tf.maximum(1, rows * width // height)),
    )
    resized = tf.image.resize(cut, (height, width), antialias=True)
    return tf.cast(tf.clip_by_value(tf.round(resized), 0, 255), tf.uint8)


def _builder(name: str):
    """Returns the builder of a data set of uint8 images."""
    from tf_gan.data import names  # Which imports this module.

    tfds = _library(name)
    try:
        builder = tfds.builder(name)
    # ValueError: a name that cannot be one, such as cifar-10.
    except (tfds.core.DatasetNotFoundError, ValueError):
        known = [*names(), *tfds.list_builders(with_community_datasets=False)]
        close = difflib.get_close_matches(name, known, n=5, cutoff=0.5)
        hint = f" Did you mean one of {close}?" if close else ""
        raise UserError(
            f"Unknown data set {name!r}: neither one of tf_gan's nor one of"
            f" tensorflow-datasets.{hint}"
        ) from None
    features = builder.info.features
    if "image" not in features:
        raise UserError(
            f"Expected a data set with a feature `image`. {name!r} has {sorted(features)}"
        )
    shape, dtype = features["image"].shape, np.dtype(features["image"].np_dtype)
    if dtype != np.uint8 or len(shape) != 3 or shape[-1] is None:
        raise UserError(
            "Expected uint8 images of shape (H, W, C) with a known number of channels. The images"
            f" of {name!r} are {dtype} of shape {shape}. Convert them and save them as an .npz"
            " file: config.data.name=npz"
        )
    return builder


def _prepare(builder) -> None:
    """Downloads a data set where it is not prepared."""
    root = pathlib.Path(builder.data_dir.removesuffix(builder.info.full_name)).expanduser()
    is_new = not root.exists()
    try:
        # Its ten attempts, each after twice the pause, keep a machine without a network
        # waiting for minutes.
        with compat.tfds_max_retries(3):
            builder.download_and_prepare()
    # The downloader, the network and the archives fail in ways of their own; all of
    # them mean that there are no data.
    except Exception as error:
        if is_new and not any(file.stat().st_size for file in root.rglob("*") if file.is_file()):
            shutil.rmtree(root, ignore_errors=True)  # Made for this download; nothing came.
        what = next(iter(str(error).strip().splitlines()), "no reason given")
        raise UserError(
            f"{builder.name!r} is not prepared in {root}, and downloading it failed. Check the"
            " network, or set TFDS_DATA_DIR to where tensorflow-datasets has prepared it. Without a"
            " download: config.data.name=digits, or image_folder for your own pictures. The failure"
            f" was {type(error).__name__}: {what}"
        ) from error


@contextlib.contextmanager
def _without_deprecations():
    """Drops the warnings of tensorflow-datasets about its own code."""
    logger = logging.getLogger("absl")
    logger.addFilter(_is_news)
    try:
        yield
    finally:
        logger.removeFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    return ".dtype` is deprecated" not in record.getMessage()
