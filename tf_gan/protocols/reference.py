"""What samples are judged by: the images of the data set, split by split, and their features."""

import dataclasses
import functools
import re

import numpy as np

from tf_gan import data, features
from tf_gan.data import Examples
from tf_gan.data.load import OUTLINES, TOYS
from tf_gan.protocols.samples import Samples, unit


class Reference:
    """The images that a run was trained on, those it has not seen, and a network whose features tell how alike images are.

    Sets of tensorflow-datasets have a split `test`; their validation images are those behind the training split `train[:N]`, or the last sixth of
    a training split that is whole (10,000 of MNIST's). Toy densities draw new points. Other sets have neither, unless `held_out` names some.

    Args:
        config: The `data` section of a run's config.
        extractor: `"classifier"`: one trained on the labels of this set; `"inception"`; the path of a `.keras` file whose output are features;
            `"auto"`: Inception if there are weights, else the classifier for grey images with labels.
        inception_weights: File with the weights of the 2015 Inception network.
        held_out: Folder of pictures, of pairs for a set of pairs, or `.npz` file with images to take for a test split.
        count: Images of the reference split that features are compared with, at most.
        benchmarks: Folder with the benchmark sets of super-resolution.
    """

    def __init__(
        self, config, *, extractor: str = "auto", inception_weights: str = "", held_out: str = "", count: int = 10_000, benchmarks: str = ""
    ):
        self.config = _changed(config, labels_per_class=0)  # What is measured may know all labels.
        self.count, self.held_out, self.benchmarks = count, held_out, benchmarks
        self.wanted, self.inception_weights = extractor, inception_weights

    # === Images ===

    @functools.cached_property
    def train(self) -> Examples:
        return data.load(self.config)

    @functools.cached_property
    def validation(self) -> Examples | None:
        if self._has_splits:
            first = re.fullmatch(r"(\w+)\[:(\d+)\]", self.config.split)
            if first:
                return self._split(f"{first[1]}[{first[2]}:]")
            part = self.train[len(self.train) - len(self.train) // 6 :]
            return dataclasses.replace(part, name=f"{self.train.name}, last {len(part)}")
        return data.load(self.config, seed=1) if self._is_toy else None

    @functools.cached_property
    def test(self) -> Examples | None:
        if self.held_out:
            kind = "npz" if self.held_out.endswith(".npz") else "image_pairs" if self.config.name == "image_pairs" else "image_folder"
            return data.load(_changed(self.config, name=kind, path=self.held_out))
        if self._has_splits:
            try:
                return self._split("test")
            except ValueError:  # Some sets have none.
                return None
        return dataclasses.replace(data.load(self.config, seed=2), name=f"{self.config.name}, new points") if self._is_toy else None

    @functools.cached_property
    def pairs(self) -> Examples:
        """The same images with the sources that belong to them, for sets of pairs, also where the run did not see them as pairs."""
        if self.config.paired:
            return self.held_out_or_train
        return Reference(_changed(self.config, paired=True), held_out=self.held_out).held_out_or_train

    @property
    def held_out_or_train(self) -> Examples:
        """The test images, or the training images of sets that have no others."""
        return self.train if self.test is None else self.test

    def need(self, split: str) -> Examples:
        """Returns a split.

        Raises:
            ValueError: if the data set has none.
        """
        examples = getattr(self, split)
        if examples is None:
            raise ValueError(
                f"This metric needs {split} images that the generator was not trained on, and {self.config.name} has none. "
                "Give some with --held_out=FOLDER or --held_out=FILE.npz, or leave the metric out"
            )
        return examples

    @property
    def _is_toy(self) -> bool:
        return self.config.name in TOYS

    @property
    def _has_splits(self) -> bool:
        return not self._is_toy and self.config.name not in ("digits", "digits_outlines", "image_folder", "npz", "photographs")

    def _split(self, split: str) -> Examples:
        return data.load(_changed(self.config, split=split))

    @staticmethod
    def unit(examples: Examples, count: int | None = None) -> np.ndarray:
        """Returns the first images of a split, float32 in [0, 1], or as they are where they have no bounds."""
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
            return features.inception(self.inception_weights)
        # The images of pairs are those of the set itself; the enlarged digits are others.
        known = self.config.name if self.config.name == "digits_outlines" else self.config.name.removesuffix(OUTLINES)
        if wanted == "classifier" and known in features.CLASSIFIERS:
            return features.classifier(known)
        if wanted == "classifier":
            return features.train_classifier(self.train, self.need("test"), self.config.name)
        if wanted:
            return features.from_keras(wanted, re.sub(r"\W", "_", wanted.rsplit("/", 1)[-1].removesuffix(".keras")), value_range=(0, 255))
        raise ValueError(
            "This metric compares features, and there is no network that fits these images without being told. Give --inception_weights=FILE (for "
            "RGB images), --extractor=classifier (for images with labels) or --extractor=MODEL.keras"
        )

    @functools.cached_property
    def features(self) -> tuple[np.ndarray, np.ndarray | None]:
        """Features and class probabilities of the first `count` images of `held_out_or_train`; kept on disk."""
        examples = self.held_out_or_train[: self.count]

        def compute():
            outputs = self.extractor.outputs(examples)
            return {name: array for name, array in zip(("features", "probabilities"), outputs, strict=True) if array is not None}

        arrays = features.reference_statistics(features.reference_protocol(examples, self.extractor), compute)
        return arrays["features"], arrays.get("probabilities")

    def features_of(self, samples: Samples) -> tuple[np.ndarray, np.ndarray | None]:
        """Returns the same for samples; computed once for each."""
        if getattr(samples, "_features", None) is None:
            samples._features = self.extractor.outputs(samples.images, (0.0, 1.0))
        return samples._features

    def describe(self) -> str:
        """Returns the sentence's part that says which images and which features."""
        examples = self.held_out_or_train
        return f"{min(self.count, len(examples)):,} images of {examples.name}; features: {self.extractor.name}, weights {self.extractor.checksum[:8]}"


def _changed(config, **fields):
    config = config.copy_and_resolve_references()
    with config.unlocked():
        config.update(fields)
    return config
