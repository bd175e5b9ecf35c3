import json
import logging
import types

import keras
import numpy as np
import pytest
from ml_collections import ConfigDict
from support.command import command
from support.configs import small_config

import tf_gan
from tf_gan import data
from tf_gan.errors import UserError
from tf_gan.layers import SpectralNormalization
from tf_gan.runs import build, directory, init_from
from tf_gan.training import transfer


def settings(size=8, widths=(4, 4), **changes):
    """A run of an r3gan on squares of 8 or 16 pixels."""
    config = small_config(
        **{
            "data.name": "npz",
            "networks.name": "r3gan",
            "objective.penalties": "r1",
            "model.latent_dim": 4,
            "batch_size": 8,
            "epochs": 1,
        }
        | changes
    )
    with config.unlocked():
        arguments = {"widths": widths, "blocks": 1, "group_width": 0}
        config.networks.generator = ConfigDict(dict(arguments))
        config.networks.discriminator = ConfigDict(dict(arguments))
        config.data.image_shape = (size, size, 3)
    return config


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    for size in (8, 16):
        images = np.random.default_rng(0).integers(0, 256, (16, size, size, 3), dtype=np.uint8)
        np.savez(folder / f"{size}.npz", images=images)
    return folder


@pytest.fixture(scope="module")
def first(pictures, tmp_path_factory):
    """A run of two steps, and its model."""
    workdir = tmp_path_factory.mktemp("first")
    config = settings(**{"data.path": str(pictures / "8.npz")})
    return workdir, tf_gan.train(config, workdir)


def test_the_same_networks_start_from_all_weights(first):
    workdir, trained = first
    config = settings(seed=5)
    model = build.build(config)
    before = model.generator.get_weights()
    line = init_from.start_from(model, workdir)
    assert any((a != b).any() for a, b in zip(before, model.generator.get_weights(), strict=True))
    for name in ("generator", "discriminator", "average_generator"):
        pairs = zip(getattr(model, name).weights, getattr(trained, name).weights, strict=True)
        for here, there in pairs:
            np.testing.assert_array_equal(here, there)
    # The average is not the trained generator.
    assert any(
        (a != b).any()
        for a, b in zip(
            model.generator.get_weights(), model.average_generator.get_weights(), strict=True
        )
    )
    count = len(model.generator.weights)
    assert f"step 2 of {workdir}: took {count} of {count} weights of the generator" in line
    assert line.endswith("The optimizers start anew.")
    assert int(trained.generator_optimizer.iterations.numpy()) == 2
    assert int(model.generator_optimizer.iterations.numpy()) == 0
    assert int(model.step.numpy()) == 0


def test_one_more_stage_takes_all_other_stages(first):
    workdir, trained = first
    model = build.build(settings(16, (4, 4, 4), seed=5))
    fresh = model.discriminator.get_weights()
    line = init_from.start_from(model, workdir)
    # A block has three kernels and two biases; the larger networks have one block more.
    generator, discriminator = (len(n.weights) for n in (model.generator, model.discriminator))
    assert f"took {generator - 5} of {generator} weights of the generator (new: " in line
    assert f"{discriminator - 5} of {discriminator} weights of the discriminator (new: " in line
    # The smallest maps of both networks, and the layers at the image, are those of before.
    for here, there, places in (
        (model.generator, trained.generator, (0, 1, 2, 7, -1)),
        (model.discriminator, trained.discriminator, (0, -8, -3, -2, -1)),
        (model.average_generator, trained.average_generator, (0, 1, 2, 7, -1)),
    ):
        layers, others = transfer.layers_with_weights(here), transfer.layers_with_weights(there)
        for position in places:
            pairs = zip(layers[position].weights, others[position].weights, strict=True)
            for a, b in pairs:
                np.testing.assert_array_equal(a, b)
    kept = sum(
        (a == b).all() for a, b in zip(fresh, model.discriminator.get_weights(), strict=True)
    )
    assert 5 <= kept < discriminator - 5


