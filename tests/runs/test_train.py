import shutil

import numpy as np
import pytest
from support.configs import small_config

import tf_gan
from tf_gan import models, networks
from tf_gan.errors import UserError
from tf_gan.runs import build, config_file
from tf_gan.runs.train import is_deterministic, number_of_epochs

MODEL = """
import tensorflow as tf
import tf_gan

@tf.keras.utils.register_keras_serializable("mine")
class {name}(tf_gan.GAN):
    '''A GAN of my own.'''

{more}
"""
NETWORKS = """
from tf_gan.networks import mlp

build_discriminator = mlp.build_discriminator

def build_generator(image_shape, latent_dim, width):
    return mlp.build_generator(image_shape, latent_dim, units=(width,))
"""


def test_a_model_and_networks_of_the_users_own(package, tmp_path):
    config = small_config(
        **{
            "model.name": package("gan", MODEL.format(name="Mine", more="")),
            "networks.name": package("nets", NETWORKS),
            "epochs": 1,
            "networks.generator": {"width": 5},
        }
    )
    model = tf_gan.train(config, tmp_path / "run")
    assert type(model).__name__ == "Mine" and type(model) is not tf_gan.GAN
    assert model.generator.layers[1].units == 5
    loaded, _ = build.load(tmp_path / "run")
    np.testing.assert_array_equal(loaded.generate(2, seed=0), model.generate(2, seed=0))
    config.networks.generator = {"with": 5}
    with pytest.raises(
        UserError, match=r"generator does not fit build_generator: .* It takes width"
    ):
        tf_gan.train(config, tmp_path / "other")


def test_pictures_of_steps_that_are_run_again_are_removed(tmp_path):
    config = small_config(epochs=2, sample_every=2)
    step = int(tf_gan.train(config, tmp_path).step.numpy())
    samples = tmp_path / "samples"
    lost = ("epoch_0009.png", f"epoch_0002_step_{step + 1:08d}.png", "epoch_0003_step_00000009.png")
    for name in (*lost, "epoch_0001_step_00000003.png", "mine.png"):
        shutil.copy(samples / "epoch_0000.png", samples / name)
    config.epochs = 3
    tf_gan.train(config, tmp_path)
    assert sorted(path.name for path in samples.iterdir()) == [
        "epoch_0000.png",
        "epoch_0001_step_00000003.png",
        "epoch_0002.png",
        "epoch_0003.png",
        "mine.png",
    ]


def test_the_model_of_a_module(package):
    two = MODEL.format(name="Base", more="class Variant(Base):\n    pass\n")
    assert models.get(package("named", two + "\nMODEL = Variant\n")).__name__ == "Variant"
    private = MODEL.format(name="_Base", more="class Variant(_Base):\n    pass\n")
    assert models.get(package("private", private)).__name__ == "Variant"
    with pytest.raises(UserError, match=r"MODEL = MyModel\. Received: Base, Variant"):
        models.get(package("two", two))
    with pytest.raises(UserError, match="Received: none"):
        models.get(package("none", "import tf_gan"))
    with pytest.raises(UserError, match="no module 'nowhere'"):
        models.get("nowhere.gan")
    with pytest.raises(ModuleNotFoundError, match="nothing_there"):
        networks.get(package("broken", "import nothing_there"))


@pytest.mark.parametrize(
    ("setting", "jit_compile", "devices", "expected"),
    [
        ("auto", True, ["CPU"], False),
        ("auto", False, ["CPU"], True),
        # XLA is not deterministic there unless it is asked.
        ("auto", True, ["CPU", "GPU"], True),
        ("auto", True, ["CPU", "TPU"], True),
        ("false", False, ["CPU", "GPU"], False),
        ("true", True, ["CPU"], True),
    ],
)
def test_what_op_determinism_is_asked_for(setting, jit_compile, devices, expected):
    assert is_deterministic(setting, jit_compile, devices) is expected


@pytest.mark.parametrize(
    ("length", "expected"), [(0.0, 5), (1.0, 21), (0.096, 2), (0.097, 3), (0.001, 1)]
)
def test_a_length_is_a_number_of_epochs(length, expected):
    """Of 3 steps, 48 images."""
    assert number_of_epochs(small_config(epochs=5, length=length), 3) == expected


def test_config_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("mnist_dcgan", "mnist_dcgan.py", "configs/mnist_dcgan.py"):
        assert config_file.load(name).name == "mnist_dcgan"
    (tmp_path / "mine.py").write_text(
        "from tf_gan.config import default_config as get_config\nx = 3\n"
    )
    assert config_file.load(tmp_path / "mine.py").name == "digits"
    assert config_file.load("mine.py").name == "digits"
    for name in ("mnist_dc", "elsewhere/mnist_dcgan.py", "mnist_dcgan.txt"):
        with pytest.raises(UserError, match=f"No config '{name}'"):
            config_file.load(name)
    (tmp_path / "mine.py").write_text(
        "from tf_gan.config import default_config\n"
        "def get_config():\n    config = default_config()\n    config.epochs = 0\n"
        "    return config\n"
    )
    with pytest.raises(UserError, match=r"config\.epochs >= 1"):
        tf_gan.train("mine.py", tmp_path / "run")
    (tmp_path / "mine.py").write_text("x = 3")
    with pytest.raises(UserError, match="a function get_config"):
        config_file.load("mine.py")
    (tmp_path / "mine.txt").write_text("x = 3")
    with pytest.raises(UserError, match=r"ends in \.py"):
        config_file.load("mine.txt")


def test_old_names_are_answered():
    with pytest.raises(AttributeError, match=r"tf_gan\.protocols is now tf_gan\.evaluation"):
        tf_gan.protocols  # noqa: B018
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        tf_gan.nothing  # noqa: B018
