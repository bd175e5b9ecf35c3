"""Image-to-image translation without pairs (Zhu et al., 2017)."""

from collections.abc import Callable
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from tf_gan import losses
from tf_gan.errors import UserError, integer, non_negative
from tf_gan.layers import ImageHistory
from tf_gan.models.averages import twin
from tf_gan.models.network_checks import (
    check_is_linear,
    check_is_model,
    single_output,
    symbolic_call,
)
from tf_gan.models.objective import Batch, Loss, Objective
from tf_gan.models.translation import Translation
from tf_gan.training.rng import Fold, Stream
from tf_gan.training.update import side_pass


class Direction(NamedTuple):
    """One of the two directions on a minibatch.

    Args:
        generator: Makes images of sources.
        discriminator: Tells what it makes from real images.
        sources: Images of the one domain.
        images: Images of the other one.
        history: Where the discriminator sees earlier fakes, or None.
        fakes: What the generator makes of the sources.
        value_range: `(low, high)` of the images.
    """

    generator: keras.Model
    discriminator: keras.Model
    sources: tf.Tensor
    images: tf.Tensor
    history: ImageHistory | None
    fakes: tf.Tensor
    value_range: tuple[float, float] | None


@keras.saving.register_keras_serializable("tf_gan")
class CycleGAN(Translation):
    """Two GANs, from a domain A to a domain B and back, that learn without pairs: there
    and back again must lead to where it began.

    With a of A and b of B, G_AB and G_BA descend together

    w (L_G(D_B(G_AB(a))) + L_G(D_A(G_BA(b)))) + lambda (E[|G_BA(G_AB(a)) - a|] +
    E[|G_AB(G_BA(b)) - b|]) + mu (E[|G_AB(b) - b|] + E[|G_BA(a) - a|])

    and D_B and D_A the sum of their losses. Zhu et al., Unpaired Image-to-Image
    Translation using Cycle-Consistent Adversarial Networks (2017),
    https://arxiv.org/abs/1703.10593. D_A and D_B see fakes out of a history of 50
    (`tf_gan.layers.ImageHistory`). The loss is least squares, which has a factor 1/2
    for both objectives; the authors have it for D alone, and w = 2 undoes it for G.

    The model's `generator` and `discriminator` are G_AB and D_B: `generate`,
    `translate`, the moving average, metrics and exports are of this direction.
    `reversed()` is the same model the other way round.

    Logs: `discriminator_loss` and `generator_loss`, sums of L_D and L_G over both
    directions; `cycle_loss`, the sum of the two mean distances; `identity_loss`, the
    same, where it has a weight.

    Args:
        generator: G_AB, Keras model from sources of A, `(B, H, W, C')`, to images of B,
            `(B, H, W, C)`.
        discriminator: D_B, Keras model from images of B to logits, `(B, H', W', 1)` for
            patches or `(B, 1)`.
        inverse_generator: G_BA. By default a twin of G_AB with initial weights of its
            own, for domains of the same shape.
        source_discriminator: D_A, by default a twin of D_B in the same way.
        adversarial_weight: w, >= 0.
        cycle_weight: lambda, >= 0.
        identity_weight: mu, >= 0, for domains of the same shape. The paper has 5 (half
            of lambda) for paintings and else 0.
        history_size: Fakes in each history, >= 0.
        **kwargs: `source_shape`, `(H, W, C')`, by default the generator's input;
            `source_range`, by default `data_range`; `moving_average`, `data_range`, `seed`
            and `name` of `GAN`.

    Raises:
        ValueError: if the networks do not fit each other, or for values out of range.

    Example:

    ```python
    from tf_gan.networks import cycle_gan

    model = tf_gan.CycleGAN(
        cycle_gan.build_generator((128, 128, 3)),
        cycle_gan.build_discriminator((128, 128, 3)),
    )
    model.compile()
    model.fit(horses, zebras, batch_size=1, epochs=200)
    model.translate(horses), model.reversed().translate(zebras)
    ```
    """

    paired = False

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        inverse_generator: keras.Model | None = None,
        source_discriminator: keras.Model | None = None,
        *,
        adversarial_weight: float = 2.0,
        cycle_weight: float = 10.0,
        identity_weight: float = 0.0,
        history_size: int = 50,
        **kwargs,
    ):
        non_negative(
            adversarial_weight=adversarial_weight,
            cycle_weight=cycle_weight,
            identity_weight=identity_weight,
        )
        history_size = integer("history_size", history_size, 0)
        self.adversarial_weight, self.cycle_weight, self.identity_weight = (
            adversarial_weight,
            cycle_weight,
            identity_weight,
        )
        self.history_size = history_size
        super().__init__(generator, discriminator, **kwargs)
        self.inverse_generator = (
            twin(generator, f"inverse_{generator.name}", "A CycleGAN", "an `inverse_generator`")
            if inverse_generator is None
            else inverse_generator
        )
        self.source_discriminator = (
            twin(
                discriminator,
                f"source_{discriminator.name}",
                "A CycleGAN",
                "a `source_discriminator`",
            )
            if source_discriminator is None
            else source_discriminator
        )
        self.check_way_back()
        self.image_history = ImageHistory(history_size, self.image_shape) if history_size else None
        self.source_history = (
            ImageHistory(history_size, self.source_shape) if history_size else None
        )
        self._reversed: Callable[[], CycleGAN] | None = None

    def check_way_back(self) -> None:
        check_is_model("inverse_generator", self.inverse_generator)
        check_is_model("source_discriminator", self.source_discriminator)
        images = keras.Input(self.image_shape, name="images")
        name = "inverse_generator"
        outputs = symbolic_call(self.inverse_generator, name, images, "images of the generator")
        sources = single_output(outputs, name)
        if tuple(sources.shape[1:]) != self.source_shape:
            raise UserError(
                f"Expected an inverse_generator from images, {self.image_shape}, to sources,"
                f" {self.source_shape}. Received: one to {tuple(sources.shape[1:])}"
            )
        self.check_outputs(
            *tf.nest.flatten(
                symbolic_call(self.source_discriminator, "source_discriminator", sources, "sources")
            )
        )
        check_is_linear(self.source_discriminator, 0, "logits")
        if self.identity_weight and self.image_shape != self.source_shape:
            raise UserError(
                "The identity loss is for domains of the same shape: expected identity_weight=0."
                f" Received: identity_weight={self.identity_weight} for sources of shape"
                f" {self.source_shape}, images of shape {self.image_shape}"
            )

    def compile(
        self,
        generator_optimizer=None,
        discriminator_optimizer=None,
        loss="least_squares",
        discriminator_steps: int = 1,
        **kwargs,
    ) -> None:
        """Sets how the networks are trained: as `GAN.compile`, by default with the
        least-squares loss.

        Raises:
            ValueError: as in `GAN.compile`, and for lazy penalties, `lecam`, `"ada"` or
                `generator_batch_factor` > 1.
        """
        super().compile(
            generator_optimizer, discriminator_optimizer, loss, discriminator_steps, **kwargs
        )

    gives_logits = False  # There are two discriminators.

    def build_objectives(self) -> tuple[Objective, ...]:
        discriminator, generator = super().build_objectives()
        discriminator.networks = discriminator.parts = (
            self.discriminator,
            self.source_discriminator,
        )
        generator.networks = generator.parts = (self.generator, self.inverse_generator)
        return discriminator, generator

    # === The losses ===

    def build_lazy(self, objectives):
        if self.penalty_interval > 1:
            raise UserError(
                "CycleGAN's two discriminators take their penalties in every step. Expected"
                f" penalty_interval=1. Received: penalty_interval={self.penalty_interval}"
            )
        return ()

    def forward(self, batch: Batch, random: Stream, *, need_real=True, training=True):
        """Runs both generators, and returns both directions: from A to B, from B to A."""
        a, b = batch.sources, batch.images
        there, back = self.generator, self.inverse_generator
        return (
            Direction(
                there,
                self.discriminator,
                a,
                b,
                self.image_history,
                there(a, training=training),
                self.data_range,
            ),
            Direction(
                back,
                self.source_discriminator,
                b,
                a,
                self.source_history,
                back(b, training=training),
                self.source_range,
            ),
        )

    def discriminator_loss(self, forward, batch: Batch, random: Stream) -> Loss:
        """Returns the loss of D_A and D_B with penalties, and the fakes with their
        places in the histories.
        """
        losses, terms, extras = [], [], []
        for number, direction in enumerate(forward):
            network, fakes, stream = direction.discriminator, direction.fakes, random.fold(number)
            if direction.history is not None:
                fakes, slots = direction.history.choose(direction.fakes, stream.fold(0))
                extras.append((direction.fakes, slots))
            reals, values = tf.cast(direction.images, fakes.dtype), direction.value_range
            fakes = self.augmented(fakes, Fold.FAKE, stream, value_range=values)
            reals = self.augmented(reals, Fold.REAL, stream, value_range=values)
            fake, real = _logits(network, fakes), _logits(network, reals)
            losses.append(self.adversarial_loss.discriminator_loss(real, fake))

            def logits(x, network=network):
                with side_pass(network):
                    return _logits(network, x)

            terms.append(self.penalty_terms(logits, reals, fakes, stream))
        value, logs = sum(losses), {"discriminator_loss": sum(losses)}
        for name in terms[0]:
            logs[name] = tf.add_n([term[name] for term in terms])
            value += logs[name]
        return Loss(value, logs, tuple(extras))

    def after_update(self, extras):
        for history, (images, slots) in zip(
            (self.image_history, self.source_history), extras, strict=True
        ):
            history.write(images, slots)

    def generator_loss(self, forward, batch: Batch, random: Stream, training: bool = True) -> Loss:
        """Returns the loss of G_AB and G_BA."""
        there, back = forward
        adversarial, cycle, identity = [], [], []
        for number, (direction, way_back) in enumerate(((there, back), (back, there))):
            stream = random.fold(number)
            values = direction.value_range
            fakes = self.augmented(direction.fakes, Fold.FAKE, stream, training, values)
            fake, real = _logits(direction.discriminator, fakes, training), None
            if self.adversarial_loss.needs_real_logits:
                images = self.augmented(direction.images, Fold.REAL, stream, training, values)
                real = _logits(direction.discriminator, images, training)
            adversarial.append(self.adversarial_loss.generator_loss(real, fake))
            cycled = way_back.generator(direction.fakes, training=training)
            cycle.append(losses.mean_absolute_difference(cycled, direction.sources))
            if self.identity_weight:
                same = direction.generator(direction.images, training=training)
                identity.append(losses.mean_absolute_difference(same, direction.images))
        logs = {"generator_loss": sum(adversarial), "cycle_loss": sum(cycle)}
        if identity:
            logs["identity_loss"] = sum(identity)
        value = self.adversarial_weight * sum(adversarial) + self.cycle_weight * sum(cycle)
        return Loss(value + self.identity_weight * sum(identity), logs)

    def evaluation_logs(self, batch: Batch, random: Stream):
        forward = self.forward(batch, random, training=False)
        losses = []
        for direction in forward:
            fake, real = (
                _logits(direction.discriminator, images, training=False)
                for images in (direction.fakes, direction.images)
            )
            losses.append(self.adversarial_loss.discriminator_loss(real, fake))
        logs = self.generator_loss(forward, batch, random, training=False).logs
        return {"discriminator_loss": sum(losses)} | logs

    # === The other way round ===

    def reversed(self) -> "CycleGAN":
        """Returns a model from B to A with the same networks, not copies of them: for
        translating, pictures and exports, not compiled.
        """
        if self._reversed is None:
            model = CycleGAN(
                self.inverse_generator,
                self.source_discriminator,
                self.generator,
                self.discriminator,
                source_shape=self.image_shape,
                source_range=self.data_range,
                data_range=self.source_range,
                history_size=0,
                seed=self.seed,
            )
            # Keras would take the model itself for a part of this one.
            self._reversed = lambda: model
        model = self._reversed()
        model.step.assign(self.step)
        return model

    def translate_back(self, images: np.ndarray, batch_size: int = 64) -> np.ndarray:
        """Returns G_BA(b) for images of B: as `translate`, the other way."""
        return self.reversed().translate(images, batch_size)

    # === Saving ===

    def get_config(self):
        return super().get_config() | {
            "inverse_generator": keras.saving.serialize_keras_object(self.inverse_generator),
            "source_discriminator": keras.saving.serialize_keras_object(self.source_discriminator),
            "adversarial_weight": self.adversarial_weight,
            "cycle_weight": self.cycle_weight,
            "identity_weight": self.identity_weight,
            "history_size": self.history_size,
        }


def _logits(discriminator: keras.Model, images, training: bool = True) -> tf.Tensor:
    return tf.cast(discriminator(images, training=training), tf.float32)