def test_another_number_of_channels_at_the_image(first):
    other = settings()
    with other.unlocked():
        other.data.image_shape = (8, 8, 1)
    model = build.build(other)
    line = init_from.start_from(model, first[0])
    total = len(model.generator.weights)
    assert f"took {total - 2} of {total} weights of the generator (new: images)" in line


def test_other_architectures_are_refused(first):
    model = build.build(settings(widths=(6, 6)))
    before = model.get_weights()
    with pytest.raises(
        UserError,
        match=r"another \w+: .* weights fit\. .*first difference is layer 1 with weights: .*there"
        r" and .*here.*config\.networks\.name='r3gan'.*\(4, 4\)",
    ):
        init_from.start_from(model, first[0])
    np.testing.assert_equal(before, model.get_weights())


def test_a_path_without_a_run_is_refused(pictures, tmp_path, monkeypatch):
    config = settings(
        **{"data.path": str(pictures / "8.npz"), "init_from": str(tmp_path / "nothing")}
    )
    with pytest.raises(UserError, match="No run in"):
        tf_gan.train(config, tmp_path / "run")
    assert not (tmp_path / "run").exists()
    monkeypatch.chdir(tmp_path)
    config.init_from = "nothing"
    with pytest.raises(UserError, match=f"No run in '{tmp_path}/nothing'"):
        tf_gan.train(config, tmp_path / "run")


@pytest.mark.slow
def test_frozen_layers_stay_and_the_run_resumes_to_the_same_weights(
    pictures, first, tmp_path, capsys, caplog
):
    changes = {"data.path": str(pictures / "8.npz"), "freeze_d": 2, "init_from": str(first[0])}
    whole = tf_gan.train(settings(**changes | {"epochs": 2}), tmp_path / "whole")
    assert capsys.readouterr().out.count("Starts from step 2 of") == 1
    start, end = (transfer.layers_with_weights(model.discriminator) for model in (first[1], whole))
    for number, (before, after) in enumerate(zip(start, end, strict=True)):
        for a, b in zip(before.weights, after.weights, strict=True):
            assert np.array_equal(a, b) == (number < 2), b.path
    # A run that goes on needs the first one no more, nor its flag.
    tf_gan.train(settings(**changes), tmp_path / "cut")
    del changes["init_from"]
    cut = tf_gan.train(settings(**changes | {"epochs": 2}), tmp_path / "cut")
    assert capsys.readouterr().out.count("Starts from") == 1
    assert directory.read_config(tmp_path / "cut").init_from == str(first[0])
    np.testing.assert_equal(whole.get_weights(), cut.get_weights())
    loaded, _ = build.load(tmp_path / "cut")
    np.testing.assert_array_equal(loaded.generate(2, seed=0), whole.generate(2, seed=0))
    whole.save(tmp_path / "whole.keras")
    saved = keras.saving.load_model(tmp_path / "whole.keras")
    assert len(saved.discriminator.trainable_weights) == len(whole.discriminator.trainable_weights)
    assert "random weights" not in caplog.text


def test_only_the_chosen_networks_start_from_the_run(first):
    model = build.build(settings(seed=5))
    before = model.discriminator.get_weights()
    line = init_from.start_from(model, first[0], "generator")
    assert "weights of the generator. The optimizers" in line
    for here, there in zip(
        (model.generator.weights, model.average_generator.weights, before),
        (
            first[1].generator.weights,
            first[1].average_generator.weights,
            model.discriminator.weights,
        ),
        strict=True,
    ):
        for a, b in zip(here, there, strict=True):
            np.testing.assert_array_equal(a, b)
    with pytest.raises(
        UserError,
        match=r"init_networks out of \['discriminator', 'generator'\].*Received: encoder",
    ):
        init_from.start_from(model, first[0], "generator, encoder")


def test_networks_that_the_other_run_does_not_have(first, monkeypatch):
    found = init_from.networks
    model = build.build(settings())

    def networks(of):
        return found(of) | ({"encoder": None} if of is model else {})

    monkeypatch.setattr(init_from, "networks", networks)
    line = init_from.start_from(model, first[0])
    assert "weights of the discriminator, no encoder, which that run does not have." in line


