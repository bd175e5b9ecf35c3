"""Weight normalisation (Salimans and Kingma, 2016)."""

import keras
import tensorflow as tf
from keras import ops

from tf_gan import compat
from tf_gan.errors import UserError, positive
from tf_gan.layers.spectral_normalization import units_axis

EPSILON = 1e-12  # Inside the square root of a norm.


@keras.saving.register_keras_serializable("tf_gan")
class WeightNormalization(keras.layers.Wrapper):
    """A dense or convolutional layer whose kernel has a direction v and a separate
    length g for each unit.

    y = activation(g v.x / ||v|| + b)

    Salimans and Kingma, Weight Normalization (2016), https://arxiv.org/abs/1602.07868.
    v is the kernel of the wrapped layer, g starts at 1 and b at 0, until
    `data_dependent_initialization` sets them. As g / ||v|| is one number a unit, it
    multiplies the products, not the weights.

    Args:
        layer: Keras layer with a kernel, such as `Dense` or `Conv2DTranspose`, with
            `use_bias=False` and without an activation: the wrapper applies both.
        activation: Activation, or its name.
        use_bias: Whether there is a bias b.
        train_scale: Whether g is trained; otherwise it stays as it was initialised.
        deviation: Standard deviation that `data_dependent_initialization` gives g v.x /
            ||v|| + b, > 0; None: it leaves the layer as it is.
        **kwargs: Arguments of every Keras layer, such as `name` and `dtype`.

    Raises:
        ValueError: for layers without a kernel, or with a bias or an activation, and for a
            deviation that is not above 0.
    """

    def __init__(
        self,
        layer: keras.layers.Layer,
        activation=None,
        use_bias: bool = True,
        train_scale: bool = True,
        deviation: float | None = 1.0,
        **kwargs,
    ):
        super().__init__(layer, **kwargs)
        linear = keras.activations.linear
        if (
            not hasattr(layer, "kernel_initializer")
            or getattr(layer, "use_bias", True)
            or getattr(layer, "activation", linear) is not linear
        ):
            raise UserError(
                "Expected a dense or convolutional layer with use_bias=False and without an"
                f" activation: give these to WeightNormalization. Received: {type(layer).__name__}"
                f" with use_bias={getattr(layer, 'use_bias', None)},"
                f" activation={getattr(getattr(layer, 'activation', None), '__name__', None)}"
            )
        if deviation is not None:
            positive(deviation=deviation)
        self.activation = keras.activations.get(activation)
        self.use_bias, self.train_scale, self.deviation = use_bias, train_scale, deviation
        self.bias = None
        self.initializing = False

    @property
    def kernel(self) -> keras.Variable:
        return self.layer.kernel

    def build(self, input_shape):
        super().build(input_shape)
        rank = len(self.kernel.shape)
        units = units_axis(self.layer, rank)
        self.summed_axes = [axis for axis in range(rank) if axis != units]
        self.scale = self.add_weight(
            shape=(self.kernel.shape[units],),
            initializer="ones",
            trainable=self.train_scale,
            name="scale",
        )
        if self.use_bias:
            self.bias = self.add_weight(
                shape=(self.kernel.shape[units],), initializer="zeros", name="bias"
            )

    def call(self, inputs):
        # v.x / ||v||
        directed = self.layer(inputs) * ops.rsqrt(
            ops.sum(ops.square(self.kernel), axis=self.summed_axes) + EPSILON
        )
        if self.initializing:
            mean, variance = ops.moments(directed, axes=list(range(len(directed.shape) - 1)))
            self.scale.assign(self.deviation / ops.sqrt(variance + EPSILON))
            if self.use_bias:
                self.bias.assign(-mean * self.scale)
        outputs = directed * self.scale
        return self.activation(outputs + self.bias if self.use_bias else outputs)

    def compute_output_shape(self, input_shape):
        return self.layer.compute_output_shape(input_shape)

    def get_config(self):
        return super().get_config() | {
            "activation": keras.activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "train_scale": self.train_scale,
            "deviation": self.deviation,
        }


def weight_normalized_layers(network: keras.Model) -> list[WeightNormalization]:
    """Returns the layers of a network that `data_dependent_initialization` sets."""
    return [
        layer
        for layer in compat.layers_in_order(network)
        if isinstance(layer, WeightNormalization) and layer.deviation is not None
    ]


def data_dependent_initialization(network: keras.Model, inputs) -> None:
    """Sets g and b of all weight-normalised layers so that the inputs of their
    activations have mean 0, where they have a bias b, and standard deviation `deviation`.

    g = deviation / sigma[v.x / ||v||],  b = -g mu[v.x / ||v||],  over one batch that
    goes through the network, layer by layer

    Salimans and Kingma (2016), section 3. Call it once, before training. Noise layers
    and dropout are on, as they are in training.

    Args:
        network: Keras model with `WeightNormalization` layers.
        inputs: A batch of inputs of the network, some hundreds.

    Raises:
        ValueError: if no layer is weight-normalised.
    """
    layers = weight_normalized_layers(network)
    if not layers:
        raise UserError(
            "Expected a network with WeightNormalization layers to initialise. Received:"
            f" {network.name!r}, which has none"
        )
    for layer in layers:
        layer.initializing = True
    try:
        network(tf.convert_to_tensor(inputs), training=True)
    finally:
        for layer in layers:
            layer.initializing = False
