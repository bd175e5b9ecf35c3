import shutil
import types

import keras
import numpy as np
import pytest
from support.configs import small_config

import tf_gan
from tf_gan import models, networks
from tf_gan.callbacks import checkpoints
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


def test_a_run_says_where_it_resumes_and_how_it_becomes_longer(tmp_path, capsys):
    """Of 3 steps an epoch."""
    changes = {"batch_size": 512, "steps_per_execution": 1}
    changes |= {"checkpoint_steps": 1, "checkpoints_kept": 4}
    tf_gan.train(small_config(epochs=1, **changes), tmp_path)
    capsys.readouterr()
    tf_gan.train(small_config(epochs=2, **changes), tmp_path)
    out = capsys.readouterr().out
    assert "Resuming from" in out and "step-3, in epoch 2 of 2." in out
    assert checkpoints.steps(tmp_path / "checkpoints") == [3, 4, 5, 6]
    for length, field in ((0.0, "epochs"), (3.0, "length")):
        tf_gan.train(small_config(epochs=2, length=length, **changes), tmp_path)
        out = capsys.readouterr().out
        assert f"All 2 epochs of this run are done; for more, set --config.{field}." in out


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"patience": 2, "keep_best": "generator_loss"}, r"patience=0 with several.* Received: 2"),
        ({"choose": True}, r"would choose differently\. Expected config\.choose=False"),
    ],
)
def test_what_several_workers_cannot_do(tmp_path, monkeypatch, changes, message):
    monkeypatch.setattr(tf_gan.distribute, "has_several_workers", lambda strategy: True)
    with pytest.raises(UserError, match=message):
        tf_gan.train(small_config(**changes), tmp_path)


def test_networks_of_no_other_run_are_warned_of(tmp_path, monkeypatch, caplog):
    def load(*_):
        raise UserError("enough")

    monkeypatch.setattr(tf_gan.data, "load", load)
    with pytest.raises(UserError, match="enough"):
        tf_gan.train(small_config(init_networks="generator"), tmp_path)
    assert "config.init_networks=generator has no effect without another run" in caplog.text


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


def of_shape(**changes):
    config = small_config(**changes)
    config.data.image_shape = (8, 8, 1)
    return config


def test_a_model_knows_the_range_the_classes_and_the_prior_of_its_config():
    config = of_shape(**{"data.value_range": (0.0, 1.0), "data.class_names": ("cat", "dog")})
    config.model.prior, config.model.prior_range = "uniform", (-3.0, 2.0)
    config.networks.generator = {"units": (4,), "activation": "linear"}
    model = build.build(config)
    assert model.data_range == (0.0, 1.0) and model.class_names == ("cat", "dog")
    assert model.prior == (-3.0, 2.0)
    config.data.contrast_normalization = 55.0  # Its images have no bounds.
    assert build.build(config).data_range is None


def test_the_seed_fixes_the_initial_weights():
    first, again, other = (
        build.build(of_shape(seed=seed)).generator.get_weights()[0] for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()


def test_the_precision_of_a_run_is_that_of_its_model_alone():
    model = build.build(of_shape(precision="mixed_bfloat16"))
    assert model.generator.compute_dtype == "bfloat16"
    assert keras.config.dtype_policy().name == "float32"


def test_schedules_have_the_steps_of_an_epoch_of_the_data(monkeypatch):
    noted = []

    def compile_arguments(config, names, steps, lazy):
        noted.append((steps, lazy))
        return {}

    monkeypatch.setattr(build.arguments, "compile_arguments", compile_arguments)
    monkeypatch.setattr(tf_gan.GAN, "generator_lazy_updates", 3, raising=False)
    for examples in (tf_gan.data.digits(), None):
        build.build(of_shape(), examples)
    assert noted == [(1797 // 16, 3), (1, 3)]


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_pixel_means_are_those_of_the_images_from_0_to_1(dtype):
    images = np.random.default_rng(0).integers(0, 256, (50, 8, 8, 1)).astype(np.uint8)
    means = images.mean(axis=0) / 255
    given = images if dtype == np.uint8 else images.astype(np.float32) / 255
    config = of_shape(**{"networks.name": "maxout_mlp", "data.value_range": (0.0, 1.0)})
    config.networks.generator, config.networks.discriminator = {"units": (4, 4)}, {}
    config.networks.pixel_means = True
    generator = build.build(config, tf_gan.data.Examples(given, None)).generator
    # Latents of 0 leave the bias alone.
    latents = np.zeros((1, config.model.latent_dim))
    np.testing.assert_allclose(generator(latents)[0], means, atol=1e-5)


def test_pixel_means_need_networks_that_take_them_and_whole_images():
    config = of_shape(**{"networks.pixel_means": True})
    with pytest.raises(UserError, match=r"pixel_means=False for config\.networks\.name='mlp'"):
        build.build(config)
    config.networks.name = "maxout_mlp"
    config.networks.generator = config.networks.discriminator = {}
    windows = types.SimpleNamespace(
        images=np.zeros((4, 16, 16, 1), np.uint8), image_shape=(8, 8, 1), name="photographs"
    )
    with pytest.raises(UserError, match=r"training cuts windows from\. Received: photographs"):
        build.build(config, windows)


def test_images_that_initialise_are_as_many_as_asked_for_and_chosen_by_the_seed():
    examples, given = tf_gan.data.digits(), []
    model = types.SimpleNamespace(initialize=given.append)
    for seed in (0, 0, 1):
        config = small_config(seed=seed, **{"networks.initialization_images": 30})
        build._initialize(model, config, examples)
    assert [len(images) for images in given] == [30] * 3
    np.testing.assert_array_equal(given[0], given[1])
    assert not np.array_equal(given[0], given[2])
    known = {image.tobytes() for image in examples.arrays()}
    assert {image.tobytes() for image in given[0]} <= known


def test_both_discriminators_of_a_cycle_are_held():
    ours, other = (networks.mlp.build_discriminator((8, 8, 1)) for _ in range(2))
    model = types.SimpleNamespace(discriminator=ours, source_discriminator=other)
    build._freeze(model, small_config(freeze_d=1))
    for network in (ours, other):
        assert 0 < len(network.trainable_weights) < len(network.weights)


def test_networks_that_are_offered_have_all_roles_of_the_model():
    with pytest.raises(UserError, match=r"the role 'encoder'.*Received: 'mlp'") as error:
        build.build(of_shape(**{"model.name": "bigan"}))
    assert "'bigan_mlp'" in str(error.value) and "'vae_mlp'" not in str(error.value)


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
