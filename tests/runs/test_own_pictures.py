"""What is chosen for a folder of pictures and a machine."""

import dataclasses
import json

import numpy as np
import pytest
from PIL import Image
from support.command import command

import tf_gan
from tf_gan.data import inspect_folder
from tf_gan.errors import UserError
from tf_gan.runs import config_file, fields, own_pictures
from tf_gan.runs.fitting import choices
from tf_gan.runs.machine import Machine

CPU, GPU = Machine(2, 0), Machine(16, 1)


def folder(path, count=12, size=(40, 40), mode="RGB", classes=0):
    """Writes random pictures of `(width, height)`."""
    random = np.random.default_rng(0)
    channels = {"L": (), "RGB": (3,), "RGBA": (4,)}[mode]
    for number in range(count):
        where = path / f"class_{number % classes}" if classes else path
        where.mkdir(parents=True, exist_ok=True)
        pixels = random.integers(0, 256, (size[1], size[0], *channels), np.uint8)
        Image.fromarray(pixels).save(where / f"{number:03d}.png")
    return path


def chosen(path, where=CPU, labels=False):
    return {
        choice.field: choice.value for choice in choices(inspect_folder(str(path)), where, labels)
    }


@pytest.mark.parametrize(
    ("size", "where", "expected"),
    [
        ((40, 40), CPU, 32),
        ((92, 112), CPU, 64),
        ((600, 500), CPU, 64),
        ((600, 500), GPU, 256),
        ((20, 20), CPU, 32),
        ((64, 160), CPU, (64, 32)),
        ((400, 200), GPU, (64, 128)),
        ((90, 30), CPU, (16, 32)),
    ],
)
def test_the_size_follows_from_the_pictures(tmp_path, size, where, expected):
    assert chosen(folder(tmp_path, 5, size), where)["data.image_size"] == expected


@pytest.mark.parametrize(("mode", "channels"), [("L", 1), ("RGB", 3), ("RGBA", 4)])
def test_the_channels_follow_from_the_pictures(tmp_path, mode, channels):
    assert chosen(folder(tmp_path, 5, mode=mode))["data.channels"] == channels


def test_pictures_of_many_shapes_become_squares(tmp_path):
    folder(tmp_path / "wide", 3, (90, 40))
    folder(tmp_path / "tall", 3, (40, 90))
    assert chosen(tmp_path)["data.image_size"] == 64  # Cut to squares.


def test_many_small_pictures_have_a_dcgan_on_cpus(tmp_path):
    facts = inspect_folder(str(folder(tmp_path, 6, (32, 32), classes=2)))
    facts = dataclasses.replace(facts, count=2000)
    for network in (None, "dcgan"):
        many = {c.field: c.value for c in choices(facts, CPU, network=network)}
        assert (many["networks.name"], many["batch_size"]) == ("dcgan", 128)
        assert many["networks.discriminator"] == {"width": 32}
        assert (many["objective.loss"], many["objective.penalties"]) == ("non_saturating", "")
        assert many["objective.augment"] == "color,translation"
        assert (many["model.moving_average"], many["model.half_life"]) == (0.999, 0.0)
    with_classes = {c.field: c.value for c in choices(facts, CPU, labels=True)}
    assert with_classes == many | {"model.name": "conditional_gan"}
    few = {c.field: c.value for c in choices(dataclasses.replace(facts, count=900), CPU, True)}
    assert few["networks.name"] == "stylegan2"
    assert {c.field: c.value for c in choices(facts, GPU)}["networks.name"] == "r3gan"
    fast = {c.field: c.value for c in choices(facts, CPU, network="fastgan")}
    assert (fast["networks.name"], fast["batch_size"]) == ("fastgan", 8)


def test_the_networks_follow_from_the_machine(tmp_path):
    folder(tmp_path, 6, (64, 64), classes=2)
    on_cpu = chosen(tmp_path)
    assert on_cpu["networks.name"] == on_cpu["model.name"] == "fastgan"
    assert (on_cpu["objective.loss"], on_cpu["objective.penalties"]) == ("hinge", "")
    many = dataclasses.replace(inspect_folder(str(tmp_path)), count=2000)
    many = {choice.field: choice.value for choice in choices(many, CPU)}
    assert (many["networks.name"], many["objective.penalties"]) == ("fastgan", "r1")
    assert (many["objective.penalty_weight"], many["objective.penalty_interval"]) == (0.1, 16)
    assert chosen(tmp_path, GPU)["networks.name"] == "r3gan"
    classes = chosen(tmp_path, labels=True)
    assert classes["networks.name"] == "stylegan2"
    assert classes["model.name"] == "conditional_stylegan2"
    classes = chosen(tmp_path, GPU, labels=True)
    assert (classes["networks.name"], classes["model.name"]) == ("r3gan", "conditional_gan")


