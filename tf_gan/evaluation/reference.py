"""The images that samples are compared with, split by split, and their features."""

import dataclasses
import functools
import glob
import math
import os
import re

import numpy as np

from tf_gan import data, features
from tf_gan.choices import SPLITS
from tf_gan.config import default_config
from tf_gan.data import Examples
from tf_gan.data.keep import memory_limit
from tf_gan.data.ranges import to_unit
from tf_gan.errors import UserError
from tf_gan.evaluation import extractors
from tf_gan.evaluation.given import changed, given
from tf_gan.evaluation.samples import Samples
from tf_gan.io import paths


class Reference:
    """The images that a run was trained on, those it has not seen, and a network whose
    features tell how alike images are.

    Test images are those of the data set's split `test`, unless the run was trained on
    that split. Validation images are those of its split `validation`; for sets of
    tensorflow-datasets those that a training split such as `train[:50000]` or
    `train[20%:]` leaves, and for any other training split its last sixth (10,000 of
    MNIST's), which the generator was trained on: their name says so. Toy densities
    have points of their own in each split, fixed by the run's seed. Sets without these
    splits need `held_out` and `validation`.

    Args:
        config: The `data` section of a run's config.
        seed: The run's seed, `config.seed`.
        extractor: `"classifier"`: one trained on the labels of this set;
            `"contrastive"`: one trained on its images without labels; `"inception"`;
            the path of a `.keras` file whose output are features; `"auto"`: Inception
            if there are weights, else the classifier for training and test images with
            labels that are all known, else the contrastive network.
        extractor_range: `(low, high)` of the images that the network of a `.keras` file
            takes.
        inception_weights: File with the weights of the 2015 Inception network.
        held_out: Folder of pictures, of pairs for a set of pairs, or `.npz` file with
            images to take for a test split.
        validation: Folder of pictures or `.npz` file with images to take for a
            validation split.
        split: Which images samples are compared with: one of `SPLITS`; `"auto"` takes
            the test images, or the training images of sets without any.
        count: Images of it that features are compared with, at most.
        benchmarks: Folder with the benchmark sets of super-resolution.
    """

    _in_memory = False  # Whether `of` made it.

    def __init__(
        self,
        config,
        *,
        seed: int,
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
        self.config = changed(config, labels_per_class=0)  # What is measured may know all labels.
        self.seed, self.count, self.split = seed, count, split
        self._errors: dict[str, UserError] = {}
        self.held_out, self.validation_path, self.benchmarks = held_out, validation, benchmarks
        low, high = extractor_range
        self.wanted, self.inception_weights = extractor, inception_weights
        self.extractor_range = (low, high)

    @classmethod
    def of(
        cls,
        train: Examples,
        test: Examples | None = None,
        *,
        validation: Examples | None = None,
        seed: int = 0,
        **arguments,
    ):
        """Returns the reference of images in memory, for a `fit` without a config.

        Args:
            train: The training images.
            test: Images that training does not see; None compares with the training images.
            validation: Further images that training does not see, for metrics that need them.
            seed: Integer, as for the class.
            **arguments: `extractor`, `extractor_range`, `inception_weights`, `split`, `count`
                and `benchmarks` of the class.

        Raises:
            UserError: for images that are no `Examples`, and for other arguments.
        """
        for name, examples in (("train", train), ("test", test), ("validation", validation)):
            if not isinstance(examples, Examples) and (examples is not None or name == "train"):
                raise UserError(
                    f"Expected images with their range: {name}=tf_gan.data.Examples(images,"
                    f" value_range=(-1, 1)). Received: {type(examples).__name__}"
                )
        if "held_out" in arguments:
            raise UserError(
                "Reference.of takes images in memory. Expected held-out images as"
                f" test=Examples. Received: held_out={arguments['held_out']!r}"
            )
        section = changed(default_config().data, name="npz", path=train.name, mirror=train.mirror)
        reference = cls(section, seed=seed, **arguments)
        reference.train, reference.validation, reference.test = train, validation, test
        reference._in_memory = True
        return reference

    # === Images ===

    @functools.cached_property
    def train(self) -> Examples:
        return self._load(self.config.split)

    @functools.cached_property
    def train_in_memory(self) -> Examples:
        """The training images; evenly spaced ones if all of them, as floats, took more
        than a quarter of the memory.
        """
        return self.train.spread(memory_limit() // (4 * math.prod(self.train.image_shape)))

    @functools.cached_property
    def validation(self) -> Examples | None:
        if self.validation_path:
            return given(self, "validation", self.validation_path)
        own = self._unseen("validation")
        if own is not None or data.splits(self.config) is not None:
            return own
        rest = _rest(self.config.split)
        if rest:
            return self._load(rest)
        part = self.train[len(self.train) - len(self.train) // 6 :]
        return dataclasses.replace(
            part, name=f"{self.train.name}, last {len(part):,} of the training images"
        )

    @functools.cached_property
    def test(self) -> Examples | None:
        return given(self, "held_out", self.held_out) if self.held_out else self._unseen("test")

    @functools.cached_property
    def pairs(self) -> Examples:
        """The images of `held_out_or_train` with their sources, for sets of pairs; also
        where the run did not see them as pairs.
        """
        reference = self
        if not self.config.paired:
            config = changed(self.config, paired=True)
            reference = Reference(
                config,
                seed=self.seed,
                held_out=self.held_out,
                validation=self.validation_path,
                split=self.split,
            )
        pairs = reference.held_out_or_train
        if pairs is not reference.train:
            return pairs
        return dataclasses.replace(pairs, name=f"{pairs.name}, which are training pairs")

    @property
    def held_out_or_train(self) -> Examples:
        """The images that samples are compared with: the test images, or the training
        images of sets that have no others, unless `split` names a split.
        """
        if self.split != "auto":
            return self.need(self.split)
        return self.train if self.test is None else self.test

    @property
    def images(self) -> np.ndarray:
        """`count` images of `held_out_or_train`, as `unit` returns them."""
        return self.unit(self.held_out_or_train, self.count)

    def need(self, split: str) -> Examples:
        """Returns a split.

        Args:
            split: `"train"`, `"validation"` or `"test"`.

        Raises:
            UserError: if the data set has none that the run has not seen.
        """
        examples = getattr(self, split)
        if examples is None and self._in_memory:
            raise UserError(
                f"Needs {split} images beside the training images: {split}=Examples of"
                " Reference.of. Give some, or leave the metric out"
            )
        if examples is None:
            flag = {"test": "held_out"}.get(split, split)
            reason = f"{self.config.name} has none"
            if self._was_trained_on(split):
                reason = (
                    f"the run was trained on those of {self.config.name}"
                    f" (config.data.split={self.config.split!r})"
                )
            elif split == "test" and data.holds_out(self.config):
                reason = (
                    f"of the {len(self.train):,} images of {self.train.name} none was held out"
                    f" (config.data.held_out={self.config.held_out:g})"
                )
            raise UserError(
                f"Needs {split} images beside the training images, and {reason}."
                f" Give some with --{flag}=FOLDER or --{flag}=FILE.npz, or leave the metric out"
            )
        return examples

    def need_pictures(self) -> None:
        """Raises a UserError if the data are no images with a range."""
        examples = self.held_out_or_train
        if len(examples.image_shape) != 3 or examples.value_range is None:
            cause = " (config.data.contrast_normalization)"
            cause = cause if self.config.contrast_normalization else ""
            raise UserError(
                f"Compares images (H, W, C) with a range. {examples.name} has examples of shape"
                f" {examples.image_shape} in the range {examples.value_range}{cause}. Leave the"
                " metric out"
            )

    def _was_trained_on(self, split: str) -> bool:
        """Returns whether the run's training split holds images of another one."""
        return data.overlaps(self.config.split, split)

    def _unseen(self, split: str) -> Examples | None:
        """Returns a split of the data set under a name that says which; None if there
        is none or if the run saw it.
        """
        if self._was_trained_on(split):
            return None
        try:
            examples = self._load(split)
        except data.UnknownSplitError:
            return None
        if f" {split}" in examples.name:
            return examples
        return dataclasses.replace(examples, name=f"{examples.name}, {split} split")

    def _load(self, split: str) -> Examples:
        """Loads a split. What fails once is not tried again for each metric: a download
        may take minutes to fail.
        """
        if split in self._errors:
            raise self._errors[split]
        try:
            return data.load(changed(self.config, split=split), self.seed)
        except UserError as error:
            path = self.config.path
            known = isinstance(error, data.UnknownSplitError) or os.path.exists(path)
            known = known or paths.is_address(path)
            if path and not (known or glob.glob(path, recursive=True)):
                error = UserError(
                    f"The data of this run were in {path!r} (config.data.path), which is not there."
                    " Put them back, give their new place with --data=PATH of tf-gan-evaluate, or"
                    " repeat the training command with it, which writes it into the run"
                )
            self._errors[split] = error
            raise error

    @staticmethod
    def unit(examples: Examples, count: int | None = None) -> np.ndarray:
        """Returns evenly spaced images of a split, float32 in [0, 1], or as they are where
        they have no bounds.
        """
        examples = examples.spread(count)
        return to_unit(examples.arrays(), examples.value_range)

    # === Features ===

    @functools.cached_property
    def extractor(self) -> features.FeatureExtractor:
        return extractors.extractor(self)

    @functools.cached_property
    def features(self) -> tuple[np.ndarray, np.ndarray | None]:
        """Features and class probabilities of `count` images of `held_out_or_train`,
        evenly spaced; kept on disk.
        """
        examples = self.held_out_or_train.spread(self.count)

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
        return features.reference_protocol(
            self.held_out_or_train.spread(self.count), self.extractor
        )

    def features_of(self, samples: Samples) -> tuple[np.ndarray, np.ndarray | None]:
        """Returns the features and the class probabilities of samples; computed once
        for each.
        """
        if samples.features is None:
            samples.features = self.extractor.outputs(samples.images, (0.0, 1.0))
        return samples.features

    def probabilities_of(self, samples: Samples) -> np.ndarray:
        """Returns the class probabilities of samples.

        Raises:
            UserError: if the extractor has none.
        """
        probabilities = self.features_of(samples)[1]
        if probabilities is None:
            raise UserError(
                f"The extractor {self.extractor.name!r} has no class probabilities. Take"
                " --extractor=classifier, or leave the metric out"
            )
        return probabilities

    def equal_features(self, samples: Samples, least: int) -> tuple[np.ndarray, np.ndarray]:
        """Returns the features of the images and of no more samples than there are
        images, for metrics that depend on both numbers.

        Raises:
            UserError: for fewer than `least` of them.
        """
        real, fake = self.features[0], self.features_of(samples)[0]
        if min(len(real), len(fake)) < least:
            raise UserError(
                f"Expected at least {least} samples and as many images to compare them with."
                f" Received: {len(fake)} samples, {len(real)} images of"
                f" {self.held_out_or_train.name}"
            )
        return real, fake[: len(real)]

    def describe(self) -> str:
        """Returns the sentence's part that says which images and which features."""
        return f"{self.describe_images()}; features: {self.extractor.describe()}"

    def describe_images(self) -> str:
        """Returns the sentence's part that says which images."""
        examples, remark = self.held_out_or_train, ""
        if examples is self.train:
            remark = " (training images; the baselines use the same ones)"
            if self._was_trained_on("test"):
                remark = (
                    " (training images, the test split among them; the baselines use the same ones)"
                )
        spaced = " evenly spaced" if self.count < len(examples) else ""
        return f"{min(self.count, len(examples)):,}{spaced} images of {examples.name}{remark}"


def labelled(examples: Examples) -> tuple[Examples, np.ndarray]:
    """Returns the examples whose label is known, and their labels.

    Raises:
        UserError: if there are none.
    """
    labels = np.empty(0) if examples.labels is None else examples.labels
    known = np.flatnonzero(labels >= 0)
    if not len(known):
        raise UserError(
            f"Expected images with labels. Received: {examples.name}, which has none. Leave the"
            " metric out"
        )
    return (examples if len(known) == len(examples) else examples[known]), labels[known]


def _rest(split: str) -> str | None:
    """Returns what a part of a split leaves of it: `train[50000:]` for `train[:50000]`,
    `train[:20%]` for `train[20%:]`.
    """
    part = re.fullmatch(r"(\w+)\[(-?\d+%?)?:(-?\d+%?)?\]", split)
    if part and bool(part[2]) != bool(part[3]):
        return f"{part[1]}[{part[3]}:]" if part[3] else f"{part[1]}[:{part[2]}]"
    return None
