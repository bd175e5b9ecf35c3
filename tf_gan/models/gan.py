"""Generative adversarial networks (Goodfellow et al., 2014)."""

from collections.abc import Callable, Sequence

import keras
import tensorflow as tf

from tf_gan import losses
from tf_gan import penalties as gradient_penalties
from tf_gan.errors import UserError
from tf_gan.models.base import GenerativeModel, Objective
from tf_gan.training.rng import Stream

UPDATES = ("alternating", "simultaneous")


@keras.saving.register_keras_serializable("tf_gan")
class GAN(GenerativeModel):
    """A generator and a discriminator, trained against each other.

    min_G max_D V(D, G) = E[log D(x)] + E[log(1 - D(G(z)))]

    Goodfellow et al., Generative Adversarial Nets (2014),
    https://arxiv.org/abs/1406.2661, algorithm 1.

    Args:
        generator: Keras model from latents `(B, latent_dim)` to images `(B, ...)`.
        discriminator: Keras model from images to logits, any real values, `(B, 1)` or
            `(B, H, W, 1)`. No sigmoid at the end: the losses have it.
        latent_dim: Length of the latent vector z, >= 1.
        prior: Distribution of z: `"normal"` for N(0, 1), or a pair `(low, high)` for a
            uniform one.
        moving_average: Decay per step of the generator's moving average, in [0, 1),
            such as 0.999; None for none. In step t, from 0, it is at most (1 + t) / (10
            + t), so that the average of a short run is not left where it started.
            `generate`, `predict` and exports use it.
        data_range: `(low, high)` of the images. By default it follows from the
            generator's last activation: (-1, 1) for tanh, (0, 1) for sigmoid, none for
            others. Data outside it are refused.
        seed: Integer that fixes all noise, dropout and the order of arrays.

    Raises:
        ValueError: if the networks do not fit each other or `latent_dim`.

    Example:

    ```python
    gan = tf_gan.GAN(generator, discriminator, latent_dim=100)
    gan.compile(loss="non_saturating")
    gan.fit(images, batch_size=64, epochs=50)
    gan.generate(64, seed=0)
    ```
    """

    log_names = ("discriminator_loss", "generator_loss", "V(D,G)", "D(x)", "D(G(z))")

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        latent_dim: int = 100,
        *,
        prior: str | tuple[float, float] = "normal",
        moving_average: float | None = None,
        data_range: tuple[float, float] | None = None,
        seed: int = 0,
        **kwargs,
    ):
        if data_range is None:
            data_range = range_of(generator)
        super().__init__(
            generator, moving_average=moving_average, data_range=data_range, seed=seed, **kwargs
        )
        self.discriminator = discriminator
        self.latent_dim = latent_dim
        self.prior = _check_prior(prior)
        self._check_players()
        self._build_average(self.generator_inputs(*self._symbols()))

    def _check_players(self) -> None:
        """Runs the players on symbols, which builds them and shows whether they fit."""
        for name, player in (("generator", self.generator), ("discriminator", self.discriminator)):
            check_is_model(name, player)
        latents, labels = self._symbols()
        images = symbolic_call(
            self.generator, "generator", self.generator_inputs(latents, labels), latents.name
        )
        self.image_shape = tuple(images.shape[1:])
        judged = self.discriminator_inputs(self.judged(images, latents), labels)
        outputs = symbolic_call(
            self.discriminator, "discriminator", judged, "images of the generator"
        )
        self._check_outputs(*tf.nest.flatten(outputs))

    def _symbols(self) -> tuple[keras.KerasTensor, keras.KerasTensor]:
        """Returns symbolic latents and labels."""
        check_latent_dim(self.latent_dim)
        return keras.Input((self.latent_dim,), name="latents"), keras.Input(
            (), dtype="int32", name="labels"
        )

    def _check_outputs(self, logits: keras.KerasTensor, *further: keras.KerasTensor) -> None:
        """Raises a ValueError if the discriminator's outputs cannot be used."""
        if further:
            raise UserError(
                "Expected a discriminator with one output, the logits. Received: one with"
                f" {1 + len(further)}"
            )
        if len(logits.shape) > 1 and logits.shape[-1] != 1:
            raise UserError(
                "The discriminator must return one logit per image (or per patch): expected an"
                f" output of shape (B, 1) or (B, H, W, 1). Received: {logits.shape}"
            )
        check_is_linear(self.discriminator, 0, "logits")

    def compile(
        self,
        generator_optimizer: keras.optimizers.Optimizer | str | None = None,
        discriminator_optimizer: keras.optimizers.Optimizer | str | None = None,
        loss: str | losses.Loss | Callable = "non_saturating",
        discriminator_steps: int = 1,
        *,
        penalties: str | Callable | Sequence[str | Callable] = (),
        updates: str = "alternating",
        **kwargs,
    ) -> None:
        """Sets how the model is played.

        Args:
            generator_optimizer: Keras optimizer, its name, or None for Adam(2e-4,
                beta_1=0.5).
            discriminator_optimizer: The same for the discriminator.
            loss: Name, object or callable: see `tf_gan.losses`.
            discriminator_steps: k of algorithm 1, >= 1. Each of the k steps has fresh
                noise and fresh data.
            penalties: Name, object, callable or a list of them, added to the
                discriminator's loss: see `tf_gan.penalties`.
            updates: `"alternating"`: k discriminator steps, then one generator step
                with fresh noise (algorithm 1). `"simultaneous"`: one step of both from
                the same weights, images and noise (what the code behind the 2014 paper
                ran); k must be 1.
            **kwargs: `run_eagerly`, `steps_per_execution` and `jit_compile` as in
                `keras.Model.compile`. `jit_compile="auto"` takes XLA where it is the
                faster choice.

        Raises:
            ValueError: for unknown names, k < 1, or one optimizer object for both
                objectives.
        """
        if not isinstance(discriminator_steps, int) or discriminator_steps < 1:
            raise UserError(
                "Invalid value for argument `discriminator_steps`. Expected an integer >= 1."
                f" Received: discriminator_steps={discriminator_steps!r}"
            )
        if updates not in UPDATES:
            raise UserError(
                f"Invalid value for argument `updates`. Expected one of {UPDATES}. Received:"
                f" updates={updates!r}"
            )
        if updates == "simultaneous" and discriminator_steps != 1:
            raise UserError(
                "Simultaneous updates move both players from one minibatch: expected"
                f" discriminator_steps=1. Received: discriminator_steps={discriminator_steps}"
            )
        if (
            generator_optimizer is not None
            and generator_optimizer is discriminator_optimizer
            and not isinstance(generator_optimizer, str)
        ):
            raise UserError(
                "Expected two optimizers, one for each player: an optimizer keeps the state of the"
                " variables it moves."
            )
        self.adversarial_loss = losses.get(loss)
        self.penalties = gradient_penalties.get_all(penalties)
        self.discriminator_steps = discriminator_steps
        self.updates = updates
        self.generator_optimizer = self._with_loss_scale(
            generator_optimizer or default_optimizer(), "generator"
        )
        self.discriminator_optimizer = self._with_loss_scale(
            discriminator_optimizer or default_optimizer(), "discriminator"
        )
        self.log_names = self._term_names()
        super().compile(**kwargs)

    def _term_names(self) -> tuple[str, ...]:
        return type(self).log_names + (("gradient_penalty",) if self.penalties else ())

    def objectives(self) -> tuple[Objective, Objective]:
        return (
            Objective([self.discriminator], self.discriminator_optimizer, self.discriminator_loss),
            Objective([self.generator], self.generator_optimizer, self.generator_loss),
        )

    # === Algorithm 1 ===

    def train_step(self, data) -> dict[str, tf.Tensor]:
        """One iteration of algorithm 1: k steps of the discriminator, then one of the
        generator.

        Args:
            data: Images, or `(images, labels)`; the batch is k minibatches long.
        """
        discriminator, generator = self.objectives()
        if self.updates == "simultaneous":
            logs = self.update([discriminator, generator], *unpack(data), draw=0)
        else:
            minibatches = split(data, self.discriminator_steps)
            logs = {}
            for k, minibatch in enumerate(minibatches):
                logs |= self.update([discriminator], *minibatch, draw=k)
            logs |= self.update([generator], *minibatches[-1], draw=self.discriminator_steps)
        self.adapt(logs)
        return self.finish_step()

    def adapt(self, logs: dict[str, tf.Tensor]) -> None:
        """Moves what a model regulates by the logs of a step, means over the replicas.
        Nothing here.
        """

    def discriminator_loss(
        self, images, labels, random: Stream
    ) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        """Returns D's loss with penalties on a minibatch, and the logs."""
        reals, fakes, fake, real = self.passes(images, labels, random)
        loss, logs = self.discriminator_terms(real, fake, labels)
        if self.penalties:
            reals = tf.cast(reals, fakes.dtype)
            terms = [
                penalty(lambda x: self.logits(x, labels), reals, fakes, random.fold(1 + number))
                for number, penalty in enumerate(self.penalties)
            ]
            logs["gradient_penalty"] = tf.add_n(terms)
            loss += logs["gradient_penalty"]
        return loss, logs

    def generator_loss(
        self, images, labels, random: Stream
    ) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        """Returns G's loss on the fakes of `random`, and the logs. The real images
        serve only the losses that compare with them.
        """
        _, _, fake, real = self.passes(
            images, labels, random, needs_real=self.adversarial_loss.needs_real_logits
        )
        return self.generator_terms(real, fake, labels)

    def discriminator_terms(
        self, real: list, fake: list, labels
    ) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        """Returns D's loss, but for the penalties, from D's outputs on real images and
        on fakes, and the logs.
        """
        loss = self.adversarial_loss.discriminator_loss(real[0], fake[0])
        return loss, {"discriminator_loss": loss} | value_function(real[0], fake[0])

    def generator_terms(
        self, real: list, fake: list, labels
    ) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        """Returns G's loss from the same outputs, and the logs; `real` is `[None]`
        where the loss does not compare with real images.
        """
        loss = self.adversarial_loss.generator_loss(real[0], fake[0])
        return loss, {"generator_loss": loss}

    def passes(self, images, labels, random: Stream, needs_real: bool = True) -> tuple:
        """Returns the real side of what is judged and what `play` gives: once for both
        objectives where they move at once, D's, which needs all, first.
        """

        def make():
            reals = self.reals(images, random)
            return reals, *self.play(reals, labels, random, needs_real)

        reals, fakes, fake, real = random.once("passes", make)
        return reals, fakes, list(fake), list(real)

    def play(
        self, reals, labels, random: Stream, needs_real: bool = True, training: bool = True
    ) -> tuple[tf.Tensor, list, list]:
        """Draws noise and returns `(fakes, D's outputs on them, D's outputs on the
        reals)`.

        The fakes are judged first: where both objectives move at once, both then see
        them through the same dropout mask.
        """
        inputs = self.fake_inputs(reals, labels, random)
        fakes = self.judged(self.generator(inputs, training=training), inputs)
        fake = self.outputs(fakes, labels, training)
        real = self.outputs(reals, labels, training) if needs_real else [None]
        return fakes, fake, real

    def fake_inputs(self, images, labels, random: Stream):
        """Returns what the generator takes to make the fakes of a minibatch: as many
        latents as it has images, and its labels.
        """
        return self.generator_inputs(
            self.sample_latents(gradient_penalties.batch_size_of(images), random.fold(0)), labels
        )

    def sample_latents(self, n: int, random: Stream) -> tf.Tensor:
        """Draws z from the prior: `(n, latent_dim)`."""
        if self.prior == "normal":
            return random.normal([n, self.latent_dim])
        return random.uniform([n, self.latent_dim], *self.prior)

    def generator_inputs(self, latents, labels):
        """Returns what the generator takes."""
        return latents

    def discriminator_inputs(self, images, labels):
        """Returns what the discriminator takes."""
        return images

    def judged(self, images, inputs):
        """Returns what is judged, and penalized, of images and what the generator made
        them from, as one tensor: the images.
        """
        return images

    def reals(self, images, random: Stream, training: bool = True) -> tf.Tensor:
        """Returns the real side of what is judged: the images."""
        return images

    def outputs(self, images, labels, training: bool = True) -> list[tf.Tensor]:
        """Returns D's outputs in float32, the logits first."""
        outputs = self.discriminator(self.discriminator_inputs(images, labels), training=training)
        return [tf.cast(output, tf.float32) for output in tf.nest.flatten(outputs)]

    def logits(self, images, labels, training: bool = True) -> tf.Tensor:
        """Returns the logits of D, in float32."""
        return self.outputs(images, labels, training)[0]

    def evaluation_logs(self, images, labels, random: Stream) -> dict[str, tf.Tensor]:
        _, fake, real = self.play(
            self.reals(images, random, training=False), labels, random, training=False
        )
        return (
            self.discriminator_terms(real, fake, labels)[1]
            | self.generator_terms(real, fake, labels)[1]
        )

    # === Saving ===

    def get_config(self):
        return {
            "generator": keras.saving.serialize_keras_object(self.generator),
            "discriminator": keras.saving.serialize_keras_object(self.discriminator),
            "latent_dim": self.latent_dim,
            "prior": self.prior,
            "moving_average": self.moving_average,
            "data_range": self.data_range,
            "seed": self.seed,
            "name": self.name,
        }

    def get_compile_config(self):
        return {
            "generator_optimizer": keras.saving.serialize_keras_object(self.generator_optimizer),
            "discriminator_optimizer": keras.saving.serialize_keras_object(
                self.discriminator_optimizer
            ),
            "loss": keras.saving.serialize_keras_object(self.adversarial_loss),
            "discriminator_steps": self.discriminator_steps,
            "penalties": [
                keras.saving.serialize_keras_object(penalty) for penalty in self.penalties
            ],
            "updates": self.updates,
            "run_eagerly": self.run_eagerly,
            "steps_per_execution": self.steps_per_execution,
            "jit_compile": self.requested_jit_compile,
        }


