"""Scores of a run on a folder of pictures: what they say of copies, of new pictures, of
blur and of noise.
"""

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter

from tf_gan import data, evaluation, features
from tf_gan.config import default_config
from tf_gan.errors import UserError
from tf_gan.evaluation import Reference, Samples
from tf_gan.evaluation.extractors import _labelled
from tf_gan.features.classifier import RECIPE as CLASSIFIER
from tf_gan.features.contrastive import RECIPE

SCORES = ["kernel", "precision_recall", "density_coverage", "memorization", "sharpness"]


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TF_GAN_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setitem(RECIPE, "steps", 30)
        patch.setitem(RECIPE, "batch_size", 32)
        yield patch


def array(n: int, channels: int, seed: int = 0) -> np.ndarray:
    """Blots of any brightness, as bytes."""
    noise = np.random.default_rng(seed).normal(size=(n, 12, 12, channels))
    blots = np.stack([gaussian_filter(image, (1.5, 1.5, 0), mode="wrap") for image in noise])
    return np.clip(128 + 300 * blots, 0, 255).astype(np.uint8)


def section(folder, images, **fields):
    """Saves images as pictures, and returns the `data` section of a run on them."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, image in enumerate(images):
        Image.fromarray(image.squeeze()).save(folder / f"{number:03d}.png")
    config = default_config().data
    fields = {"name": "image_folder", "path": str(folder), "image_size": 12} | fields
    with config.unlocked():
        config.update(fields | {"channels": images.shape[-1]})
    return config


@pytest.fixture(scope="module", params=[1, 3], ids=["grey", "colour"])
def reference(request, quick, tmp_path_factory):
    images = array(200, request.param)
    return Reference(section(tmp_path_factory.mktemp("blots"), images, held_out=60), seed=0)


def measured(reference, images) -> dict[str, evaluation.Score]:
    """Returns the scores by their names without the counts."""
    samples = Samples("x", lambda n: images[:n], len(images))
    scores = evaluation.evaluate(samples, reference, SCORES)
    names = ("kid", "precision", "recall", "density", "coverage", "nearest", "nearer", "sharpness")
    return {name: score for name in names for score in scores if score.name.startswith(name)}


def test_names_protocols_and_errors(reference):
    scores = measured(reference, reference.unit(reference.test)[:50])
    assert {score.name for score in scores.values()} == {
        "kid_contrastive_50_vs_60",
        "precision_contrastive_50",
        "recall_contrastive_50",
        "density_contrastive_50",
        "coverage_contrastive_50",
        "nearest_neighbour_ratio_50",
        "nearer_than_held_out_50",
        "sharpness_50",
    }
    for name, score in scores.items():
        assert score.error >= 0 and "error: " in score.protocol and "50 " in score.protocol
        if "contrastive" in score.name:
            assert "trained on the 140 training images without labels, seed 0" in score.protocol
            assert "retrieval among 60 held-out images 0." in score.protocol, name
        assert "60 images of" in score.protocol
    assert scores["nearest"].error > 0 and scores["sharpness"].error > 0


def test_new_pictures(reference):
    """The other draws of the same kind are what a perfect generator makes."""
    scores = measured(reference, array(60, reference.train.image_shape[-1], seed=1) / 255)
    assert abs(scores["kid"].value) < 3 * scores["kid"].error
    assert scores["nearest"].value == pytest.approx(1, abs=0.1)
    assert scores["nearer"].value == pytest.approx(0.5, abs=0.2)
    assert scores["sharpness"].value == pytest.approx(1, abs=0.15)
    assert min(scores[name].value for name in ("precision", "recall", "coverage")) > 0.6


def test_held_out_pictures_themselves(reference):
    scores = measured(reference, reference.unit(reference.test))
    assert (scores["nearest"].value, scores["nearer"].value) == (1, 0.5)
    assert (scores["precision"].value, scores["recall"].value, scores["sharpness"].value) == (
        1,
        1,
        pytest.approx(1),
    )
    assert scores["kid"].value < 0  # Unbiased for other draws; these have no deviation.


def test_copies(reference):
    images = reference.unit(reference.train)
    scores = measured(reference, images[:60])
    assert (scores["nearest"].value, scores["nearer"].value) == (0, 1)
    assert scores["nearest"].details["copies"] == 60
    half = measured(reference, np.concatenate([images[:30], reference.unit(reference.test)[:30]]))
    assert half["nearer"].value == pytest.approx(0.75, abs=0.05)


def test_mirrored_copies_are_copies_where_training_mirrors(reference):
    mirrored = reference.unit(reference.train)[:60, :, ::-1]
    assert measured(reference, mirrored)["nearest"].value > 0.8
    config = reference.config.copy_and_resolve_references()
    config.mirror = True
    (ratio, _) = evaluation.evaluate(
        Samples("x", lambda n: mirrored, 60), Reference(config, seed=0), ["memorization"]
    )
    assert ratio.value == 0 and "140 training images and their mirror images" in ratio.protocol


def test_noise(reference):
    noise = np.random.default_rng(0).integers(0, 2, (60, *reference.train.image_shape))
    scores = measured(reference, noise.astype(np.float32))
    assert scores["nearest"].value > 1.5 and scores["nearer"].value == 0
    assert scores["sharpness"].value > 3
    assert scores["kid"].value > 5 * scores["kid"].error
    assert scores["coverage"].value < 0.2


def test_blurred_pictures(reference):
    blurred = gaussian_filter(reference.unit(reference.test), (0, 1, 1, 0))
    scores = measured(reference, blurred)
    assert scores["sharpness"].value < 0.5
    assert scores["sharpness"].value + 5 * scores["sharpness"].error < 1


def test_precision_and_recall_take_as_many_samples_as_images(reference):
    images = array(100, reference.train.image_shape[-1], seed=1) / 255
    many, few = measured(reference, images), measured(reference, images[:60])
    for name in ("precision", "recall", "density", "coverage"):
        assert many[name] == few[name] and many[name].name.endswith("_60")
    assert many["kid"].name == "kid_contrastive_100_vs_60"


# === Small and strange folders ===


def everything(config, count=20, seed=0):
    reference = Reference(config, seed=seed)
    images = array(count, config.channels, seed=1) / np.float32(255)
    return evaluation.measure(Samples("x", lambda n: images, count), reference, SCORES)


def test_eight_pictures(quick, tmp_path):
    """One of them is held out: what can be said of it is, and the rest says what it lacks."""
    scores, reasons = everything(section(tmp_path, array(8, 3)))
    assert set(scores) == {"memorization", "sharpness"}
    assert all(np.isfinite(score.value) for part in scores.values() for score in part)
    assert "at least 10 samples and as many images" in reasons["kernel"]
    assert "Received: 20 samples, 1 images of" in reasons["precision_recall"]
    assert "Expected at least 6 samples" in reasons["density_coverage"]


def test_nothing_held_out(quick, tmp_path):
    scores, reasons = everything(section(tmp_path / "blots", array(30, 1), held_out=0))
    assert set(scores) == set(SCORES) - {"memorization"}
    assert (
        "of the 30 images of blots none was held out (config.data.held_out=0)"
        in reasons["memorization"]
    )
    assert "--held_out=FOLDER" in reasons["memorization"]
    for part in scores.values():
        assert "30 images of blots (training images; the baselines" in part[0].protocol
    assert "retrieval among 30 training images" in scores["kernel"][0].protocol


def test_pictures_of_one_colour(quick, tmp_path):
    images = np.full((40, 12, 12, 3), 90, np.uint8)
    scores, reasons = everything(section(tmp_path, images, held_out=15))
    assert set(reasons) == {"sharpness"} and "reference with edges" in reasons["sharpness"]
    assert np.isnan(scores["memorization"][0].value)  # All held-out pictures are copies.
    assert scores["kernel"][0].value > 0


def test_a_folder_that_has_moved_is_named_with_the_flag(quick, tmp_path):
    config = section(tmp_path / "before", array(12, 1))
    (tmp_path / "before").rename(tmp_path / "after")
    scores, reasons = everything(config)
    assert not scores and len(set(reasons.values())) == 1
    assert f"The data of this run were in '{tmp_path}/before'" in reasons["kernel"]
    assert "--data=PATH" in reasons["kernel"]


# === Which network fits ===


def labelled(tmp_path, classes):
    """Saves pictures into sub-folders, the darker half into the first."""
    images = array(40, 3)
    for number in range(classes):
        part = np.clip(images[number::classes] // 2 + 120 * number, 0, 255).astype(np.uint8)
        config = section(tmp_path / f"class_{number}", part, labels=True, path=str(tmp_path))
    return config


def test_sub_folders_in_colour_have_a_classifier(quick, tmp_path, monkeypatch):
    monkeypatch.setitem(features.classifier.__globals__["RECIPE"], "least_steps", 30)
    extractor = Reference(labelled(tmp_path, 2), seed=0).extractor
    assert (extractor.name, extractor.classes) == ("image_folder_classifier", 2)
    assert extractor.image_shape == (12, 12, 3) and "test_accuracy 1" in extractor.describe()


@pytest.mark.slow
def test_one_class_and_no_held_out_pictures_have_none(quick, tmp_path):
    assert Reference(labelled(tmp_path / "one", 1), seed=0).extractor.name == "contrastive"
    config = labelled(tmp_path / "two", 2)
    config.held_out = 0
    assert Reference(config, seed=0).extractor.name == "contrastive"
    asked = Reference(config, seed=0, extractor="classifier")
    with pytest.raises(UserError, match="none was held out"):
        _ = asked.extractor


def test_the_network_can_be_asked_for(quick, tmp_path):
    config = labelled(tmp_path, 2)
    assert Reference(config, seed=0, extractor="contrastive").extractor.name == "contrastive"


def test_images_without_bounds_have_no_network(quick, tmp_path):
    config = section(tmp_path, array(12, 1), contrast_normalization=55.0)
    with pytest.raises(UserError, match=r"\(config.data.contrast_normalization\)"):
        _ = Reference(config, seed=0).extractor


@pytest.mark.slow
def test_the_same_folder_and_seed_have_the_same_network(quick, tmp_path):
    config = section(tmp_path, array(24, 1), held_out=6)
    first, again, other = (Reference(config, seed=seed) for seed in (0, 0, 1))
    assert data.load(config, 0).name == first.train.name
    assert first.extractor.checksum == again.extractor.checksum != other.extractor.checksum


def test_a_classifier_by_the_sub_folders_of_a_run_without_labels(quick, tmp_path):
    """Bright and dark pictures; trained and tested on those of the run's own split."""
    quick.setitem(CLASSIFIER, "least_steps", 40)
    images = np.random.default_rng(0).integers(0, 100, (40, 12, 12, 1), np.uint8)
    images[::2] += 150
    for label, name in enumerate(("bright", "dark")):
        config = section(tmp_path / "data" / name, images[label::2])
    config.path, config.held_out = str(tmp_path / "data"), 10
    reference = Reference(config, seed=3, extractor="classifier")
    extractor = reference.extractor
    assert extractor.name == "image_folder_classifier" and extractor.classes == 2
    assert extractor.details == {"test_accuracy": 1.0, "test_images": 10}
    assert "test_accuracy 1" in reference.describe()
    labelled = [_labelled(reference, split) for split in ("train", "test")]
    for part, own in zip(labelled, (reference.train, reference.test), strict=True):
        np.testing.assert_array_equal(part.images, own.images)
        np.testing.assert_array_equal(part.labels, own.arrays().mean(axis=(1, 2, 3)) < 0)
    assert np.isfinite(measured(reference, images[:20] / np.float32(255))["kid"].value)
    config.held_out = 0
    given = Reference(config, seed=3, extractor="classifier", held_out=config.path)
    assert given.extractor.details == {"test_accuracy": 1.0, "test_images": 40}
    section(tmp_path / "other" / "grey", images)
    other = Reference(config, seed=3, extractor="classifier", held_out=str(tmp_path / "other"))
    with pytest.raises(UserError, match=r"sub-folders of --held_out .*'bright', 'dark'.*'grey'"):
        _ = other.extractor