def test_a_network_that_is_given_has_its_own_choices(tmp_path):
    folder(tmp_path, 40, (300, 300))
    facts = inspect_folder(str(tmp_path))
    on_gpu = {c.field: c.value for c in choices(facts, GPU, network="dcgan")}
    assert on_gpu["networks.discriminator"] == {"width": 64, "normalization": False}
    assert on_gpu["data.image_size"] == 128 and on_gpu["batch_size"] == 20
    on_cpu = {c.field: c.value for c in choices(facts, CPU, network="dcgan")}
    assert on_cpu["batch_size"] == 16 and "model.name" not in on_cpu
    on_cpu = {c.field: c.value for c in choices(facts, CPU, network="r3gan")}
    assert "upsampling" not in on_cpu["networks.generator"]
    assert {c.field: c.value for c in choices(facts, GPU)}["objective.penalty_weight"] == 150.0


@pytest.mark.parametrize(
    ("count", "where", "network", "augment"),
    [
        (40, CPU, "fastgan", "color,translation"),
        (40, CPU, "dcgan", "color,translation,cutout"),
        (30_000, GPU, "r3gan", "color,translation,cutout"),
        (30_001, GPU, "r3gan", ""),
        (40, CPU, "stylegan2", "color,translation"),
        (30_000, GPU, "stylegan2", "ada"),
        (30_001, GPU, "stylegan2", ""),
    ],
)
def test_the_augmentation_follows_the_number_of_pictures(tmp_path, count, where, network, augment):
    facts = inspect_folder(str(folder(tmp_path, 5, (64, 64))))
    facts = dataclasses.replace(facts, count=count)
    found = {c.field: c.value for c in choices(facts, where, network=network)}
    assert found["objective.augment"] == augment
    assert found.get("steps_per_execution") == (10 if where is GPU else None)


def test_stylegan2_on_a_cpu_is_that_of_its_config(tmp_path):
    facts = inspect_folder(str(folder(tmp_path, 40, (64, 64), "RGBA")))
    found = {c.field: c.value for c in choices(facts, CPU, network="stylegan2")}
    preset = config_file.load("image_folder_stylegan2")
    assert found["model.name"] == "stylegan2"
    for name in set(found) - {"data.channels", "data.image_size"}:
        assert fields.get(preset, name) == found[name], name


def test_no_penalties_where_that_is_given(tmp_path):
    config = config_of(folder(tmp_path / "pictures"), objective__penalties="")
    filled, _ = own_pictures.fill(config, tmp_path / "run")
    assert (filled.objective.penalties, filled.objective.penalty_interval) == ("", 1)


def test_penalties_that_are_given_have_a_weight_that_is_shown(tmp_path):
    config = config_of(folder(tmp_path / "pictures"), objective__penalties="r1")
    filled, text = own_pictures.fill(config, tmp_path / "run")
    assert (filled.objective.penalty_weight, filled.objective.penalty_interval) == (0.01, 16)
    assert "config.objective.penalty_weight" in text
    filled, text = own_pictures.fill(config_of(tmp_path / "pictures"), tmp_path / "run")
    assert (filled.objective.penalty_weight, filled.objective.penalty_interval) == (1.0, 1)
    assert "config.objective.penalty_weight" not in text
    config = config_of(tmp_path / "pictures", objective__penalties="wgan_gp,lecam")
    filled, _ = own_pictures.fill(config, tmp_path / "run")  # Each with its own weight.
    assert (filled.objective.penalty_weight, filled.objective.penalty_interval) == (-1.0, 1)
    first, _ = own_pictures.fill(config_of(tmp_path / "pictures"), tmp_path / "run")
    with first.unlocked():
        first.data.image_shape = (32, 32, 3)
    (tmp_path / "first").mkdir()
    (tmp_path / "first" / "config.json").write_text(first.to_json())
    start = str(tmp_path / "first")
    config = config_of(tmp_path / "pictures", objective__penalties="r1", init_from=start)
    filled, _ = own_pictures.fill(config, tmp_path / "run")
    assert (filled.objective.penalty_weight, filled.objective.penalty_interval) == (0.01, 16)


