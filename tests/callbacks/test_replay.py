"""Frames of a training on points."""

import random

import keras
import numpy as np
import pytest

import tf_gan
from tf_gan.callbacks import Replay, replay
from tf_gan.data import Examples
from tf_gan.data.sources.ring import ring, ring_means
from tf_gan.errors import UserError


class Steps(Replay):
    """Frames that hold nothing but their step."""

    def _look(self):
        zeros = {name: np.float32(0) for name in replay.SCALARS}
        arrays = {name: np.zeros(1, np.float16) for name in replay.FRAMED}
        return {"step": np.int64(self.model.step.value), **zeros, **arrays}


class Model:
    """As much of a model as tells the step."""

    class step:
        value = 0

        @classmethod
        def numpy(cls):
            return cls.value


def play(path, calls, frames=8, ends=True):
    """Frames at the ends of calls, as `fit` asks for them; calls[0] is where it begins."""
    callback = Steps(path, ring(10), frames)
    callback.set_model(Model)
    Model.step.value = calls[0]
    callback.on_train_begin()
    for Model.step.value in calls[1:]:
        callback.on_train_batch_end(0)
    if ends:
        callback.on_train_end()
    return replay.read(path)["step"].tolist() if path.exists() else []


@pytest.mark.parametrize(
    ("last", "steps"),
    [
        (4, [0, 1, 2, 3, 4]),
        (7, [0, 2, 4, 6, 7]),  # Every second; the last one is the end of `fit`.
        (14, [0, 4, 8, 12, 14]),
        (24, [0, 4, 8, 12, 16, 20, 24]),
    ],
)
def test_frames_are_even_and_few(tmp_path, last, steps):
    assert play(tmp_path / "replay.npz", range(last + 1)) == steps


def test_a_training_that_is_cut_anywhere_leaves_the_same_file(tmp_path):
    chance = random.Random(0)
    for number in range(6):
        calls = [0]
        while calls[-1] < 90:
            calls.append(calls[-1] + chance.choice([1, 4, 4, 7]))
        frames = chance.randint(3, 9)
        whole, cut = tmp_path / f"whole_{number}.npz", tmp_path / f"cut_{number}.npz"
        steps = play(whole, calls, frames)
        assert len(steps) <= frames and steps[0] == 0 and steps[-1] == calls[-1]
        saved = 0  # Where the last checkpoint is; the frames go on beyond it.
        for _ in range(3):
            killed = chance.randint(saved, len(calls) - 1)
            play(cut, calls[saved : killed + 1], frames, ends=chance.random() < 0.5)
            saved = chance.randint(saved, killed)
        play(cut, calls[saved:], frames)
        assert cut.read_bytes() == whole.read_bytes()


