"""Convolutions from and to images, whose few channels leave most of a CPU's vector
lanes empty.

The layers have the weights and the values of Keras' layers, but train faster on a CPU:
a convolution there fills its lanes with channels, and an image has one or three. Where a
result has few channels, a block of pixels can be computed at once, with one channel for
each pixel of the block. Whether that pays depends on the shape and the processor, by
factors of 0.5 to 8: `fastest` measures it. Outside of training and on other devices the
layers call Keras' own convolutions.
"""

import functools
from collections.abc import Callable

import keras
import tensorflow as tf

from tf_gan.layers.fastest import fastest

LANES = 16


@keras.saving.register_keras_serializable("tf_gan")
class ImageConv2D(keras.layers.Conv2D):
    """A `keras.layers.Conv2D` that trains faster on a CPU from or to images of up to 4
    channels. It takes the same arguments and has the same weights and values.
    """

    _fast = False  # Whether the running call takes the fastest form.

    def call(self, inputs, training=False):
        self._fast = bool(training) and self.strides[0] <= 2 and _of_images(self, inputs)
        return super().call(inputs)

    def convolution_op(self, inputs, kernel):
        if not self._fast:
            return super().convolution_op(inputs, kernel)
        kernel = tf.cast(tf.convert_to_tensor(kernel), inputs.dtype)
        return convolution(inputs, kernel, self.strides[0], self.padding.upper())


@keras.saving.register_keras_serializable("tf_gan")
class ImageConv2DTranspose(keras.layers.Conv2DTranspose):
    """A `keras.layers.Conv2DTranspose` that trains faster on a CPU to images of up to 4
    channels. It takes the same arguments and has the same weights and values.
    """

    def call(self, inputs, training=False):
        if not (
            training
            and _of_images(self, inputs)
            and self.strides[0] == 2
            and self.output_padding is None
        ):
            return super().call(inputs)
        kernel = tf.cast(tf.convert_to_tensor(self.kernel), inputs.dtype)
        size = self.compute_output_shape(inputs.shape)[1:3]
        outputs = transposed_convolution(inputs, kernel, size, 2, self.padding.upper())
        if self.use_bias:
            outputs = tf.nn.bias_add(
                outputs, tf.cast(tf.convert_to_tensor(self.bias), inputs.dtype)
            )
        return outputs if self.activation is None else self.activation(outputs)


def _of_images(layer, inputs) -> bool:
    """Returns whether the inputs or the outputs are images on a CPU, with settings that
    the functions below support.
    """
    if (
        not inputs.dtype.is_floating
        or layer.data_format != "channels_last"
        or None in inputs.shape[1:]
    ):
        return False
    plain = set(layer.dilation_rate) == {1} and getattr(layer, "groups", 1) == 1
    square = (
        len(set(layer.strides)) == 1
        and len(set(layer.kernel_size)) == 1
        and layer.padding in ("same", "valid")
    )
    few = _few(min(inputs.shape[-1], layer.filters)) and layer.kernel_size[0] >= layer.strides[0]
    return plain and square and few and only_cpus()


def only_cpus() -> bool:
    """Returns whether TensorFlow has no other devices."""
    return all(device.device_type == "CPU" for device in tf.config.list_logical_devices())


def convolution(images, kernel, stride: int, padding: str):
    """Returns the convolution of images, each derivative in its fastest form.

    Args:
        images: Maps `(B, H, W, C)`.
        kernel: Kernel `(k, k, C, D)`, k >= stride.
        stride: 1 or 2.
        padding: `"SAME"` or `"VALID"`.
    """

    @tf.custom_gradient
    def function(images, kernel):
        outputs = _outputs(images, kernel, stride, padding)

        def gradients(upstream):
            upstream = tf.ensure_shape(upstream, outputs.shape)
            return (
                _of_inputs(upstream, kernel, images.shape[1:3], stride, padding),
                _of_kernel(images, upstream, kernel, stride, padding),
            )

        return outputs, gradients

    return function(images, kernel)


def transposed_convolution(maps, kernel, size, stride: int, padding: str):
    """Returns the transposed convolution of maps, each derivative in its fastest form.

    Args:
        maps: Maps `(B, h, w, D)`.
        kernel: Kernel `(k, k, C, D)`, k >= stride.
        size: Height and width of the outputs, `(B, *size, C)`.
        stride: 1 or 2.
        padding: `"SAME"` or `"VALID"`.
    """

    @tf.custom_gradient
    def function(maps, kernel):
        outputs = _of_inputs(maps, kernel, size, stride, padding)

        def gradients(upstream):
            upstream = tf.ensure_shape(upstream, outputs.shape)
            return (
                _outputs(upstream, kernel, stride, padding),
                _of_kernel(upstream, maps, kernel, stride, padding),
            )

        return outputs, gradients

    return function(maps, kernel)


def _outputs(images, kernel, stride: int, padding: str):
    """Returns the convolution of images."""
    forms = {"own": lambda x, w: tf.nn.conv2d(x, w, stride, padding)}
    if stride == 1 and _few(kernel.shape[3]):
        pads = _pads(images.shape[1:3], kernel.shape[0], 1, padding)
        size = images.shape[1:3] if padding == "SAME" else _valid(images.shape[1:3], kernel)
        forms |= _blocks(kernel.shape[3], size, lambda x, w, side: _to_few(x, w, pads, side))
    return fastest(f"convolution {stride} {padding}", forms, images, kernel)(images, kernel)


