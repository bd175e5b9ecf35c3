"""Convolutions from and to images, whose few channels leave most of a CPU's vector
lanes empty.

The layers have the weights and the values of Keras' layers, but train faster on a CPU:
a convolution there fills 16 lanes with output channels, and an image has one or three.
Where a result has few channels, these layers compute a block of pixels at once, with
one channel for each pixel of the block, which is two to four times as fast. Outside of
training and on other devices they call Keras' own convolutions.
"""

import keras
import tensorflow as tf

LANES = 16


@keras.saving.register_keras_serializable("tf_gan")
class ImageConv2D(keras.layers.Conv2D):
    """A `keras.layers.Conv2D` that trains faster on a CPU from or to images of up to 4
    channels. It takes the same arguments and has the same weights and values.
    """

    _fast = False  # Whether the running call computes block by block.

    def call(self, inputs, training=False):
        stride = self.strides[0]
        self._fast = (
            bool(training)
            and _pays(self, inputs)
            and (stride == 1 or (stride == 2 and _few(inputs.shape[-1])))
        )
        return super().call(inputs)

    def convolution_op(self, inputs, kernel):
        if not self._fast:
            return super().convolution_op(inputs, kernel)
        kernel = tf.cast(tf.convert_to_tensor(kernel), inputs.dtype)
        pads = _pads(self, inputs.shape[1:3])
        return convolution(inputs, kernel, self.strides[0], pads)


@keras.saving.register_keras_serializable("tf_gan")
class ImageConv2DTranspose(keras.layers.Conv2DTranspose):
    """A `keras.layers.Conv2DTranspose` that trains faster on a CPU to images of up to 4
    channels. It takes the same arguments and has the same weights and values.
    """

    def call(self, inputs, training=False):
        if not (
            training
            and _pays(self, inputs)
            and self.strides[0] == 2
            and self.output_padding is None
        ):
            return super().call(inputs)
        kernel = tf.cast(tf.convert_to_tensor(self.kernel), inputs.dtype)
        size = self.compute_output_shape(inputs.shape)[1:3]
        outputs = transposed_convolution(inputs, kernel, size, _pads(self, size))
        outputs = (
            tf.nn.bias_add(outputs, tf.cast(tf.convert_to_tensor(self.bias), outputs.dtype))
            if self.use_bias
            else outputs
        )
        return outputs if self.activation is None else self.activation(outputs)


def _pays(layer, inputs) -> bool:
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