def test_runs_without_a_network_in_common(monkeypatch):
    there, here = dict.fromkeys(("encoder", "decoder")), dict.fromkeys(("generator", "critic"))
    monkeypatch.setattr(init_from.build, "load", lambda workdir: (there, None))
    monkeypatch.setattr(init_from, "networks", dict)
    with pytest.raises(
        UserError, match=r"'run' has encoder and decoder\. Expected generator or critic"
    ):
        init_from.start_from(here, "run")


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, ""), (3, " (new: a0, a1, a2)"), (5, " (new: a0, a1, a2 and 2 more layers)")],
)
def test_three_new_layers_are_named(count, shown):
    layers = [types.SimpleNamespace(name=f"a{number}") for number in range(count)]
    assert init_from._new(layers) == shown


def test_networks_in_lists_are_told_apart():
    networks = [keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)]) for _ in range(3)]
    model = types.SimpleNamespace(
        roles=("generator",), generator=networks[0], extra=networks[1:], networks=networks
    )
    found = init_from.networks(model)
    assert list(found) == ["generator", "extra[0]", "extra[1]"]
    assert [networks.index(each) for each in found.values()] == [0, 1, 2]


@pytest.mark.parametrize(
    ("fields", "has_average"),
    [
        ({"moving_average": 0.0, "half_life": 5.0}, True),
        ({"moving_average": 0.9, "half_life": 0.0}, True),
        ({"moving_average": 0.0, "half_life": 0.0}, False),
    ],
)
def test_either_setting_of_the_first_run_makes_an_average(tmp_path, fields, has_average):
    config = settings(**{f"model.{name}": value for name, value in fields.items()})
    (tmp_path / "config.json").write_text(config.to_json())
    config.init_from = str(tmp_path)
    assert init_from.has_average_for(config) == has_average
    config.model.latent_dim += 1
    assert not init_from.has_average_for(config)


def test_layers_that_start_from_random_weights_cannot_be_frozen(first):
    one = settings(freeze_d=1)
    with one.unlocked():
        one.data.image_shape = (8, 8, 1)
    with pytest.raises(
        UserError, match=r"would hold conv2d.* does not fit.*smaller config.freeze_d"
    ):
        init_from.start_from(build.build(one), first[0])


@pytest.mark.slow
def test_freezing_without_another_run_is_warned_of(pictures, tmp_path, caplog):
    caplog.set_level(logging.WARNING)
    config = settings(**{"data.path": str(pictures / "8.npz"), "freeze_d": 1})
    tf_gan.train(config, tmp_path)
    assert "config.freeze_d=1 holds layers of the discriminator that have random" in caplog.text


def test_numbers_of_frozen_layers_out_of_range(pictures, tmp_path):
    with pytest.raises(UserError, match=r"freeze_d to be at most 9, .* Received: 10"):
        build.build(settings(freeze_d=10))
    assert build.build(settings(freeze_d=8)).discriminator.trainable_weights
    with pytest.raises(UserError, match=r"config\.freeze_d >= 0\. Received: -1"):
        tf_gan.train(settings(freeze_d=-1), tmp_path)
    with pytest.raises(UserError, match="'vae' has no discriminator"):
        vae = small_config(
            **{
                "model.name": "vae",
                "networks.name": "vae_mlp",
                "data.value_range": (0.0, 1.0),
                "freeze_d": 1,
            }
        )
        with vae.unlocked():
            vae.networks.generator = vae.networks.discriminator = ConfigDict()
            vae.data.image_shape = (8, 8, 1)
        build.build(vae)


