import importlib.util
import itertools
import pathlib

import ml_collections
import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image
from support.command import quick

import tf_gan
from tf_gan import config as config_module
from tf_gan import models
from tf_gan.runs import build, check, settings

CONFIGS = sorted(pathlib.Path(__file__).parents[1].joinpath("configs").glob("[!_]*.py"))

# Their networks take long to compile, however small, or those of another config are
# much like them; `pytest -m slow` runs them.
LARGE = {
    *(
        "cifar10_ali",
        "cifar10_dcgan",
        "cifar10_paper",
        "cifar10_paper_conv",
        "cifar10_semi_supervised",
        "faces_began",
        "image_folder_cycle_gan",
    ),
    *(
        "image_folder_dcgan",
        "image_folder_pix2pix",
        "image_folder_fastgan",
        "fashion_mnist_dcgan",
        "mnist_gan_conv",
        "mnist_best",
        "mnist_vae_conv",
    ),
    *(
        "mnist_conditional_dcgan",
        "mnist_cycle_gan",
        "srgan",
        "image_folder",
        "mnist_semi_supervised",
        "srresnet",
        "mnist_conditional",
    ),
    *(
        "own_pictures",
        "mnist_began",
        "mnist_dbn",
        "mnist_cae",
        "mnist_gsn",
        "mnist_conditional_best",
        "mnist_conditional_tf1",
        "fashion_mnist",
        "mnist_info_gan",
        "mnist_tf1",
        "cifar10_r3gan",
        "ffhq64_r3gan",
        "ffhq256_r3gan",
        "stacked_mnist",
        "cifar10_sngan",
        "cifar10_sngan_projection",
        "cifar10_sagan",
        "cifar10_biggan",
        "cifar10_wgan_gp",
        "faces1024_progressive",
        "image_folder_progressive",
        "image_folder_star_gan",
        "esrgan",
        "rrdb",
    ),
    *("image_folder_stylegan2", "cifar10_stylegan2_ada", "ffhq256_stylegan2"),
}


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_there_are_configs():
    names = {path.stem for path in CONFIGS}
    assert {
        "digits",
        "mnist",
        "mnist_paper",
        "mnist_tf1",
        "stacked_mnist",
        "fashion_mnist",
        "cifar10_paper",
        "cifar10_paper_conv",
        "image_folder",
        "ring",
    } <= names


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_config_is_locked_named_and_explains_itself(path):
    module = load(path)
    config = module.get_config()
    assert config.name == path.stem
    assert config.is_locked
    settings.check(config, models.get(config.model.name))  # Nothing in it is without effect.
    with pytest.raises(AttributeError):
        config.epoch = 3
    assert f"--config={path.stem} " in module.__doc__


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(p, id=p.stem, marks=[pytest.mark.slow] if p.stem in LARGE else [])
        for p in CONFIGS
    ],
)
def test_a_config_runs_through_the_real_entry_point(path, tmp_path):
    config = quick(load(path).get_config())
    for number in range(40):
        pixels = np.random.default_rng(number).integers(0, 256, (40, 30, 3)).astype(np.uint8)
        # Pairs of equal names, for the configs that want some.
        domain = tmp_path / "pictures" / "AB"[number % 2]
        domain.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(domain / f"{number // 2}.png")
    if config.data.name in check.READ_PATHS:
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
    digits = load(next(path for path in CONFIGS if path.stem == "digits")).get_config()
    assert isinstance(digits, ml_collections.ConfigDict)
    assert digits.to_json() == config_module.get_config().to_json()
