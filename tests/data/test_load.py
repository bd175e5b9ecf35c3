"""Each kind of data set by its name in a config, and contrast normalization."""

import numpy as np
import pytest
from PIL import Image

from tf_gan import data
from tf_gan.config import default_config
from tf_gan.data.load import contrast_normalized, load


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


@pytest.mark.parametrize(("image_size", "expected"), [(0, None), (16, 16)])
def test_other_names_are_looked_up_in_the_catalog(monkeypatch, image_size, expected):
    calls = []
    monkeypatch.setitem(
        load.__globals__,
        "catalog",
        lambda *args, **kwargs: calls.append((args, kwargs)) or data.digits(),
    )
    load(section(name="cifar10", split="test", image_size=image_size))
    assert calls == [(("cifar10", "test"), {"image_size": expected, "value_range": (-1.0, 1.0)})]


def test_an_unknown_name():
    with pytest.raises(ValueError, match=r"Unknown data set 'digit'"):
        load(section(name="digit"))


# === Contrast normalization ===


def test_contrast_normalization_of_a_config():
    examples = load(section(name="digits", contrast_normalization=55.0))
    assert (examples.images.dtype, examples.value_range) == (np.float32, None)
    flat = examples.images.reshape(1797, -1).astype(np.float64)
    np.testing.assert_allclose(flat.mean(1), 0, atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(flat, axis=1), 55, rtol=1e-5)
    np.testing.assert_array_equal(examples.labels, data.digits().labels)


def test_contrast_normalization_against_numpy():
    images = np.random.default_rng(0).integers(0, 256, (6, 5, 4, 3), np.uint8)
    normalized = contrast_normalized(data.Examples(images), 55.0)
    for image, ours in zip(images.astype(np.float64), normalized.images, strict=True):
        centred = image - image.mean()
        np.testing.assert_allclose(ours, 55 * centred / np.sqrt((centred**2).sum()), atol=1e-4)
    np.testing.assert_array_equal(normalized.arrays(), normalized.images)  # What training sees.
    assert images.dtype == np.uint8


def test_a_blank_image_becomes_zero():
    assert not contrast_normalized(
        data.Examples(np.full((2, 3, 3, 1), 200, np.uint8)), 55.0
    ).images.any()
