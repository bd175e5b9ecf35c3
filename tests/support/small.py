"""Small GANs on random numbers, for tests of what all models share."""

import keras
import numpy as np

import tf_gan
from tf_gan.networks import stylegan2

IMAGES = np.random.default_rng(0).uniform(-1, 1, (96, 6)).astype(np.float32)


def linear_layer(units, seed, stddev=0.05):
    """Returns a dense layer without biases, with random weights."""
    start = keras.initializers.RandomNormal(stddev=stddev, seed=seed)
    return keras.layers.Dense(units, use_bias=False, kernel_initializer=start)


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


def style_gan():
    """Returns a StyleGAN2 of 8x8 images, not compiled."""
    keras.utils.set_random_seed(0)
    widths = {"base_width": 32, "max_width": 4}
    return tf_gan.StyleGAN2(
        stylegan2.build_generator((8, 8, 1), 3, style_dim=4, mapping_layers=1, **widths),
        stylegan2.build_discriminator((8, 8, 1), **widths),
        3,
    )


def points_gan(units=8, moving_average=None, **compile_arguments):
    """Returns a compiled GAN of points of the plane, with one hidden layer each."""
    points = tf_gan.networks.get("points")
    gan = tf_gan.GAN(
        points.build_generator((2,), 2, units=(units,)),
        points.build_discriminator((2,), units=(units,)),
        2,
        moving_average=moving_average,
    )
    gan.compile(**compile_arguments)
    return gan
