"""What the residual networks of SNGAN, SAGAN, BigGAN and WGAN-GP share: their layers,
their blocks and how maps grow and shrink.

A block of G is BN, ReLU, twice as large by nearest neighbours, 3x3, BN, ReLU, 3x3;
beside it goes a 1x1 convolution of the maps, twice as large. A block of D is ReLU, 3x3,
ReLU, 3x3, mean of 2x2; beside it the mean of 2x2 and a 1x1 convolution. The codes pool
behind the 1x1 convolution in all but the first block: the values are the same, and it
costs four times as much.
"""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence

import keras
from keras import ops

from tf_gan.errors import UserError, integers, one_of
from tf_gan.layers import (
    ConditionalBatchNormalization,
    OffDiagonalRegularizer,
    SelfAttention,
    SpectralNormalization,
    UpsampleConv2D,
)
from tf_gan.networks import check_shape

INITIALIZERS = ("glorot", "orthogonal", "normal")
GAIN = math.sqrt(2.0)  # Of the 3x3 convolutions in blocks, in front of which ReLU stands.


def stages(image_shape: tuple[int, int, int]) -> int:
    """Returns how often maps are doubled until they are images: 3 below 64x64, 4 below
    128x128, 5 below 256x256.

    Raises:
        UserError: for sides that are no multiples of 2 to that number, or too large.
    """
    check_shape(image_shape, 1)
    shorter = min(image_shape[:2])
    if shorter >= 256:
        raise UserError(
            f"Expected a shorter side below 256. Received: image_shape={tuple(image_shape)}"
        )
    count = 3 if shorter < 64 else 4 if shorter < 128 else 5
    check_shape(image_shape, 2**count)
    return count