def test_stylegan2_on_a_gpu(tmp_path):
    facts = inspect_folder(str(folder(tmp_path, 6, (64, 64), classes=2)))
    facts = dataclasses.replace(facts, count=2000)
    found = choices(facts, GPU, True, network="stylegan2")
    found = {c.field: c.value for c in found}
    assert found["model.name"] == "conditional_stylegan2"
    assert found["objective.augment"] == "ada"
    assert found["objective.penalty_weight"] == 0.0002 * 64 * 64 / 64
    assert found["networks.generator"]["max_width"] == 512


def test_gamma_follows_a_size_that_is_given(tmp_path):
    facts = inspect_folder(str(folder(tmp_path, 40, (300, 300))))
    found = choices(facts, GPU, size=64)
    assert {c.field: c.value for c in found}["objective.penalty_weight"] == 2.0
    found = {c.field: (c.value, c.why) for c in choices(facts, GPU, size=512)}
    assert found["objective.penalty_weight"] == (150.0, "gamma of R3GAN at 256")


def test_networks_without_classes(tmp_path):
    facts = inspect_folder(str(folder(tmp_path, 6, classes=2)))
    with pytest.raises(UserError, match=r"networks fastgan take no classes.*name=stylegan2"):
        choices(facts, CPU, labels=True, network="fastgan")


def test_other_networks_have_their_own_defaults(tmp_path):
    config = config_of(folder(tmp_path / "pictures"), networks__name="sngan")
    filled, text = own_pictures.fill(config, tmp_path / "run")
    assert filled.networks.generator.to_dict() == filled.networks.discriminator.to_dict() == {}
    assert "defaults of networks.sngan" in text


@pytest.mark.parametrize("name", ["progressive", "dcgan", "stylegan2"])
def test_a_run_that_starts_from_another_has_its_model_and_optimizers(tmp_path, name):
    first = config_file.load(f"image_folder_{name}")
    with first.unlocked():
        first.data.image_shape = (64, 64, 3)
        first.optimizer.name, first.data.value_range = "sgd", (0.0, 1.0)
    (tmp_path / "first").mkdir()
    (tmp_path / "first" / "config.json").write_text(first.to_json_best_effort())
    config = config_of(folder(tmp_path / "pictures"), init_from=str(tmp_path / "first"))
    filled, _ = own_pictures.fill(config, tmp_path / "run")
    for field in (
        *("model.name", "model.arguments", "model.prior", "networks.name", "networks.generator"),
        *("objective.penalties", "objective.penalty_interval", "objective.penalty_weight"),
        *("optimizer.generator_learning_rate", "optimizer.beta_1", "optimizer.beta_2"),
        *("optimizer.name", "optimizer.epsilon", "data.value_range"),
    ):
        assert fields.get(filled, field) == fields.get(first, field), field


def test_classes_of_a_run_that_starts_from_one_without(tmp_path):
    first = config_file.load("image_folder_stylegan2")
    with first.unlocked():
        first.data.image_shape = (64, 64, 3)
    (tmp_path / "first").mkdir()
    (tmp_path / "first" / "config.json").write_text(first.to_json_best_effort())
    config = config_of(
        folder(tmp_path / "pictures", classes=2),
        init_from=str(tmp_path / "first"),
        data__labels=True,
    )
    filled, _ = own_pictures.fill(config, tmp_path / "run")
    assert filled.model.name == "conditional_stylegan2"
    with config.unlocked():
        config.networks.name, config.data.labels = "r3gan", False
    with pytest.raises(UserError, match=r"has its networks, 'stylegan2'.*name='r3gan'"):
        own_pictures.fill(config, tmp_path / "run")
    # And a run without classes that starts from one with.
    filled.data.image_shape = (64, 64, 3)
    (tmp_path / "first" / "config.json").write_text(filled.to_json_best_effort())
    config = config_of(tmp_path / "pictures", init_from=str(tmp_path / "first"))
    assert own_pictures.fill(config, tmp_path / "run")[0].model.name == "stylegan2"


def test_classes_are_sub_folders(tmp_path):
    for count in (0, 1):
        config = config_of(folder(tmp_path / f"{count}", classes=count), data__labels=True)
        with pytest.raises(
            UserError, match=rf"two sub-folders or more as classes\. Found: {count}"
        ):
            own_pictures.fill(config, tmp_path / "run")