# === What a frame holds ===


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A GAN with D(x) = 3 x_1 - x_2 / 2 + 0.25 that has not moved, and its frames."""
    keras.utils.set_random_seed(0)
    generator = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    discriminator = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    discriminator.set_weights([np.array([[3.0], [-0.5]]), np.array([0.25])])
    gan = tf_gan.GAN(generator, discriminator, latent_dim=2, moving_average=0.9, seed=3)
    gan.compile(
        keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0), loss="hinge", run_eagerly=True
    )
    examples = ring(700, deviation=0.5)
    path = tmp_path_factory.mktemp("trained") / "replay.npz"
    frames = Replay(path, examples, mixture=(ring_means(), 0.5))
    gan.fit(examples, batch_size=350, epochs=2, verbose=0, callbacks=[frames])
    return gan, examples, replay.read(path)


def test_fakes_logits_and_gradients_are_those_of_the_networks(trained):
    gan, _, frames = trained
    assert frames["step"].tolist() == [0, 1, 2, 3, 4]
    kernel, bias = gan.generator.get_weights()
    expected = gan.sample_inputs(replay.COUNTED, seed=3)[0].numpy() @ kernel + bias
    np.testing.assert_allclose(frames["fakes"][-1], expected[:500], atol=2e-3)  # float16
    np.testing.assert_array_equal(frames["fakes"][0], frames["fakes"][-1])
    np.testing.assert_allclose(frames["gradients"][2], [[3.0, -0.5]] * 60)
    points = replay.grid(*frames["reach"], 2)
    assert (
        points.shape == (1600, 2) and points[1, 1] > points[0, 1] and points[1, 0] == points[0, 0]
    )
    logits = points @ [3.0, -0.5] + 0.25
    np.testing.assert_allclose(frames["logits"][-1], logits, rtol=1e-3, atol=1e-2)


def test_counts_modes_and_losses_are_those_of_the_fakes(trained):
    gan, examples, frames = trained
    fakes = gan.generator(gan.sample_inputs(replay.COUNTED, seed=3)[0]).numpy()
    low, high = frames["reach"]
    inside = ((fakes > low) & (fakes < high)).all(axis=1)
    counts = frames["counts"][0].reshape(40, 40)
    assert counts.sum() == inside.sum() > 1000
    right = (fakes[inside, 0] > (low + high) / 2).sum()
    assert counts[20:].sum() == pytest.approx(right, abs=2)
    expected = tf_gan.metrics.mode_count(fakes, ring_means(), 0.5)
    assert frames["modes"][0] == expected.count
    assert frames["good_share"][0] == pytest.approx(expected.good_share)
    real = examples.arrays()[np.linspace(0, 699, 500).astype(int)] @ [3.0, -0.5] + 0.25
    fake = fakes[:500] @ [3.0, -0.5] + 0.25
    value = np.maximum(0, 1 - real).mean() + np.maximum(0, 1 + fake).mean()
    assert frames["discriminator_loss"][0] == pytest.approx(value, rel=1e-5)
    assert frames["generator_loss"][0] == pytest.approx(-fake.mean(), rel=1e-4)


def test_a_line_has_400_points():
    line = replay.grid(-2.0, 2.0, 1)
    assert line.shape == (400, 1) and line[0] == pytest.approx(-1.995)
    assert replay.spread(np.array([[0.0], [10.0]])) == (-2.0, 12.0)
    assert replay.spread(np.array([[3.0]])) == (2.0, 4.0)


def test_it_shows_games_on_points_alone(trained, tiny_gan):
    gan, examples, _ = trained
    assert replay.shows(gan, examples)
    assert not replay.shows(tiny_gan, tf_gan.data.digits())
    pairs = tf_gan.networks.get("ali_points")
    roles = [
        getattr(pairs, f"build_{role}")((2,), latent_dim=2)
        for role in ("generator", "discriminator", "encoder")
    ]
    assert not replay.shows(tf_gan.BiGAN(*roles, latent_dim=2), examples)


def test_an_auto_encoder_has_no_logits_to_show():
    networks = tf_gan.networks.get("points")
    encoder = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    began = tf_gan.BEGAN(networks.build_generator((2,), 2, units=(4,)), encoder, 2)
    assert not replay.shows(began, ring(10))


def test_numbers_that_float16_does_not_hold(tmp_path):
    """And no modes are counted where a fake is not finite."""
    networks = tf_gan.networks.get("points")
    roles = networks.build_generator((2,), 2, units=(4,)), networks.build_discriminator((2,))
    gan = tf_gan.GAN(*roles, 2)
    gan.compile()
    frames = Replay(tmp_path / "replay.npz", ring(10), mixture=(ring_means(), 0.02))
    frames.set_model(gan)
    for bias, modes, fake in ((-1e9, 0.0, -65504.0), (np.nan, np.nan, np.nan)):
        gan.generator.layers[-1].bias.assign([bias] * 2)
        frames.on_train_begin()
        found = replay.read(tmp_path / "replay.npz")
        np.testing.assert_array_equal(found["modes"], [modes])
        np.testing.assert_array_equal(found["fakes"], np.full((1, 500, 2), fake))
        (tmp_path / "replay.npz").unlink()


def test_an_info_gan_has_frames_of_its_logits(tmp_path):
    networks = tf_gan.networks.get("info_gan_mlp")
    roles = networks.build_generator((2,), 16, units=(4,)), networks.build_discriminator((2,))
    gan = tf_gan.InfoGAN(*roles, 16)
    gan.compile()
    callback = Replay(tmp_path / "replay.npz", ring(10))
    callback.set_model(gan)
    callback.on_train_begin()
    assert replay.read(tmp_path / "replay.npz")["logits"].shape == (1, 1600)


def test_errors_say_what_to_do(tmp_path):
    with pytest.raises(UserError, match=r"shape \(3,\)"):
        Replay(tmp_path / "replay.npz", Examples(np.zeros((4, 3), np.float32), None, None))
    with pytest.raises(UserError, match="frames >= 3"):
        Replay(tmp_path / "replay.npz", ring(10), 2)
    (tmp_path / "replay.npz").write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(UserError, match="Delete it"):
        play(tmp_path / "replay.npz", [0, 1])
    np.savez(tmp_path / "replay.npz", step=[1])
    with pytest.raises(UserError, match="arrays are missing"):
        replay.read(tmp_path / "replay.npz")
