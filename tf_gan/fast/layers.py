"""Keras' convolutions from and to images, and its BatchNormalization, in their fastest form
while a step is traced.

And in one that is right: oneDNN's gradient of a 1x1 kernel with strides is wrong where the
inputs have fewer channels than a vector has lanes, or crashes
(https://github.com/uxlfoundation/oneDNN/issues/6035). Such a convolution skips the pixels
first, and has no strides then.
"""

import contextlib
import functools
from collections.abc import Iterable, Iterator

import keras
import tensorflow as tf

from tf_gan.fast.convolutions import (
    LANES,
    convolution,
    few,
    only_cpus,
    transposed_convolution,
)
from tf_gan.fast.normalization import batch_normalization

_depth: dict[int, int] = {}  # Scopes that are open for a layer, by its id.


@contextlib.contextmanager
def fast_layers(layers: Iterable[keras.layers.Layer]) -> Iterator[None]:
    """Lets convolutions from and to images of up to 4 channels and BatchNormalization compute
    in their fastest form on CPUs, and convolutions of 1x1 pixels with strides in one that is
    right. Before and after, in samples, exports and saved models, they are as they were.

    Args:
        layers: Layers of any kind; others than `Conv2D`, `Conv2DTranspose` and
            `BatchNormalization` are left alone, and so are settings that have no other form.
    """
    with contextlib.ExitStack() as stack:
        for layer in layers if only_cpus() else ():
            if method := _method(layer):
                stack.enter_context(_replaced(layer, *method))
        yield


@contextlib.contextmanager
def _replaced(layer, name: str, function) -> Iterator[None]:
    """Replaces a method of a layer. Scopes may be open inside of each other."""
    _depth[id(layer)] = _depth.get(id(layer), 0) + 1
    # Not by `setattr`, which Keras' layers watch.
    vars(layer)[name] = functools.partial(function, layer)
    try:
        yield
    finally:
        _depth[id(layer)] -= 1
        if not _depth[id(layer)]:
            del _depth[id(layer)], vars(layer)[name]


def _method(layer):
    """Returns the name of the method of a layer that has a fast twin, and the twin; None for
    other layers, and for those of subclasses with a method of their own.
    """
    for kind, name, applies, function in (
        (keras.layers.Conv2D, "convolution_op", _has_forms, _convolution),
        (keras.layers.Conv2D, "convolution_op", _skips_pixels, _without_strides),
        (keras.layers.Conv2DTranspose, "call", _has_forms, _transposed_convolution),
        (keras.layers.Conv2DTranspose, "call", _skips_pixels, _with_gaps),
        (keras.layers.BatchNormalization, "call", _has_fused_form, _batch_normalization),
    ):
        # An instance may have a method of its own, too.
        replaced = name in vars(layer) and id(layer) not in _depth
        inherited = isinstance(layer, kind) and getattr(type(layer), name) is getattr(kind, name)
        if inherited and not replaced and applies(layer):
            return name, function
    return None


def _has_forms(layer) -> bool:
    """Returns whether a layer is from or to images, with settings that have other forms."""
    return (
        layer.built
        and few(min(layer.kernel.shape[2:]))
        and layer.data_format == "channels_last"
        and set(layer.dilation_rate) == {1}
        and getattr(layer, "groups", 1) == 1
        and getattr(layer, "output_padding", None) is None
        and len(set(layer.strides)) == len(set(layer.kernel_size)) == 1
        and layer.strides[0] <= min(2, layer.kernel_size[0])
        and layer.padding in ("same", "valid")
    )


def _skips_pixels(layer) -> bool:
    """Returns whether a layer is one whose gradient oneDNN computes wrongly."""
    return (
        layer.built
        and layer.data_format == "channels_last"
        and getattr(layer, "groups", 1) == 1
        and getattr(layer, "output_padding", None) is None
        and set(layer.kernel_size) == {1}
        and max(layer.strides) > 1
        and layer.kernel.shape[2] < LANES
    )


