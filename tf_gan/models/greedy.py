"""Training layer by layer: each layer on what the layers below it make of the images."""

import keras
import tensorflow as tf

from tf_gan.errors import UserError, integers
from tf_gan.layers import TiedDense
from tf_gan.models.markov_chain import MarkovChain
from tf_gan.models.objective import Batch, Loss, Objective
from tf_gan.schedules import During
from tf_gan.training.rng import Stream


class Greedy(MarkovChain):
    """Base class of models whose layers have losses of their own.

    Layer l sees v_l = sigmoid(up_{l-1}(v_{l-1})), v_0 the image, and moves its own
    weights only (Hinton, Osindero and Teh, 2006,
    https://doi.org/10.1162/neco.2006.18.7.1527).

    To be implemented by subclasses: `layer_loss`, and `start` and `transition` of
    `MarkovChain`.
    """

    def compile(
        self,
        optimizer: keras.optimizers.Optimizer | str | None = None,
        *,
        layer_steps: int | None = None,
        **kwargs,
    ) -> None:
        """Sets how the layers are trained.

        Args:
            optimizer: Keras optimizer, its name, or None for Adam(1e-3). Each layer
                gets one of its own, with these settings.
            layer_steps: Steps for which each layer is trained, one after the other from
                the image on, the last one without end. None trains all at once.
            **kwargs: `run_eagerly`, `steps_per_execution` and `jit_compile`, as in
                `GAN.compile`.

        Raises:
            ValueError: if `layer_steps` is not an integer >= 1 or None.
        """
        if layer_steps is not None:
            integers(layer_steps=layer_steps)
        self.layer_optimizer = self.as_optimizer(optimizer)
        if isinstance(self.layer_optimizer, keras.optimizers.LossScaleOptimizer):
            raise UserError(
                "Expected an optimizer without loss scaling, which these models do not need."
                " Received: a LossScaleOptimizer"
            )
        self.layer_steps = layer_steps
        super().compile(**kwargs)

    def build_objectives(self) -> tuple[Objective, ...]:
        return tuple(self._objective(number) for number in range(len(self.stack)))

    def _objective(self, number: int) -> Objective:
        config = self.layer_optimizer.get_config()
        if self.layer_steps is not None:
            rate = keras.saving.deserialize_keras_object(config["learning_rate"])
            begin = number * self.layer_steps
            last = number == len(self.stack) - 1
            rate = During(rate, begin, None if last else begin + self.layer_steps)
            config["learning_rate"] = keras.saving.serialize_keras_object(rate)

        def loss(visible, batch: Batch, random: Stream) -> Loss:
            value, logs, extras = self.layer_loss(number, visible[number], random.fold(number))
            return Loss(value, {f"{key}_{number + 1}": each for key, each in logs.items()}, extras)

        optimizer = type(self.layer_optimizer).from_config(config)
        return Objective(f"layer_{number + 1}", [self.stack[number]], optimizer, loss)

    def layer_loss(self, number: int, visible: tf.Tensor, random: Stream) -> Loss:
        """Returns the loss of a layer, its logs and extras.

        Args:
            number: Which layer of `stack`, 0 for that at the image.
            visible: What it sees, in [0, 1], shape `(B, units)`.
            random: Its random numbers.
        """
        raise NotImplementedError

    def forward(self, batch: Batch, random: Stream, *, need_real=True, training=True) -> list:
        """Returns what each layer sees of a batch."""
        visible = [self.flat(batch)]
        for layer in self.stack[:-1]:
            visible.append(tf.stop_gradient(self.means(layer, visible[-1])))
        return visible

    @staticmethod
    def means(layer: TiedDense, visible: tf.Tensor) -> tf.Tensor:
        """Returns the means of a layer's hidden units: sigmoid(up(v))."""
        return tf.sigmoid(layer.up(visible))

    def evaluation_logs(self, batch: Batch, random: Stream) -> dict[str, tf.Tensor]:
        visible = self.forward(batch, random, training=False)
        logs: dict[str, tf.Tensor] = {}
        for objective in self.objectives:
            logs |= objective.loss(visible, batch, random).logs
        return logs

    def get_compile_config(self):
        if not self.compiled:
            return {}
        serialize = keras.saving.serialize_keras_object
        config = {"optimizer": serialize(self.layer_optimizer), "layer_steps": self.layer_steps}
        return config | super().get_compile_config()