def test_a_classifier_of_a_file_has_its_name(quick, tmp_path):
    quick.setitem(CLASSIFIER, "least_steps", 10)
    images, labels = np.zeros((20, 12, 12, 1), np.uint8), np.arange(20) % 2
    for part in ("train", "test"):
        np.savez(tmp_path / f"größe-1_{part}.npz", images=images, labels=labels)
    config = default_config().data
    config.name, config.path = "npz", f"{tmp_path}/größe-1_train.npz"
    held_out = f"{tmp_path}/größe-1_test.npz"
    reference = Reference(config, seed=0, extractor="classifier", held_out=held_out)
    assert reference.extractor.name == "gr__e_1_classifier"


def test_a_classifier_without_held_out_pictures(quick, tmp_path):
    config = labelled(tmp_path, 2)
    config.labels, config.held_out = False, 0
    with pytest.raises(UserError, match=r"none was held out.*Give some with --held_out=FOLDER"):
        _ = Reference(config, seed=0, extractor="classifier").extractor


def test_a_classifier_of_a_folder_without_sub_folders(quick, tmp_path):
    config = section(tmp_path / "flat", array(20, 1))
    reference = Reference(config, seed=0, extractor="classifier")
    with pytest.raises(UserError, match="each picture lies in the sub-folder of its class"):
        _ = reference.extractor
