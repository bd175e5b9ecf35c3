"""Training images are never reported as images that the run has not seen."""

import logging

import keras
import numpy as np
import pytest
from PIL import Image

import tf_gan
from tf_gan import data, evaluation
from tf_gan.config import default_config
from tf_gan.errors import UserError
from tf_gan.evaluation import Reference, Samples, baselines
from tf_gan.evaluation.samples import of_model


def section(**fields):
    config = default_config().data
    with config.unlocked():
        config.update(fields)
    return config


def rows(examples) -> set:
    return {row.tobytes() for row in examples.images}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", ["ring", "grid", "gaussians_1d"])
def test_toy_splits_are_new_points_for_every_seed_of_the_run(name, seed):
    config = section(name=name, points=500)
    reference = Reference(config, seed=seed)
    trained = data.load(config, seed)
    np.testing.assert_array_equal(reference.train.images, trained.images)
    splits = [rows(each) for each in (reference.train, reference.validation, reference.test)]
    # Points are floats: 1,500 of them, hardly any twice, none in two splits.
    assert len(set.union(*splits)) == sum(map(len, splits)) > 1490


def test_toy_splits_of_two_runs_differ():
    first, second = (Reference(section(name="ring", points=100), seed=s).test for s in (1, 2))
    assert not rows(first) & rows(second)


def test_npz_outlines_have_no_test_split(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (12, 8, 8, 1), np.uint8)
    np.savez(tmp_path / "images.npz", images=images)
    reference = Reference(section(name="npz_outlines", path=f"{tmp_path}/images.npz"), seed=0)
    assert reference.test is None and reference.validation is None
    assert reference.held_out_or_train is reference.train
    assert reference.describe_images().endswith(
        "(training images; the baselines use the same ones)"
    )
    with pytest.raises(UserError, match=r"Needs test images.*npz_outlines has none"):
        reference.need("test")


def test_image_folder_outlines_have_no_test_split(tmp_path):
    for number in range(3):
        Image.new("L", (8, 8), 80 * number).save(tmp_path / f"{number}.png")
    fields = {"path": str(tmp_path), "image_size": 8, "channels": 1}
    fields["held_out"] = 0.0
    reference = Reference(section(name="image_folder_outlines", **fields), seed=0)
    assert reference.test is None and reference.validation is None
    assert reference.pairs.name.endswith("which are training pairs")


@pytest.mark.parametrize(
    ("split", "has_test"),
    [
        ("train", True),
        ("train[:80%]", True),
        ("train+test", False),
        ("train[:80%] + test[10:]", False),
        ("test", False),
        ("all", False),
        ("train+test2", True),
    ],
)
def test_a_run_on_the_test_split_has_no_test_images(monkeypatch, split, has_test):
    monkeypatch.setattr(
        data,
        "load",
        lambda config, seed: data.Examples(
            np.zeros((30, 4, 4, 1), np.uint8), name=f"mnist {config.split}"
        ),
    )
    reference = Reference(section(name="mnist", split=split), seed=0)
    assert (reference.test is not None) == has_test
    text = reference.describe_images()
    if has_test:
        assert text == "30 images of mnist test"
    else:
        assert text == (
            f"30 images of mnist {split} (training images, the test split among them; the"
            " baselines use the same ones)"
        )
        with pytest.raises(UserError, match=r"was trained on those of mnist \(config\.data\.split"):
            reference.need("test")


def pictures(folder, values):
    folder.mkdir(parents=True, exist_ok=True)
    for value in values:
        Image.new("L", (8, 8), value).save(folder / f"{value}.png")
    return str(folder)


@pytest.mark.parametrize(
    ("given", "remark"),
    [
        ("faces", ", on which the run was trained"),
        ("faces/.", ", on which the run was trained"),
        ("faces/women", ", on which the run was trained"),
        (".", ", among them the images on which the run was trained"),
        ("faces2", ""),
    ],
)
def test_held_out_folders_with_training_images(tmp_path, caplog, given, remark):
    trained = pictures(tmp_path / "faces", range(0, 250, 10))
    pictures(tmp_path / "faces" / "women", range(1, 250, 10))
    pictures(tmp_path / "faces2", range(2, 250, 10))
    path = f"{tmp_path}/{given}"
    config = section(name="image_folder", path=trained, image_size=8, channels=1)
    reference = Reference(config, seed=0, held_out=path, validation=path)
    with caplog.at_level(logging.WARNING):
        scores = evaluation.evaluate(
            baselines.baseline("real", reference, 20), reference, ["parzen", "sliced_wasserstein"]
        )
    for score in scores:
        assert f"images of {path}{remark}" in score.protocol
    warnings = [record.getMessage() for record in caplog.records]
    assert [text.partition("=")[0] for text in warnings] == (
        ["--validation", "--held_out"] if remark else []
    )
    assert all(f"{path}: {remark[2:]}. Give images" in text for text in warnings)


