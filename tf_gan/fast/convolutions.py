"""Convolutions from and to images, whose derivatives of every order take their fastest
form on this machine.

A convolution, the gradient of its images (a transposed convolution) and that of its kernel
are linear in each argument, and the derivatives of each are the other two. On a CPU
TensorFlow's own kernels fill the vector lanes with channels, and an image has one or three.
Where a result has few channels, a block of pixels can be computed at once, with one channel
for each pixel of the block. Whether that pays depends on the shape and the processor, by
factors of 0.5 to 8: `fastest` measures it.
"""

import functools
from collections.abc import Callable

import tensorflow as tf

from tf_gan.fast.fastest import bilinear, fastest

LANES = 16


def only_cpus() -> bool:
    """Returns whether TensorFlow has no other devices."""
    return all(device.device_type == "CPU" for device in tf.config.list_logical_devices())


def few(channels: int) -> bool:
    """Returns whether so many channels leave most of the lanes of a CPU empty."""
    return channels <= LANES // 4


def convolution(images, kernel, stride: int, padding: str):
    """Returns the convolution of images in its fastest form.

    Args:
        images: Maps `(B, H, W, C)`.
        kernel: Kernel `(k, k, C, D)`, k >= stride.
        stride: 1 or 2.
        padding: `"SAME"` or `"VALID"`.
    """
    size, shape = images.shape[1:3], tuple(kernel.shape)
    return bilinear(
        lambda images, kernel: _outputs(images, kernel, stride, padding),
        lambda outputs, kernel: transposed_convolution(outputs, kernel, size, stride, padding),
        lambda images, outputs: kernel_gradient(images, outputs, shape, stride, padding),
        images,
        kernel,
    )


def transposed_convolution(maps, kernel, size, stride: int, padding: str):
    """Returns the transposed convolution of maps in its fastest form.

    Args:
        maps: Maps `(B, h, w, D)`.
        kernel: Kernel `(k, k, C, D)`, k >= stride.
        size: Height and width of the outputs, `(B, *size, C)`.
        stride: 1 or 2.
        padding: `"SAME"` or `"VALID"`.
    """
    shape = tuple(kernel.shape)
    return bilinear(
        lambda maps, kernel: _images(maps, kernel, size, stride, padding),
        lambda images, kernel: convolution(images, kernel, stride, padding),
        lambda maps, images: kernel_gradient(images, maps, shape, stride, padding),
        maps,
        kernel,
    )


def kernel_gradient(images, maps, shape, stride: int, padding: str):
    """Returns the gradient of the kernel of a convolution in its fastest form.

    Args:
        images: The images of the convolution, `(B, H, W, C)`.
        maps: The gradient of its outputs, `(B, h, w, D)`.
        shape: That of the kernel, `(k, k, C, D)`, k >= stride.
        stride: 1 or 2.
        padding: `"SAME"` or `"VALID"`.
    """
    size = images.shape[1:3]
    return bilinear(
        lambda images, maps: _kernel(images, maps, shape, stride, padding),
        lambda kernel, maps: transposed_convolution(maps, kernel, size, stride, padding),
        lambda images, kernel: convolution(images, kernel, stride, padding),
        images,
        maps,
    )


def _outputs(images, kernel, stride: int, padding: str):
    """Returns the convolution of images."""
    forms = {"own": lambda x, w: tf.nn.conv2d(x, w, stride, padding)}
    if stride == 1 and few(kernel.shape[3]):
        pads = _pads(images.shape[1:3], kernel.shape[0], 1, padding)
        size = images.shape[1:3] if padding == "SAME" else _valid(images.shape[1:3], kernel)
        forms |= _blocks(kernel.shape[3], size, lambda x, w, side: _to_few(x, w, pads, side))
    return fastest(f"convolution {stride} {padding}", forms, images, kernel)(images, kernel)


