"""Small GANs on random numbers, for tests of what all models share."""

import keras
import numpy as np

import tf_gan

IMAGES = np.random.default_rng(0).uniform(-1, 1, (96, 6)).astype(np.float32)


def networks(dense=None):
    """Returns a generator and a discriminator of 6 numbers; `dense(units)` makes D's layer."""
    dense = dense or (lambda units: keras.layers.Dense(units))
    generator = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(6, "tanh")],
        name="generator",
    )
    discriminator = keras.Sequential(
        [keras.Input((6,)), dense(8), keras.layers.LeakyReLU(), keras.layers.Dense(1)],
        name="discriminator",
    )
    return generator, discriminator


def gan(seed=0, dense=None, arguments=None, rate=0.05, **compile_arguments):
    """Returns a compiled GAN, the same for the same seed; descends at `rate`."""
    keras.utils.set_random_seed(seed)
    model = tf_gan.GAN(*networks(dense), latent_dim=3, **(arguments or {}))
    optimizers = (keras.optimizers.SGD(rate), keras.optimizers.SGD(rate))
    model.compile(*optimizers, **{"jit_compile": False} | compile_arguments)
    return model