def test_held_out_pairs(tmp_path):
    """Also of a set whose sources are made; not a file of images alone."""
    images = np.random.default_rng(0).integers(0, 256, (12, 8, 8, 1), np.uint8)
    np.savez(tmp_path / "images.npz", images=images)
    for place, value in {"trainA": 0, "trainB": 100, "validationA": 50, "validationB": 150}.items():
        (tmp_path / "pairs" / place).mkdir(parents=True)
        for number in range(3):
            image = Image.new("L", (8, 8), value + number)
            image.save(tmp_path / "pairs" / place / f"{number}.png")
    file, folder = f"{tmp_path}/images.npz", f"{tmp_path}/pairs"
    outlines = Reference(section(name="npz_outlines", path=file), seed=0, held_out=folder)
    assert isinstance(outlines.test, data.ImagePairs) and len(outlines.test) == 3
    config = section(name="image_pairs", path=folder, image_size=8, channels=1, paired=False)
    with pytest.raises(UserError, match=r"--held_out to name a folder of pairs.*images\.npz"):
        _ = Reference(config, seed=0, held_out=file).test
    own = Reference(config, seed=0, split="validation")
    given = Reference(config, seed=0, split="validation", validation=folder)
    for reference, first in ((own, 150), (given, 100)):
        for examples in (reference.held_out_or_train, reference.pairs):
            assert sorted(examples.images[:, 0, 0, 0]) == [first, first + 1, first + 2]


def test_no_picture_counts_twice(tmp_path):
    """Neither of the baseline nor, for a generator of images from images, of the sources."""
    path = pictures(tmp_path, range(0, 250, 10))
    config = section(name="image_folder", path=path, image_size=8, channels=1, held_out=5)
    real = baselines.baseline("real", Reference(config, seed=0), 2000)
    assert real.count == 20 and len({image.tobytes() for image in real.images}) == 20
    model = tf_gan.SRResNet(_enlarging(), (16, 16, 1))
    model.set_sources(np.random.default_rng(0).uniform(0, 1, (7, 8, 8, 1)))
    samples = of_model(model, count=2000)
    assert samples.count == 7 and len({image.tobytes() for image in samples.images}) == 7


def test_of_a_source_and_a_class_there_are_as_many_as_wanted():
    images, labels = keras.Input((8, 8, 1)), keras.Input((), dtype="int32")
    scaled = images * keras.ops.reshape(keras.ops.cast(labels, "float32"), (-1, 1, 1, 1))
    flat = keras.layers.Flatten()(images)
    judged = keras.Model(images, [keras.layers.Dense(1)(flat), keras.layers.Dense(3)(flat)])
    model = tf_gan.StarGAN(keras.Model([images, labels], scaled), judged, 3)
    model.set_sources(np.zeros((7, 8, 8, 1), np.float32))
    assert of_model(model, count=20).count == 20


def _enlarging():
    layers = [keras.layers.UpSampling2D(2), keras.layers.Conv2D(1, 1, activation="tanh")]
    return keras.Sequential([keras.Input((None, None, 1)), *layers])


def test_a_folder_beside_images_that_are_not_square(tmp_path):
    file, folder = f"{tmp_path}/images.npz", pictures(tmp_path / "held_out", range(3))
    np.savez(file, images=np.zeros((5, 8, 12, 1), np.uint8))
    test = Reference(section(name="npz", path=file), seed=0, held_out=folder).test
    assert test.images.shape == (3, 8, 12, 1)


def test_a_held_out_file_that_was_trained_on(tmp_path):
    path = f"{tmp_path}/images.npz"
    np.savez(path, images=np.random.default_rng(0).integers(0, 256, (12, 8, 8, 1), np.uint8))
    reference = Reference(section(name="npz", path=path), seed=0, held_out=path)
    samples = Samples("x", lambda n: reference.unit(reference.train, n), 12)
    (score,) = evaluation.evaluate(samples, reference, ["sliced_wasserstein"])
    assert score.value == 0 and score.protocol.endswith("npz, on which the run was trained")


def test_the_held_out_part_of_a_folder_is_its_test_split(tmp_path):
    path = pictures(tmp_path / "faces", range(0, 250, 5))
    fields = {"name": "image_folder", "path": path, "image_size": 8, "channels": 1}
    reference = Reference(section(**fields), seed=3)
    assert (len(reference.train), len(reference.test)) == (45, 5)
    assert not rows(reference.train) & rows(reference.test)
    assert reference.describe_images() == "5 images of faces test"
    assert reference.validation is None
    np.testing.assert_array_equal(
        reference.train.images, data.load(section(**fields), seed=3).images
    )
    all_of_it = Reference(section(**fields, held_out=0.0), seed=3)
    assert len(all_of_it.train) == 50 and all_of_it.test is None
    # A folder that is given is not split.
    assert len(Reference(section(**fields), seed=3, held_out=path).test) == 50


def test_training_images_that_memory_does_not_hold_are_thinned_out(monkeypatch):
    images = np.arange(10, dtype=np.uint8).reshape(10, 1, 1, 1)
    monkeypatch.setattr(data, "load", lambda config, seed: data.Examples(images))
    for limit, kept in ((40, range(10)), (20, range(0, 10, 2)), (14, (0, 3, 6))):
        monkeypatch.setattr("tf_gan.evaluation.reference.memory_limit", lambda n=limit: n)
        reference = Reference(section(), seed=0)
        assert reference.train_in_memory.images.ravel().tolist() == list(kept)
        assert len(reference.train) == 10
