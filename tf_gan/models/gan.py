"""Generative adversarial networks (Goodfellow et al., 2014)."""

import contextlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from tf_gan import losses
from tf_gan.errors import UserError, integer
from tf_gan.models import network_checks
from tf_gan.models.augmenting import Augmenting
from tf_gan.models.base import GenerativeModel
from tf_gan.models.objective import Batch, Loss, Objective, check_terms, repeated, split
from tf_gan.models.penalizing import Penalizing, sides_of
from tf_gan.schedules import Schedule
from tf_gan.training.replicas import batch_size_of
from tf_gan.training.rng import Fold, Stream


class Forward(NamedTuple):
    """One pass through both networks.

    Args:
        real_inputs: The real side of what D compares, one tensor, the batch first; in
            training augmented.
        fakes: The fake side of it, as D sees it.
        images: What G made, as it made it.
        inputs: What G made the fakes of.
        real: D's outputs on the real side, the logits first; `[None]` where no loss
            uses them.
        fake: D's outputs on the fakes, the logits first.
    """

    real_inputs: tf.Tensor
    fakes: tf.Tensor
    images: tf.Tensor
    inputs: Any
    real: list
    fake: list


@keras.saving.register_keras_serializable("tf_gan")
class GAN(Penalizing, Augmenting, GenerativeModel):
    """A generator and a discriminator, trained against each other.

    min_G max_D V(D, G) = E[log D(x)] + E[log(1 - D(G(z)))]

    Goodfellow et al., Generative Adversarial Nets (2014),
    https://arxiv.org/abs/1406.2661, algorithm 1.

    Logs: `discriminator_loss` and `generator_loss`, the adversarial terms alone:
    penalties (`gradient_penalty`), the losses of layers
    (`discriminator_regularization`, ...) and the terms of variants have logs of their
    own. `V(D,G)`, `D(x)` and `D(G(z))`, the means of the probabilities, for losses
    whose logits are log-odds; for others, whose D is a critic, `logit(x)` and
    `logit(G(z))`, the means of its outputs. `consistency` and `lecam`, what these penalties
    add; `augment_p` and `r_t`, the strength of an augmentation that changes, and the mean
    sign of D's logits on real images.

    Args:
        generator: Keras model from latents `(B, latent_dim)` to images `(B, ...)`.
        discriminator: Keras model from images to logits, any real values, `(B, 1)` or
            `(B, H, W, 1)`. No sigmoid at the end: the losses have it.
        latent_dim: Length of the latent vector z, >= 1.
        prior: Distribution of z: `"normal"` for N(0, 1), or a pair `(low, high)` for a
            uniform one.
        moving_average: Decay per step of the generator's moving average, in [0, 1),
            such as 0.999, which in step t, from 0, is at most (1 + t) / (10 + t), so
            that the average of a short run is not left where it started; or a schedule,
            such as `tf_gan.schedules.HalfLife(500)`; None for none. `generate`,
            `predict` and exports use it.
        data_range: `(low, high)` of the images. By default it follows from the
            generator's last activation: (-1, 1) for tanh, (0, 1) for sigmoid, none for
            others. Data outside it are refused.
        seed: Integer that fixes all noise, dropout and the order of arrays.
        **kwargs: Arguments of `keras.Model`, such as `name`.

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

    generator_batch_factor = 1
    free_generator_batch = True  # Whether G's step can have any number of fakes.

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        latent_dim: int = 100,
        *,
        prior: str | tuple[float, float] = "normal",
        moving_average: float | Schedule | None = None,
        data_range: tuple[float, float] | None = None,
        seed: int = 0,
        **kwargs,
    ):
        for name, network in (("generator", generator), ("discriminator", discriminator)):
            network_checks.check_is_model(name, network)
        super().__init__(
            generator,
            moving_average=moving_average,
            data_range=network_checks.range_of(generator) if data_range is None else data_range,
            seed=seed,
            **kwargs,
        )
        self.discriminator = discriminator
        self.latent_dim = latent_dim
        self.prior = network_checks.check_prior(prior)
        self.check_networks()
        self.build_average(self.generator_inputs(*self.symbols()))

    def check_networks(self) -> None:
        """Runs the networks on symbols, which builds them and shows whether they fit."""
        latents, labels = self.symbols()
        inputs = self.generator_inputs(latents, labels)
        outputs = network_checks.symbolic_call(self.generator, "generator", inputs, latents.name)
        images = network_checks.single_output(outputs, "generator")
        self.image_shape = tuple(images.shape[1:])
        pairs = self.discriminator_inputs(self.joint_inputs(images, latents), labels)
        outputs = network_checks.symbolic_call(
            self.discriminator, "discriminator", pairs, "images of the generator"
        )
        self.check_outputs(*tf.nest.flatten(outputs))
        if self.num_classes is not None:
            network_checks.check_classes(self.generator, "generator", self.num_classes)
            network_checks.check_classes(self.discriminator, "discriminator", self.num_classes)

    def symbols(self) -> tuple[keras.KerasTensor, keras.KerasTensor]:
        """Returns symbolic latents and labels."""
        self.latent_dim = integer("latent_dim", self.latent_dim)
        latents = keras.Input((self.latent_dim,), name="latents")
        return latents, keras.Input((), dtype="int32", name="labels")

    def check_outputs(self, logits: keras.KerasTensor, *further: keras.KerasTensor) -> None:
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
        network_checks.check_is_linear(self.discriminator, 0, "logits")

    def compile(
        self,
        generator_optimizer: keras.optimizers.Optimizer | str | None = None,
        discriminator_optimizer: keras.optimizers.Optimizer | str | None = None,
        loss: str | losses.Loss | Callable = "non_saturating",
        discriminator_steps: int = 1,
        *,
        penalties: str | Callable | Sequence[str | Callable] = (),
        penalty_interval: int = 1,
        augment: Any = None,
        updates: str = "alternating",
        generator_batch_factor: int = 1,
        **kwargs,
    ) -> None:
        """Sets how the networks are trained.

        Args:
            generator_optimizer: Keras optimizer, its name, or None for the model's
                default: Adam(2e-4, beta_1=0.5), for SRGAN and ESRGAN Adam(1e-4).
            discriminator_optimizer: Keras optimizer, its name, or None for the same
                default, whatever the generator's is.
            loss: Name, object or callable: see `tf_gan.losses`.
            discriminator_steps: k of algorithm 1, >= 1. Each of the k steps has fresh
                noise and fresh data.
            penalties: Name, object, callable or a list of them, added to the
                discriminator's loss: see `tf_gan.penalties`.
            penalty_interval: n >= 1. With n > 1 penalties on gradients (`r1`, `r2`,
                `wgan_gp`, `dragan` and functions of your own) are lazy: in every n-th
                step alone D's optimizer makes a step of its own on their sum times
                n * discriminator_steps. `cr`, `bcr` and `lecam` stay in every step. For
                the values of an Adam that does as much as without see
                `tf_gan.training.optimizers.corrected`; runs correct them themselves.
            augment: What D sees in place of the images, real and fake, in both
                networks' steps: names such as `"color,translation,cutout"`, `"ada"`, an
                object or a callable; see `tf_gan.augment`.
            updates: `"alternating"`: k discriminator steps, then one generator step
                with fresh noise (algorithm 1). `"simultaneous"`: one step of both from
                the same weights, images and noise (what the code behind the 2014 paper
                ran); k must be 1.
            generator_batch_factor: f >= 1: G's step has f times as many fakes as a
                minibatch has images. With classes the labels of the minibatch come f
                times. Miyato et al. (2018), https://arxiv.org/abs/1802.05957, have 2:
                128 fakes for G beside 64 images for D. With f > 1, G's loss must not
                use real images, and updates alternate.
            **kwargs: `run_eagerly`, `steps_per_execution` and `jit_compile` of
                `keras.Model.compile`. `jit_compile="auto"` takes XLA where it is the
                faster choice, `steps_per_execution="auto"`, the default, as many steps
                as take about a second: callbacks of batches run after each such call.
                With `run_eagerly` dropout and noise layers draw other masks than in
                XLA.

        Raises:
            ValueError: for unknown names or arguments, k < 1, a wrong f, n < 1, n > 1
                without a penalty on gradients, two LeCam penalties, `"ada"` with a loss
                whose logits have no sign, or one optimizer object for both networks.
        """
        discriminator_steps = network_checks.check_steps(discriminator_steps, updates)
        given = generator_optimizer if not isinstance(generator_optimizer, str) else None
        if given is not None and given is discriminator_optimizer:
            raise UserError(
                "Expected two optimizers, one for each network: an optimizer keeps the state of"
                " the variables it moves."
            )
        self.adversarial_loss = losses.get(loss)
        self.set_penalties(penalties, penalty_interval)
        self.set_augmentation(augment)
        self.discriminator_steps = discriminator_steps
        self.updates = updates
        self.generator_batch_factor = integer("generator_batch_factor", generator_batch_factor)
        self.generator_optimizer = self.as_optimizer(generator_optimizer)
        self.discriminator_optimizer = self.as_optimizer(discriminator_optimizer)
        terms = (self.adversarial_loss, *self.penalties)
        self.uses_global_batch = type(self).uses_global_batch or any(
            getattr(term, "uses_global_batch", False) for term in terms
        )
        super().compile(**kwargs)
        network_checks.check_generator_batch(self)

    def default_optimizer(self) -> keras.optimizers.Optimizer:
        """Adam as DCGAN set it (Radford et al., 2015): rate 2e-4, beta_1 0.5."""
        return keras.optimizers.Adam(2e-4, beta_1=0.5)

    def build_objectives(self) -> tuple[Objective, ...]:
        return (
            Objective(
                "discriminator",
                [self.discriminator],
                self.discriminator_optimizer,
                self.discriminator_loss,
            ),
            Objective(
                "generator",
                [self.generator],
                self.generator_optimizer,
                self.generator_loss,
                needs_real=self.adversarial_loss.needs_real_logits,
            ),
        )

    # === Algorithm 1 ===

    def train_step(self, data) -> dict[str, tf.Tensor]:
        """One iteration of algorithm 1: k steps of the discriminator, then one of the
        generator.

        Args:
            data: What a dataset yields, k minibatches long.
        """
        minibatches = split(self.to_batch(data), self.discriminator_steps)
        return self.finish_step(self.iteration(minibatches))

    def iteration(self, minibatches: list[Batch], first: int | tf.Tensor = 0) -> dict:
        """Moves D on each minibatch, then G on the last one.

        Args:
            minibatches: k of them.
            first: Number of the first of these k + 1 updates within the step.
        """
        discriminator, generator = self.objectives
        logs: dict[str, tf.Tensor] = {}
        if self.updates == "simultaneous":
            return self.update((discriminator, generator), minibatches[0], substep=first)
        with self.shared_passes():
            for k, minibatch in enumerate(minibatches):
                logs |= self.update((discriminator,), minibatch, substep=first + k)
            batch = repeated(minibatch, self.generator_batch_factor)
            return logs | self.update((generator,), batch, substep=first + len(minibatches))

    def shared_passes(self):
        """Hook: the context of a step's updates. G's fakes of a minibatch may be computed
        once for both networks where they have no noise.
        """
        return contextlib.nullcontext()

    def forward(self, batch: Batch, random: Stream, *, need_real=True, training=True) -> Forward:
        """Runs G, and D on what it made and on the real side.

        D sees the fakes first: objectives that move at once see them through the same
        dropout mask.
        """
        real_inputs = self.real_inputs(batch, random, training)
        inputs = self.fake_inputs(batch, random)
        images = self.generated(inputs, random, training)
        fakes = self.joint_inputs(self.augmented(images, Fold.FAKE, random, training), inputs)
        fake = self.outputs(fakes, batch, training)
        real = self.real_outputs(real_inputs, batch, training) if need_real else [None]
        return Forward(real_inputs, fakes, images, inputs, real, fake)

    def discriminator_loss(self, forward: Forward, batch: Batch, random: Stream) -> Loss:
        """Returns D's loss with the penalties."""
        own = self.discriminator_terms(forward.real, forward.fake, batch.labels)
        value, logs = check_terms(own, "discriminator_terms")
        augmentation_logs, extras = self.augmentation_logs(forward.real[0])
        logs |= augmentation_logs
        terms = self.penalty_terms(self.logits_of(batch), *sides_of(forward), random)
        if self.lecam is not None:
            sides = forward.real[0], forward.fake[0]
            terms[self.lecam.log] = self.lecam_term(*sides)
            extras += tuple(tf.reduce_mean(x, axis=range(1, x.shape.rank)) for x in sides)
        for term in terms.values():
            value += term
        further, further_logs = self.real_terms(forward)
        return Loss(value + further, logs | terms | further_logs, extras)

    def generator_loss(self, forward: Forward, batch: Batch, random: Stream) -> Loss:
        """Returns G's loss."""
        terms = self.generator_terms(forward.real, forward.fake, batch.labels)
        return Loss(*check_terms(terms, "generator_terms"))

    def evaluation_logs(self, batch: Batch, random: Stream) -> dict[str, tf.Tensor]:
        forward = self.forward(batch, random, training=False)
        logs = self.discriminator_terms(forward.real, forward.fake, batch.labels)[1]
        return logs | self.real_terms(forward)[1] | self.generator_loss(forward, batch, random).logs

    def real_terms(self, forward: Forward) -> tuple[tf.Tensor | float, dict]:
        """Hook: returns what else D's loss has on real images, and its logs."""
        return 0.0, {}

    # === Hooks: one term each ===

    def discriminator_terms(self, real: list, fake: list, labels) -> tuple[tf.Tensor, dict]:
        """Returns D's loss without the penalties, and its logs.

        Args:
            real: D's outputs on the real side, the logits first.
            fake: D's outputs on the fakes.
            labels: Labels of the batch, or None.
        """
        value = self.adversarial_loss.discriminator_loss(real[0], fake[0])
        describe = losses.value_function if self.adversarial_loss.log_odds else losses.mean_logits
        return value, {"discriminator_loss": value} | describe(real[0], fake[0])

    def generator_terms(self, real: list, fake: list, labels) -> tuple[tf.Tensor, dict]:
        """Returns G's loss and its logs.

        Args:
            real: D's outputs on the real side, or `[None]` where the loss does not use
                them.
            fake: D's outputs on the fakes.
            labels: Labels of the batch, or None.
        """
        value = self.adversarial_loss.generator_loss(real[0], fake[0])
        return value, {"generator_loss": value}

    def sample_latents(self, n: int, random: Stream) -> tf.Tensor:
        """Draws z from the prior: `(n, latent_dim)`."""
        if self.prior == "normal":
            return random.normal([n, self.latent_dim])
        return random.uniform([n, self.latent_dim], *self.prior)

    @property
    def truncates(self) -> bool:
        normal = self.latent_dim is not None and self.prior == "normal"
        return normal and not self.normalizes_latents

    def latents_of(self, n: int, step: int, substep: int) -> tf.Tensor:
        """Returns the latents of an update in training on one device, `(n,
        latent_dim)`.
        """
        return self.sample_latents(n, self.stream(step, substep).fold(1).fold(0))

    def fake_inputs(self, batch: Batch, random: Stream):
        """Returns what G makes the fakes of a batch from: as many latents as it has
        images, and its labels.
        """
        latents = self.sample_latents(batch_size_of(batch.images), random.fold(0))
        return self.generator_inputs(latents, batch.labels)

    def generated(self, inputs, random: Stream, training: bool = True):
        """Returns what G makes of its inputs in an update."""
        return self.generator(inputs, training=training)

    def generator_inputs(self, latents, labels):
        """Returns what the generator takes."""
        return latents

    def discriminator_inputs(self, images, labels):
        """Returns what the discriminator takes; in place of labels stand the sources of
        models that make images from images.
        """
        return images

    def joint_inputs(self, images, inputs):
        """Returns what D compares and penalties see, one tensor, of images and of what
        the generator made them from: the images alone.
        """
        return images

    def real_inputs(self, batch: Batch, random: Stream, training: bool = True) -> tf.Tensor:
        """Returns the real side of what D compares: the images, augmented."""
        return self.augmented(batch.images, Fold.REAL, random, training)

    def judged(self, inputs, training: bool = True):
        """Returns what the discriminator returns."""
        return self.discriminator(inputs, training=training)

    def outputs(self, images, batch: Batch, training: bool = True) -> list[tf.Tensor]:
        """Returns D's outputs in float32, the logits first."""
        outputs = self.judged(self.discriminator_inputs(images, batch.condition), training)
        return [tf.cast(output, tf.float32) for output in tf.nest.flatten(outputs)]

    def real_outputs(self, images, batch: Batch, training: bool = True) -> list[tf.Tensor]:
        """Returns D's outputs on the real side, the logits first."""
        return self.outputs(images, batch, training)

    # === Saving ===

    def unregistered_functions(self) -> list:
        terms = (self.adversarial_loss, self.augmentation, *self.penalties)
        terms = tuple(term for term in terms if term is not None)
        given = [
            *(getattr(term, "function", None) for term in terms),
            getattr(self.augmentation, "p", None),
            *(term if hasattr(term, "__name__") else type(term) for term in terms),
        ]
        name_of = keras.saving.get_registered_name
        named: list[Any] = [each for each in given if hasattr(each, "__name__")]
        return [each for each in named if name_of(each) == each.__name__]

    def get_config(self):
        return super().get_config() | {
            "discriminator": keras.saving.serialize_keras_object(self.discriminator),
            "latent_dim": self.latent_dim,
            "prior": self.prior,
        }

    def get_compile_config(self):
        if not self.compiled:
            return {}
        serialize = keras.saving.serialize_keras_object
        config = super().get_compile_config() | {
            "generator_optimizer": serialize(self.generator_optimizer),
            "discriminator_optimizer": serialize(self.discriminator_optimizer),
            "loss": serialize(self.adversarial_loss),
            "discriminator_steps": self.discriminator_steps,
            "penalties": [serialize(penalty) for penalty in self.penalties],
            "augment": serialize(self.augmentation),
            "updates": self.updates,
            "penalty_interval": self.penalty_interval,
            "generator_batch_factor": self.generator_batch_factor,
        }
        # `compile` of a subclass may fix some of these.
        taken = network_checks.arguments_of(type(self), "compile")
        return {name: value for name, value in config.items() if name in taken}
