"""A small GAN that grows, on random images."""

import keras
import numpy as np

import tf_gan
from tf_gan.networks import progressive

SHAPE = (8, 8, 1)
IMAGES = np.random.default_rng(0).uniform(-1, 1, (64, *SHAPE)).astype(np.float32)


def small(
    fade_steps=10,
    stable_steps=3,
    moving_average=0.9,
    shape=SHAPE,
    batch_sizes=None,
    **compile_arguments,
):
    keras.utils.set_random_seed(0)
    model = tf_gan.ProgressiveGAN(
        progressive.build_generator(shape, 4, width=4),
        progressive.build_discriminator(shape, width=4),
        4,
        fade_steps=fade_steps,
        stable_steps=stable_steps,
        moving_average=moving_average,
        batch_sizes=batch_sizes,
        data_range=(-1, 1),
    )
    # Tracing takes longer than these steps.
    model.compile(**({"run_eagerly": True} | compile_arguments))
    return model
