import importlib
import inspect
import itertools
import json
import re

import pytest
from support.configs import small_config

import tf_gan
from tf_gan import data, models
from tf_gan.config import default_config
from tf_gan.errors import UserError
from tf_gan.runs import arguments, build, check, directory, settings


@pytest.mark.parametrize(
    ("model", "changes", "message"),
    [
        ("vae", {"model.prior": "uniform"}, r"'prior'. Expected config.model.prior='normal'"),
        ("vae", {"model.prior_range": (0.0, 1.0)}, "'prior_range'"),
        ("vae", {"objective.penalties": "wgan_gp"}, "'penalties'"),
        ("vae", {"optimizer.discriminator_learning_rate": 1e-4}, "'discriminator_learning_rate'"),
        ("vae", {"networks.discriminator": {"units": (3,)}}, "config.networks.discriminator="),
        ("pix2pix", {"model.latent_dim": 100}, "'latent_dim'. Expected config.model.latent_dim=64"),
        ("pix2pix", {"model.prior": "uniform"}, "'prior'"),
        ("srresnet", {"objective.penalty_weight": 3.0}, "'penalty_weight'"),
        ("gan", {"networks.encoder": {"units": (3,)}}, "'encoder'"),
        ("gan", {"objective.penalties": "", "objective.penalty_weight": 3.0}, "without penalties"),
        ("gan", {"model.prior_range": (0.0, 1.0)}, "no effect with config.model.prior='normal'"),
    ],
)
def test_settings_without_effect_are_errors(model, changes, message):
    config = default_config()
    with config.unlocked():
        config.model.name = model
        for field, value in changes.items():
            section, name = field.split(".")
            config[section][name] = value
    with pytest.raises(tf_gan.errors.UserError, match=message):
        settings.check(config, models.get(model))


@pytest.mark.parametrize(
    ("field", "value", "bound"),
    [
        *((name, 0, ">= 1") for name in ("samples", "sample_every", "checkpoint_every")),
        ("checkpoints_kept", 0, ">= 1"),
        ("images_per_second", 0.0, "> 0"),
        *((name, -1, ">= 0") for name in ("patience", "steps_per_execution", "replay_frames")),
        *((name, -1.0, ">= 0") for name in ("length", "minutes", "sample_minutes")),
        *((f"schedule.{name}", -1.0, ">= 0") for name in ("images", "learning_rate")),
        *((name, -1.0, ">= 0") for name in ("schedule.penalty_weight", "model.half_life")),
    ],
)
def test_numbers_below_their_least_are_refused(field, value, bound):
    with pytest.raises(UserError, match=rf"config\.{field} {bound}\. Received: {value}"):
        check.check(small_config(**{field: value}))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"evaluate_extractor_range": (1.0, 0.0)}, r"extractor_range=\(low, high\), low < high"),
        ({"schedule.beta_2": 1.0}, r"schedule\.beta_2 < 1\. Received: 1\.0"),
        ({"objective.augment_p": 1.5}, r"augment_p to be a probability.*Received: 1\.5"),
        ({"on_nonfinite": "go_on"}, r"on_nonfinite to be stop or rollback\. Received: 'go_on'"),
        ({"patience": 3}, r"patience=3 has no effect without config\.keep_best"),
        ({"schedule.learning_rate": 0.5}, r"learning_rate has .*config\.schedule\.images > 0"),
        (
            {"schedule.images": 5.0, "schedule.learning_rate": 0.5, "optimizer.l2": 0.1},
            r"learning_rate has no effect\. Expected with it config\.optimizer\.l2=0",
        ),
        (
            {"schedule.images": 5.0, "schedule.penalty_weight": 0.5, "objective.penalties": " "},
            r"penalty_weight has no effect\. Expected with it config\.objective\.penalties",
        ),
        ({"objective.augment_p": 0.5}, r"augment_p has no .* with it config\.objective\.augment$"),
    ],
)
def test_values_that_make_no_sense_are_named(changes, message):
    with pytest.raises(UserError, match=message):
        check.check(small_config(**changes))


@pytest.mark.parametrize("model", models.names())
def test_defaults_and_blanks_are_accepted(model):
    config, model_class = default_config(), models.get(model)
    config.model.name = model
    settings.check(config, model_class)
    settings.check(settings.used(config, model_class), model_class)


