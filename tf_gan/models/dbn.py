"""Restricted Boltzmann machines, one or a stack of them: the deep belief network."""

import keras
import tensorflow as tf

from tf_gan.errors import UserError, integer, integers
from tf_gan.layers import TiedDense
from tf_gan.models.greedy import Greedy
from tf_gan.models.markov_chain import bernoulli
from tf_gan.models.objective import Loss
from tf_gan.training.rng import Stream


@keras.saving.register_keras_serializable("tf_gan")
class DBN(Greedy):
    """A deep belief network, a stack of restricted Boltzmann machines that are trained
    greedily; a generator of one layer is one such machine.

    Each machine has the energy E(v, h) = -v W h - b v - c h of binary units. It
    descends F(v) - F(v'), where F is the free energy, v comes from the layer below and
    v' from k steps of Gibbs sampling (Hinton, 2002,
    https://doi.org/10.1162/089976602760128018). They start at v: contrastive
    divergence; or go on from chains that last over the training: persistent contrastive
    divergence (Tieleman, 2008, https://doi.org/10.1145/1390156.1390290). Pixels between
    0 and 1 are taken as probabilities.

    Each machine has a loss of its own. `compile(optimizer=None, layer_steps=None)` trains all
    at once, by Adam(1e-3); `layer_steps=n` one after the other for n steps each, the last one
    without end.

    `generate` runs Gibbs chains in the top machine from random bits, and makes the
    image of h by the means of the layers below (Hinton, Osindero and Teh, 2006).

    Logs of each layer l, from 1 at the image: `gap_l`, mean F(v) - F(v'); `error_l`,
    mean squared difference between v and its reconstruction from h ~ p(h|v).

    Args:
        generator: Network of `tf_gan.networks.tied_mlp`.
        latent_dim: Number of units at the top, >= 1.
        gibbs_steps: k, >= 1.
        persistent_chains: How many chains of each layer last over the training; 0 for
            contrastive divergence. A multiple of the number of replicas.
        chain_steps: Gibbs steps before an image is taken, >= 1.
        seed: Integer that fixes all noise and the order of arrays.
        name: Name of the model.

    Raises:
        ValueError: if the generator is no such network, or an argument is out of range.

    Example:

    ```python
    from tf_gan.networks import tied_mlp

    generator = tied_mlp.build_generator((28, 28, 1), 500, units=(500,))
    dbn = tf_gan.DBN(generator, latent_dim=500)
    dbn.compile(layer_steps=6000)
    dbn.fit(images, batch_size=100, epochs=20)
    ```
    """

    def __init__(
        self,
        generator: keras.Model,
        latent_dim: int = 500,
        *,
        gibbs_steps: int = 1,
        persistent_chains: int = 0,
        chain_steps: int = 200,
        **kwargs,
    ):
        super().__init__(generator, latent_dim, chain_steps=chain_steps, **kwargs)
        integers(gibbs_steps=gibbs_steps)
        persistent_chains = integer("persistent_chains", persistent_chains, 0)
        replicas = self.distribute_strategy.num_replicas_in_sync
        if persistent_chains % replicas:
            raise UserError(
                f"Expected persistent_chains to be a multiple of the {replicas} replicas, or 0."
                f" Received: persistent_chains={persistent_chains}"
            )
        self.gibbs_steps = gibbs_steps
        self.persistent_chains = persistent_chains
        for number, layer in enumerate(self.stack if persistent_chains else []):
            chains = self.add_weight(
                shape=(persistent_chains, layer.hidden),
                initializer="zeros",
                trainable=False,
                aggregation="only_first_replica",
                name=f"chains_{number + 1}",
            )
            setattr(self, f"chains_{number + 1}", chains)  # Checkpoints find no variables in lists.

    @property
    def chains(self) -> list[keras.Variable]:
        """Hidden units of the persistent chains, `(persistent_chains, hidden)` for each
        layer; empty without.
        """
        count = len(self.stack) if self.persistent_chains else 0
        return [getattr(self, f"chains_{number + 1}") for number in range(count)]

    # === Training ===

    def layer_loss(self, number: int, visible: tf.Tensor, random: Stream) -> Loss:
        layer = self.stack[number]
        hidden = bernoulli(self.means(layer, visible), random.fold(0))
        error = tf.reduce_mean(tf.square(visible - layer(hidden)))
        if self.persistent_chains:
            count = self.persistent_chains // random.replicas
            chains = tf.convert_to_tensor(self.chains[number].value)
            hidden = tf.slice(chains, [random.replica * count, 0], [count, layer.hidden])
        negative = visible
        for step in range(self.gibbs_steps):
            negative, hidden = self.gibbs(layer, hidden, random.fold(1, step))
        negative, hidden = tf.stop_gradient(negative), tf.stop_gradient(hidden)
        gap = tf.reduce_mean(free_energy(layer, visible)) - tf.reduce_mean(
            free_energy(layer, negative)
        )
        return Loss(gap, {"gap": gap, "error": error}, (hidden,) if self.persistent_chains else ())

    def gibbs(self, layer: TiedDense, hidden: tf.Tensor, random: Stream):
        """Returns one step of Gibbs sampling: v ~ p(v|h), and h' ~ p(h|v)."""
        visible = bernoulli(layer(hidden), random.fold(0))
        return visible, bernoulli(self.means(layer, visible), random.fold(1))

    def after_update(self, extras: tuple) -> None:
        """Keeps where the persistent chains are."""
        for chains, hidden in zip(self.chains, extras, strict=True):
            chains.assign(hidden)

    # === The chain ===

    def start(self, n: int, random: Stream) -> tf.Tensor:
        """Returns random bits of the units at the top."""
        return bernoulli(tf.fill([n, self.latent_dim], 0.5), random)

    def transition(self, state: tf.Tensor, random: Stream) -> tf.Tensor:
        """Returns the units at the top after one Gibbs step of the top machine."""
        return self.gibbs(self.stack[-1], state, random)[1]

    # === Saving ===

    def get_config(self):
        return super().get_config() | {
            "gibbs_steps": self.gibbs_steps,
            "persistent_chains": self.persistent_chains,
        }


def free_energy(layer: TiedDense, visible: tf.Tensor) -> tf.Tensor:
    """Returns F(v) = -b v - sum_j log(1 + exp(v W + c)_j), so that p(v) is proportional
    to exp(-F(v)).

    Args:
        layer: The machine, with a visible bias.
        visible: v, shape `(B, units)`.

    Returns:
        Tensor of shape `(B,)`.
    """
    linear = tf.linalg.matvec(visible, tf.convert_to_tensor(layer.visible_bias))
    return -linear - tf.reduce_sum(tf.nn.softplus(layer.up(visible)), axis=1)