def _images(upstream, kernel, size, stride: int, padding: str):
    """Returns the gradient of the images `(B, *size, C)` of a convolution: the transposed
    convolution of `upstream`.
    """

    def own(x, w):
        shape = [x.shape[0] or tf.shape(x)[0], *size, w.shape[2]]
        return tf.nn.conv2d_transpose(x, w, shape, stride, padding)

    forms = {"own": own}
    pads = _pads(size, kernel.shape[0], stride, padding)
    if stride == 1:
        around = _turned(pads, kernel.shape[0])
        forms["turned"] = lambda x, w: tf.nn.conv2d(x, _flipped(w), 1, [[0, 0], *around, [0, 0]])
        if few(kernel.shape[2]):
            forms |= _blocks(
                kernel.shape[2], size, lambda x, w, side: _to_few(x, _flipped(w), around, side)
            )
    elif few(kernel.shape[2]):
        before = [zeros for zeros, _ in pads]
        forms["phases"] = lambda x, w: by_phases(x, w, size, stride, before)
    name = f"gradient of images {'x'.join(map(str, size))} {stride} {padding}"
    return fastest(name, forms, upstream, kernel)(upstream, kernel)


def _kernel(images, upstream, shape, stride: int, padding: str):
    """Returns the gradient of the kernel of a convolution."""

    def own(x, y):
        strides = [1, stride, stride, 1]
        return tf.raw_ops.Conv2DBackpropFilter(
            input=x, filter_sizes=shape, out_backprop=y, strides=strides, padding=padding
        )

    forms = {"own": own}
    if stride == 1 and few(shape[3]):
        # That of the opposite convolution, from outputs to images.
        around = _turned(_pads(images.shape[1:3], shape[0], 1, padding), shape[0])
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


def _turned(pads, length: int) -> list[tuple[int, int]]:
    """Returns the zeros around outputs in the opposite convolution of stride 1."""
    return [(length - 1 - before, length - 1 - after) for before, after in pads]


def _flipped(kernel):
    """Returns the kernel of the opposite convolution of stride 1."""
    return tf.transpose(kernel[::-1, ::-1], [0, 1, 3, 2])


def _blocks(channels: int, size, function) -> dict[str, Callable]:
    """Returns a form for each side of a block of pixels that fits."""
    return {
        f"blocks of {side}": functools.partial(function, side=side)
        for side in (2, 4)
        if side**2 * channels <= LANES and not any(length % side for length in size)
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


def by_phases(maps, kernel, size, stride: int, before):
    """Returns the transposed convolution of maps: the s x s pixels of each block as channels
    of one convolution of stride 1, s = stride.

    y[s q + r - before] = sum_t x[q - t] kernel[s t + r], for 0 <= r < s

    Args:
        maps: Maps `(B, h, w, D)`.
        kernel: Kernel `(k, l, C, D)`.
        size: Height and width of the outputs `(B, *size, C)`.
        stride: s, >= 1.
        before: Rows and columns that are cut off before the outputs.
    """
    *sides, few, many = kernel.shape
    if maps.shape[1:3] == (1, 1):  # The pixel meets each weight once: one block.
        stride = max(sides)
    taps = [-(-side // stride) for side in sides]
    missing = [[0, stride * tap - side] for tap, side in zip(taps, sides, strict=True)]
    kernel = tf.pad(kernel, [*missing, [0, 0], [0, 0]])
    kernel = tf.reshape(kernel, [taps[0], stride, taps[1], stride, few, many])
    kernel = tf.transpose(kernel[::-1, :, ::-1], [0, 2, 5, 1, 3, 4])
    kernel = tf.reshape(kernel, [*taps, many, stride**2 * few])
    around = []
    for tap, cut, length, side in zip(taps, before, size, maps.shape[1:3], strict=True):
        blocks = -(-(cut + length) // stride)  # Up to the last of the outputs.
        around.append([tap - 1 - cut // stride, blocks - side])
    outputs = tf.nn.conv2d(maps, kernel, 1, [[0, 0], *around, [0, 0]])
    if stride > 1:
        outputs = tf.nn.depth_to_space(outputs, stride)
    (top, left), (height, width) = (cut % stride for cut in before), size
    return outputs[:, top : top + height, left : left + width]