def test_the_config_of_a_vae_says_what_was_used(tmp_path):
    config = small_config(
        **{
            "model.name": "vae",
            "networks.name": "vae_mlp",
            "data.value_range": (0.0, 1.0),
            "epochs": 1,
        }
    )
    with config.unlocked():
        config.networks.generator = {"units": (8,)}
        config.networks.discriminator, config.networks.encoder = {}, {"units": (8,)}
    tf_gan.train(config, tmp_path)
    path = tmp_path / "config.json"
    written = json.loads(path.read_text())
    assert written["objective"] == {
        "loss": "",
        "label_smoothing": 0.0,
        "penalties": "",
        "penalty_weight": 0.0,
        "penalty_interval": 1,
        "augment": "",
        "augment_groups": "",
        "augment_p": -1.0,
        "discriminator_steps": 1,
        "updates": "",
        "generator_batch_factor": 1,
    }
    assert written["model"]["prior"] == "" and written["networks"]["discriminator"] == {}
    assert written["model"]["latent_dim"] == 64
    # A run of an earlier version said what it did not use, and called a section "game".
    written["game"] = written.pop("objective") | {"loss": "non_saturating", "penalties": "r1"}
    written["model"]["prior"] = "normal"
    path.write_text(json.dumps(written))
    assert directory.read_config(tmp_path).objective.penalties == "r1"
    model, config = build.load(tmp_path)
    assert config.objective.penalties == "" and int(model.step.numpy()) == 112


@pytest.mark.slow
def test_a_run_of_an_earlier_version_is_resumed(tmp_path):
    tf_gan.train(small_config(epochs=1), tmp_path)
    path = tmp_path / "config.json"
    fields = json.loads(path.read_text())
    fields["game"] = fields.pop("objective")
    path.write_text(json.dumps(fields))
    assert int(tf_gan.train(small_config(epochs=2), tmp_path).step.numpy()) == 224
    assert "objective" in json.loads(path.read_text())
    fields["game"]["loss"] = "hinge"
    path.write_text(json.dumps(fields))
    with pytest.raises(UserError, match=r"objective\.loss: 'hinge' there, 'non_saturating' now"):
        tf_gan.train(small_config(epochs=2), tmp_path)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"epoch": 3}, "the config has no field 'epoch'"),
        ({"optimizer": {"beta": 0.5}}, "the config has no field 'optimizer.beta'"),
        ({"epochs": "3"}, "expected epochs to be like 600, not '3'"),
        ({"epochs": True}, "expected epochs to be like 600, not True"),
        ({"data": {"image_size": "64"}}, "expected data.image_size to be like 0, not '64'"),
        ({"networks": {"generator": 3}}, "expected an object as networks.generator"),
    ],
)
def test_config_files_with_fields_that_do_not_exist(tmp_path, fields, message):
    (tmp_path / "config.json").write_text(json.dumps(fields))
    with pytest.raises(tf_gan.errors.UserError, match=message):
        directory.read_config(tmp_path)


def test_what_is_held_out_is_said_where_the_data_set_takes_it_and_was_nothing_before(tmp_path):
    config = small_config(epochs=1)
    assert settings.used(config, tf_gan.GAN).data.held_out == 0
    with config.unlocked():
        config.data.update({"name": "image_folder", "held_out": 30})
    assert settings.used(config, tf_gan.GAN).data.held_out == 30
    path = tmp_path / "config.json"
    path.write_text(config.to_json())
    assert directory.read_config(tmp_path).data.held_out == 30
    fields = json.loads(path.read_text())
    del fields["data"]["held_out"]
    path.write_text(json.dumps(fields))
    assert directory.read_config(tmp_path).data.held_out == 0


@pytest.mark.parametrize("size", [64, (48, 64)])
def test_the_size_of_images_is_a_number_or_a_pair_of_them(tmp_path, size):
    config = small_config()
    config.data.image_size = size
    (tmp_path / "config.json").write_text(config.to_json())
    assert directory.read_config(tmp_path).data.image_size == size


def test_data_of_which_nothing_is_held_out_may_say_so():
    config = default_config()
    config.data.held_out = 0.0
    settings.check_new(config, tf_gan.GAN)


def test_groups_of_another_augmentation_are_refused():
    config = default_config()
    config.objective.augment, config.objective.augment_groups = "color", "blit"
    with pytest.raises(UserError, match=r"augment_groups is for .*augment=ada.*augment='color'"):
        arguments.augmentation(config)
    config.objective.augment = "ada"
    assert arguments.augmentation(config).get_config()["groups"] == ["blit"]


