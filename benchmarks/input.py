r"""Whether the input makes the step wait: training on MNIST-size data beside training
on one constant batch.

    python -m benchmarks.input [--rounds=7] [--steps=400]

The PyTorch-GAN MLP, batch 64, one process, in turns. The real data are shuffled,
gathers and scales 60,000 uint8 images of 28x28.
"""

import statistics
import time

import keras
import numpy as np
import tensorflow as tf
from absl import app, flags

import tf_gan
from tf_gan.networks import mlp

FLAGS = flags.FLAGS
flags.DEFINE_integer("rounds", 7, "Turns of each kind of data.", lower_bound=1)
flags.DEFINE_integer("steps", 400, "Steps in a turn.", lower_bound=1)


def main(_):
    gan = tf_gan.GAN(
        mlp.build_generator((28, 28, 1)), mlp.build_discriminator((28, 28, 1)), latent_dim=100
    )
    gan.compile(steps_per_execution=50)
    images = np.random.default_rng(0).integers(0, 256, (60_000, 28, 28, 1)).astype(np.uint8)
    batch = tf_gan.data.scale(images[:64])
    sources = {
        "real data": tf_gan.data.Examples(images),
        "one batch": tf.data.Dataset.from_tensors(batch).repeat(),
    }

    def seconds_per_step(data) -> float:
        # The second of two epochs, whole turns without the start of `fit`.
        clock = _Clock()
        gan.fit(
            data, batch_size=64, epochs=2, steps_per_epoch=FLAGS.steps, verbose=0, callbacks=[clock]
        )
        return clock.seconds / FLAGS.steps

    for data in sources.values():
        seconds_per_step(data)
    turns = [[seconds_per_step(data) for data in sources.values()] for _ in range(FLAGS.rounds)]
    for name, seconds in zip(sources, zip(*turns, strict=True), strict=True):
        print(f"{name}: {statistics.median(seconds) * 1e3:.2f} ms a step")
    ratios = [real / constant for real, constant in turns]
    print(f"ratio: {statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})")


class _Clock(keras.callbacks.Callback):
    """Times the last epoch."""

    def on_epoch_begin(self, epoch, logs=None):
        self._start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds = time.perf_counter() - self._start


if __name__ == "__main__":
    app.run(main)