def test_a_model_that_is_given_has_its_own_settings(tmp_path):
    config = config_of(
        folder(tmp_path / "pictures"), model__name="vae", networks__name="vae_conv", epochs=3
    )
    filled, text = own_pictures.fill(config, tmp_path / "run")
    assert (filled.objective.loss, filled.objective.penalties, filled.objective.augment) == (
        "",
    ) * 3
    assert "objective" not in text
    assert (filled.epochs, filled.length) == (3, 0.0)  # The epochs are given.
    # What the user gave is not left out, but refused.
    config = config_of(tmp_path / "pictures", networks__encoder__units=7)
    with pytest.raises(UserError, match=r"'fastgan' has no setting 'encoder'.*'units': 7"):
        own_pictures.fill(config, tmp_path / "run")


def test_other_data_than_folders_of_pictures(tmp_path):
    config = config_of(tmp_path / "x.npz", data__name="npz")
    with pytest.raises(UserError, match="take a config, such as --config=image_folder"):
        own_pictures.fill(config, tmp_path / "run")


def test_the_run_directory_is_not_among_the_pictures(tmp_path):
    path = folder(tmp_path / "pictures")
    with pytest.raises(UserError, match="lies in the folder of pictures"):
        own_pictures.fill(config_of(path), path / "runs")


def test_what_was_chosen_for_another_folder_does_not_count(tmp_path):
    """A run that ended before its first checkpoint."""
    first = folder(tmp_path / "first", mode="L")
    filled, _ = own_pictures.fill(config_of(first), tmp_path / "run")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.json").write_text(filled.to_json())
    second, text = own_pictures.fill(config_of(folder(tmp_path / "second")), tmp_path / "run")
    assert second.data.channels == 3 and "keeps" not in text


@pytest.mark.parametrize("moved", [True, False])
def test_a_run_keeps_its_choices_where_its_pictures_have_moved(tmp_path, moved):
    before, after = folder(tmp_path / "before", mode="L"), tmp_path / "after"
    filled, _ = own_pictures.fill(config_of(before, length=7.0, minutes=5.0), tmp_path / "run")
    (tmp_path / "run" / "checkpoints").mkdir(parents=True)
    (tmp_path / "run" / "checkpoints" / "step-1.index").touch()
    (tmp_path / "run" / "config.json").write_text(filled.to_json())
    before.rename(after) if moved else folder(after)
    kept, text = own_pictures.fill(config_of(after), tmp_path / "run")
    assert kept.data.path == str(after) and (kept.length == 7.0) == moved == ("keeps what" in text)
    assert kept.minutes == 0.0  # The limit of the call before.


def config_of(path, **changes):
    config = config_file.load("own_pictures")
    with config.unlocked():
        config.data.path = str(path)
        for name, value in changes.items():
            fields.put(config, name.replace("__", "."), value)
    return config


def test_what_is_given_stays(tmp_path):
    path = folder(tmp_path / "pictures")
    config = config_of(path, data__image_size=16, batch_size=4)
    filled, text = own_pictures.fill(config, tmp_path / "run", given={"objective.augment"})
    assert (filled.data.image_size, filled.batch_size) == (16, 4)
    assert filled.data.channels == 3
    assert "config.batch_size" in text and "given" in text
    assert not filled.choose and filled.length > 0
    assert "Found 12 pictures" in text and "so few pictures are memorized" in text


@pytest.mark.parametrize(
    ("speed", "minutes", "length", "words"),
    [
        (10.0, 0.0, 36.0, "about 60 minutes at 10 images/s"),
        (1234.0, 0.0, 4400.0, "about 59 minutes at 1234 images/s"),
        # No fewer than 20,000 images, no more than 5 million.
        (0.3, 0.0, 20.0, "about 18.5 hours at 0.3 images/s"),
        (10_000.0, 0.0, 5000.0, "about 8 minutes at 10000 images/s"),
        (10.0, 30.0, 20.0, "given: stops after about 18,000 of the images; the same"),
        (100.0, 30.0, 180.0, "about 30 minutes at 100 images/s"),
    ],
)
def test_the_length_is_an_hour_or_the_minutes_that_are_given(
    tmp_path, monkeypatch, speed, minutes, length, words
):
    monkeypatch.setattr(own_pictures, "images_per_second", lambda config, num_classes: speed)
    config = config_of(folder(tmp_path / "pictures"), minutes=minutes)
    filled, text = own_pictures.fill(config, tmp_path / "run")
    assert filled.length == length and words in " ".join(text.split())
    assert ("stops after" in text) == words.startswith("given")
    # Ten pictures of samples and ten checkpoints, of 12 images an epoch.
    assert filled.sample_every == filled.checkpoint_every == round(1000 * length / 12 / 10)