def test_a_source_with_a_path_reads_files(tmp_path, monkeypatch):
    """A new module is enough: it is in no list."""
    (tmp_path / "of_a_test.py").write_text("PATH = 'file'\n\ndef load(*given): ...\n")
    monkeypatch.setattr(data.sources, "__path__", [*data.sources.__path__, str(tmp_path)])
    section = default_config().data
    section.update({"name": "of_a_test", "path": "x", "image_size": 8})
    check.check_data(section)
    section.name = "digits"
    with pytest.raises(UserError, match=r"'digits' reads no files.* or of_a_test\)"):
        check.check_data(section)


def test_each_setting_of_the_data_is_for_the_sources_that_read_it():
    assert set(itertools.chain(*settings.READ_BY.values())) <= set(data.names())
    for name in (*data.names(), "catalog"):
        sources = [name, "record_files", "tfrecord"] if name in settings.RECORDS else [name]
        text = "".join(
            inspect.getsource(importlib.import_module(f"tf_gan.data.sources.{source}"))
            for source in sources
        )
        read = set(re.findall(r"\bsection\.(\w+)", text)) & settings.READ_BY.keys()
        assert read == {field for field in settings.READ_BY if name in settings.READ_BY[field]}


@pytest.mark.parametrize(
    ("name", "model", "value"),
    [("penalty_weight", "vae", 0.5), ("augment_p", "vae", True), ("half_life", "cae", True)],
)
def test_schedules_of_what_a_model_does_not_have(name, model, value):
    config = default_config()
    config.schedule.images, config.schedule[name], config.model.name = 5.0, value, model
    with pytest.raises(UserError, match=rf"schedule\.{name} has no effect: .*'{model}' has no "):
        settings.check_new(config, models.get(model))


def test_labels_that_a_model_does_not_take(caplog):
    config = default_config()
    config.data.labels = True
    settings.check_new(config, tf_gan.ConditionalGAN)
    assert not caplog.records
    settings.check_new(config, tf_gan.GAN)
    assert "takes no classes" in caplog.text and "conditional_stylegan2" in caplog.text
    config.data.labels_per_class = 10
    settings.check_new(config, tf_gan.SemiSupervisedGAN)
    with pytest.raises(UserError, match=r"labels_per_class is for .*semi_supervised_gan"):
        settings.check_new(config, tf_gan.ConditionalGAN)


@pytest.mark.parametrize("model", ["conditional_gan", "semi_supervised_gan"])
def test_networks_without_classes_for_a_model_with_classes(model):
    config = default_config()
    config.model.name, config.data.image_shape, config.data.num_classes = model, (8, 8, 1), 10
    with pytest.raises(UserError, match=r"that take classes.*Received: 'mlp'") as error:
        build.build(config)
    # D of a semi-supervised GAN alone takes classes.
    of_d_alone = model == "semi_supervised_gan"
    assert ("semi_supervised_mlp" in str(error.value)) == of_d_alone
    assert ("'sngan'" in str(error.value)) != of_d_alone


@pytest.mark.parametrize("name", settings.RECORDS)
def test_records_without_labels_are_told_how_to_have_them(name):
    config = default_config()
    config.data.name, config.model.name = name, "conditional_gan"
    with pytest.raises(UserError, match=r"none; --config\.data\.labels=True reads those"):
        build._check_labelled(config, {"num_classes"})


def test_folders_without_labels_are_told_of_their_sub_folders():
    config = small_config(**{"data.name": "image_folder"})
    with pytest.raises(UserError, match=r"none; with --config\.data\.labels=True its sub-folders"):
        build._check_labelled(config, {"num_classes"})


def test_layers_are_trained_for_their_epochs():
    config = default_config()
    config.optimizer.layer_epochs = 3
    assert arguments.compile_arguments(config, {"layer_steps"}, 50) == {"layer_steps": 150}
    config.optimizer.layer_epochs = 0
    assert arguments.compile_arguments(config, {"layer_steps"}, 50) == {"layer_steps": None}
    config.optimizer.layer_epochs = 3
    with pytest.raises(UserError, match="no setting 'layer_epochs'"):
        settings.check(config, models.get("gan"))
