"""Each kind of data set by its name in a config, and contrast normalization."""

import importlib
import re

import numpy as np
import pytest
from PIL import Image

from tf_gan import data
from tf_gan.config import default_config
from tf_gan.data.load import contrast_normalized, load
from tf_gan.errors import UserError


def section(**fields):
    config = default_config().data
    config.update(fields)
    return config


@pytest.mark.parametrize("name", ["ring", "grid", "gaussians_1d"])
def test_toys_follow_the_seed(name):
    expected = getattr(data, name)(321, seed=3)
    np.testing.assert_array_equal(
        load(section(name=name, points=321), seed=3).images, expected.images
    )
    assert not np.array_equal(load(section(name=name, points=321), seed=4).images, expected.images)


def test_digits():
    examples = load(section(name="digits", value_range=(0.0, 1.0)))
    assert (examples.name, len(examples), examples.value_range) == ("digits", 1797, (0.0, 1.0))


@pytest.mark.parametrize("labels", [True, False])
def test_image_folder(tmp_path, labels):
    (tmp_path / "class").mkdir()
    Image.new("RGB", (9, 9), (255, 0, 0)).save(tmp_path / "class" / "a.png")
    fields = {
        "path": str(tmp_path),
        "image_size": 6,
        "channels": 1,
        "labels": labels,
        "value_range": (0.0, 1.0),
    }
    examples = load(section(name="image_folder", **fields))
    assert (examples.images.shape, examples.value_range) == ((1, 6, 6, 1), (0.0, 1.0))
    assert examples.class_names == (("class",) if labels else None)


def test_npz(tmp_path):
    images = np.arange(48, dtype=np.uint8).reshape(3, 4, 4)
    np.savez(tmp_path / "a.npz", images=images, labels=np.arange(3))
    examples = load(section(name="npz", path=str(tmp_path / "a.npz"), value_range=(0.0, 1.0)))
    np.testing.assert_array_equal(examples.images[..., 0], images)
    assert (examples.labels.tolist(), examples.value_range) == ([0, 1, 2], (0.0, 1.0))


def test_a_path_in_the_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    np.savez(tmp_path / "a.npz", images=np.zeros((3, 4, 4), np.uint8))
    assert len(load(section(name="npz", path="~/a.npz"))) == 3


@pytest.mark.parametrize(("image_size", "expected"), [(0, None), (16, 16)])
@pytest.mark.parametrize("name", ["cifar10", "mnist:3.0.1", "cifar10_corrupted/fog_1"])
def test_other_names_are_looked_up_in_the_catalog(monkeypatch, name, image_size, expected):
    calls = []
    monkeypatch.setattr(
        importlib.import_module("tf_gan.data.sources.catalog"),
        "catalog",
        lambda *args, **kwargs: calls.append((args, kwargs)) or data.digits(),
    )
    fields = {"split": "test[:9]", "image_size": image_size, "value_range": (0.0, 1.0)}
    load(section(name=name, cache="folder", **fields))
    options = {"image_size": expected, "value_range": (0.0, 1.0), "cache": "folder"}
    assert calls == [((name, "test[:9]"), options)]


def test_a_cache_at_an_address():
    with pytest.raises(
        UserError, match=r"Expected config\.data\.cache to be a path on this machine"
    ):
        load(section(name="digits", cache="gs://bucket/images"))


def test_an_unknown_name():
    with pytest.raises(UserError, match=r"Unknown data set 'digit'"):
        load(section(name="digit"))


def test_names():
    assert sorted(data.names()) == sorted(
        [
            *("digits", "gaussians_1d", "grid", "image_folder", "image_pairs"),
            *("npz", "photographs", "ring", "parquet", "tfrecord", "array_record", "stacked_mnist"),
        ]
    )


def test_an_unknown_name_suggests_close_ones():
    with pytest.raises(UserError, match=r"Did you mean one of \[.*'image_folder'"):
        load(section(name="image_foldr"))


@pytest.mark.parametrize(
    "name", ["catalog", "outlines", "toy", "record_files", "folder_facts", "load", "", "__init__"]
)
def test_modules_that_are_no_sources(name):
    with pytest.raises(UserError, match=f"Unknown data set '{name}'"):
        load(section(name=name))


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("image_folder", "folder of pictures"),
        ("photographs", "folder of pictures"),
        ("image_pairs", "folder with sub-folders A and B"),
        ("npz", ".npz file"),
        ("npz_outlines", ".npz file"),
    ],
)
def test_a_missing_path(name, what):
    with pytest.raises(UserError, match=f"--config.data.path to name a {what}. Received: no path"):
        load(section(name=name))


