"""What docs/going_wrong.md shows: small trainings on scikit-learn's digits that are made to
fail, their pictures and their logs.

    python docs/going_wrong.py --output=docs/images [--only=collapse,won]
"""

import argparse
import functools
import logging
import pathlib

import keras
import numpy as np
import tensorflow as tf

import tf_gan
from tf_gan.metrics import memorization
from tf_gan.networks import dcgan, mlp
from tf_gan.plots import render

DIGITS = tf_gan.data.digits()
ADAM = functools.partial(keras.optimizers.Adam, beta_1=0.5)


def digits(n: int, size: int = 8, start: int = 0) -> np.ndarray:
    images = DIGITS[start : start + n].arrays()
    if size == 8:
        return images
    return np.clip(tf.image.resize(images, (size, size), "bicubic"), -1, 1).astype(np.float32)


def train(
    images,
    epochs: int,
    rates=(1e-3, 1e-3),
    loss="non_saturating",
    generator=None,
    units=(256, 256),
    held_out=None,
    moments=(),
    batch_size=64,
    optimizer=ADAM,
    **arguments,
):
    """Trains a GAN; returns it and 20 samples of each of the moments and of the end. Prints the
    logs of those epochs.
    """
    keras.utils.set_random_seed(0)
    shape = images.shape[1:]
    discriminator = mlp.build_discriminator(shape, units=units)
    generator = generator or mlp.build_generator(shape, 64, units=(256, 256))
    gan = tf_gan.GAN(generator, discriminator, latent_dim=64)
    optimizers = [optimizer(rate) for rate in rates]
    gan.compile(*optimizers, loss, **arguments)
    training, found = tf_gan.data.Examples(images, value_range=(-1.0, 1.0)), []

    def look(epoch, logs):
        if epoch + 1 in (*moments, epochs):
            found.append(gan.generate(20, seed=0))
            print(f"epoch {epoch + 1}: " + ", ".join(f"{k} {v:.3g}" for k, v in logs.items()))

    callbacks = [tf_gan.callbacks.Health(training=training, patience=5)]
    if held_out is not None:
        gap = tf_gan.callbacks.DiscriminatorGap(training, tf_gan.data.Examples(held_out), every=20)
        callbacks.insert(0, gap)
    callbacks.append(keras.callbacks.LambdaCallback(on_epoch_end=look))
    gan.fit(training, batch_size=batch_size, epochs=epochs, verbose=0, callbacks=callbacks)
    return gan, found


def grids(*sets) -> np.ndarray:
    """Lays sets of images side by side."""
    parts = [render.grid(images, 5, (-1.0, 1.0)) for images in sets]
    space = np.full((len(parts[0]), 12, 3), 255, np.uint8)
    return np.hstack([part for each in parts for part in (each, space)][:-1])


def collapse():
    _, found = train(digits(1797), 60, rates=(1e-2, 3e-5), moments=(5,))
    return grids(digits(20), *found)


def won():
    _, found = train(digits(1797), 60, rates=(1e-5, 1e-3), moments=(5,))
    return grids(digits(20), *found)


def by_heart():
    images, held_out = digits(64), digits(256, start=1000)
    _, found = train(images, 1500, moments=(150, 500), held_out=held_out)
    return grids(*found)


def copies():
    images, held_out = digits(20), digits(256, start=1000)
    gan, _ = train(images, 2000, batch_size=20, penalties=tf_gan.penalties.R1(1.0))
    samples = gan.generate(200, seed=0)
    print(memorization(samples, images, held_out))
    nearest = tf_gan.metrics.nearest_neighbours(samples[:20], images).index
    return grids(samples[:20], images[nearest])


def checkerboard():
    found = []
    for kernel_size, upsampling in ((3, "transposed"), (3, "resize")):
        generator = dcgan.build_generator(
            (32, 32, 1), 64, width=16, kernel_size=kernel_size, upsampling=upsampling
        )
        found += train(digits(512, 32), 12, generator=generator, batch_size=32)[1]
    return grids(*(images[:10] for images in found))


def noise():
    """A critic without a penalty: its logits, and with them the gradients, have no bound."""
    _, found = train(digits(1797), 60, loss="wasserstein", moments=(4, 15))
    return grids(*found)


def nan():
    """Gradient descent with a rate that is far too large for a squared loss."""
    try:
        train(digits(1797), 5, (1.0, 1.0), "least_squares", optimizer=keras.optimizers.SGD)
    except tf_gan.errors.NonFiniteError as error:
        print(error)


def colours():
    tints = np.array([(1, 0.3, 0.2), (0.2, 0.8, 0.3), (0.3, 0.4, 1)], np.float32)
    grey = (digits(1797) + 1) / 2
    images = (grey * tints[DIGITS.labels % 3][:, None, None] * 2 - 1).astype(np.float32)
    augment = tf_gan.augment.ADA(p=1.0, groups=("color",))
    arguments = {"penalties": tf_gan.penalties.R1(1.0)}
    _, wrong = train(images, 80, augment=augment, **arguments)
    _, right = train(images, 80, augment="color", **arguments)
    return grids(images[:20], *wrong, *right)


FAILURES = [collapse, won, by_heart, copies, checkerboard, noise, nan, colours]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output", type=pathlib.Path, default="docs/images")
    parser.add_argument("--only", default=",".join(each.__name__ for each in FAILURES))
    options = parser.parse_args()
    known = {each.__name__ for each in FAILURES}
    if unknown := sorted(set(options.only.split(",")) - known):
        parser.error(f"expected --only to name some of {sorted(known)}. Received: {unknown}")
    logging.basicConfig(level=logging.WARNING, format="WARNING: %(message)s")
    for failure in FAILURES:
        if failure.__name__ in options.only.split(","):
            print(f"\n{failure.__name__}")
            if (picture := failure()) is not None:
                larger = picture.repeat(2, axis=0).repeat(2, axis=1)
                render.save_png(options.output / f"wrong_{failure.__name__}.png", larger)


if __name__ == "__main__":
    main()
