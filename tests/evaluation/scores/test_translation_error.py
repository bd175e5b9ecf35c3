"""The error of translations: of a generator that returns the negative of its source."""

import keras
import numpy as np
import pytest

import tf_gan
from tf_gan import data, evaluation, metrics
from tf_gan.evaluation import Reference
from tf_gan.evaluation.samples import of_model

SHAPE = (16, 16, 1)


def negatives():
    inputs = [keras.Input(SHAPE), keras.Input(SHAPE)]
    judge = keras.layers.Conv2D(1, 1)(keras.layers.Concatenate()(inputs))
    generator = keras.Sequential([keras.Input(SHAPE), keras.layers.Rescaling(-1.0)])
    return tf_gan.Pix2Pix(generator, keras.Model(inputs, judge), data_range=(-1.0, 1.0))


def test_values_by_hand():
    """Of six pairs; the first translation is its target, of infinite PSNR, which counts 100."""
    random = np.random.default_rng(0)
    sources = random.integers(0, 256, (6, *SHAPE)).astype(np.uint8)
    noise = random.normal(0, 20, sources.shape) * (np.arange(6) > 0)[:, None, None, None]
    images = np.clip(255 - sources + noise, 0, 255).astype(np.uint8)
    pairs = data.ImagePairs(images, sources=sources)
    scores = {
        score.name: score
        for score in evaluation.evaluate(
            of_model(negatives(), count=6), Reference.of(pairs, pairs), ["translation_error"]
        )
    }
    made = 255 - sources
    values = {
        "l1": np.abs(images / 255 - made / 255).mean(axis=(1, 2, 3)),
        "psnr": np.minimum(metrics.psnr(images, made, border=0), 100),
        "ssim": np.asarray(metrics.ssim(images, made, border=0)),
    }
    assert set(scores) == {f"translation_{name}_6" for name in values}
    assert values["psnr"][0] == 100 and values["psnr"][1:].max() < 30
    for name, each in values.items():
        score = scores[f"translation_{name}_6"]
        assert score.value == pytest.approx(each.mean(), rel=1e-4), name
        assert score.error == pytest.approx(each.std() / 6**0.5, rel=1e-3), name
