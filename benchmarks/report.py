"""What the report of a run costs: seconds of one write, and the size of the page.

    python -m benchmarks.report [--rounds=5]

Rows: a run of 20 epochs, of 600, and of 10,000 epochs with 500 pictures. The run
directories are made here; nothing is trained. Training writes the page after each epoch,
and takes at most a hundredth of its time for it.
"""

import json
import pathlib
import statistics
import tempfile
import time

import numpy as np
from absl import app, flags
from PIL import Image

from tf_gan import reports
from tf_gan.config import default_config

FLAGS = flags.FLAGS
flags.DEFINE_integer("rounds", 5, "Writes of each page.", lower_bound=1)
ROWS = ((20, 4), (600, 12), (10_000, 500))  # Epochs, pictures.
LOGS = ("discriminator_loss", "generator_loss", "gradient_penalty", "D(x)", "D(G(z))", "V(D,G)")


def make(folder: pathlib.Path, epochs: int, pictures: int) -> None:
    """Writes a run directory."""
    random = np.random.default_rng(0)
    (folder / "samples").mkdir(parents=True)
    (folder / "config.json").write_text(default_config().to_json())
    with (folder / "metrics.jsonl").open("w") as file:
        for epoch in range(1, epochs + 1):
            line = {"epoch": epoch, "step": 28 * epoch, "seconds": 0.1}
            file.write(json.dumps(line | dict(zip(LOGS, random.random(6), strict=True))) + "\n")
    pixels = Image.fromarray(random.integers(0, 256, (340, 340, 3), np.uint8))
    for epoch in np.linspace(1, epochs, pictures).astype(int):
        pixels.save(folder / "samples" / f"epoch_{epoch:04d}.png")


def main(_) -> None:
    print("| epochs | pictures | seconds a write | page, MB |\n| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as root:
        for epochs, pictures in ROWS:
            folder = pathlib.Path(root, str(epochs))
            make(folder, epochs, pictures)
            times = []
            for _ in range(FLAGS.rounds):
                begin = time.perf_counter()
                path = reports.write([folder])
                times.append(time.perf_counter() - begin)
            size = path.stat().st_size / 1e6
            print(f"| {epochs:,} | {pictures} | {statistics.median(times):.3f} | {size:.2f} |")


if __name__ == "__main__":
    app.run(main)