def _pads(layer, size) -> list[tuple[int, int]]:
    """Returns the zeros before and after the large image of a layer, in height and
    width.
    """
    if layer.padding == "valid":
        return [(0, 0), (0, 0)]
    kernel, stride = layer.kernel_size[0], layer.strides[0]
    totals = [max((-(-length // stride) - 1) * stride + kernel - length, 0) for length in size]
    return [(total // 2, total - total // 2) for total in totals]


def convolution(images, kernel, stride: int, pads):
    """Returns the convolution of images `(B, H, W, C)` with a kernel `(k, k, C, D)` and
    stride 1, or 2 for few channels, padded by `pads` zeros.

    Results with few channels are computed block by block: the outputs, the gradient of
    the images and, at stride 1, the gradient of the kernel, which is then computed as
    the one of the opposite convolution, from outputs to images.
    """
    size, length = images.shape[1:3], kernel.shape[0]
    flipped = [(length - 1 - before, length - 1 - after) for before, after in pads]

    def stride_1(images, kernel, pads):
        return (
            _to_few(images, kernel, pads)
            if _few(kernel.shape[3])
            else _plain(images, kernel, 1, pads)
        )

    @tf.custom_gradient
    def function(images, kernel):
        outputs = stride_1(images, kernel, pads) if stride == 1 else _plain(images, kernel, 2, pads)

        def gradients(upstream):
            if stride == 2:
                of_images = transposed_convolution(upstream, kernel, size, pads)
            else:
                of_images = stride_1(
                    upstream, tf.transpose(kernel[::-1, ::-1], [0, 1, 3, 2]), flipped
                )
            if stride == 1 and _few(kernel.shape[3]):
                turned = _kernel_gradient(
                    _padded(upstream, flipped), tf.transpose(kernel, [0, 1, 3, 2]), images, 1
                )
                return of_images, tf.transpose(turned[::-1, ::-1], [0, 1, 3, 2])
            return of_images, _kernel_gradient(_padded(images, pads), kernel, upstream, stride)

        return outputs, gradients

    return function(images, kernel)


def transposed_convolution(inputs, kernel, size, pads):
    """Returns the transposed convolution of stride 2 with a kernel `(k, k, C, D)`, from
    `(B, h, w, D)` to `(B, *size, C)`.

    The four pixels of each 2x2 block are channels of one convolution with half the
    kernel's size.

    Args:
        inputs: Maps `(B, h, w, D)`.
        kernel: Kernel of the transposed convolution.
        size: Height and width of the outputs.
        pads: `(before, after)` for height and width: the zeros that the convolution
            from outputs to inputs would add.
    """

    @tf.custom_gradient
    def function(inputs, kernel):
        taps, (few, many) = (kernel.shape[0] + 1) // 2, kernel.shape[2:]
        even = tf.pad(kernel, [[0, 2 * taps - kernel.shape[0]]] * 2 + [[0, 0]] * 2)
        phases = tf.reshape(even, [taps, 2, taps, 2, few, many])[::-1, :, ::-1]
        phases = tf.reshape(tf.transpose(phases, [0, 2, 5, 1, 3, 4]), [taps, taps, many, 4 * few])
        first, blocks = (
            [before // 2 for before, _ in pads],
            [
                -(-(length + before % 2) // 2)
                for length, (before, _) in zip(size, pads, strict=True)
            ],
        )
        around = [
            (taps - 1 - at, at + count - length)
            for at, count, length in zip(first, blocks, inputs.shape[1:3], strict=True)
        ]
        outputs = tf.nn.depth_to_space(_plain(inputs, phases, 1, around), 2)
        (top, left), (height, width) = (before % 2 for before, _ in pads), size
        outputs = outputs[:, top : top + height, left : left + width]

        def gradients(upstream):
            return _plain(upstream, kernel, 2, pads), _kernel_gradient(
                _padded(upstream, pads), kernel, inputs, 2
            )

        return outputs, gradients

    return function(inputs, kernel)


def _few(channels: int) -> bool:
    return channels <= LANES // 4


def _to_few(images, kernel, pads):
    """Returns the convolution of stride 1 to few channels: s x s pixels as channels of
    one convolution of stride s with a kernel of k + s - 1.
    """
    length, channels, few = kernel.shape[0], kernel.shape[2], kernel.shape[3]
    size = [side + sum(pad) - length + 1 for side, pad in zip(images.shape[1:3], pads, strict=True)]
    side = next(
        side
        for side in (4, 2, 1)
        if side**2 * few <= LANES and all(each % side == 0 for each in size)
    )
    places = [(at, side - 1 - at) for at in range(side)]
    shifted = tf.stack(
        [
            tf.stack([tf.pad(kernel, [row, column, [0, 0], [0, 0]]) for column in places], 3)
            for row in places
        ],
        3,
    )
    kernel = tf.reshape(shifted, [length + side - 1, length + side - 1, channels, side**2 * few])
    outputs = _plain(images, kernel, side, pads)
    return outputs if side == 1 else tf.nn.depth_to_space(outputs, side)


def _padded(images, pads):
    return tf.pad(images, [[0, 0], *pads, [0, 0]])


def _plain(images, kernel, stride: int, pads):
    return tf.nn.conv2d(images, kernel, stride, [[0, 0], *pads, [0, 0]])


def _kernel_gradient(padded, kernel, upstream, stride: int):
    strides = [1, stride, stride, 1]
    return tf.raw_ops.Conv2DBackpropFilter(
        input=padded,
        filter_sizes=tf.shape(kernel),
        out_backprop=upstream,
        strides=strides,
        padding="VALID",
    )
