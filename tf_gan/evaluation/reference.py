"""What samples are judged by: the images of the data set, split by split, and their
features.
"""

import dataclasses
import functools
import pathlib
import re

import numpy as np

from tf_gan import data, features
from tf_gan.data import Examples
from tf_gan.data.load import OUTLINES
from tf_gan.errors import UserError
from tf_gan.evaluation.samples import Samples, unit

SPLITS = ("auto", "train", "validation", "test")


class Reference:
    """The images that a run was trained on, those it has not seen, and a network whose
    features tell how alike images are.

    Sets of tensorflow-datasets have a split `test`; their validation images are those
    that a training split such as `train[:50000]` or `train[20%:]` leaves. Of any other
    training split they are its last sixth (10,000 of MNIST's), which the generator was
    trained on: their name says so. Toy densities draw new points. Other sets have
    neither, unless `held_out` and `validation` name some.

    Args:
        config: The `data` section of a run's config.
        extractor: `"classifier"`: one trained on the labels of this set; `"inception"`;
            the path of a `.keras` file whose output are features; `"auto"`: Inception
            if there are weights, else the classifier for grey images with labels.
        extractor_range: `(low, high)` of the images that the network of a `.keras` file
            takes.
        inception_weights: File with the weights of the 2015 Inception network.
        held_out: Folder of pictures, of pairs for a set of pairs, or `.npz` file with
            images to take for a test split.
        validation: The same for validation images.
        split: Which images samples are compared with: one of `SPLITS`; `"auto"` takes
            the test images, or the training images of sets without any.
        count: Images of it that features are compared with, at most.
        benchmarks: Folder with the benchmark sets of super-resolution.
    """

    def __init__(
        self,
        config,
        *,
        extractor: str = "auto",
        extractor_range: tuple[float, float] = (0.0, 255.0),
        inception_weights: str = "",
        held_out: str = "",
        validation: str = "",
        split: str = "auto",
        count: int = 10_000,
        benchmarks: str = "",
    ):
        if split not in SPLITS:
            raise UserError(f"Expected `split` to be one of {list(SPLITS)}. Received: {split!r}")
        self.config = _changed(config, labels_per_class=0)  # What is measured may know all labels.
        self.count, self.split = count, split
        self.held_out, self.validation_path, self.benchmarks = held_out, validation, benchmarks
        self.wanted, self.extractor_range, self.inception_weights = (
            extractor,
            tuple(extractor_range),
            inception_weights,
        )

    # === Images ===

    @functools.cached_property
    def train(self) -> Examples:
        return data.load(self.config)

    @functools.cached_property
    def validation(self) -> Examples | None:
        if self.validation_path:
            return self._given("validation", self.validation_path)
        if self._has_splits:
            rest = _rest(self.config.split)
            if rest:
                return self._split(rest)
            part = self.train[len(self.train) - len(self.train) // 6 :]
            return dataclasses.replace(
                part, name=f"{self.train.name}, last {len(part):,} of the training images"
            )
        return self._split("validation") if self._is_toy else None

    @functools.cached_property
    def test(self) -> Examples | None:
        if self.held_out:
            return self._given("held_out", self.held_out)
        if self._has_splits:
            try:
                return self._split("test")
            except data.UnknownSplitError:  # Some sets have none.
                return None
        return (
            dataclasses.replace(self._split("test"), name=f"{self.config.name}, new points")
            if self._is_toy
            else None
        )

    @functools.cached_property
    def pairs(self) -> Examples:
        """The same images with the sources that belong to them, for sets of pairs, also
        where the run did not see them as pairs.
        """
        reference = (
            self
            if self.config.paired
            else Reference(_changed(self.config, paired=True), held_out=self.held_out)
        )
        pairs = reference.held_out_or_train
        return (
            dataclasses.replace(pairs, name=f"{pairs.name}, which are training pairs")
            if pairs is reference.train
            else pairs
        )

    @property
    def held_out_or_train(self) -> Examples:
        """What samples are compared with: the test images, or the training images of
        sets that have no others, unless `split` names a split.
        """
        if self.split != "auto":
            return self.need(self.split)
        return self.train if self.test is None else self.test

    def need(self, split: str) -> Examples:
        """Returns a split.

        Raises:
            ValueError: if the data set has none.
        """
        examples = getattr(self, split)
        if examples is None:
            flag = {"test": "held_out"}.get(split, split)
            raise UserError(
                f"This metric needs {split} images beside the training images, and"
                f" {self.config.name} has none. Give some with --{flag}=FOLDER or"
                f" --{flag}=FILE.npz, or leave the metric out"
            )
        return examples

    def _given(self, flag: str, path: str) -> Examples:
        """Returns the images of a folder or a file that the user names, in the shape of
        those that the run was trained on.
        """
        shape = tuple(self.config.image_shape) or self.train.image_shape
        if not pathlib.Path(path).exists():
            raise UserError(
                f"Expected --{flag} to name a folder of pictures or an .npz file. Received:"
                f" --{flag}={path}, which is not there"
            )
        fields = {"name": "npz", "path": path, "split": "train"}
        if not path.endswith(".npz"):
            if len(shape) != 3:
                raise UserError(
                    f"Expected --{flag} to name an .npz file, for data of shape {shape}. Received:"
                    f" --{flag}={path}"
                )
            kind = "image_pairs" if self.config.name == "image_pairs" else "image_folder"
            fields |= {"name": kind, "image_size": shape[0], "channels": shape[2]}
        examples = data.load(_changed(self.config, **fields))
        if examples.image_shape != shape:
            raise UserError(
                f"Expected images of shape {shape}, that of the training images, in"
                f" --{flag}={path}. Received: images of shape {examples.image_shape}"
            )
        return dataclasses.replace(self._numbered(flag, examples), name=path)

    def _numbered(self, flag: str, examples: Examples) -> Examples:
        """Returns labelled images with the numbers that their classes have in the
        training images.
        """
        if examples.labels is None or not examples.class_names:
            return examples
        known = list(self.train.class_names or ())
        unknown = [name for name in examples.class_names if name not in known]
        if unknown:
            raise UserError(
                f"Expected the sub-folders of --{flag} to be classes of the training images, some"
                f" of {known}. Received: {unknown}"
            )
        numbers = np.array([known.index(name) for name in examples.class_names], np.int32)
        return dataclasses.replace(
            examples, labels=numbers[examples.labels], class_names=tuple(known)
        )

    @property
    def _is_toy(self) -> bool:
        return "test" in (data.splits(self.config) or ())

    @property
    def _has_splits(self) -> bool:
        return data.splits(self.config) is None

    def _split(self, split: str) -> Examples:
        return data.load(_changed(self.config, split=split))

    @staticmethod
    def unit(examples: Examples, count: int | None = None) -> np.ndarray:
        """Returns the first images of a split, float32 in [0, 1], or as they are where
        they have no bounds.
        """
        examples = examples[:count]
        return unit(examples.arrays(), examples.value_range)

    # === Features ===

    @functools.cached_property
    def extractor(self) -> features.FeatureExtractor:
        wanted = self.wanted
        if wanted == "auto":
            grey = self.train.image_shape[-1] == 1 and self.train.labels is not None
            wanted = "inception" if self.inception_weights else "classifier" if grey else ""
        if wanted == "inception":
            if not self.inception_weights:
                raise UserError(
                    "Expected the weights of Inception, for --extractor=inception:"
                    " --inception_weights=FILE. Received: no file"
                )
            return features.inception(self.inception_weights)
        # The images of pairs are those of the set itself; the enlarged digits are
        # others.
        known = (
            self.config.name
            if self.config.name == "digits_outlines"
            else self.config.name.removesuffix(OUTLINES)
        )
        if wanted == "classifier" and known in features.CLASSIFIERS:
            return features.classifier(known)
        if wanted == "classifier":
            return features.train_classifier(self.train, self.need("test"), self.config.name)
        if wanted:
            name = re.sub(r"\W", "_", wanted.rsplit("/", 1)[-1].removesuffix(".keras"))
            return features.from_keras(wanted, name, value_range=self.extractor_range)
        raise UserError(
            "This metric compares features, and there is no network that fits these images without"
            " being told. Give --inception_weights=FILE (for RGB images), --extractor=classifier"
            " (for images with labels) or --extractor=MODEL.keras"
        )

    @functools.cached_property
    def features(self) -> tuple[np.ndarray, np.ndarray | None]:
        """Features and class probabilities of the first `count` images of
        `held_out_or_train`; kept on disk.
        """
        examples = self.held_out_or_train[: self.count]

        def compute():
            outputs = self.extractor.outputs(examples)
            return {
                name: array
                for name, array in zip(("features", "probabilities"), outputs, strict=True)
                if array is not None
            }

        arrays = features.reference_statistics(self.protocol, compute)
        return arrays["features"], arrays.get("probabilities")

    @functools.cached_property
    def protocol(self) -> dict:
        """All that these features depend on, as values that JSON knows: `describe` in
        full.
        """
        return features.reference_protocol(self.held_out_or_train[: self.count], self.extractor)

    def features_of(self, samples: Samples) -> tuple[np.ndarray, np.ndarray | None]:
        """Returns the same for samples; computed once for each."""
        if getattr(samples, "_features", None) is None:
            samples._features = self.extractor.outputs(samples.images, (0.0, 1.0))
        return samples._features

    def describe(self) -> str:
        """Returns the sentence's part that says which images and which features."""
        return f"{self.describe_images()}; features: {self.extractor.describe()}"

    def describe_images(self) -> str:
        """Returns the sentence's part that says which images."""
        examples = self.held_out_or_train
        same = (
            ", which are training images, as those are that baselines are made of"
            if examples is self.train
            else ""
        )
        return f"{min(self.count, len(examples)):,} images of {examples.name}{same}"


def _rest(split: str) -> str | None:
    """Returns what a part of a split leaves of it: `train[50000:]` for `train[:50000]`,
    `train[:20%]` for `train[20%:]`.
    """
    part = re.fullmatch(r"(\w+)\[(-?\d+%?)?:(-?\d+%?)?\]", split)
    if part and bool(part[2]) != bool(part[3]):
        return f"{part[1]}[{part[3]}:]" if part[3] else f"{part[1]}[:{part[2]}]"
    return None


def _changed(config, **fields):
    config = config.copy_and_resolve_references()
    with config.unlocked():
        config.update(fields)
    return config