def _has_fused_form(layer) -> bool:
    # A subclass may have other moments.
    plain = type(layer) is keras.layers.BatchNormalization
    return plain and layer.built and layer.trainable and not (layer.renorm or layer.synchronized)


def _without_strides(layer, inputs, kernel):
    rows, columns = layer.strides
    kernel = tf.cast(tf.convert_to_tensor(kernel), inputs.dtype)
    return tf.nn.conv2d(inputs[:, ::rows, ::columns], kernel, 1, "VALID")


def _with_gaps(layer, inputs):
    """Returns the transposed convolution: zeros between the pixels of a 1x1 convolution."""
    (rows, columns), (height, width) = layer.strides, tf.unstack(tf.shape(inputs)[1:3])
    kernel = tf.cast(tf.convert_to_tensor(layer.kernel), inputs.dtype)
    maps = tf.nn.conv2d(inputs, tf.transpose(kernel, [0, 1, 3, 2]), 1, "VALID")
    gaps = tf.pad(
        maps[:, :, None, :, None], [[0, 0], [0, 0], [0, rows - 1], [0, 0], [0, columns - 1], [0, 0]]
    )
    outputs = tf.reshape(gaps, [-1, height * rows, width * columns, layer.filters])
    return finished(layer, outputs)


def _has_size(images) -> bool:
    return images.dtype.is_floating and None not in images.shape[1:]


def _convolution(layer, inputs, kernel):
    if not _has_size(inputs):
        return type(layer).convolution_op(layer, inputs, kernel)
    kernel = tf.cast(tf.convert_to_tensor(kernel), inputs.dtype)
    return convolution(inputs, kernel, layer.strides[0], layer.padding.upper())


def _transposed_convolution(layer, inputs):
    if not _has_size(inputs):
        return type(layer).call(layer, inputs)
    kernel = tf.cast(tf.convert_to_tensor(layer.kernel), inputs.dtype)
    size, padding = layer.compute_output_shape(inputs.shape)[1:3], layer.padding.upper()
    outputs = transposed_convolution(inputs, kernel, size, layer.strides[0], padding)
    return finished(layer, outputs)


def finished(layer, outputs):
    """Returns outputs with the bias and the activation of a layer, as far as it has them."""
    if layer.use_bias:
        outputs = tf.nn.bias_add(outputs, tf.cast(tf.convert_to_tensor(layer.bias), outputs.dtype))
    activation = getattr(layer, "activation", None)
    return outputs if activation is None else activation(outputs)


def _batch_normalization(layer, inputs, training=None, mask=None):
    rank = inputs.shape.rank
    fits = rank in (2, 4) and layer.axis in (-1, rank - 1) and _has_size(inputs)
    fits = fits and inputs.dtype != tf.float64
    if not training or mask is not None or not fits:
        return type(layer).call(layer, inputs, training=training, mask=mask)
    maps = inputs if inputs.dtype == tf.bfloat16 else tf.cast(inputs, tf.float32)
    maps = maps if rank == 4 else maps[:, None, None]
    channels = inputs.shape[-1:]
    scale = tf.convert_to_tensor(layer.gamma) if layer.scale else tf.ones(channels)
    offset = tf.convert_to_tensor(layer.beta) if layer.center else tf.zeros(channels)
    outputs, mean, variance = batch_normalization(
        maps, tf.cast(scale, tf.float32), tf.cast(offset, tf.float32), layer.epsilon
    )
    for moving, value in ((layer.moving_mean, mean), (layer.moving_variance, variance)):
        before = tf.cast(tf.convert_to_tensor(moving), tf.float32)
        moving.assign(before * layer.momentum + value * (1.0 - layer.momentum))
    outputs = outputs if rank == 4 else outputs[:, 0, 0]
    return tf.cast(outputs, layer.compute_dtype)