def _of_inputs(upstream, kernel, size, stride: int, padding: str):
    """Returns the gradient of the images `(B, *size, C)` of a convolution: the transposed
    convolution of `upstream`.
    """

    def own(x, w):
        shape = [tf.shape(x)[0], *size, w.shape[2]]
        return tf.nn.conv2d_transpose(x, w, shape, stride, padding)

    forms = {"own": own}
    pads = _pads(size, kernel.shape[0], stride, padding)
    if stride == 1:
        around = _turned(pads, kernel)
        forms["turned"] = lambda x, w: tf.nn.conv2d(x, _flipped(w), 1, [[0, 0], *around, [0, 0]])
        if _few(kernel.shape[2]):
            forms |= _blocks(
                kernel.shape[2], size, lambda x, w, side: _to_few(x, _flipped(w), around, side)
            )
    elif _few(kernel.shape[2]):
        forms["phases"] = lambda x, w: _to_few_transposed(x, w, size, pads)
    name = f"gradient of images {'x'.join(map(str, size))} {stride} {padding}"
    return fastest(name, forms, upstream, kernel)(upstream, kernel)


def _of_kernel(images, upstream, kernel, stride: int, padding: str):
    """Returns the gradient of the kernel of a convolution."""
    shape = tuple(kernel.shape)

    def own(x, y):
        strides = [1, stride, stride, 1]
        return tf.raw_ops.Conv2DBackpropFilter(
            input=x, filter_sizes=shape, out_backprop=y, strides=strides, padding=padding
        )

    forms = {"own": own}
    if stride == 1 and _few(shape[3]):
        # That of the opposite convolution, from outputs to images.
        around = _turned(_pads(images.shape[1:3], shape[0], 1, padding), kernel)
        opposite = (*shape[:2], shape[3], shape[2])

        def turned(x, y):
            gradient = tf.raw_ops.Conv2DBackpropFilter(
                input=tf.pad(y, [[0, 0], *around, [0, 0]]),
                filter_sizes=opposite,
                out_backprop=x,
                strides=[1] * 4,
                padding="VALID",
            )
            return _flipped(gradient)

        forms["turned"] = turned
    name = f"gradient of kernel {'x'.join(map(str, shape))} {stride} {padding}"
    return fastest(name, forms, images, upstream)(images, upstream)


def _pads(size, length: int, stride: int, padding: str) -> list[tuple[int, int]]:
    """Returns the zeros before and after images, in height and width."""
    if padding == "VALID":
        return [(0, 0), (0, 0)]
    totals = [max((-(-side // stride) - 1) * stride + length - side, 0) for side in size]
    return [(total // 2, total - total // 2) for total in totals]


def _valid(size, kernel) -> list[int]:
    """Returns the size of the outputs without padding."""
    return [length - kernel.shape[0] + 1 for length in size]


def _turned(pads, kernel) -> list[tuple[int, int]]:
    """Returns the zeros around outputs in the opposite convolution of stride 1."""
    last = kernel.shape[0] - 1
    return [(last - before, last - after) for before, after in pads]


def _flipped(kernel):
    """Returns the kernel of the opposite convolution of stride 1."""
    return tf.transpose(kernel[::-1, ::-1], [0, 1, 3, 2])


def _few(channels: int) -> bool:
    return channels <= LANES // 4


def _blocks(few: int, size, function) -> dict[str, Callable]:
    """Returns a form for each side of a block of pixels that fits."""
    return {
        f"blocks of {side}": functools.partial(function, side=side)
        for side in (2, 4)
        if side**2 * few <= LANES and not any(length % side for length in size)
    }


def _to_few(images, kernel, pads, side: int):
    """Returns the convolution of stride 1 to few channels: s x s pixels as channels of
    one convolution of stride s with a kernel of k + s - 1.
    """
    length, channels, few = kernel.shape[0], kernel.shape[2], kernel.shape[3]
    places = [(at, side - 1 - at) for at in range(side)]
    shifted = tf.stack(
        [
            tf.stack([tf.pad(kernel, [row, column, [0, 0], [0, 0]]) for column in places], 3)
            for row in places
        ],
        3,
    )
    kernel = tf.reshape(shifted, [length + side - 1, length + side - 1, channels, side**2 * few])
    outputs = tf.nn.conv2d(images, kernel, side, [[0, 0], *pads, [0, 0]])
    return tf.nn.depth_to_space(outputs, side)


def _to_few_transposed(maps, kernel, size, pads):
    """Returns the transposed convolution of stride 2 to few channels: the four pixels of
    each 2x2 block as channels of one convolution with half the kernel's size.

    Args:
        maps: Maps `(B, h, w, D)`.
        kernel: Kernel `(k, k, C, D)`.
        size: Height and width of the outputs `(B, *size, C)`.
        pads: The zeros around the images of the convolution from outputs to maps.
    """
    taps, (few, many) = (kernel.shape[0] + 1) // 2, kernel.shape[2:]
    even = tf.pad(kernel, [[0, 2 * taps - kernel.shape[0]]] * 2 + [[0, 0]] * 2)
    phases = tf.reshape(even, [taps, 2, taps, 2, few, many])[::-1, :, ::-1]
    phases = tf.reshape(tf.transpose(phases, [0, 2, 5, 1, 3, 4]), [taps, taps, many, 4 * few])
    around = []
    for length, (before, _), side in zip(size, pads, maps.shape[1:3], strict=True):
        first, blocks = before // 2, -(-(length + before % 2) // 2)
        around.append((taps - 1 - first, first + blocks - side))
    outputs = tf.nn.depth_to_space(tf.nn.conv2d(maps, phases, 1, [[0, 0], *around, [0, 0]]), 2)
    (top, left), (height, width) = (before % 2 for before, _ in pads), size
    return outputs[:, top : top + height, left : left + width]
