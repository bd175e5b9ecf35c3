"""The VGG19 network whose features SRGAN and ESRGAN compare."""

import hashlib
import pathlib
import warnings
from collections.abc import Callable

import keras
import tensorflow as tf

from tf_gan.errors import UserError, reason

MD5 = "253f8cb515780f3b799900260a226db6"  # As Keras has it for its own file.
SOURCE = (
    "The public file is vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5, which Keras'"
    " applications load:"
    " https://storage.googleapis.com/tensorflow/keras-applications/vgg19/vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5."
    " Programs that use it leave it in ~/.keras/models."
)
# Of R, G and B in ImageNet, which the network was trained without.
MEANS = (123.68, 116.779, 103.939)


def vgg19(
    path, layer: str = "block5_conv4", *, sha256: str = "", linear: bool = False
) -> Callable[[tf.Tensor], tf.Tensor]:
    """Makes VGG19 up to a layer, with weights from a file; its weights do not train.

    Simonyan and Zisserman, Very Deep Convolutional Networks for Large-Scale Image
    Recognition (2014), https://arxiv.org/abs/1409.1556.

    Args:
        path: The weights of Keras' application, without its dense layers.
        layer: Name of the layer; `block5_conv4` is the activation after the fourth
            convolution before the fifth pooling.
        sha256: Checksum that the file must have, for other weights; empty for the
            public file's.
        linear: Whether the layer is taken before its activation.

    Returns:
        Function from images in 0..255, RGB, `(B, H, W, 3)`, to features, float32.

    Raises:
        ValueError: if the file is not there, has another checksum, or does not hold
            this network.
    """
    try:
        content = pathlib.Path(path).read_bytes()
    except OSError as error:
        raise UserError(
            f"Expected a file with the weights of VGG19. Received: {str(path)!r}"
            f" ({error.strerror}). {SOURCE}"
        ) from error
    kind, expected = ("SHA-256", sha256.lower()) if sha256 else ("MD5", MD5)
    checksum = hashlib.new(kind.replace("-", "").lower(), content).hexdigest()
    if checksum != expected:
        raise UserError(
            f"{path} is not the file that was asked for: expected {kind} {expected}. Received:"
            f" {kind} {checksum}. {SOURCE} For other weights give the SHA-256 of their file"
        )
    if not str(path).endswith((".h5", ".hdf5")):
        raise UserError(
            f"Keras reads files of these weights by their ending. Expected one in .h5. Received:"
            f" {path}"
        )
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        network = keras.applications.VGG19(include_top=False, weights=None)
        try:
            with warnings.catch_warnings():
                # Keras only warns of some files that lack a part of the weights.
                warnings.simplefilter("error", UserWarning)
                network.load_weights(path)
        except (ValueError, OSError, KeyError, UserWarning) as error:
            raise UserError(
                f"{path} does not hold the weights of VGG19 without its dense layers:"
                f" {reason(error)}"
            ) from error
    finally:
        keras.config.set_dtype_policy(policy)
    names = [each.name for each in network.layers]
    if layer not in names or (linear and "_conv" not in layer):
        known = [name for name in names if "_conv" in name or not linear]
        raise UserError(
            f"Expected a layer of VGG19{', a convolution for linear=True' * linear}: one of"
            f" {', '.join(known)}. Received: layer={layer!r}"
        )
    last = network.get_layer(layer)
    if linear:
        last.activation = keras.activations.linear
    network = keras.Model(network.input, last.output)
    network.trainable = False

    def features(images):
        # As the weights expect it: blue first, without the means of ImageNet.
        return network(
            tf.reverse(tf.cast(images, tf.float32) - tf.constant(MEANS), [-1]), training=False
        )

    return features
