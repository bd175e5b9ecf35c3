import sys
import types

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import tf_gan
from tf_gan.callbacks import samples
from tf_gan.errors import UserError
from tf_gan.plots import render


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A GAN trained for five epochs with all pictures, every second epoch."""
    directory = tmp_path_factory.mktemp("pictures")
    mlp = tf_gan.networks.get("mlp")
    gan = tf_gan.GAN(
        mlp.build_generator((8, 8, 1), 4, units=(8,)),
        mlp.build_discriminator((8, 8, 1), units=(8,)),
        4,
    )
    gan.compile()
    callbacks = [
        tf_gan.callbacks.SampleGrid(
            *(directory / "samples", 6, 2, 3, 3), log_dir=directory / "events"
        ),
        tf_gan.callbacks.SampleGIF(directory / "samples.gif", directory / "samples"),
    ]
    gan.fit(tf_gan.data.digits()[:64], batch_size=32, epochs=5, verbose=0, callbacks=callbacks)
    return gan, directory


def test_grids_before_every_second_and_after_the_last_epoch(trained):
    gan, directory = trained
    assert sorted(path.name for path in directory.joinpath("samples").iterdir()) == [
        f"epoch_{epoch:04d}.png" for epoch in (0, 2, 4, 5)
    ]
    expected = render.grid(gan.generate(6, seed=3), 3, (-1, 1))
    np.testing.assert_array_equal(render.load(directory / "samples/epoch_0005.png"), expected)


def test_a_resumed_run_has_no_picture_of_its_start(trained, tmp_path):
    first, _ = trained
    first.save(tmp_path / "first.keras")
    gan = keras.saving.load_model(tmp_path / "first.keras")
    step = int(gan.step.numpy())
    callbacks = [tf_gan.callbacks.SampleGrid(tmp_path / "samples", n=1)]
    gan.fit(tf_gan.data.digits()[:64], batch_size=32, epochs=1, verbose=0, callbacks=callbacks)
    assert step == 10 and [path.name for path in (tmp_path / "samples").iterdir()] == [
        "epoch_0001.png"
    ]


def test_the_gif_has_a_frame_for_each_grid(trained):
    with Image.open(trained[1] / "samples.gif") as gif:
        assert gif.n_frames == 4


def test_the_gif_has_the_order_of_epochs_and_steps(tmp_path):
    names = (
        *("epoch_0000", "epoch_0001_step_99999999", "epoch_0001_step_100000000", "epoch_0002"),
        *("epoch_9999", "epoch_10000"),
    )
    for number, name in enumerate(names):
        Image.new("L", (4, 4), 40 * number).save(tmp_path / f"{name}.png")
    tf_gan.callbacks.SampleGIF(tmp_path / "a.gif", tmp_path).on_train_end()
    with Image.open(tmp_path / "a.gif") as gif:
        seen = []
        for frame in range(gif.n_frames):
            gif.seek(frame)
            seen.append(gif.convert("L").getpixel((0, 0)))
    assert seen == [40 * number for number in range(len(names))]


def test_pictures_within_an_epoch_are_minutes_apart_but_for_the_first(tmp_path, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(samples, "time", types.SimpleNamespace(monotonic=lambda: clock[0]))
    monkeypatch.setattr(samples, "training_picture", lambda *_: np.zeros((4, 4, 3), np.uint8))
    model = types.SimpleNamespace(at_epoch_end=False, step=tf.Variable(0))
    grid = tf_gan.callbacks.SampleGrid(tmp_path, every=100, minutes=5.0)
    grid.set_model(model)
    grid.on_train_begin()
    model.step.assign(1)
    grid.on_epoch_begin(2)
    for step, clock[0] in enumerate((59.0, 60.0, 359.0, 360.0, 361.0, 700.0)):
        model.step.assign(step)
        grid.on_train_batch_end(0)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"epoch_0002_step_{step:08d}.png" for step in (1, 3, 5)
    ]


def test_tensorboard_gets_the_images(trained):
    files = list(trained[1].joinpath("events").iterdir())
    events = [
        event for event in tf.compat.v1.train.summary_iterator(str(files[0])) if event.summary.value
    ]
    assert [event.step for event in events] == [0, 2, 4, 5]
    assert {value.tag for event in events for value in event.summary.value} == {"samples"}
    image = events[-1].summary.value[0].image
    grid = trained[1] / "samples/epoch_0005.png"
    assert image.encoded_image_string == grid.read_bytes()
    assert (image.height, image.width) == render.load(grid).shape[:2]


def test_every_must_be_positive():
    with pytest.raises(UserError, match="every=0"):
        tf_gan.callbacks.SampleGrid("samples", every=0)
    with pytest.raises(UserError, match="frames_per_second=0"):
        tf_gan.callbacks.SampleGIF("samples.gif", "samples", frames_per_second=0)


def test_a_notebook_shows_the_newest_picture(trained, tmp_path, monkeypatch):
    shown = []

    class Handle:
        def update(self, image):
            shown.append(("updated", image.size))

    def display(image, display_id):
        shown.append(("new", image.size))
        return Handle()

    ipython = types.ModuleType("IPython")
    ipython.display = types.SimpleNamespace(display=display)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    grid = tf_gan.callbacks.SampleGrid(tmp_path, n=4)
    grid.set_model(trained[0])
    grid.on_train_begin()
    grid.sample(1)
    grid.sample(2)
    assert [what for what, _ in shown] == ["new", "updated"]
    assert shown[0][1] == render.load(tmp_path / "epoch_0001.png").shape[1::-1]


def test_a_second_fit_has_pictures_too(trained, tmp_path):
    gan, _ = trained
    grid = tf_gan.callbacks.SampleGrid(tmp_path, n=1, every=5)
    for _ in range(2):
        (tmp_path / "epoch_0001.png").unlink(missing_ok=True)
        gan.fit(tf_gan.data.digits()[:64], batch_size=32, verbose=0, callbacks=[grid])
        assert (tmp_path / "epoch_0001.png").exists()
    with pytest.raises(UserError, match=r"`minutes`. Expected a number >= 0"):
        tf_gan.callbacks.SampleGrid(tmp_path, minutes=-1)