def default_optimizer() -> keras.optimizers.Optimizer:
    """Adam as DCGAN set it (Radford et al., 2015): rate 2e-4, beta_1 0.5."""
    return keras.optimizers.Adam(2e-4, beta_1=0.5)


def value_function(real_logits, fake_logits) -> dict[str, tf.Tensor]:
    """Returns V(D, G) = E[log D(x)] + E[log(1 - D(G(z)))] and the mean probabilities
    D(x) and D(G(z)).
    """
    return {
        "V(D,G)": (
            -tf.reduce_mean(tf.nn.softplus(-real_logits))
            - tf.reduce_mean(tf.nn.softplus(fake_logits))
        ),
        "D(x)": tf.reduce_mean(tf.sigmoid(real_logits)),
        "D(G(z))": tf.reduce_mean(tf.sigmoid(fake_logits)),
    }


def unpack(data):
    """Returns `(images, labels)`; labels are None where the data have none."""
    images, labels, _ = keras.utils.unpack_x_y_sample_weight(data)
    return images, labels


def split(data, parts: int) -> list:
    """Splits a batch into `parts` minibatches of `(images, labels)`."""
    images, labels = unpack(data)
    if parts == 1:
        return [(images, labels)]
    if images.shape[0] is not None and images.shape[0] % parts:
        raise UserError(
            f"A step takes discriminator_steps={parts} minibatches of equal size. Expected a batch"
            f" that is a multiple of {parts}. Received: {images.shape[0]} images"
        )
    label_parts = [None] * parts if labels is None else tf.split(labels, parts)
    return list(zip(tf.split(images, parts), label_parts, strict=True))


