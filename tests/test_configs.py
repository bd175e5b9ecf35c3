import ast
import itertools
import pathlib

import ml_collections
import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image
from support.configs import quick

import tf_gan
from tf_gan import config as config_module
from tf_gan import data, models
from tf_gan.runs import build, config_file, settings

CONFIGS = sorted(pathlib.Path(__file__).parents[1].joinpath("configs").glob("[!_]*.py"))

# The networks of the others take long to compile, however small, or those of another
# config are much like them; `pytest -m slow` runs them.
FAST = {
    *("digits", "digits_wgan", "ring", "grid_ali", "grid_r3", "gaussians_1d"),
    *("mnist", "mnist_bigan", "mnist_dcgan", "mnist_paper", "mnist_pix2pix", "mnist_vae"),
    *("faces_paper", "faces_paper_pretrain"),
}


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_config_is_locked_named_and_explains_itself(path):
    config = config_file.load(path)
    assert config.name == path.stem
    assert config.is_locked
    settings.check(config, models.get(config.model.name))  # Nothing in it is without effect.
    with pytest.raises(AttributeError):
        config.epoch = 3
    assert f"--config={path.stem} " in ast.get_docstring(ast.parse(path.read_text()))


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(p, id=p.stem, marks=[] if p.stem in FAST else [pytest.mark.slow])
        for p in CONFIGS
    ],
)
def test_a_config_runs_through_the_real_entry_point(path, tmp_path):
    config = quick(config_file.load(path))
    for number in range(40):
        pixels = np.random.default_rng(number).integers(0, 256, (40, 30, 3)).astype(np.uint8)
        # Pairs of equal names, for the configs that want some.
        domain = tmp_path / "pictures" / "AB"[number % 2]
        domain.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(domain / f"{number // 2}.png")
    if data.reads_path(config.data.name):
        config.data.path = str(tmp_path / "pictures")
    with tfds.testing.mock_data(num_examples=64):
        model = tf_gan.train(config, tmp_path / "run")
        loaded, _ = build.load(tmp_path / "run")
        # Of the data, where images are made from images.
        images = [each.generate(2, seed=0) for each in (loaded, model)]
        # In bfloat16 programs that fuse differently round differently, at 8 bits.
        tolerance = 1e-6 if config.precision == "float32" else 0.1
        np.testing.assert_allclose(*images, rtol=1e-6, atol=tolerance)
    steps = int(model.step.numpy())
    assert steps > 0 and model.nonfinite_step.numpy() == -1
    assert (tmp_path / "run/samples/epoch_0002.png").exists()
    assert (tmp_path / "run/samples.gif").exists()


def test_every_field_of_the_default_config_has_a_comment():
    source = pathlib.Path(config_module.__file__).read_text()
    section = source[source.index("def default_config") : source.index("return config.lock")]
    lines = [line.strip() for line in section.splitlines()]
    uncommented = [
        line
        for above, line in itertools.pairwise(lines)
        if line.startswith("config.") and "#" not in line and not above.startswith("#")
        if "ConfigDict()" not in line
    ]
    obvious = {
        "config.epochs",
        "config.checkpoints_kept",
        "config.optimizer.generator_learning_rate",
        "config.optimizer.discriminator_learning_rate",
    }
    assert {line.split(" =")[0] for line in uncommented} <= obvious


def test_the_default_is_the_digits_config():
    digits = config_file.load("digits")
    assert isinstance(digits, ml_collections.ConfigDict)
    assert digits.to_json() == config_module.get_config().to_json()
