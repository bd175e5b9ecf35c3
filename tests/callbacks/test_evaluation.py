"""Metrics during training: what they measure."""

import keras
import numpy as np
import pytest

import tf_gan
from tf_gan.callbacks import evaluation
from tf_gan.data import Examples
from tf_gan.data.ranges import to_unit
from tf_gan.errors import UserError
from tf_gan.evaluation import Score

IMAGES = np.random.default_rng(0).uniform(-1, 1, (24, 8, 8, 1)).astype(np.float32)


class Reference(tf_gan.evaluation.Reference):
    """Seven held-out images."""

    def __init__(self):
        pass

    held_out_or_train = Examples(IMAGES[:7], value_range=(-1, 1))


@pytest.fixture
def seen(monkeypatch) -> list:
    """Notes how many samples are measured, and of which sources."""
    noted = []

    def evaluate(samples, reference, metrics):
        noted.append((samples.count, len(samples.model.sources)))
        return [Score("kid", 1.0, "how")]

    monkeypatch.setattr(evaluation, "evaluate", evaluate)
    return noted


def test_something_else_than_a_reference():
    with pytest.raises(UserError, match=r"Reference\.of\(training, held_out\).*ndarray"):
        tf_gan.callbacks.Evaluation(IMAGES)
    with pytest.raises(UserError, match=r"Examples\(images, value_range=.*ndarray"):
        tf_gan.evaluation.Reference.of(IMAGES, IMAGES)


def test_images_in_memory_are_a_reference(tiny_gan):
    digits = tf_gan.data.digits()
    reference = tf_gan.evaluation.Reference.of(digits[:100], digits[100:200])
    callback = tf_gan.callbacks.Evaluation(reference, ["memorization"], samples=120)
    callback.set_model(tiny_gan)
    callback.params = {"epochs": 1}
    callback.on_train_begin()
    logs = {}
    callback.on_epoch_end(0, logs)
    assert any("nearest_neighbour" in name for name in logs)
    assert reference.held_out_or_train is reference.test
    with pytest.raises(UserError, match="validation images"):
        reference.need("validation")


def test_a_few_samples_before_training_and_all_of_them_behind_epochs(tiny_gan, monkeypatch):
    digits, measured = tf_gan.data.digits(), []

    def evaluate(samples, reference, metrics):
        measured.append(samples.images)
        return [Score("kid", 1.0, "how")]

    monkeypatch.setattr(evaluation, "evaluate", evaluate)
    reference = tf_gan.evaluation.Reference.of(digits[:100], digits[100:200])
    callback = tf_gan.callbacks.Evaluation(reference, ["kernel"], samples=150, seed=3)
    callback.set_model(tiny_gan)
    callback.params = {"epochs": 1}
    callback.on_train_begin()
    callback.on_epoch_end(0, {})
    for images, count in zip(measured, (100, 150), strict=True):
        expected = to_unit(tiny_gan.generate(count, seed=3), tiny_gan.data_range)
        np.testing.assert_array_equal(images, expected)


def test_held_out_images_are_made_of_held_out_sources(seen):
    """And training goes back to its own."""
    layers = [keras.layers.UpSampling2D(2), keras.layers.Conv2D(1, 1, activation="tanh")]
    generator = keras.Sequential([keras.Input((None, None, 1)), *layers])
    model = tf_gan.SRResNet(generator, (8, 8, 1))
    model.compile()
    callback = tf_gan.callbacks.Evaluation(Reference(), ["kernel"], every=2, samples=50)
    logs = model.fit(IMAGES, batch_size=8, epochs=3, verbose=0, callbacks=[callback]).history
    assert seen == [(7, 7)] * 3 and logs["kid"] == [1.0, 1.0]
    assert len(model.sources) == 24