KEEPS_VALUES = (
    keras.layers.Reshape,
    keras.layers.Flatten,
    keras.layers.Identity,
    keras.layers.Cropping2D,
)


def check_is_model(name: str, network) -> None:
    """Raises a ValueError if an argument is not a Keras model."""
    if not isinstance(network, keras.Model):
        raise UserError(
            f"Invalid value for argument `{name}`. Expected a keras.Model. Received:"
            f" {type(network).__name__}"
        )


def check_latent_dim(latent_dim) -> None:
    """Raises a ValueError if the length of the latents is not one."""
    if not isinstance(latent_dim, int) or latent_dim < 1:
        raise UserError(
            "Invalid value for argument `latent_dim`. Expected an integer >= 1. Received:"
            f" latent_dim={latent_dim!r}"
        )


def range_of(generator: keras.Model) -> tuple[float, float] | None:
    """Returns the range of a generator's images that its last activation shows, or
    None.
    """
    return {"tanh": (-1.0, 1.0), "sigmoid": (0.0, 1.0)}.get(last_activation(generator))


def last_activation(model, output: int = 0) -> str | None:
    """Returns the name of the activation at one of a model's outputs, or None if there
    is none or it cannot be known.
    """
    if not getattr(model, "outputs", None):  # Not built yet, or without a graph.
        layers = list(getattr(model, "layers", []))
    else:
        layers, tensor = [], model.outputs[output]
        while True:
            layer, node, index = tensor._keras_history
            layers.insert(0, layer)
            if not isinstance(layer, KEEPS_VALUES):
                break
            tensor = layer._inbound_nodes[node].input_tensors[0]
        if isinstance(layer, keras.Model):
            return last_activation(layer, index)
    for layer in reversed(layers):
        if isinstance(layer, keras.Model):
            return last_activation(layer)
        if getattr(layer, "activation", None) is not None:
            return getattr(layer.activation, "__name__", None)
        if not isinstance(layer, KEEPS_VALUES):
            return None
    return None


