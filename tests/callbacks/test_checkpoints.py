import types

import keras
import numpy as np
import pytest
from support.small import points_gan

import tf_gan
from tf_gan.callbacks import checkpoints
from tf_gan.errors import UserError


def model():
    return points_gan(moving_average=0.9)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("every", 0), ("keep", 0), ("steps", -1), ("minutes", -1.0)),
        *(("every", 1.5), ("keep", 1.5), ("steps", 2.5), ("minutes", float("nan"))),
    ],
)
def test_numbers_out_of_range_are_refused(tmp_path, name, value):
    with pytest.raises(UserError, match=f"`{name}`. Expected an? .* >= .*{name}={value}"):
        tf_gan.callbacks.Checkpoints(tmp_path, **{name: value})


def test_saves_every_so_often_and_keeps_the_newest(tmp_path):
    gan = model()
    gan.fit(
        np.zeros((16, 2), np.float32),
        batch_size=8,
        epochs=7,
        verbose=0,
        callbacks=[tf_gan.callbacks.Checkpoints(tmp_path, every=2, keep=2)],
    )
    assert sorted(path.name for path in tmp_path.glob("*.index")) == [
        "step-12.index",
        "step-14.index",
    ]
    other = model()
    assert checkpoints.restore_latest(other, tmp_path).endswith("step-14")
    np.testing.assert_equal(gan.get_weights(), other.get_weights())


def test_three_are_kept_by_default(tmp_path):
    gan, saved = model(), tf_gan.callbacks.Checkpoints(tmp_path)
    saved.set_model(gan)
    for step in range(5):
        gan.step.assign(step)
        saved.save()
    assert checkpoints.steps(tmp_path) == [2, 3, 4]


def test_saves_where_training_stops_early(tmp_path):
    gan = model()
    stop = keras.callbacks.EarlyStopping("D(x)", patience=0, min_delta=1.0, mode="min")
    gan.fit(
        np.zeros((16, 2), np.float32),
        batch_size=8,
        epochs=9,
        verbose=0,
        callbacks=[stop, tf_gan.callbacks.Checkpoints(tmp_path, every=5)],
    )
    assert [path.name for path in tmp_path.glob("*.index")] == ["step-4.index"]


@pytest.mark.parametrize("every", [1, 3])
def test_restored_best_weights_are_no_checkpoint(tmp_path, every):
    """Epochs 1 and 2 are no better than 0, whose weights come back, with its step."""
    gan = model()
    stop = keras.callbacks.EarlyStopping(
        "D(x)", patience=2, min_delta=1.0, mode="min", restore_best_weights=True
    )
    moved = []
    after = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: moved.append(gan.generator.get_weights())
    )
    data = np.zeros((16, 2), np.float32)
    saved = tf_gan.callbacks.Checkpoints(tmp_path, every=every)
    gan.fit(data, batch_size=8, epochs=9, verbose=0, callbacks=[after, stop, saved])
    assert int(gan.step.numpy()) == 2
    found = checkpoints.steps(tmp_path)
    assert found == ([2, 4, 6] if every == 1 else [6])
    other = model()
    for step in found:
        checkpoints.restore_step(other, tmp_path, str(step))
        np.testing.assert_equal(moved[step // 2 - 1], other.generator.get_weights())
        assert int(other.generator_optimizer.iterations) == step


def test_the_checkpoint_of_a_step(tmp_path):
    gan = model()
    checkpoint = tf_gan.callbacks.Checkpoints(tmp_path, keep=3)
    weights = []
    for _ in range(2):
        gan.fit(np.zeros((16, 2), np.float32), batch_size=8, verbose=0, callbacks=[checkpoint])
        weights.append(gan.get_weights())
    other = model()
    checkpoints.restore_step(other, tmp_path, 2)
    np.testing.assert_equal(weights[0], other.get_weights())
    with pytest.raises(UserError, match=r"one of the steps in .*: 2, 4\. Received: 02"):
        checkpoints.restore_step(other, tmp_path, "02")
    with pytest.raises(UserError, match=r"none yet\. Received: newest"):
        checkpoints.restore_step(other, tmp_path / "nowhere", "newest")
    index = tmp_path / "step-2.index"
    index.write_bytes(index.read_bytes()[:20])
    with pytest.raises(UserError, match=r"Choose another one\. .*step-2: "):
        checkpoints.restore_step(other, tmp_path, "2")


def test_nothing_to_restore(tmp_path):
    assert checkpoints.restore_latest(model(), tmp_path) is None
    assert checkpoints.restore_latest(model(), tmp_path / "nowhere") is None


def test_checkpoints_of_other_networks_are_refused(tmp_path):
    gan = model()
    tf_gan.callbacks.Checkpoints(tmp_path).set_model(gan)
    checkpoints.manager(gan, tmp_path).save()
    points = tf_gan.networks.get("points")
    other = tf_gan.GAN(
        points.build_generator((2,), 2, units=(9,)),
        points.build_discriminator((2,), units=(8,)),
        2,
        moving_average=0.9,
    )
    other.compile()
    with pytest.raises(UserError, match="No checkpoint can be read"):
        checkpoints.restore_latest(other, tmp_path)


def test_minutes_between_checkpoints(tmp_path, monkeypatch):
    gan = points_gan(steps_per_execution=1)
    clock = types.SimpleNamespace(monotonic=lambda: 29.0 * int(gan.step.numpy()))
    monkeypatch.setattr(checkpoints, "time", clock)
    saved = tf_gan.callbacks.Checkpoints(tmp_path, every=100, minutes=1)
    gan.fit(np.zeros((64, 2), np.float32), batch_size=8, verbose=0, callbacks=[saved])
    assert checkpoints.steps(tmp_path) == [3, 6, 8]