def widths_of(
    image_shape: tuple[int, int, int],
    width: int | None,
    small: int,
    large: int,
    parts: Mapping[int, Sequence[int]],
) -> list[int]:
    """Returns the channels of the maps of a network.

    Args:
        image_shape: `(height, width, channels)` of one image.
        width: Channels of the widest maps; None for `small` below 64x64, else `large`.
        small: The paper's width.
        large: The paper's width for larger images.
        parts: The widest maps over the others, by the number of stages.
    """
    count = stages(image_shape)
    widest = (small if count == 3 else large) if width is None else width
    integers(width=widest)
    return [max(1, widest // part) for part in parts[count]]


@dataclasses.dataclass(frozen=True)
class Layers:
    """How the layers of a network are made.

    Args:
        spectral: Whether each of them is spectrally normalised.
        initializer: Of kernels and embeddings: `"glorot"`, uniform; `"orthogonal"`; or
            `"normal"`, N(0, 0.02^2).
        orthogonal: Weight of `OffDiagonalRegularizer` on the kernels; 0 for none.
    """

    spectral: bool
    initializer: str = "glorot"
    orthogonal: float = 0.0

    def __post_init__(self):
        one_of("initializer", self.initializer, INITIALIZERS)

    def kernel(self, gain: float = 1.0) -> keras.initializers.Initializer:
        """Returns an initializer; only Glorot's has a gain."""
        if self.initializer == "orthogonal":
            return keras.initializers.Orthogonal()
        if self.initializer == "normal":
            return keras.initializers.RandomNormal(stddev=0.02)
        return keras.initializers.VarianceScaling(gain**2, "fan_avg", "uniform")

    def regularizer(self) -> OffDiagonalRegularizer | None:
        return OffDiagonalRegularizer(self.orthogonal) if self.orthogonal else None

    def _kernels(self, gain: float = 1.0) -> dict:
        return {"kernel_initializer": self.kernel(gain), "kernel_regularizer": self.regularizer()}

    def _apply(self, layer: keras.layers.Layer, x):
        if self.spectral:
            layer = SpectralNormalization(layer, dtype=layer.dtype_policy)
        return layer(x)

    def conv(self, x, filters: int, size: int = 3, gain: float = 1.0, strides: int = 1):
        """Returns a convolution with a bias."""
        layer = keras.layers.Conv2D(filters, size, strides, padding="same", **self._kernels(gain))
        return self._apply(layer, x)

    def up_conv(self, x, filters: int, gain: float = 1.0):
        """Returns a 3x3 convolution of maps twice as large."""
        return self._apply(UpsampleConv2D(filters, **self._kernels(gain)), x)

    def dense(self, x, units: int, **kwargs):
        return self._apply(keras.layers.Dense(units, **self._kernels(), **kwargs), x)

    def embedding(self, labels, num_classes: int, size: int):
        """Returns a vector of each label, in float32."""
        layer = keras.layers.Embedding(num_classes, size, self.kernel(), dtype="float32")
        return self._apply(layer, labels)

    def attention(self, x):
        layer = SelfAttention(
            self.spectral,
            kernel_initializer=self.kernel(),
            kernel_regularizer=self.regularizer(),
        )
        return layer(x)


def batch_norm(labels=None, num_classes: int | None = None, epsilon: float = 2e-5) -> Callable:
    """Returns a function that normalises maps, with gains and shifts of the classes if
    there are labels.
    """
    if labels is None:
        return lambda x: keras.layers.BatchNormalization(momentum=0.9, epsilon=epsilon)(x)
    return lambda x: ConditionalBatchNormalization(num_classes, epsilon=epsilon)([x, labels])


def grow(
    layers: Layers,
    vectors,
    image_shape: tuple[int, int, int],
    widths: Sequence[int],
    norms: Sequence[Callable],
    attention: int = 0,
):
    """Returns images: vectors -> smallest maps -> a block for each doubling -> image.

    Args:
        layers: How layers are made.
        vectors: `(B, d)`.
        image_shape: `(height, width, channels)` of one image.
        widths: Channels of the smallest maps, and behind each block.
        norms: For each block a function that normalises maps, and one for the end.
        attention: Shorter side of the maps behind which attention stands; 0 for none.
    """
    count = len(widths) - 1
    small = (image_shape[0] >> count, image_shape[1] >> count, widths[0])
    x = keras.layers.Reshape(small)(layers.dense(vectors, math.prod(small)))
    sides = []
    for filters, norm in zip(widths[1:], norms[:-1], strict=True):
        y = layers.up_conv(_relu(norm(x)), filters, GAIN)
        y = layers.conv(_relu(norm(y)), filters, gain=GAIN)
        shortcut = keras.layers.UpSampling2D(2)(layers.conv(x, filters, 1))
        x = keras.layers.Add()([shortcut, y])
        sides.append(min(x.shape[1:3]))
        if sides[-1] == attention:
            x = layers.attention(x)
    _check_attention(attention, sides)
    x = layers.conv(_relu(norms[-1](x)), image_shape[-1])
    return keras.layers.Activation("tanh", dtype="float32")(x)


def shrink(
    layers: Layers,
    x,
    widths: Sequence[int],
    halvings: int,
    attention: int = 0,
    wide: bool = False,
):
    """Returns the smallest maps of D: a block for each width, and a ReLU.

    Args:
        layers: How layers are made.
        x: Images.
        widths: Channels behind each block.
        halvings: How many of the blocks, the first ones, halve the maps.
        attention: Shorter side of the maps behind which attention stands; 0 for none.
        wide: Whether the first convolution of a block has the channels of its output,
            as in BigGAN, or of its input.
    """
    sides: list[int] = []
    for number, filters in enumerate(widths):
        inner = filters if wide or not number else x.shape[-1]
        y = layers.conv(_relu(x) if number else x, inner, gain=GAIN)
        y = layers.conv(_relu(y), filters, gain=GAIN)
        if number < halvings:
            y, x = keras.layers.AveragePooling2D(2)(y), keras.layers.AveragePooling2D(2)(x)
        if number < halvings or x.shape[-1] != filters:
            x = layers.conv(x, filters, 1)
        x = keras.layers.Add()([x, y])
        sides.append(min(x.shape[1:3]))
        if sides[-1] == attention and attention not in sides[:-1]:
            x = layers.attention(x)
    _check_attention(attention, sides)
    return _relu(x)


def judge(layers: Layers, x, labels=None, num_classes: int | None = None, use_bias: bool = False):
    """Returns logits `(B, 1)`, psi(h) + <e_y, h>, h the sum of the maps over all
    places; without labels psi(h) alone.
    """
    features = ops.sum(ops.cast(x, "float32"), axis=(1, 2))
    logits = layers.dense(features, 1, use_bias=use_bias, dtype="float32")
    return project(layers, logits, features, labels, num_classes) if num_classes else logits


def project(layers: Layers, logits, features, labels, num_classes: int):
    """Returns logits + <e_y, h> of features h `(B, d)`."""
    vectors = layers.embedding(labels, num_classes, features.shape[-1])
    projection = keras.layers.Dot(-1, dtype="float32")([vectors, features])
    return keras.layers.Add(dtype="float32")([logits, projection])


def _relu(x):
    return keras.layers.ReLU()(x)


def _check_attention(attention: int, sides: list[int]) -> None:
    if attention and attention not in sides:
        raise UserError(
            f"Expected attention=0 for none, or the shorter side of maps, one of"
            f" {sorted(set(sides))}. Received: attention={attention}"
        )
