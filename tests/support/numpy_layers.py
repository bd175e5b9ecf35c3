"""Layers of networks in NumPy, for second implementations of whole networks."""

import numpy as np


def convolution(x, kernel, bias=0.0, strides=1, pad=None):
    """A convolution of `(B, H, W, C)` with `(k, k, C, D)`, padded by `pad` zeros; by
    default by (k - 1) // 2.
    """
    size = kernel.shape[0]
    pad = (size - 1) // 2 if pad is None else pad
    x = np.pad(x, [(0, 0), (pad, pad), (pad, pad), (0, 0)])
    height, width = ((side - size) // strides + 1 for side in x.shape[1:3])
    y = np.zeros((len(x), height, width, kernel.shape[-1]))
    for i in range(size):
        for j in range(size):
            part = x[:, i : i + strides * height : strides, j : j + strides * width : strides]
            y += part[:, :height, :width] @ kernel[i, j]
    return y + bias


def transposed_convolution(x, kernel, bias=0.0):
    """A transposed convolution of stride 2 with `(4, 4, D, C)`, which doubles sides: the
    gradient of one with a padding of 1.
    """
    batch, height, width, _ = x.shape
    y = np.zeros((batch, 2 * height + 2, 2 * width + 2, kernel.shape[2]))
    for i in range(4):
        for j in range(4):
            y[:, i : i + 2 * height : 2, j : j + 2 * width : 2] += x @ kernel[i, j].T
    return y[:, 1:-1, 1:-1] + bias


def leaky_relu(x, slope=0.2):
    return np.where(x > 0, x, slope * x)


def up(x):
    return x.repeat(2, axis=1).repeat(2, axis=2)


def down(x):
    batch, height, width, channels = x.shape
    return x.reshape(batch, height // 2, 2, width // 2, 2, channels).mean((2, 4))


def instance_norm(x):
    centred = x - x.mean((1, 2), keepdims=True)
    return centred / np.sqrt((centred**2).mean((1, 2), keepdims=True) + 1e-5)


def pixel_norm(x):
    return x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-8)


def weights(network):
    """Returns the trained weights of a network, one after the other, as float64."""
    return iter([np.asarray(w, np.float64) for w in network.trainable_weights])


def randomize(network):
    """Gives a network random weights, biases and gains too, and returns it."""
    random = np.random.default_rng(0)
    for variable in network.trainable_weights:
        fan_in = max(1, int(np.prod(variable.shape[:-1])))
        size = 1 / fan_in**0.5 if len(variable.shape) > 1 else 0.3
        variable.assign(variable.numpy() * 0.1 + size * random.normal(size=variable.shape))
    return network