def test_frozen_normalisations_keep_their_state():
    """Kernels under spectral normalisation, and statistics of BatchNormalization."""
    images = keras.Input((8, 8, 1))
    x = SpectralNormalization(keras.layers.Conv2D(3, 3))(images)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.Conv2D(2, 3)(x)
    logits = keras.layers.Dense(1)(keras.layers.Flatten()(x))
    discriminator = keras.Model(images, logits, name="discriminator")
    generator = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(64, "tanh"), keras.layers.Reshape((8, 8, 1))]
    )
    transfer.freeze(discriminator, 2)
    gan = tf_gan.GAN(generator, discriminator, 4)
    gan.compile(penalties="r1")
    layers = transfer.layers_with_weights(discriminator)
    before = [{weight.name: weight.numpy() for weight in layer.weights} for layer in layers]
    gan.fit(data.digits(), batch_size=8, steps_per_epoch=2, verbose=0)
    after = [{weight.name: weight.numpy() for weight in layer.weights} for layer in layers]
    # The power iteration goes on towards the singular vector of the kernel that stays.
    for layer, names in ((0, ["kernel", "bias"]), (1, list(before[1]))):
        for name in names:
            np.testing.assert_array_equal(before[layer][name], after[layer][name])
    assert set(before[1]) == {"gamma", "beta", "moving_mean", "moving_variance"}
    assert all((before[layer]["kernel"] != after[layer]["kernel"]).any() for layer in (2, 3))


def test_configs_of_before_are_read(first, tmp_path):
    fields = json.loads((first[0] / "config.json").read_text())
    del fields["init_from"], fields["freeze_d"]
    fields["model"]["initial_run"] = "runs/srresnet"
    (tmp_path / "config.json").write_text(json.dumps(fields))
    config = directory.read_config(tmp_path)
    assert (config.init_from, config.freeze_d) == ("runs/srresnet", 0)
    assert "initial_run" not in config.model


@pytest.mark.parametrize(
    "average",
    [
        {"model.moving_average": 0.9999},
        pytest.param({"model.half_life": 100.0}, marks=pytest.mark.slow),
        {"model.half_life": 100.0, "schedule.half_life": True, "schedule.images": 1.0},
    ],
)
def test_the_average_of_the_first_run_is_kept(first, pictures, tmp_path, average):
    workdir, trained = first
    config = settings(
        **average, **{"data.path": str(pictures / "8.npz"), "init_from": str(workdir)}
    )
    for run in (config, settings(**average, epochs=2, **{"data.path": str(pictures / "8.npz")})):
        gan = tf_gan.train(run, tmp_path / "run")  # The second time it resumes.

        def far(network, gan=gan):
            pairs = zip(gan.average_generator.weights, network.weights, strict=True)
            return np.max([abs(a.numpy() - b.numpy()).max() for a, b in pairs])

        assert far(trained.average_generator) < 0.01 * far(gan.generator)
    assert directory.read_config(tmp_path / "run").model.average_ramp is False


def test_the_average_of_other_networks_follows_the_generator_at_first(first):
    config = settings(size=16, widths=(4, 4, 4), init_from=str(first[0]))
    assert not init_from.has_average_for(config)
    config = settings(init_from=str(first[0]))
    assert init_from.has_average_for(config)
    for field, value in (("image_shape", (8, 8, 1)), ("num_classes", 3)):
        other = config.copy_and_resolve_references()
        other.data[field] = value
        assert not init_from.has_average_for(other), field
    config.init_networks = "discriminator"
    assert not init_from.has_average_for(config)


@pytest.mark.slow
def test_a_folder_of_pictures_takes_networks_and_size_of_the_first_run(first, tmp_path):
    rng = np.random.default_rng(1)
    for number in range(20):
        pictures = tmp_path / "pictures"
        pictures.mkdir(exist_ok=True)
        keras.utils.save_img(pictures / f"{number}.png", rng.integers(0, 256, (40, 40, 3)))
    result = command(
        "train",
        f"--data={pictures}",
        f"--init_from={first[0]}",
        f"--workdir={tmp_path}/run",
        "--config.length=0.016",
        "--config.samples=4",
    )
    assert result.returncode == 0, result.stderr
    assert "Starts from step 2 of" in result.stdout
    config = directory.read_config(tmp_path / "run")
    assert (config.networks.name, config.data.image_size) == ("r3gan", 8)
    assert config.networks.generator.widths == (4, 4)