def check_is_linear(discriminator, output: int, name: str) -> None:
    """Raises a ValueError if an output of a discriminator, called `name` in the
    message, ends in a sigmoid or a softmax.
    """
    activation = last_activation(discriminator, output)
    if activation in ("sigmoid", "softmax"):
        raise UserError(
            f"The discriminator's {name} end in a {activation}. Expected any real values: the"
            f" losses apply the {activation} themselves. Remove the activation of that layer."
        )


def _check_prior(prior):
    if prior == "normal":
        return prior
    if isinstance(prior, (tuple, list)) and len(prior) == 2 and prior[0] < prior[1]:
        return tuple(float(bound) for bound in prior)
    raise UserError(
        "Invalid value for argument `prior`. Expected 'normal', or a pair (low, high) with low <"
        f" high for a uniform distribution. Received: prior={prior!r}"
    )


def symbolic_call(model, name, inputs, what):
    """Runs a network on symbols; if it does not take them, the ValueError names it and
    says what it was given.
    """
    try:
        return model(inputs)
    except (ValueError, TypeError) as error:
        shape = " and ".join(str(tuple(each.shape)) for each in tf.nest.flatten(inputs))
        expected = getattr(model, "input_shape", None) if model.built else None
        raise UserError(
            f"The {name} does not take the {what}, of shape {shape}"
            + (f": it expects {expected}" if expected else "")
            + f". {error}"
        ) from error
