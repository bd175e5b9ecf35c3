"""The residual networks again, in NumPy and float64, from the papers' descriptions: a
convolution of the maps doubled by nearest neighbours, 1x1 before the pooling.

Weights are taken from a model in the order in which its layers were made.
"""

import re

import keras
import numpy as np
from support.numpy_layers import convolution, transposed_convolution, up
from support.numpy_layers import down as halved

from tf_gan.layers import (
    ConditionalBatchNormalization,
    SelfAttention,
    SpectralNormalization,
    UpsampleConv2D,
)

LAYERS = keras.layers


def randomize(model, seed=0):
    """Sets all weights to random numbers, so that each of them matters."""
    random = np.random.default_rng(seed)
    for variable in model.variables:
        inputs = np.prod(variable.shape[:-1]) if len(variable.shape) > 1 else 10
        values = random.normal(0.0, inputs**-0.5, variable.shape)
        if variable.name == "moving_variance":
            values = random.uniform(0.5, 1.5, variable.shape)
        elif variable.name in ("gamma", "u"):
            values = 1.0 + values
        variable.assign(values)


def relu(x):
    return np.maximum(x, 0)


class Twin:
    """The layers of a model, one after the other."""

    def __init__(self, model):
        self.layers = {}
        for layer in model.layers:
            inner = layer.layer if isinstance(layer, SpectralNormalization) else layer
            self.layers.setdefault(type(inner), []).append(layer)
        for layers in self.layers.values():
            layers.sort(key=self._number)

    @staticmethod
    def _number(layer):
        name = (layer.layer if isinstance(layer, SpectralNormalization) else layer).name
        number = re.search(r"_(\d+)$", name)
        return int(number[1]) if number else 0

    def take(self, kind):
        return self.layers[kind].pop(0)

    def is_empty(self):
        left = [each for layers in self.layers.values() for each in layers if each.weights]
        return not left

    @staticmethod
    def weights(layer):
        """Returns the kernel, divided by sigma where it is, and the bias, or 0."""
        inner = layer.layer if isinstance(layer, SpectralNormalization) else layer
        embeds = isinstance(inner, LAYERS.Embedding)
        kernel, *bias = [np.asarray(w, np.float64) for w in inner.get_weights()]
        if inner is not layer:
            units = 0 if embeds else -1
            matrix = np.moveaxis(kernel, units, 0).reshape(kernel.shape[units], -1)
            u = np.asarray(layer.u, np.float64)
            kernel = kernel / np.linalg.norm(u @ matrix / np.linalg.norm(u))
        return kernel, (bias[0] if bias else 0)

    def dense(self, x):
        kernel, bias = self.weights(self.take(LAYERS.Dense))
        return x @ kernel + bias

    def embedded(self, labels):
        return self.weights(self.take(LAYERS.Embedding))[0][labels]

    def conv(self, x, stride=1, kind=LAYERS.Conv2D):
        kernel, bias = self.weights(self.take(kind))
        return convolution(x, kernel, bias, stride)

    def up_conv(self, x):
        return self.conv(up(x), kind=UpsampleConv2D)

    def deconv(self, x):
        kernel, bias = self.weights(self.take(LAYERS.Conv2DTranspose))
        return transposed_convolution(x, kernel, bias)

    @staticmethod
    def standardized(x, layer):
        mean, variance = np.asarray(layer.moving_mean), np.asarray(layer.moving_variance)
        return (x - mean) / np.sqrt(variance.astype(np.float64) + layer.epsilon)

    def norm(self, x, condition=None):
        if condition is None:
            layer = self.take(LAYERS.BatchNormalization)
            return self.standardized(x, layer) * np.asarray(layer.gamma) + np.asarray(layer.beta)
        layer = self.take(ConditionalBatchNormalization)
        gains, shifts = (self.weights(each)[0] for each in (layer.gains, layer.shifts))
        if condition.ndim == 1:
            gains, shifts = gains[condition], shifts[condition]
        else:
            gains, shifts = 1 + condition @ gains, condition @ shifts
        return (
            self.standardized(x, layer.normalization) * gains[:, None, None] + shifts[:, None, None]
        )

    def attention(self, x):
        layer = self.take(SelfAttention)
        n, height, width, channels = x.shape
        theta, phi, g, o = (
            self.weights(each)[0][0, 0]
            for each in (layer.queries, layer.keys, layer.values, layer.mixed)
        )
        assert theta.shape == phi.shape == (channels, channels // 8)
        assert g.shape == (channels, channels // 2)

        def largest(maps):
            blocks = maps.reshape(n, height // 2, 2, width // 2, 2, maps.shape[-1])
            return blocks.max(axis=(2, 4)).reshape(n, height * width // 4, -1)

        queries = (x @ theta).reshape(n, height * width, -1)
        fits = queries @ largest(x @ phi).transpose(0, 2, 1)
        weights = np.exp(fits - fits.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        means = (weights @ largest(x @ g)).reshape(n, height, width, -1)
        return x + float(layer.gamma) * (means @ o)

    def up_block(self, x, condition=None):
        y = self.up_conv(relu(self.norm(x, condition)))
        y = self.conv(relu(self.norm(y, condition)))
        return y + self.conv(up(x))

    def down_block(self, x, first=False, down=True, shortcut=True):
        y = self.conv(x if first else relu(x))
        y = self.conv(relu(y))
        if shortcut:
            x = self.conv(x)
        return halved(x) + halved(y) if down else x + y

    def generated(self, z, shape, conditions, attention_after=None):
        """Images: a block for each of the conditions, which may be None."""
        x = self.dense(z).reshape(len(z), *shape)
        for number, condition in enumerate(conditions, 1):
            x = self.up_block(x, condition)
            if number == attention_after:
                x = self.attention(x)
        return np.tanh(self.conv(relu(self.norm(x))))

    def judged(self, x, blocks, labels=None, attention_after=None, pool=np.sum):
        """Logits; a block is what `down_block` takes."""
        for number, block in enumerate(blocks, 1):
            x = self.down_block(x, first=number == 1, **block)
            if number == attention_after:
                x = self.attention(x)
        h = pool(relu(x), axis=(1, 2))
        logits = self.dense(h)
        if labels is None:
            return logits
        return logits + np.sum(self.embedded(labels) * h, axis=1, keepdims=True)


HALVE, KEEP = {}, {"down": False, "shortcut": False}
DISCRIMINATOR_32 = (HALVE, HALVE, KEEP, KEEP)
