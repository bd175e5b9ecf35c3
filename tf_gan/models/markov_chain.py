"""What the models have in common that sample by a Markov chain."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tf_gan.errors import UserError, integer, integers
from tf_gan.layers import TiedDense
from tf_gan.models.base import GenerativeModel
from tf_gan.models.network_checks import (
    check_is_model,
    range_of,
    symbolic_call,
)
from tf_gan.models.objective import Batch
from tf_gan.training.rng import Fold, Stream


class MarkovChain(GenerativeModel):
    """Base class of models whose latents are where a Markov chain stands after some
    steps; the generator makes the images of them.

    `generate(n)` runs n independent chains from noise. `walk` shows the chains on
    their way: how far neighbouring images depend on each other.

    To be implemented by subclasses, beside what `GenerativeModel` asks for: `start` and
    `transition`.

    Args:
        generator: Keras model from latents `(B, latent_dim)` to images in [0, 1], made
            of `tf_gan.layers.TiedDense` and a last `Reshape`: see
            `tf_gan.networks.tied_mlp`.
        latent_dim: Number of units at the top, >= 1.
        chain_steps: Steps of the chain before an image is taken, >= 1.
        seed: Integer that fixes all noise and the order of arrays.
        name: Name of the model.

    Raises:
        ValueError: if the generator is no such network, or an argument is out of range.
    """

    roles = ("generator",)
    prior = None  # A chain makes the latents.

    def __init__(
        self,
        generator: keras.Model,
        latent_dim: int,
        *,
        chain_steps: int,
        seed: int = 0,
        name: str | None = None,
    ):
        check_is_model("generator", generator)
        super().__init__(generator, data_range=range_of(generator), seed=seed, name=name)
        integers(chain_steps=chain_steps)
        self.latent_dim = latent_dim
        self.chain_steps = chain_steps
        self.check_networks()
        # From the image to the latents.
        self.stack = [each for each in generator.layers if isinstance(each, TiedDense)][::-1]
        self.pixels = int(np.prod(self.image_shape))

    def check_networks(self) -> None:
        """Runs the generator on symbols, and checks what it is made of."""
        self.latent_dim = integer("latent_dim", self.latent_dim)
        latents = keras.Input((self.latent_dim,))
        images = symbolic_call(self.generator, "generator", latents, "latents")
        self.image_shape = tuple(images.shape[1:])
        kinds = (TiedDense, keras.layers.InputLayer, keras.layers.Reshape)
        others = [
            each
            for each in self.generator.layers
            if not isinstance(each, kinds)
            or getattr(getattr(each, "activation", None), "__name__", "sigmoid") != "sigmoid"
        ]
        if others or self.data_range != (0.0, 1.0):
            raise UserError(
                f"{type(self).__name__} uses its generator in both directions. Expected one of"
                " tf_gan.layers.TiedDense with sigmoids and a last Reshape, such as"
                f" tf_gan.networks.tied_mlp makes. Received: {[each.name for each in others]},"
                f" images in {self.data_range}"
            )

    # === The chain ===

    def start(self, n: int, random: Stream) -> Any:
        """Returns the state in which `n` chains start: a tensor or a tuple of them,
        `n` rows each.
        """
        raise NotImplementedError

    def transition(self, state, random: Stream) -> Any:
        """Returns the next state of the chains."""
        raise NotImplementedError

    def latents_of(self, state) -> tf.Tensor:
        """Returns the latents in a state: `(n, latent_dim)`."""
        return state[-1] if isinstance(state, tuple) else state

    def run_chain(self, state, steps: int, random: Stream, first: int = 0):
        """Returns the state after `steps` steps, of which the first has the number
        `first`.
        """
        return tf.while_loop(
            lambda step, state: step < first + steps,
            lambda step, state: (step + 1, self.transition(state, random.fold(step))),
            (first, state),
        )[1]

    def sample_latents(self, n: int, random: Stream) -> tf.Tensor:
        """Returns where `n` chains stand after `chain_steps` steps."""
        state = self.start(n, random.fold(0))
        return self.latents_of(self.run_chain(state, self.chain_steps, random.fold(1)))

    def walk(self, chains: int, steps: int, seed: int = 0, every: int = 1) -> np.ndarray:
        """Returns the images of chains on their way, after `chain_steps` steps from
        noise.

        Args:
            chains: How many, >= 1.
            steps: Images of each, >= 1.
            seed: Integer.
            every: Steps of the chain from one image to the next, >= 1.

        Returns:
            float32 array of shape `(steps, chains, *image_shape)`. The first images are
            those of `generate(chains, seed)`.
        """
        integers(chains=chains, steps=steps, every=every)
        random = Stream(seed, Fold.GENERATION)
        advance = tf.function(
            lambda state, first, count: self.run_chain(state, count, random.fold(1), first)
        )
        state = self.start(chains, random.fold(0))
        images, at = [], 0
        for count in [int(self.chain_steps)] + [int(every)] * (steps - 1):
            state = advance(state, tf.constant(at), tf.constant(count))
            images.append(self.images_from(self.latents_of(state)))
            at += count
        return np.stack(images)

    # === Training ===

    def flat(self, batch: Batch) -> tf.Tensor:
        """Returns the images of a batch as vectors: `(B, pixels)`."""
        return tf.reshape(tf.cast(batch.images, tf.float32), [-1, self.pixels])

    # === Saving ===

    def get_config(self):
        config = super().get_config()
        config.pop("moving_average", None)
        config.pop("data_range", None)
        return config | {"latent_dim": self.latent_dim, "chain_steps": self.chain_steps}


def bernoulli(probabilities: tf.Tensor, random: Stream) -> tf.Tensor:
    """Draws 0 or 1, float32, with the given probabilities of 1: `(n, units)`."""
    shape = [probabilities.shape[0] or tf.shape(probabilities)[0], probabilities.shape[1]]
    return tf.cast(random.uniform(shape) < probabilities, tf.float32)
