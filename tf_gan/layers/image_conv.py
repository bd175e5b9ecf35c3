"""Layers of earlier versions, for files that hold them: Keras' own are as fast now."""

import keras


@keras.saving.register_keras_serializable("tf_gan")
class ImageConv2D(keras.layers.Conv2D):
    """A `keras.layers.Conv2D` by another name."""


@keras.saving.register_keras_serializable("tf_gan")
class ImageConv2DTranspose(keras.layers.Conv2DTranspose):
    """A `keras.layers.Conv2DTranspose` by another name."""