def test_upright_pictures_keep_their_shape(tmp_path):
    path = folder(tmp_path / "pictures", 12, (40, 80))
    filled, text = own_pictures.fill(config_of(path), tmp_path / "run")
    assert filled.data.image_size == (32, 16) and "(32, 16)" in text
    with filled.unlocked():
        filled.data.image_shape = (32, 16, 3)
        fields.put(filled, "data.image_size", 0)
    (tmp_path / "first").mkdir()
    (tmp_path / "first" / "config.json").write_text(filled.to_json())
    config = config_of(path, init_from=str(tmp_path / "first"))
    assert own_pictures.fill(config, tmp_path / "second")[0].data.image_size == (32, 16)


def test_the_text_names_what_is_odd(tmp_path):
    path = folder(tmp_path / "pictures", classes=3)
    (path / "broken.png").write_bytes(b"no picture")
    copy = path / "copy.png"
    copy.write_bytes((path / "class_0" / "000.png").read_bytes())
    _, text = own_pictures.fill(config_of(path), tmp_path / "run")
    assert "cannot be read: 1, broken.png" in text
    assert "Copies of others: 1, such as" in text
    assert "They are in 3 folders. --config.data.labels=True" in text


@pytest.mark.parametrize("count", [0, 2])
def test_too_few_pictures(tmp_path, count):
    (tmp_path / "pictures").mkdir()
    folder(tmp_path / "pictures", count)
    message = "Expected some pictures" if count else "Found: no picture|none of them usable"
    with pytest.raises(UserError, match=message):
        own_pictures.fill(config_of(tmp_path / "pictures"), tmp_path / "run")


def test_no_folder(tmp_path):
    with pytest.raises(UserError, match="--data=DIR"):
        own_pictures.fill(config_of(""), tmp_path / "run")


def test_the_command_shows_its_choices_and_trains(tmp_path):
    path, workdir = folder(tmp_path / "pictures", 40, (16, 16), "RGBA"), tmp_path / "run"
    small = (
        *("--config.data.image_size=16", "--config.networks.generator.width=4"),
        *("--config.networks.discriminator.width=4", "--config.model.latent_dim=4"),
        *("--config.length=0.08", "--config.batch_size=8", "--config.samples=4"),
    )
    arguments = ("train", f"--data={path}", f"--workdir={workdir}", *small)
    shown = command(*arguments, "--dry_run")
    assert "have transparent parts" in shown.stdout and not workdir.exists()
    trained = command(*arguments)
    assert "Trained to step" in trained.stdout, trained.stderr
    config = json.loads((workdir / "config.json").read_text())
    assert config["data"]["channels"] == 4 and config["data"]["image_shape"] == [16, 16, 4]
    sampled = command("sample", f"--workdir={workdir}", f"--output={tmp_path}/grid.png")
    assert sampled.returncode == 0, sampled.stderr


@pytest.mark.slow
def test_the_command_resumes_with_its_choices(tmp_path):
    path, workdir = folder(tmp_path / "pictures", 40, (16, 16)), tmp_path / "run"
    small = ("--config.data.image_size=16", "--config.model.latent_dim=4", "--config.samples=4")
    arguments = ("train", f"--data={path}", f"--workdir={workdir}", *small)
    trained = command(*arguments, "--config.length=0.08")
    assert "Trained to step" in trained.stdout, trained.stderr
    again = command(*arguments, "--config.length=0.16")
    assert "keeps what was chosen" in again.stdout and "Resuming" in again.stdout, again.stderr


@pytest.mark.slow
def test_classes_of_sub_folders(tmp_path):
    path = folder(tmp_path / "pictures", 24, (16, 16), classes=3)
    config = config_of(path, data__image_size=16, data__labels=True, batch_size=4, length=0.016)
    with config.unlocked():
        config.networks.discriminator = {"base_width": 64, "max_width": 8}
        config.networks.generator = {"base_width": 64, "max_width": 8, "mapping_layers": 1}
        config.model.latent_dim, config.samples = 4, 4
    gan = tf_gan.train(config, tmp_path / "run")
    assert isinstance(gan, tf_gan.ConditionalStyleGAN2) and gan.num_classes == 3
    assert gan.data_range == (-1.0, 1.0)
    images = gan.generate(2, seed=0, labels=[0, 2])
    assert images.shape == (2, 16, 16, 3)