@pytest.mark.parametrize("name", ["image_folder", "photographs", "image_pairs"])
def test_a_missing_size(name, tmp_path):
    with pytest.raises(UserError, match=r"--config\.data\.image_size=64 .*Received: image_size=0"):
        load(section(name=name, path=str(tmp_path)))


def test_outlines_are_mirrored_with_their_images():
    pairs = load(section(name="digits_outlines", mirror=True))
    assert pairs.mirror and not load(section(name="digits_outlines")).mirror


@pytest.mark.parametrize("seed", [0, 5])
def test_which_labels_are_kept_follows_the_seed(seed):
    labels = load(section(name="digits", labels_per_class=2), seed=seed).labels
    np.testing.assert_array_equal(labels, data.keep_labels(data.digits(), 2, seed).labels)


# === A module of one's own ===


OWN = """
import numpy as np
from tf_gan.data import Examples
def load(section, split, seed):
    return Examples(np.full((section.points, 2, 2, 1), seed, np.uint8), name=split)
"""


def test_a_module_of_ones_own(package):
    name = package("own", OWN)
    examples = load(section(name=name, points=3), seed=7)
    assert (examples.images.ravel() == 7).all() and (len(examples), examples.name) == (3, "train")
    assert data.splits(section(name=name)) == ()
    with pytest.raises(data.UnknownSplitError, match=r"'train' is all of it\. Received: .*'test'"):
        load(section(name=name, split="test"))
    pairs = load(section(name=f"{name}_outlines", points=3), seed=7)
    assert isinstance(pairs, data.ImagePairs) and (pairs.images == 7).all()
    name = package("foggy", OWN + "SPLITS = ['train', 'fog']")
    assert load(section(name=name, split="fog", points=3)).name == "fog"
    assert data.splits(section(name=name)) == ("train", "fog")
    with pytest.raises(data.UnknownSplitError, match=r"has the splits \['train', 'fog'\].*'test'"):
        load(section(name=name, split="test"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "load = 3",
            r"function load\(section, split, seed\) .*Received: .*\.own', which has none",
        ),
        ("def load(section, split, seed): return [0.0]", "data.Examples. Received: list"),
    ],
)
def test_a_module_that_is_no_source(package, text, message):
    with pytest.raises(UserError, match=message):
        load(section(name=package("own", text)))
    with pytest.raises(
        UserError, match=r"Unknown data set\. Received: 'a\.b', and there is no module 'a'"
    ):
        load(section(name="a.b"))


@pytest.mark.parametrize("path", ["~/images", "gs://bucket/images"])
def test_a_module_of_ones_own_gets_the_path_as_it_is(package, path):
    name = package("own", OWN.replace("name=split", "name=section.path"))
    assert load(section(name=name, points=3, path=path)).name == path


def test_a_bug_in_a_module_keeps_its_traceback(package):
    with pytest.raises(ZeroDivisionError):
        load(section(name=package("own", "def load(section, split, seed): 1 / 0")))
    with pytest.raises(ModuleNotFoundError, match="nowhere_at_all"):
        load(section(name=package("broken", "import nowhere_at_all")))


# === Splits ===


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("digits", ()),
        ("npz_outlines", ()),
        ("image_folder", ("train", "test")),
        ("image_folder_outlines", ("train", "test")),
        ("photographs", ()),
        ("digits_outlines", ()),
        ("ring", ("train", "validation", "test")),
        ("grid_outlines", ("train", "validation", "test")),
        ("mnist", None),
        ("mnist_outlines", None),
        ("image_pairs", None),
    ],
)
def test_splits(name, expected):
    assert data.splits(section(name=name)) == expected


@pytest.mark.parametrize(
    "name",
    [
        *("digits", "npz", "photographs"),
        *("digits_outlines", "npz_outlines"),
    ],
)
@pytest.mark.parametrize("split", ["test", "validation", "train[:10]"])
@pytest.mark.slow
def test_a_set_without_splits_does_not_return_its_training_images_as_another(tmp_path, name, split):
    np.savez(tmp_path / "a.npz", images=np.zeros((3, 8, 8), np.uint8))
    Image.new("L", (8, 8)).save(tmp_path / "a.png")
    path = tmp_path / "a.npz" if "npz" in name else tmp_path
    fields = {"name": name, "path": str(path), "image_size": 8, "channels": 1}
    assert len(load(section(**fields))) > 0
    with pytest.raises(data.UnknownSplitError, match=f"'train' is all of it.*'{re.escape(split)}'"):
        load(section(**fields, split=split))


