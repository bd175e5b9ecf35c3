"""Which network's features are compared."""

import pathlib
import re

from tf_gan import data, features
from tf_gan.data import remote
from tf_gan.errors import UserError
from tf_gan.evaluation.given import changed, numbered


def extractor(reference) -> features.FeatureExtractor:
    """Returns the network that was asked for, or the one that fits the images.

    Args:
        reference: The `Reference` of a run.

    Raises:
        UserError: if it lacks something, or none fits.
    """
    wanted, known = reference.wanted, _known(reference)
    if wanted in ("", "auto"):
        wanted = _fitting(reference)
    if wanted in ("classifier", "contrastive"):
        reference.need_pictures()
    if wanted == "inception":
        if not reference.inception_weights:
            raise UserError(
                "Expected the weights of Inception, for --extractor=inception:"
                " --inception_weights=FILE. Received: no file"
            )
        return features.inception(reference.inception_weights)
    if wanted == "classifier" and known in features.CLASSIFIERS:
        return features.classifier(known)
    if wanted == "classifier":
        folder = reference.config.name == "image_folder" and not reference.config.labels
        train = _labelled(reference, "train") if folder else reference.train_in_memory
        test = _labelled_test(reference, train) if folder else reference.need("test")
        return features.train_classifier(train, test, _name(reference.config))
    if wanted == "contrastive":
        return features.train_contrastive(reference.train, reference.test)
    name = _word(wanted.rsplit("/", 1)[-1].removesuffix(".keras"))
    return features.from_keras(wanted, name, value_range=reference.extractor_range)


def _name(section) -> str:
    """Returns the name of the data: of an `.npz` file its own, without `_train`."""
    own = pathlib.PurePath(section.path).stem.removesuffix("_train")
    return _word(own if section.name == "npz" else section.name)


def _word(name: str) -> str:
    """Returns a name with a `_` for what metric names do not have."""
    return re.sub(r"[^A-Za-z0-9_]", "_", name)


def _labelled(reference, split: str) -> data.Examples:
    """Returns the pictures of a split of a run that did not see labels, with their
    sub-folders as labels.
    """
    return _pictures(reference.config, split, reference.seed)


def _pictures(section, split: str, seed: int) -> data.Examples:
    return data.image_folder(
        remote.local(section.path, section.cache),
        section.image_size,
        section.channels,
        labels=True,
        stratified=False,
        value_range=tuple(section.value_range),
        split=split,
        held_out=section.held_out,
        seed=seed,
        cache=section.cache,
    )


def _labelled_test(reference, train: data.Examples) -> data.Examples:
    """Returns the held-out pictures of a folder that the user gave, or those of the run, with
    their sub-folders as labels, numbered as those of the training pictures.
    """
    if not reference.held_out:
        reference.need("test")  # Says what to do where there are none.
        return _labelled(reference, "test")
    place = remote.local(reference.held_out, reference.config.cache)
    if not pathlib.Path(place).is_dir():  # Such as an .npz file, whose labels are no names.
        return _labelled(reference, "test")
    section = changed(reference.config, path=place, held_out=0.0)
    return numbered(_pictures(section, "train", 0), train.class_names, "held_out")


def _known(reference) -> str:
    """Returns the data set, without what makes pairs of it: the images are the same, but
    for digits, which are enlarged.
    """
    name = reference.config.name
    return name if name == "digits_outlines" else name.removesuffix("_outlines")


def _fitting(reference) -> str:
    """Returns the name of the extractor that fits the images."""
    if reference.inception_weights:
        return "inception"
    if _known(reference) in features.CLASSIFIERS:
        return "classifier"
    train, test = reference.train, reference.test
    if test is None or train.labels is None or test.labels is None:
        return "contrastive"
    # A classifier learns from labels that are all known, and is tested on the same classes.
    known = min(train.labels.min(initial=0), test.labels.min(initial=0)) >= 0
    fits = train.labels.max(initial=0) >= max(1, test.labels.max(initial=0))
    return "classifier" if known and fits else "contrastive"
