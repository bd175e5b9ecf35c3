"""Run directories as training leaves them, made in a moment, without a training."""

import contextlib
import json
import math
import pathlib

import filelock
from PIL import Image

from tf_gan.config import default_config

STEPS = 10  # Of an epoch.
BATCH = 64


def make(
    folder,
    epochs: int = 20,
    done: int = 20,
    state: str | None = "done",
    message: str = "",
    every: int = 5,
    size: int = 96,
    **changes,
) -> pathlib.Path:
    """Writes a run directory; returns its path.

    Args:
        folder: Where.
        epochs: Epochs of the run.
        done: Epochs that it has done.
        state: State in `status.json`; None for a run without the file.
        message: Message there.
        every: Epochs between pictures.
        size: Their height and width.
        **changes: Fields of the config by their names, with two underlines for dots.
    """
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True)
    config = default_config()
    config.update_from_flattened_dict(
        {"epochs": epochs} | {name.replace("__", "."): value for name, value in changes.items()}
    )
    (folder / "config.json").write_text(config.to_json())
    lines = [log(epoch) for epoch in range(1, done + 1)]
    (folder / "metrics.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    if state:
        status = {
            "state": state,
            "message": message,
            "started": 1.7e9,
            "updated": 1.7e9 + 60,
            "starts": [{"step": 0, "time": 1.7e9}],
            "step": done * STEPS,
            "steps_per_epoch": STEPS,
            "epochs": epochs,
            "images_per_step": BATCH,
            "command": f"tf-gan-train --workdir={folder}",
            "device": "2 CPU cores",
            "versions": {"tf_gan": "0.1.0"},
        }
        (folder / "status.json").write_text(json.dumps(status))
    (folder / "samples").mkdir()
    for epoch in sorted({*range(0, done + 1, every), done}):
        picture(folder / f"samples/epoch_{epoch:04d}.png", (12 * epoch % 256, 90, 160), size)
    picture(folder / "real.png", (200, 180, 40), size)
    (folder / ".lock").touch()
    return folder


def log(epoch: int) -> dict:
    """Returns the line of an epoch in `metrics.jsonl`."""
    losses = {"discriminator_loss": 1.4 - 1 / epoch, "generator_loss": 0.7 + math.sin(epoch) / 9}
    outputs = {"D(x)": 0.5 + 0.4 / epoch, "D(G(z))": 0.5 - 0.4 / epoch}
    rates = {"discriminator_learning_rate": 1e-3, "generator_learning_rate": 1e-3}
    facts = {"epoch": epoch, "step": epoch * STEPS, "seconds": 2.0}
    return facts | losses | outputs | rates


def picture(path: pathlib.Path, color: tuple[int, int, int], size: int = 96) -> None:
    Image.new("RGB", (size, size), color).save(path)


@contextlib.contextmanager
def held(folder: pathlib.Path):
    """Holds the lock of a run, as its training does."""
    with filelock.FileLock(folder / ".lock").acquire(timeout=0):
        (folder / ".owner").write_text("process 4711 on elsewhere\n")
        yield
        (folder / ".owner").unlink()


def kill(folder: pathlib.Path) -> None:
    """Leaves what a training leaves that is killed half-way through an epoch."""
    (folder / ".owner").write_text("process 4711 on elsewhere\n")
    status = json.loads((folder / "status.json").read_text())
    status |= {"state": "running", "step": status["step"] + STEPS // 2}
    (folder / "status.json").write_text(json.dumps(status))