@pytest.mark.parametrize("name", ["ring", "grid", "gaussians_1d"])
def test_no_split_of_a_toy_repeats_points_of_another(name):
    """For any two seeds; a normal number has 24 bits, so a few agree by chance."""
    points = {}
    for seed in range(51):
        for split in ("train", "validation", "test"):
            images = load(section(name=name, points=50, split=split), seed=seed).images
            points[seed, split] = images
            np.testing.assert_array_equal(
                load(section(name=name, points=50, split=split), seed=seed).images, images
            )
    whole = np.stack(list(points.values())).reshape(153, -1)
    assert len(np.unique(whole, axis=0)) == 153
    # Also none of them begins as another one does.
    assert len(np.unique(whole[:, :8].round(5), axis=0)) == 153
    with pytest.raises(data.UnknownSplitError, match="'train', 'validation', 'test'"):
        load(section(name=name, split="held_out"))


# === Contrast normalization ===


def test_contrast_normalization_of_a_config():
    examples = load(section(name="digits", contrast_normalization=55.0))
    assert (examples.images.dtype, examples.value_range) == (np.float32, None)
    flat = examples.images.reshape(1797, -1).astype(np.float64)
    np.testing.assert_allclose(flat.mean(1), 0, atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(flat, axis=1), 55, rtol=1e-5)
    np.testing.assert_array_equal(examples.labels, data.digits().labels)


@pytest.mark.parametrize(
    ("fields", "done"),
    [
        ({"contrast_normalization": 55.0}, "config.data.contrast_normalization is computed"),
        ({"name": "image_folder_outlines"}, "outlines are drawn"),
    ],
)
def test_a_set_that_is_too_large_is_not_read_into_memory(tmp_path, monkeypatch, fields, done):
    monkeypatch.setattr(data.keep, "memory_limit", lambda: 0)
    Image.new("L", (9, 9)).save(tmp_path / "a.png")
    where = {"path": str(tmp_path), "image_size": 8, "cache": str(tmp_path / "cache")}
    with pytest.raises(UserError, match=f"{done} in memory. Received: 1 images.* from the disk"):
        load(section(**{"name": "image_folder"} | where | fields))


def test_contrast_normalization_of_pairs(tmp_path):
    for domain in "AB":
        (tmp_path / domain).mkdir()
        Image.new("L", (8, 8)).save(tmp_path / domain / "a.png")
    fields = {"path": str(tmp_path), "image_size": 8, "contrast_normalization": 55.0}
    with pytest.raises(UserError, match=r"contrast_normalization=0 for pairs of images"):
        load(section(name="image_pairs", **fields))


def test_contrast_normalization_of_photographs(tmp_path):
    Image.new("L", (9, 9)).save(tmp_path / "a.png")
    fields = {"path": str(tmp_path), "image_size": 8, "contrast_normalization": 55.0}
    with pytest.raises(UserError, match="data that training cuts windows from"):
        load(section(name="photographs", **fields))


def test_contrast_normalization_against_numpy():
    images = np.random.default_rng(0).integers(0, 256, (6, 5, 4, 3), np.uint8)
    normalized = contrast_normalized(images, 55.0)
    for image, ours in zip(images.astype(np.float64), normalized, strict=True):
        centred = image - image.mean()
        np.testing.assert_allclose(ours, 55 * centred / np.sqrt((centred**2).sum()), atol=1e-4)
    assert images.dtype == np.uint8


def test_a_blank_image_becomes_zero():
    assert not contrast_normalized(np.full((2, 3, 3, 1), 200, np.uint8), 55.0).any()


def test_mirrored_training_images_of_any_set(tmp_path):
    images = np.arange(6 * 8, dtype=np.uint8).reshape(6, 1, 8, 1)
    np.savez(tmp_path / "a.npz", images=images)
    examples = load(section(name="npz", path=str(tmp_path / "a.npz"), mirror=True))
    np.testing.assert_array_equal(examples.images, images)
    with pytest.raises(UserError, match=r"mirror=False for data that are no images"):
        load(section(name="ring", mirror=True))


def test_squares_alone(tmp_path):
    Image.new("RGB", (9, 9)).save(tmp_path / "a.png")
    with pytest.raises(UserError, match=r"'photographs' are squares.*Received: \(4, 8\)"):
        load(section(name="photographs", path=str(tmp_path), image_size=(4, 8)))


def test_images_that_are_no_squares(tmp_path):
    Image.new("RGB", (9, 9)).save(tmp_path / "a.png")
    fields = {"path": str(tmp_path), "image_size": (4, 8), "channels": 4}
    assert load(section(name="image_folder", **fields)).shape == (1, 4, 8, 4)
