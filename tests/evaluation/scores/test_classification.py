"""Test errors of a classifier, and a run from a config to that number."""

import types

import numpy as np
import pytest
from support.configs import quick

import tf_gan
from tf_gan import config as config_module
from tf_gan import evaluation
from tf_gan.data import Examples
from tf_gan.errors import UserError
from tf_gan.evaluation import Reference
from tf_gan.evaluation.samples import of_model
from tf_gan.evaluation.scores import classification
from tf_gan.runs import build

N, CLASSES = 60, 3


def write(path, seed, n=N):
    """Images whose first pixel says the class, bright for the others at random."""
    random = np.random.default_rng(seed)
    labels = np.arange(n) % CLASSES
    images = random.integers(0, 256, (n, 4, 4, 1)).astype(np.uint8)
    images[:, 0, 0, 0] = labels
    np.savez(path, images=images, labels=labels)
    return str(path)


@pytest.fixture
def config(tmp_path):
    config = quick(config_module.default_config())
    config.data.name, config.data.path = "npz", write(tmp_path / "train.npz", 0)
    config.data.value_range = (0.0, 1.0)
    config.data.labels_per_class = 4
    config.model.name, config.networks.name = "semi_supervised_gan", "semi_supervised_mlp"
    config.networks.initialization_images = 30
    config.objective.penalties = ""
    config.jit_compile = "false"
    return config


class Reader:
    """Reads the class off the first pixel; wrong for those whose second pixel is
    bright, and never right for class 2.
    """

    classes = CLASSES

    def classify(self, images):
        pixels = np.rint(images * 255)
        wrong = pixels[:, 0, 1, 0] > 200
        return np.eye(CLASSES)[
            np.where(wrong, 1 + pixels[:, 0, 0, 0], pixels[:, 0, 0, 0]).astype(int) % 2
        ]


def test_errors_are_counted(config, tmp_path):
    held_out = write(tmp_path / "test.npz", 1)
    reference = Reference(config.data, seed=0, held_out=held_out)
    (score,) = classification.score(types.SimpleNamespace(model=Reader()), reference)
    arrays = np.load(held_out)
    wrong = (arrays["images"][:, 0, 1, 0] > 200) | (arrays["labels"] == 2)
    assert score.value == wrong.sum() > 20
    assert score.name == "test_errors_60" and "60 images of" in score.protocol
    share = wrong.mean()
    assert score.error == pytest.approx(np.sqrt(N * share * (1 - share)))
    assert (
        score.details["errors_by_class"]
        == np.bincount(arrays["labels"][wrong], minlength=CLASSES).tolist()
    )


def test_unknown_labels_are_left_out():
    images = np.zeros((3, 4, 4, 1), np.uint8)
    images[:, 0, 0] = 1
    for labels, errors in ([1, -1, 0], 1), ([-1, -1, 0], 1):
        test = Examples(images, np.array(labels), (0.0, 1.0))
        (score,) = classification.score(
            types.SimpleNamespace(model=Reader()), Reference.of(test, test)
        )
        known = sum(label >= 0 for label in labels)
        assert (score.name, score.value) == (f"test_errors_{known}", errors)
    unknown = Reference.of(test, test[:2])
    with pytest.raises(UserError, match=r"with labels\. Received: examples, which has none"):
        classification.score(types.SimpleNamespace(model=Reader()), unknown)


@pytest.mark.slow
def test_a_run_is_trained_and_measured(config, tmp_path):
    model = tf_gan.train(config, tmp_path / "run")
    # Two epochs; half of each batch of 16 goes through all images.
    assert int(model.step.numpy()) == 2 * (N // 8)
    loaded, read = build.load(tmp_path / "run")
    assert read.data.labels_per_class == 4
    reference = Reference(read.data, seed=0, held_out=write(tmp_path / "test.npz", 1))
    assert (reference.train.labels >= 0).all()  # Metrics know all labels.
    (score,) = evaluation.evaluate(of_model(loaded, "run", 8), reference, ["classification"])
    arrays = np.load(tmp_path / "test.npz")
    predicted = model.predict(arrays["images"] / np.float32(255)).argmax(axis=1)
    assert score.value == (predicted != arrays["labels"]).sum()


def test_a_model_that_does_not_classify(tiny_gan, config):
    with pytest.raises(UserError, match=r"Needs a model that classifies: .*Leave the metric out"):
        evaluation.evaluate(of_model(tiny_gan), Reference(config.data, seed=0), ["classification"])


def test_wrong_settings_end_before_training(config, tmp_path):
    config.data.labels_per_class = 21
    with pytest.raises(
        UserError,
        match=r"at least 21 images of each class, .*labels_per_class.*Received: 20 of class 0",
    ):
        tf_gan.train(config, tmp_path / "run")
    config.data.labels_per_class = 0
    config.model.name, config.networks.name = "gan", "mlp"
    with pytest.raises(
        UserError, match=r"initialization_images=0 for config.model.name='gan'.* Received: 30"
    ):
        tf_gan.train(config, tmp_path / "run")
    assert not (tmp_path / "run").exists()
